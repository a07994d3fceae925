/* SPDX-License-Identifier: Apache-2.0
 *
 * recover.c: see recover.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/recover.h"

#include "core/checkpoint/container.h"
#include "core/checkpoint/job.h"
#include "core/checkpoint/programs.h"
#include "core/checkpoint/status.h"
#include "core/run/claim.h"
#include "core/run/sweep.h"
#include "core/sys/failure.h"

#define PATIENCE_US (60 * G_USEC_PER_SEC)
#define CHANGE_PATIENCE_US (10 * G_USEC_PER_SEC)
#define LOOK_US 10000

typedef struct {
  B9Index *index;
  B9Target *target;
  B9Journal *journal;
  B9Parties *parties; /* NULL where no device provider was at work */
  pid_t pid;
  gboolean has_ended;
} Work;

static gboolean
wants_devices (const Work *work)
{
  return work->journal->devices != NULL && work->journal->devices[0] != NULL;
}

static gboolean
join (Work *work, B9Registry *registry, const B9Config *config, B9Job *job, GError **error)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  if (!wants_devices (work))
    return TRUE;
  work->parties = b9_parties_open (registry, config, b9_index_directory (work->index),
                                   work->target->runtime->backend, error);
  if (work->parties == NULL)
    return FALSE;
  b9_parties_insist (work->parties);
  b9_job_init (job, work->target, B9_OPERATION_CHECKPOINT, none, work->journal->image, work->journal->image,
               NULL);
  job->job.init_pid = work->pid;
  return b9_parties_join (work->parties, &job->job, b9_container_cgroups (work->target),
                          (const char *const *)work->journal->devices, error);
}

/* One that has ended meanwhile has nothing to be brought back. */
static gboolean
let_run (Work *work, GError **error)
{
  g_autoptr (GError) problem = NULL;

  if (b9_container_continue (work->target, &problem))
    return TRUE;
  work->has_ended = g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_RUNNING);
  if (!work->has_ended)
    g_propagate_error (error, g_steal_pointer (&problem));
  return work->has_ended;
}

/* By what the container is now, whatever was to be done next. */
static gboolean
bring_back (Work *work, GError **error)
{
  gboolean touched = work->journal->step >= B9_STEP_SUSPEND && !work->has_ended;
  gboolean stays_paused = work->journal->was_paused && !wants_devices (work);

  if (touched && !stays_paused && !let_run (work, error))
    return FALSE;
  if (work->has_ended)
    return TRUE;
  if (touched && work->parties != NULL && !b9_parties_resume (work->parties, error))
    return FALSE;
  return !(touched && work->journal->was_paused && !stays_paused) || b9_container_pause (work->target, error);
}

gboolean
b9_recover_image (B9Journal *journal, GError **error)
{
  g_auto (GStrv) patterns = g_steal_pointer (&journal->patterns);

  if (journal->image == NULL)
    return TRUE;
  if (patterns != NULL) {
    b9_image_undo (journal->image, (const char *const *)patterns, NULL);
    if (!b9_journal_step (journal, journal->step, error)) {
      g_prefix_error (error, "what was in %s before cannot be put back: ", journal->image);
      return FALSE;
    }
  }
  b9_image_undo (journal->image, NULL, journal->aside);
  return TRUE;
}

static gboolean
undo (Work *work, GError **error)
{
  return bring_back (work, error) && b9_recover_image (work->journal, error);
}

static gboolean
finish (Work *work, GError **error)
{
  b9_image_settle (work->journal->aside);
  if (work->journal->step == B9_STEP_CONTINUE)
    return bring_back (work, error);
  b9_container_note_saved (work->target->record);
  return work->has_ended || b9_container_end (work->index, work->target, work->pid, error);
}

static void
delete_restored (Work *work)
{
  g_autoptr (GError) problem = NULL;
  g_autofree char *answer = NULL;

  b9_sweep_mounts (work->target);
  if (b9_target_exists (work->target))
    answer = b9_delete_by_force (work->target, &problem);
  if (problem != NULL)
    g_warning ("container %s, half restored, could not be deleted by its runtime: %s", work->target->id,
               problem->message);
  b9_discard (work->index, work->target);
}

/* A runtime that does not answer tells nothing of the container, which may be paused. */
static gboolean
look (Work *work, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (B9State) state = NULL;

  /* Whoever killed b9run may have killed a pause or resume of its with it. */
  if (work->journal->step >= B9_STEP_SUSPEND && !b9_status_amend (work->target, error))
    return FALSE;
  state = b9_query_state (work->target, NULL, &problem);
  if (state == NULL && b9_target_exists (work->target)) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  work->has_ended = state == NULL || g_strcmp0 (state->status, "stopped") == 0;
  work->pid = state != NULL ? state->pid : 0;
  return TRUE;
}

