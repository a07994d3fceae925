/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-index.c: `index check` and `index rebuild`: the index after an accident.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "core/cli/listing.h"
#include "core/run/claim.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

static int
check (const B9Index *index)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) records = b9_index_all (index, problems);

  for (guint i = 0; i < problems->len; i++)
    printf ("%s\n", (const char *)g_ptr_array_index (problems, i));
  printf ("%u records, %u damaged\n", records->len, problems->len);
  return problems->len > 0 ? 1 : 0;
}

/* Removes records that cannot be read; what they stood for is found again in its root. */
static gboolean
drop_damaged (const B9Index *index, guint *dropped, GError **error)
{
  g_autofree char *containers = g_build_filename (b9_index_directory (index), "containers", NULL);
  g_autoptr (GDir) ids = g_dir_open (containers, 0, NULL);
  const char *id;

  while (ids != NULL && (id = g_dir_read_name (ids)) != NULL) {
    g_autofree char *by_id = g_build_filename (containers, id, NULL);
    g_autoptr (GDir) keys = g_dir_open (by_id, 0, NULL);
    const char *key;

    while (keys != NULL && (key = g_dir_read_name (keys)) != NULL) {
      g_autofree char *directory = g_build_filename (by_id, key, NULL);
      g_autoptr (GError) problem = NULL;
      g_autoptr (B9Record) record = b9_record_load (directory, &problem);

      /* What a newer b9run has written is not damaged, nor is what cannot be read just now. */
      if (record != NULL || !(g_error_matches (problem, B9_ERROR, B9_ERROR_BAD_INPUT) ||
                              g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND)))
        continue;
      if (!b9_remove_tree (directory, error))
        return FALSE;
      (*dropped)++;
    }
    g_rmdir (by_id);
  }
  return TRUE;
}

/* A record for a container that its runtime knows and the index does not. */
static gboolean
adopt (B9App *app, const B9Listed *listed, GError **error)
{
  const B9Runtime *runtime = b9_app_runtime (app, listed->backend, error);
  g_autoptr (B9Record) record = NULL;

  if (runtime == NULL)
    return FALSE;
  record = b9_record_new (listed->state->id, listed->backend, listed->root);
  record->program = b9_runtime_program (runtime, error);
  if (record->program == NULL)
    return FALSE;
  record->bundle = g_strdup (listed->state->bundle);
  record->rootfs = g_strdup (listed->state->rootfs);
  g_free (record->runtime_root);
  record->runtime_root = g_strdup (listed->runtime_root);
  record->phase = B9_PHASE_CREATED;
  if (listed->state->pid > 0)
    b9_record_set_pid (record, listed->state->pid);
  g_strfreev (record->flags);
  record->flags = b9_runtime_new_flags (runtime, error);
  return record->flags != NULL && b9_index_add (app->index, record, error);
}

/* The runtimes are asked for every root that a record names and for the chosen one; --root adds another. This
 * takes its time, so the lock is not held. */
static gboolean
adopt_unknown (B9App *app, const B9Listing *listing, guint *adopted, GError **error)
{
  for (guint i = 0; i < listing->containers->len; i++) {
    const B9Listed *listed = g_ptr_array_index (listing->containers, i);
    const B9Query query = {.id = listed->state->id, .backend = listed->backend, .root = listed->root};
    g_autoptr (B9Record) known = NULL;

    /* One that cannot be read any more is a newer b9run's, which has to stay. */
    if (listed->record != NULL || !b9_check_id (listed->state->id, NULL) ||
        !b9_index_find (app->index, &query, &known, NULL) || known != NULL)
      continue;
    if (!adopt (app, listed, error))
      return FALSE;
    (*adopted)++;
  }
  return TRUE;
}

static int
rebuild (B9App *app, GError **error)
{
  g_autoptr (B9Listing) listing = b9_listing_make (app, TRUE, error);
  guint dropped = 0, adopted = 0;
  gboolean done;

  if (listing == NULL || !b9_index_lock (app->index, error))
    return -1;
  done = drop_damaged (app->index, &dropped, error) && adopt_unknown (app, listing, &adopted, error);
  b9_index_unlock (app->index);
  if (!done)
    return -1;
  printf ("%u damaged records dropped, %u containers recorded anew\n", dropped, adopted);
  if (dropped > adopted)
    puts ("A container in a root that no good record names is found by: b9run --backend=NAME --root DIR "
          "index rebuild");
  return 0;
}

int
b9_cmd_index (B9App *app, const B9Line *line, GError **error)
{
  const char *what = b9_line_argument (line, 0);

  if (b9_app_index (app, error) == NULL)
    return -1;
  if (strcmp (what, "check") == 0)
    return check (app->index);
  if (strcmp (what, "rebuild") == 0)
    return rebuild (app, error);
  b9_fail (error, B9_ERROR_USAGE, "index: unknown word \"%s\"; b9run index check, or b9run index rebuild",
           what);
  return -1;
}
