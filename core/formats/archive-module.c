/* SPDX-License-Identifier: Apache-2.0
 *
 * archive-module.c: b9run-archive.so, a container's image and files of its root file system as a tar archive
 * with zstd through libarchive.
 *
 * archive-write.c and archive-read.c do it; archive-layer.c knows the entries of a root file system.  The
 * module may use nothing of the core but the declarations in format-module.h.
 */
#include "config.h"

#include "core/formats/archive-private.h"

#include <errno.h>

#include <b9run/b9-plugin.h>

gboolean
b9_ar_fail (GError **error, B9Error code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, B9_ERROR, (int)code, text);
  return FALSE;
}

/* Not in libc's words for ENOENT and EACCES, which clients take for the container's own failure. */
gboolean
b9_ar_fail_errno (GError **error, int errnum, const char *what, const char *name)
{
  const char *why = g_strerror (errnum);

  if (errnum == ENOENT)
    why = "it does not exist";
  if (errnum == EACCES || errnum == EPERM)
    why = "the user has no right to";
  return b9_ar_fail (error, errnum == EACCES || errnum == EPERM ? B9_ERROR_PERMISSION : B9_ERROR_IO,
                     "%s %s: %s", what, name, why);
}

gboolean
b9_ar_fail_within (struct archive *archive, const char *what, GError **error)
{
  gboolean is_full = archive_errno (archive) == ENOSPC; /* of which libarchive says "Write error" */
  const char *reason = is_full ? g_strerror (ENOSPC) : archive_error_string (archive);

  return b9_ar_fail (error, is_full ? B9_ERROR_IO : B9_ERROR_BAD_INPUT, "%s: %s", what,
                     reason != NULL ? reason : "no reason given");
}

gboolean
b9_ar_go_on (const B9ArchiveJob *job, guint64 done, GError **error)
{
  if (job->progress == NULL || job->progress (done, job->data))
    return TRUE;
  return b9_ar_fail (error, B9_ERROR_FAILED, "cancelled");
}

char *
b9_ar_show_name (const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);

  return g_strescape (valid, NULL);
}

gboolean
b9_ar_refuse (const char *name, GError **error, const char *why)
{
  g_autofree char *shown = b9_ar_show_name (name);

  return b9_ar_fail (error, B9_ERROR_BAD_INPUT, "the entry \"%s\" %s; nothing was unpacked", shown, why);
}

extern B9_EXPORT const B9FormatModule b9_format_module;
const B9FormatModule b9_format_module = {
    .struct_size = sizeof (B9FormatModule),
    .version = PACKAGE_VERSION,
    .archive_open = b9_ar_open,
    .archive_entry = b9_ar_entry,
    .archive_data = b9_ar_data,
    .archive_write = b9_ar_write,
    .archive_finish = b9_ar_finish,
    .archive_close = b9_ar_close,
    .archive_read = b9_ar_read,
};
