/* SPDX-License-Identifier: Apache-2.0
 *
 * container.c: see container.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/container.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/checkpoint/change.h"
#include "core/checkpoint/processes.h"
#include "core/checkpoint/programs.h"
#include "core/checkpoint/status.h"
#include "core/log/client-log.h"
#include "core/run/claim.h"
#include "core/run/outcome.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define SAVED_NAME "checkpointed"
#define CHANGE_SECONDS 30
#define PAUSE_ROUNDS 5
#define CONTINUE_US (60 * G_USEC_PER_SEC)
#define CONTINUE_PAUSE_US 250000
#define END_MS 60000
#define MONITOR_ROUNDS 1000
#define MONITOR_PAUSE_US 1000

gboolean
b9_container_has_trait (const B9Target *target, guint32 trait)
{
  const B9Backend *backend = target->runtime->backend;

  return B9_STRUCT_HAS (backend, checkpoint_traits) && (backend->checkpoint_traits & trait) != 0;
}

/* Pauses or resumes it. */
static gboolean
change (const B9Target *target, B9Operation operation, GError **error)
{
  B9Request request = b9_target_request (target, operation);
  g_autofree char *answer = NULL;
  GError *worse = NULL;

  if (!b9_change_begin (target, operation, error))
    return FALSE;
  answer = b9_query (target->runtime, &request, CHANGE_SECONDS, error);
  if (!b9_change_end (target, answer != NULL, &worse)) {
    g_clear_error (error);
    g_propagate_error (error, worse);
  }
  return answer != NULL;
}

static gboolean
has_status (const B9Target *target, const char *status)
{
  g_autoptr (B9State) state = b9_look_at_state (target, NULL);

  return state != NULL && strcmp (state->status, status) == 0;
}

gboolean
b9_container_pause (const B9Target *target, GError **error)
{
  g_autoptr (GError) problem = NULL;

  if (change (target, B9_OPERATION_PAUSE, &problem))
    return TRUE;
  if (has_status (target, "paused"))
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&problem), "the container could not be paused: ");
  return FALSE;
}

/* Whether the runtime has refused to pause what is paused already, and has not failed half-way. */
static gboolean
was_refused (const B9Target *target, const B9Request *request, const B9Watch *watch)
{
  g_autofree char *message = b9_last_words (watch->output);
  g_autoptr (GError) reason = NULL;

  b9_outcome_failed (target->runtime, request, watch->wait_status, message, &reason);
  return g_error_matches (reason, B9_ERROR, B9_ERROR_NOT_RUNNING) ||
         g_error_matches (reason, B9_ERROR, B9_ERROR_WRONG_STATE);
}

static gboolean
run_pause (const B9Target *target, B9Watch *watch, GError **error)
{
  if (!b9_change_begin (target, B9_OPERATION_PAUSE, error))
    return FALSE;
  watch->outlives_us = TRUE;
  if (!b9_watch_run (watch, error)) {
    b9_programs_mark_change (FALSE);
    return FALSE;
  }
  return b9_change_end (target, watch->wait_status == 0, error);
}

gboolean
b9_container_pause_watched (const B9Target *target, B9Watch *watch, gboolean *was_paused, GError **error)
{
  B9Request request = b9_target_request (target, B9_OPERATION_PAUSE);
  g_autofree char *message = NULL;

  watch->argv = target->runtime->backend->build_argv (&target->runtime->host, &request, error);
  /* runc gives up too early on a container that makes processes all the time ("unable to freeze"). */
  for (guint round = 0; watch->argv != NULL && round < PAUSE_ROUNDS; round++) {
    g_clear_pointer (&watch->output, g_free);
    if (!run_pause (target, watch, error))
      return FALSE;
    if (watch->wait_status == 0)
      return TRUE;
    if (has_status (target, "paused")) {
      *was_paused = *was_paused || was_refused (target, &request, watch);
      return TRUE;
    }
  }
  if (watch->argv == NULL)
    return FALSE;
  message = b9_last_words (watch->output);
  b9_outcome_failed (target->runtime, &request, watch->wait_status, message, error);
  g_prefix_error (error, "the container could not be paused: ");
  return FALSE;
}

const char *const *
b9_container_cgroups (const B9Target *target)
{
  static const char *const none[] = {NULL};

  return target->record != NULL && target->record->cgroup_directories != NULL
             ? (const char *const *)target->record->cgroup_directories
             : none;
}

gboolean
b9_container_continue (const B9Target *target, GError **error)
{
  gint64 until = g_get_monotonic_time () + CONTINUE_US;
  g_autoptr (GError) problem = NULL;

  while (g_get_monotonic_time () < until) {
    g_autoptr (B9State) state = NULL;

    g_clear_error (&problem);
    if (!b9_status_amend (target, &problem))
      break;
    state = b9_look_at_state (target, &problem);
    if (state != NULL && strcmp (state->status, "running") == 0)
      return TRUE;
    if (state != NULL ? strcmp (state->status, "stopped") == 0 : !b9_target_exists (target))
      return b9_fail (error, B9_ERROR_NOT_RUNNING, "the container has ended meanwhile");
    if (state != NULL && change (target, B9_OPERATION_RESUME, &problem))
      continue;
    g_usleep (CONTINUE_PAUSE_US);
  }
  if (problem == NULL)
    b9_fail (&problem, B9_ERROR_WRONG_STATE, "it stays paused");
  g_propagate_prefixed_error (
      error, g_steal_pointer (&problem),
      "the container could not be continued (b9run resume %s tries again): ", target->id);
  return FALSE;
}

