/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cli-life.c: run, create and wait from beginning to end: exit statuses, signals, PID files, what is
 * left behind, and what is mended after b9run was killed.
 */
#include "config.h"

#include <errno.h>
#include <sys/prctl.h>

#include "tests/cli-testing.h"

static const char *const backends[] = {"--backend=runc", "--backend=runsc"};

/* @line behind the backend of this round. */
static char *
with_backend (int round, const char *line)
{
  return g_strdup_printf ("%s %s", backends[round], line);
}

static void
expect_with (int round, const char *line, int status, const char *output, const char *error)
{
  g_autofree char *whole = with_backend (round, line);

  expect (whole, status, output, error);
}

static pid_t
start_with (int round, const char *line)
{
  g_autofree char *whole = g_strdup_printf ("--config TOP/b9run.yaml %s %s", backends[round], line);

  return start_as (program, whole);
}

static void
expect_pid_file (const char *name)
{
  g_autofree char *text = get_file (name);

  ck_assert_uint_gt (strlen (text), 0);
  ck_assert_uint_eq (strspn (text, "0123456789"), strlen (text));
}

START_TEST (run_returns_the_containers_status)
{
  static const struct {
    const char *container;
    int status;
  } ends[] = {{"exit:0", 0},     {"exit:7", 7},     {"exit:127", 127},
              {"exit:255", 255}, {"signal:9", 137}, {"signal:11", 139}};

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_setenv ("B9_FAKE_CONTAINER", ends[i].container, TRUE);
    expect_with (_i, "run -b TOP/bundle --pid-file TOP/p new", ends[i].status, "", "");
    expect_pid_file ("p");
    expect_nothing_left ();
  }
}
END_TEST

START_TEST (run_passes_signals_on)
{
  g_setenv ("B9_FAKE_CONTAINER", "trap", TRUE);
  pid_t pid = start_with (_i, "run -b TOP/bundle --pid-file TOP/p new");
  ck_assert (appears ("p"));
  g_usleep (50000); /* the container sets its handler once it begins, which nobody tells */
  kill (pid, SIGTERM);
  g_auto (Result) result = finish_b9run (pid);
  expect_result (&result, 42, "", "");
  expect_nothing_left ();
}
END_TEST

START_TEST (run_holds_back_signals_until_there_is_a_container)
{
  g_setenv ("B9_FAKE", "run:hang", TRUE);
  pid_t pid = start_with (_i, "run -b TOP/bundle new");
  ck_assert (appears ("argv"));
  kill (pid, SIGKILL);
  g_auto (Result) result = finish_b9run (pid);
  ck_assert_int_eq (result.status, 137);
}
END_TEST

START_TEST (a_killed_run_is_mended_by_the_next_command)
{
  g_setenv ("B9_FAKE_CONTAINER", "sleep", TRUE);
  pid_t pid = start_with (_i, "run -b TOP/bundle --pid-file TOP/p new");
  ck_assert (appears ("p"));
  kill (pid, SIGKILL);
  g_auto (Result) result = finish_b9run (pid);
  ck_assert_int_eq (result.status, 137);
  ck_assert (!state_is_empty ("state/containers"));
  expect ("delete --force new", 0, "", "");
  expect_nothing_left ();
  expect ("delete --force new", 0, "", "");
}
END_TEST

START_TEST (a_record_without_a_container_makes_room)
{
  g_setenv ("B9_FAKE", "create:hang", TRUE);
  pid_t pid = start_with (_i, "create -b TOP/bundle new");
  ck_assert (appears ("argv"));
  expect_with (_i, "create -b TOP/bundle new", 1, "",
               _i == 0 ? "b9run: container with given ID already exists: new (root TOP/runc)\n"
                       : "b9run: container with given ID already exists: new (root TOP/runsc)\n");
  kill (pid, SIGKILL);
  g_auto (Result) result = finish_b9run (pid);
  ck_assert_int_eq (result.status, 137);
  g_unsetenv ("B9_FAKE");
  ck_assert (!state_is_empty ("state/containers"));
  expect_with (_i, "create -b TOP/bundle new", 0, "", "");
  expect ("delete -f new", 0, "", "");
  expect_nothing_left ();
}
END_TEST

