/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda-session.c: one batch of the provider's operations, through one helper.
 *
 * The state of a process is what the driver said last, never what an operation should have made of it.  Where
 * the driver did not answer within the bound, the helper that it holds is ended and a new one asks again.
 */
#include "config.h"

#include "cuda.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_BOUND_MS 30000
#define LOCK_GRACE_MS 10000
#define MOVE_BASE_MS 60000
#define MOVE_UNKNOWN_MS 600000
#define BYTES_PER_MS (128 * 1024) /* 128 MiB/s, a tenth of what a GPU in a busy host was seen to do */
#define ANSWER_GRACE_MS 5000

typedef struct {
  CudaMethod method;
  char *target;     /* the library, or the program */
  char *map;        /* GPUs to restore to, or NULL */
  gboolean outside; /* whether this strategy's processes are the driver's, seen from here */
  gboolean stuck;   /* an action did not come back */
  gboolean looked;  /* whether the driver knew a process of the container's */
  CudaHelper *helper;
} Session;

guint
cuda_bound_ms (guint64 bytes)
{
  guint64 bound = bytes == 0 ? MOVE_UNKNOWN_MS : MOVE_BASE_MS + bytes / BYTES_PER_MS;

  return (guint)MIN (bound, G_MAXINT);
}

static void
free_session (Session *session)
{
  if (session->helper != NULL)
    cuda_helper_end (session->helper, session->stuck);
  g_free (session->target);
  g_free (session->map);
  g_free (session);
}

static void
ignore_line (const char *text G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
}

/* A helper that is ready, and knows the map. */
static gboolean
ensure_helper (Session *session, GError **error)
{
  g_autofree char *request = NULL;

  if (session->helper != NULL && session->stuck) {
    cuda_helper_end (session->helper, TRUE);
    session->helper = NULL;
  }
  session->stuck = FALSE;
  if (session->helper != NULL)
    return TRUE;
  session->helper = cuda_helper_start (session->method, session->target, error);
  if (session->helper == NULL || session->map == NULL)
    return session->helper != NULL;
  request = g_strdup_printf ("map %s\n", session->map);
  return cuda_helper_ask (session->helper, request, LOOK_BOUND_MS, ignore_line, NULL, error);
}

/* The GPUs of the image laid over those of this host; a difference that cannot be bridged was refused by
 * check_image before. */
static char *
read_map (const B9Host *host, const B9CheckpointJob *job, guint driver_major)
{
  g_autoptr (GPtrArray) recorded = g_ptr_array_new ();
  g_autoptr (GPtrArray) present = cuda_list_gpus (host);

  for (const B9CheckpointFact *const *fact = job->facts; fact != NULL && *fact != NULL; fact++) {
    if (strcmp ((*fact)->name, "cuda-checkpoint.gpu") == 0)
      g_ptr_array_add (recorded, (gpointer)(*fact)->value);
  }
  if (job->operation != B9_OPERATION_RESTORE || recorded->len == 0)
    return NULL;
  g_ptr_array_add (recorded, NULL);
  g_ptr_array_add (present, NULL);
  return cuda_make_map ((const char *const *)recorded->pdata, (const char *const *)present->pdata,
                        driver_major, NULL);
}

gpointer
cuda_open (const B9Host *host, const B9CheckpointJob *job, GError **error)
{
  g_autofree char *strategy = cuda_choose (host, job, error);
  g_autofree char *reason = NULL;
  g_auto (CudaHost) cuda = {0};
  Session *session;

  if (strategy == NULL)
    return NULL;
  session = g_new0 (Session, 1);
  /* What happens inside a sandbox is the runtime's to say. */
  if (strcmp (strategy, B9_STRATEGY_SANDBOX) == 0)
    return session;
  cuda_host_look (host, &cuda);
  session->outside = TRUE;
  session->method = cuda_choose_method (host, &cuda, &reason);
  if (session->method == CUDA_METHOD_NONE) {
    g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED, "CUDA processes cannot be looked at: %s", reason);
    free_session (session);
    return NULL;
  }
  session->target = g_strdup (session->method == CUDA_METHOD_API ? cuda.library : cuda.program);
  session->map = read_map (host, job, cuda.driver_major);
  if (ensure_helper (session, error))
    return session;
  free_session (session);
  return NULL;
}

