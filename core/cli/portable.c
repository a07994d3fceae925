/* SPDX-License-Identifier: Apache-2.0
 *
 * portable.c: see portable.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/cli/portable.h"

#include <stdlib.h>
#include <string.h>

#include "core/cli/checkpointing.h"
#include "core/container/bundle.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

/* The path by which the kernel lists it as a mount. */
static char *
real_path (const char *path)
{
  char *resolved = realpath (path, NULL);
  char *owned = g_strdup (resolved != NULL ? resolved : path);

  free (resolved);
  return owned;
}

/* --- export --- */

void
b9_export_clear (B9Export *export)
{
  g_clear_pointer (&export->writer, b9_archive_free);
  b9_rootfs_plan_clear (&export->plan);
}

static gboolean
is_read_only (const char *bundle)
{
  g_autoptr (B9Bundle) opened = bundle != NULL ? b9_bundle_open (bundle, NULL) : NULL;
  gboolean read_only = FALSE;

  if (opened != NULL)
    b9_json_find_boolean (opened->config, B9_JSON_ROOT, &read_only, NULL, "root", "readonly", NULL);
  return read_only;
}

/* What the runtime knows of the root file system; @leftovers is for g_strfreev(). */
static void
ask_backend (const B9Target *target, const char *rootfs, B9RootfsFacts *facts, char ***leftovers)
{
  const B9Runtime *runtime = target->runtime;
  B9Request request = b9_target_request (target, B9_OPERATION_CHECKPOINT);

  if (B9_STRUCT_HAS (runtime->backend, holds_rootfs))
    facts->held = runtime->backend->holds_rootfs (&runtime->host, &request);
  if (B9_STRUCT_HAS (runtime->backend, leftovers))
    *leftovers = runtime->backend->leftovers (&runtime->host, &request, rootfs);
  facts->leftovers = (const char *const *)*leftovers;
}

static gboolean
plan (B9Export *export, const B9Target *target, const char *word, GError **error)
{
  const B9Record *record = target->record;
  g_autofree char *rootfs = record->rootfs != NULL ? real_path (record->rootfs) : NULL;
  g_auto (GStrv) leftovers = NULL;
  B9RootfsFacts facts = {.rootfs = rootfs, .read_only = is_read_only (record->bundle)};

  if (rootfs == NULL)
    return strcmp (word, "auto") == 0 || strcmp (word, "none") == 0 ||
           b9_fail (error, B9_ERROR_UNSUPPORTED,
                    "--export-rootfs=%s: it is not known where the root file system of %s is", word,
                    target->id);
  ask_backend (target, rootfs, &facts, &leftovers);
  if (!b9_rootfs_plan (&facts, word, &export->plan, error))
    return FALSE;
  if (export->plan.notice != NULL) {
    g_message ("container %s: %s", target->id, export->plan.notice);
    g_printerr ("b9run: %s\n", export->plan.notice);
  }
  return TRUE;
}

static gboolean
count_bytes (guint64 bytes, gpointer data)
{
  B9Progress *progress = data;

  return b9_checkpointing_show (progress->bytes + bytes, progress);
}

/* B9Save.take_more */
static gboolean
pack (gpointer data, B9Manifest *manifest, GError **error)
{
  B9Export *export = data;

  if (export->plan.kind == B9_ROOTFS_NONE)
    return TRUE;
  b9_progress_step (export->progress, "rootfs", 0);
  return b9_rootfs_pack (&export->plan, export->writer, count_bytes, export->progress, &manifest->rootfs,
                         error);
}

gboolean
b9_export_begin (B9Export *export, const B9Line *line, B9Save *save, GError **error)
{
  const char *word = b9_line_value (line, "export-rootfs");
  g_autofree char *file = b9_checkpointing_path (line, "export");

  if (file == NULL)
    return word == NULL ||
           b9_fail (error, B9_ERROR_USAGE,
                    "--export-rootfs says what goes into an archive: give --export FILE.tar.zst too");
  if (!plan (export, save->target, word != NULL ? word : "auto", error))
    return FALSE;
  export->progress = save->progress;
  export->writer = b9_archive_begin (file, error);
  save->take_more = pack;
  save->data = export;
  return export->writer != NULL;
}

/* What b9_export_finish() has its functions called with. */
typedef struct {
  B9Progress *progress;
  GHashTable *listed;
} Packing;

static gboolean
show_packing (guint64 done, gpointer data)
{
  return b9_checkpointing_show (done, ((Packing *)data)->progress);
}

/* Whatever else somebody keeps in that directory stays there: an import would refuse it. */
static gboolean
belongs_to_image (const char *name, gpointer data)
{
  return g_hash_table_contains (((Packing *)data)->listed, name) ||
         (b9_image_is_by_product (name) && strchr (name, '/') == NULL);
}

static gboolean
add_image (B9Export *export, const char *image, GError **error)
{
  g_autoptr (B9Manifest) manifest = b9_manifest_read (image, error);
  g_autoptr (GHashTable) listed = manifest != NULL ? b9_image_listed (manifest->files) : NULL;
  Packing packing = {export->progress, listed};
  const B9ArchiveOptions options = {.progress = show_packing, .wanted = belongs_to_image, .data = &packing};

  if (manifest == NULL)
    return FALSE;
  b9_progress_step (export->progress, "export", b9_manifest_bytes (manifest));
  return b9_archive_add_image (export->writer, image, &options, error);
}

