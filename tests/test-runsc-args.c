/* SPDX-License-Identifier: Apache-2.0
 *
 * test-runsc-args.c: runsc's command line for each operation and each option of runc's, and what its error
 * texts mean.
 */
#include "config.h"

#include "plugins/backends/runsc/runsc-args.h"
#include "tests/backend-testing.h"

#include <unistd.h>

#define BASE TESTED_PROGRAM " --root=" TESTED_ROOT " "

static void
expect (const B9Request *request, const char *expected)
{
  expect_argv (runsc_build_argv, request, expected);
}

static void
refused (const B9Request *request, const char *message)
{
  expect_refusal (runsc_build_argv, request, B9_ERROR_UNSUPPORTED, message);
}

static void
misused (const B9Request *request, const char *message)
{
  expect_refusal (runsc_build_argv, request, B9_ERROR_USAGE, message);
}

/* --- global options --- */

START_TEST (passes_global_options_before_the_command)
{
  const B9Request request = REQUEST (START, .id = "c1", .log = "/l", .log_format = "json",
                                     .systemd_cgroup = TRUE,
                                     .flags = WORDS ("--network=none", "--platform=ptrace"));

  expect (&request,
          BASE "--log=/l --log-format=json --systemd-cgroup --network=none --platform=ptrace start c1");
}
END_TEST

START_TEST (gives_debug_logs_a_directory_below_the_root)
{
  const B9Request asked = REQUEST (START, .id = "c1", .debug = TRUE);
  const B9Request recorded = REQUEST (START, .id = "c1", .flags = WORDS ("--debug"));
  const B9Request both = REQUEST (START, .id = "c1", .debug = TRUE, .flags = WORDS ("-debug=true"));

  expect (&asked, BASE "--debug --debug-log=" TESTED_ROOT "/debug/ start c1");
  expect (&recorded, BASE "--debug-log=" TESTED_ROOT "/debug/ --debug start c1");
  expect (&both, BASE "--debug-log=" TESTED_ROOT "/debug/ -debug=true start c1");
}
END_TEST

START_TEST (leaves_the_place_of_debug_logs_to_who_names_one)
{
  const B9Request place = REQUEST (START, .id = "c1", .debug = TRUE, .flags = WORDS ("--debug-log=/d/"));
  const B9Request off = REQUEST (START, .id = "c1", .flags = WORDS ("--debug=false"));
  const B9Request other = REQUEST (START, .id = "c1", .flags = WORDS ("--debug-to-user-log"));

  expect (&place, BASE "--debug --debug-log=/d/ start c1");
  expect (&off, BASE "--debug=false start c1");
  expect (&other, BASE "--debug-to-user-log start c1");
}
END_TEST

START_TEST (asks_for_rootless_mode_only_where_it_is_plainly_wanted)
{
  const B9Request yes = REQUEST (RUN, .id = "c1", .bundle = "/b", .rootless = "true");
  const B9Request no = REQUEST (RUN, .id = "c1", .bundle = "/b", .rootless = "false");
  const B9Request automatic = REQUEST (CREATE, .id = "c1", .bundle = "/b", .rootless = "auto");
  const B9Request create = REQUEST (CREATE, .id = "c1", .bundle = "/b", .rootless = "true");

  expect (&yes, BASE "--rootless run --bundle=/b c1");
  expect (&no, BASE "run --bundle=/b c1");
  expect (&automatic, BASE "create --bundle=/b c1");
  refused (&create, "runsc has no create in rootless mode: use run, or leave --rootless=true out");
}
END_TEST

START_TEST (asks_for_the_version_without_global_options)
{
  const B9Request request = REQUEST (VERSION, .debug = TRUE);

  expect (&request, TESTED_PROGRAM " --version");
}
END_TEST

/* --- create and run --- */

START_TEST (passes_the_bundle_before_the_id)
{
  const B9Request request = REQUEST (CREATE, .id = "c1", .bundle = "/b", .pid_file = "/p",
                                     .options = OPTIONS (OPTION ("console-socket", "/s")));

  expect (&request, BASE "create --bundle=/b --pid-file=/p --console-socket=/s c1");
}
END_TEST

START_TEST (leaves_out_what_changes_nothing_in_a_sandbox)
{
  const B9Request create = REQUEST (CREATE, .id = "c1", .bundle = "/b",
                                    .options = OPTIONS (OPTION ("no-pivot", "true"),
                                                        OPTION ("no-new-keyring", "true"),
                                                        OPTION ("preserve-fds", "0")));
  const B9Request run = REQUEST (
      RUN, .id = "c1", .bundle = "/b",
      .options = OPTIONS (OPTION ("no-pivot", "true"), OPTION ("no-new-keyring", "true"),
                          OPTION ("no-subreaper", "true"), OPTION ("preserve-fds", "0"),
                          OPTION ("keep", "false"), OPTION ("detach", "false")));

  expect (&create, BASE "create --bundle=/b c1");
  expect (&run, BASE "run --bundle=/b c1");
}
END_TEST

