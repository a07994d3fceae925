/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cli-argv.c: the whole command line that a runtime gets for every command of b9run and each form of an
 * option.
 */
#include "config.h"

#include "tests/cli-testing.h"

typedef struct {
  const char *line; /* behind b9run --config TOP/b9run.yaml */
  const char *argv; /* all that the runtime was given, one call a line */
} Row;

#define RUNC "TOP/bin/runc --root=TOP/runc "
#define RUNSC "TOP/bin/runsc --root=TOP/runsc "
#define RECORD "TOP/state/containers/new/KEY/"
#define LOG "--log=" RECORD "backend.log --log-format=json "
#define PLACE "--bundle=TOP/bundle --pid-file=" RECORD "pid "

/* c1 is there and runs. */
static const Row existing_runc[] = {
    {"state c1", RUNC "state c1\n"},
    {"start c1", RUNC "start c1\n"},
    {"kill c1", RUNC "kill c1\n"},
    {"kill c1 0", RUNC "kill c1 0\n"},
    {"kill c1 SIGUSR1", RUNC "kill c1 SIGUSR1\n"},
    {"kill --all c1 KILL", RUNC "kill --all c1 KILL\n"},
    {"kill -a c1 9", RUNC "kill --all c1 9\n"},
    {"kill -all c1 9", RUNC "kill --all c1 9\n"},
    {"kill c1 9 --all", RUNC "kill --all c1 9\n"},
    {"kill --all=false c1 9", RUNC "kill c1 9\n"},
    {"delete --force c1", RUNC "delete --force c1\n"},
    {"delete -f c1", RUNC "delete --force c1\n"},
    {"delete c1 -f", RUNC "delete --force c1\n"},
    {"pause c1", RUNC "pause c1\n"},
    {"resume c1", RUNC "resume c1\n"},
    {"ps c1", RUNC "ps c1\n"},
    {"ps --format json c1", RUNC "ps --format=json c1\n"},
    {"ps -f json c1", RUNC "ps --format=json c1\n"},
    {"ps c1 -- -o pid", RUNC "ps c1 -- -o pid\n"},
    {"events c1", RUNC "events c1\n"},
    {"events --stats c1", RUNC "events --stats c1\n"},
    {"events --interval 5s c1", RUNC "events --interval=5s c1\n"},
    {"events --interval=0s c1", RUNC "events --interval=100ms c1\n"},
    {"update --resources - c1", RUNC "update --resources=- c1\n"},
    {"update --resources=/r.json c1", RUNC "update --resources=/r.json c1\n"},
    {"update -r /r.json c1", RUNC "update --resources=/r.json c1\n"},
    {"update --blkio-weight 10 --cpu-period 1 --cpu-quota 2 --cpu-burst 3 --cpu-share 4 --cpu-rt-period 5 "
     "--cpu-rt-runtime 6 "
     "--cpu-idle 7 c1",
     RUNC
     "update --blkio-weight=10 --cpu-period=1 --cpu-quota=2 --cpu-burst=3 --cpu-share=4 --cpu-rt-period=5 "
     "--cpu-rt-runtime=6 --cpu-idle=7 c1\n"},
    {"update --cpuset-cpus 0-1 --cpuset-mems 0 --kernel-memory 1 --kernel-memory-tcp 2 --memory 3 "
     "--memory-reservation 4 "
     "--memory-swap -1 --pids-limit 5 --l3-cache-schema L3 --mem-bw-schema MB c1",
     RUNC
     "update --cpuset-cpus=0-1 --cpuset-mems=0 --kernel-memory=1 --kernel-memory-tcp=2 --memory=3 "
     "--memory-reservation=4 --memory-swap=-1 --pids-limit=5 --l3-cache-schema=L3 --mem-bw-schema=MB c1\n"},
    {"exec c1 ls -l --all", RUNC "exec c1 ls -l --all\n"},
    {"exec -t c1 sh", RUNC "exec --tty c1 sh\n"},
    {"exec -tty -no-new-privs --ignore-paused c1 sh",
     RUNC "exec --tty --no-new-privs --ignore-paused c1 sh\n"},
    {"exec --cwd /w -e A=1 --env B=2 -u 1:2 -g 3 --additional-gids=4 -c CAP_KILL --cap=CAP_CHOWN c1 sh -c 'a "
     "b'",
     RUNC
     "exec --cwd=/w --env=A=1 --env=B=2 --user=1:2 --additional-gids=3 --additional-gids=4 --cap=CAP_KILL "
     "--cap=CAP_CHOWN c1 sh -c 'a b'\n"},
    {"exec -p /p.json -d --pid-file TOP/x.pid --console-socket /s --preserve-fds 2 --process-label l "
     "--apparmor a "
     "--cgroup g c1",
     RUNC "exec --pid-file=TOP/x.pid --process=/p.json --detach --console-socket=/s --preserve-fds=2 "
          "--process-label=l --apparmor=a --cgroup=g c1\n"},
    {"exec c1 -- sh", RUNC "exec c1 -- sh\n"},
    {"exec -- c1 sh -e", RUNC "exec c1 sh -e\n"},
    {"--root TOP/runc state c1", RUNC "state c1\n"},
    {"--root=TOP/./runc/ state c1", RUNC "state c1\n"},
    {"-root TOP/runc state c1", RUNC "state c1\n"},
    {"--log TOP/l.log --log-format json state c1", RUNC "--log=TOP/l.log --log-format=json state c1\n"},
    {"--log=TOP/l.log state c1", RUNC "--log=TOP/l.log state c1\n"},
    {"--log-format text state c1", RUNC "state c1\n"},
    {"--debug state c1", RUNC "--debug state c1\n"},
    {"--systemd-cgroup state c1", RUNC "--systemd-cgroup state c1\n"},
    {"--cgroup-manager systemd state c1", RUNC "--systemd-cgroup state c1\n"},
    {"--cgroup-manager=cgroupfs state c1", RUNC "state c1\n"},
    {"--rootless auto state c1", RUNC "--rootless=auto state c1\n"},
    {"--criu /c state c1", RUNC "state c1\n"},
    {"--backend runc state c1", RUNC "state c1\n"},
};

