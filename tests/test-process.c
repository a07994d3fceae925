/* SPDX-License-Identifier: Apache-2.0
 *
 * test-process.c: which process a PID means, how it ended, and what signals are called.
 */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sys/process.h"
#include "tests/suite-testing.h"

static pid_t
start_child (void)
{
  pid_t pid = fork ();

  if (pid == 0) {
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
      pause ();
  }
  ck_assert_int_gt (pid, 0);
  return pid;
}

static void
end_child (pid_t pid)
{
  siginfo_t info;

  kill (pid, SIGKILL);
  ck_assert_int_eq (waitid (P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

START_TEST (knows_itself)
{
  guint64 start = 0;
  char state = 0;

  ck_assert (b9_process_look (getpid (), &start, &state));
  ck_assert_uint_gt (start, 0);
  ck_assert_int_eq (state, 'R');
  ck_assert (b9_process_look (getpid (), NULL, NULL));
  ck_assert (b9_process_alive (getpid (), 0));
  ck_assert (b9_process_alive (getpid (), start));
  ck_assert (!b9_process_alive (getpid (), start + 1));
}
END_TEST

START_TEST (knows_no_process_that_cannot_be)
{
  ck_assert (!b9_process_look (0, NULL, NULL));
  ck_assert (!b9_process_look (-1, NULL, NULL));
  ck_assert (!b9_process_alive (0x7fffffff, 0));
}
END_TEST

START_TEST (a_zombie_is_not_alive)
{
  pid_t pid = start_child ();
  guint64 start = 0;
  char state = 0;

  ck_assert (b9_process_look (pid, &start, NULL));
  end_child (pid);
  ck_assert (b9_process_look (pid, NULL, &state));
  ck_assert_int_eq (state, 'Z');
  ck_assert (!b9_process_alive (pid, start));
  waitpid (pid, NULL, 0);
  ck_assert (!b9_process_look (pid, NULL, NULL));
}
END_TEST

START_TEST (finds_a_zombie_among_the_children_by_its_name)
{
  g_autofree char *name = NULL;
  pid_t pid = start_child ();

  ck_assert (g_file_get_contents ("/proc/self/comm", &name, NULL, NULL));
  g_strchomp (name);
  ck_assert (!b9_process_has_zombie (getpid (), name));
  end_child (pid);
  ck_assert (b9_process_has_zombie (getpid (), name));
  ck_assert (!b9_process_has_zombie (getpid (), "criu"));
  name[strlen (name) - 1] = '\0';
  ck_assert (!b9_process_has_zombie (getpid (), name));
  ck_assert (!b9_process_has_zombie (pid, name));
  waitpid (pid, NULL, 0);
}
END_TEST

/* The command stands in parentheses and may hold some. */
START_TEST (reads_past_any_name)
{
  char name[16];
  guint64 before, after;
  char state = 0;

  ck_assert (b9_process_look (getpid (), &before, NULL));
  prctl (PR_GET_NAME, name);
  prctl (PR_SET_NAME, ") Z 1 (x) 2");
  ck_assert (b9_process_look (getpid (), &after, &state));
  prctl (PR_SET_NAME, name);
  ck_assert_uint_eq (after, before);
  ck_assert_int_eq (state, 'R');
}
END_TEST

START_TEST (signals_by_pidfd)
{
  pid_t pid = start_child ();
  int pidfd = b9_pidfd_open (pid);
  int status;

  ck_assert_int_ge (pidfd, 0);
  ck_assert (b9_pidfd_signal (pidfd, 0));
  ck_assert (b9_pidfd_signal (pidfd, SIGKILL));
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert_int_eq (b9_shell_status (status), 137);
  ck_assert (!b9_pidfd_signal (pidfd, 0));
  close (pidfd);
}
END_TEST

START_TEST (tells_no_status_of_a_living_process)
{
  pid_t pid = start_child ();
  int pidfd = b9_pidfd_open (pid);
  int status = 4711;

  ck_assert (!b9_pidfd_exit_status (pidfd, &status));
  ck_assert_int_eq (status, 4711);
  end_child (pid);
  waitpid (pid, NULL, 0);
  close (pidfd);
}
END_TEST

START_TEST (has_statuses_as_a_shell_has_them)
{
  ck_assert_int_eq (b9_shell_status (0), 0);
  ck_assert_int_eq (b9_shell_status (7 << 8), 7);
  ck_assert_int_eq (b9_shell_status (255 << 8), 255);
  ck_assert_int_eq (b9_shell_status (SIGKILL), 137);
  ck_assert_int_eq (b9_shell_status (SIGSEGV | 0x80), 139); /* with a core dump */
}
END_TEST

START_TEST (names_namespace_and_boot)
{
  g_autofree char *boot = b9_boot_id ();
  g_autofree char *again = b9_boot_id ();

  ck_assert_uint_gt (b9_pid_namespace (), 0);
  ck_assert_uint_eq (strlen (boot), 36);
  ck_assert_str_eq (boot, again);
}
END_TEST

START_TEST (knows_signals_by_name_and_number)
{
  static const struct {
    const char *text;
    int number;
  } rows[] = {
      {"9", 9},
      {"0", 0},
      {"KILL", SIGKILL},
      {"SIGKILL", SIGKILL},
      {"sigterm", SIGTERM},
      {"Usr1", SIGUSR1},
      {"WINCH", SIGWINCH},
      {"64", 64},
      {"SIGRTMIN+1", 35},
      {"rtmin+0", 34},
      {"", -1},
      {"SIG", -1},
      {"-9", -1},
      {"65", -1},
      {"9x", -1},
      {"KILLL", -1},
      {" 9", -1},
      {"RTMIN+31", -1},
      {"SIGSIGTERM", -1},
      {"99999999999999999999", -1},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    ck_assert_msg (b9_signal_number (rows[i].text) == rows[i].number, "%s is %d", rows[i].text,
                   b9_signal_number (rows[i].text));
}
END_TEST

int
main (void)
{
  TCase *process = tcase_create ("process");

  tcase_add_test (process, knows_itself);
  tcase_add_test (process, knows_no_process_that_cannot_be);
  tcase_add_test (process, a_zombie_is_not_alive);
  tcase_add_test (process, finds_a_zombie_among_the_children_by_its_name);
  tcase_add_test (process, reads_past_any_name);
  tcase_add_test (process, signals_by_pidfd);
  tcase_add_test (process, tells_no_status_of_a_living_process);
  tcase_add_test (process, has_statuses_as_a_shell_has_them);
  tcase_add_test (process, names_namespace_and_boot);
  tcase_add_test (process, knows_signals_by_name_and_number);
  return run_cases ("process", (TCase *[]){process, NULL});
}
