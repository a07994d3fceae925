/* SPDX-License-Identifier: Apache-2.0
 *
 * restore.c: see restore.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/restore.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/checkpoint/cancel.h"
#include "core/checkpoint/container.h"
#include "core/checkpoint/guardian.h"
#include "core/checkpoint/programs.h"
#include "core/checkpoint/watchdog.h"
#include "core/sys/failure.h"
#include "core/sys/process.h"
#include "core/sys/words.h"

/* No file that a restore makes is larger than this or four times its image: a log without an end ends there,
 * also when nobody watches any more. */
#define LEAST_FILE_LIMIT (G_GUINT64_CONSTANT (16) * 1024 * 1024 * 1024)

#define YARD_PREFIX ".criu.cgyard."

static gboolean
count_bytes (guint64 bytes, gpointer data)
{
  B9Progress *progress = data;

  b9_progress_bytes (progress, progress->bytes + bytes);
  return !b9_cancel_is_wanted ();
}

/* In order, since that of different flags means nothing. */
static char *
joined_flags (char **flags)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();

  for (guint i = 0; flags != NULL && flags[i] != NULL; i++)
    g_ptr_array_add (sorted, flags[i]);
  g_ptr_array_sort (sorted, b9_compare_words);
  g_ptr_array_add (sorted, NULL);
  return g_strjoinv (" ", (char **)sorted->pdata);
}

static gboolean
check_backend (const B9Restore *restore, const B9Target *target, GError **error)
{
  const B9Manifest *manifest = restore->manifest;
  g_autofree char *version = NULL;
  g_autofree char *saved_flags = joined_flags (manifest->flags);
  g_autofree char *flags = joined_flags (target->flags);

  if (strcmp (manifest->backend, target->runtime->name) != 0)
    return b9_fail (error, B9_ERROR_START_COLD,
                    "backend-differs: the image was saved by backend %s, and this is %s; restore it with "
                    "--backend=%s, or start the container cold",
                    manifest->backend, target->runtime->name, manifest->backend);
  if (b9_container_has_trait (target, B9_CHECKPOINT_SAME_FLAGS) && strcmp (saved_flags, flags) != 0)
    return b9_fail (error, B9_ERROR_START_COLD,
                    "flags-differ: the image was saved under \"%s\", and these are \"%s\"; give the same, or "
                    "start the container cold",
                    saved_flags, flags);
  if (!b9_container_has_trait (target, B9_CHECKPOINT_SAME_VERSION) || manifest->backend_version == NULL)
    return TRUE;
  version = b9_job_version (target, error);
  if (version == NULL)
    return FALSE;
  if (strcmp (version, manifest->backend_version) != 0)
    return b9_fail (
        error, B9_ERROR_START_COLD,
        "backend-version-differs: the image was saved by \"%s\", and this is \"%s\", which cannot "
        "read it; start the container cold",
        manifest->backend_version, version);
  return TRUE;
}

/* An image without a manifest was made by the runtime alone, or by a b9run that was cut off. */
static gboolean
look_at_plain_image (const B9Restore *restore, const B9Target *target, GError **error)
{
  const B9Backend *backend = target->runtime->backend;
  g_autofree char *file = g_build_filename (restore->image, backend->image_file, NULL);
  g_autofree char *aside = b9_image_find_aside (restore->image);

  if (!g_file_test (restore->image, G_FILE_TEST_IS_DIR))
    return b9_fail (error, B9_ERROR_IO, "there is no image directory %s; name it with --image-path",
                    restore->image);
  if (aside != NULL)
    return b9_fail (error, B9_ERROR_START_COLD,
                    "image-damaged: the save into %s was cut off before its end; what was there before, if "
                    "anything, is in %s: move that back, take another copy, or start the container cold",
                    restore->image, aside);
  if (!g_file_test (file, G_FILE_TEST_IS_REGULAR) || g_file_test (file, G_FILE_TEST_IS_SYMLINK))
    return b9_fail (error, B9_ERROR_START_COLD,
                    "image-damaged: %s is no image of backend %s: it has neither %s nor a plain file %s",
                    restore->image, target->runtime->name, B9_MANIFEST_NAME, backend->image_file);
  g_warning ("the image %s has no manifest: it was not saved by b9run, or not to its end; nothing tells "
             "whether it is whole and fits this host",
             restore->image);
  return TRUE;
}