gboolean
b9_export_finish (B9Export *export, const char *image, GError **error)
{
  if (export->writer == NULL ||
      (add_image (export, image, error) && b9_archive_finish (export->writer, error)))
    return TRUE;
  g_prefix_error (error, "the image in %s is whole, but: ", image);
  return FALSE;
}

/* --- import --- */

void
b9_import_clear (B9Import *import)
{
  g_clear_pointer (&import->file, g_free);
  g_clear_pointer (&import->target, b9_rootfs_target_free);
  b9_rootfs_layer_clear (&import->layer);
}

static gboolean
show (guint64 done, gpointer data)
{
  return b9_checkpointing_show (done, ((B9Import *)data)->progress);
}

/* An archive without a manifest is that of a plain runtime's image, of which nothing is known. */
static gboolean
check_listed (const B9Manifest *manifest, const char *directory, GError **error)
{
  static const char *const all[] = {"*", NULL};
  g_autoptr (GHashTable) listed = b9_image_listed (manifest->files);
  g_autofree char *other = b9_image_find_unlisted (directory, all, listed);
  g_autofree char *shown = other != NULL ? g_utf8_make_valid (other, -1) : NULL;

  return other == NULL ||
         b9_fail (error, B9_ERROR_BAD_INPUT,
                  "it has \"%s\", which its manifest does not list; nothing was unpacked: take another copy, "
                  "or make the archive again with --export",
                  shown);
}

/* B9ArchiveOptions.whole: before what was unpacked gets its name. */
static gboolean
examined (const char *directory, gpointer data, GError **error)
{
  B9Import *import = data;
  g_autoptr (GError) problem = NULL;
  g_autoptr (B9Manifest) manifest = b9_manifest_read (directory, &problem);

  if (manifest != NULL && !check_listed (manifest, directory, error))
    return FALSE;
  if (manifest != NULL)
    import->layer = (B9RootfsLayer){g_steal_pointer (&manifest->rootfs.kind), manifest->rootfs.entries,
                                    manifest->rootfs.bytes, g_steal_pointer (&manifest->rootfs.sha256)};
  return b9_rootfs_examined (import->target, &import->layer, error);
}

gboolean
b9_import_begin (B9Import *import, const B9Line *line, const B9Launching *launching, const char *image,
                 GError **error)
{
  g_autofree char *file = b9_checkpointing_path (line, "import");
  const B9Bundle *bundle = launching->bundle;
  B9ArchiveOptions options = {
      .progress = show, .whole = examined, .data = import, .layer = b9_rootfs_examine};

  if (file == NULL)
    return TRUE;
  if (bundle->rootfs == NULL)
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s/config.json has no root.path", bundle->path);
  import->target = b9_rootfs_target_new (bundle->rootfs, bundle->config, error);
  if (import->target == NULL)
    return FALSE;
  options.layer_data = import->target;
  b9_progress_step (import->progress, "import", 0);
  if (!b9_archive_import (file, image, &options, error))
    return FALSE;
  if (b9_line_flag (line, "ignore-rootfs") || import->layer.kind == NULL)
    g_clear_pointer (&import->target, b9_rootfs_target_free);
  import->file = g_steal_pointer (&file);
  return TRUE;
}

/* Files are not changed under a container that has them. */
static gboolean
check_nobody_runs_in (const char *rootfs, const B9Index *index, const B9Target *target, GError **error)
{
  g_autoptr (GPtrArray) records = b9_index_all (index, NULL);
  g_autofree char *wanted = real_path (rootfs);

  for (guint i = 0; i < records->len; i++) {
    const B9Record *record = g_ptr_array_index (records, i);
    g_autofree char *theirs = record->rootfs != NULL ? real_path (record->rootfs) : NULL;

    if (strcmp (record->id, target->id) != 0 && g_strcmp0 (theirs, wanted) == 0 && record->pid > 0 &&
        b9_record_is_ours (record) && b9_process_alive (record->pid, record->pid_start))
      return b9_fail (error, B9_ERROR_WRONG_STATE,
                      "container %s runs in the root file system %s, so the files of the archive cannot be "
                      "written there; use another bundle, or give --ignore-rootfs",
                      record->id, rootfs);
  }
  return TRUE;
}

gboolean
b9_import_apply (B9Import *import, const B9Index *index, const B9Target *target, GError **error)
{
  const char *rootfs = target->record->rootfs;
  const B9ArchiveOptions options = {.progress = show, .data = import};

  if (import->target == NULL)
    return TRUE;
  if (!check_nobody_runs_in (rootfs, index, target, error))
    return FALSE;
  b9_progress_step (import->progress, "rootfs", import->layer.bytes);
  if (!b9_rootfs_apply (import->target, import->file, &import->layer, &options, error))
    return FALSE;
  g_message ("container %s: %" G_GUINT64_FORMAT " entries of %s (%s) were written into %s", target->id,
             import->layer.entries, import->file, import->layer.kind, rootfs);
  return TRUE;
}

void
b9_import_mention (const B9Import *import, const B9Target *target, GError **error)
{
  char *longer;

  if (import->target == NULL || error == NULL || *error == NULL)
    return;
  longer = g_strdup_printf ("%s; %" G_GUINT64_FORMAT
                            " entries of %s were written into %s before, and stay there",
                            (*error)->message, import->layer.entries, import->file, target->record->rootfs);
  g_free ((*error)->message);
  (*error)->message = longer;
}
