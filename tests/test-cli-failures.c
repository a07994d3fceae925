/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cli-failures.c: what b9run refuses, with its words and its exit status; what it writes for the caller
 * of --log; and what becomes of a runtime that misbehaves.
 */
#include "config.h"

#include "tests/cli-testing.h"

typedef struct {
  const char *line;
  const char *error;
} Refusal;

static const Refusal usage[] = {
    {"", "b9run: which command? see b9run --help\n"},
    {"stat c1", "b9run: unknown command \"stat\"; did you mean start?\n"},
    {"creat c1", "b9run: unknown command \"creat\"; did you mean create?\n"},
    {"frobnicate", "b9run: unknown command \"frobnicate\"; see b9run --help\n"},
    {"ls", "b9run: unknown command \"ls\"; did you mean list?\n"},
    {"rm c1", "b9run: unknown command \"rm\"; did you mean delete?\n"},
    {"version", "b9run: unknown command \"version\"; did you mean --version?\n"},
    {"--network none state c1",
     "b9run: unknown command \"none\", behind --network: an option of a command goes behind the command, and "
     "one of a backend takes its value with \"=\"; see b9run --help\n"},
    {"--bundle TOP/bundle run c1", "b9run: unknown command \"TOP/bundle\", behind --bundle: an option of a "
                                   "command goes behind the command, "
                                   "and one of a backend takes its value with \"=\"; see b9run --help\n"},
    {"--backend=runsc --network=none frob", "b9run: unknown command \"frob\"; see b9run --help\n"},
    {"run --log TOP/l c1", "b9run: run: --log is a global option, which goes before the command\n"},
    {"state c1 --debug", "b9run: state: --debug is a global option, which goes before the command\n"},
    {"--root= state c1", "b9run: --root is empty: give it a value, or leave it out\n"},
    {"list --backend=", "b9run: --backend is empty: give it a value, or leave it out\n"},
    {"--rootless=perhaps state c1", "b9run: --rootless knows true, false and auto, not \"perhaps\"\n"},
    {"list all", "b9run: list: too many arguments; usage: b9run list [OPTIONS]\n"},
    {"state", "b9run: state: an argument is missing; usage: b9run state ID\n"},
    {"state a b", "b9run: state: too many arguments; usage: b9run state ID\n"},
    {"kill", "b9run: kill: an argument is missing; usage: b9run kill [OPTIONS] ID [SIGNAL]\n"},
    {"run --bundel TOP/bundle c1", "b9run: run: unknown option --bundel; did you mean --bundle?\n"},
    {"run --frobnicate c1",
     "b9run: run: unknown option --frobnicate; usage: b9run run [OPTIONS] ID (an option of a backend goes "
     "before the command)\n"},
    {"kill -9 c1",
     "b9run: kill: unknown option -9; usage: b9run kill [OPTIONS] ID [SIGNAL] (an option of a backend goes "
     "before the command)\n"},
    {"run --bundle", "b9run: run: flag needs an argument: --bundle\n"},
    {"restore --lsm-mount-context", "b9run: restore: flag needs an argument: --lsm-mount-context\n"},
    {"run --detach=perhaps c1",
     "b9run: run: invalid boolean value \"perhaps\" for --detach: write true or false\n"},
    {"--log-format xml state c1", "b9run: unknown log-format \"xml\": it is text or json\n"},
    {"--cgroup-manager=docker state c1",
     "b9run: --cgroup-manager knows cgroupfs, systemd and disabled, not \"docker\"\n"},
    {"--x state c1", "b9run: global options: unknown option --x; see --help\n"},
    {"--plattform=kvm --backend=runsc state c1",
     "b9run: unknown global option --plattform; did you mean --platform?\n"},
    {"--rot=x state c1", "b9run: unknown global option --rot; did you mean --root?\n"},
    {"--frobnicate=x state c1",
     "b9run: unknown global option --frobnicate; backend runc has none of its own (see b9run --help "
     "for those of b9run; a command's own go behind it)\n"},
    {"--backend=runsc --platform=vmware state c1",
     "b9run: --platform=vmware: runsc knows systrap, kvm, ptrace (the value follows a \"=\")\n"},
    {"--backend=runsc --oci-seccomp=maybe state c1",
     "b9run: --oci-seccomp takes true or false, not \"maybe\"\n"},
    {"kill c1 FROB", "b9run: unknown signal \"FROB\": give a number, or a name such as TERM or SIGKILL\n"},
    {"list --format yaml", "b9run: invalid format option \"yaml\": list knows table and json\n"},
    {"index frob", "b9run: index: unknown word \"frob\"; b9run index check, or b9run index rebuild\n"},
    {"config frob",
     "b9run: config: b9run config show [--origin], b9run config defaults, or b9run config check FILE, not "
     "\"frob\"\n"},
    {"config check", "b9run: config check needs a file: b9run config check FILE\n"},
    {"checkpoint --parent-path /pre c1",
     "b9run: container does not exist: c1 (looked in root TOP/runc; b9run list shows what there is)\n"},
    {"checkpoint --strategy nope c1", "b9run: --strategy knows plugin, host and sandbox, not \"nope\"\n"},
    {"checkpoint --manage-cgroups-mode foo c1",
     "b9run: --manage-cgroups-mode knows soft, full, strict and ignore, not \"foo\"\n"},
    {"--backend=runsc restore --manage-cgroups-mode=Soft --image-path TOP/none c1",
     "b9run: --manage-cgroups-mode knows soft, full, strict and ignore, not \"Soft\"\n"},
    {"checkpoint --progress loud c1", "b9run: --progress knows none, line and json, not \"loud\"\n"},
    {"restore --timeout soon c1", "b9run: --timeout takes seconds from 1 to 604800, not \"soon\"\n"},
    {"checkpoint-info TOP", "b9run: TOP has no manifest.json\n"},
    {"recover c1", "b9run: container does not exist: c1 (b9run list shows what there is)\n"},
    {"--pool gpu state c1",
     "b9run: there is no pool \"gpu\": the configuration has no pools (worker.pools)\n"},
};