START_TEST (refuses_file_descriptors_for_create)
{
  const B9Request request = REQUEST (CREATE, .id = "c1", .bundle = "/b",
                                     .options = OPTIONS (OPTION ("preserve-fds", "1")));

  refused (
      &request,
      "runsc cannot honour --preserve-fds: its create passes no file descriptors on, only run and exec do");
}
END_TEST

START_TEST (passes_file_descriptors_under_their_numbers)
{
  const B9Request run = REQUEST (
      RUN, .id = "c1", .bundle = "/b",
      .options = OPTIONS (OPTION ("detach", "true"), OPTION ("preserve-fds", "2")));
  const B9Request exec = REQUEST (EXEC, .id = "c1", .options = OPTIONS (OPTION ("preserve-fds", "1")),
                                  .arguments = WORDS ("true"));

  expect (&run, BASE "run --bundle=/b --detach --pass-fd=3:3 --pass-fd=4:4 c1");
  expect (&exec, BASE "exec --pass-fd=3:3 c1 true");
}
END_TEST

START_TEST (refuses_a_count_of_file_descriptors_that_is_none)
{
  static const char *const values[] = {"x", "-1", "1025", ""};

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree char *message = g_strdup_printf ("--preserve-fds=%s is no number from 0 to 1024", values[i]);
    const B9Request run = REQUEST (RUN, .id = "c1", .options = OPTIONS (OPTION ("preserve-fds", values[i])));
    const B9Request create = REQUEST (CREATE, .id = "c1",
                                      .options = OPTIONS (OPTION ("preserve-fds", values[i])));

    misused (&run, message);
    misused (&create, message);
  }
}
END_TEST

START_TEST (refuses_to_keep_a_container_that_runsc_deletes)
{
  const B9Request attached = REQUEST (RUN, .id = "c1", .options = OPTIONS (OPTION ("keep", "true")));
  const B9Request detached = REQUEST (
      RUN, .id = "c1", .options = OPTIONS (OPTION ("keep", "true"), OPTION ("detach", "true")));

  refused (
      &attached,
      "runsc cannot honour --keep: it deletes a container when an attached run of it returns; use create "
      "and start");
  expect (&detached, BASE "run --detach c1");
}
END_TEST

START_TEST (refuses_an_option_that_no_rule_knows)
{
  const B9Request request = REQUEST (CREATE, .id = "c1", .options = OPTIONS (OPTION ("pidfd-socket", "/s")));

  refused (&request, "runsc cannot honour --pidfd-socket: this command of it has no such option");
}
END_TEST

/* --- exec --- */

START_TEST (passes_each_option_of_exec_and_the_command_behind_the_id)
{
  const B9Request request = REQUEST (
      EXEC, .id = "c1",
      .options = OPTIONS (OPTION ("env", "A=b"), OPTION ("env", "C=d"), OPTION ("cwd", "/w"),
                          OPTION ("user", "1:2"), OPTION ("additional-gids", "3"),
                          OPTION ("cap", "CAP_CHOWN"), OPTION ("console-socket", "/s")),
      .arguments = WORDS ("ls", "-l", "--detach"));

  expect (&request, BASE "exec --env=A=b --env=C=d --cwd=/w --user=1:2 --additional-gids=3 --cap=CAP_CHOWN "
                         "--console-socket=/s c1 ls -l --detach");
}
END_TEST

START_TEST (takes_users_of_an_exec_by_number_alone)
{
  static const struct {
    const char *name, *value, *message;
  } rows[] = {
      {"user", "nobody",
       "--user=nobody: runsc takes numbers from 0 to 2147483647 and no names, as UID or UID:GID"},
      {"user", "1:", "--user=1:: runsc takes numbers from 0 to 2147483647 and no names, as UID or UID:GID"},
      {"user", "1:2:3",
       "--user=1:2:3: runsc takes numbers from 0 to 2147483647 and no names, as UID or UID:GID"},
      {"user", "-1", "--user=-1: runsc takes numbers from 0 to 2147483647 and no names, as UID or UID:GID"},
      {"user", "4294967296",
       "--user=4294967296: runsc takes numbers from 0 to 2147483647 and no names, as UID or UID:GID"},
      {"additional-gids", "wheel",
       "--additional-gids=wheel: runsc takes numbers from 0 to 2147483647 and no names, as a GID"},
      {"additional-gids", "1:2",
       "--additional-gids=1:2: runsc takes numbers from 0 to 2147483647 and no names, as a GID"},
  };
  const B9Request nobody = REQUEST (EXEC, .id = "c1", .options = OPTIONS (OPTION ("user", "")),
                                    .arguments = WORDS ("true"));

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const B9Request request = REQUEST (EXEC, .id = "c1",
                                       .options = OPTIONS (OPTION (rows[i].name, rows[i].value)),
                                       .arguments = WORDS ("true"));

    misused (&request, rows[i].message);
  }
  expect (&nobody, BASE "exec c1 true");
}
END_TEST