static gboolean
proceed (Work *work, B9Registry *registry, const B9Config *config, B9Recovery *result, GError **error)
{
  B9Step step = work->journal->step;
  gboolean restores = step == B9_STEP_RESTORE || step == B9_STEP_CHECK;
  B9Job job = {0};
  gboolean done;

  g_message ("container %s: a %s was cut off at the step \"%s\"; it is brought to an end", work->target->id,
             step == B9_STEP_CHANGE ? "pause or resume" : "checkpoint or restore", b9_step_name (step));
  if (!b9_programs_end (work->journal->token, work->journal->image,
                        restores ? B9_ENDING_RESTORE : B9_ENDING_SAVE))
    return b9_fail (error, B9_ERROR_FAILED, "a program of the operation that was cut off does not end");
  b9_programs_mark (work->journal->token); /* for whoever recovers it where we are cut off too */
  if (step == B9_STEP_CHANGE) {
    *result = B9_RECOVERY_AMENDED;
    return b9_status_amend (work->target, error);
  }
  if (restores) {
    delete_restored (work);
    *result = B9_RECOVERY_DELETED;
    return TRUE;
  }
  if (!look (work, error))
    return FALSE;
  done = work->has_ended || join (work, registry, config, &job, error);
  if (done && (step == B9_STEP_STOP || step == B9_STEP_CONTINUE)) {
    *result = B9_RECOVERY_FINISHED;
    done = finish (work, error);
  } else if (done) {
    *result = B9_RECOVERY_UNDONE;
    done = undo (work, error);
  }
  b9_job_clear (&job);
  return done;
}

/* The container has gone with its boot, and the image has not: the new one stays where it was whole, else the
 * earlier one comes back. */
static gboolean
settle_image (B9Journal *journal, GError **error)
{
  if (journal->step != B9_STEP_STOP && journal->step != B9_STEP_CONTINUE)
    return b9_recover_image (journal, error);
  b9_image_settle (journal->aside);
  return TRUE;
}

gboolean
b9_recover (B9Index *index, B9Target *target, B9Registry *registry, const B9Config *config,
            B9Recovery *result, GError **error)
{
  gboolean busy = FALSE;
  g_autoptr (GError) problem = NULL;
  g_autoptr (B9Journal) journal = b9_journal_take_over (target->record->directory, &busy, &problem);
  Work work = {.index = index, .target = target, .journal = journal};
  gboolean done;

  *result = busy ? B9_RECOVERY_BUSY : B9_RECOVERY_NONE;
  if (journal == NULL && problem != NULL) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  if (journal == NULL)
    return TRUE;
  if (!b9_record_is_of_this_boot (target->record)) {
    if (!settle_image (journal, error))
      return FALSE;
    b9_journal_end (journal);
    return TRUE;
  }
  done = proceed (&work, registry, config, result, error);
  b9_programs_mark (NULL);
  g_clear_pointer (&work.parties, b9_parties_free);
  if (done)
    b9_journal_end (journal);
  else
    g_prefix_error (error,
                    "an operation on container %s was cut off, and it cannot be brought back: ", target->id);
  return done;
}

static gboolean
is_worth_waiting (B9Work work, gint64 since)
{
  gint64 patience = work == B9_WORK_CHANGE ? CHANGE_PATIENCE_US : PATIENCE_US;

  return b9_work_is_short (work) && g_get_monotonic_time () < since + patience;
}

/* Nobody known has the lock for a moment only: who begins, and a guardian that looks whether it is needed. */
gboolean
b9_recover_patiently (B9Index *index, B9Target *target, B9Registry *registry, const B9Config *config,
                      B9Recovery *result, B9Worker *worker, GError **error)
{
  const char *directory = target->record->directory;
  gint64 since = g_get_monotonic_time ();

  *result = B9_RECOVERY_NONE;
  while (b9_journal_exists (directory)) {
    *worker = (B9Worker){.work = B9_WORK_RECOVERY};
    if (!b9_recover (index, target, registry, config, result, error))
      return FALSE;
    if (*result != B9_RECOVERY_BUSY)
      return TRUE;
    b9_journal_worker (directory, worker);
    if (!is_worth_waiting (worker->work, since))
      return TRUE;
    g_usleep (LOOK_US);
    *result = B9_RECOVERY_NONE;
  }
  return TRUE;
}
