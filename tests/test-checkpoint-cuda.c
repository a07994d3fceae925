/* SPDX-License-Identifier: Apache-2.0
 *
 * test-checkpoint-cuda.c: the cuda-checkpoint provider with fakes of the driver (tests/fakes/fake-cuda.h):
 * what it chooses, and that no failure leaves a process suspended.
 *
 * Everything is run by libcuda's functions and by the cuda-checkpoint program, both fakes.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "core/spec/spec.h"
#include "core/sys/process.h"
#include "plugins/checkpoint/cuda-checkpoint/cuda.h"
#include "plugins/checkpoint/cuda-checkpoint/helper.h"
#include "tests/examine-testing.h"

#define MAX_PROCESSES 16
#define FAKES B9_TOP_BUILDDIR "/tests/fakes"

static GHashTable *settings;
static B9DeviceProcess processes[MAX_PROCESSES];
static guint n_processes;
static Witness *witness;
static gpointer session;

static const char *
config_string (const B9Host *host G_GNUC_UNUSED, const char *key)
{
  return g_hash_table_lookup (settings, key);
}

static void
set (const char *key, const char *value)
{
  g_hash_table_insert (settings, g_strdup (key), g_strdup (value));
}

static void
make_link (const char *target, const char *name)
{
  g_autofree char *path = at_top (name);

  ck_assert_int_eq (symlink (target, path), 0);
}

static void
put_driver (const char *version)
{
  g_autofree char *text = g_strdup_printf (
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  %s  Wed Jan  8 12:00:00 UTC 2026\nGCC version:  gcc\n",
      version);

  make_directory ("proc/driver/nvidia");
  put_file ("proc/driver/nvidia/version", text);
}

/* A host with fakes of everything, for the way that the loop index names. */
static void
set_up (void)
{
  g_autofree char *libexec = NULL;
  g_autofree char *cuda = NULL;
  g_autofree char *library = NULL;
  g_autofree char *program = NULL;

  make_top ();
  make_directory ("libexec");
  make_directory ("cuda");
  make_directory ("lib");
  libexec = at_top ("libexec");
  cuda = at_top ("cuda");
  make_link (B9_TOP_BUILDDIR "/b9run-cuda", "libexec/b9run-cuda");
  make_link (FAKES "/.libs/fake-libcuda.so", "lib/libcuda.so.1");
  make_link (FAKES "/.libs/fake-nvml.so", "lib/libnvidia-ml.so.1");
  library = at_top ("lib");
  program = at_top ("lib/libcuda.so.1");
  g_setenv ("B9RUN_LIBEXEC_DIR", libexec, TRUE);
  g_setenv ("FAKE_CUDA_DIR", cuda, TRUE);
  g_setenv ("LD_LIBRARY_PATH", library, TRUE);
  settings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  set ("library", program);
  set ("path", FAKES "/fake-cuda-checkpoint");
  put_driver ("580.65.06");
  witness = witness_new ();
  witness->host.config_string = config_string;
}

static void
end_processes (void)
{
  for (guint i = 0; i < n_processes; i++) {
    kill (processes[i].pid, SIGKILL);
    ck_assert_int_eq (waitpid (processes[i].pid, NULL, 0), processes[i].pid);
    g_free (processes[i].problem);
    processes[i] = (B9DeviceProcess){0};
  }
  n_processes = 0;
}

static void
tear_down (void)
{
  if (session != NULL)
    cuda_close (&witness->host, session);
  session = NULL;
  end_processes ();
  g_clear_pointer (&witness, witness_free);
  g_clear_pointer (&settings, g_hash_table_unref);
  remove_top ();
}

static void
use_method (int index)
{
  set ("method", index == 0 ? "api" : "binary");
}

static B9CheckpointJob
make_job (B9Operation operation, const char *backend, const char *strategy)
{
  return (B9CheckpointJob){.struct_size = sizeof (B9CheckpointJob),
                           .operation = operation,
                           .backend = backend,
                           .program = "/opt/bin/runtime",
                           .strategy = strategy};
}

