/* SPDX-License-Identifier: Apache-2.0
 *
 * cache-file.h: what may be forgotten: files below STATE/cache, good for this boot.
 *
 * Anything odd about a file (its owner, its mode, a link, its length, its boot) makes it one that is not
 * there.
 */
#ifndef B9_CACHE_FILE_H
#define B9_CACHE_FILE_H

#include <glib.h>

G_BEGIN_DECLS

#define B9_CACHE_FILE_LIMIT (16 * 1024 * 1024)

/* Letters, digits, "-", "_" and single dots, none at the start; 1 to 128 of them. */
gboolean b9_cache_name_is_good (const char *name);

/* What was kept under @name, or NULL. */
GBytes *b9_cache_file_read (const char *state_directory, const char *name);

/* Keeps it, as a whole or not at all: the directories with mode 0700, the file with 0600. */
gboolean b9_cache_file_write (const char *state_directory, const char *name, const char *content, gsize size,
                              GError **error);

/* Whose turn it is to make what will be cached: a descriptor, to be closed when it is made.  Waits for
 * whoever has the turn, but for a minute at most; -1 then, and where nothing can be cached. */
int b9_cache_file_turn (const char *state_directory, const char *name);

G_END_DECLS

#endif /* B9_CACHE_FILE_H */
