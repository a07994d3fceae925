/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cli-listing.c: what b9run prints: containers, their state, plugins, configuration, help, versions.
 */
#include "config.h"

#include "tests/cli-testing.h"

/* PIDs differ from run to run. */
static char *
without_pids (char *text)
{
  replace_all (&text, "\"pid\":[1-9][0-9]*", "\"pid\":PID");
  replace_all (&text, "(?m)^([a-z0-9]+ +)[1-9][0-9]* +", "\\1PID  ");
  replace_all (&text, " {2,}", "  "); /* the width of a column depends on where TOP is */
  return text;
}

static void
expect_listed (const char *line, const char *output, const char *error)
{
  g_auto (Result) result = b9run (line);

  result.output = without_pids (result.output);
  expect_result (&result, 0, output, error);
}

START_TEST (lists_nothing_and_says_where_it_looked)
{
  expect ("list", 0, "ID  PID  STATUS  BACKEND  ROOT  BUNDLE  CREATED\n",
          "b9run: no containers; looked in --backend=runc --root TOP/runc\n");
  expect ("list -q", 0, "", "b9run: no containers; looked in --backend=runc --root TOP/runc\n");
  expect ("list --format json", 0, "null\n",
          "b9run: no containers; looked in --backend=runc --root TOP/runc\n");
  expect ("--backend=runsc --root TOP/x list -q", 0, "",
          "b9run: no containers; looked in --backend=runsc --root TOP/x\n");
}
END_TEST

START_TEST (lists_containers_of_every_backend_and_root_that_it_made)
{
  g_setenv ("B9_FAKE_CONTAINER", "sleep", TRUE);
  expect ("create -b TOP/bundle one", 0, "", "");
  expect ("--root TOP/runc-2 create -b TOP/bundle two", 0, "", "");
  expect ("--backend=runsc create -b TOP/bundle three", 0, "", "");
  expect ("list -q", 0, "one\nthree\ntwo\n", "");
  expect_listed ("list",
                 "ID  PID  STATUS  BACKEND  ROOT  BUNDLE  CREATED\n"
                 "one  PID  created  runc  TOP/runc  TOP/bundle  NOW\n"
                 "three  PID  created  runsc  TOP/runsc  TOP/bundle  NOW\n"
                 "two  PID  created  runc  TOP/runc-2  TOP/bundle  NOW\n",
                 "");
}
END_TEST

START_TEST (lists_what_others_made_in_the_chosen_root_alone)
{
  put_container ("runsc", "x", "foreign", "running");
  put_container ("runsc", "runsc", "hidden", "running");
  expect ("--backend=runsc create -b TOP/bundle ours", 0, "", "");
  expect ("list -q", 0, "ours\n", "");
  expect ("--backend=runsc --root TOP/x list -q", 0, "foreign\n", "");
  expect ("--backend=runc list -q", 0, "",
          "b9run: no containers; looked in --backend=runc --root TOP/runc\n");
}
END_TEST

/* runc's members in runc's order, then b9run's; a time that nobody knows is Go's zero. */
START_TEST (lists_json_as_clients_expect_it)
{
  put_container ("runc", "runc", "c1", "running");
  expect_listed ("list -f json",
                 "[{\"ociVersion\":\"1.0.2-dev\",\"id\":\"c1\",\"pid\":PID,\"status\":\"running\",\"bundle\":"
                 "\"/fake/bundle\","
                 "\"rootfs\":\"\",\"created\":\"0001-01-01T00:00:00Z\",\"annotations\":{\"a\":\"first\","
                 "\"m\":\"middle\",\"z\":"
                 "\"last\"},\"owner\":\"\",\"backend\":\"runc\",\"root\":\"TOP/runc\"}]\n",
                 "");
}
END_TEST

START_TEST (lists_a_dead_process_as_stopped)
{
  put_container ("runc", "runc", "c1", "running");
  kill (g_array_index (stand_ins, pid_t, 0), SIGKILL);
  g_auto (Result) result = {0};
  for (guint round = 0; round < 200 && (result.output == NULL || strstr (result.output, "stopped") == NULL);
       round++) {
    result_clear (&result);
    result = b9run ("list -f json");
  }
  ck_assert_ptr_nonnull (strstr (result.output, "\"pid\":0,\"status\":\"stopped\""));
}
END_TEST

