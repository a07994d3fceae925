/* SPDX-License-Identifier: Apache-2.0
 *
 * test-spawn.c: children are started, read, bounded, and attached to.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/run/attach.h"
#include "core/run/spawn.h"
#include "core/sys/files.h"
#include "core/sys/process.h"
#include "tests/directory-testing.h"

#define SHELL(script) ((char *[]){(char *)"/bin/sh", (char *)"-c", (char *)(script), NULL})

static gboolean
appears (const char *name)
{
  for (guint round = 0; round < 2000; round++) {
    g_autofree char *content = get_file (name);

    if (*content != '\0')
      return TRUE;
    g_usleep (5000);
  }
  return FALSE;
}

START_TEST (returns_the_status_of_a_child)
{
  const B9Spawn spawn = {.argv = SHELL ("exit 7"), .output = -1, .error = -1};
  pid_t pid = b9_spawn (&spawn, NULL);

  ck_assert_int_gt (pid, 0);
  ck_assert_int_eq (b9_shell_status (b9_wait_for (pid)), 7);
}
END_TEST

START_TEST (says_why_nothing_could_be_executed)
{
  g_autofree char *none = at_top ("none");
  g_autofree char *plain = at_top ("plain");
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) refused = NULL;
  const B9Spawn at_none = {.argv = (char *[]){none, NULL}, .output = -1, .error = -1};
  const B9Spawn at_plain = {.argv = (char *[]){plain, NULL}, .output = -1, .error = -1};

  put_file ("plain", "");
  ck_assert_int_eq (b9_spawn (&at_none, &missing), 0);
  assert_failure_at_top (missing, B9_ERROR_BACKEND_MISSING, "cannot execute TOP/none: it does not exist");
  ck_assert_int_eq (b9_spawn (&at_plain, &refused), 0);
  assert_failure_at_top (refused, B9_ERROR_BACKEND_MISSING, "cannot execute TOP/plain: access was refused");
  ck_assert_int_eq (waitpid (-1, NULL, 0), -1);
  ck_assert_int_eq (errno, ECHILD);
}
END_TEST

START_TEST (redirects_output_and_error)
{
  g_autofree char *out = at_top ("out");
  g_autofree char *err = at_top ("err");
  b9_autofd output = open (out, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  b9_autofd error = open (err, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const B9Spawn spawn = {.argv = SHELL ("echo one; echo two >&2"), .output = output, .error = error};
  g_autofree char *said = NULL;
  g_autofree char *complained = NULL;

  b9_wait_for (b9_spawn (&spawn, NULL));
  said = get_file ("out");
  complained = get_file ("err");
  ck_assert_str_eq (said, "one\n");
  ck_assert_str_eq (complained, "two\n");
}
END_TEST

START_TEST (puts_a_child_into_its_own_group_or_session)
{
  B9Spawn group = {.argv = SHELL ("exec sleep 100"), .output = -1, .error = -1, .own_group = TRUE};
  B9Spawn session = {.argv = SHELL ("exec sleep 100"), .output = -1, .error = -1, .own_session = TRUE};
  pid_t in_group = b9_spawn (&group, NULL);
  pid_t in_session = b9_spawn (&session, NULL);

  ck_assert_int_eq (getpgid (in_group), in_group);
  ck_assert_int_eq (getsid (in_group), getsid (0));
  ck_assert_int_eq (getsid (in_session), in_session);
  kill (in_group, SIGKILL);
  kill (in_session, SIGKILL);
  b9_wait_for (in_group);
  b9_wait_for (in_session);
}
END_TEST

START_TEST (starts_a_child_with_the_mask_it_is_given)
{
  sigset_t mask, before;
  const B9Spawn spawn = {.argv = SHELL ("kill -USR1 $$; exit 3"), .output = -1, .error = -1, .mask = &mask};

  sigfillset (&mask);
  sigprocmask (SIG_BLOCK, &mask, &before);
  sigemptyset (&mask);
  pid_t pid = b9_spawn (&spawn, NULL);
  int status = b9_wait_for (pid);
  sigprocmask (SIG_SETMASK, &before, NULL);
  ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGUSR1);
}
END_TEST

/* The b9run between this test and the child is a process of its own. */
START_TEST (a_child_dies_with_its_parent)
{
  g_autofree char *path = at_top ("pid");
  g_autofree char *script = g_strdup_printf ("echo $$ >%s; exec sleep 100", path);
  int status;
  pid_t parent;

  prctl (PR_SET_CHILD_SUBREAPER, 1);
  parent = fork ();
  if (parent == 0) {
    const B9Spawn spawn = {.argv = SHELL (script), .output = -1, .error = -1};

    b9_spawn (&spawn, NULL);
    for (;;)
      pause ();
  }
  ck_assert (appears ("pid"));
  g_autofree char *text = get_file ("pid");
  kill (parent, SIGKILL);
  ck_assert_int_eq (waitpid (parent, NULL, 0), parent);
  ck_assert_int_eq (waitpid (atoi (text), &status, 0), atoi (text));
  prctl (PR_SET_CHILD_SUBREAPER, 0);
  ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}
