/* SPDX-License-Identifier: Apache-2.0
 *
 * helper-main.c: b9run-cuda, which does what the provider asks for many processes at once.  helper.h has the
 * lines that are read and written.
 *
 * Each process gets a thread of its own, so that N of them take as long as the slowest.  A thread that is not
 * done by the bound is left where it is, and its process answered as "unknown": a call that the driver holds
 * cannot be taken back.  The provider then ends this program and starts another.
 *
 * Signals of a terminal are ignored: an action that has begun comes to its end.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper.h"

#define MAX_PROCESSES 65536

typedef enum {
  LOOK,
  LOCK,
  SUSPEND,
  RESUME,
} Operation;

typedef struct {
  CudaDriver *driver;
  Operation operation;
  pid_t pid;
  guint64 start_time;
  guint timeout_ms;
  gint64 deadline;
  GAsyncQueue *done; /* a reference */
} Task;

typedef struct {
  pid_t pid;
  const char *state;
  char *text;
} Result;

static void
free_result (gpointer data)
{
  Result *result = data;

  g_free (result->text);
  g_free (result);
}

/* Field 22 of /proc/PID/stat; 0 where there is no such process. */
static guint64
start_time_of (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int)pid);
  g_autofree char *text = NULL;
  const char *field;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  field = strrchr (text, ')');
  for (guint i = 3; field != NULL && i <= 22; i++) {
    field = strchr (field, ' ');
    field = field != NULL ? field + 1 : NULL;
  }
  return field != NULL ? g_ascii_strtoull (field, NULL, 10) : 0;
}

static gboolean
is_gone (const Task *task)
{
  return start_time_of (task->pid) != task->start_time;
}

static CudaOutcomeKind
perform (const Task *task, CudaAction action, CudaState *state, char **text)
{
  CudaOutcome outcome = {.kind = OUTCOME_UNTOLD, .state = CUDA_OTHER};

  task->driver->perform (task->driver, action, task->pid, task->timeout_ms, task->deadline, &outcome);
  if (state != NULL)
    *state = outcome.state;
  if (text != NULL && *text == NULL)
    *text = g_steal_pointer (&outcome.text);
  g_free (outcome.text);
  return outcome.kind;
}

static const char *
state_name (CudaState state)
{
  static const char *const names[] = {"running", "locked", "suspended", "failed", "unknown"};

  return names[state];
}

/* What the driver says of the process, by asking it. */
static const char *
ask_state (const Task *task, CudaState *state, char **text)
{
  CudaOutcomeKind kind = perform (task, ACTION_STATE, state, text);

  if (kind == OUTCOME_DONE) {
    if (*state == CUDA_OTHER && *text == NULL)
      *text = g_strdup ("the driver names a state that b9run does not know");
    return state_name (*state);
  }
  *state = CUDA_OTHER;
  return is_gone (task) ? "none" : "unknown";
}

static const char *
look (const Task *task, CudaState *state, char **text)
{
  g_autofree char *why = NULL;

  *state = CUDA_OTHER;
  switch (perform (task, ACTION_THREAD, NULL, &why)) {
  case OUTCOME_DONE:
    return ask_state (task, state, text);
  case OUTCOME_NOT_CUDA:
    return "none";
  default:
    *text = g_steal_pointer (&why);
    return is_gone (task) ? "none" : "unknown";
  }
}

/* No question before: it can wait for a peer that is locked already. */
static const char *
lock (const Task *task, char **text)
{
  CudaState state;

  if (perform (task, ACTION_LOCK, NULL, text) == OUTCOME_DONE)
    return "locked";
  return ask_state (task, &state, text);
}

static const char *
suspend (const Task *task, char **text)
{
  CudaState state;
  const char *name;

  perform (task, ACTION_CHECKPOINT, NULL, text);
  name = ask_state (task, &state, text);
  if (state == CUDA_CHECKPOINTED)
    g_clear_pointer (text, g_free);
  else if (*text == NULL)
    *text = g_strdup ("the driver did not say no, and did not suspend it");
  return name;
}

/* By what the state is now, whatever was done before; so it may be repeated. */
static const char *
resume (const Task *task, char **text)
{
  CudaState state;
  const char *name = look (task, &state, text);

  if (state == CUDA_CHECKPOINTED) {
    perform (task, ACTION_RESTORE, NULL, text);
    name = ask_state (task, &state, text);
  }
  if (state == CUDA_LOCKED) {
    perform (task, ACTION_UNLOCK, NULL, text);
    name = ask_state (task, &state, text);
  }
  if (state == CUDA_RUNNING)
    g_clear_pointer (text, g_free);
  else if (state == CUDA_FAILED && *text == NULL)
    *text = g_strdup ("the driver has given the process up");
  return name;
}

static gpointer
run_task (gpointer data)
{
  g_autofree Task *task = data;
  Result *result = g_new0 (Result, 1);
  CudaState state;

  result->pid = task->pid;
  if (is_gone (task))
    result->state = "none";
  else if (task->operation == LOOK)
    result->state = look (task, &state, &result->text);
  else if (task->operation == LOCK)
    result->state = lock (task, &result->text);
  else if (task->operation == SUSPEND)
    result->state = suspend (task, &result->text);
  else
    result->state = resume (task, &result->text);
  g_async_queue_push (task->done, result);
  g_async_queue_unref (task->done);
  return NULL;
}

/* --- requests --- */