gboolean
b9_restore_look (B9Restore *restore, const B9Target *target, GError **error)
{
  const B9Backend *backend = target->runtime->backend;
  g_autoptr (GError) problem = NULL;

  if (!B9_STRUCT_HAS (backend, image_file))
    return b9_fail (error, B9_ERROR_UNSUPPORTED, "backend %s has no restore", target->runtime->name);
  restore->manifest = b9_manifest_read (restore->image, &problem);
  if (g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND))
    return look_at_plain_image (restore, target, error);
  if (g_error_matches (problem, B9_ERROR, B9_ERROR_BAD_INPUT))
    return b9_fail (error, B9_ERROR_START_COLD,
                    "image-damaged: %s; take another copy of the image, or start the container cold",
                    problem->message);
  if (restore->manifest == NULL) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  b9_progress_step (restore->progress, "look",
                    restore->verify_digests ? b9_manifest_bytes (restore->manifest) : 0);
  return check_backend (restore, target, error) && b9_manifest_check_host (restore->manifest, error) &&
         b9_manifest_check_files (restore->manifest, restore->image, restore->verify_digests, count_bytes,
                                  restore->progress, error) &&
         (!B9_STRUCT_HAS (backend, image_patterns) ||
          b9_manifest_check_others (restore->manifest, restore->image, backend->image_patterns, error));
}

static void
limit_files (const B9Restore *restore)
{
  guint64 image = restore->manifest != NULL ? b9_manifest_bytes (restore->manifest) : 0;
  struct rlimit limit;

  if (getrlimit (RLIMIT_FSIZE, &limit) != 0)
    return;
  limit.rlim_cur = MIN (limit.rlim_max, MAX (LEAST_FILE_LIMIT, 4 * image));
  setrlimit (RLIMIT_FSIZE, &limit);
}

static gboolean
equip (B9Restore *restore, B9Target *target, GError **error)
{
  const B9Runtime *runtime = target->runtime;
  GPtrArray *environment = g_ptr_array_new ();
  gboolean done;

  restore->arguments = g_ptr_array_new_with_free_func (g_free);
  done = b9_parties_equip (restore->parties, &restore->job.job, environment, restore->arguments, error);
  g_ptr_array_add (environment, NULL);
  restore->environment = (char **)g_ptr_array_free (environment, FALSE);
  if (done && B9_STRUCT_HAS (runtime->backend, speed_up))
    runtime->backend->speed_up (&runtime->host, &restore->job.request, restore->arguments);
  return done;
}

/* Whether each process that had its device has it again. */
static gboolean
verify_devices (B9Restore *restore, pid_t pid, GError **error)
{
  restore->job.job.init_pid = pid;
  b9_parties_insist (restore->parties);
  return b9_parties_verify (restore->parties, &restore->job.job, restore->manifest,
                            b9_container_cgroups (restore->job.target), error);
}

static B9Error
failure_of (const char *reason)
{
  return strstr (reason, "timeout") != NULL ? B9_ERROR_TIMEOUT : B9_ERROR_FAILED;
}

/* Nobody is watched once the container is whole: an attached one may run as idle and as long as it likes.
 * FALSE where the watchdog has ended the restore. */
static gboolean
stop_watching (B9Restore *restore, GError **error)
{
  g_autofree char *reason = restore->watchdog != NULL ? b9_watchdog_stop (restore->watchdog) : NULL;

  restore->watchdog = NULL;
  return reason == NULL ||
         b9_fail (error, failure_of (reason),
                  "the restore was ended, since %s; nothing is left of the container", reason);
}

/* The record has no PID yet, so the kernel is asked by the caller. */
static gboolean
is_running (const B9Target *target, pid_t pid)
{
  g_autofree char *status = b9_peek_status (target, pid);
  g_autoptr (B9State) state = status == NULL ? b9_query_state (target, NULL, NULL) : NULL;

  if (state != NULL)
    status = g_strdup (state->status);
  return g_strcmp0 (status, "running") == 0;
}

/* B9LaunchReady: runsc writes the PID file before it restores, runc afterwards; the state tells. */
static B9Readiness
look_whether_ready (gpointer data, pid_t pid, GError **error)
{
  B9Restore *restore = data;

  if (restore->is_ready)
    return B9_READY;
  if (!b9_process_alive (pid, 0)) {
    if (!restore->detached) /* short-lived: its exit status tells */
      return B9_READY;
    b9_fail (error, B9_ERROR_BACKEND_FAILED, "the container was restored and ended at once");
    return B9_READY_NEVER;
  }
  if (b9_watchdog_has_bitten (restore->watchdog)) {
    b9_fail (error, B9_ERROR_TIMEOUT, "the restore was ended");
    return B9_READY_NEVER;
  }
  if (!is_running (restore->job.target, pid))
    return B9_READY_NOT_YET;
  if (restore->journal != NULL && !b9_journal_step (restore->journal, B9_STEP_CHECK, error))
    return B9_READY_NEVER;
  b9_progress_step (restore->progress, b9_step_name (B9_STEP_CHECK), 0);
  if (!verify_devices (restore, pid, error))
    return B9_READY_NEVER;
  if (!stop_watching (restore, error))
    return B9_READY_NEVER;
  restore->is_ready = TRUE;
  b9_progress_end (restore->progress);
  b9_journal_end (restore->journal);
  return B9_READY;
}