START_TEST (a_terminal_of_a_detached_exec_needs_a_socket)
{
  const B9Request without = REQUEST (EXEC, .id = "c1", .pid_file = "/p",
                                     .options = OPTIONS (OPTION ("tty", "true"), OPTION ("detach", "true")),
                                     .arguments = WORDS ("sh"));
  const B9Request with = REQUEST (
      EXEC, .id = "c1", .pid_file = "/p",
      .options = OPTIONS (OPTION ("tty", "true"), OPTION ("detach", "true"), OPTION ("console-socket", "/s")),
      .arguments = WORDS ("sh"));

  misused (&without, "--tty with --detach needs --console-socket, to send the terminal to");
  expect (&with, BASE "exec --pid-file=/p --detach --console-socket=/s c1 sh");
}
END_TEST

START_TEST (leaves_out_of_exec_what_needs_no_option)
{
  const B9Request request = REQUEST (
      EXEC, .id = "c1", .pid_file = "/p",
      .options = OPTIONS (OPTION ("process", "/j"), OPTION ("detach", "true"), OPTION ("tty", "true"),
                          OPTION ("no-new-privs", "true"), OPTION ("ignore-paused", "true")));

  expect (&request, BASE "exec --pid-file=/p --process=/j --detach c1");
}
END_TEST

START_TEST (refuses_what_a_sandbox_has_not)
{
  const B9Request label = REQUEST (EXEC, .id = "c1", .options = OPTIONS (OPTION ("process-label", "l")));
  const B9Request profile = REQUEST (EXEC, .id = "c1", .options = OPTIONS (OPTION ("apparmor", "p")));
  const B9Request cgroup = REQUEST (EXEC, .id = "c1", .options = OPTIONS (OPTION ("cgroup", "c")));
  const B9Request spec = REQUEST (SPEC, .options = OPTIONS (OPTION ("rootless", "true")));

  refused (&label, "runsc cannot honour --process-label: there is no SELinux inside the sandbox");
  refused (&profile, "runsc cannot honour --apparmor: there is no AppArmor inside the sandbox");
  refused (
      &cgroup,
      "runsc cannot honour --cgroup: the processes of a sandbox have no cgroups of their own on the host");
  refused (&spec, "runsc cannot honour --rootless: its spec makes the one kind only");
}
END_TEST

START_TEST (refuses_words_that_a_detached_exec_would_lose)
{
  const B9Request argument = REQUEST (EXEC, .id = "c1", .pid_file = "/p",
                                      .options = OPTIONS (OPTION ("detach", "true")),
                                      .arguments = WORDS ("tmux", "detach-client"));
  const B9Request same = REQUEST (EXEC, .id = "c1", .pid_file = "/p",
                                  .options = OPTIONS (OPTION ("detach", "true")),
                                  .arguments = WORDS ("docker", "--detach"));
  const B9Request path = REQUEST (EXEC, .id = "c1", .pid_file = "/detach/p",
                                  .options = OPTIONS (OPTION ("detach", "true")));

  refused (
      &argument,
      "runsc loses each word with \"detach\" in it from an exec with --detach, here \"detach-client\": exec "
      "without --detach, or put the command into a file for --process");
  refused (&same, "runsc loses each word with \"detach\" in it from an exec with --detach, here "
                  "\"--detach\": exec without "
                  "--detach, or put the command into a file for --process");
  refused (&path, "runsc loses each word with \"detach\" in it from an exec with --detach, here "
                  "\"--pid-file=/detach/p\": "
                  "exec without --detach, or put the command into a file for --process");
}
END_TEST

START_TEST (refuses_a_detached_exec_without_a_pid_file)
{
  const B9Request request = REQUEST (EXEC, .id = "c1", .options = OPTIONS (OPTION ("detach", "true")),
                                     .arguments = WORDS ("true"));

  refused (&request, "runsc cannot exec with --detach without --pid-file");
}
END_TEST