/* No container and no record is there. */
static const Refusal missing[] = {
    {"state c1",
     "b9run: container does not exist: c1 (looked in root TOP/runc; b9run list shows what there is)\n"},
    {"--root TOP/other kill c1",
     "b9run: container does not exist: c1 (looked in root TOP/other; b9run list shows what there "
     "is)\n"},
    {"--backend=runsc delete c1",
     "b9run: container does not exist: c1 (looked in root TOP/runsc; b9run list shows what there "
     "is)\n"},
    {"wait c1",
     "b9run: container does not exist: c1 (looked in root TOP/runc; b9run list shows what there is)\n"},
    {"pause c1",
     "b9run: container does not exist: c1 (looked in root TOP/runc; b9run list shows what there is)\n"},
    {"ps c1",
     "b9run: container does not exist: c1 (looked in root TOP/runc; b9run list shows what there is)\n"},
    {"events c1",
     "b9run: container does not exist: c1 (looked in root TOP/runc; b9run list shows what there is)\n"},
};

/* Of a new container; a bundle, an id and a place. */
static const Refusal creation[] = {
    {"create -b TOP/nothing new", "b9run: cannot find the bundle TOP/nothing: it does not exist\n"},
    {"create -b TOP/bundle/config.json new",
     "b9run: the bundle TOP/bundle/config.json is no directory; give the directory that holds config.json\n"},
    {"create -b TOP/bin new",
     "b9run: the bundle TOP/bin has no config.json; b9run spec --bundle TOP/bin writes an example\n"},
    {"create -b TOP/bundle ''", "b9run: the container id is empty\n"},
    {"create -b TOP/bundle ..", "b9run: \"..\" is no container id: letters, digits and _ + - . can be used, "
                                "and neither \".\" nor \"..\"\n"},
    {"create -b TOP/bundle a/b", "b9run: \"a/b\" is no container id: letters, digits and _ + - . can be "
                                 "used, and neither \".\" nor \"..\"\n"},
    {"create -b TOP/bundle -- -x",
     "b9run: invalid container ID format: \"-x\" begins like an option of the command line\n"},
    {"create -b TOP/bundle --pid-file TOP/none/p new",
     "b9run: the PID file TOP/none/p cannot be written: TOP/none is no directory\n"},
    {"create -b TOP/bundle --pid-file TOP/bin new",
     "b9run: the PID file TOP/bin cannot be written: something that is no plain file stands there\n"},
    {"create -b TOP/bundle --console-socket /s new",
     "b9run: cannot use console socket if runc will not detach or allocate tty: --console-socket needs a "
     "detached container "
     "with process.terminal true\n"},
    {"--backend=runsc create -b TOP/bundle --preserve-fds 1 new",
     "b9run: runsc cannot honour --preserve-fds: its create passes no file descriptors on, only run and exec "
     "do\n"},
    {"--backend=runsc run --keep -b TOP/bundle new",
     "b9run: runsc cannot honour --keep: it deletes a container when an attached run of it returns; use "
     "create and start\n"},
    {"--backend=runsc create -b TOP/bundle "
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "b9run: container id of 95 characters is too long: runsc takes 91 at most, or the path of its control "
     "socket does not "
     "fit\n"},
};

