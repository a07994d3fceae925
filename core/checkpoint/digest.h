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

/* The same of what comes piece by piece. */
typedef struct _B9Digest B9Digest;

B9Digest *b9_digest_new (void);
void b9_digest_add (B9Digest *digest, const void *data, gsize size);
char *b9_digest_text (B9Digest *digest); /* once, at the end; g_free(), or NULL where libcrypto fails */
void b9_digest_free (B9Digest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Digest, b9_digest_free)

G_END_DECLS

#endif /* B9_DIGEST_H */