/* CRIU mounts the cgroups below its work directory, and a killed one leaves them there: who then removed that
 * directory would reach into every container's. */
static void
unmount_yards (const char *work)
{
  g_autoptr (GDir) directory = g_dir_open (work, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = g_build_filename (work, name, NULL);

    if (g_str_has_prefix (name, YARD_PREFIX) && umount2 (path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
      rmdir (path);
  }
}

/* B9Launch.failed: what is left of the restore's own programs ends, and what the launcher starts now to clean
 * up is none of them. */
static void
stop_programs (gpointer data)
{
  B9Restore *restore = data;

  b9_programs_mark (NULL);
  if (restore->watchdog != NULL)
    restore->bitten = b9_watchdog_stop (g_steal_pointer (&restore->watchdog));
  b9_programs_end (restore->journal->token, restore->image,
                   B9_ENDING_RESTORE); /* a killed runsc leaves its gofer behind */
  unmount_yards (restore->work);
}

gboolean
b9_restore_begin (B9Restore *restore, B9Target *target, const GPtrArray *options, B9Launch *launch,
                  GError **error)
{
  g_autofree char *log = g_build_filename (restore->work, "restore.log", NULL);
  guint64 bytes = restore->manifest != NULL ? b9_manifest_bytes (restore->manifest) : 0;

  b9_job_init (&restore->job, target, B9_OPERATION_RESTORE, options, restore->image, restore->work, NULL);
  if (restore->manifest != NULL)
    b9_job_set_manifest (&restore->job, restore->manifest);
  restore->parties = b9_parties_open (restore->registry, restore->config, b9_index_directory (restore->index),
                                      target->runtime->backend, error);
  if (restore->parties == NULL || !b9_parties_check_image (restore->parties, &restore->job.job, error) ||
      !equip (restore, target, error))
    return FALSE;
  if (g_mkdir_with_parents (restore->work, 0700) != 0)
    return b9_fail_errno (error, errno, "the work path %s cannot be made", restore->work);
  restore->journal = b9_journal_begin (target->record->directory, B9_WORK_RESTORE, error);
  if (restore->journal == NULL)
    return FALSE;
  restore->journal->image = g_strdup (restore->image);
  if (!b9_guardian_start (restore->journal, restore->recover, NULL, error) ||
      !b9_journal_step (restore->journal, B9_STEP_RESTORE, error))
    return FALSE;
  b9_programs_mark (restore->journal->token);
  b9_set_environment (restore->environment);
  if (b9_parties_image_provider (restore->parties) != NULL)
    limit_files (restore);
  if (restore->detached) {
    b9_cancel_arm (0, &restore->mask);
    restore->is_armed = TRUE;
    launch->mask = &restore->mask;
  }
  b9_progress_step (restore->progress, b9_step_name (B9_STEP_RESTORE), bytes);
  restore->watchdog = b9_watchdog_start (restore->journal->token, restore->image, log,
                                         restore->timeout_seconds);
  launch->operation = B9_OPERATION_RESTORE;
  launch->more_arguments = restore->arguments;
  launch->ready = look_whether_ready;
  launch->failed = stop_programs;
  launch->ready_data = restore;
  return TRUE;
}

void
b9_restore_end (B9Restore *restore, GError **error)
{
  g_autoptr (GError) explained = NULL;
  gboolean was_ended;

  b9_progress_end (restore->progress);
  was_ended = !stop_watching (restore, &explained);
  if (error == NULL || *error == NULL) {
    b9_journal_end (restore->journal); /* also of one that was too short-lived to be looked at */
    return;
  }
  if (restore->bitten != NULL)
    b9_fail (&explained, failure_of (restore->bitten), "the restore was ended, since %s%s", restore->bitten,
             b9_target_exists (restore->job.target)
                 ? "; the container could not be deleted: b9run delete --force tries again"
                 : "; nothing is left of the container");
  else if (!was_ended && restore->parties != NULL &&
           g_error_matches (*error, B9_ERROR, B9_ERROR_BACKEND_FAILED))
    b9_parties_explain (restore->parties, &restore->job.job, (*error)->message, &explained);
  if (explained == NULL)
    return;
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&explained));
}

void
b9_restore_clear (B9Restore *restore)
{
  if (restore->watchdog != NULL)
    g_free (b9_watchdog_stop (restore->watchdog));
  if (restore->is_armed)
    b9_cancel_disarm (&restore->mask);
  g_clear_pointer (&restore->parties, b9_parties_free);
  g_clear_pointer (&restore->journal, b9_journal_free);
  g_clear_pointer (&restore->manifest, b9_manifest_free);
  g_clear_pointer (&restore->arguments, g_ptr_array_unref);
  g_strfreev (restore->environment);
  g_strfreev (restore->recover);
  g_free (restore->bitten);
  b9_job_clear (&restore->job);
}