START_TEST (refuses_a_wrong_command_line)
{
  expect (usage[_i].line, 1, "", usage[_i].error);
  expect_argv ("");
}
END_TEST

START_TEST (says_that_a_container_does_not_exist)
{
  expect (missing[_i].line, 1, "", missing[_i].error);
  expect_argv ("");
}
END_TEST

START_TEST (refuses_to_make_a_container)
{
  ask_before ();
  expect (creation[_i].line, 1, "", creation[_i].error);
  expect_argv ("");
  expect_nothing_left ();
}
END_TEST

START_TEST (deletes_by_force_what_is_not_there)
{
  expect ("delete --force c1", 0, "", "");
  expect_argv ("");
}
END_TEST

START_TEST (refuses_a_terminal_that_a_detached_container_cannot_have)
{
  put_file ("bundle/config.json", "{\"process\":{\"terminal\":true}}");
  expect ("create -b TOP/bundle new", 1, "",
          "b9run: cannot allocate tty if runc will detach without setting console socket: the bundle asks "
          "for a terminal "
          "(process.terminal); give --console-socket, or set it to false\n");
  expect_nothing_left ();
}
END_TEST

START_TEST (names_the_backends_for_one_that_is_unknown)
{
  expect ("--backend=runk create -b TOP/bundle new", 1, "",
          "b9run: no plugin provides the backend \"runk\"; there is: runc, runsc; looked in: TOP/plugins\n");
}
END_TEST

START_TEST (says_what_to_do_for_a_missing_program)
{
  put_config (
      "backends:\n  runc:\n    path: TOP/bin/none\n    root: TOP/runc\n  runsc:\n    path: TOP/bin/runsc\n");
  expect ("create -b TOP/bundle new", 1, "",
          "b9run: no backend was asked for, so runc is used; to choose one that is here: --backend=runsc.  "
          "backend runc: "
          "TOP/bin/none (set by TOP/b9run.yaml:3) is no program that can be executed\n");
  expect ("--backend=runc create -b TOP/bundle new", 1, "",
          "b9run: backend runc: TOP/bin/none (set by TOP/b9run.yaml:3) is no program that can be executed\n");
  expect_nothing_left ();
}
END_TEST

