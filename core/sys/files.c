/* SPDX-License-Identifier: Apache-2.0
 *
 * files.c: see files.h.
 */
#include "config.h"

#include "core/sys/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/failure.h"

/* The state directory is three levels deep; a tree deeper than this is none of ours. */
#define MAX_TREE_DEPTH 16
#define MAX_ROOTFS_DEPTH 512 /* each level takes a descriptor */

/* Most of what is read is smaller: records, PID files, files of /proc. */
#define SMALL_FILE 4096

void
b9_fd_close (B9Fd *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close (*fd);
  *fd = -1;
  errno = saved;
}

static gboolean
check_private_directory (const char *path, GError **error)
{
  struct stat info;

  if (lstat (path, &info) != 0)
    return b9_fail_errno (error, errno, "cannot look at the directory %s", path);
  if (!S_ISDIR (info.st_mode))
    return b9_fail (error, B9_ERROR_IO, "%s is in the way: b9run needs a directory there", path);
  if (info.st_uid != geteuid ())
    return b9_fail (error, B9_ERROR_PERMISSION, "%s belongs to user %u, and this is user %u", path,
                    (unsigned)info.st_uid, (unsigned)geteuid ());
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return b9_fail (
        error, B9_ERROR_PERMISSION,
        "%s can be written by others (owner %u, mode %04o); b9run keeps its state only where nobody else can",
        path, (unsigned)info.st_uid, (unsigned)(info.st_mode & 07777));
  return TRUE;
}

gboolean
b9_make_private_directory (const char *path, GError **error)
{
  g_autofree char *parent = NULL;

  if (mkdir (path, 0700) == 0)
    return TRUE;
  if (errno == EEXIST)
    return check_private_directory (path, error);
  if (errno != ENOENT)
    return b9_fail_errno (error, errno, "cannot make the directory %s", path);

  parent = g_path_get_dirname (path);
  if (g_mkdir_with_parents (parent, 0700) != 0 || (mkdir (path, 0700) != 0 && errno != EEXIST))
    return b9_fail_errno (error, errno, "cannot make the directory %s", path);
  return check_private_directory (path, error);
}

int
b9_open_directory (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0)
    b9_fail_errno (error, errno, "cannot open the directory %s", path);
  return fd;
}

gboolean
b9_write_all (int fd, const char *content, gsize size)
{
  while (size > 0) {
    ssize_t written = write (fd, content, size);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return FALSE;
    content += written;
    size -= (gsize)written;
  }
  return TRUE;
}

/* The temporary stands beside its target, hidden, under a name that nobody can guess. */
static char *
temporary_name (const char *name)
{
  g_autofree char *directory = g_path_get_dirname (name);
  g_autofree char *base = g_path_get_basename (name);
  guint64 secret = 0;
  g_autofree char *hidden = NULL;

  if (getrandom (&secret, sizeof secret, 0) != (ssize_t)sizeof secret)
    secret = ((guint64)g_random_int () << 32) | g_random_int ();
  hidden = g_strdup_printf (".%.80s.%016" G_GINT64_MODIFIER "x", base, secret);
  if (strchr (name, '/') == NULL)
    return g_steal_pointer (&hidden);
  return g_build_filename (directory, hidden, NULL);
}