/* --- the other commands --- */

START_TEST (passes_the_signal_behind_the_id)
{
  const B9Request plain = REQUEST (KILL, .id = "c1", .arguments = WORDS ("SIGTERM"));
  const B9Request all = REQUEST (KILL, .id = "c1", .options = OPTIONS (OPTION ("all", "true")),
                                 .arguments = WORDS ("9"));
  const B9Request none = REQUEST (KILL, .id = "c1");

  expect (&plain, BASE "kill c1 SIGTERM");
  expect (&all, BASE "kill --all c1 9");
  expect (&none, BASE "kill c1");
}
END_TEST

START_TEST (refuses_signal_0)
{
  const B9Request request = REQUEST (KILL, .id = "c1", .arguments = WORDS ("0"));

  refused (&request, "runsc cannot send signal 0: ask for the container's state instead");
}
END_TEST

START_TEST (calls_a_table_text)
{
  const B9Request table = REQUEST (LIST,
                                   .options = OPTIONS (OPTION ("format", "table"), OPTION ("quiet", "true")));
  const B9Request json = REQUEST (LIST, .options = OPTIONS (OPTION ("format", "json")));

  expect (&table, BASE "list --format=text --quiet");
  expect (&json, BASE "list --format=json");
}
END_TEST

START_TEST (writes_the_other_commands)
{
  const B9Request delete = REQUEST (DELETE, .id = "c1", .options = OPTIONS (OPTION ("force", "true")));
  const B9Request ps = REQUEST (PS, .id = "c1", .options = OPTIONS (OPTION ("format", "json")));
  const B9Request spec = REQUEST (SPEC, .bundle = "/b");
  const B9Request state = REQUEST (STATE, .id = "c1");
  const B9Request pause = REQUEST (PAUSE, .id = "c1");
  const B9Request resume = REQUEST (RESUME, .id = "c1");
  const B9Request events = REQUEST (EVENTS, .id = "c1", .options = OPTIONS (OPTION ("stats", "true")));

  expect (&delete, BASE "delete --force c1");
  expect (&ps, BASE "ps --format=json c1");
  expect (&spec, BASE "spec --bundle=/b");
  expect (&state, BASE "state c1");
  expect (&pause, BASE "pause c1");
  expect (&resume, BASE "resume c1");
  expect (&events, BASE "events --stats c1");
}
END_TEST

START_TEST (writes_update_as_runc_does)
{
  const B9Request limits = REQUEST (UPDATE, .id = "c1",
                                    .options = OPTIONS (OPTION ("memory", "1000"),
                                                        OPTION ("memory-swap", "-1"),
                                                        OPTION ("cpu-share", "7")));
  const B9Request file = REQUEST (UPDATE, .id = "c1", .options = OPTIONS (OPTION ("resources", "-")));

  expect (&limits, BASE "update --memory=1000 --memory-swap=-1 --cpu-share=7 c1");
  expect (&file, BASE "update --resources=- c1");
}
END_TEST

START_TEST (says_which_release_came_with_update)
{
  expect_meaning (runsc_explain_failure, B9_OPERATION_UPDATE,
                  "Use \"runsc flags\" for a list of top-level flags", B9_ERROR_UNSUPPORTED,
                  "update: this release of runsc cannot change the resources of a container, which came with "
                  "release 20260202: give the limits when the container is made");
}
END_TEST

START_TEST (passes_a_service_managers_sockets_on_in_run)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int)getpid ());
  const B9Request run = REQUEST (RUN, .id = "c1", .options = OPTIONS (OPTION ("preserve-fds", "1")));
  const B9Request plain = REQUEST (RUN, .id = "c1");
  const B9Request exec = REQUEST (EXEC, .id = "c1", .arguments = WORDS ("true"));

  g_setenv ("LISTEN_FDS", "2", TRUE);
  g_setenv ("LISTEN_PID", "1", TRUE);
  expect (&plain, BASE "run c1");
  g_setenv ("LISTEN_PID", pid, TRUE);
  expect (&plain, BASE "run --pass-fd=3:3 --pass-fd=4:4 c1");
  expect (&run, BASE "run --pass-fd=5:5 --pass-fd=3:3 --pass-fd=4:4 c1");
  expect (&exec, BASE "exec c1 true");
  g_setenv ("LISTEN_FDS", "x", TRUE);
  expect (&plain, BASE "run c1");
  g_unsetenv ("LISTEN_FDS");
  g_unsetenv ("LISTEN_PID");
}
END_TEST