static const Row existing_runsc[] = {
    {"start c1", RUNSC "--network=none start c1\n"},
    {"kill c1", RUNSC "--network=none kill c1\n"},
    {"kill -a c1 9", RUNSC "--network=none kill --all c1 9\n"},
    {"kill c1 0", RUNSC "--network=none state c1\n"},
    {"state c1", RUNSC "--network=none state c1\n"},
    {"delete -f c1", RUNSC "--network=none delete --force c1\n"},
    {"pause c1", RUNSC "--network=none state c1\n" RUNSC "--network=none pause c1\n"},
    {"resume c1", RUNSC "--network=none resume c1\n"},
    {"ps c1", RUNSC "--network=none state c1\n" RUNSC "--network=none ps c1\n"},
    {"ps --format json c1", RUNSC "--network=none state c1\n"},
    {"events --stats c1", RUNSC "--network=none state c1\n" RUNSC "--network=none events --stats c1\n"},
    {"exec --cwd /w -e A=1 -u 1 -g 3 -c CAP_KILL c1 sh",
     RUNSC "--log=TOP/state/exec-KEY/backend.log --log-format=json --network=none exec "
           "--pid-file=TOP/state/exec-KEY/pid --internal-pid-file=TOP/state/exec-KEY/inner "
           "--cwd=/w --env=A=1 --user=1 --additional-gids=3 --cap=CAP_KILL c1 sh\n"},
    {"exec -t --no-new-privs --ignore-paused --preserve-fds 2 c1 sh",
     RUNSC "--log=TOP/state/exec-KEY/backend.log --log-format=json --network=none exec "
           "--pid-file=TOP/state/exec-KEY/pid --internal-pid-file=TOP/state/exec-KEY/inner "
           "--pass-fd=3:3 --pass-fd=4:4 c1 sh\n"},
    {"exec -d --process /p.json --console-socket /s --pid-file TOP/x.pid c1",
     RUNSC "--log=TOP/state/exec-KEY/backend.log --log-format=json --network=none exec "
           "--pid-file=TOP/state/exec-KEY/pid "
           "--detach --process=/p.json --console-socket=/s c1\n"},
    {"--log TOP/l.log --log-format json state c1", RUNSC "--network=none state c1\n"},
    {"--debug kill c1", RUNSC "--debug --debug-log=TOP/runsc/debug/ --network=none kill c1\n"},
    {"--network=host kill c1", RUNSC "--network=host kill c1\n"},
    {"--platform=ptrace --overlay2=none --ignore-cgroups kill c1",
     RUNSC "--platform=ptrace --network=none --overlay2=none --ignore-cgroups kill c1\n"},
    {"--cgroup-manager disabled kill c1", RUNSC "--network=none --ignore-cgroups kill c1\n"},
};