END_TEST

/* sd_listen_fds(3) compares LISTEN_PID with the process's own. */
START_TEST (a_child_finds_its_own_pid_in_listen_pid)
{
  g_autofree char *own = g_strdup_printf ("%d", (int)getpid ());
  B9Answer answer = {0};

  g_setenv ("LISTEN_FDS", "2", TRUE);
  g_setenv ("LISTEN_PID", own, TRUE);
  ck_assert (b9_run_captured (SHELL ("test $LISTEN_PID = $$ && echo $LISTEN_FDS"), B9_CAPTURE_OUTPUT, 10,
                              &answer, NULL));
  ck_assert_str_eq (answer.output->str, "2\n");
  b9_answer_clear (&answer);
  g_setenv ("LISTEN_PID", "1", TRUE);
  ck_assert (b9_run_captured (SHELL ("echo $LISTEN_PID"), B9_CAPTURE_OUTPUT, 10, &answer, NULL));
  ck_assert_str_eq (answer.output->str, "1\n");
  b9_answer_clear (&answer);
  g_unsetenv ("LISTEN_PID");
  g_unsetenv ("LISTEN_FDS");
}
END_TEST

START_TEST (reads_output_and_error)
{
  g_auto (B9Answer) answer = {0};

  ck_assert (b9_run_captured (SHELL ("head -c 200000 /dev/zero; echo e >&2; exit 3"),
                              B9_CAPTURE_OUTPUT | B9_CAPTURE_ERROR, 10, &answer, NULL));
  ck_assert_int_eq (b9_shell_status (answer.wait_status), 3);
  ck_assert_uint_eq (answer.output->len, 200000);
  ck_assert_str_eq (answer.error->str, "e\n");
}
END_TEST

START_TEST (reads_only_what_is_asked_for)
{
  g_auto (B9Answer) answer = {0};

  ck_assert (b9_run_captured (SHELL ("echo e >&2"), B9_CAPTURE_ERROR, 0, &answer, NULL));
  ck_assert_ptr_null (answer.output);
  ck_assert_str_eq (answer.error->str, "e\n");
}
END_TEST

/* A sandbox may hold the runtime's pipe for as long as it lives. */
START_TEST (does_not_wait_for_who_inherits_the_pipe)
{
  g_auto (B9Answer) answer = {0};
  g_autofree char *path = at_top ("pid");
  g_autofree char *script = g_strdup_printf ("sleep 100 & echo $! >%s; echo done", path);
  gint64 before = g_get_monotonic_time ();

  ck_assert (b9_run_captured (SHELL (script), B9_CAPTURE_OUTPUT, 30, &answer, NULL));
  ck_assert_str_eq (answer.output->str, "done\n");
  ck_assert_int_lt (g_get_monotonic_time () - before, 20 * G_USEC_PER_SEC);
  g_autofree char *text = get_file ("pid");
  kill (atoi (text), SIGKILL);
}
END_TEST