START_TEST (lists_what_it_can_when_a_runtime_cannot_be_asked)
{
  expect ("--backend=runsc create -b TOP/bundle ours", 0, "", "");
  make_directory ("runc");
  g_setenv ("B9_FAKE", "list:fail", TRUE);
  g_auto (Result) result = b9run ("list -q");
  ck_assert_int_eq (result.status, 1);
  ck_assert_str_eq (result.output, "");
  ck_assert_ptr_nonnull (strstr (result.error, "b9run: runsc in TOP/runsc: the fake fails on purpose\n"));
  ck_assert_ptr_nonnull (strstr (result.error, "b9run: runc in TOP/runc: the fake fails on purpose\n"));
}
END_TEST

START_TEST (prints_a_state_with_all_that_the_runtime_says)
{
  g_setenv ("B9_FAKE_CONTAINER", "sleep", TRUE);
  expect ("--backend=runsc create -b TOP/bundle c1", 0, "", "");
  expect_listed (
      "state c1",
      "{\"ociVersion\":\"1.0.2\",\"id\":\"c1\",\"pid\":PID,\"status\":\"created\",\"bundle\":\"TOP/bundle\","
      "\"annotations\":{\"z\":\"last\",\"a\":\"first\",\"m\":\"middle\"},\"vendor\":18446744073709551615,"
      "\"rootfs\":\"TOP/bundle/rootfs\",\"created\":\"NOW\",\"owner\":\"\"}\n",
      "");
}
END_TEST

START_TEST (prints_the_hosts_pid_for_ps_json_of_a_sandbox)
{
  put_container ("runsc", "runsc", "c1", "running");
  g_auto (Result) result = b9run ("--backend=runsc ps --format json c1");
  g_autofree char *expected = g_strdup_printf ("[%d]\n", (int)g_array_index (stand_ins, pid_t, 0));

  expect_result (&result, 0, expected, "");
}
END_TEST

#define EVENT "{\"type\":\"stats\",\"id\":\"c1\"}\n"

START_TEST (relays_events_until_the_container_ends)
{
  put_container ("runsc", "runsc", "c1", "running");
  pid_t pid = start_as (program, "--config TOP/b9run.yaml --backend=runsc events --interval 1s c1");
  ck_assert (appears ("output"));
  ck_assert_int_eq (waitpid (pid, NULL, WNOHANG), 0);
  kill (g_array_index (stand_ins, pid_t, 0), SIGKILL);
  g_auto (Result) result = finish_b9run (pid);
  expect_result (&result, 0, EVENT EVENT EVENT, "");
  expect_argv ("TOP/bin/runsc --root=TOP/runsc --network=none state c1\n"
               "TOP/bin/runsc --root=TOP/runsc --network=none events --interval=1 c1\n");
}
END_TEST

START_TEST (relays_no_events_of_a_stopped_container)
{
  put_container ("runsc", "runsc", "c1", "stopped");
  expect ("--backend=runsc events c1", 1, "", "b9run: container not running: c1\n");
  expect ("--backend=runsc kill c1 0", 1, "", "b9run: container not running: c1\n");
  expect ("--backend=runsc kill --all c1 0", 0, "", "");
  expect ("--backend=runsc ps --format json c1", 0, "null\n", "");
  expect ("--backend=runsc pause c1", 1, "",
          "b9run: container not running: c1 is stopped, and only a running container can be paused\n");
}
END_TEST

START_TEST (hands_over_output_and_status)
{
  put_container ("runc", "runc", "c1", "running");
  g_setenv ("B9_FAKE_EXIT", "7", TRUE);
  expect ("exec c1 sh", 7, "the fake's exec\n", "");
  expect ("spec", 0, "the fake's spec\n", "");
  expect ("features", 0, "the fake's features\n", "");
}
END_TEST

START_TEST (translated_exec_returns_the_status_of_the_process)
{
  put_container ("runsc", "runsc", "c1", "running");
  g_setenv ("B9_FAKE_EXIT", "7", TRUE);
  expect ("--backend=runsc exec --pid-file TOP/p c1 sh", 7, "the fake's exec\n", "");
  g_autofree char *pid = get_file ("p");
  ck_assert_uint_eq (strspn (pid, "0123456789"), strlen (pid));
  ck_assert_uint_gt (strlen (pid), 0);
  ck_assert (!is_there ("state/containers"));
}
END_TEST

