/* SPDX-License-Identifier: Apache-2.0
 *
 * stream.c: see stream.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/stream.h"

#include <string.h>

#include "core/checkpoint/cancel.h"
#include "core/checkpoint/container.h"
#include "core/checkpoint/guardian.h"
#include "core/checkpoint/job.h"
#include "core/checkpoint/programs.h"
#include "core/log/client-log.h"
#include "core/run/claim.h"
#include "core/run/outcome.h"
#include "core/sys/failure.h"

static gboolean
explain (B9Parties *parties, const B9Job *job, const B9Watch *watch, GError **error)
{
  g_autofree char *message = b9_last_words (watch->output);

  if (b9_parties_explain (parties, &job->job, message != NULL ? message : "", error))
    return FALSE;
  return b9_outcome_failed (job->target->runtime, &job->request, watch->wait_status, message, error);
}

static gboolean
run (const B9Save *save, B9Job *job, B9Parties *parties, B9Journal *journal, const sigset_t *mask,
     GError **error)
{
  B9Watch watch = {.mask = mask, .token = journal->token, .image = save->image, .progress = save->progress};
  gboolean done;

  b9_progress_step (save->progress, b9_step_name (B9_STEP_SAVE), 0);
  if (!b9_job_command (job, parties, FALSE, &watch.argv, &watch.environment, error))
    return FALSE;
  done = b9_watch_run (&watch, error);
  if (done && watch.wait_status != 0)
    done = explain (parties, job, &watch, error);
  g_free (watch.output);
  g_strfreev (watch.argv);
  g_strfreev (watch.environment);
  return done;
}

static gboolean
begin (const B9Save *save, B9Job *job, B9Parties *parties, B9Journal *journal, const sigset_t *mask,
       GError **error)
{
  g_autoptr (B9State) state = b9_query_state (save->target, NULL, error);

  if (state == NULL)
    return FALSE;
  if (strcmp (state->status, "running") != 0 && strcmp (state->status, "paused") != 0)
    return b9_fail (error, B9_ERROR_WRONG_STATE, "container cannot be checkpointed in %s state",
                    state->status);
  journal->image = g_strdup (save->image);
  journal->was_paused = strcmp (state->status, "paused") == 0;
  job->job.init_pid = state->pid;
  if (g_mkdir_with_parents (save->image, 0700) != 0 || g_mkdir_with_parents (save->work, 0700) != 0)
    return b9_fail (error, B9_ERROR_IO, "the image directory %s or the work path %s cannot be made",
                    save->image, save->work);
  return b9_parties_check_before (parties, &job->job, error) &&
         b9_guardian_start (journal, save->recover, mask, error) &&
         b9_journal_step (journal, B9_STEP_SAVE, error);
}

/* What a dump that was cut off holds is let go. */
static void
bring_back (const B9Save *save, const B9Journal *journal)
{
  g_autoptr (GError) problem = NULL;

  b9_programs_end (journal->token, journal->image, B9_ENDING_SAVE);
  if (!journal->was_paused && !b9_has_ended (save->target) && !b9_container_continue (save->target, &problem))
    g_warning ("%s", problem->message);
}

gboolean
b9_stream_save (B9Save *save, GError **error)
{
  g_autoptr (B9Journal) journal = b9_journal_begin (save->target->record->directory, B9_WORK_CHECKPOINT,
                                                    error);
  g_autoptr (B9Parties) parties = NULL;
  B9Job job = {0};
  sigset_t before;
  gboolean done = FALSE;

  if (journal == NULL)
    return FALSE;
  b9_programs_mark (journal->token);
  b9_cancel_arm (save->timeout_seconds, &before);
  b9_job_init (&job, save->target, B9_OPERATION_CHECKPOINT, save->options, save->image, save->work,
               save->strategy);
  parties = b9_parties_open (save->registry, save->config, b9_index_directory (save->index),
                             save->target->runtime->backend, error);
  if (parties != NULL && begin (save, &job, parties, journal, &before, error)) {
    done = run (save, &job, parties, journal, &before, error);
    if (!done)
      bring_back (save, journal);
  }
  b9_progress_end (save->progress);
  b9_programs_mark (NULL);
  b9_journal_end (journal);
  if (done && !b9_target_exists (save->target))
    b9_disclaim (save->index, save->target);
  b9_job_clear (&job);
  b9_cancel_disarm (&before);
  return done;
}
