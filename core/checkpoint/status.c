/* SPDX-License-Identifier: Apache-2.0
 *
 * status.c: see status.h.  The note is a line with what is wanted, and then what the runtime's files said.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/status.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/checkpoint/journal.h"
#include "core/run/query.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define NOTE_MAX (17 * 1024 * 1024)

static char *
note_of (const B9Target *target)
{
  return b9_record_file (target->record, B9_JOURNAL_STATUS_NAME);
}

gboolean
b9_status_needs_notes (const B9Target *target)
{
  const B9Backend *backend = target->runtime->backend;

  return B9_STRUCT_HAS (backend, amend_status) && B9_STRUCT_HAS (backend, keep_status);
}

gboolean
b9_status_begin (const B9Target *target, const char *wanted, GError **error)
{
  B9Request request = b9_target_request (target, B9_OPERATION_STATE);
  g_autofree char *path = note_of (target);
  g_autofree char *kept = NULL;
  g_autofree char *note = NULL;

  if (!b9_status_needs_notes (target))
    return TRUE;
  kept = target->runtime->backend->keep_status (&target->runtime->host, &request);
  note = g_strconcat (wanted, "\n", kept, NULL);
  return b9_replace_file (AT_FDCWD, path, note, strlen (note), 0600, error);
}

void
b9_status_done (const B9Target *target)
{
  g_autofree char *path = note_of (target);

  if (b9_status_needs_notes (target))
    unlink (path);
}

/* The container's first process, or 0 where it has ended.  A record of another PID namespace does not tell.
 */
static gboolean
find_process (const B9Target *target, pid_t *pid, GError **error)
{
  const B9Record *record = target->record;
  g_autoptr (GError) problem = NULL;
  g_autoptr (B9State) state = NULL;

  *pid = 0;
  if (record->pid > 0 && b9_record_is_ours (record)) {
    *pid = b9_process_alive (record->pid, record->pid_start) ? record->pid : 0;
    return TRUE;
  }
  state = b9_query_state (target, NULL, &problem);
  if (state != NULL && strcmp (state->status, "stopped") != 0)
    *pid = state->pid;
  if (state != NULL || !b9_target_exists (target))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

static gboolean
amend (const B9Target *target, char *note, GError **error)
{
  B9Request request = b9_target_request (target, B9_OPERATION_STATE);
  char *kept = strchr (note, '\n');
  pid_t pid;

  if (kept == NULL)
    return TRUE;
  *kept++ = '\0';
  return find_process (target, &pid, error) &&
         target->runtime->backend->amend_status (&target->runtime->host, &request, (int)pid, note,
                                                 *kept != '\0' ? kept : NULL, error);
}

gboolean
b9_status_amend (const B9Target *target, GError **error)
{
  g_autofree char *path = note_of (target);
  g_autofree char *note = NULL;
  g_autoptr (GError) problem = NULL;

  if (!b9_status_needs_notes (target))
    return TRUE;
  note = b9_read_file (AT_FDCWD, path, NOTE_MAX, NULL, &problem);
  if (g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND))
    return TRUE;
  if (note == NULL) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  if (!amend (target, note, error))
    return FALSE;
  unlink (path);
  return TRUE;
}
