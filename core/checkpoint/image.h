/* SPDX-License-Identifier: Apache-2.0
 *
 * image.h: the directory that holds a saved container: made ready, listed, flushed, and cleared again when
 * nothing came of it.
 */
#ifndef B9_IMAGE_H
#define B9_IMAGE_H

#include <glib.h>

G_BEGIN_DECLS

/* One file of an image; @name has no "/". */
typedef struct {
  char *name;
  guint64 size;
  char *sha256; /* NULL: not computed */
} B9ImageFile;

void b9_image_file_free (B9ImageFile *file);

/* Makes @path, mode 0700, where it is missing.  An earlier image in it is moved to the new directory @aside,
 * so that it is still there if the new one fails; until the new one is settled, @aside tells that it is not
 * whole, also when nothing else of the save has survived.  @patterns: what the files of an image are called
 * (B9Backend.image_patterns), NULL-ended. */
gboolean b9_image_prepare (const char *path, const char *const *patterns, const char *aside, GError **error);

/* A name for @aside: a hidden directory below @path, which does not exist. */
char *b9_image_aside (const char *path);

/* Removes what there is of a new image and moves the earlier one back. */
void b9_image_undo (const char *path, const char *const *patterns, const char *aside);

/* Removes the earlier one. */
void b9_image_settle (const char *aside);

/* The @aside of a save into @path that has never been settled, or NULL. */
char *b9_image_find_aside (const char *path);

/* The files of the image, by name; GPtrArray of B9ImageFile. */
GPtrArray *b9_image_files (const char *path, const char *const *patterns, GError **error);

/* The names of @files and of the manifest, as a set; borrowed from @files.  g_hash_table_unref(). */
GHashTable *b9_image_listed (const GPtrArray *files);

/* What a save or a restore has written beside an image, which no restore reads: dump.log, stats-dump. */
gboolean b9_image_is_by_product (const char *name);

/* Something in @path, of whatever kind, that is called like a file of an image and is not @listed; g_free(),
 * or NULL where there is none.  By-products are passed over. */
char *b9_image_find_unlisted (const char *path, const char *const *patterns, GHashTable *listed);

/* Has the kernel begin to write them to the disk, which it goes on with while they are read. */
void b9_image_begin_flush (const char *path, const GPtrArray *files);

/* Has the kernel write them to the disk. */
gboolean b9_image_flush (const char *path, const GPtrArray *files, GError **error);

guint64 b9_image_bytes (const char *path, const char *const *patterns);
guint64 b9_image_free_space (const char *path); /* for root; G_MAXUINT64 where nobody knows */

G_END_DECLS

#endif /* B9_IMAGE_H */
