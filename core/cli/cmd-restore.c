/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-restore.c: `restore ID`: from an image to a running container.
 *
 * It goes the way of `run` (launching.h), with what a restore needs before and around it
 * (core/checkpoint/restore.h).
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include <string.h>

#include "core/checkpoint/archive.h"
#include "core/checkpoint/container.h"
#include "core/checkpoint/recover.h"
#include "core/checkpoint/restore.h"
#include "core/cli/checkpointing.h"
#include "core/cli/launching.h"
#include "core/cli/portable.h"
#include "core/run/claim.h"
#include "core/run/query.h"
#include "core/sys/failure.h"

/* A container that its checkpoint has stopped, and that the runtime still lists, makes room for itself. */
static void
make_room (B9App *app, const B9Target *place)
{
  g_autofree char *root = b9_app_explicit_root (app);
  const B9Query query = {.id = place->id, .root = root, .default_root = place->root};
  B9Record *record = NULL;
  g_auto (B9Target) earlier = {0};
  g_autofree char *answer = NULL;
  B9Recovery recovery;
  B9Worker worker;

  if (b9_app_index (app, NULL) == NULL || !b9_index_find (app->index, &query, &record, NULL) ||
      record == NULL)
    return;
  if (strcmp (record->backend, place->runtime->name) != 0) {
    b9_record_free (record);
    return;
  }
  if (!b9_target_from_record (&earlier, place->runtime, record, NULL) ||
      !b9_recover_patiently (app->index, &earlier, app->registry, app->config, &recovery, &worker, NULL))
    return;
  if (!b9_container_is_saved (earlier.record) || !b9_has_ended (&earlier))
    return;
  answer = b9_delete_by_force (&earlier, NULL);
  b9_discard (app->index, &earlier);
}

static int
restore_claimed (B9App *app, const B9Line *line, B9Launching *launching, B9Restore *restore, GError **error)
{
  g_autoptr (GPtrArray) options = b9_checkpointing_options (line);
  g_autoptr (GPtrArray) ended = NULL;
  g_autoptr (GError) problem = NULL;
  int status;

  restore->recover = b9_checkpointing_recover (app, &launching->target);
  if (!b9_restore_begin (restore, &launching->target, options, &launching->launch, error)) {
    b9_disclaim (app->index, &launching->target);
    return -1;
  }
  ended = g_ptr_array_copy (options, NULL, NULL);
  g_ptr_array_add (ended, NULL);
  launching->launch.options = (const B9RequestOption *const *)ended->pdata;
  status = b9_launching_run (launching, app, line, restore->detached, &problem);
  b9_restore_end (restore, &problem);
  if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  return status;
}

static int
restore_image (B9App *app, const B9Line *line, B9Launching *launching, B9Import *import, B9Restore *restore,
               GError **error)
{
  int status;

  if (!b9_restore_look (restore, &launching->target, error))
    return -1;
  make_room (app, &launching->target);
  if (!b9_launching_claim (launching, app, error))
    return -1;
  if (!b9_import_apply (import, app->index, &launching->target, error)) {
    b9_disclaim (app->index, &launching->target);
    return -1;
  }
  status = restore_claimed (app, line, launching, restore, error);
  if (status < 0)
    b9_import_mention (import, &launching->target, error);
  return status;
}

static int
restore_container (B9App *app, const B9Line *line, B9Restore *restore, GError **error)
{
  g_auto (B9Launching) launching = {0};
  g_auto (B9Import) import = {.progress = restore->progress};
  int status;

  if (!b9_launching_prepare (&launching, app, line, B9_OPERATION_RESTORE, restore->detached, error) ||
      !b9_checkpointing_require (app, &launching.target, "restore", line, error))
    return -1;
  restore->index = app->index;
  restore->registry = app->registry;
  restore->config = app->config;
  if (!b9_import_begin (&import, line, &launching, restore->image, error))
    return -1;
  status = restore_image (app, line, &launching, &import, restore, error);
  if (status < 0 && import.file != NULL)
    b9_archive_undo_import (restore->image);
  return status;
}

int
b9_cmd_restore (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Progress) progress = {0};
  g_auto (B9Restore) restore = {.progress = &progress};
  g_autofree char *image = NULL;
  g_autofree char *work = NULL;
  int status;

  if (!b9_progress_init (&progress, b9_line_value (line, "progress"), error) ||
      !b9_checkpointing_check_words (line, error) || !b9_checkpointing_settle (line, error) ||
      !b9_checkpointing_timeout (line, &restore.timeout_seconds, error))
    return -1;
  restore.image = image = b9_checkpointing_path (line, "image-path");
  restore.work = work = b9_checkpointing_path (line, "work-path");
  restore.detached = b9_line_flag (line, "detach");
  restore.verify_digests = b9_line_flag (line, "verify-digests");
  status = restore_container (app, line, &restore, error);
  b9_progress_end (&progress);
  return status;
}