/* The whole document is compared in test-runsc-features. */
START_TEST (puts_features_together_for_a_runtime_without_them)
{
  g_auto (Result) result = b9run ("--backend=runsc features");

  ck_assert_int_eq (result.status, 0);
  ck_assert_str_eq (result.error, "");
  ck_assert (g_str_has_prefix (result.output,
                               "{\n  \"ociVersionMin\": \"1.0.0\",\n  \"ociVersionMax\": \"1.0.2-dev\",\n"));
  ck_assert_ptr_nonnull (strstr (result.output, "\"systemd\": true"));
  ck_assert_ptr_nonnull (strstr (result.output,
                                 "  \"annotations\": {\n    \"run.b9.runsc.version\": \"fake\",\n"
                                 "    \"run.b9.backend\": \"runsc\",\n    \"run.b9.version\": "
                                 "\"" PACKAGE_VERSION "\"\n  },\n"));
  expect_argv ("TOP/bin/runsc help features\nTOP/bin/runsc --version\nTOP/bin/runsc flags\n");
}
END_TEST

START_TEST (fails_where_the_runtime_does_not_say_what_it_is)
{
  g_setenv ("B9_FAKE", "flags:fail", TRUE);
  expect ("--backend=runsc features", 1, "", "b9run: TOP/bin/runsc flags failed with status 128\n");
}
END_TEST

/* go-runc, docker and CRI-O read three lines. */
START_TEST (prints_its_version_in_three_lines)
{
  const char *const lines[] = {"--version", "-v", "--log TOP/l --version", "-version"};

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_auto (Result) result = call (lines[i]);

    replace_all (&result.output, "(?m)^commit: .+$", "commit: C");
    expect_result (&result, 0, "b9run version " PACKAGE_VERSION "\ncommit: C\nspec: 1.0.2\n", "");
  }
}
END_TEST

START_TEST (prints_help_for_itself)
{
  const char *const lines[] = {"--help", "-h", "help"};

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_auto (Result) result = call (lines[i]);

    ck_assert_int_eq (result.status, 0);
    ck_assert_str_eq (result.error, "");
    ck_assert (
        g_str_has_prefix (result.output, "usage: b9run [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n\n"));
    ck_assert_ptr_nonnull (strstr (result.output, "  checkpoint       save a running container\n"));
    ck_assert_ptr_nonnull (
        strstr (result.output, "  --systemd-cgroup               let systemd manage the cgroups\n"));
  }
}
END_TEST

START_TEST (prints_help_for_a_command)
{
  g_auto (Result) result = call ("kill --help");

  expect_result (&result, 0,
                 "usage: b9run [GLOBAL OPTIONS] kill [OPTIONS] ID [SIGNAL]\n\nsend a signal to a container "
                 "(default TERM)\n\n"
                 "options:\n  -a, --all                      signal every process of the container\n",
                 "");
}
END_TEST

START_TEST (prints_help_for_every_command)
{
  static const char *const names[] = {"create", "start",    "run",     "wait",   "state",  "list",   "kill",
                                      "delete", "exec",     "ps",      "pause",  "resume", "update", "events",
                                      "spec",   "features", "plugins", "config", "index"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *line = g_strconcat (names[i], " -h", NULL);
    g_autofree char *usage = g_strconcat ("usage: b9run [GLOBAL OPTIONS] ", names[i], NULL);
    g_auto (Result) result = call (line);

    ck_assert_int_eq (result.status, 0);
    ck_assert_str_eq (result.error, "");
    ck_assert (g_str_has_prefix (result.output, usage));
  }
}
END_TEST

START_TEST (lists_plugins_with_refused_ones)
{
  put_file ("plugins/broken.so", "no ELF at all");
  g_auto (Result) result = b9run ("plugins");
  expect_result (&result, 0,
                 "accepted  TOP/plugins/b9-backend-runc.so\n"
                 "          backend runc: runc " PACKAGE_VERSION " (Apache-2.0): Runs containers with runc.\n"
                 "accepted  TOP/plugins/b9-backend-runsc.so\n"
                 "          backend runsc: runsc " PACKAGE_VERSION
                 " (Apache-2.0): Runs containers in gVisor's sandbox, with runsc.\n"
                 "refused   TOP/plugins/broken.so\n"
                 "          it is no ELF file; remove it, or build it again if it should be a plugin\n",
                 "");
}
END_TEST