/* Starts a process of fake CUDA state, or a plain one, and waits until it is there. */
static pid_t
start_process (gboolean cuda)
{
  int ends[2];
  char word[8] = "";
  pid_t pid;

  ck_assert_int_eq (pipe2 (ends, O_CLOEXEC), 0);
  pid = fork ();
  ck_assert_int_ge (pid, 0);
  if (pid == 0) {
    dup2 (ends[1], 1);
    if (cuda)
      execl (FAKES "/fake-cuda-process", "fake-cuda-process", NULL);
    else
      execl ("/bin/sh", "sh", "-c", "echo ready; exec sleep 600", NULL);
    _exit (1);
  }
  close (ends[1]);
  ck_assert_int_eq (read (ends[0], word, 5), 5);
  ck_assert_str_eq (word, "ready");
  close (ends[0]);
  return pid;
}

static void
add_process (gboolean cuda)
{
  B9DeviceProcess *process = &processes[n_processes++];

  ck_assert_uint_le (n_processes, MAX_PROCESSES);
  process->struct_size = sizeof *process;
  process->pid = start_process (cuda);
  ck_assert (b9_process_look (process->pid, &process->start_time, NULL));
}

static void
begin (guint n)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runc", NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n; i++)
    add_process (TRUE);
  session = cuda_open (&witness->host, &job, &error);
  ck_assert_msg (session != NULL, "%s", error != NULL ? error->message : "");
  ck_assert_msg (cuda_look (&witness->host, session, processes, n_processes, &error), "%s",
                 error != NULL ? error->message : "");
}

static void
expect_states (guint32 state)
{
  for (guint i = 0; i < n_processes; i++)
    ck_assert_msg (processes[i].device_state == state, "process %u is %u, not %u: %s", i,
                   processes[i].device_state, state, processes[i].problem);
}

/* What the driver itself has, whatever the provider believes. */
static void
expect_really (const char *state)
{
  for (guint i = 0; i < n_processes; i++) {
    g_autofree char *pid = g_strdup_printf ("%d", processes[i].pid);
    const char *argv[] = {FAKES "/fake-cuda-checkpoint", "--get-state", "--pid", pid, NULL};
    g_autofree char *output = NULL;

    ck_assert (g_spawn_sync (NULL, (char **)argv, NULL, 0, NULL, NULL, &output, NULL, NULL, NULL));
    ck_assert_msg (g_str_has_prefix (output, state), "process %u is really %s", i, output);
  }
}

static void
tell_fake (const char *action, int index, const char *words)
{
  g_autofree char *name = index < 0 ? g_strdup_printf ("cuda/%s", action)
                                    : g_strdup_printf ("cuda/%s.%d", action, processes[index].pid);

  put_file (name, words);
}

#define LOCK(error) cuda_lock (&witness->host, session, processes, n_processes, 5000, error)
#define SUSPEND(error) cuda_suspend (&witness->host, session, processes, n_processes, error)
#define RESUME(error) cuda_resume (&witness->host, session, processes, n_processes, error)

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

/* --- choices --- */

typedef struct {
  const char *driver, *backend, *wanted, *method, *plugin, *chosen;
  const char *message;
} Choice;

static const Choice choices[] = {
    {"580.65.06", "runc", NULL, NULL, NULL, "host", NULL},
    {"555.42.02", "runc", NULL, NULL, NULL, "host", NULL},
    {"555.42.02", "runc", NULL, "api", NULL, NULL,
     "the container's CUDA state cannot be saved: driver 555.42.02 is older than 570, the first with "
     "checkpoint "
     "functions in libcuda"},
    {"550.90.07", "runc", NULL, NULL, NULL, NULL,
     "the container's CUDA state cannot be saved: driver 550.90.07 is older than 555, the first with actions "
     "that "
     "can be undone"},
    {"535.104.12", "runc", NULL, NULL, NULL, NULL,
     "the container's CUDA state cannot be saved: driver 535.104.12 cannot suspend CUDA processes at all; "
     "550 is "
     "the first that can"},
    {NULL, "runc", NULL, NULL, NULL, NULL,
     "the container's CUDA state cannot be saved: no NVIDIA driver is loaded"},
    {"580.65.06", "runc", "plugin", NULL, "yes", "plugin", NULL},
    {"580.65.06", "runc", "plugin", NULL, NULL, NULL,
     "CRIU's CUDA plugin cannot be used: CRIU's cuda_plugin.so was not found"},
    {"580.65.06", "runc", "sandbox", NULL, NULL, NULL,
     "the strategy sandbox is runsc's; containers of runc take host or plugin"},
    {"580.65.06", "runc", "toggle", NULL, NULL, NULL,
     "\"toggle\" is no strategy of cuda-checkpoint; it has host, plugin and sandbox"},
    {"580.65.06", "runsc", "host", NULL, NULL, "host", NULL},
    {"580.65.06", "runsc", "plugin", NULL, "yes", NULL,
     "the strategy plugin is CRIU's, and runsc does not save with CRIU; it takes sandbox"},
    {"580.65.06", "runsc", NULL, NULL, NULL, NULL,
     "/opt/bin/runtime cannot save CUDA state: it has no --cuda-checkpoint-path, which runsc has from "
     "release "
     "20260608 on"},
};

