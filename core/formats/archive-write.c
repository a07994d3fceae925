/* SPDX-License-Identifier: Apache-2.0
 *
 * archive-write.c: an archive from its first byte to its last: files of a root file system, then the image.
 */
#include "config.h"

#include "core/formats/archive-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPRESSION_LEVEL "1" /* images are large, and the saving must not wait for more */

struct _B9ArchiveStream {
  Writer *archive;
  char *what;
  guint64 done; /* bytes of the image's files */
};

static gboolean
write_header (B9ArchiveStream *stream, const char *name, const struct stat *info, GError **error)
{
  struct archive_entry *entry = archive_entry_new ();
  gboolean directory = S_ISDIR (info->st_mode);
  int result;

  archive_entry_set_pathname (entry, name);
  archive_entry_set_filetype (entry, directory ? AE_IFDIR : AE_IFREG);
  archive_entry_set_perm (entry, directory ? 0700 : 0600);
  archive_entry_set_mtime (entry, info->st_mtim.tv_sec, 0);
  archive_entry_set_size (entry, directory ? 0 : info->st_size);
  result = archive_write_header (stream->archive, entry);
  archive_entry_free (entry);
  return result == ARCHIVE_OK || b9_ar_fail_within (stream->archive, name, error);
}

static gboolean
write_content (B9ArchiveStream *stream, const B9ArchiveJob *job, int fd, const char *name, guint64 size,
               GError **error)
{
  g_autofree char *block = g_malloc (B9_ARCHIVE_BLOCK);
  guint64 left = size;

  while (left > 0) {
    ssize_t got = read (fd, block, MIN (left, B9_ARCHIVE_BLOCK));

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return b9_ar_fail_errno (error, errno, "cannot read", name);
    if (got == 0)
      return b9_ar_fail (error, B9_ERROR_IO, "%s became shorter while it was read", name);
    if (archive_write_data (stream->archive, block, (gsize)got) != got)
      return b9_ar_fail_within (stream->archive, stream->what, error);
    left -= (guint64)got;
    stream->done += (guint64)got;
    if (!b9_ar_go_on (job, stream->done, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
write_entry (B9ArchiveStream *stream, const B9ArchiveJob *job, const char *name, GError **error)
{
  int fd = openat (job->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat info;
  gboolean good;

  if (fd < 0)
    return b9_ar_fail_errno (error, errno, "cannot open", name);
  if (fstat (fd, &info) != 0)
    good = b9_ar_fail_errno (error, errno, "cannot look at", name);
  else if (!S_ISREG (info.st_mode) && !S_ISDIR (info.st_mode))
    good = b9_ar_fail (error, B9_ERROR_BAD_INPUT, "%s is no plain file any more", name);
  else
    good = write_header (stream, name, &info, error) &&
           (S_ISDIR (info.st_mode) || write_content (stream, job, fd, name, (guint64)info.st_size, error));
  close (fd);
  return good;
}

/* As many threads as there are processors, where this libarchive and libzstd know how. */
static void
use_threads (Writer *archive)
{
  g_autofree char *threads = g_strdup_printf ("%u", MIN (g_get_num_processors (), 16));

  archive_write_set_filter_option (archive, "zstd", "threads", threads);
}

/* Names are bytes, whatever the locale; extended attributes are written once, as GNU tar does. */
static gboolean
set_format (Writer *archive)
{
  return archive_write_add_filter_zstd (archive) == ARCHIVE_OK &&
         archive_write_set_filter_option (archive, "zstd", "compression-level", COMPRESSION_LEVEL) ==
             ARCHIVE_OK &&
         archive_write_set_format_pax (archive) == ARCHIVE_OK &&
         archive_write_set_format_option (archive, "pax", "hdrcharset", "BINARY") == ARCHIVE_OK &&
         archive_write_set_format_option (archive, "pax", "xattrheader", "SCHILY") == ARCHIVE_OK;
}

void
b9_ar_close (B9ArchiveStream *stream)
{
  archive_write_free (stream->archive);
  g_free (stream->what);
  g_free (stream);
}

static gboolean
start (B9ArchiveStream *stream, int file, GError **error)
{
  if (!set_format (stream->archive))
    return b9_ar_fail (error, B9_ERROR_UNSUPPORTED,
                       "this system's libarchive writes no tar with zstd: %s; install one that was built "
                       "with libzstd",
                       archive_error_string (stream->archive));
  use_threads (stream->archive);
  archive_write_set_bytes_in_last_block (stream->archive, 1);
  return archive_write_open_fd (stream->archive, file) == ARCHIVE_OK ||
         b9_ar_fail_within (stream->archive, stream->what, error);
}

B9ArchiveStream *
b9_ar_open (int file, const char *what, GError **error)
{
  B9ArchiveStream *stream = g_new0 (B9ArchiveStream, 1);

  stream->archive = archive_write_new ();
  stream->what = g_strdup (what);
  if (start (stream, file, error))
    return stream;
  b9_ar_close (stream);
  return NULL;
}

gboolean
b9_ar_entry (B9ArchiveStream *stream, const B9ArchiveEntry *entry, GError **error)
{
  struct archive_entry *made = b9_ar_from_entry (entry);
  int result = archive_write_header (stream->archive, made);

  archive_entry_free (made);
  return result == ARCHIVE_OK || b9_ar_fail_within (stream->archive, entry->name, error);
}

gboolean
b9_ar_data (B9ArchiveStream *stream, const void *data, gsize size, GError **error)
{
  return archive_write_data (stream->archive, data, size) == (la_ssize_t)size ||
         b9_ar_fail_within (stream->archive, stream->what, error);
}

gboolean
b9_ar_write (B9ArchiveStream *stream, const B9ArchiveJob *job, const char *const *names, GError **error)
{
  for (; *names != NULL; names++) {
    if (!write_entry (stream, job, *names, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
b9_ar_finish (B9ArchiveStream *stream, GError **error)
{
  return archive_write_close (stream->archive) == ARCHIVE_OK ||
         b9_ar_fail_within (stream->archive, stream->what, error);
}
