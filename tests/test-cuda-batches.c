/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cuda-batches.c: the cuda-checkpoint provider with batches of processes: all are locked, suspended
 * and resumed at once, and no failure leaves a process suspended.
 *
 * Everything is run by libcuda's functions and by the cuda-checkpoint program, both fakes.
 */
#include "config.h"

#include "tests/cuda-testing.h"

/* --- a batch --- */

START_TEST (suspends_and_resumes)
{
  g_autoptr (GError) error = NULL;

  use_method (_i);
  begin (3);
  expect_states (B9_DEVICE_RUNNING);
  ck_assert_msg (LOCK (&error), "%s", error != NULL ? error->message : "");
  expect_really ("locked");
  ck_assert_msg (SUSPEND (&error), "%s", error != NULL ? error->message : "");
  expect_states (B9_DEVICE_SUSPENDED);
  expect_really ("checkpointed");
  ck_assert_msg (RESUME (&error), "%s", error != NULL ? error->message : "");
  expect_states (B9_DEVICE_RUNNING);
  expect_really ("running");
  ck_assert_msg (RESUME (&error), "%s", error != NULL ? error->message : "");
  expect_really ("running");
}
END_TEST

START_TEST (leaves_processes_without_cuda_alone)
{
  use_method (_i);
  add_process (FALSE);
  begin (1);
  ck_assert_uint_eq (processes[0].device_state, B9_DEVICE_NONE);
  ck_assert (LOCK (NULL));
  ck_assert (SUSPEND (NULL));
  ck_assert_uint_eq (processes[0].device_state, B9_DEVICE_NONE);
  ck_assert_uint_eq (processes[1].device_state, B9_DEVICE_SUSPENDED);
  ck_assert (RESUME (NULL));
  ck_assert_uint_eq (processes[1].device_state, B9_DEVICE_RUNNING);
}
END_TEST

START_TEST (a_process_that_has_ended_is_no_failure)
{
  use_method (_i);
  begin (2);
  processes[0].start_time++;
  ck_assert (LOCK (NULL));
  ck_assert_uint_eq (processes[0].device_state, B9_DEVICE_NONE);
  ck_assert (SUSPEND (NULL));
  ck_assert (RESUME (NULL));
  processes[0].start_time--;
  expect_really ("running");
}
END_TEST

/* All at once: each waits in the action until all are in it. */
START_TEST (takes_all_processes_at_once)
{
  gint64 start, locked, suspended, resumed;

  use_method (_i);
  begin (8);
  for (const char *const *action = (const char *const[]){"lock", "checkpoint", "restore", "unlock", NULL};
       *action != NULL; action++)
    tell_fake (*action, -1, "take 300 together 8");
  start = g_get_monotonic_time ();
  ck_assert (cuda_lock (&witness->host, session, processes, n_processes, 100000, NULL));
  locked = g_get_monotonic_time ();
  ck_assert (SUSPEND (NULL));
  suspended = g_get_monotonic_time ();
  ck_assert (RESUME (NULL));
  resumed = g_get_monotonic_time ();
  expect_really ("running");
  printf (
      "%u fake processes by %s, 300 ms an action: lock %.2f s, suspend %.2f s, restore and unlock %.2f s\n",
      n_processes, _i == 0 ? "api" : "binary", (double)(locked - start) / G_USEC_PER_SEC,
      (double)(suspended - locked) / G_USEC_PER_SEC, (double)(resumed - suspended) / G_USEC_PER_SEC);
}
END_TEST

START_TEST (all_are_locked_before_any_is_suspended)
{
  g_autofree char *log = NULL;
  const char *first;

  use_method (_i);
  begin (4);
  ck_assert (LOCK (NULL));
  ck_assert (SUSPEND (NULL));
  log = get_file ("cuda/log");
  first = strstr (log, " checkpoint ");
  ck_assert_ptr_nonnull (first);
  ck_assert_ptr_null (strstr (first, " lock "));
  ck_assert (RESUME (NULL));
}
END_TEST

typedef struct {
  const char *action;
  const char *words;
  gboolean locks, suspends;
  const char *message; /* of the call that fails, for libcuda; PID is the process */
} Fault;

static const Fault faults[] = {
    {"lock", "fail 600", FALSE, FALSE,
     "CUDA process PID was not locked; it is running: CUDA_ERROR_NOT_READY (600)"},
    {"checkpoint", "fail 2", TRUE, FALSE,
     "CUDA process PID was not suspended; it is locked: CUDA_ERROR_OUT_OF_MEMORY (2)"},
    {"checkpoint", "ignored", TRUE, FALSE,
     "CUDA process PID was not suspended; it is locked: the driver did not say no, and did not suspend it"},
};