START_TEST (chooses_what_works_here)
{
  const Choice *choice = &choices[_i];
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, choice->backend, choice->wanted);
  g_autofree char *version = at_top ("proc/driver/nvidia/version");
  g_autoptr (GError) error = NULL;
  g_autofree char *chosen = NULL;

  if (choice->driver != NULL)
    put_driver (choice->driver);
  else
    unlink (version);
  if (choice->method != NULL)
    set ("method", choice->method);
  if (choice->plugin != NULL) {
    make_directory ("usr/lib/criu");
    put_file ("usr/lib/criu/cuda_plugin.so", "");
  }
  witness->program_output = "USAGE: runtime checkpoint\n";
  chosen = cuda_choose (&witness->host, &job, &error);
  ck_assert_msg (g_strcmp0 (chosen, choice->chosen) == 0, "%s: %s", chosen,
                 error != NULL ? error->message : "");
  if (choice->message != NULL)
    assert_failure (error, g_strcmp0 (choice->wanted, "toggle") == 0 ? B9_ERROR_USAGE : B9_ERROR_UNSUPPORTED,
                    choice->message);
}
END_TEST

/* --- the program inside a sandbox --- */

/* A spec of a container, as the core hands it out. */
typedef struct {
  B9JsonText *text;
  B9SpecCopy *copy;
} Spec;

static void
spec_clear (Spec *spec)
{
  b9_spec_copy_free (spec->copy);
  b9_json_text_free (spec->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Spec, spec_clear)

/* "TOP" in @json is the test's directory. */
static Spec
spec_of (const char *json)
{
  g_auto (GStrv) parts = g_strsplit (json, "TOP", -1);
  char *text = g_strjoinv (top, parts);
  g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));
  Spec spec = {.text = b9_json_text_new (bytes, "config.json", NULL)};

  ck_assert_ptr_nonnull (spec.text);
  spec.copy = b9_spec_copy_new (spec.text);
  return spec;
}

static gboolean
mount_is_wanted (const B9Host *host G_GNUC_UNUSED, const char *key)
{
  return strcmp (key, "mount") == 0 && g_hash_table_contains (settings, "mount");
}

static void
log_nothing (const B9Host *host G_GNUC_UNUSED, B9LogLevel level G_GNUC_UNUSED,
             const char *message G_GNUC_UNUSED)
{
}

static void
prepare_for (Spec *spec, const char *backend)
{
  const B9Preparation preparation = {
      .struct_size = sizeof preparation, .program = "/opt/bin/runtime", .bundle = top};

  witness->host.config_boolean = mount_is_wanted;
  witness->host.log = log_nothing;
  ck_assert (cuda_prepare (&witness->host, backend, &preparation, b9_spec_copy_interface (spec->copy), NULL));
}

typedef struct {
  const char *backend, *help, *path, *spec;
  gboolean wanted;
  const char *note; /* the cause of the only change */
  gboolean mounts;
} Mounting;

#define HAS_FLAG "  -cuda-checkpoint-path string\n"
#define ADDED                                                         \
  "cuda-checkpoint: runsc runs it in the sandbox to save CUDA state " \
  "(checkpoint.cuda-checkpoint.mount is true)"