/* Whether a rename into the directory of @name survives a crash. */
static gboolean
flush_directory (int directory, const char *name)
{
  g_autofree char *path = g_path_get_dirname (name);
  b9_autofd fd = openat (directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  return fd >= 0 && fsync (fd) == 0;
}

static gboolean
replace_file (int directory, const char *name, const char *content, gsize size, mode_t mode, gboolean durably,
              GError **error)
{
  g_autofree char *temporary = temporary_name (name);
  b9_autofd fd = openat (directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  int failure;

  if (fd < 0)
    return b9_fail_errno (error, errno, "cannot write %s", name);
  if (b9_write_all (fd, content, size) && (!durably || fsync (fd) == 0) &&
      renameat (directory, temporary, directory, name) == 0) {
    if (!durably || flush_directory (directory, name))
      return TRUE;
    return b9_fail_errno (error, errno, "cannot write %s to the disk", name);
  }
  failure = errno;
  unlinkat (directory, temporary, 0);
  return b9_fail_errno (error, failure, "cannot write %s", name);
}

gboolean
b9_replace_file (int directory, const char *name, const char *content, gsize size, mode_t mode,
                 GError **error)
{
  return replace_file (directory, name, content, size, mode, FALSE, error);
}

gboolean
b9_replace_file_durably (int directory, const char *name, const char *content, gsize size, mode_t mode,
                         GError **error)
{
  return replace_file (directory, name, content, size, mode, TRUE, error);
}

/* Reads until the end or one byte past the limit, into a buffer that grows from @expected; *size is what was
 * read, and there is room for a zero behind it.  NULL with errno set. */
static char *
read_up_to (int fd, gsize expected, gsize limit, gsize *size)
{
  gsize room = MIN (MAX (expected, SMALL_FILE), limit) + 1;
  g_autofree char *buffer = g_malloc (room + 1);

  *size = 0;
  for (;;) {
    ssize_t got = read (fd, buffer + *size, room - *size);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return NULL;
    *size += (gsize)got;
    if (got == 0 || *size > limit)
      return g_steal_pointer (&buffer);
    if (*size == room) {
      room = MIN (room * 4, limit + 1);
      buffer = g_realloc (buffer, room + 1);
    }
  }
}

char *
b9_read_file (int directory, const char *name, gsize limit, gsize *size, GError **error)
{
  b9_autofd fd = openat (directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  g_autofree char *buffer = NULL;
  struct stat info;
  gsize have;

  if (fd < 0 && errno == ENOENT) {
    b9_fail (error, B9_ERROR_NOT_FOUND, "%s does not exist", name);
    return NULL;
  }
  if (fd < 0 || fstat (fd, &info) != 0) {
    b9_fail_errno (error, errno, "cannot open %s", name);
    return NULL;
  }
  if (!S_ISREG (info.st_mode)) {
    b9_fail (error, B9_ERROR_IO, "%s is no regular file", name);
    return NULL;
  }
  /* Files of /proc say that they are empty, so their size decides nothing but the first guess. */
  buffer = read_up_to (fd, (gsize)info.st_size, limit, &have);
  if (buffer == NULL) {
    b9_fail_errno (error, errno, "cannot read %s", name);
    return NULL;
  }
  if (have > limit) {
    b9_fail (error, B9_ERROR_IO, "%s is larger than %" G_GSIZE_FORMAT " bytes", name, limit);
    return NULL;
  }
  buffer[have] = '\0';
  if (size != NULL)
    *size = have;
  return g_steal_pointer (&buffer);
}

static int empty_directory (int fd, dev_t device, guint left);

/* Removes @name, with all that is in it where it is a directory; 0, or an errno. */
static int
remove_entry (int directory, const char *name, dev_t device, guint left)
{
  struct stat info;
  int child, failure;

  if (unlinkat (directory, name, 0) == 0 || errno == ENOENT)
    return 0;
  failure = errno;
  child = openat (directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (child < 0)
    return failure == EISDIR ? errno : failure;
  if (fstat (child, &info) != 0 || info.st_dev != device) {
    close (child);
    return EXDEV;
  }
  failure = empty_directory (child, device, left);
  if (failure == 0 && unlinkat (directory, name, AT_REMOVEDIR) != 0)
    failure = errno;
  return failure;
}

/* Empties the directory that @fd stands for, to @left levels of directories; takes @fd.  0, or an errno:
 * EXDEV for what is on another file system or too deep. */
static int
empty_directory (int fd, dev_t device, guint left)
{
  DIR *stream = fdopendir (fd);
  struct dirent *entry;
  int failure = left > 0 ? 0 : EXDEV;

  if (stream == NULL) {
    failure = errno;
    close (fd);
    return failure;
  }
  while (failure == 0 && (entry = readdir (stream)) != NULL) {
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      failure = remove_entry (dirfd (stream), entry->d_name, device, left - 1);
  }
  closedir (stream);
  return failure;
}

int
b9_remove_entry (int directory, const char *name)
{
  struct stat info;

  return fstat (directory, &info) == 0 ? remove_entry (directory, name, info.st_dev, MAX_ROOTFS_DEPTH)
                                       : errno;
}

int
b9_empty_directory (int directory)
{
  int fd = openat (directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat info;

  if (fd < 0 || fstat (fd, &info) != 0) {
    int failure = errno;

    if (fd >= 0)
      close (fd);
    return failure;
  }
  return empty_directory (fd, info.st_dev, MAX_ROOTFS_DEPTH);
}

gboolean
b9_remove_tree (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat info;
  int failure;

  if (fd < 0 && errno == ENOENT)
    return TRUE;
  if (fd < 0)
    return b9_fail_errno (error, errno, "cannot remove %s", path);
  if (fstat (fd, &info) != 0) {
    failure = errno;
    close (fd);
    return b9_fail_errno (error, failure, "cannot remove %s", path);
  }
  failure = empty_directory (fd, info.st_dev, MAX_TREE_DEPTH);
  if (failure == 0 && rmdir (path) != 0 && errno != ENOENT)
    failure = errno;
  if (failure == EXDEV)
    return b9_fail (error, B9_ERROR_IO,
                    "cannot remove %s: what is in it is too deep, or on another file system", path);
  return failure == 0 || b9_fail_errno (error, failure, "cannot remove %s", path);
}

char *
b9_absolute_path (const char *path, const char *base)
{
  g_autofree char *joined = NULL;

  if (g_path_is_absolute (path))
    return g_canonicalize_filename (path, "/");
  if (base != NULL)
    return g_canonicalize_filename (path, base);
  joined = g_get_current_dir ();
  return g_canonicalize_filename (path, joined);
}
