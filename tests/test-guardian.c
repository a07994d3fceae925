/* SPDX-License-Identifier: Apache-2.0
 *
 * test-guardian.c: who is at work on a container, and who takes over from him.
 */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/checkpoint/guardian.h"
#include "core/sys/process.h"
#include "tests/suite-testing.h"

static char *top; /* of the test that runs: stands for the record */

static void
make_top (void)
{
  g_autofree char *programs = g_path_get_dirname (getenv ("B9RUN_LIBEXEC_DIR"));

  g_setenv ("B9RUN_LIBEXEC_DIR", programs, TRUE); /* b9run-guardian is above the modules */
  top = g_dir_make_tmp ("b9-guardian-XXXXXX", NULL);
  ck_assert_ptr_nonnull (top);
}

static void
remove_top (void)
{
  ck_assert (b9_remove_tree (top, NULL));
  g_clear_pointer (&top, g_free);
}

static gboolean
is_there (const char *name)
{
  g_autofree char *path = g_build_filename (top, name, NULL);

  return access (path, F_OK) == 0;
}

static gboolean
appears (const char *name)
{
  for (guint round = 0; round < 4000 && !is_there (name); round++)
    g_usleep (5000);
  return is_there (name);
}

/* An operation at work, whose recovery is the shell's @script in $1. */
static B9Journal *
begin (const char *script)
{
  B9Journal *journal = b9_journal_begin (top, B9_WORK_CHECKPOINT, NULL);
  char *recover[] = {(char *)"/bin/sh", (char *)"-c", (char *)script, (char *)"sh", top, NULL};

  ck_assert_ptr_nonnull (journal);
  ck_assert (b9_guardian_start (journal, recover, NULL, NULL));
  ck_assert (b9_journal_step (journal, B9_STEP_SAVE, NULL));
  return journal;
}

START_TEST (a_guardian_takes_over_when_the_lock_is_free)
{
  g_autoptr (B9Journal) journal = begin ("rm $1/journal; touch $1/done");
  pid_t guardian = journal->guardian;

  b9_fd_close (&journal->lock); /* as the kernel does for the dead */
  ck_assert (appears ("done"));
  ck_assert_int_eq (waitpid (guardian, NULL, 0), guardian);
}
END_TEST

START_TEST (a_guardian_tries_again)
{
  g_autoptr (B9Journal) journal = begin (
      "[ -e $1/once ] || { touch $1/once; kill -KILL $$; }; rm $1/journal; touch $1/done");
  pid_t guardian = journal->guardian;

  b9_fd_close (&journal->lock);
  ck_assert (appears ("done"));
  ck_assert_int_eq (waitpid (guardian, NULL, 0), guardian);
}
END_TEST

START_TEST (a_guardian_waits_for_another_recovery)
{
  g_autoptr (B9Journal) journal = begin ("touch $1/done");
  g_autoptr (B9Journal) other = NULL;
  pid_t guardian = journal->guardian;
  gboolean busy = FALSE;
  int status;

  kill (guardian, SIGSTOP); /* so that the other one is the first */
  ck_assert_int_eq (waitpid (guardian, NULL, WUNTRACED), guardian);
  b9_fd_close (&journal->lock);
  other = b9_journal_take_over (top, &busy, NULL);
  ck_assert_ptr_nonnull (other);
  kill (guardian, SIGCONT);
  b9_journal_end (other);
  ck_assert_int_eq (waitpid (guardian, &status, 0), guardian);
  ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  ck_assert (!is_there ("done"));
}
END_TEST

START_TEST (a_guardian_that_is_not_needed_goes)
{
  g_autoptr (B9Journal) journal = begin ("touch $1/done");
  pid_t guardian = journal->guardian;

  b9_journal_end (journal);
  ck_assert_int_eq (kill (guardian, 0), -1);
  ck_assert (!is_there ("done"));
  ck_assert (!is_there ("journal"));
}
END_TEST

