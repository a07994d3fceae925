/* SPDX-License-Identifier: Apache-2.0
 *
 * archive-read.c: an archive into a directory.
 *
 * What is read may come from anybody.  libarchive gets the tar format and zstd alone, and of the image's
 * files only names and bytes are taken: each name is checked before it becomes a path, each file is made anew
 * below a directory that nobody else can write, and modes, owners, times, links and extended attributes are
 * ignored or refused.  Files of a root file system are judged by who asked for them (B9ArchiveJob.layer).
 */
#include "config.h"

#include "core/formats/archive-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 8
#define MAX_NAME 255

static void
close_quietly (int fd)
{
  if (fd >= 0)
    close (fd);
}

static gboolean
check_part (const char *name, const char *part, GError **error)
{
  if (*part == '\0')
    return b9_ar_refuse (name, error, "has an empty part in its path");
  if (strcmp (part, "..") == 0 || strcmp (part, ".") == 0)
    return b9_ar_refuse (name, error, "has \"..\" or \".\" in its path");
  if (strlen (part) > MAX_NAME)
    return b9_ar_refuse (name, error, "has a name that is too long");
  for (const char *character = part; *character != '\0'; character++) {
    if (g_ascii_iscntrl (*character) || *character == '\\')
      return b9_ar_refuse (name, error, "has a character in its name that no image has");
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
    b9_ar_refuse (name, error, "has an absolute path or none");
    return NULL;
  }
  if (length > 0 && trimmed[length - 1] == '/')
    trimmed[length - 1] = '\0';
  parts = g_strsplit (trimmed, "/", -1);
  if (g_strv_length (parts) > MAX_DEPTH) {
    b9_ar_refuse (name, error, "is too deep for an image");
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
      b9_ar_refuse (name, error, "has a file above it");
      return -1;
    }
    close_quietly (fd);
    fd = child;
  }
  if (fd < 0)
    b9_ar_fail_errno (error, errno, "cannot make the directory of", name);
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
      return b9_ar_fail_within (archive, name, error);
    if (offset < 0 || (guint64)offset > size || length > size - (guint64)offset)
      return b9_ar_refuse (name, error, "is larger than its header says");
    if (!write_block (fd, block, length, (guint64)offset))
      return b9_ar_fail_errno (error, errno, "cannot write", name);
    if (!b9_ar_go_on (job, before + (guint64)offset + length, error))
      return FALSE;
  }
  return ftruncate (fd, (off_t)size) == 0 || b9_ar_fail_errno (error, errno, "cannot write", name);
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
    b9_ar_refuse (name, error, "comes twice");
  else if (fd < 0)
    b9_ar_fail_errno (error, errno, "cannot make", name);
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
    return b9_ar_refuse (name, error, "is a link");
  if (archive_entry_filetype (entry) != AE_IFREG && archive_entry_filetype (entry) != AE_IFDIR)
    return b9_ar_refuse (name, error, "is a device or another special file");
  if (archive_entry_filetype (entry) == AE_IFREG &&
      (!archive_entry_size_is_set (entry) || archive_entry_size (entry) < 0))
    return b9_ar_refuse (name, error, "does not say its size");
  return TRUE;
}

static gboolean
check_bounds (const B9ArchiveJob *job, const char *name, guint64 size, guint64 bytes, guint64 files,
              GError **error)
{
  if (files >= job->max_files)
    return b9_ar_fail (error, B9_ERROR_BAD_INPUT,
                       "it holds more than %" G_GUINT64_FORMAT " files; nothing was unpacked",
                       job->max_files);
  if (size > job->max_bytes - bytes) {
    g_autofree char *shown = b9_ar_show_name (name);

    return b9_ar_fail (error, B9_ERROR_BAD_INPUT,
                       "with the entry \"%s\" it is larger than the %" G_GUINT64_FORMAT
                       " bytes that there is room for; nothing was unpacked",
                       shown, job->max_bytes);
  }
  return TRUE;
}

/* How far the image has come. */
typedef struct {
  guint64 bytes, files;
} Count;

static gboolean
unpack_directory (const B9ArchiveJob *job, const char *name, char **parts, GError **error)
{
  int fd = enter_directories (job, name, parts, g_strv_length (parts), error);

  close_quietly (fd);
  return fd >= 0;
}

static gboolean
unpack_entry (Reader *archive, const B9ArchiveJob *job, struct archive_entry *entry, Count *count,
              GError **error)
{
  const char *name = archive_entry_pathname (entry);
  gboolean is_directory = archive_entry_filetype (entry) == AE_IFDIR;
  g_auto (GStrv) parts = check_name (name, error);
  g_autofree char *path = NULL;
  guint64 size;

  if (parts == NULL || !check_kind (entry, name, error))
    return FALSE;
  size = is_directory ? 0 : (guint64)archive_entry_size (entry);
  if (!check_bounds (job, name, size, count->bytes, count->files, error))
    return FALSE;
  count->files += 1;
  if (is_directory)
    return unpack_directory (job, name, parts, error);
  if (parts[0] == NULL)
    return b9_ar_refuse (name, error, "has no name");
  path = g_strjoinv ("/", parts);
  if (job->accept != NULL && !job->accept (path, size, job->data, error))
    return FALSE;
  if (!unpack_file (archive, job, name, parts, size, count->bytes, error))
    return FALSE;
  count->bytes += size;
  return TRUE;
}

/* Sets *@done where nothing that follows is wanted. */
static gboolean
take_entry (Reader *archive, const B9ArchiveJob *job, struct archive_entry *entry, Count *count,
            gboolean *done, GError **error)
{
  const char *name = archive_entry_pathname (entry);

  if (name == NULL)
    return b9_ar_fail (error, B9_ERROR_BAD_INPUT,
                       "an entry has a name that cannot be read; nothing was unpacked");
  if (b9_ar_layer_name (name) == NULL) {
    *done = job->layer_alone;
    return *done || unpack_entry (archive, job, entry, count, error);
  }
  if (job->layer == NULL)
    return b9_ar_refuse (name, error, "is of a root file system, which nobody asked for");
  if (count->files > 0)
    return b9_ar_refuse (name, error, "is of a root file system, and comes after the image");
  return b9_ar_read_layer (archive, entry, job, error);
}

gboolean
b9_ar_read (const B9ArchiveJob *job, GError **error)
{
  g_autoptr (Reader) archive = archive_read_new ();
  Count count = {0};
  gboolean done = FALSE;
  int result = ARCHIVE_OK;

  archive_read_support_filter_zstd (archive);
  archive_read_support_format_tar (archive);
  if (archive_read_open_fd (archive, job->file, B9_ARCHIVE_BLOCK) != ARCHIVE_OK)
    return b9_ar_fail_within (archive, "it is no tar archive, plain or with zstd", error);
  while (!done) {
    struct archive_entry *entry;

    result = archive_read_next_header (archive, &entry);
    if (result != ARCHIVE_OK)
      break;
    if (!take_entry (archive, job, entry, &count, &done, error))
      return FALSE;
  }
  if (done)
    return TRUE;
  if (result != ARCHIVE_EOF)
    return b9_ar_fail_within (
        archive, count.files == 0 ? "it is no tar archive, plain or with zstd" : "it is damaged", error);
  if (count.files == 0)
    return b9_ar_fail (error, B9_ERROR_BAD_INPUT, "it is empty");
  return archive_read_close (archive) == ARCHIVE_OK || b9_ar_fail_within (archive, "it is damaged", error);
}