START_TEST (finds_a_program_in_path)
{
  g_autofree char *path = with_top ("relative:TOP/self:TOP/bin");

  make_directory ("self");
  make_link (program, "self/runc");
  put_config ("backends:\n  runc:\n    root: TOP/runc\n");
  g_setenv ("PATH", path, TRUE);
  expect ("create -b TOP/bundle new", 0, "", "");
  ck_assert (!state_is_empty ("runc"));
}
END_TEST

START_TEST (never_takes_itself_for_a_backend)
{
  make_link (program, "bin/self");
  put_config ("backends:\n  runc:\n    path: TOP/bin/self\n    root: TOP/runc\n");
  expect ("--backend=runc create -b TOP/bundle new", 1, "",
          "b9run: backend runc: TOP/bin/self (set by TOP/b9run.yaml:3) is no program that can be executed\n");
}
END_TEST

START_TEST (a_program_that_is_no_executable_leaves_nothing)
{
  put_file ("bin/empty", "\177ELF");
  g_autofree char *path = at_top ("bin/empty");
  g_chmod (path, 0755);
  put_config ("backends:\n  runc:\n    path: TOP/bin/empty\n    root: TOP/runc\n");
  expect ("create -b TOP/bundle new", 1, "", "b9run: cannot execute TOP/bin/empty: Exec format error\n");
  expect_nothing_left ();
}
END_TEST

START_TEST (a_conflicting_backend_is_an_error)
{
  expect ("create -b TOP/bundle new", 0, "", "");
  g_free (take_argv ());
  expect ("--backend=runsc kill new", 1, "",
          "b9run: container new was created with backend runc (root TOP/runc), which --backend=runsc "
          "contradicts\n");
  expect_argv ("");
}
END_TEST

START_TEST (an_id_in_two_roots_is_ambiguous_without_a_root)
{
  expect ("--root TOP/runc/1 create -b TOP/bundle new", 0, "", "");
  expect ("--root TOP/runc/2 create -b TOP/bundle new", 0, "", "");
  g_free (take_argv ());
  g_auto (Result) result = b9run ("state new");
  ck_assert_int_eq (result.status, 1);
  ck_assert (strcmp (result.error,
                     "b9run: 2 containers have the id new; say which: --backend=runc --root TOP/runc/1, "
                     "--backend=runc --root TOP/runc/2\n") == 0 ||
             strcmp (result.error,
                     "b9run: 2 containers have the id new; say which: --backend=runc --root TOP/runc/2, "
                     "--backend=runc --root TOP/runc/1\n") == 0);
  expect_argv ("");
  expect ("--root TOP/runc/2 kill new 9", 0, "", "");
  expect_argv ("TOP/bin/runc --root=TOP/runc/2 kill new 9\n");
}
END_TEST

START_TEST (the_default_root_is_preferred_where_an_id_is_in_two)
{
  expect ("--root TOP/runc/1 create -b TOP/bundle new", 0, "", "");
  expect ("create -b TOP/bundle new", 0, "", "");
  g_free (take_argv ());
  expect ("kill new 9", 0, "", "");
  expect_argv ("TOP/bin/runc --root=TOP/runc kill new 9\n");
}
END_TEST

START_TEST (refuses_an_id_that_is_taken)
{
  expect ("create -b TOP/bundle new", 0, "", "");
  g_free (take_argv ());
  expect ("create -b TOP/bundle new", 1, "",
          "b9run: container with given ID already exists: new (root TOP/runc)\n");
  expect ("--backend=runsc --root TOP/runc create -b TOP/bundle new", 1, "",
          "b9run: container with given ID already exists: new (root TOP/runc, backend runc)\n");
  put_container ("runc", "runc", "foreign", "running");
  expect ("create -b TOP/bundle foreign", 1, "",
          "b9run: container with given ID already exists: foreign (root TOP/runc; not made by b9run)\n");
  expect_argv ("");
}
END_TEST