static const Row new_runc[] = {
    {"create --bundle TOP/bundle new", RUNC LOG "create " PLACE "new\n"},
    {"create -b TOP/bundle new", RUNC LOG "create " PLACE "new\n"},
    {"create -bundle=TOP/bundle new", RUNC LOG "create " PLACE "new\n"},
    {"create new --bundle=TOP/bundle/", RUNC LOG "create " PLACE "new\n"},
    {"create --bundle TOP/bundle --no-pivot --no-new-keyring --preserve-fds 3 --pid-file TOP/p new",
     RUNC LOG "create " PLACE "--no-pivot --no-new-keyring --preserve-fds=3 new\n"},
    {"--log TOP/l.log --debug --systemd-cgroup --rootless=false create -b TOP/bundle new",
     RUNC LOG "--debug --systemd-cgroup --rootless=false create " PLACE "new\n"},
    {"--root TOP/runc/x create -b TOP/bundle new",
     "TOP/bin/runc --root=TOP/runc/x " LOG "create " PLACE "new\n"},
    {"run -b TOP/bundle new", RUNC LOG "run " PLACE "new\n"},
    {"run -b TOP/bundle --no-pivot --no-new-keyring --preserve-fds=3 -no-subreaper new",
     RUNC LOG "run " PLACE "--no-pivot --no-new-keyring --preserve-fds=3 --no-subreaper new\n"},
    {"run -d -b TOP/bundle new", RUNC LOG "run " PLACE "--detach new\n"},
    {"run --detach --no-monitor -b TOP/bundle new", RUNC LOG "run " PLACE "--detach new\n"},
    {"run --keep -b TOP/bundle new", RUNC LOG "run " PLACE "--keep new\n"},
};

static const Row new_runsc[] = {
    {"create -b TOP/bundle --no-pivot --no-new-keyring --preserve-fds 0 new",
     RUNSC LOG "--network=none create " PLACE "new\n"},
    {"run -b TOP/bundle --preserve-fds 2 --no-subreaper new",
     RUNSC LOG "--network=none run " PLACE "--pass-fd=3:3 --pass-fd=4:4 new\n"},
    {"run -d -b TOP/bundle new", RUNSC LOG "--network=none run " PLACE "--detach new\n"},
    {"--platform=kvm --file-access=shared --host-uds=open --oci-seccomp create -b TOP/bundle new", RUNSC LOG
     "--platform=kvm --network=none --file-access=shared --host-uds=open --oci-seccomp create " PLACE
     "new\n"},
};

static const Row without_container[] = {
    {"list --format json", RUNC "list --format=json\n"},
    {"list", RUNC "list --format=json\n"},
    {"list -q", RUNC "list --format=json\n"},
    {"--backend=runsc list", RUNSC "list --format=json\n"},
    {"spec", RUNC "spec\n"},
    {"spec --rootless --bundle TOP/bundle", RUNC "spec --bundle=TOP/bundle --rootless\n"},
    {"features", RUNC "features\n"},
    {"--backend=runsc spec -b TOP/bundle", RUNSC "spec --bundle=TOP/bundle\n"},
    {"--backend=runsc features",
     "TOP/bin/runsc help features\nTOP/bin/runsc --version\nTOP/bin/runsc flags\n"},
    {"--version", ""},
    {"plugins", ""},
    {"config show", ""},
    {"index check", ""},
};

static void
expect_row (const Row *row, const char *prefix)
{
  g_autofree char *line = g_strconcat (prefix, row->line, NULL);
  g_auto (Result) result = {0};

  ask_before ();
  result = b9run (line);

  ck_assert_msg (result.status == 0, "%s: status %d: %s", line, result.status, result.error);
  expect_argv (row->argv);
}

START_TEST (gives_runc_for_an_existing_container)
{
  put_container ("runc", "runc", "c1", "running");
  expect_row (&existing_runc[_i], "");
}
END_TEST

START_TEST (gives_runsc_for_an_existing_container)
{
  put_container ("runsc", "runsc", "c1", "running");
  expect_row (&existing_runsc[_i], "--backend=runsc ");
}
END_TEST

START_TEST (gives_runc_for_a_new_container)
{
  make_directory ("runc");
  expect_row (&new_runc[_i], "");
}
END_TEST

START_TEST (gives_runsc_for_a_new_container)
{
  expect_row (&new_runsc[_i], "--backend runsc ");
}
END_TEST

START_TEST (gives_a_runtime_what_needs_no_container)
{
  make_directory ("runc");
  make_directory ("runsc");
  expect_row (&without_container[_i], "");
}
END_TEST