START_TEST (names_the_process_inside)
{
  const B9Request exec = REQUEST (EXEC, .id = "c1", .options = OPTIONS (OPTION ("internal-pid-file", "/i")),
                                  .arguments = WORDS ("true"));
  const B9Request kill = REQUEST (KILL, .id = "c1", .options = OPTIONS (OPTION ("pid", "7")),
                                  .arguments = WORDS ("15"));

  expect (&exec, BASE "exec --internal-pid-file=/i c1 true");
  expect (&kill, BASE "kill --pid=7 c1 15");
}
END_TEST

START_TEST (rounds_an_interval_up_to_whole_seconds)
{
  static const struct {
    const char *duration;
    const char *seconds;
  } rows[] = {
      {"5s", "5"},         {"0s", "1"},           {"0", "1"},
      {"100ms", "1"},      {"1m30s", "90"},       {"1.5s", "2"},
      {"1h", "3600"},      {"5000ms", "5"},       {"5001ms", "6"},
      {"3\302\265s", "1"}, {"1000000000ns", "1"}, {"99999999h", "31536000"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *expected = g_strconcat (BASE "events --interval=", rows[i].seconds, " c1", NULL);
    const B9Request request = REQUEST (EVENTS, .id = "c1",
                                       .options = OPTIONS (OPTION ("interval", rows[i].duration)));

    expect (&request, expected);
  }
}
END_TEST

START_TEST (refuses_an_interval_that_is_none)
{
  static const char *const values[] = {"", "5", "s", "-5s", "5x", "+5s", "5s5", "nans", "infs", " 5s"};

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree char *message = g_strdup_printf ("--interval=%s is no duration such as 5s or 1m30s",
                                                values[i]);
    const B9Request request = REQUEST (EVENTS, .id = "c1",
                                       .options = OPTIONS (OPTION ("interval", values[i])));

    misused (&request, message);
  }
}
END_TEST

START_TEST (refuses_what_this_runsc_has_not)
{
  const B9Request features = REQUEST (FEATURES);
  const B9Request unknown = {.struct_size = sizeof unknown, .operation = 99, .program = TESTED_PROGRAM};

  refused (
      &features,
      "runsc does not list its features: it has the command since release-20260511 only, and this plugin "
      "does not use it");
  refused (&unknown, "the runsc plugin does not know operation 99");
}
END_TEST

START_TEST (hands_nothing_over_but_the_version)
{
  for (int operation = B9_OPERATION_CREATE; operation <= B9_OPERATION_VERSION; operation++) {
    B9Way expected = B9_WAY_CHILD;

    if (operation == B9_OPERATION_FEATURES)
      expected = B9_WAY_UNSUPPORTED;
    else if (operation == B9_OPERATION_VERSION)
      expected = B9_WAY_HAND_OVER;
    ck_assert_int_eq (runsc_way (NULL, (B9Operation)operation, NULL), expected);
  }
}
END_TEST

/* --- the configuration --- */

static const char *
configured_string (const B9Host *host, const char *key)
{
  return g_hash_table_lookup (host->data, key);
}

static gboolean
configured_boolean (const B9Host *host, const char *key)
{
  return g_strcmp0 (g_hash_table_lookup (host->data, key), "true") == 0;
}

/* "flags" is a list of one. */
static const char *const *
configured_list (const B9Host *host, const char *key)
{
  static const char *const nothing[] = {NULL};
  static const char *const nvproxy[] = {"--nvproxy=true", NULL};

  return g_hash_table_contains (host->data, key) ? nvproxy : nothing;
}

static void
expect_flags (const char *const *pairs, const char *expected)
{
  g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);
  const B9Host host = {.struct_size = sizeof host,
                       .data = values,
                       .config_string = configured_string,
                       .config_boolean = configured_boolean,
                       .config_list = configured_list};
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) flags = NULL;
  g_autofree char *line = NULL;

  for (; *pairs != NULL; pairs += 2)
    g_hash_table_insert (values, (gpointer)pairs[0], (gpointer)pairs[1]);
  flags = runsc_new_flags (&host, &error);
  ck_assert_ptr_null (error);
  line = g_strjoinv (" ", flags);
  ck_assert_str_eq (line, expected);
}

START_TEST (makes_no_flags_where_nothing_is_configured)
{
  const char *const nothing[] = {NULL};

  expect_flags (nothing, "");
  expect_flags (WORDS ("debug", "false", "ignore-cgroups", "false"), "");
}
END_TEST

START_TEST (makes_a_flag_of_each_key)
{
  expect_flags (WORDS ("platform", "kvm", "network", "none", "overlay2", "root:memory", "file-access",
                       "shared", "host-uds", "open", "debug-log", "/d/", "debug", "true", "ignore-cgroups",
                       "true", "oci-seccomp", "true"),
                "--platform=kvm --network=none --overlay2=root:memory --file-access=shared --host-uds=open "
                "--debug-log=/d/ "
                "--debug --ignore-cgroups --oci-seccomp");
}
END_TEST

