/* SPDX-License-Identifier: Apache-2.0
 *
 * archive-private.h: what the parts of b9run-archive.so share.
 */
#ifndef B9_ARCHIVE_PRIVATE_H
#define B9_ARCHIVE_PRIVATE_H

#include <archive.h>
#include <archive_entry.h>

#include <b9run/b9-error.h>

#include "core/formats/format-module.h"

#define B9_ARCHIVE_BLOCK (1024 * 1024)

typedef struct archive Reader, Writer;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reader, archive_free)

/* archive-module.c: errors. */
gboolean b9_ar_fail (GError **error, B9Error code, const char *format, ...) G_GNUC_PRINTF (3, 4);
gboolean b9_ar_fail_errno (GError **error, int errnum, const char *what, const char *name);
gboolean b9_ar_fail_within (struct archive *archive, const char *what, GError **error);
gboolean b9_ar_refuse (const char *name, GError **error, const char *why);
char *b9_ar_show_name (const char *name); /* for messages, whatever it holds */

/* Whether the work shall go on, with @done bytes behind it. */
gboolean b9_ar_go_on (const B9ArchiveJob *job, guint64 done, GError **error);

/* archive-write.c */
B9ArchiveStream *b9_ar_open (int file, const char *what, GError **error);
gboolean b9_ar_entry (B9ArchiveStream *stream, const B9ArchiveEntry *entry, GError **error);
gboolean b9_ar_data (B9ArchiveStream *stream, const void *data, gsize size, GError **error);
gboolean b9_ar_write (B9ArchiveStream *stream, const B9ArchiveJob *job, const char *const *names,
                      GError **error);
gboolean b9_ar_finish (B9ArchiveStream *stream, GError **error);
void b9_ar_close (B9ArchiveStream *stream);

/* archive-read.c */
gboolean b9_ar_read (const B9ArchiveJob *job, GError **error);

/* archive-layer.c: the name below B9_ARCHIVE_LAYER of an entry that is there; NULL for one that is elsewhere.
 */
const char *b9_ar_layer_name (const char *path);

struct archive_entry *b9_ar_from_entry (const B9ArchiveEntry *entry);
gboolean b9_ar_read_layer (Reader *archive, struct archive_entry *from, const B9ArchiveJob *job,
                           GError **error);

#endif /* B9_ARCHIVE_PRIVATE_H */