START_TEST (a_container_in_creation_is_listed)
{
  g_setenv ("B9_FAKE", "create:hang", TRUE);
  pid_t pid = start_with (_i, "create -b TOP/bundle new");
  ck_assert (appears ("argv"));
  g_auto (Result) listed = b9run ("list");
  ck_assert_ptr_nonnull (strstr (listed.output, "\nnew  0    creating  "));
  kill (pid, SIGKILL);
  g_auto (Result) result = finish_b9run (pid);
  ck_assert_int_eq (result.status, 137);
  expect_with (
      _i, "state new", 1, "",
      _i == 0
          ? "b9run: container does not exist: new (looked in root TOP/runc; b9run list shows what there is)\n"
          : "b9run: container does not exist: new (looked in root TOP/runsc; b9run list shows what there "
            "is)\n");
  expect_nothing_left ();
}
END_TEST

START_TEST (wait_tells_the_status_of_a_detached_container)
{
  g_autofree char *gate = at_top ("gate");

  g_setenv ("B9_FAKE_CONTAINER", "gate", TRUE);
  expect_with (_i, "run -d -b TOP/bundle --pid-file TOP/p new", 0, "", "");
  expect_pid_file ("p");
  pid_t pid = start_with (_i, "wait new");
  g_usleep (50000);
  ck_assert_int_eq (waitpid (pid, NULL, WNOHANG), 0);
  put_file ("gate", "");
  g_auto (Result) result = finish_b9run (pid);
  expect_result (&result, 7, "", "");
  expect ("wait new", 7, "", "");
  expect ("delete -f new", 0, "", "");
  expect_nothing_left ();
  g_unlink (gate);
}
END_TEST

START_TEST (wait_tells_the_status_of_a_container_that_has_ended)
{
  g_setenv ("B9_FAKE_CONTAINER", "exit:3", TRUE);
  expect_with (_i, "run --detach -b TOP/bundle new", 0, "", "");
  expect ("wait new", 3, "", "");
  g_setenv ("B9_FAKE_CONTAINER", "signal:9", TRUE);
  expect_with (_i, "run --detach -b TOP/bundle other", 0, "", "");
  expect ("wait other", 137, "", "");
}
END_TEST

/* The test takes the container over when its runtime ends, as init does, and then forgets it. */
static void
wait_until_reaped (const char *id G_GNUC_UNUSED)
{
  while (waitpid (-1, NULL, 0) > 0 || errno == EINTR)
    continue;
}

START_TEST (wait_says_that_nobody_saw_the_end)
{
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  g_setenv ("B9_FAKE_CONTAINER", "exit:3", TRUE);
  expect_with (_i, "run --detach --no-monitor -b TOP/bundle new", 0, "", "");
  wait_until_reaped ("new");
  g_auto (Result) result = b9run ("wait new");
  ck_assert_int_eq (result.status, 1);
  ck_assert_str_eq (result.error, "b9run: nobody saw how container new ended, so its exit status is unknown: "
                                  "run --detach leaves a monitor that sees it, and a wait that begins before "
                                  "the end learns it from Linux 6.15 or newer\n");
}
END_TEST

START_TEST (wait_learns_the_status_of_a_zombie)
{
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  g_setenv ("B9_FAKE_CONTAINER", "exit:3", TRUE);
  expect_with (_i, "run --detach --no-monitor -b TOP/bundle new", 0, "", "");
  expect ("wait new", 3, "", "");
  wait_until_reaped ("new");
}
END_TEST

START_TEST (the_configuration_can_do_without_monitors)
{
  put_config ("monitor: false\n" A_CONFIG);
  g_setenv ("B9_FAKE_CONTAINER", "sleep", TRUE);
  expect_with (_i, "run --detach -b TOP/bundle new", 0, "", "");
  g_autofree char *path = at_top ("state/containers/new");
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  g_autofree char *monitor = g_strdup_printf ("state/containers/new/%s/monitor", g_dir_read_name (directory));
  ck_assert (!is_there (monitor));
}
END_TEST