START_TEST (one_failure_leaves_none_suspended)
{
  const Fault *fault = &faults[_i];
  g_autofree char *pid = NULL;
  g_autofree char *message = NULL;
  g_auto (GStrv) parts = NULL;
  g_autoptr (GError) error = NULL;

  use_method (0);
  begin (3);
  tell_fake (fault->action, 1, fault->words);
  ck_assert_int_eq (LOCK (&error), fault->locks);
  if (fault->locks)
    ck_assert_int_eq (SUSPEND (&error), fault->suspends);
  pid = g_strdup_printf ("%d", processes[1].pid);
  parts = g_strsplit (fault->message, "PID", -1);
  message = g_strjoinv (pid, parts);
  assert_failure (error, B9_ERROR_FAILED, message);
  ck_assert (RESUME (NULL));
  expect_states (B9_DEVICE_RUNNING);
  expect_really ("running");
}
END_TEST

START_TEST (the_programs_failures_are_told_too)
{
  g_autofree char *message = NULL;
  g_autoptr (GError) error = NULL;

  use_method (1);
  begin (2);
  tell_fake ("checkpoint", 0, "fail 2");
  ck_assert (LOCK (NULL));
  ck_assert (!SUSPEND (&error));
  message = g_strdup_printf ("CUDA process %d was not suspended; it is locked: cuda-checkpoint: Could not "
                             "checkpoint on process ID %d: \"error 2\" (exit status 2)",
                             processes[0].pid, processes[0].pid);
  assert_failure (error, B9_ERROR_FAILED, message);
  ck_assert (RESUME (NULL));
  expect_really ("running");
}
END_TEST

/* Whether a cuda-checkpoint is still at that process. */
static gboolean
program_is_left (pid_t pid)
{
  g_autofree char *wanted = g_strdup_printf ("%d", (int)pid);
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (proc)) != NULL) {
    g_autofree char *path = g_strdup_printf ("/proc/%s/cmdline", name);
    g_autofree char *text = NULL;
    gsize size = 0;

    if (!g_ascii_isdigit (*name) || !g_file_get_contents (path, &text, &size, NULL) ||
        strcmp (text, FAKES "/fake-cuda-checkpoint") != 0)
      continue;
    for (gsize at = 0; at < size; at += strlen (text + at) + 1) {
      if (strcmp (text + at, wanted) == 0)
        return TRUE;
    }
  }
  return FALSE;
}

/* The driver holds one call for ever; the others are brought back, and a new helper asks for the held one. */
START_TEST (a_call_that_never_returns_holds_nobody_else)
{
  g_autofree char *path = NULL;
  g_autofree char *message = NULL;
  g_autoptr (GError) error = NULL;

  use_method (_i);
  begin (3);
  tell_fake ("lock", 1, "hang");
  ck_assert (!cuda_lock (&witness->host, session, processes, n_processes, 1, &error));
  message = g_strdup_printf ("CUDA process %d was not locked; it is in a state not known: the driver did not "
                             "answer within 10.0 s",
                             processes[1].pid);
  if (_i == 0)
    assert_failure (error, B9_ERROR_FAILED, message);
  path = g_strdup_printf ("%s/cuda/lock.%d", top, processes[1].pid);
  ck_assert_int_eq (unlink (path), 0);
  ck_assert (RESUME (NULL));
  expect_states (B9_DEVICE_RUNNING);
  expect_really ("running");
  for (guint tries = 0; tries < 600 && program_is_left (processes[1].pid); tries++)
    g_usleep (50000);
  ck_assert (!program_is_left (processes[1].pid));
}
END_TEST

START_TEST (a_restore_that_fails_is_told_and_may_be_repeated)
{
  g_autofree char *message = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  use_method (0);
  begin (2);
  ck_assert (LOCK (NULL));
  ck_assert (SUSPEND (NULL));
  tell_fake ("restore", 0, "fail 2");
  ck_assert (!RESUME (&error));
  message = g_strdup_printf ("CUDA process %d was not resumed; it is suspended: CUDA_ERROR_OUT_OF_MEMORY (2)",
                             processes[0].pid);
  assert_failure (error, B9_ERROR_FAILED, message);
  ck_assert_uint_eq (processes[1].device_state, B9_DEVICE_RUNNING);
  path = g_strdup_printf ("%s/cuda/restore.%d", top, processes[0].pid);
  ck_assert_int_eq (unlink (path), 0);
  ck_assert (RESUME (NULL));
  expect_really ("running");
}
END_TEST

/* Whoever comes after a crash asks the driver and nobody else. */
START_TEST (a_new_session_brings_back_what_another_left)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runc", NULL);

  use_method (_i);
  begin (3);
  ck_assert (LOCK (NULL));
  processes[2].device_state = B9_DEVICE_NONE;
  ck_assert (SUSPEND (NULL));
  cuda_close (&witness->host, session);
  for (guint i = 0; i < n_processes; i++)
    processes[i].device_state = B9_DEVICE_UNKNOWN;
  session = cuda_open (&witness->host, &job, NULL);
  ck_assert_ptr_nonnull (session);
  ck_assert (RESUME (NULL));
  expect_really ("running");
}
END_TEST