START_TEST (exec_failures_of_its_own_are_255)
{
  expect ("exec c1", 255, "",
          "b9run: exec: give the command to run, or --process FILE: b9run exec c1 COMMAND\n");
  expect ("exec c1 sh", 255, "",
          "b9run: container does not exist: c1 (looked in root TOP/runc; b9run list shows what there is)\n");
  expect ("exec", 255, "",
          "b9run: exec: an argument is missing; usage: b9run exec [OPTIONS] ID COMMAND [ARGUMENT…]\n");
}
END_TEST

START_TEST (logs_exactly_one_json_line_on_failure)
{
  g_autofree char *log = NULL;

  expect ("--log TOP/l.log --log-format json state c1", 1, "",
          "b9run: container does not exist: c1 (looked in root TOP/runc; b9run list shows what there is)\n");
  log = steady (get_file ("l.log"));
  ck_assert_str_eq (log, "{\"level\":\"error\",\"msg\":\"container does not exist: c1 (looked in root "
                         "TOP/runc; b9run list shows "
                         "what there is)\",\"time\":\"NOW\",\"code\":\"container-not-found\"}\n");
}
END_TEST

START_TEST (logs_exactly_one_text_line_on_failure)
{
  g_autofree char *log = NULL;

  expect ("--log=TOP/l.log stat c1", 1, "", "b9run: unknown command \"stat\"; did you mean start?\n");
  log = steady (get_file ("l.log"));
  ck_assert_str_eq (
      log, "time=\"NOW\" level=error msg=\"unknown command \\\"stat\\\"; did you mean start?\" code=usage\n");
}
END_TEST

START_TEST (logs_nothing_on_success)
{
  expect ("--log TOP/l.log --log-format json create -b TOP/bundle new", 0, "", "");
  ck_assert (!is_there ("l.log"));
}
END_TEST

/* containerd appends to the log of an earlier call. */
START_TEST (adds_to_a_log_that_is_there)
{
  g_autofree char *log = NULL;

  put_file ("l.log", "before\n");
  expect ("--log TOP/l.log frob", 1, "", "b9run: unknown command \"frob\"; see b9run --help\n");
  log = steady (get_file ("l.log"));
  ck_assert (g_str_has_prefix (log, "before\ntime=\"NOW\" level=error msg=\"unknown command"));
}
END_TEST

/* The runtime has said it on standard error already. */
START_TEST (passes_on_the_runtimes_own_reason_once)
{
  g_autofree char *log = NULL;

  g_setenv ("B9_FAKE", "create:fail", TRUE);
  expect ("--log TOP/l.log --log-format json create -b TOP/bundle --pid-file TOP/p new", 1, "",
          "the fake fails on purpose\n");
  log = steady (get_file ("l.log"));
  ck_assert_str_eq (log, "{\"level\":\"error\",\"msg\":\"the fake fails on "
                         "purpose\",\"time\":\"NOW\",\"code\":\"backend-failed\"}\n");
  ck_assert (!is_there ("p"));
  expect_nothing_left ();
}
END_TEST

typedef struct {
  const char *script; /* for B9_FAKE */
  const char *line;
  int status;
  const char *error;
} Misbehaviour;