/* In a build tree, the format modules lie beside the plugins. */
START_TEST (refuses_a_format_module_as_a_plugin)
{
  g_autofree char *build = g_path_get_dirname (program);
  g_autofree char *json = g_build_filename (build, ".libs/b9run-json.so", NULL);

  copy_file (json, "plugins/b9run-json.so");
  g_auto (Result) result = b9run ("plugins");
  ck_assert_int_eq (result.status, 0);
  ck_assert_ptr_nonnull (strstr (
      result.output,
      "refused   TOP/plugins/b9run-json.so\n          it exports no \"b9run_json_LTX_b9_plugin\"; if it "
      "is a plugin of b9run, declare its descriptor by B9_PLUGIN_DEFINE with that name, which comes from "
      "the name of the file\n"));
  expect ("create -b TOP/bundle new", 0, "", "");
}
END_TEST

START_TEST (lists_plugins_as_json)
{
  g_autofree char *runsc = at_top ("plugins/b9-backend-runsc.so");

  g_unlink (runsc);
  put_file ("plugins/broken.so", "no ELF at all");
  expect (
      "plugins --json", 0,
      "[\n  {\n    \"path\": \"TOP/plugins/b9-backend-runc.so\",\n    \"state\": \"accepted\",\n    "
      "\"name\": \"runc\",\n"
      "    \"version\": \"" PACKAGE_VERSION "\",\n    \"license\": \"Apache-2.0\",\n"
      "    \"summary\": \"Runs containers with runc.\",\n    \"providers\": [\n      {\n        \"kind\": "
      "\"backend\",\n"
      "        \"name\": \"runc\"\n      }\n    ]\n  },\n  {\n    \"path\": \"TOP/plugins/broken.so\",\n"
      "    \"state\": \"refused\",\n    \"reason\": \"it is no ELF file; remove it, or build it again if it "
      "should be a plugin\"\n  }\n]\n",
      "");
}
END_TEST

START_TEST (shows_the_configuration_with_origins)
{
  put_config ("backend: runsc\nlog:\n  level: debug\n");
  g_auto (Result) plain = b9run ("config show");
  g_auto (Result) result = b9run ("config show --origin");

  ck_assert_int_eq (result.status, 0);
  ck_assert_ptr_nonnull (strstr (plain.output, "backend: runsc\n"));
  ck_assert_ptr_nonnull (strstr (result.output, "backend: runsc    # TOP/b9run.yaml:1\n"));
  ck_assert_ptr_nonnull (strstr (result.output, "# built-in\n"));
}
END_TEST

START_TEST (shows_the_state_directory_of_its_user)
{
  g_setenv ("XDG_RUNTIME_DIR", top, TRUE);
  g_auto (Result) result = b9run ("config show --origin");
  g_unsetenv ("XDG_RUNTIME_DIR");
  ck_assert_ptr_nonnull (strstr (result.output, geteuid () == 0
                                                    ? "state-directory: /run/b9run    # built-in\n"
                                                    : "state-directory: TOP/b9run    # built-in\n"));
}
END_TEST

START_TEST (checks_a_configuration)
{
  expect ("config check TOP/b9run.yaml", 0, "TOP/b9run.yaml is a good configuration\n", "");
  put_file ("bad.yaml", "backendd: runsc\n");
  expect ("config check TOP/bad.yaml", 1, "",
          "b9run: TOP/bad.yaml:1: unknown key \"backendd\"; did you mean \"backend\"?\n");
  g_auto (Result) defaults = b9run ("config defaults");
  put_file ("defaults.yaml", defaults.output);
  expect ("config check TOP/defaults.yaml", 0, "TOP/defaults.yaml is a good configuration\n", "");
}
END_TEST

START_TEST (refuses_a_configuration_that_others_can_write)
{
  g_autofree char *path = at_top ("b9run.yaml");

  g_chmod (path, 0666);
  expect ("state c1", 1, "",
          "b9run: the configuration file TOP/b9run.yaml can be changed by others than its owner (mode 0666): "
          "run chmod go-w "
          "TOP/b9run.yaml\n");
}
END_TEST

START_TEST (checks_the_index)
{
  expect ("index check", 0, "0 records, 0 damaged\n", "");
  expect ("create -b TOP/bundle one", 0, "", "");
  expect ("index check", 0, "1 records, 0 damaged\n", "");
  make_directory ("state/containers/two/0123456789abcdef");
  put_file ("state/containers/two/0123456789abcdef/record", "[container]\nversion=1\nid=two\n");
  expect ("index check", 1,
          "the record TOP/state/containers/two/KEY/record is damaged (backend); b9run index rebuild makes "
          "the index anew\n"
          "1 records, 1 damaged\n",
          "");
}
END_TEST

