/* SPDX-License-Identifier: Apache-2.0
 *
 * failure.h: errors from errno, in words that no client takes for something else.
 */
#ifndef B9_FAILURE_H
#define B9_FAILURE_H

#include <b9run/b9-error.h>

G_BEGIN_DECLS

/* What @errnum means.  podman and docker read "no such file or directory" and "permission denied" as the
 * failure of the container's own command (exit status 127 and 126), so failures of ours say it in other
 * words. */
const char *b9_errno_text (int errnum);

/* Sets @error to the message, ": " and b9_errno_text (@errnum); the code is B9_ERROR_PERMISSION for EACCES
 * and EPERM, else B9_ERROR_IO.  Returns FALSE, so that a caller can return it. */
gboolean b9_fail_errno (GError **error, int errnum, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Sets @error and returns FALSE. */
gboolean b9_fail (GError **error, B9Error code, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* B9_ERROR_CAPABILITY, with the id of the capability beside the message.  Returns FALSE. */
gboolean b9_fail_capability (GError **error, const char *capability, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* That id, or NULL; borrowed from @error. */
const char *b9_error_capability (const GError *error);

/* The stable name of a code, as the JSON log and scripts see it ("container-not-found"). */
const char *b9_error_name (int code);

G_END_DECLS

#endif /* B9_FAILURE_H */