void
b9_container_note_saved (const B9Record *record)
{
  g_autofree char *mark = b9_record_file (record, SAVED_NAME);

  b9_replace_file (AT_FDCWD, mark, "", 0, 0600, NULL);
}

gboolean
b9_container_is_saved (const B9Record *record)
{
  g_autofree char *mark = b9_record_file (record, SAVED_NAME);

  return access (mark, F_OK) == 0;
}

static gboolean
wait_for_end (int pidfd)
{
  struct pollfd watched = {.fd = pidfd, .events = POLLIN};
  int got;

  while ((got = poll (&watched, 1, END_MS)) < 0 && errno == EINTR)
    continue;
  return got > 0;
}

/* Every process of it, thawed only to die (v1 freezer: a kill of the first process alone lets others run). */
static gboolean
kill_all (const B9Target *target, GError **error)
{
  static const B9RequestOption all = {sizeof all, "all", "true"};
  static const B9RequestOption *const options[] = {&all, NULL};
  static const char *const arguments[] = {"KILL", NULL};
  B9Request request = b9_target_request (target, B9_OPERATION_KILL);
  g_autofree char *answer = NULL;

  request.options = options;
  request.arguments = arguments;
  answer = b9_query (target->runtime, &request, CHANGE_SECONDS, error);
  return answer != NULL;
}

/* Whoever waits for the container's status has it from the monitor, so that gets its time to write it. */
static void
let_monitor_write (const B9Target *target)
{
  g_autofree char *monitor = b9_record_file (target->record, "monitor");
  g_autofree char *written = b9_record_file (target->record, "exit");

  for (guint round = 0; round < MONITOR_ROUNDS; round++) {
    if (access (monitor, F_OK) != 0 || access (written, F_OK) == 0)
      return;
    g_usleep (MONITOR_PAUSE_US);
  }
}

/* As a save by the runtime itself ends it: the container is deleted. */
static void
delete_container (B9Index *index, const B9Target *target)
{
  g_autoptr (GError) problem = NULL;
  g_autofree char *answer = NULL;

  let_monitor_write (target);
  if (b9_target_exists (target))
    answer = b9_delete_by_force (target, &problem);
  if (problem != NULL && b9_target_exists (target))
    g_warning ("container %s has ended and could not be deleted: %s", target->id, problem->message);
  else
    b9_disclaim (index, target);
}

gboolean
b9_container_end (B9Index *index, const B9Target *target, pid_t pid, GError **error)
{
  b9_autofd pidfd = b9_pidfd_open (pid);
  gboolean killed;

  if (pidfd < 0 && errno != ESRCH)
    return b9_fail_errno (error, errno, "the container's process %d cannot be watched", (int)pid);
  if (pidfd >= 0 && b9_process_alive (pid, 0)) {
    killed = b9_container_has_trait (target, B9_CHECKPOINT_PAUSED_REFUSES_KILL)
                 ? b9_pidfd_signal (pidfd, SIGKILL)
                 : kill_all (target, error);
    if (!killed && error != NULL && *error == NULL)
      return b9_fail_errno (error, errno, "the container's process %d cannot be ended", (int)pid);
    if (!killed)
      return FALSE;
    if (!wait_for_end (pidfd))
      return b9_fail (error, B9_ERROR_TIMEOUT, "the container's process %d was killed and does not end",
                      (int)pid);
  }
  if (b9_container_has_trait (target, B9_CHECKPOINT_SAVE_DELETES))
    delete_container (index, target);
  return TRUE;
}

/* "RssAnon:  123 kB" */
static guint64
kilobytes (const char *text, const char *name)
{
  const char *line = strstr (text, name);

  return line != NULL ? g_ascii_strtoull (line + strlen (name), NULL, 10) : 0;
}

/* The sum of lines of one file of /proc of each process. */
static guint64
add_up (const B9Target *target, pid_t pid, const char *name, const char *const *lines)
{
  g_autoptr (GArray) processes = b9_container_processes (b9_container_cgroups (target), pid);
  guint64 sum = 0;

  for (guint i = 0; i < processes->len; i++) {
    const B9ContainerProcess *process = &g_array_index (processes, B9ContainerProcess, i);
    g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int)process->pid, name);
    g_autofree char *text = NULL;

    if (!g_file_get_contents (path, &text, NULL, NULL))
      continue;
    for (const char *const *line = lines; *line != NULL; line++)
      sum += kilobytes (text, *line);
  }
  return 1024 * sum;
}

guint64
b9_container_memory (const B9Target *target, pid_t pid)
{
  static const char *const lines[] = {"Pss_Anon:", "Pss_Shmem:", "\nSwapPss:", NULL};

  return add_up (target, pid, "smaps_rollup", lines);
}

guint64
b9_container_memory_at_most (const B9Target *target, pid_t pid)
{
  static const char *const lines[] = {"RssAnon:", "RssShmem:", "VmSwap:", NULL};

  return add_up (target, pid, "status", lines);
}