START_TEST (passes_the_drivers_version_only_with_nvproxy)
{
  expect_flags (WORDS ("nvproxy-driver-version", "550.54.15"), "");
  expect_flags (WORDS ("nvproxy-driver-version", "550.54.15", "flags", "--nvproxy=true"),
                "--nvproxy-driver-version=550.54.15");
}
END_TEST

/* --- error texts, as release 20240729 writes them --- */

typedef struct {
  B9Operation operation;
  const char *said;
  int code;
  const char *message;
} Row;

static void
expect_rows (const Row *rows, gsize count)
{
  for (gsize i = 0; i < count; i++)
    expect_meaning (runsc_explain_failure, rows[i].operation, rows[i].said, rows[i].code, rows[i].message);
}

START_TEST (knows_a_missing_container_for_each_command)
{
  static const struct {
    B9Operation operation;
    const char *said;
  } rows[] = {
      {B9_OPERATION_STATE, "loading container: file does not exist"},
      {B9_OPERATION_START, "loading container: file does not exist"},
      {B9_OPERATION_KILL, "loading container: file does not exist"},
      {B9_OPERATION_PAUSE, "loading container: file does not exist"},
      {B9_OPERATION_RESUME, "loading container: file does not exist"},
      {B9_OPERATION_DELETE, "loading container \"c1\": file does not exist"},
      {B9_OPERATION_PS, "loading sandbox: file does not exist"},
      {B9_OPERATION_EVENTS, "loading sandbox: file does not exist"},
      {B9_OPERATION_EXEC, "loading sandbox: file does not exist"},
      {B9_OPERATION_STATE, "FetchSpec failed: loading container: file does not exist"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    expect_meaning (runsc_explain_failure, rows[i].operation, rows[i].said, B9_ERROR_NOT_FOUND,
                    "container does not exist");
}
END_TEST

START_TEST (takes_a_missing_file_of_create_for_no_missing_container)
{
  expect_meaning (runsc_explain_failure, B9_OPERATION_CREATE, "creating container: file does not exist",
                  B9_ERROR_BACKEND_FAILED, "creating container: file does not exist");
}
END_TEST

START_TEST (says_in_runcs_words_which_state_is_wrong)
{
  static const Row rows[] = {
      {B9_OPERATION_CREATE,
       "creating container: cannot lock container metadata file: container already exists", B9_ERROR_EXISTS,
       "container with given ID already exists"},
      {B9_OPERATION_START, "starting container: cannot start container \"c1\" in state running",
       B9_ERROR_WRONG_STATE, "cannot start an already running container"},
      {B9_OPERATION_START, "starting container: cannot start container \"c1\" in state paused",
       B9_ERROR_WRONG_STATE, "cannot start a container in the paused state"},
      {B9_OPERATION_START, "starting container: cannot start container \"c1\" in state stopped",
       B9_ERROR_WRONG_STATE, "cannot start a container that has stopped"},
      {B9_OPERATION_DELETE, "cannot delete container that is not stopped without --force flag",
       B9_ERROR_WRONG_STATE, "cannot delete container c1 that is not stopped: it takes --force"},
      {B9_OPERATION_KILL, "sandbox is not running", B9_ERROR_NOT_RUNNING, "container not running"},
      {B9_OPERATION_KILL, "cannot signal container \"c1\" in state paused", B9_ERROR_WRONG_STATE,
       "cannot signal a paused container: resume it first, or delete it with --force"},
      {B9_OPERATION_KILL, "cannot signal container \"c1\" in state stopped", B9_ERROR_NOT_RUNNING,
       "container not running"},
      {B9_OPERATION_PAUSE, "", B9_ERROR_WRONG_STATE, "cannot pause a container that has not been started"},
      {B9_OPERATION_PAUSE, "flag provided but not defined: -x", B9_ERROR_BACKEND_FAILED,
       "flag provided but not defined: -x; this release of runsc does not have the option"},
      {B9_OPERATION_PAUSE, "\tgvisor.dev/gvisor/runsc/main.go:31 +0xf", B9_ERROR_WRONG_STATE,
       "cannot pause a container that has not been started"},
      {B9_OPERATION_PAUSE, "pause failed: cannot pause container \"c1\" in state created",
       B9_ERROR_WRONG_STATE, "cannot pause a container that has not been started"},
      {B9_OPERATION_PAUSE, "pause failed: cannot pause container \"c1\" in state paused",
       B9_ERROR_NOT_RUNNING, "container not running"},
      {B9_OPERATION_PAUSE, "pause failed: cannot pause container \"c1\" in state stopped",
       B9_ERROR_NOT_RUNNING, "container not running"},
      {B9_OPERATION_RESUME, "resume failed: cannot resume container \"c1\" in state created",
       B9_ERROR_WRONG_STATE, "container not paused"},
      {B9_OPERATION_RESUME, "resume failed: cannot resume container \"c1\" in state running",
       B9_ERROR_WRONG_STATE, "container not paused"},
      {B9_OPERATION_RESUME, "resume failed: cannot resume container \"c1\" in state stopped",
       B9_ERROR_WRONG_STATE, "container not paused"},
  };

  expect_rows (rows, G_N_ELEMENTS (rows));
}
END_TEST

START_TEST (says_in_runcs_words_why_it_cannot_look_inside)
{
  static const Row rows[] = {
      {B9_OPERATION_EXEC,
       "executing processes for container: cannot execute in container \"c1\" in state paused",
       B9_ERROR_WRONG_STATE, "cannot exec in a paused container"},
      {B9_OPERATION_EXEC,
       "executing processes for container: cannot execute in container \"c1\" in state stopped",
       B9_ERROR_WRONG_STATE, "cannot exec in a stopped container"},
      {B9_OPERATION_EXEC,
       "executing processes for container: cannot execute in container \"c1\" in state created",
       B9_ERROR_WRONG_STATE, "cannot exec in a container that has not been started"},
      {B9_OPERATION_EXEC,
       "executing processes for container: executing command \"true\" in sandbox: container \"c1\" not "
       "started",
       B9_ERROR_WRONG_STATE, "cannot exec in a container that has not been started"},
      {B9_OPERATION_PS,
       "getting processes for container: cannot get processes of container \"c1\" in state created",
       B9_ERROR_WRONG_STATE, "cannot list the processes of a container that has not been started"},
      {B9_OPERATION_PS,
       "getting processes for container: cannot get processes of container \"c1\" in state stopped",
       B9_ERROR_NOT_RUNNING, "container not running"},
      {B9_OPERATION_PS,
       "getting processes for container: retrieving process data from sandbox: connecting to control server "
       "at PID 7: "
       "connection refused",
       B9_ERROR_NOT_RUNNING, "container not running"},
      {B9_OPERATION_EVENTS, "", B9_ERROR_NOT_RUNNING, "container not running"},
      {B9_OPERATION_EVENTS, "Error getting events: cannot get events for container \"c1\" in state stopped",
       B9_ERROR_NOT_RUNNING, "container not running"},
  };

  expect_rows (rows, G_N_ELEMENTS (rows));
}
END_TEST

START_TEST (takes_the_words_of_a_command_for_no_state)
{
  static const char said[] = "executing processes for container: executing command \"x in state paused\" in "
                             "sandbox: failed to load x";

  expect_meaning (runsc_explain_failure, B9_OPERATION_EXEC, said, B9_ERROR_BACKEND_FAILED, said);
}
END_TEST

START_TEST (keeps_the_words_of_a_failure_and_adds_what_to_try)
{
  static const Row rows[] = {
      {B9_OPERATION_CREATE, "creating container: cannot run with network enabled in root network namespace",
       B9_ERROR_BACKEND_FAILED,
       "creating container: cannot run with network enabled in root network namespace; give the container a "
       "network namespace "
       "of its own, or use --network=none or --network=host (backends.runsc.network in the configuration); "
       "on recent kernels "
       "releases before 20240807 need the latter in any case"},
      {B9_OPERATION_CREATE,
       "creating container: cannot read client sync file: waiting for sandbox to start: EOF",
       B9_ERROR_BACKEND_FAILED,
       "creating container: cannot read client sync file: waiting for sandbox to start: EOF; the sandbox "
       "died while it "
       "started: see that the source of each mount in the bundle's config.json exists; --debug=true says "
       "more"},
      {B9_OPERATION_KILL, "unknown signal \"34\"", B9_ERROR_BACKEND_FAILED,
       "unknown signal \"34\"; runsc knows no realtime signals and no signal 0"},
      {B9_OPERATION_STATE, "loading container: id \"p1\" is ambiguous and could refer to multiple containers",
       B9_ERROR_BACKEND_FAILED,
       "loading container: id \"p1\" is ambiguous and could refer to multiple containers; runsc takes an id "
       "for each longer "
       "one that begins with it: keep the containers in different roots"},
      {B9_OPERATION_CREATE, "\"/r\" mount source already has a filestore file at \"/r/.gvisor.filestore.c1\"",
       B9_ERROR_BACKEND_FAILED,
       "\"/r\" mount source already has a filestore file at \"/r/.gvisor.filestore.c1\"; if no container of "
       "this id uses the root file system, remove the file that a killed runsc left"},
      {B9_OPERATION_RUN, "something new", B9_ERROR_BACKEND_FAILED, "something new"},
      {B9_OPERATION_RUN, "", B9_ERROR_BACKEND_FAILED, "runsc failed with exit status 128 and said nothing"},
  };

  expect_rows (rows, G_N_ELEMENTS (rows));
}
END_TEST

static TCase *
global_case (void)
{
  TCase *tcase = tcase_create ("global options and configuration");

  tcase_add_test (tcase, passes_global_options_before_the_command);
  tcase_add_test (tcase, gives_debug_logs_a_directory_below_the_root);
  tcase_add_test (tcase, leaves_the_place_of_debug_logs_to_who_names_one);
  tcase_add_test (tcase, asks_for_rootless_mode_only_where_it_is_plainly_wanted);
  tcase_add_test (tcase, asks_for_the_version_without_global_options);
  tcase_add_test (tcase, makes_no_flags_where_nothing_is_configured);
  tcase_add_test (tcase, makes_a_flag_of_each_key);
  tcase_add_test (tcase, passes_the_drivers_version_only_with_nvproxy);
  return tcase;
}

static TCase *
start_case (void)
{
  TCase *tcase = tcase_create ("create and run");

  tcase_add_test (tcase, passes_the_bundle_before_the_id);
  tcase_add_test (tcase, leaves_out_what_changes_nothing_in_a_sandbox);
  tcase_add_test (tcase, refuses_file_descriptors_for_create);
  tcase_add_test (tcase, passes_file_descriptors_under_their_numbers);
  tcase_add_test (tcase, refuses_a_count_of_file_descriptors_that_is_none);
  tcase_add_test (tcase, refuses_to_keep_a_container_that_runsc_deletes);
  tcase_add_test (tcase, refuses_an_option_that_no_rule_knows);
  return tcase;
}

static TCase *
exec_case (void)
{
  TCase *tcase = tcase_create ("exec");

  tcase_add_test (tcase, passes_each_option_of_exec_and_the_command_behind_the_id);
  tcase_add_test (tcase, takes_users_of_an_exec_by_number_alone);
  tcase_add_test (tcase, a_terminal_of_a_detached_exec_needs_a_socket);
  tcase_add_test (tcase, leaves_out_of_exec_what_needs_no_option);
  tcase_add_test (tcase, refuses_what_a_sandbox_has_not);
  tcase_add_test (tcase, refuses_words_that_a_detached_exec_would_lose);
  tcase_add_test (tcase, refuses_a_detached_exec_without_a_pid_file);
  return tcase;
}

static TCase *
other_case (void)
{
  TCase *tcase = tcase_create ("other commands");

  tcase_add_test (tcase, passes_the_signal_behind_the_id);
  tcase_add_test (tcase, refuses_signal_0);
  tcase_add_test (tcase, calls_a_table_text);
  tcase_add_test (tcase, writes_the_other_commands);
  tcase_add_test (tcase, writes_update_as_runc_does);
  tcase_add_test (tcase, says_which_release_came_with_update);
  tcase_add_test (tcase, passes_a_service_managers_sockets_on_in_run);
  tcase_add_test (tcase, names_the_process_inside);
  tcase_add_test (tcase, rounds_an_interval_up_to_whole_seconds);
  tcase_add_test (tcase, refuses_an_interval_that_is_none);
  tcase_add_test (tcase, refuses_what_this_runsc_has_not);
  tcase_add_test (tcase, hands_nothing_over_but_the_version);
  return tcase;
}

static TCase *
error_case (void)
{
  TCase *tcase = tcase_create ("error texts");

  tcase_add_test (tcase, knows_a_missing_container_for_each_command);
  tcase_add_test (tcase, takes_a_missing_file_of_create_for_no_missing_container);
  tcase_add_test (tcase, says_in_runcs_words_which_state_is_wrong);
  tcase_add_test (tcase, says_in_runcs_words_why_it_cannot_look_inside);
  tcase_add_test (tcase, takes_the_words_of_a_command_for_no_state);
  tcase_add_test (tcase, keeps_the_words_of_a_failure_and_adds_what_to_try);
  return tcase;
}

int
main (void)
{
  TCase *const cases[] = {global_case (), start_case (), exec_case (), other_case (), error_case (), NULL};

  return run_cases ("runsc-args", cases);
}