START_TEST (a_helper_that_dies_is_replaced)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *children = NULL;
  g_autofree char *path = NULL;

  use_method (0);
  begin (2);
  ck_assert (LOCK (NULL));
  path = g_strdup_printf ("/proc/%d/task/%d/children", (int)getpid (), (int)getpid ());
  ck_assert (g_file_get_contents (path, &children, NULL, NULL));
  for (char *word = strtok (children, " "); word != NULL; word = strtok (NULL, " ")) {
    if (atoi (word) != processes[0].pid && atoi (word) != processes[1].pid)
      kill (atoi (word), SIGKILL);
  }
  ck_assert (!SUSPEND (&error));
  ck_assert_int_eq (error->code, B9_ERROR_FAILED);
  expect_states (B9_DEVICE_UNKNOWN);
  ck_assert (RESUME (NULL));
  expect_really ("running");
}
END_TEST

START_TEST (tells_how_much_device_memory_there_is)
{
  g_autofree char *memory = NULL;

  use_method (_i);
  add_process (TRUE);
  memory = g_strdup_printf ("%d 5000000000\n1 77\n", processes[0].pid);
  put_file ("cuda/memory", memory);
  begin (1);
  ck_assert_uint_eq (processes[0].device_bytes, 5000000000);
  ck_assert_uint_eq (processes[1].device_bytes, 0);
}
END_TEST

/* As with a sandbox: a GPU is open, and the driver knows none of the processes. */
START_TEST (refuses_a_container_that_the_driver_does_not_know)
{
  g_autoptr (GError) error = NULL;

  use_method (_i);
  add_process (FALSE);
  begin (0);
  ck_assert (!LOCK (&error));
  assert_failure (
      error, B9_ERROR_UNSUPPORTED,
      "the container has a GPU open, and the driver takes none of its processes for a CUDA process, "
      "as with a gVisor sandbox: its device state cannot be saved from the host");
}
END_TEST

START_TEST (says_why_the_driver_cannot_be_used)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runc", NULL);
  g_autoptr (GError) error = NULL;

  use_method (0);
  put_file ("cuda/init", "100");
  ck_assert_ptr_null (cuda_open (&witness->host, &job, &error));
  assert_failure_at_top (error, B9_ERROR_UNSUPPORTED,
                         "the CUDA driver cannot be used: cuInit of TOP/lib/libcuda.so.1 failed: "
                         "CUDA_ERROR_NO_DEVICE (100)");
}
END_TEST

START_TEST (a_program_without_actions_is_of_no_use)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runc", NULL);
  g_autoptr (GError) error = NULL;

  use_method (1);
  g_setenv ("FAKE_CUDA_TOGGLE_ONLY", "1", TRUE);
  ck_assert_ptr_null (cuda_open (&witness->host, &job, &error));
  g_unsetenv ("FAKE_CUDA_TOGGLE_ONLY");
  assert_failure (
      error, B9_ERROR_UNSUPPORTED,
      "the CUDA driver cannot be used: " FAKES
      "/fake-cuda-checkpoint --help does not name --action (exit status 0): it needs a driver of 555 "
      "or later, and its libcuda");
}
END_TEST

int
main (void)
{
  TCase *batches = cuda_case ("batches");
  TCase *const cases[] = {batches, NULL};

  tcase_add_loop_test (batches, suspends_and_resumes, 0, 2);
  tcase_add_loop_test (batches, leaves_processes_without_cuda_alone, 0, 2);
  tcase_add_loop_test (batches, a_process_that_has_ended_is_no_failure, 0, 2);
  tcase_add_loop_test (batches, takes_all_processes_at_once, 0, 2);
  tcase_add_loop_test (batches, all_are_locked_before_any_is_suspended, 0, 2);
  tcase_add_loop_test (batches, one_failure_leaves_none_suspended, 0, G_N_ELEMENTS (faults));
  tcase_add_test (batches, the_programs_failures_are_told_too);
  tcase_add_loop_test (batches, a_call_that_never_returns_holds_nobody_else, 0, 2);
  tcase_add_test (batches, a_restore_that_fails_is_told_and_may_be_repeated);
  tcase_add_loop_test (batches, a_new_session_brings_back_what_another_left, 0, 2);
  tcase_add_test (batches, a_helper_that_dies_is_replaced);
  tcase_add_loop_test (batches, tells_how_much_device_memory_there_is, 0, 2);
  tcase_add_loop_test (batches, refuses_a_container_that_the_driver_does_not_know, 0, 2);
  tcase_add_test (batches, says_why_the_driver_cannot_be_used);
  tcase_add_test (batches, a_program_without_actions_is_of_no_use);
  return run_cases ("cuda-batches", cases);
}
