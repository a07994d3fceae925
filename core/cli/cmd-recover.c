/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-recover.c: `recover [ID]`: what checkpoints, restores, pauses and resumes that were cut off have left,
 * brought to an end (core/checkpoint/recover.h).  Every other command does the same for the container that it
 * names.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include <stdio.h>

#include "core/checkpoint/journal.h"
#include "core/checkpoint/recover.h"
#include "core/cli/app.h"
#include "core/run/claim.h"
#include "core/sys/failure.h"

static const char *
result_words (B9Recovery recovery)
{
  switch (recovery) {
  case B9_RECOVERY_BUSY:
    return "an operation is at work";
  case B9_RECOVERY_UNDONE:
    return "a checkpoint was undone";
  case B9_RECOVERY_FINISHED:
    return "a checkpoint was finished";
  case B9_RECOVERY_DELETED:
    return "half a restore was deleted";
  case B9_RECOVERY_AMENDED:
    return "a pause or resume was cut off, and its state is as it has come out";
  default:
    return "nothing to do";
  }
}

/* Takes @record. */
static gboolean
recover_one (B9App *app, B9Record *record, GError **error)
{
  g_auto (B9Target) target = {0};
  g_autofree char *id = g_strdup (record->id);
  const B9Runtime *runtime = b9_app_runtime (app, record->backend, error);
  g_autoptr (GError) problem = NULL;
  B9Recovery recovery;
  B9Worker worker;

  if (runtime == NULL) {
    b9_record_free (record);
    return FALSE;
  }
  if (!b9_target_from_record (&target, runtime, record, error))
    return FALSE;
  if (!b9_recover_patiently (app->index, &target, app->registry, app->config, &recovery, &worker, &problem)) {
    g_warning ("%s", problem->message); /* a guardian's has nobody else to tell */
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  printf ("%s: %s\n", id, result_words (recovery));
  return TRUE;
}

/* The first of several problems is the command's error, and the others are said at once. */
static void
add_problem (const char *message, int code, int *status, GError **error)
{
  *status = -1;
  if (error != NULL && *error == NULL)
    b9_fail (error, code, "%s", message);
  else
    fprintf (stderr, "b9run: %s\n", message);
}

/* One that cannot be brought back keeps no other from it. */
static int
recover_all (B9App *app, GError **error)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) records = b9_index_all (app->index, problems);
  int status = 0;

  for (guint i = 0; i < problems->len; i++)
    add_problem (g_ptr_array_index (problems, i), B9_ERROR_IO, &status, error);
  for (guint i = 0; i < records->len; i++) {
    const B9Record *record = g_ptr_array_index (records, i);
    g_autoptr (GError) problem = NULL;
    B9Record *own;

    if (!b9_journal_exists (record->directory))
      continue;
    own = b9_record_load (record->directory, &problem);
    if (own == NULL || !recover_one (app, own, &problem))
      add_problem (problem->message, problem->code, &status, error);
  }
  return status;
}

int
b9_cmd_recover (B9App *app, const B9Line *line, GError **error)
{
  const char *id = b9_line_argument (line, 0);
  g_autofree char *root = b9_app_explicit_root (app);
  const B9Query query = {.id = id, .root = root};
  B9Record *record = NULL;

  if (b9_app_index (app, error) == NULL || b9_app_registry (app, error) == NULL)
    return -1;
  if (id == NULL)
    return recover_all (app, error);
  if (!b9_check_id (id, error) || !b9_index_find (app->index, &query, &record, error))
    return -1;
  if (record == NULL) {
    b9_fail (error, B9_ERROR_NOT_FOUND, "container does not exist: %s (b9run list shows what there is)", id);
    return -1;
  }
  return recover_one (app, record, error) ? 0 : -1;
}