static const Misbehaviour makings[] = {
    {"create:silent", "create -b TOP/bundle --pid-file TOP/p new", 1,
     "b9run: TOP/bin/runc ended with status 1 and gave no reason\n"},
    {"create:die", "create -b TOP/bundle --pid-file TOP/p new", 1,
     "b9run: TOP/bin/runc was killed by signal 9 (Killed) and gave no reason\n"},
    {"create:no-pid", "create -b TOP/bundle --pid-file TOP/p new", 1,
     "b9run: TOP/bin/runc said that container new is made, but wrote no PID\n"},
    {"create:garbage", "create -b TOP/bundle --pid-file TOP/p new", 1,
     "b9run: TOP/bin/runc said that container new is made, but wrote no PID\n"},
    {"run:fail", "run -b TOP/bundle --pid-file TOP/p new", 1, "the fake fails on purpose\n"},
    {"run:fail", "run -d -b TOP/bundle --pid-file TOP/p new", 1, "the fake fails on purpose\n"},
    {"run:fail", "run -d --no-monitor -b TOP/bundle --pid-file TOP/p new", 1, "the fake fails on purpose\n"},
    {"run:die", "run -d -b TOP/bundle --pid-file TOP/p new", 1,
     "b9run: TOP/bin/runc was killed by signal 9 (Killed) and gave no reason\n"},
    {"run:silent", "run -d -b TOP/bundle --pid-file TOP/p new", 1,
     "b9run: TOP/bin/runc ended with status 1 and gave no reason\n"},
    {"run:no-pid", "run -d -b TOP/bundle --pid-file TOP/p new", 1,
     "b9run: TOP/bin/runc said that container new is made, but wrote no PID\n"},
    {"create:fail", "--backend=runsc create -b TOP/bundle --pid-file TOP/p new", 1,
     "the fake fails on purpose\n"},
    {"create:die", "--backend=runsc create -b TOP/bundle --pid-file TOP/p new", 1,
     "b9run: TOP/bin/runsc was killed by signal 9 (Killed) and gave no reason\n"},
    {"create:panic", "--backend=runsc create -b TOP/bundle --pid-file TOP/p new", 1,
     "the fake panics:\\ngoroutine 1 [running]:\\nmain.main()\nb9run: the fake panics\n"},
    {"run:panic", "--backend=runsc run -d -b TOP/bundle --pid-file TOP/p new", 1,
     "the fake panics:\\ngoroutine 1 [running]:\\nmain.main()\nb9run: the fake panics\n"},
    {"run:fail", "--backend=runsc run -b TOP/bundle --pid-file TOP/p new", 1, "the fake fails on purpose\n"},
};

/* For the container c1 of runsc, which runs. */
static const Misbehaviour answers[] = {
    {"state:garbage", "--backend=runsc state c1", 1,
     "b9run: the answer of runsc state: line 1, column 1: expected a value, found the byte 0x01; is it "
     "really runsc?\n"},
    {"state:huge", "--backend=runsc state c1", 1,
     "b9run: TOP/bin/runsc printed more than 64 MiB and was killed (limit 60 s)\n"},
    {"state:fail", "--backend=runsc state c1", 1, "b9run: the fake fails on purpose\n"},
    {"state:silent", "--backend=runsc state c1", 1,
     "b9run: TOP/bin/runsc ended with status 1 and gave no reason\n"},
    {"state:gone", "--backend=runsc state c1", 1, "b9run: container does not exist\n"},
    {"state:panic", "--backend=runsc state c1", 1, "b9run: the fake panics\n"},
    {"exec:panic", "--backend=runsc exec c1 sh", 255,
     "the fake panics:\\ngoroutine 1 [running]:\\nmain.main()\nb9run: the fake panics\n"},
    {"kill:gone", "--backend=runsc kill c1", 1, "b9run: container does not exist\n"},
    {"kill:fail", "--backend=runsc kill c1", 1, "b9run: the fake fails on purpose\n"},
    {"delete:fail", "--backend=runsc delete --force c1", 1, "b9run: the fake fails on purpose\n"},
    {"delete:fail", "delete --force c2", 1, "b9run: the fake fails on purpose\n"},
    {"exec:fail", "--backend=runsc exec c1 sh", 255, "the fake fails on purpose\n"},
    {"kill:fail", "kill c2", 1, "the fake fails on purpose\n"},
    {"exec:silent", "exec c2 sh", 1, ""},
};

START_TEST (a_runtime_that_fails_leaves_nothing)
{
  const Misbehaviour *row = &makings[_i];

  g_setenv ("B9_FAKE", row->script, TRUE);
  g_setenv ("B9_FAKE_CONTAINER", "sleep", TRUE);
  expect (row->line, row->status,
          strstr (row->script, "garbage") != NULL ? "\001\002 this is \377no answer {\n" : "", row->error);
  ck_assert (!is_there ("p"));
  expect_nothing_left ();
}
END_TEST

