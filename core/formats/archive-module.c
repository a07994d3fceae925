/* SPDX-License-Identifier: Apache-2.0
 *
 * archive-module.c: b9run-archive.so, an image directory as a tar archive with zstd through libarchive.
 *
 * What is read may come from anybody.  libarchive gets the tar format and zstd alone, and only names and
 * bytes are taken from it: each name is checked before it becomes a path, each file is made anew below a
 * directory that nobody else can write, and modes, owners, times, links and extended attributes are ignored
 * or refused.
 *
 * It may use nothing of the core but the declarations in format-module.h.
 */
#include "config.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <b9run/b9-error.h>
#include <b9run/b9-plugin.h>

#include "core/formats/format-module.h"

#define BLOCK (1024 * 1024)
#define MAX_DEPTH 8
#define MAX_NAME 255
#define COMPRESSION_LEVEL "1" /* images are large, and the saving must not wait for more */

typedef struct archive Reader, Writer;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reader, archive_free)

static gboolean fail (GError **error, B9Error code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail (GError **error, B9Error code, const char *format, ...)
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
static gboolean
fail_errno (GError **error, int errnum, const char *what, const char *name)
{
  const char *why = g_strerror (errnum);

  if (errnum == ENOENT)
    why = "it does not exist";
  if (errnum == EACCES || errnum == EPERM)
    why = "the user has no right to";
  return fail (error, errnum == EACCES || errnum == EPERM ? B9_ERROR_PERMISSION : B9_ERROR_IO, "%s %s: %s",
               what, name, why);
}

static gboolean
fail_in_libarchive (Reader *archive, const char *what, GError **error)
{
  const char *reason = archive_error_string (archive);

  return fail (error, archive_errno (archive) == ENOSPC ? B9_ERROR_IO : B9_ERROR_BAD_INPUT, "%s: %s", what,
               reason != NULL ? reason : "no reason given");
}

static gboolean
go_on (const B9ArchiveJob *job, guint64 done, GError **error)
{
  if (job->progress == NULL || job->progress (done, job->data))
    return TRUE;
  return fail (error, B9_ERROR_FAILED, "cancelled");
}

static void
close_quietly (int fd)
{
  if (fd >= 0)
    close (fd);
}

/* --- writing --- */

static gboolean
write_header (Writer *archive, const char *name, const struct stat *info, GError **error)
{
  struct archive_entry *entry = archive_entry_new ();
  gboolean directory = S_ISDIR (info->st_mode);
  int result;

  archive_entry_set_pathname (entry, name);
  archive_entry_set_filetype (entry, directory ? AE_IFDIR : AE_IFREG);
  archive_entry_set_perm (entry, directory ? 0700 : 0600);
  archive_entry_set_mtime (entry, info->st_mtim.tv_sec, 0);
  archive_entry_set_size (entry, directory ? 0 : info->st_size);
  result = archive_write_header (archive, entry);
  archive_entry_free (entry);
  return result == ARCHIVE_OK || fail_in_libarchive (archive, name, error);
}

static gboolean
write_content (Writer *archive, const B9ArchiveJob *job, int fd, const char *name, guint64 size,
               guint64 *done, GError **error)
{
  g_autofree char *block = g_malloc (BLOCK);
  guint64 left = size;

  while (left > 0) {
    ssize_t got = read (fd, block, MIN (left, BLOCK));

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return fail_errno (error, errno, "cannot read", name);
    if (got == 0)
      return fail (error, B9_ERROR_IO, "%s became shorter while it was read", name);
    if (archive_write_data (archive, block, (gsize)got) != got)
      return fail_in_libarchive (archive, job->what, error);
    left -= (guint64)got;
    *done += (guint64)got;
    if (!go_on (job, *done, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
write_entry (Writer *archive, const B9ArchiveJob *job, const char *name, guint64 *done, GError **error)
{
  int fd = openat (job->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat info;
  gboolean good;

  if (fd < 0)
    return fail_errno (error, errno, "cannot open", name);
  if (fstat (fd, &info) != 0)
    good = fail_errno (error, errno, "cannot look at", name);
  else if (!S_ISREG (info.st_mode) && !S_ISDIR (info.st_mode))
    good = fail (error, B9_ERROR_BAD_INPUT, "%s is no plain file any more", name);
  else
    good = write_header (archive, name, &info, error) &&
           (S_ISDIR (info.st_mode) ||
            write_content (archive, job, fd, name, (guint64)info.st_size, done, error));
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

static gboolean
archive_write (const B9ArchiveJob *job, const char *const *names, GError **error)
{
  g_autoptr (Reader) archive = archive_write_new ();
  guint64 done = 0;

  if (archive_write_add_filter_zstd (archive) != ARCHIVE_OK ||
      archive_write_set_filter_option (archive, "zstd", "compression-level", COMPRESSION_LEVEL) !=
          ARCHIVE_OK ||
      archive_write_set_format_pax_restricted (archive) != ARCHIVE_OK)
    return fail (error, B9_ERROR_UNSUPPORTED,
                 "this system's libarchive writes no tar with zstd: %s; install one that was built with "
                 "libzstd",
                 archive_error_string (archive));
  use_threads (archive);
  archive_write_set_bytes_in_last_block (archive, 1);
  if (archive_write_open_fd (archive, job->file) != ARCHIVE_OK)
    return fail_in_libarchive (archive, job->what, error);
  for (; *names != NULL; names++) {
    if (!write_entry (archive, job, *names, &done, error))
      return FALSE;
  }
  return archive_write_close (archive) == ARCHIVE_OK || fail_in_libarchive (archive, job->what, error);
}

/* --- reading --- */

/* A name of an entry for messages: whatever it holds. */
static char *
show_name (const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);

  return g_strescape (valid, NULL);
}

static gboolean
refuse (const char *name, GError **error, const char *why)
{
  g_autofree char *shown = show_name (name);

  return fail (error, B9_ERROR_BAD_INPUT, "the entry \"%s\" %s; nothing was unpacked", shown, why);
}

static gboolean
check_part (const char *name, const char *part, GError **error)
{
  if (*part == '\0')
    return refuse (name, error, "has an empty part in its path");
  if (strcmp (part, "..") == 0 || strcmp (part, ".") == 0)
    return refuse (name, error, "has \"..\" or \".\" in its path");
  if (strlen (part) > MAX_NAME)
    return refuse (name, error, "has a name that is too long");
  for (const char *character = part; *character != '\0'; character++) {
    if (g_ascii_iscntrl (*character) || *character == '\\')
      return refuse (name, error, "has a character in its name that no image has");
  }
  return TRUE;
}

/* The parts of an entry's path, without "./" before and "/" behind, as `tar -C DIR -c .` writes them; none
 * for the directory itself. */
static char **
check_name (const char *name, GError **error)
{
  const char *plain = g_str_has_prefix (name, "./") ? name + 2 : name;
  g_autofree char *trimmed = g_strdup (strcmp (plain, ".") == 0 ? "" : plain);
  g_auto (GStrv) parts = NULL;
  gsize length = strlen (trimmed);

  if (*name == '\0' || name[0] == '/') {
    refuse (name, error, "has an absolute path or none");
    return NULL;
  }
  if (length > 0 && trimmed[length - 1] == '/')
    trimmed[length - 1] = '\0';
  parts = g_strsplit (trimmed, "/", -1);
  if (g_strv_length (parts) > MAX_DEPTH) {
    refuse (name, error, "is too deep for an image");
    return NULL;
  }
  for (guint i = 0; parts[i] != NULL; i++) {
    if (!check_part (name, parts[i], error))
      return NULL;
  }
  return g_steal_pointer (&parts);
}

/* Opens, and makes where they are missing, the first @n of @parts as directories; a descriptor, or -1. */
static int
enter_directories (const B9ArchiveJob *job, const char *name, char **parts, guint n, GError **error)
{
  int fd = openat (job->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; fd >= 0 && i < n; i++) {
    int child = -1;

    if (mkdirat (fd, parts[i], 0700) == 0 || errno == EEXIST)
      child = openat (fd, parts[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (child < 0 && errno == ENOTDIR) {
      close (fd);
      refuse (name, error, "has a file above it");
      return -1;
    }
    close_quietly (fd);
    fd = child;
  }
  if (fd < 0)
    fail_errno (error, errno, "cannot make the directory of", name);
  return fd;
}

static gboolean
write_block (int fd, const char *block, gsize size, guint64 offset)
{
  while (size > 0) {
    ssize_t written = pwrite (fd, block, size, (off_t)offset);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return FALSE;
    block += written;
    offset += (guint64)written;
    size -= (gsize)written;
  }
  return TRUE;
}

/* A sparse file's holes stay holes; nothing is written past the size that the header promised. */
static gboolean
unpack_content (Reader *archive, const B9ArchiveJob *job, int fd, const char *name, guint64 size,
                guint64 before, GError **error)
{
  for (;;) {
    const void *block;
    size_t length;
    la_int64_t offset;
    int result = archive_read_data_block (archive, &block, &length, &offset);

    if (result == ARCHIVE_EOF)
      break;
    if (result != ARCHIVE_OK)
      return fail_in_libarchive (archive, name, error);
    if (offset < 0 || (guint64)offset > size || length > size - (guint64)offset)
      return refuse (name, error, "is larger than its header says");
    if (!write_block (fd, block, length, (guint64)offset))
      return fail_errno (error, errno, "cannot write", name);
    if (!go_on (job, before + (guint64)offset + length, error))
      return FALSE;
  }
  return ftruncate (fd, (off_t)size) == 0 || fail_errno (error, errno, "cannot write", name);
}

static gboolean
unpack_file (Reader *archive, const B9ArchiveJob *job, const char *name, char **parts, guint64 size,
             guint64 before, GError **error)
{
  guint last = g_strv_length (parts) - 1;
  int directory = enter_directories (job, name, parts, last, error);
  int fd = -1;
  gboolean good = FALSE;

  if (directory < 0)
    return FALSE;
  fd = openat (directory, parts[last], O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST)
    refuse (name, error, "comes twice");
  else if (fd < 0)
    fail_errno (error, errno, "cannot make", name);
  else
    good = unpack_content (archive, job, fd, name, size, before, error);
  close_quietly (fd);
  close (directory);
  return good;
}

static gboolean
check_kind (struct archive_entry *entry, const char *name, GError **error)
{
  if (archive_entry_hardlink (entry) != NULL || archive_entry_symlink (entry) != NULL ||
      archive_entry_filetype (entry) == AE_IFLNK)
    return refuse (name, error, "is a link");
  if (archive_entry_filetype (entry) != AE_IFREG && archive_entry_filetype (entry) != AE_IFDIR)
    return refuse (name, error, "is a device or another special file");
  if (archive_entry_filetype (entry) == AE_IFREG &&
      (!archive_entry_size_is_set (entry) || archive_entry_size (entry) < 0))
    return refuse (name, error, "does not say its size");
  return TRUE;
}

static gboolean
check_bounds (const B9ArchiveJob *job, const char *name, guint64 size, guint64 bytes, guint64 files,
              GError **error)
{
  if (files >= job->max_files)
    return fail (error, B9_ERROR_BAD_INPUT,
                 "it holds more than %" G_GUINT64_FORMAT " files; nothing was unpacked", job->max_files);
  if (size > job->max_bytes - bytes) {
    g_autofree char *shown = show_name (name);

    return fail (error, B9_ERROR_BAD_INPUT,
                 "with the entry \"%s\" it is larger than the %" G_GUINT64_FORMAT
                 " bytes that there is room for; nothing was unpacked",
                 shown, job->max_bytes);
  }
  return TRUE;
}

static gboolean
unpack_entry (Reader *archive, const B9ArchiveJob *job, struct archive_entry *entry, guint64 *bytes,
              guint64 *files, GError **error)
{
  const char *name = archive_entry_pathname (entry);
  gboolean is_directory = archive_entry_filetype (entry) == AE_IFDIR;
  g_auto (GStrv) parts = NULL;
  g_autofree char *path = NULL;
  guint64 size;

  if (name == NULL)
    return fail (error, B9_ERROR_BAD_INPUT, "an entry has a name that cannot be read; nothing was unpacked");
  parts = check_name (name, error);
  if (parts == NULL || !check_kind (entry, name, error))
    return FALSE;
  size = is_directory ? 0 : (guint64)archive_entry_size (entry);
  if (!check_bounds (job, name, size, *bytes, *files, error))
    return FALSE;
  *files += 1;
  if (is_directory) {
    int fd = enter_directories (job, name, parts, g_strv_length (parts), error);

    close_quietly (fd);
    return fd >= 0;
  }
  if (parts[0] == NULL)
    return refuse (name, error, "has no name");
  path = g_strjoinv ("/", parts);
  if (job->accept != NULL && !job->accept (path, size, job->data, error))
    return FALSE;
  if (!unpack_file (archive, job, name, parts, size, *bytes, error))
    return FALSE;
  *bytes += size;
  return TRUE;
}

static gboolean
archive_read (const B9ArchiveJob *job, GError **error)
{
  g_autoptr (Reader) archive = archive_read_new ();
  guint64 bytes = 0, files = 0;
  int result;

  archive_read_support_filter_zstd (archive);
  archive_read_support_format_tar (archive);
  if (archive_read_open_fd (archive, job->file, BLOCK) != ARCHIVE_OK)
    return fail_in_libarchive (archive, "it is no tar archive, plain or with zstd", error);
  for (;;) {
    struct archive_entry *entry;

    result = archive_read_next_header (archive, &entry);
    if (result != ARCHIVE_OK)
      break;
    if (!unpack_entry (archive, job, entry, &bytes, &files, error))
      return FALSE;
  }
  if (result != ARCHIVE_EOF)
    return fail_in_libarchive (
        archive, files == 0 ? "it is no tar archive, plain or with zstd" : "it is damaged", error);
  if (files == 0)
    return fail (error, B9_ERROR_BAD_INPUT, "it is empty");
  return archive_read_close (archive) == ARCHIVE_OK || fail_in_libarchive (archive, "it is damaged", error);
}

extern B9_EXPORT const B9FormatModule b9_format_module;
const B9FormatModule b9_format_module = {
    .struct_size = sizeof (B9FormatModule),
    .version = PACKAGE_VERSION,
    .archive_write = archive_write,
    .archive_read = archive_read,
};