static const Mounting mountings[] = {
    {"runsc", HAS_FLAG, NULL, "{\"mounts\":[]}", TRUE, ADDED, TRUE},
    {"runsc", HAS_FLAG, NULL, "{}", TRUE, ADDED, TRUE},
    {"runsc", HAS_FLAG, NULL, "{\"mounts\":[]}", FALSE, NULL, FALSE},
    {"runc", HAS_FLAG, NULL, "{\"mounts\":[]}", TRUE, NULL, FALSE},
    {"runsc", "USAGE\n", NULL, "{\"mounts\":[]}", TRUE,
     "this runsc has no --cuda-checkpoint-path; release 20260608 is the first", FALSE},
    {"runsc", HAS_FLAG, "/nonexistent", "{\"mounts\":[]}", TRUE,
     "the program was not found; name it by checkpoint.cuda-checkpoint.path", FALSE},
    {"runsc", HAS_FLAG, NULL,
     "{\"mounts\":[{\"destination\":\"/usr/bin/cuda-checkpoint\",\"type\":\"bind\",\"source\":\"TOP/"
     "mine\"}]}",
     TRUE, NULL, FALSE},
};

START_TEST (mounts_the_program_where_that_is_wanted_and_of_use)
{
  const Mounting *what = &mountings[_i];
  g_auto (Spec) spec = spec_of (what->spec);
  const GPtrArray *changes;

  put_file ("mine", "");
  witness->program_output = what->help;
  if (what->wanted)
    set ("mount", "true");
  if (what->path != NULL)
    set ("path", what->path);
  prepare_for (&spec, what->backend);
  changes = b9_spec_copy_changes (spec.copy);
  ck_assert_uint_eq (changes->len, what->note != NULL ? 1 : 0);
  if (what->note != NULL)
    ck_assert_str_eq (((const B9SpecChange *)g_ptr_array_index (changes, 0))->cause, what->note);
  ck_assert_int_eq (b9_spec_copy_is_edited (spec.copy), what->mounts);
  if (what->mounts) {
    g_autofree char *mount = NULL;

    mount = b9_spec_copy_interface (spec.copy)->json (b9_spec_copy_interface (spec.copy), "/mounts/0");
    ck_assert_str_eq (mount,
                      "{\"destination\":\"/usr/bin/cuda-checkpoint\",\"type\":\"bind\",\"source\":\"" FAKES
                      "/fake-cuda-checkpoint\",\"options\":[\"bind\",\"ro\",\"nosuid\",\"nodev\"]}");
  }
}
END_TEST

typedef struct {
  const char *spec;
  gboolean has;
} Place;

static const Place places[] = {
    {"{}", FALSE},
    {"{\"root\":{\"path\":\"rootfs\"}}", TRUE},
    {"{\"root\":{\"path\":\"TOP/rootfs\"}}", TRUE},
    {"{\"root\":{\"path\":\"elsewhere\"}}", FALSE},
    {"{\"root\":{\"path\":\"rootfs\"},\"mounts\":[{\"destination\":\"/opt\",\"source\":\"TOP/empty\"}]}",
     FALSE},
    {"{\"root\":{\"path\":\"rootfs\"},\"mounts\":[{\"destination\":\"/op\",\"source\":\"TOP/empty\"}]}",
     TRUE},
    {"{\"mounts\":[{\"destination\":\"/opt/\",\"source\":\"TOP/rootfs/opt\"}]}", TRUE},
    {"{\"mounts\":[{\"destination\":\"/opt\",\"source\":\"TOP/rootfs/opt\"},"
     "{\"destination\":\"/opt\",\"source\":\"tmpfs\",\"type\":\"tmpfs\"}]}",
     FALSE},
    {"{\"mounts\":[{\"destination\":\"/opt/cuda\",\"source\":\"TOP/rootfs/opt/cuda\"}]}", TRUE},
};

START_TEST (knows_whether_the_program_is_in_the_sandbox)
{
  const Place *what = &places[_i];
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runsc", NULL);
  g_auto (Spec) spec = spec_of (what->spec);
  g_autoptr (GError) error = NULL;
  g_autofree char *chosen = NULL;

  make_directory ("rootfs/opt");
  make_directory ("empty");
  put_file ("rootfs/opt/cuda", "");
  witness->program_output = HAS_FLAG;
  set ("sandbox-path", "/opt/cuda");
  job.bundle = top;
  job.spec = b9_spec_copy_interface (spec.copy);
  chosen = cuda_choose (&witness->host, &job, &error);
  if (what->has) {
    ck_assert_str_eq (chosen, "sandbox");
    return;
  }
  assert_failure (
      error, B9_ERROR_UNSUPPORTED,
      "the container's CUDA state cannot be saved: runsc runs cuda-checkpoint inside the sandbox, "
      "and the container has none at /opt/cuda; have its bundle mount it there, or set "
      "checkpoint.cuda-checkpoint.mount: true, and start it anew");
}
END_TEST