START_TEST (a_runtime_that_answers_badly_is_an_error)
{
  const Misbehaviour *row = &answers[_i];

  put_container ("runsc", "runsc", "c1", "running");
  put_container ("runc", "runc", "c2", "running");
  g_setenv ("B9_FAKE", row->script, TRUE);
  expect (row->line, row->status, "", row->error);
}
END_TEST

/* runsc deletes the state and can fail behind that. */
START_TEST (what_is_gone_after_a_failed_delete_is_deleted)
{
  g_setenv ("B9_FAKE", "delete:late", TRUE);
  expect ("--backend=runsc create -b TOP/bundle new", 0, "", "");
  expect ("delete -f new", 0, "", "");
  expect_nothing_left ();
}
END_TEST

START_TEST (a_warning_on_standard_error_is_no_failure)
{
  put_container ("runsc", "runsc", "c1", "running");
  g_setenv ("B9_FAKE", "kill:warn create:warn", TRUE);
  expect ("--backend=runsc kill c1 9", 0, "", "");
  expect ("create -b TOP/bundle new", 0, "", "the fake warns\n");
}
END_TEST

static TCase *
choice_case (void)
{
  TCase *choice = cli_case ("choice");

  tcase_add_test (choice, names_the_backends_for_one_that_is_unknown);
  tcase_add_test (choice, says_what_to_do_for_a_missing_program);
  tcase_add_test (choice, finds_a_program_in_path);
  tcase_add_test (choice, never_takes_itself_for_a_backend);
  tcase_add_test (choice, a_program_that_is_no_executable_leaves_nothing);
  tcase_add_test (choice, a_conflicting_backend_is_an_error);
  tcase_add_test (choice, an_id_in_two_roots_is_ambiguous_without_a_root);
  tcase_add_test (choice, the_default_root_is_preferred_where_an_id_is_in_two);
  tcase_add_test (choice, refuses_an_id_that_is_taken);
  return choice;
}

static TCase *
log_case (void)
{
  TCase *log = cli_case ("log");

  tcase_add_test (log, logs_exactly_one_json_line_on_failure);
  tcase_add_test (log, logs_exactly_one_text_line_on_failure);
  tcase_add_test (log, logs_nothing_on_success);
  tcase_add_test (log, adds_to_a_log_that_is_there);
  tcase_add_test (log, passes_on_the_runtimes_own_reason_once);
  return log;
}

int
main (void)
{
  TCase *words = cli_case ("words");
  TCase *runtime = cli_case ("runtime");

  tcase_add_loop_test (words, refuses_a_wrong_command_line, 0, G_N_ELEMENTS (usage));
  tcase_add_loop_test (words, says_that_a_container_does_not_exist, 0, G_N_ELEMENTS (missing));
  tcase_add_loop_test (words, refuses_to_make_a_container, 0, G_N_ELEMENTS (creation));
  tcase_add_test (words, deletes_by_force_what_is_not_there);
  tcase_add_test (words, refuses_a_terminal_that_a_detached_container_cannot_have);
  tcase_add_test (words, exec_failures_of_its_own_are_255);
  tcase_add_loop_test (runtime, a_runtime_that_fails_leaves_nothing, 0, G_N_ELEMENTS (makings));
  tcase_add_loop_test (runtime, a_runtime_that_answers_badly_is_an_error, 0, G_N_ELEMENTS (answers));
  tcase_add_test (runtime, what_is_gone_after_a_failed_delete_is_deleted);
  tcase_add_test (runtime, a_warning_on_standard_error_is_no_failure);
  return run_cases ("cli-failures", (TCase *[]){words, choice_case (), log_case (), runtime, NULL});
}
