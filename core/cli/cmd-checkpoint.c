/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-checkpoint.c: `checkpoint ID`: a running container becomes an image (core/checkpoint/save.h).
 *
 * What cannot be paused, saved and verified here goes to the runtime as it is: a pre-dump, which leaves no
 * image, and pages that another host takes (--page-server, --lazy-pages).
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include <stdlib.h>
#include <string.h>

#include "core/checkpoint/save.h"
#include "core/checkpoint/stream.h"
#include "core/cli/app.h"
#include "core/cli/checkpointing.h"
#include "core/cli/portable.h"
#include "core/run/query.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

/* A container that b9run has not made gets a record, which holds the journal. */
static gboolean
adopt (B9App *app, B9Target *target, GError **error)
{
  g_autofree char *root = b9_app_explicit_root (app);
  g_autoptr (B9State) state = NULL;
  g_autoptr (B9Record) record = NULL;
  gboolean added;

  if (target->record != NULL)
    return TRUE;
  state = b9_query_state (target, NULL, error);
  if (state == NULL)
    return FALSE;
  record = b9_record_new (target->id, target->runtime->name, root != NULL ? root : target->root);
  record->program = g_strdup (target->program);
  record->bundle = g_strdup (state->bundle);
  record->rootfs = g_strdup (state->rootfs);
  g_free (record->runtime_root);
  record->runtime_root = g_strdup (target->root);
  record->phase = B9_PHASE_CREATED;
  g_strfreev (record->flags);
  record->flags = g_strdupv (target->flags);
  if (state->pid > 0)
    b9_record_set_pid (record, state->pid);
  if (!b9_index_lock (app->index, error))
    return FALSE;
  added = b9_index_add (app->index, record, error);
  b9_index_unlock (app->index);
  if (added)
    target->record = g_steal_pointer (&record);
  return added;
}

/* Where the memory goes elsewhere, or no image is made at all. */
static gboolean
is_stream (const B9Line *line)
{
  return b9_line_flag (line, "pre-dump") || b9_line_flag (line, "lazy-pages") ||
         b9_line_value (line, "page-server") != NULL;
}

static gboolean
save (B9App *app, const B9Line *line, B9Target *target, B9Progress *progress, GError **error)
{
  g_autoptr (GPtrArray) options = b9_checkpointing_options (line);
  g_autofree char *image = b9_checkpointing_path (line, "image-path");
  g_autofree char *work = b9_checkpointing_path (line, "work-path");
  g_auto (B9Export) export = {0};
  g_auto (GStrv) recover = b9_checkpointing_recover (app, target);
  B9Save what = {.index = app->index,
                 .target = target,
                 .registry = app->registry,
                 .config = app->config,
                 .options = options,
                 .image = image,
                 .work = work,
                 .parent = b9_line_value (line, "parent-path"),
                 .strategy = b9_line_value (line, "strategy"),
                 .recover = recover,
                 .leave_running = b9_line_flag (line, "leave-running"),
                 .digests = !b9_line_flag (line, "no-digests"),
                 .progress = progress};

  if (!b9_checkpointing_timeout (line, &what.timeout_seconds, error))
    return FALSE;
  if (is_stream (line))
    return b9_stream_save (&what, error);
  return b9_export_begin (&export, line, &what, error) && b9_save (&what, error) &&
         b9_export_finish (&export, image, error);
}

int
b9_cmd_checkpoint (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};
  g_auto (B9Progress) progress = {0};
  gboolean saved;

  if (!b9_progress_init (&progress, b9_line_value (line, "progress"), error) ||
      !b9_checkpointing_check_words (line, error) ||
      !b9_app_find (app, b9_line_argument (line, 0), &target, error) ||
      !b9_checkpointing_settle (line, error) ||
      !b9_checkpointing_require (app, &target, "checkpoint", line, error) || !adopt (app, &target, error))
    return -1;
  saved = save (app, line, &target, &progress, error);
  b9_progress_end (&progress);
  return saved ? 0 : -1;
}