/* Nor does one that never stops writing hold us. */
START_TEST (does_not_read_for_ever_from_who_inherits_the_pipe)
{
  g_auto (B9Answer) answer = {0};
  g_autofree char *path = at_top ("pid");
  g_autofree char *script = g_strdup_printf ("yes & echo $! >%s", path);

  b9_run_captured (SHELL (script), B9_CAPTURE_OUTPUT, 30, &answer, NULL);
  g_autofree char *text = get_file ("pid");
  kill (atoi (text), SIGKILL);
  ck_assert_uint_le (answer.output->len, 65 * 1024 * 1024);
}
END_TEST

START_TEST (kills_a_child_that_does_not_answer)
{
  g_auto (B9Answer) answer = {0};
  g_autoptr (GError) error = NULL;

  ck_assert (!b9_run_captured (SHELL ("exec sleep 100"), B9_CAPTURE_OUTPUT, 1, &answer, &error));
  assert_failure (error, B9_ERROR_TIMEOUT, "/bin/sh did not answer within 1 s and was killed");
}
END_TEST

START_TEST (kills_a_child_that_never_stops)
{
  g_auto (B9Answer) answer = {0};
  g_autoptr (GError) error = NULL;

  ck_assert (!b9_run_captured (SHELL ("exec yes"), B9_CAPTURE_OUTPUT, 50, &answer, &error));
  assert_failure (error, B9_ERROR_TIMEOUT, "/bin/sh printed more than 64 MiB and was killed (limit 50 s)");
}
END_TEST

START_TEST (says_what_could_not_be_captured)
{
  g_auto (B9Answer) answer = {0};
  g_autoptr (GError) error = NULL;

  ck_assert (
      !b9_run_captured ((char *[]){(char *)"/nowhere/x", NULL}, B9_CAPTURE_OUTPUT, 1, &answer, &error));
  assert_failure (error, B9_ERROR_BACKEND_MISSING, "cannot execute /nowhere/x: it does not exist");
}
END_TEST

START_TEST (says_what_it_cannot_become)
{
  g_autoptr (GError) error = NULL;

  ck_assert (!b9_hand_over ((char *[]){(char *)"/nowhere/x", NULL}, &error));
  assert_failure (error, B9_ERROR_BACKEND_MISSING, "cannot execute /nowhere/x: it does not exist");
}
END_TEST

START_TEST (becomes_the_program)
{
  int status;
  pid_t pid = fork ();

  if (pid == 0) {
    b9_hand_over (SHELL ("exit 9"), NULL);
    _exit (1);
  }
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert_int_eq (b9_shell_status (status), 9);
}
END_TEST

/* Runs @script attached, with $D the directory; the PID file is D/pid. */
static B9Attach
attachment (const char *script, char **whole, char **argv)
{
  *whole = g_strdup_printf ("D=%s; %s", top, script);
  argv[0] = (char *)"/bin/sh";
  argv[1] = (char *)"-c";
  argv[2] = *whole;
  argv[3] = NULL;
  return (B9Attach){.argv = argv, .directory = top};
}

START_TEST (publishes_the_pid_as_soon_as_it_is_there)
{
  g_autofree char *script = NULL;
  g_autofree char *pid_file = at_top ("p");
  g_autofree char *published = NULL;
  char *argv[4];
  B9Attach attach = attachment ("printf 4194304 >$D/pid; while ! test -s $D/p; do sleep 0.01; done; exit 3",
                                &script, argv);
  int status = -1;

  attach.pid_file = pid_file;
  ck_assert (b9_attach (&attach, &status, NULL));
  ck_assert_int_eq (b9_shell_status (status), 3);
  published = get_file ("p");
  ck_assert_str_eq (published, "4194304");
}
END_TEST