START_TEST (a_damaged_record_hides_no_other)
{
  expect ("create -b TOP/bundle one", 0, "", "");
  make_directory ("state/containers/two/0123456789abcdef");
  put_file ("state/containers/two/0123456789abcdef/record", "");
  expect ("list -q", 1, "one\n",
          "b9run: the record TOP/state/containers/two/KEY/record is damaged (it is empty); b9run index "
          "rebuild makes the index "
          "anew\n");
  expect ("state two", 1, "",
          "b9run: the record TOP/state/containers/two/KEY/record is damaged (it is empty); b9run index "
          "rebuild makes the index "
          "anew\n");
}
END_TEST

START_TEST (rebuilds_the_index_from_what_is_there)
{
  put_container ("runc", "runc", "found", "running");
  expect ("create -b TOP/bundle one", 0, "", "");
  make_directory ("state/containers/two/0123456789abcdef");
  put_file ("state/containers/two/0123456789abcdef/record", "");
  expect ("index rebuild", 0, "1 damaged records dropped, 1 containers recorded anew\n", "");
  expect ("index check", 0, "2 records, 0 damaged\n", "");
  expect ("index rebuild", 0, "0 damaged records dropped, 0 containers recorded anew\n", "");
  g_free (take_argv ());
  expect ("--backend=runsc kill found 9", 1, "",
          "b9run: container found was created with backend runc (root TOP/runc), which --backend=runsc "
          "contradicts\n");
}
END_TEST

START_TEST (says_that_standard_output_could_not_be_written)
{
  pid_t pid = fork ();
  if (pid == 0) {
    int full = open ("/dev/full", O_WRONLY);

    dup2 (full, STDOUT_FILENO);
    open_as ("error", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDERR_FILENO);
    execl (program, program, "--version", NULL);
    _exit (97);
  }
  g_auto (Result) result = finish_b9run (pid);
  expect_result (&result, 1, "", "b9run: standard output could not be written: No space left on device\n");
}
END_TEST

static TCase *
containers_case (void)
{
  TCase *containers = cli_case ("containers");

  tcase_add_test (containers, lists_nothing_and_says_where_it_looked);
  tcase_add_test (containers, lists_containers_of_every_backend_and_root_that_it_made);
  tcase_add_test (containers, lists_what_others_made_in_the_chosen_root_alone);
  tcase_add_test (containers, lists_json_as_clients_expect_it);
  tcase_add_test (containers, lists_a_dead_process_as_stopped);
  tcase_add_test (containers, lists_what_it_can_when_a_runtime_cannot_be_asked);
  tcase_add_test (containers, prints_a_state_with_all_that_the_runtime_says);
  tcase_add_test (containers, prints_the_hosts_pid_for_ps_json_of_a_sandbox);
  tcase_add_test (containers, relays_events_until_the_container_ends);
  tcase_add_test (containers, relays_no_events_of_a_stopped_container);
  tcase_add_test (containers, hands_over_output_and_status);
  tcase_add_test (containers, translated_exec_returns_the_status_of_the_process);
  return containers;
}

static TCase *
itself_case (void)
{
  TCase *itself = cli_case ("itself");

  tcase_add_test (itself, puts_features_together_for_a_runtime_without_them);
  tcase_add_test (itself, fails_where_the_runtime_does_not_say_what_it_is);
  tcase_add_test (itself, prints_its_version_in_three_lines);
  tcase_add_test (itself, prints_help_for_itself);
  tcase_add_test (itself, prints_help_for_a_command);
  tcase_add_test (itself, prints_help_for_every_command);
  tcase_add_test (itself, lists_plugins_with_refused_ones);
  tcase_add_test (itself, refuses_a_format_module_as_a_plugin);
  tcase_add_test (itself, lists_plugins_as_json);
  tcase_add_test (itself, shows_the_configuration_with_origins);
  tcase_add_test (itself, shows_the_state_directory_of_its_user);
  tcase_add_test (itself, checks_a_configuration);
  tcase_add_test (itself, refuses_a_configuration_that_others_can_write);
  tcase_add_test (itself, says_that_standard_output_could_not_be_written);
  return itself;
}

int
main (void)
{
  TCase *index = cli_case ("index");

  tcase_add_test (index, checks_the_index);
  tcase_add_test (index, a_damaged_record_hides_no_other);
  tcase_add_test (index, rebuilds_the_index_from_what_is_there);
  return run_cases ("cli-listing", (TCase *[]){containers_case (), itself_case (), index, NULL});
}