void
cuda_close (const B9Host *host G_GNUC_UNUSED, gpointer session)
{
  free_session (session);
}

/* --- requests and answers --- */

static guint32
parse_state (const char *word)
{
  static const char *const names[] = {"none", "running", "locked", "suspended", "failed", "unknown"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (strcmp (word, names[i]) == 0)
      return i;
  }
  return B9_DEVICE_UNKNOWN;
}
G_STATIC_ASSERT (B9_DEVICE_UNKNOWN == 5 && B9_DEVICE_SUSPENDED == 3);

gboolean
cuda_read_answer (const char *line, B9DeviceProcess *processes, guint n_processes)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 4);
  guint64 pid;

  if (g_strv_length (words) < 3)
    return FALSE;
  pid = g_ascii_strtoull (words[0], NULL, 10);
  for (guint i = 0; i < n_processes; i++) {
    if (processes[i].pid > 0 && (guint64)processes[i].pid == pid) {
      guint64 bytes = g_ascii_strtoull (words[2], NULL, 10);

      processes[i].device_state = parse_state (words[1]);
      if (bytes > 0)
        processes[i].device_bytes = bytes;
      g_free (processes[i].problem);
      processes[i].problem = g_strdup (words[3]);
      return TRUE;
    }
  }
  return FALSE;
}

typedef struct {
  B9DeviceProcess *processes;
  guint n_processes;
} Batch;

static void
take_line (const char *text, gpointer data)
{
  const Batch *batch = data;

  cuda_read_answer (text, batch->processes, batch->n_processes);
}

typedef gboolean (*Chosen) (const B9DeviceProcess *process);

static gboolean
is_any (const B9DeviceProcess *process G_GNUC_UNUSED)
{
  return TRUE;
}

static gboolean
is_running (const B9DeviceProcess *process)
{
  return process->device_state == B9_DEVICE_RUNNING;
}

static gboolean
is_locked (const B9DeviceProcess *process)
{
  return process->device_state == B9_DEVICE_LOCKED;
}

/* Asks for the chosen processes.  Each is UNKNOWN until its answer comes. */
static gboolean
ask (Session *session, const char *operation, Chosen chosen, guint bound_ms, guint timeout_ms,
     B9DeviceProcess *processes, guint n_processes, GError **error)
{
  g_autoptr (GString) request = g_string_new (NULL);
  Batch batch = {processes, n_processes};
  guint n = 0;

  g_string_printf (request, "%s %u %u", operation, bound_ms, timeout_ms);
  for (guint i = 0; i < n_processes; i++) {
    if (!chosen (&processes[i]))
      continue;
    g_string_append_printf (request, " %d:%" G_GUINT64_FORMAT, processes[i].pid, processes[i].start_time);
    processes[i].device_state = B9_DEVICE_UNKNOWN;
    g_clear_pointer (&processes[i].problem, g_free);
    n++;
  }
  g_string_append_c (request, '\n');
  if (n == 0)
    return TRUE;
  if (!ensure_helper (session, error))
    return FALSE;
  if (!cuda_helper_ask (session->helper, request->str, (guint64)bound_ms + ANSWER_GRACE_MS, take_line, &batch,
                        error)) {
    session->stuck = TRUE;
    return FALSE;
  }
  /* The bound has passed for these: whoever asks next gets a helper that is free. */
  for (guint i = 0; i < n_processes; i++)
    session->stuck = session->stuck ||
                     (processes[i].device_state == B9_DEVICE_UNKNOWN && processes[i].problem != NULL &&
                      g_str_has_prefix (processes[i].problem, "the driver did not answer"));
  return TRUE;
}