/* podman and CRI-O call from the bundle. */
START_TEST (takes_the_working_directory_for_the_bundle)
{
  g_autofree char *bundle = at_top ("bundle");

  ck_assert_int_eq (chdir (bundle), 0);
  expect ("create new", 0, "", "");
  expect_argv (RUNC LOG "create " PLACE "new\n");
  ck_assert_int_eq (chdir ("/"), 0);
}
END_TEST

START_TEST (makes_paths_absolute_where_it_was_called)
{
  ck_assert_int_eq (chdir (top), 0);
  expect ("--root runc --log l.log create --bundle bundle --pid-file p new", 0, "", "");
  expect_argv (RUNC LOG "create " PLACE "new\n");
  ck_assert (is_there ("p"));
  ck_assert_int_eq (chdir ("/"), 0);
}
END_TEST

START_TEST (remembers_backend_root_and_flags)
{
  expect ("--backend=runsc --root TOP/runsc/other --network=host --platform=kvm create -b TOP/bundle new", 0,
          "", "");
  g_free (take_argv ());
  expect ("delete --force new", 0, "", "");
  expect_argv ("TOP/bin/runsc --root=TOP/runsc/other --platform=kvm --network=host delete --force new\n");
}
END_TEST

START_TEST (remembers_the_systemd_cgroup_and_rootless)
{
  expect ("--systemd-cgroup --rootless=true create -b TOP/bundle new", 0, "", "");
  g_free (take_argv ());
  expect ("start new", 0, "", "");
  expect_argv (RUNC "--systemd-cgroup --rootless=true start new\n");
}
END_TEST

START_TEST (argv0_names_the_backend)
{
  g_autofree char *name = at_top ("bin/b9run-runsc");
  g_auto (Result) result = {0};

  make_link (program, "bin/b9run-runsc");
  result = finish_b9run (start_as (name, "--config TOP/b9run.yaml create -b TOP/bundle new"));
  expect_result (&result, 0, "", "");
  expect_argv (RUNSC LOG "--network=none create " PLACE "new\n");
}
END_TEST

START_TEST (the_command_line_overrules_argv0)
{
  g_autofree char *name = at_top ("bin/b9run-runsc");
  g_auto (Result) result = {0};

  make_link (program, "bin/b9run-runsc");
  result = finish_b9run (start_as (name, "--config TOP/b9run.yaml --backend runc create -b TOP/bundle new"));
  expect_result (&result, 0, "", "");
  expect_argv (RUNC LOG "create " PLACE "new\n");
}
END_TEST

#define A_POOL                                                                                             \
  A_CONFIG "worker:\n  pools:\n    gpu:\n      containerRuntime: gvisor\n      containerRuntimeConfig:\n"  \
           "        gvisorPlatform: ptrace\n        gvisorRoot: TOP/runsc/pool\n        gvisorExtraArgs: " \
           "[--net-raw]\n"

START_TEST (follows_the_pool_of_the_command_line)
{
  put_config (A_POOL);
  make_directory ("runsc");
  expect ("--pool gpu create -b TOP/bundle new", 0, "", "");
  expect_argv ("TOP/bin/runsc --root=TOP/runsc/pool " LOG
               "--platform=ptrace --network=none --net-raw create " PLACE "new\n");
}
END_TEST

START_TEST (follows_the_configured_backend)
{
  put_config ("backend: runsc\n" A_CONFIG);
  expect ("create -b TOP/bundle new", 0, "", "");
  expect_argv (RUNSC LOG "--network=none create " PLACE "new\n");
}
END_TEST

START_TEST (puts_configured_flags_before_the_command)
{
  put_config (
      "backends:\n  runc:\n    path: TOP/bin/runc\n    root: TOP/runc\n    flags: [--one, '--two=a b']\n");
  expect ("create -b TOP/bundle new", 0, "", "");
  expect_argv (RUNC LOG "--one '--two=a b' create " PLACE "new\n");
}
END_TEST

#define ANNOTATED(annotations)                                                                 \
  "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"args\":[\"/sh\"]}," \
  "\"annotations\":{" annotations "}}"

START_TEST (an_allowed_annotation_chooses_the_backend)
{
  put_config ("annotations:\n  allowed: [run.b9.backend]\n" A_CONFIG);
  put_file ("bundle/config.json", ANNOTATED ("\"run.b9.backend\":\"runsc\""));
  expect ("create -b TOP/bundle new", 0, "", "");
  expect_argv (RUNSC LOG "--network=none create " PLACE "new\n");
}
END_TEST

