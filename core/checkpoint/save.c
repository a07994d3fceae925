/* SPDX-License-Identifier: Apache-2.0
 *
 * save.c: see save.h.  The way back is roll_back(); after a crash recover.c goes the same way by the journal.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/save.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/checkpoint/cancel.h"
#include "core/checkpoint/container.h"
#include "core/checkpoint/guardian.h"
#include "core/checkpoint/job.h"
#include "core/checkpoint/outsiders.h"
#include "core/checkpoint/programs.h"
#include "core/checkpoint/recover.h"
#include "core/checkpoint/stillness.h"
#include "core/log/client-log.h"
#include "core/run/claim.h"
#include "core/run/outcome.h"
#include "core/sys/failure.h"

#define LOCK_MS 10000

/* More is written than memory alone: the tasks' state, files, tmpfs. */
#define EXTRA_ROOM (16 * 1024 * 1024)

/* One save at work. */
typedef struct {
  const B9Save *save;
  B9Target *target;
  const B9Backend *backend;
  B9Job job;
  B9Parties *parties;
  B9Journal *journal;
  B9Outsiders outsiders;
  B9Stillness *stillness; /* NULL where the container goes on, or has ended with the save */
  sigset_t mask;
  pid_t pid;
  guint64 expected; /* how many bytes the image may have */
} Work;

