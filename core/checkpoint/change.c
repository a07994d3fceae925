/* SPDX-License-Identifier: Apache-2.0
 *
 * change.c: see change.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/change.h"

#include "core/checkpoint/programs.h"
#include "core/checkpoint/status.h"

gboolean
b9_change_begin (const B9Target *target, B9Operation operation, GError **error)
{
  gboolean pauses = operation == B9_OPERATION_PAUSE;
  g_autoptr (GError) problem = NULL;

  if (b9_status_begin (target, pauses ? "paused" : "running", &problem) || !pauses) {
    b9_programs_mark_change (TRUE);
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

gboolean
b9_change_end (const B9Target *target, gboolean done, GError **error)
{
  b9_programs_mark_change (FALSE);
  if (!done)
    return b9_status_amend (target, error);
  b9_status_done (target);
  return TRUE;
}

/* A resume does without a journal that cannot be written, but not beside somebody at work. */
static gboolean
can_do_without (B9Operation operation, const GError *problem)
{
  return operation != B9_OPERATION_PAUSE && !g_error_matches (problem, B9_ERROR, B9_ERROR_BUSY);
}

gboolean
b9_owner_change_begin (const B9Target *target, B9Operation operation, B9Journal **journal, GError **error)
{
  g_autoptr (B9Journal) begun = NULL;
  g_autoptr (GError) problem = NULL;

  *journal = NULL;
  if (target->record == NULL || !b9_status_needs_notes (target))
    return TRUE;
  begun = b9_journal_begin (target->record->directory, B9_WORK_CHANGE, &problem);
  if (begun == NULL || !b9_journal_step (begun, B9_STEP_CHANGE, &problem) ||
      !b9_change_begin (target, operation, &problem)) {
    if (begun != NULL)
      b9_journal_end (begun);
    if (can_do_without (operation, problem))
      return TRUE;
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  b9_programs_mark (begun->token);
  *journal = g_steal_pointer (&begun);
  return TRUE;
}

void
b9_owner_change_end (const B9Target *target, B9Journal *journal, gboolean done)
{
  g_autoptr (B9Journal) begun = journal;
  g_autoptr (GError) problem = NULL;

  if (begun == NULL)
    return;
  b9_programs_mark (NULL);
  if (b9_change_end (target, done, &problem))
    b9_journal_end (begun);
  else
    g_warning ("container %s: %s", target->id, problem->message);
}