START_TEST (a_restore_needs_the_program_where_the_image_had_it)
{
  static const B9CheckpointFact fact = {sizeof fact, "cuda-checkpoint.sandbox-path", "/opt/cuda"};
  static const B9CheckpointFact *const facts[] = {&fact, NULL};
  B9CheckpointJob job = make_job (B9_OPERATION_RESTORE, "runsc", "sandbox");
  g_auto (Spec) spec = spec_of ("{\"root\":{\"path\":\"rootfs\"}}");
  g_autoptr (GError) error = NULL;

  job.bundle = top;
  job.facts = facts;
  job.spec = b9_spec_copy_interface (spec.copy);
  ck_assert (!cuda_check_image (&witness->host, &job, &error));
  assert_failure (
      error, B9_ERROR_START_COLD,
      "program-missing: the image was made with cuda-checkpoint at /opt/cuda of the container, and "
      "this bundle has none there; have it mount it, or set checkpoint.cuda-checkpoint.mount: true");
  make_directory ("rootfs/opt");
  put_file ("rootfs/opt/cuda", "");
  ck_assert (cuda_check_image (&witness->host, &job, NULL));
}
END_TEST

START_TEST (a_new_runsc_does_it_inside)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runsc", NULL);
  g_autoptr (GPtrArray) environment = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) arguments = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *chosen = NULL;

  witness->program_output = "  -cuda-checkpoint-path string\n";
  set ("sandbox-path", "/opt/cuda-checkpoint");
  chosen = cuda_choose (&witness->host, &job, NULL);
  ck_assert_str_eq (chosen, "sandbox");
  ck_assert (cuda_equip (&witness->host, &job, environment, arguments, NULL));
  ck_assert_uint_eq (arguments->len, 1);
  ck_assert_str_eq (g_ptr_array_index (arguments, 0), "--cuda-checkpoint-path=/opt/cuda-checkpoint");
  ck_assert_uint_eq (environment->len, 0);
  session = cuda_open (&witness->host, &job, NULL);
  ck_assert (LOCK (NULL) && SUSPEND (NULL) && RESUME (NULL));
}
END_TEST

START_TEST (tells_criu_where_its_plugin_is)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runc", "plugin");
  g_autoptr (GPtrArray) environment = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *directory = at_top ("plugins");
  g_autofree char *expected = g_strconcat ("CRIU_LIBS_DIR=", directory, NULL);

  make_directory ("plugins");
  put_file ("plugins/cuda_plugin.so", "");
  set ("plugin-directory", directory);
  g_ptr_array_add (environment, g_strdup ("PATH=/criu"));
  ck_assert (cuda_equip (&witness->host, &job, environment, NULL, NULL));
  ck_assert_uint_eq (environment->len, 2);
  ck_assert_str_eq (g_ptr_array_index (environment, 0), expected);
  ck_assert_str_eq (g_ptr_array_index (environment, 1), "PATH=/criu:" FAKES);
}
END_TEST

START_TEST (sees_a_process_by_its_library)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runc", NULL);
  g_autofree char *library = at_top ("libcuda.so.580");
  g_autofree char *version = at_top ("proc/driver/nvidia/version");
  const char *argv[] = {FAKES "/fake-cuda-process", library, NULL};
  B9DeviceProcess process = {.struct_size = sizeof process};
  int output = -1;
  char word[8] = "";

  put_file ("libcuda.so.580", "text\n");
  add_process (FALSE);
  ck_assert (!cuda_applies (&witness->host, &job, processes, 1));
  ck_assert (g_spawn_async_with_pipes (NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                       &process.pid, NULL, &output, NULL, NULL));
  ck_assert_int_eq (read (output, word, 5), 5);
  ck_assert (cuda_applies (&witness->host, &job, &process, 1));
  ck_assert_int_eq (unlink (version), 0);
  ck_assert (!cuda_applies (&witness->host, &job, &process, 1));
  kill (process.pid, SIGKILL);
  ck_assert_int_eq (waitpid (process.pid, NULL, 0), process.pid);
  close (output);
}
END_TEST

