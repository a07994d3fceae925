/* SPDX-License-Identifier: Apache-2.0
 *
 * digest.h: the SHA-256 of files that may have many gigabytes.
 */
#ifndef B9_DIGEST_H
#define B9_DIGEST_H

#include <glib.h>

G_BEGIN_DECLS

/* Called with the bytes that were read; FALSE to give up.  @data is the caller's. */
typedef gboolean (*B9DigestProgress) (guint64 bytes, gpointer data);

/* The digest of the regular file @path in hexadecimal; g_free(), or NULL with @error.  *@size: how many bytes
 * it has. @progress may be NULL. */
char *b9_digest_file (const char *path, guint64 *size, B9DigestProgress progress, gpointer data,
                      GError **error);

G_END_DECLS

#endif /* B9_DIGEST_H */
