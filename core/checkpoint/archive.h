/* SPDX-License-Identifier: Apache-2.0
 *
 * archive.h: a checkpoint image as one file, FILE.tar.zst, and back.
 *
 * The archive holds what a restore elsewhere needs: files of the container's root file system that no image
 * holds (rootfs.h), below rootfs/, and then what the image directory holds, the manifest (with the final
 * spec) first.  libarchive does the work, in b9run-archive.so, which is opened on the first use.
 */
#ifndef B9_ARCHIVE_H
#define B9_ARCHIVE_H

#include <glib.h>

#include "core/formats/format-module.h"

G_BEGIN_DECLS

/* The file of an image that comes first in its archive, so that a reader knows what has to follow. */
#define B9_ARCHIVE_FIRST "manifest.json"

typedef struct {
  /* How many bytes of files have passed, now and then; TRUE to go on.  May be NULL. */
  gboolean (*progress) (guint64 done, gpointer data);
  /* On an import, whether a file of this name and size may be unpacked; those that came before it are whole
   * in @directory by then, the one that is named B9_ARCHIVE_FIRST before all others in an archive of ours.
   * FALSE with an error to refuse the archive.  May be NULL. */
  gboolean (*accept) (const char *directory, const char *name, guint64 size, gpointer data, GError **error);
  /* On an import, whether all that is unpacked in @directory now shall stay.  May be NULL. */
  gboolean (*whole) (const char *directory, gpointer data, GError **error);
  /* On an export, whether a file of the image, or a directory ("NAME/"), comes along.  May be NULL: all do.
   */
  gboolean (*wanted) (const char *name, gpointer data);
  gpointer data;
  /* Gets each file of a root file system; without it an archive that has such is refused. */
  B9ArchiveTake layer;
  gpointer layer_data;
  guint64 max_bytes; /* of all files of an import together; 0: what is free where they are going */
  guint64 max_files; /* 0: 100,000 */
} B9ArchiveOptions;

/* One that is being written: @file, mode 0600, which has its name only when it is finished, flushed and
 * renamed, so that @file is whole or as it was. */
typedef struct _B9ArchiveWriter B9ArchiveWriter;

B9ArchiveWriter *b9_archive_begin (const char *file, GError **error);
void b9_archive_free (B9ArchiveWriter *writer); /* one that is not finished leaves nothing */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9ArchiveWriter, b9_archive_free)

/* A file of the root file system, and what it holds, piece by piece, holes as zeros.  All of them before the
 * image. */
gboolean b9_archive_add_entry (B9ArchiveWriter *writer, const B9ArchiveEntry *entry, GError **error);
gboolean b9_archive_add_data (B9ArchiveWriter *writer, const void *data, gsize size, GError **error);

/* The image in @directory, which may hold plain files and directories only; anything else is refused.
 * @options may be NULL. */
gboolean b9_archive_add_image (B9ArchiveWriter *writer, const char *directory,
                               const B9ArchiveOptions *options, GError **error);
gboolean b9_archive_finish (B9ArchiveWriter *writer, GError **error);

/* All of that for an image alone. */
gboolean b9_archive_export (const char *directory, const char *file, const B9ArchiveOptions *options,
                            GError **error);

/* Unpacks @file into @directory, which must not exist: all of it, directories 0700 and files 0600, or nothing
 * at all.  Refused, with the entry's name: absolute paths, "..", links, devices and whatever else is no plain
 * file or directory, a name that comes twice, more than @options (NULL: the defaults) allow, and an archive
 * that ends early.  What is in the files is for the caller to compare with the manifest. */
gboolean b9_archive_import (const char *file, const char *directory, const B9ArchiveOptions *options,
                            GError **error);

/* Passes the files of the root file system in @file to @options->layer, and reads no further. */
gboolean b9_archive_read_layer (const char *file, const B9ArchiveOptions *options, GError **error);

/* Takes an import back: @directory is removed, but for logs (NAME.log) that a failed restore has left in it.
 */
void b9_archive_undo_import (const char *directory);

G_END_DECLS

#endif /* B9_ARCHIVE_H */