START_TEST (says_that_the_monitor_is_missing)
{
  g_autofree char *monitor = at_top ("libexec/b9run-monitor");

  g_unlink (monitor);
  expect_with (_i, "run -d -b TOP/bundle new", 1, "",
               "b9run: cannot execute TOP/libexec/b9run-monitor: it does not exist\n");
  expect_nothing_left ();
}
END_TEST

START_TEST (says_that_the_monitor_died)
{
  g_autofree char *monitor = at_top ("libexec/b9run-monitor");

  g_unlink (monitor);
  make_link ("/bin/true", "libexec/b9run-monitor");
  expect_with (_i, "run -d -b TOP/bundle new", 1, "",
               "b9run: the monitor TOP/libexec/b9run-monitor died before it had started the container\n");
  expect_nothing_left ();
}
END_TEST

START_TEST (keep_leaves_a_container_with_its_status)
{
  g_setenv ("B9_FAKE_CONTAINER", "exit:5", TRUE);
  expect ("run --keep -b TOP/bundle new", 5, "", "");
  expect ("list -q", 0, "new\n", "");
  expect ("wait new", 5, "", "");
  expect ("delete new", 0, "", "");
  expect_nothing_left ();
}
END_TEST

START_TEST (goes_through_create_start_kill_and_delete)
{
  g_setenv ("B9_FAKE_CONTAINER", "sleep", TRUE);
  expect_with (_i, "create -b TOP/bundle --pid-file TOP/p new", 0, "", "");
  expect_pid_file ("p");
  expect ("start new", 0, "", "");
  expect ("kill new 9", 0, "", "");
  expect ("delete --force new", 0, "", "");
  expect_nothing_left ();
}
END_TEST

START_TEST (a_signal_without_a_handler_ends_the_container)
{
  g_setenv ("B9_FAKE_CONTAINER", "sleep", TRUE);
  pid_t pid = start_with (_i, "run -b TOP/bundle --pid-file TOP/p new");
  ck_assert (appears ("p"));
  kill (pid, SIGTERM);
  g_auto (Result) result = finish_b9run (pid);
  ck_assert_int_eq (result.status, 143);
  expect_nothing_left ();
}
END_TEST

START_TEST (an_unwritable_pid_file_ends_what_was_started)
{
  g_autofree char *gone = at_top ("gone");

  make_directory ("gone");
  g_setenv ("B9_FAKE_CONTAINER", "sleep", TRUE);
  g_setenv ("B9_FAKE", "run:slow", TRUE);
  pid_t pid = start_with (_i, "run -b TOP/bundle --pid-file TOP/gone/p new");
  ck_assert (appears ("argv"));
  ck_assert_int_eq (g_rmdir (gone), 0);
  put_file ("slow", "");
  g_auto (Result) result = finish_b9run (pid);
  expect_result (&result, 1, "",
                 "b9run: the container's PID could not be given to the caller: cannot write TOP/gone/p: it "
                 "does not exist\n");
  expect_nothing_left ();
}
END_TEST

START_TEST (a_sandbox_that_has_not_started_is_ended_by_a_signal)
{
  g_setenv ("B9_FAKE_CONTAINER", "sleep", TRUE);
  expect ("--backend=runsc create -b TOP/bundle new", 0, "", "");
  expect ("kill new USR1", 1, "", "b9run: cannot signal a container that has not been started\n");
  expect ("kill new TERM", 0, "", "");
  g_auto (Result) result = b9run ("state new");
  ck_assert_ptr_nonnull (strstr (result.output, "\"status\":\"stopped\""));
}
END_TEST