/* Whose record is gone has nothing to recover, whatever has its name now. */
START_TEST (a_guardian_means_the_record_that_it_was_started_for)
{
  g_autoptr (B9Journal) journal = begin ("touch $1/done");
  pid_t guardian = journal->guardian;
  g_autofree char *fds = g_strdup_printf ("/proc/%d/fd/4", (int)guardian);
  g_autofree char *file = g_build_filename (top, "journal", NULL);

  for (guint round = 0; round < 4000 && access (fds, F_OK) != 0; round++)
    g_usleep (5000);
  ck_assert (b9_remove_tree (top, NULL));
  ck_assert_int_eq (g_mkdir (top, 0700), 0);
  ck_assert (g_file_set_contents (file, "", -1, NULL));
  b9_fd_close (&journal->lock);
  ck_assert_int_eq (waitpid (guardian, NULL, 0), guardian);
  ck_assert (!is_there ("done"));
}
END_TEST

START_TEST (a_recovery_gets_what_it_needs_of_the_environment)
{
  g_auto (GStrv) kept = NULL;

  clearenv ();
  g_setenv ("PATH", "/bin", TRUE);
  g_setenv ("B9RUN_STATE_DIR", "/s", TRUE);
  g_setenv (B9_OPERATION_VARIABLE, "token", TRUE);
  g_setenv ("NOTIFY_SOCKET", "/n", TRUE);
  g_setenv ("LISTEN_FDS", "1", TRUE);
  kept = b9_guardian_environment ();
  ck_assert_uint_eq (g_strv_length (kept), 2);
  ck_assert (g_strv_contains ((const char *const *)kept, "PATH=/bin"));
  ck_assert (g_strv_contains ((const char *const *)kept, "B9RUN_STATE_DIR=/s"));
}
END_TEST

START_TEST (who_is_at_work_is_known)
{
  g_autoptr (B9Journal) journal = NULL;
  B9Worker worker = {0};
  guint64 start = 0;

  ck_assert (!b9_journal_worker (top, &worker));
  journal = b9_journal_begin (top, B9_WORK_RESTORE, NULL);
  ck_assert (b9_journal_worker (top, &worker));
  ck_assert (b9_process_look (getpid (), &start, NULL));
  ck_assert_int_eq (worker.pid, getpid ());
  ck_assert_uint_eq (worker.start, start);
  ck_assert_int_eq (worker.work, B9_WORK_RESTORE);
}
END_TEST

START_TEST (who_is_dead_is_not_at_work)
{
  g_autofree char *file = g_build_filename (top, "journal.lock", NULL);
  B9Worker worker = {0};

  ck_assert (g_file_set_contents (file, "2147483647 1 checkpoint\n", -1, NULL));
  ck_assert (!b9_journal_worker (top, &worker));
  ck_assert_int_eq (worker.pid, 0);
}
END_TEST

START_TEST (who_is_at_work_is_named_where_that_is_known)
{
  const B9Worker known = {.pid = 7, .work = B9_WORK_RESTORE}, unknown = {.work = B9_WORK_RECOVERY};
  g_autofree char *by_pid = b9_worker_describe (&known, "c1");
  g_autofree char *by_nobody = b9_worker_describe (&unknown, "c1");

  ck_assert_str_eq (by_pid, "container c1 is being restored by the b9run with PID 7");
  ck_assert_str_eq (by_nobody,
                    "an operation on container c1 is at work, by a b9run that is not to be found here");
}
END_TEST

/* An attached restore keeps its journal in memory as long as the container lives. */
START_TEST (one_that_has_ended_lets_the_next_begin_and_alone)
{
  g_autoptr (B9Journal) first = b9_journal_begin (top, B9_WORK_RESTORE, NULL);
  g_autoptr (B9Journal) second = NULL;

  ck_assert (b9_journal_step (first, B9_STEP_RESTORE, NULL));
  b9_journal_end (first);
  second = b9_journal_begin (top, B9_WORK_CHECKPOINT, NULL);
  ck_assert_ptr_nonnull (second);
  ck_assert (b9_journal_step (second, B9_STEP_PAUSE, NULL));
  b9_journal_end (first);
  ck_assert (b9_journal_exists (top));
}
END_TEST