static void
work_clear (Work *work)
{
  b9_cancel_disarm (&work->mask);
  b9_programs_mark (NULL);
  b9_progress_end (work->save->progress);
  g_clear_pointer (&work->parties, b9_parties_free);
  g_clear_pointer (&work->journal, b9_journal_free);
  b9_outsiders_clear (&work->outsiders);
  g_clear_pointer (&work->stillness, b9_stillness_free);
  b9_job_clear (&work->job);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

static const char *const *
patterns (const Work *work)
{
  static const char *const none[] = {NULL};

  return B9_STRUCT_HAS (work->backend, image_patterns) ? work->backend->image_patterns : none;
}

static gboolean
go_on (GError **error)
{
  const char *reason = b9_cancel_reason ();

  return reason == NULL ||
         b9_fail (error, strstr (reason, "timeout") != NULL ? B9_ERROR_TIMEOUT : B9_ERROR_FAILED,
                  "cancelled: %s", reason);
}

/* On the disk, then on the screen. */
static gboolean
step (Work *work, B9Step next, guint64 total, GError **error)
{
  if (!go_on (error) || !b9_journal_step (work->journal, next, error))
    return FALSE;
  b9_progress_step (work->save->progress, b9_step_name (next), total);
  return TRUE;
}

static gboolean
check_state (Work *work, GError **error)
{
  g_autoptr (B9State) state = b9_look_at_state (work->target, error);

  if (state == NULL)
    return FALSE;
  if (strcmp (state->status, "stopped") == 0)
    return b9_fail (error, B9_ERROR_NOT_RUNNING, "container not running: %s has ended", work->target->id);
  if (strcmp (state->status, "running") != 0 && strcmp (state->status, "paused") != 0)
    return b9_fail (error, B9_ERROR_WRONG_STATE,
                    "container cannot be checkpointed in %s state: start it first (b9run start %s)",
                    state->status, work->target->id);
  work->journal->was_paused = strcmp (state->status, "paused") == 0;
  work->pid = state->pid;
  work->job.job.init_pid = state->pid;
  return TRUE;
}

static gboolean
fail_room (const char *what, guint64 needed, guint64 available, GError **error)
{
  g_autofree char *wanted = g_format_size_full (needed, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *there = g_format_size_full (available, G_FORMAT_SIZE_IEC_UNITS);

  return b9_fail (error, B9_ERROR_IO, "%s has %s free, and the save may take %s; nothing was touched", what,
                  there, wanted);
}

/* "MemAvailable:  123 kB" of /proc/meminfo. */
static guint64
available_memory (void)
{
  g_autofree char *path = b9_host_path ("/proc/meminfo");
  g_autofree char *text = NULL;
  const char *line = NULL;

  if (g_file_get_contents (path, &text, NULL, NULL))
    line = strstr (text, "MemAvailable:");
  return line != NULL ? 1024 * g_ascii_strtoull (line + strlen ("MemAvailable:"), NULL, 10) : G_MAXUINT64;
}

/* Before anything is locked: device state moves into memory, and memory onto the disk. */
static gboolean
check_room (Work *work, GError **error)
{
  guint64 devices = b9_parties_device_bytes (work->parties);
  guint64 room = b9_container_has_trait (work->target, B9_CHECKPOINT_RAW_MEMORY)
                     ? b9_image_free_space (work->save->image)
                     : G_MAXUINT64;

  work->expected = b9_container_memory_at_most (work->target, work->pid) + devices;
  if (work->expected + EXTRA_ROOM > room) /* processes may share most of it */
    work->expected = b9_container_memory (work->target, work->pid) + devices;
  if (devices > available_memory ())
    return fail_room ("the memory for what the container holds on its devices", devices, available_memory (),
                      error);
  return work->expected + EXTRA_ROOM <= room ||
         fail_room (work->save->image, work->expected + EXTRA_ROOM, room, error);
}

static gboolean
prepare_image (Work *work, GError **error)
{
  g_autofree char *aside = b9_image_aside (work->save->image);

  work->journal->image = g_strdup (work->save->image);
  work->journal->aside = g_strdup (aside);
  if (!step (work, B9_STEP_BEGUN, 0, error) ||
      !b9_image_prepare (work->save->image, patterns (work), aside, error))
    return FALSE;
  return g_mkdir_with_parents (work->save->work, 0700) == 0 ||
         b9_fail (error, B9_ERROR_IO, "the work path %s cannot be made", work->save->work);
}

/* Processes with device state have to run while it is taken from them. */
static gboolean
suspend_devices (Work *work, GError **error)
{
  if (!b9_parties_want_suspend (work->parties))
    return TRUE;
  work->journal->devices = b9_parties_names (work->parties);
  if (!step (work, B9_STEP_SUSPEND, b9_parties_device_bytes (work->parties), error))
    return FALSE;
  if (work->journal->was_paused && !b9_container_continue (work->target, error))
    return FALSE;
  return b9_parties_suspend (work->parties, LOCK_MS, error);
}

static gboolean
pause_container (Work *work, GError **error)
{
  gboolean is_paused = work->journal->was_paused && !b9_parties_want_suspend (work->parties);
  B9Watch watch = {.mask = &work->mask, .token = work->journal->token};
  gboolean paused;

  if (!step (work, B9_STEP_PAUSE, 0, error))
    return FALSE;
  paused = is_paused || b9_container_pause_watched (work->target, &watch, &work->journal->was_paused, error);
  g_strfreev (watch.argv);
  g_free (watch.output);
  return paused;
}

/* What a failed runtime has said, in the words of whoever knows them best. */
static gboolean
fail_save (const Work *work, const B9Watch *watch, GError **error)
{
  g_autofree char *message = b9_last_words (watch->output);

  if (b9_parties_explain (work->parties, &work->job.job, message != NULL ? message : "", error))
    return FALSE;
  return b9_outcome_failed (work->target->runtime, &work->job.request, watch->wait_status, message, error);
}

/* CRIU takes away the links that an image with --link-remap needs when the container goes on, if only for the
 * time that the image is verified; so here the save itself ends the container. */
static gboolean
ends_with_save (const Work *work)
{
  return !work->save->leave_running && b9_container_has_trait (work->target, B9_CHECKPOINT_SAVE_DELETES) &&
         b9_job_has_option (&work->job, "link-remap");
}

static gboolean
run_save (Work *work, GError **error)
{
  B9Watch watch = {.mask = &work->mask,
                   .token = work->journal->token,
                   .image = work->save->image,
                   .patterns = patterns (work),
                   .progress = work->save->progress};
  gboolean saved;

  work->journal->patterns = g_strdupv ((char **)patterns (work));
  if (!step (work, B9_STEP_SAVE, work->expected, error) ||
      !b9_job_command (&work->job, work->parties, !ends_with_save (work), &watch.argv, &watch.environment,
                       error))
    return FALSE;
  saved = b9_watch_run (&watch, error);
  if (saved && watch.wait_status != 0)
    saved = fail_save (work, &watch, error);
  if (saved && !work->save->leave_running && !ends_with_save (work))
    work->stillness = b9_stillness_note (work->target, work->pid);
  g_free (watch.output);
  g_strfreev (watch.argv);
  g_strfreev (watch.environment);
  return saved;
}

/* What the runtime calls a success may be half an image. */
static gboolean
check_image (const Work *work, const GPtrArray *files, GError **error)
{
  for (guint i = 0; i < files->len; i++) {
    const B9ImageFile *file = g_ptr_array_index (files, i);

    if (strcmp (file->name, work->backend->image_file) == 0 && file->size > 0)
      return TRUE;
  }
  return b9_fail (error, B9_ERROR_BACKEND_FAILED,
                  "%s says that it has saved the container, but %s/%s is missing or empty",
                  work->target->program, work->save->image, work->backend->image_file);
}

static gboolean
count_bytes (guint64 bytes, gpointer data)
{
  B9Progress *progress = data;

  b9_progress_bytes (progress, progress->bytes + bytes);
  return !b9_cancel_is_wanted ();
}

static gboolean
add_digests (const Work *work, const GPtrArray *files, GError **error)
{
  for (guint i = 0; i < files->len; i++) {
    B9ImageFile *file = g_ptr_array_index (files, i);
    g_autofree char *path = g_build_filename (work->save->image, file->name, NULL);
    guint64 size = 0;

    file->sha256 = b9_digest_file (path, &size, count_bytes, work->save->progress, error);
    if (file->sha256 == NULL)
      return FALSE;
    if (size != file->size)
      return b9_fail (error, B9_ERROR_IO, "%s changes while it is read", path);
  }
  return TRUE;
}

/* The final spec goes into the image, so that it can be restored where the bundle is not. */
static gboolean
save_spec (const Work *work, B9Manifest *manifest, GError **error)
{
  g_autofree char *target = g_build_filename (work->save->image, B9_MANIFEST_SPEC_NAME, NULL);
  const B9Bundle *bundle = work->job.bundle;
  GBytes *bytes;
  gsize size;
  const char *text;

  if (bundle == NULL)
    return TRUE;
  manifest->terminal = bundle->terminal;
  b9_job_add_mounts (manifest, bundle->config);
  bytes = b9_json_text_bytes (bundle->config);
  text = g_bytes_get_data (bytes, &size);
  return b9_replace_file (AT_FDCWD, target, text, size, 0600, error);
}

static gboolean
write_manifest (Work *work, GPtrArray *files, B9Manifest *manifest, GError **error)
{
  const GArray *steps = work->save->progress->steps;

  b9_job_describe (&work->job, manifest);
  manifest->parent = g_strdup (work->save->parent);
  manifest->image_provider = g_strdup (b9_parties_image_provider (work->parties));
  b9_parties_describe (work->parties, &work->job.job, manifest);
  for (guint i = 0; i < steps->len; i++) {
    const B9ProgressStep *taken = &g_array_index (steps, B9ProgressStep, i);

    b9_manifest_add_timing (manifest, taken->step, taken->microseconds);
  }
  g_ptr_array_unref (manifest->files);
  manifest->files = g_ptr_array_ref (files);
  return b9_manifest_write (manifest, work->save->image, error);
}

static gboolean
verify (Work *work, GError **error)
{
  g_autoptr (B9Manifest) manifest = b9_manifest_new ();
  g_autoptr (GPtrArray) files = NULL;
  guint64 bytes = b9_image_bytes (work->save->image, patterns (work));

  if (!step (work, B9_STEP_VERIFY, work->save->digests ? bytes : 0, error) ||
      !save_spec (work, manifest, error))
    return FALSE;
  files = b9_image_files (work->save->image, patterns (work), error);
  if (files == NULL || !check_image (work, files, error))
    return FALSE;
  b9_image_begin_flush (work->save->image, files);
  if ((work->save->digests && !add_digests (work, files, error)) ||
      !b9_image_flush (work->save->image, files, error))
    return FALSE;
  if (work->save->take_more != NULL && !work->save->take_more (work->save->data, manifest, error))
    return FALSE;
  return go_on (error) && write_manifest (work, files, manifest, error);
}

static gboolean
end_container (Work *work, GError **error)
{
  b9_container_note_saved (work->target->record);
  if (b9_container_end (work->save->index, work->target, work->pid, error))
    return TRUE;
  g_prefix_error (error, "the image in %s is whole, but: ", work->save->image);
  return FALSE;
}

static gboolean
continue_container (Work *work, GError **error)
{
  gboolean done = TRUE;

  b9_parties_insist (work->parties);
  if (!(work->journal->was_paused && !b9_parties_want_suspend (work->parties)))
    done = b9_container_continue (work->target, error);
  if (done)
    done = b9_parties_resume (work->parties, error);
  if (done && work->journal->was_paused && b9_parties_want_suspend (work->parties))
    done = b9_container_pause (work->target, error);
  if (!done)
    g_prefix_error (error, "the image in %s is whole, but: ", work->save->image);
  return done;
}

/* Brings the container back to what it was; FALSE where that fails, and then the journal stays. */
static gboolean
bring_back (Work *work, GError **error)
{
  B9Step reached = work->journal->step;
  gboolean back = TRUE;

  if (work->parties == NULL)
    return TRUE; /* nothing has been touched */
  b9_parties_insist (work->parties);
  if (reached >= B9_STEP_PAUSE)
    back = b9_programs_end (work->journal->token, work->save->image, B9_ENDING_SAVE);
  if (reached >= B9_STEP_SUSPEND && (!work->journal->was_paused || b9_parties_want_suspend (work->parties)))
    back = b9_container_continue (work->target, error) && back;
  if (back && reached >= B9_STEP_SUSPEND)
    back = b9_parties_resume (work->parties, error);
  if (back && work->journal->was_paused && b9_parties_want_suspend (work->parties))
    back = b9_container_pause (work->target, error);
  return back;
}

static void
roll_back (Work *work, GError **error)
{
  g_autoptr (GError) problem = NULL;
  gboolean back;

  b9_progress_step (work->save->progress, "undo", 0);
  back = bring_back (work, &problem) || b9_has_ended (work->target) || !b9_target_exists (work->target);
  if (back && problem != NULL) {
    g_prefix_error (error, "the container has ended meanwhile: ");
    g_clear_error (&problem);
  }
  if (b9_recover_image (work->journal, problem == NULL ? &problem : NULL) && back) {
    b9_journal_end (work->journal);
    return;
  }
  g_prefix_error (error,
                  "b9run could not bring everything back (%s); b9run recover %s tries again. It began with: ",
                  problem != NULL ? problem->message : "a program does not end", work->target->id);
}

static gboolean
begin (Work *work, GError **error)
{
  const B9Save *save = work->save;

  work->parties = b9_parties_open (save->registry, save->config, b9_index_directory (save->index),
                                   work->backend, error);
  if (work->parties == NULL || !check_state (work, error))
    return FALSE;
  /* It answers while the container is paused: then nothing was saved in vain. */
  if (!b9_outsiders_ask (&work->outsiders, work->target, &work->mask, error))
    return FALSE;
  /* Now, and not while the container waits: the manifest has to have it. */
  work->job.version = b9_job_version (work->target, error);
  if (work->job.version == NULL ||
      !b9_parties_join (work->parties, &work->job.job, b9_container_cgroups (work->target), NULL, error) ||
      !b9_parties_check_before (work->parties, &work->job.job, error))
    return FALSE;
  return prepare_image (work, error) && check_room (work, error);
}

/* An `exec` that was on its way when the container was paused may have come into the image: it is there now,
 * too. */
static gboolean
check_saved (Work *work, GError **error)
{
  return (ends_with_save (work) || b9_outsiders_ask (&work->outsiders, work->target, &work->mask, error)) &&
         verify (work, error) && b9_outsiders_check (&work->outsiders, work->target, error) &&
         b9_stillness_check (work->stillness, work->target, error);
}

/* Once the last step is on the disk the image is whole and stays, whatever comes; before, the earlier one is
 * still there to be moved back. */
static gboolean
save_paused (Work *work, GError **error)
{
  if (!begin (work, error) || !suspend_devices (work, error) || !pause_container (work, error) ||
      !b9_outsiders_check (&work->outsiders, work->target, error) || !run_save (work, error) ||
      !check_saved (work, error) ||
      !step (work, work->save->leave_running ? B9_STEP_CONTINUE : B9_STEP_STOP, 0, error))
    return FALSE;
  b9_image_settle (work->journal->aside);
  return TRUE;
}

gboolean
b9_save (B9Save *save, GError **error)
{
  g_auto (Work) work = {.save = save,
                        .target = save->target,
                        .backend = save->target->runtime->backend,
                        .outsiders = B9_OUTSIDERS_INIT};
  gboolean finished;

  b9_cancel_arm (save->timeout_seconds, &work.mask);
  b9_job_init (&work.job, save->target, B9_OPERATION_CHECKPOINT, save->options, save->image, save->work,
               save->strategy);
  if (!B9_STRUCT_HAS (work.backend, image_file))
    return b9_fail (error, B9_ERROR_UNSUPPORTED, "backend %s has no checkpoint", save->target->runtime->name);
  work.journal = b9_journal_begin (save->target->record->directory, B9_WORK_CHECKPOINT, error);
  if (work.journal == NULL)
    return FALSE;
  if (!b9_guardian_start (work.journal, save->recover, &work.mask, error))
    return FALSE;
  b9_programs_mark (work.journal->token);
  if (!save_paused (&work, error)) {
    roll_back (&work, error);
    return FALSE;
  }
  finished = save->leave_running ? continue_container (&work, error) : end_container (&work, error);
  if (finished)
    b9_journal_end (work.journal);
  return finished;
}