START_TEST (notes_the_pid_in_the_record)
{
  g_autoptr (B9Record) record = b9_record_new ("c1", "tested", "/r");
  g_autoptr (B9Record) read = NULL;
  g_autofree char *script = NULL;
  char *argv[4];
  B9Attach attach = attachment ("printf $$ >$D/pid; until [ -L $D/process ]; do sleep 0.01; done", &script,
                                argv);
  int status;

  record->directory = g_strdup (top);
  record->program = g_strdup ("/bin/sh");
  ck_assert (b9_record_save (record, NULL));
  attach.record = record;
  ck_assert (b9_attach (&attach, &status, NULL));
  ck_assert_int_gt (record->pid, 0);
  read = b9_record_load (top, NULL);
  ck_assert_int_eq (read->pid, record->pid);
  ck_assert_int_eq (read->phase, B9_PHASE_CREATED);
}
END_TEST

/* @before stands in the counter when the cgroup appears; FALSE: the cgroup was there and is another's too. */
static gint64
oom_kills_of (const char *before, gboolean ours)
{
  g_autoptr (B9Record) record = b9_record_new ("c1", "tested", "/r");
  g_autofree char *script = NULL;
  g_autofree char *text = g_strdup_printf (
      "mkdir $D/cg; echo oom_kill %s >$D/cg/new; mv $D/cg/new $D/cg/memory.oom_control; printf $$ >$D/pid; "
      "until [ -L $D/process ]; do sleep 0.01; done; sleep 0.1; echo oom_kill 5 >$D/cg/memory.oom_control",
      before);
  char *argv[4];
  B9Attach attach = attachment (text, &script, argv);
  int status;

  record->directory = g_strdup (top);
  record->program = g_strdup ("/bin/sh");
  record->cgroups_ours = ours;
  g_strfreev (record->cgroup_directories);
  record->cgroup_directories = g_new0 (char *, 2);
  record->cgroup_directories[0] = at_top ("cg");
  ck_assert (b9_record_save (record, NULL));
  attach.record = record;
  attach.memory_limited = TRUE;
  ck_assert (b9_attach (&attach, &status, NULL));
  return attach.oom_kills;
}

START_TEST (counts_oom_kills)
{
  ck_assert_int_eq (oom_kills_of ("3", TRUE), 5);
}
END_TEST

START_TEST (counts_no_oom_kills_of_others)
{
  ck_assert_int_eq (oom_kills_of ("3", FALSE), 2);
}
END_TEST

START_TEST (kills_what_it_cannot_tell_the_caller_of)
{
  g_autofree char *script = NULL;
  g_autofree char *pid_file = at_top ("none/p");
  g_autoptr (GError) error = NULL;
  char *argv[4];
  B9Attach attach = attachment ("printf $$ >$D/pid; exec sleep 100", &script, argv);
  int status;

  attach.pid_file = pid_file;
  ck_assert (!b9_attach (&attach, &status, &error));
  assert_failure_at_top (
      error, B9_ERROR_IO,
      "the container's PID could not be given to the caller: cannot write TOP/none/p: it does not exist");
  ck_assert_int_eq (b9_shell_status (status), 137);
}
END_TEST

START_TEST (attaches_to_nothing_that_cannot_be_executed)
{
  B9Attach attach = {.argv = (char *[]){(char *)"/nowhere/x", NULL}, .directory = top};
  g_autoptr (GError) error = NULL;
  int status;

  ck_assert (!b9_attach (&attach, &status, &error));
  assert_failure (error, B9_ERROR_BACKEND_MISSING, "cannot execute /nowhere/x: it does not exist");
}
END_TEST

/* In a process of its own, which is sent the signals; its exit status is the attached one's, or in the place
 * of 128 the signal that came early. */