static const char *
state_name (guint32 state)
{
  static const char *const names[] = {"gone",      "running", "locked",
                                      "suspended", "failed",  "in a state not known"};

  return state < G_N_ELEMENTS (names) ? names[state] : "in a state not known";
}

/* The first process for which the operation did not come out; NULL where all did. */
static const B9DeviceProcess *
find_other (const B9DeviceProcess *processes, guint n_processes, guint32 wanted)
{
  for (guint i = 0; i < n_processes; i++) {
    if (processes[i].device_state != wanted && processes[i].device_state != B9_DEVICE_NONE)
      return &processes[i];
  }
  return NULL;
}

static gboolean
fail_for (const B9DeviceProcess *process, const char *what, GError **error)
{
  if (process == NULL)
    return TRUE;
  g_set_error (error, B9_ERROR, B9_ERROR_FAILED, "CUDA process %d was not %s; it is %s%s%s", process->pid,
               what, state_name (process->device_state), process->problem != NULL ? ": " : "",
               process->problem != NULL ? process->problem : "");
  return FALSE;
}

static guint64
sum_bytes (const B9DeviceProcess *processes, guint n_processes)
{
  guint64 bytes = 0;

  for (guint i = 0; i < n_processes; i++)
    bytes += processes[i].device_bytes;
  return bytes;
}

/* --- operations --- */

gboolean
cuda_look (const B9Host *host G_GNUC_UNUSED, gpointer data, B9DeviceProcess *processes, guint n_processes,
           GError **error)
{
  Session *session = data;

  if (!session->outside) {
    for (guint i = 0; i < n_processes; i++)
      processes[i].device_state = B9_DEVICE_NONE;
    return TRUE;
  }
  if (!ask (session, "look", is_any, LOOK_BOUND_MS, 0, processes, n_processes, error))
    return FALSE;
  for (guint i = 0; i < n_processes; i++)
    session->looked = session->looked || processes[i].device_state != B9_DEVICE_NONE;
  return TRUE;
}

gboolean
cuda_lock (const B9Host *host G_GNUC_UNUSED, gpointer data, B9DeviceProcess *processes, guint n_processes,
           guint timeout_ms, GError **error)
{
  Session *session = data;
  const B9DeviceProcess *other;

  if (!session->outside)
    return TRUE;
  if (!session->looked) {
    g_set_error_literal (
        error, B9_ERROR, B9_ERROR_UNSUPPORTED,
        "the container has a GPU open, and the driver takes none of its processes for a CUDA "
        "process, as with a gVisor sandbox: its device state cannot be saved from the host");
    return FALSE;
  }
  if (!ask (session, "lock", is_running, MIN (timeout_ms, G_MAXINT / 2) + LOCK_GRACE_MS, timeout_ms,
            processes, n_processes, error))
    return FALSE;
  other = find_other (processes, n_processes, B9_DEVICE_LOCKED);
  /* One that a lock found suspended already is as far as it has to be. */
  return other == NULL || other->device_state == B9_DEVICE_SUSPENDED || fail_for (other, "locked", error);
}

gboolean
cuda_suspend (const B9Host *host G_GNUC_UNUSED, gpointer data, B9DeviceProcess *processes, guint n_processes,
              GError **error)
{
  Session *session = data;

  if (!session->outside)
    return TRUE;
  if (!ask (session, "suspend", is_locked, cuda_bound_ms (sum_bytes (processes, n_processes)), 0, processes,
            n_processes, error))
    return FALSE;
  return fail_for (find_other (processes, n_processes, B9_DEVICE_SUSPENDED), "suspended", error);
}

gboolean
cuda_resume (const B9Host *host G_GNUC_UNUSED, gpointer data, B9DeviceProcess *processes, guint n_processes,
             GError **error)
{
  Session *session = data;

  if (!session->outside)
    return TRUE;
  if (!ask (session, "resume", is_any, cuda_bound_ms (sum_bytes (processes, n_processes)), 0, processes,
            n_processes, error))
    return FALSE;
  return fail_for (find_other (processes, n_processes, B9_DEVICE_RUNNING), "resumed", error);
}