static void
answer (GHashTable *memory, pid_t pid, const char *state, const char *text)
{
  guint64 *bytes = memory != NULL ? g_hash_table_lookup (memory, GINT_TO_POINTER (pid)) : NULL;
  g_autofree char *line = g_utf8_make_valid (text != NULL ? text : "",
                                             MIN (strlen (text != NULL ? text : ""), 500));

  g_strdelimit (line, "\r\n", ' ');
  printf ("%d %s %" G_GUINT64_FORMAT "%s%s\n", (int)pid, state, bytes != NULL ? *bytes : 0,
          *line != '\0' ? " " : "", line);
  fflush (stdout);
}

/* Starts a thread for each; those that could not be started are answered at once. */
static GHashTable *
start_tasks (CudaDriver *driver, Operation operation, guint64 bound_ms, guint timeout_ms, char **words,
             GAsyncQueue *done)
{
  GHashTable *waiting = g_hash_table_new (g_direct_hash, g_direct_equal);

  for (; *words != NULL && g_hash_table_size (waiting) < MAX_PROCESSES; words++) {
    char *end = NULL;
    guint64 pid = g_ascii_strtoull (*words, &end, 10);
    Task task = {driver, operation, (pid_t)pid, 0, timeout_ms, 0, NULL};
    GThread *thread;
    Task *own;

    if (pid == 0 || pid > G_MAXINT || *end != ':')
      continue;
    task.start_time = g_ascii_strtoull (end + 1, NULL, 10);
    task.deadline = g_get_monotonic_time () + (gint64)bound_ms * 1000;
    task.done = g_async_queue_ref (done);
    own = g_memdup2 (&task, sizeof task);
    thread = g_thread_try_new ("process", run_task, own, NULL);
    if (thread == NULL) {
      g_async_queue_unref (own->done);
      g_free (own);
      answer (NULL, (pid_t)pid, "unknown", "no thread could be started for it");
      continue;
    }
    g_thread_unref (thread);
    g_hash_table_add (waiting, GINT_TO_POINTER ((int)pid));
  }
  return waiting;
}

static void
serve (CudaDriver *driver, Operation operation, guint64 bound_ms, guint timeout_ms, char **words)
{
  g_autoptr (GAsyncQueue) done = g_async_queue_new_full (free_result);
  g_autoptr (GHashTable) memory = operation == LOOK ? cuda_read_memory () : NULL;
  gint64 end = g_get_monotonic_time () + (gint64)bound_ms * 1000;
  g_autoptr (GHashTable) waiting = start_tasks (driver, operation, bound_ms, timeout_ms, words, done);
  GHashTableIter late;
  gpointer pid;

  while (g_hash_table_size (waiting) > 0) {
    gint64 left = end - g_get_monotonic_time ();
    Result *result = left > 0 ? g_async_queue_timeout_pop (done, (guint64)left) : NULL;

    if (result == NULL)
      break;
    g_hash_table_remove (waiting, GINT_TO_POINTER (result->pid));
    answer (memory, result->pid, result->state, result->text);
    free_result (result);
  }
  g_hash_table_iter_init (&late, waiting);
  while (g_hash_table_iter_next (&late, &pid, NULL)) {
    g_autofree char *text = g_strdup_printf ("the driver did not answer within %.1f s",
                                             (double)bound_ms / 1000);

    answer (memory, GPOINTER_TO_INT (pid), "unknown", text);
  }
}

static gboolean
find_operation (const char *word, Operation *operation)
{
  static const char *const names[] = {"look", "lock", "suspend", "resume"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (strcmp (word, names[i]) == 0) {
      *operation = (Operation)i;
      return TRUE;
    }
  }
  return FALSE;
}

static void
serve_line (CudaDriver *driver, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  guint n = g_strv_length (words);
  Operation operation;

  if (n == 2 && strcmp (words[0], "map") == 0) {
    g_free (driver->map);
    driver->map = *words[1] != '\0' ? g_strdup (words[1]) : NULL;
  } else if (n >= 3 && find_operation (words[0], &operation)) {
    serve (driver, operation, g_ascii_strtoull (words[1], NULL, 10),
           (guint)MIN (g_ascii_strtoull (words[2], NULL, 10), G_MAXINT), words + 3);
  }
  printf (".\n");
  fflush (stdout);
}

static void
ignore_signals (void)
{
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP};

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    signal (signals[i], SIG_IGN);
}

int
main (int argc, char **argv)
{
  g_autofree char *reason = NULL;
  g_autofree char *line = NULL;
  CudaDriver *driver = NULL;
  size_t size = 0;
  ssize_t length;

  if (argc != 3 || (strcmp (argv[1], "api") != 0 && strcmp (argv[1], "binary") != 0)) {
    fprintf (stderr, "b9run-cuda: started by b9run's provider cuda-checkpoint\n");
    return 2;
  }
  ignore_signals ();
  driver = strcmp (argv[1], "api") == 0 ? cuda_open_api (argv[2], &reason)
                                        : cuda_open_binary (argv[2], &reason);
  if (driver == NULL) {
    printf ("cannot %s\n", g_strdelimit (reason, "\r\n", ' '));
    return 1;
  }
  printf ("ready\n");
  fflush (stdout);
  while ((length = getline (&line, &size, stdin)) > 0) {
    if (line[length - 1] == '\n')
      line[length - 1] = '\0';
    serve_line (driver, line);
  }
  return 0;
}
