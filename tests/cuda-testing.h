/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda-testing.h: what the suites of the cuda-checkpoint provider need: a host with fakes of the driver
 * (tests/fakes/fake-cuda.h), processes of fake CUDA state, and a session with them.
 */
#ifndef B9_CUDA_TESTING_H
#define B9_CUDA_TESTING_H

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "core/sys/process.h"
#include "plugins/checkpoint/cuda-checkpoint/cuda.h"
#include "tests/examine-testing.h"

#define MAX_CUDA_PROCESSES 16
#define FAKES B9_TOP_BUILDDIR "/tests/fakes"

static GHashTable *settings;
static B9DeviceProcess processes[MAX_CUDA_PROCESSES];
static guint n_processes;
static Witness *witness;
static gpointer session;

static inline const char *
config_string (const B9Host *host G_GNUC_UNUSED, const char *key)
{
  return g_hash_table_lookup (settings, key);
}

static inline void
set (const char *key, const char *value)
{
  g_hash_table_insert (settings, g_strdup (key), g_strdup (value));
}

static inline void
put_driver (const char *version)
{
  g_autofree char *text = g_strdup_printf (
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  %s  Wed Jan  8 12:00:00 UTC 2026\nGCC version:  gcc\n",
      version);

  make_directory ("proc/driver/nvidia");
  put_file ("proc/driver/nvidia/version", text);
}

/* A host with fakes of everything. */
static inline void
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

static inline void
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

static inline void
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

static inline void
use_method (int index)
{
  set ("method", index == 0 ? "api" : "binary");
}

static inline B9CheckpointJob
make_job (B9Operation operation, const char *backend, const char *strategy)
{
  return (B9CheckpointJob){.struct_size = sizeof (B9CheckpointJob),
                           .operation = operation,
                           .backend = backend,
                           .program = "/opt/bin/runtime",
                           .strategy = strategy};
}

/* Starts a process of fake CUDA state, or a plain one, and waits until it is there. */
static inline pid_t
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

static inline void
add_process (gboolean cuda)
{
  B9DeviceProcess *process = &processes[n_processes++];

  ck_assert_uint_le (n_processes, MAX_CUDA_PROCESSES);
  process->struct_size = sizeof *process;
  process->pid = start_process (cuda);
  ck_assert (b9_process_look (process->pid, &process->start_time, NULL));
}

static inline void
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

static inline void
expect_states (guint32 state)
{
  for (guint i = 0; i < n_processes; i++)
    ck_assert_msg (processes[i].device_state == state, "process %u is %u, not %u: %s", i,
                   processes[i].device_state, state, processes[i].problem);
}

/* What the driver itself has, whatever the provider believes. */
static inline void
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

static inline void
tell_fake (const char *action, int index, const char *words)
{
  g_autofree char *name = index < 0 ? g_strdup_printf ("cuda/%s", action)
                                    : g_strdup_printf ("cuda/%s.%d", action, processes[index].pid);

  put_file (name, words);
}

#define LOCK(error) cuda_lock (&witness->host, session, processes, n_processes, 5000, error)
#define SUSPEND(error) cuda_suspend (&witness->host, session, processes, n_processes, error)
#define RESUME(error) cuda_resume (&witness->host, session, processes, n_processes, error)

static inline TCase *
cuda_case (const char *name)
{
  TCase *test_case = tcase_create (name);

  tcase_add_checked_fixture (test_case, set_up, tear_down);
  tcase_set_timeout (test_case, 180);
  return test_case;
}

#endif /* B9_CUDA_TESTING_H */