/* --- images --- */

#define GPU_A "GPU-11111111-2222-3333-4444-555555555555"
#define GPU_B "GPU-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

static void
put_gpu (const char *address, const char *uuid, const char *model)
{
  g_autofree char *directory = g_strdup_printf ("proc/driver/nvidia/gpus/%s", address);
  g_autofree char *name = g_strdup_printf ("%s/information", directory);
  g_autofree char *text = g_strdup_printf (
      "Model: \t\t %s\nIRQ:   \t\t 95\nGPU UUID: \t %s\nBus Location: \t %s\n", model, uuid, address);

  make_directory (directory);
  put_file (name, text);
}

#define FACT(fact_name, fact_value) \
  (&(const B9CheckpointFact){       \
      .struct_size = sizeof (B9CheckpointFact), .name = fact_name, .value = fact_value})

START_TEST (refuses_images_of_another_driver_or_other_gpus)
{
  const B9CheckpointFact *facts[] = {FACT ("cuda-checkpoint.driver", "580.65.06"),
                                     FACT ("cuda-checkpoint.gpu", GPU_A " NVIDIA H100 (0000:01:00.0)"), NULL};
  B9CheckpointJob job = make_job (B9_OPERATION_RESTORE, "runc", "host");
  g_autoptr (GError) error = NULL;

  job.facts = facts;
  put_gpu ("0000:41:00.0", GPU_A, "NVIDIA H100");
  ck_assert (cuda_check_image (&witness->host, &job, NULL));
  put_gpu ("0000:41:00.0", GPU_B, "NVIDIA H100");
  ck_assert (cuda_check_image (&witness->host, &job, NULL));
  put_gpu ("0000:41:00.0", GPU_A, "NVIDIA A100");
  ck_assert (!cuda_check_image (&witness->host, &job, &error));
  assert_failure (error, B9_ERROR_START_COLD,
                  "gpus-differ: the image was made with NVIDIA H100 as GPU 0, and here it is NVIDIA A100");
  g_clear_error (&error);
  put_gpu ("0000:42:00.0", GPU_B, "NVIDIA A100");
  ck_assert (!cuda_check_image (&witness->host, &job, &error));
  assert_failure (error, B9_ERROR_START_COLD, "gpus-differ: the image was made with 1 GPUs, and here are 2");
  g_clear_error (&error);
  put_driver ("580.95.05");
  ck_assert (!cuda_check_image (&witness->host, &job, &error));
  assert_failure (error, B9_ERROR_START_COLD,
                  "driver-differs: the image was made with NVIDIA driver 580.65.06, and here 580.95.05 is "
                  "loaded");
}
END_TEST

START_TEST (maps_gpus_where_the_driver_can)
{
  const char *recorded[] = {GPU_A " NVIDIA H100 (a)", NULL}, *present[] = {GPU_B " NVIDIA H100 (b)", NULL};
  g_autofree char *map = cuda_make_map (recorded, present, 580, NULL);
  g_autoptr (GError) error = NULL;

  ck_assert_str_eq (map, GPU_A "=" GPU_B);
  ck_assert_ptr_null (cuda_make_map (recorded, recorded, 555, &error));
  ck_assert_ptr_null (error);
  ck_assert_ptr_null (cuda_make_map (recorded, present, 570, &error));
  assert_failure (
      error, B9_ERROR_START_COLD,
      "gpus-differ: the image was made with other GPUs of this model, and drivers before 580 restore "
      "to the same ones only");
}
END_TEST

START_TEST (restores_onto_another_gpu_of_the_model)
{
  const B9CheckpointFact *facts[] = {FACT ("cuda-checkpoint.driver", "580.65.06"),
                                     FACT ("cuda-checkpoint.gpu", GPU_A " NVIDIA H100 (0000:01:00.0)"), NULL};
  B9CheckpointJob job = make_job (B9_OPERATION_RESTORE, "runc", "host");
  g_autofree char *pairs = NULL;
  g_autofree char *expected = NULL;

  use_method (0);
  put_gpu ("0000:41:00.0", GPU_B, "NVIDIA H100");
  begin (1);
  ck_assert (LOCK (NULL) && SUSPEND (NULL));
  cuda_close (&witness->host, session);
  job.facts = facts;
  session = cuda_open (&witness->host, &job, NULL);
  ck_assert (RESUME (NULL));
  pairs = get_file ("cuda/pairs");
  expected = g_strdup_printf ("%d 1 11 aa\n", processes[0].pid);
  ck_assert_str_eq (pairs, expected);
}
END_TEST