static pid_t
attach_elsewhere (const char *script, gboolean signals_init)
{
  pid_t pid = fork ();

  if (pid == 0) {
    g_autofree char *whole = NULL;
    char *argv[4];
    B9Attach attach = attachment (script, &whole, argv);
    int status = 0;

    signal (SIGTERM, SIG_DFL);
    signal (SIGHUP, SIG_IGN);
    attach.signals_init = signals_init;
    if (!b9_attach (&attach, &status, NULL))
      _exit (99);
    _exit (b9_shell_status (status) == 128 ? attach.early_signal : b9_shell_status (status));
  }
  return pid;
}

static int
status_of (pid_t pid)
{
  int status;

  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  return b9_shell_status (status);
}

#define SLOWLY "while :; do sleep 0.01; done"

START_TEST (passes_signals_to_the_runtime)
{
  pid_t pid = attach_elsewhere ("trap 'exit 41' TERM; printf 4194304 >$D/pid; echo >$D/up; " SLOWLY, FALSE);

  ck_assert (appears ("up"));
  kill (pid, SIGTERM);
  ck_assert_int_eq (status_of (pid), 41);
}
END_TEST

START_TEST (passes_signals_to_the_container)
{
  pid_t pid = attach_elsewhere (
      "trap '' TERM; (trap 'exit 42' TERM; echo >$D/up; " SLOWLY ") & printf $! >$D/pid; wait $!", TRUE);

  ck_assert (appears ("up"));
  ck_assert (appears ("pid"));
  kill (pid, SIGTERM);
  ck_assert_int_eq (status_of (pid), 42);
}
END_TEST

START_TEST (holds_a_signal_back_until_there_is_a_container)
{
  pid_t pid = attach_elsewhere ("trap '' TERM; (trap 'exit 43' TERM; echo >$D/up; " SLOWLY ") & p=$!; "
                                "while ! test -e $D/go; do sleep 0.01; done; printf $p >$D/pid; wait $p",
                                TRUE);

  ck_assert (appears ("up"));
  kill (pid, SIGTERM);
  g_usleep (50000);
  ck_assert_int_eq (waitpid (pid, NULL, WNOHANG), 0);
  put_file ("go", "");
  ck_assert_int_eq (status_of (pid), 43);
}
END_TEST

START_TEST (leaves_ignored_signals_ignored)
{
  pid_t pid = attach_elsewhere (
      "printf 4194304 >$D/pid; echo >$D/up; while ! test -e $D/go; do sleep 0.01; done; exit 5", FALSE);

  ck_assert (appears ("up"));
  kill (pid, SIGHUP);
  g_usleep (50000);
  put_file ("go", "");
  ck_assert_int_eq (status_of (pid), 5);
}
END_TEST

/* runsc ends with 128 when it is told to end while it starts. */
START_TEST (tells_of_a_signal_that_came_before_the_container)
{
  pid_t pid = attach_elsewhere ("echo >$D/up; while ! test -e $D/go; do sleep 0.01; done; exit 128", TRUE);

  ck_assert (appears ("up"));
  kill (pid, SIGTERM);
  g_usleep (50000);
  put_file ("go", "");
  ck_assert_int_eq (status_of (pid), SIGTERM);
}
END_TEST

START_TEST (loses_patience_with_a_runtime_that_hangs)
{
  pid_t pid = attach_elsewhere ("trap '' TERM; echo >$D/up; " SLOWLY, TRUE);

  ck_assert (appears ("up"));
  kill (pid, SIGTERM);
  ck_assert_int_eq (status_of (pid), 143);
}
END_TEST

START_TEST (leaves_a_claim_that_does_not_stand_alone)
{
  g_autoptr (B9Record) record = b9_record_new ("c1", "tested", "/r");
  g_autofree char *script = NULL;
  g_autofree char *pid_file = at_top ("p");
  char *argv[4];
  B9Attach attach = attachment ("printf 4194304 >$D/pid", &script, argv);
  int status;

  record->directory = g_strdup (top);
  attach.record = record;
  attach.pid_file = pid_file;
  ck_assert (b9_attach (&attach, &status, NULL));
  ck_assert_int_eq (record->pid, 0);
  ck_assert (!is_there ("p"));
  ck_assert (!is_there ("record"));
}
END_TEST