/* Has the lock with @name in it, for a while after the call. */
static pid_t
hold_lock (const char *name)
{
  g_autofree char *file = g_build_filename (top, "journal.lock", NULL);
  int fd = open (file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  pid_t pid;

  ck_assert_int_eq (flock (fd, LOCK_EX), 0);
  ck_assert_int_eq (write (fd, name, strlen (name)), (ssize_t)strlen (name));
  pid = fork ();
  if (pid == 0) {
    g_usleep (300000);
    _exit (0);
  }
  close (fd);
  return pid;
}

/* The lock is a guardian's, which signs nothing, so the name is of who had it before. */
START_TEST (one_begins_after_whoever_looks)
{
  g_autoptr (B9Journal) journal = NULL;
  pid_t looker = hold_lock ("2147483647 1 checkpoint\n");

  journal = b9_journal_begin (top, B9_WORK_CHECKPOINT, NULL);
  ck_assert_ptr_nonnull (journal);
  ck_assert_int_eq (waitpid (looker, NULL, 0), looker);
}
END_TEST

START_TEST (one_begins_after_a_recovery_and_beside_no_checkpoint)
{
  static const char *const works[] = {"recovery", "checkpoint"};
  guint64 start = 0;

  ck_assert (b9_process_look (getpid (), &start, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (works); i++) {
    g_autofree char *name = g_strdup_printf ("%d %" G_GUINT64_FORMAT " %s\n", (int)getpid (), start,
                                             works[i]);
    g_autoptr (GError) error = NULL;
    g_autoptr (B9Journal) journal = NULL;
    pid_t other = hold_lock (name);

    journal = b9_journal_begin (top, B9_WORK_CHECKPOINT, &error);
    ck_assert (i == 0 ? journal != NULL : g_error_matches (error, B9_ERROR, B9_ERROR_BUSY));
    ck_assert_int_eq (waitpid (other, NULL, 0), other);
  }
}
END_TEST

/* What it says of a container that may stand still is not written over. */
START_TEST (none_begins_over_one_that_was_cut_off)
{
  g_autoptr (B9Journal) first = b9_journal_begin (top, B9_WORK_CHECKPOINT, NULL);
  g_autoptr (GError) error = NULL;

  ck_assert (b9_journal_step (first, B9_STEP_SAVE, NULL));
  b9_fd_close (&first->lock);
  ck_assert_ptr_null (b9_journal_begin (top, B9_WORK_CHECKPOINT, &error));
  ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_BUSY));
  ck_assert_ptr_nonnull (strstr (error->message, "b9run recover"));
}
END_TEST

int
main (void)
{
  TCase *guardians = tcase_create ("guardians");

  tcase_set_timeout (guardians, 60);
  tcase_add_checked_fixture (guardians, make_top, remove_top);
  tcase_add_test (guardians, a_guardian_takes_over_when_the_lock_is_free);
  tcase_add_test (guardians, a_guardian_tries_again);
  tcase_add_test (guardians, a_guardian_waits_for_another_recovery);
  tcase_add_test (guardians, a_guardian_that_is_not_needed_goes);
  tcase_add_test (guardians, a_guardian_means_the_record_that_it_was_started_for);
  tcase_add_test (guardians, a_recovery_gets_what_it_needs_of_the_environment);
  tcase_add_test (guardians, one_begins_after_whoever_looks);
  tcase_add_test (guardians, one_begins_after_a_recovery_and_beside_no_checkpoint);
  tcase_add_test (guardians, none_begins_over_one_that_was_cut_off);
  tcase_add_test (guardians, who_is_at_work_is_known);
  tcase_add_test (guardians, who_is_dead_is_not_at_work);
  tcase_add_test (guardians, who_is_at_work_is_named_where_that_is_known);
  tcase_add_test (guardians, one_that_has_ended_lets_the_next_begin_and_alone);
  return run_cases ("guardian", (TCase *[]){guardians, NULL});
}