/* --- texts --- */

START_TEST (reads_versions_of_drivers)
{
  g_autofree char *closed = cuda_parse_driver (
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.12  Wed Sep 20 09:35:17 UTC 2023\n");
  g_autofree char *open = cuda_parse_driver (
      "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.10  Release Build  (x@y)  Wed\n");

  ck_assert_str_eq (closed, "535.104.12");
  ck_assert_str_eq (open, "570.86.10");
  ck_assert_ptr_null (cuda_parse_driver (""));
  ck_assert_ptr_null (cuda_parse_driver ("GCC version:  gcc 12.2.0\n"));
  ck_assert_ptr_null (cuda_parse_driver ("NVRM version: none\n570.1\n"));
}
END_TEST

START_TEST (reads_answers_of_the_helper)
{
  B9DeviceProcess list[] = {{.pid = 12}, {.pid = 120}};

  ck_assert (cuda_read_answer ("120 suspended 42 a word or two", list, 2));
  ck_assert_uint_eq (list[1].device_state, B9_DEVICE_SUSPENDED);
  ck_assert_uint_eq (list[1].device_bytes, 42);
  ck_assert_str_eq (list[1].problem, "a word or two");
  ck_assert_uint_eq (list[0].device_state, B9_DEVICE_NONE);
  ck_assert (cuda_read_answer ("12 strange 0", list, 2));
  ck_assert_uint_eq (list[0].device_state, B9_DEVICE_UNKNOWN);
  ck_assert (!cuda_read_answer ("13 running 0", list, 2));
  ck_assert (!cuda_read_answer ("12", list, 2));
  ck_assert (!cuda_read_answer ("", list, 2));
  g_free (list[1].problem);
}
END_TEST

START_TEST (reads_what_nvidia_smi_prints)
{
  g_autoptr (GHashTable) memory = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);

  cuda_parse_smi ("1234, 512\n77, [N/A]\n1234, 8\n\nNo running processes found\n-1, 4\n99999999999, 4\n",
                  memory);
  ck_assert_uint_eq (g_hash_table_size (memory), 2);
  ck_assert_uint_eq (*(guint64 *)g_hash_table_lookup (memory, GINT_TO_POINTER (1234)), (guint64)520 << 20);
  ck_assert_uint_eq (*(guint64 *)g_hash_table_lookup (memory, GINT_TO_POINTER (77)), 0);
}
END_TEST

START_TEST (knows_the_states_of_cuda_checkpoint)
{
  ck_assert_int_eq (cuda_parse_state ("running"), CUDA_RUNNING);
  ck_assert_int_eq (cuda_parse_state ("checkpointed"), CUDA_CHECKPOINTED);
  ck_assert_int_eq (cuda_parse_state ("failed"), CUDA_FAILED);
  ck_assert_int_eq (cuda_parse_state ("runningx"), CUDA_OTHER);
  ck_assert_int_eq (cuda_parse_state (""), CUDA_OTHER);
}
END_TEST

START_TEST (gives_more_time_for_more_memory)
{
  ck_assert_uint_eq (cuda_bound_ms (0), 600000);
  ck_assert_uint_eq (cuda_bound_ms (1), 60000);
  ck_assert_uint_eq (cuda_bound_ms ((guint64)80 << 30), 60000 + 80 * 8192);
  ck_assert_uint_eq (cuda_bound_ms (G_MAXUINT64), G_MAXINT);
}
END_TEST

/* --- the matrix and doctor --- */