START_TEST (knows_what_it_passes_on)
{
  ck_assert (b9_attach_forwards (SIGTERM));
  ck_assert (b9_attach_forwards (SIGUSR1));
  ck_assert (!b9_attach_forwards (SIGKILL));
  ck_assert (!b9_attach_forwards (SIGSTOP));
  ck_assert (!b9_attach_forwards (SIGSEGV));
  ck_assert (!b9_attach_forwards (SIGTSTP));
}
END_TEST

START_TEST (plain_files_are_appended_to)
{
  g_autofree char *path = at_top ("out");
  int status;
  pid_t pid;

  put_file ("out", "before");
  pid = fork ();
  if (pid == 0) {
    int fd = open (path, O_WRONLY);

    dup2 (fd, STDOUT_FILENO);
    dup2 (open ("/dev/null", O_WRONLY), STDERR_FILENO);
    b9_append_to_plain_files ();
    _exit ((fcntl (STDOUT_FILENO, F_GETFL) & O_APPEND) != 0 &&
                   (fcntl (STDERR_FILENO, F_GETFL) & O_APPEND) == 0
               ? 0
               : 1);
  }
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert_int_eq (status, 0);
}
END_TEST

static TCase *
spawn_case (void)
{
  TCase *spawn = directory_case ("spawn");

  tcase_add_test (spawn, returns_the_status_of_a_child);
  tcase_add_test (spawn, says_why_nothing_could_be_executed);
  tcase_add_test (spawn, redirects_output_and_error);
  tcase_add_test (spawn, puts_a_child_into_its_own_group_or_session);
  tcase_add_test (spawn, starts_a_child_with_the_mask_it_is_given);
  tcase_add_test (spawn, a_child_dies_with_its_parent);
  tcase_add_test (spawn, a_child_finds_its_own_pid_in_listen_pid);
  tcase_add_test (spawn, says_what_it_cannot_become);
  tcase_add_test (spawn, becomes_the_program);
  return spawn;
}

static TCase *
captured_case (void)
{
  TCase *captured = directory_case ("captured");

  tcase_add_test (captured, reads_output_and_error);
  tcase_add_test (captured, reads_only_what_is_asked_for);
  tcase_add_test (captured, does_not_wait_for_who_inherits_the_pipe);
  tcase_add_test (captured, does_not_read_for_ever_from_who_inherits_the_pipe);
  tcase_add_test (captured, kills_a_child_that_does_not_answer);
  tcase_add_test (captured, kills_a_child_that_never_stops);
  tcase_add_test (captured, says_what_could_not_be_captured);
  return captured;
}

int
main (void)
{
  TCase *attached = directory_case ("attached");

  tcase_add_test (attached, publishes_the_pid_as_soon_as_it_is_there);
  tcase_add_test (attached, notes_the_pid_in_the_record);
  tcase_add_test (attached, counts_oom_kills);
  tcase_add_test (attached, counts_no_oom_kills_of_others);
  tcase_add_test (attached, kills_what_it_cannot_tell_the_caller_of);
  tcase_add_test (attached, attaches_to_nothing_that_cannot_be_executed);
  tcase_add_test (attached, passes_signals_to_the_runtime);
  tcase_add_test (attached, passes_signals_to_the_container);
  tcase_add_test (attached, holds_a_signal_back_until_there_is_a_container);
  tcase_add_test (attached, leaves_ignored_signals_ignored);
  tcase_add_test (attached, tells_of_a_signal_that_came_before_the_container);
  tcase_add_test (attached, loses_patience_with_a_runtime_that_hangs);
  tcase_add_test (attached, leaves_a_claim_that_does_not_stand_alone);
  tcase_add_test (attached, knows_what_it_passes_on);
  tcase_add_test (attached, plain_files_are_appended_to);
  return run_cases ("spawn", (TCase *[]){spawn_case (), captured_case (), attached, NULL});
}