START_TEST (a_paused_sandbox_is_resumed_to_be_killed)
{
  put_container ("runsc", "runsc", "c1", "paused");
  expect ("--backend=runsc kill c1 TERM", 1, "",
          "b9run: cannot signal a paused container: resume it first, or delete it with --force\n");
  g_free (take_argv ());
  expect ("--backend=runsc kill c1 KILL", 0, "", "");
  expect_argv ("TOP/bin/runsc --root=TOP/runsc --network=none kill c1 KILL\n"
               "TOP/bin/runsc --root=TOP/runsc --network=none state c1\n"
               "TOP/bin/runsc --root=TOP/runsc --network=none resume c1\n"
               "TOP/bin/runsc --root=TOP/runsc --network=none kill c1 KILL\n");
}
END_TEST

/* runsc writes a plain file from its beginning. */
START_TEST (a_plain_file_keeps_what_it_had)
{
  pid_t pid;

  put_file ("plain", "before\n");
  pid = fork ();
  if (pid == 0) {
    g_autofree char *config = at_top ("b9run.yaml");
    g_autofree char *bundle = at_top ("bundle");

    open_as ("plain", O_WRONLY, STDERR_FILENO);
    open_as ("output", O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    lseek (STDERR_FILENO, 0, SEEK_END);
    g_setenv ("B9_FAKE", "run:warn", TRUE);
    execl (program, program, "--config", config, "--backend=runsc", "run", "-b", bundle, "new", NULL);
    _exit (97);
  }
  ck_assert_int_eq (waitpid (pid, NULL, 0), pid);
  g_autofree char *content = get_file ("plain");
  ck_assert_str_eq (content, "before\nthe fake warns\n");
}
END_TEST

START_TEST (writes_its_own_log_where_the_configuration_says)
{
  put_config ("log:\n  file: TOP/own.log\n  level: debug\n" A_CONFIG);
  expect ("state c1", 1, "",
          "b9run: container does not exist: c1 (looked in root TOP/runc; b9run list shows what there is)\n");
  g_autofree char *log = steady (get_file ("own.log"));
  replace_all (&log, "\\[[0-9]+\\]", "[PID]");
  ck_assert_ptr_nonnull (strstr (log, "NOW debug "));
  ck_assert_ptr_nonnull (
      strstr (log, "[PID]: failed (container-not-found): container does not exist: c1 (looked in root "
                   "TOP/runc; b9run list shows what there is)\n"));
}
END_TEST

static TCase *
accidents_case (void)
{
  TCase *accidents = cli_case ("accidents");

  tcase_add_loop_test (accidents, run_holds_back_signals_until_there_is_a_container, 0,
                       G_N_ELEMENTS (backends));
  tcase_add_loop_test (accidents, a_killed_run_is_mended_by_the_next_command, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (accidents, a_record_without_a_container_makes_room, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (accidents, a_container_in_creation_is_listed, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (accidents, says_that_the_monitor_is_missing, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (accidents, says_that_the_monitor_died, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (accidents, an_unwritable_pid_file_ends_what_was_started, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (accidents, a_signal_without_a_handler_ends_the_container, 0, G_N_ELEMENTS (backends));
  return accidents;
}

int
main (void)
{
  TCase *life = cli_case ("life");

  tcase_add_loop_test (life, run_returns_the_containers_status, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (life, run_passes_signals_on, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (life, wait_tells_the_status_of_a_detached_container, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (life, wait_tells_the_status_of_a_container_that_has_ended, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (life, wait_says_that_nobody_saw_the_end, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (life, wait_learns_the_status_of_a_zombie, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (life, the_configuration_can_do_without_monitors, 0, G_N_ELEMENTS (backends));
  tcase_add_loop_test (life, goes_through_create_start_kill_and_delete, 0, G_N_ELEMENTS (backends));
  tcase_add_test (life, a_sandbox_that_has_not_started_is_ended_by_a_signal);
  tcase_add_test (life, a_paused_sandbox_is_resumed_to_be_killed);
  tcase_add_test (life, keep_leaves_a_container_with_its_status);
  tcase_add_test (life, a_plain_file_keeps_what_it_had);
  tcase_add_test (life, writes_its_own_log_where_the_configuration_says);
  return run_cases ("cli-life", (TCase *[]){life, accidents_case (), NULL});
}