START_TEST (answers_for_this_host)
{
  g_autofree char *version = at_top ("proc/driver/nvidia/version");

  cuda_probe (&witness->host);
  ck_assert_ptr_nonnull (
      strstr (witness->text->str, "checkpoint.cuda CONDITIONAL [driver 580.65.06; libcuda: "));
  ck_assert_ptr_nonnull (strstr (witness->text->str, "\ncheckpoint.cuda.host CONDITIONAL "));
  ck_assert_ptr_nonnull (strstr (witness->text->str, "\ncheckpoint.cuda.plugin UNSUPPORTED "));
  ck_assert_ptr_nonnull (strstr (witness->text->str, "\ncheckpoint.cuda.remap CONDITIONAL "));
  g_string_truncate (witness->text, 0);
  put_driver ("575.57.08");
  cuda_probe (&witness->host);
  ck_assert_ptr_nonnull (strstr (
      witness->text->str, "driver 575.57.08 restores to the same GPUs only; 580 is the first that maps "
                          "them -> update NVIDIA's driver to 580 or later\n"));
  g_string_truncate (witness->text, 0);
  ck_assert_int_eq (unlink (version), 0);
  cuda_probe (&witness->host);
  ck_assert_ptr_nonnull (strstr (
      witness->text->str, "checkpoint.cuda UNSUPPORTED [/proc/driver/nvidia/version names no driver] no "
                          "NVIDIA driver is loaded -> install NVIDIA's driver, 570 or later\n"));
}
END_TEST

START_TEST (tells_the_doctor)
{
  g_autofree char *version = at_top ("proc/driver/nvidia/version");

  witness->program_output = "--action lock\n";
  cuda_examine (&witness->host);
  ck_assert_ptr_nonnull (strstr (witness->text->str,
                                 "ok cuda.driver driver 580.65.06 suspends CUDA processes by "
                                 "libcuda's functions\n"));
  ck_assert_ptr_nonnull (
      strstr (witness->text->str, "/lib/libcuda.so.1 answers, so containers with CUDA state can be saved\n"));
  g_string_truncate (witness->text, 0);
  put_file ("cuda/init", "100");
  cuda_examine (&witness->host);
  ck_assert_ptr_nonnull (
      strstr (witness->text->str, "problem cuda.checkpoint the CUDA driver cannot be used: "));
  g_string_truncate (witness->text, 0);
  put_driver ("550.90.07");
  cuda_examine (&witness->host);
  ck_assert_ptr_nonnull (strstr (witness->text->str, "warning cuda.driver driver 550.90.07 can only toggle"));
  g_string_truncate (witness->text, 0);
  ck_assert_int_eq (unlink (version), 0);
  cuda_examine (&witness->host);
  ck_assert_str_eq (witness->text->str,
                    "ok cuda.driver no NVIDIA driver is loaded, so there is no CUDA state to save\n");
}
END_TEST

static TCase *
host_case (const char *name)
{
  TCase *test_case = tcase_create (name);

  tcase_add_checked_fixture (test_case, set_up, tear_down);
  tcase_set_timeout (test_case, 180);
  return test_case;
}

int
main (void)
{
  TCase *batches = host_case ("batches");
  TCase *strategies = host_case ("strategies");
  TCase *texts = host_case ("texts");

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
  tcase_add_loop_test (strategies, chooses_what_works_here, 0, G_N_ELEMENTS (choices));
  tcase_add_test (strategies, a_new_runsc_does_it_inside);
  tcase_add_loop_test (strategies, mounts_the_program_where_that_is_wanted_and_of_use, 0,
                       G_N_ELEMENTS (mountings));
  tcase_add_loop_test (strategies, knows_whether_the_program_is_in_the_sandbox, 0, G_N_ELEMENTS (places));
  tcase_add_test (strategies, a_restore_needs_the_program_where_the_image_had_it);
  tcase_add_test (strategies, tells_criu_where_its_plugin_is);
  tcase_add_test (strategies, sees_a_process_by_its_library);
  tcase_add_test (strategies, refuses_images_of_another_driver_or_other_gpus);
  tcase_add_test (strategies, maps_gpus_where_the_driver_can);
  tcase_add_test (strategies, restores_onto_another_gpu_of_the_model);
  tcase_add_test (texts, reads_versions_of_drivers);
  tcase_add_test (texts, reads_answers_of_the_helper);
  tcase_add_test (texts, reads_what_nvidia_smi_prints);
  tcase_add_test (texts, knows_the_states_of_cuda_checkpoint);
  tcase_add_test (texts, gives_more_time_for_more_memory);
  tcase_add_test (texts, answers_for_this_host);
  tcase_add_test (texts, tells_the_doctor);
  TCase *cases[] = {batches, strategies, texts, NULL};
  return run_cases ("checkpoint-cuda", cases);
}
