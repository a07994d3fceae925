/* SPDX-License-Identifier: Apache-2.0
 *
 * archive.h: a checkpoint image as one file, FILE.tar.zst, and back.
 *
 * The archive holds what the image directory holds, and that is all that a restore elsewhere needs: the
 * manifest (with the final spec) and the files that it lists.  libarchive does the work, in
 * b9run-archive.so, which is opened on the first use.
 */
#ifndef B9_ARCHIVE_H
#define B9_ARCHIVE_H

#include <glib.h>

G_BEGIN_DECLS

/* The file of an image that comes first in its archive, so that a reader knows what has to follow. */
#define B9_ARCHIVE_FIRST "manifest.json"

typedef struct {
  /* How many bytes of files have passed, now and then; TRUE to go on.  May be NULL. */
  gboolean (*progress) (guint64 done, gpointer data);
  /* On an import, whether a file of this name and size may be unpacked; those that came before it are whole
   * in
   * @directory by then, the one that is named B9_ARCHIVE_FIRST before all others in an archive of ours.
   * FALSE with an error to refuse the archive.  May be NULL. */
  gboolean (*accept) (const char *directory, const char *name, guint64 size, gpointer data, GError **error);
  gpointer data;
  guint64 max_bytes; /* of all files of an import together; 0: what is free where they are going */
  guint64 max_files; /* 0: 100,000 */
} B9ArchiveOptions;

/* Writes the image in @directory to @file, mode 0600: under another name beside it, then flushed and renamed,
 * so that @file is whole or as it was.  @directory may hold plain files and directories only; anything else
 * is refused.  @options may be NULL. */
gboolean b9_archive_export (const char *directory, const char *file, const B9ArchiveOptions *options,
                            GError **error);

/* Unpacks @file into @directory, which must not exist: all of it, directories 0700 and files 0600, or nothing
 * at all.  Refused, with the entry's name: absolute paths, "..", links, devices and whatever else is no plain
 * file or directory, a name that comes twice, more than @options (NULL: the defaults) allow, and an archive
 * that ends early.  What is in the files is for the caller to compare with the manifest. */
gboolean b9_archive_import (const char *file, const char *directory, const B9ArchiveOptions *options,
                            GError **error);

G_END_DECLS

#endif /* B9_ARCHIVE_H */