START_TEST (an_allowed_annotation_chooses_the_pool)
{
  put_config ("annotations:\n  allowed: [run.b9.pool]\n" A_POOL);
  put_file ("bundle/config.json", ANNOTATED ("\"run.b9.pool\":\"gpu\""));
  make_directory ("runsc");
  expect ("create -b TOP/bundle new", 0, "", "");
  expect_argv ("TOP/bin/runsc --root=TOP/runsc/pool " LOG
               "--platform=ptrace --network=none --net-raw create " PLACE "new\n");
}
END_TEST

START_TEST (an_annotation_that_is_not_allowed_chooses_nothing)
{
  put_file ("bundle/config.json", ANNOTATED ("\"run.b9.backend\":\"runsc\",\"run.b9.pool\":\"gpu\""));
  expect ("create -b TOP/bundle new", 0, "", "");
  expect_argv (RUNC LOG "create " PLACE "new\n");
}
END_TEST

START_TEST (an_annotation_never_overrules_the_command_line)
{
  put_config ("annotations:\n  allowed: [run.b9.backend, run.b9.pool]\n" A_POOL);
  put_file ("bundle/config.json", ANNOTATED ("\"run.b9.backend\":\"runsc\",\"run.b9.pool\":\"gpu\""));
  expect ("--backend=runc create -b TOP/bundle new", 0, "", "");
  expect_argv (RUNC LOG "create " PLACE "new\n");
}
END_TEST

/* runsc takes an id for each longer one that begins with it. */
START_TEST (a_colliding_id_gets_a_root_of_its_own)
{
  put_container ("runsc", "runsc", "q10", "running");
  expect ("--backend=runsc create -b TOP/bundle q1", 0, "", "");
  expect_argv ("TOP/bin/runsc --root=TOP/runsc/b9-c75de8c1b7c3 --log=TOP/state/containers/q1/KEY/backend.log "
               "--log-format=json --network=none create --bundle=TOP/bundle "
               "--pid-file=TOP/state/containers/q1/KEY/pid q1\n");
  expect ("--backend=runsc start q1", 0, "", "");
  expect_argv ("TOP/bin/runsc --root=TOP/runsc/b9-c75de8c1b7c3 --network=none start q1\n");
  expect ("delete --force q1", 0, "", "");
  ck_assert (!is_there ("runsc/b9-c75de8c1b7c3"));
}
END_TEST

static TCase *
choice_case (void)
{
  TCase *choice = cli_case ("choice");

  tcase_add_test (choice, takes_the_working_directory_for_the_bundle);
  tcase_add_test (choice, makes_paths_absolute_where_it_was_called);
  tcase_add_test (choice, remembers_backend_root_and_flags);
  tcase_add_test (choice, remembers_the_systemd_cgroup_and_rootless);
  tcase_add_test (choice, argv0_names_the_backend);
  tcase_add_test (choice, the_command_line_overrules_argv0);
  tcase_add_test (choice, follows_the_pool_of_the_command_line);
  tcase_add_test (choice, follows_the_configured_backend);
  tcase_add_test (choice, puts_configured_flags_before_the_command);
  tcase_add_test (choice, an_allowed_annotation_chooses_the_backend);
  tcase_add_test (choice, an_allowed_annotation_chooses_the_pool);
  tcase_add_test (choice, an_annotation_that_is_not_allowed_chooses_nothing);
  tcase_add_test (choice, an_annotation_never_overrules_the_command_line);
  tcase_add_test (choice, a_colliding_id_gets_a_root_of_its_own);
  return choice;
}

int
main (void)
{
  TCase *lines = cli_case ("command lines");

  tcase_add_loop_test (lines, gives_runc_for_an_existing_container, 0, G_N_ELEMENTS (existing_runc));
  tcase_add_loop_test (lines, gives_runsc_for_an_existing_container, 0, G_N_ELEMENTS (existing_runsc));
  tcase_add_loop_test (lines, gives_runc_for_a_new_container, 0, G_N_ELEMENTS (new_runc));
  tcase_add_loop_test (lines, gives_runsc_for_a_new_container, 0, G_N_ELEMENTS (new_runsc));
  tcase_add_loop_test (lines, gives_a_runtime_what_needs_no_container, 0, G_N_ELEMENTS (without_container));
  return run_cases ("cli-argv", (TCase *[]){lines, choice_case (), NULL});
}
