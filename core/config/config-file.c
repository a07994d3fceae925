/* SPDX-License-Identifier: Apache-2.0
 *
 * config-file.c: reads a configuration file that nobody but root and the caller can have changed.
 *
 * The configuration names programs that root runs, so the file and the directories that lead to it are
 * checked before a byte is believed.  A symbolic link is fine (/etc is often made of them) as long as it
 * stands in, and points into, such a directory.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <b9run/b9-error.h>

#include "core/config/config-private.h"
#include "core/sys/failure.h"

#define MAX_BYTES (1024 * 1024)

/* What the kernel shows for an owner that has no number in this user namespace (user_namespaces(7)). */
#define OVERFLOW_UID 65534

gboolean
b9_config_owner_trusted (uid_t owner, uid_t caller, const char *uid_map)
{
  if (owner == 0 || owner == caller)
    return TRUE;
  if (owner != OVERFLOW_UID)
    return FALSE;

  /* In a rootless engine's user namespace the host's root, who owns /etc, has no number.  b9run has no more
   * rights there than the user who made the namespace. */
  char *end = NULL;
  guint64 first = g_ascii_strtoull (uid_map, &end, 10);
  guint64 host = g_ascii_strtoull (end, &end, 10);
  guint64 count = g_ascii_strtoull (end, &end, 10);
  gboolean initial_namespace = first == 0 && host == 0 && count >= G_MAXUINT32;
  return count > 0 && !initial_namespace;
}

static gboolean
fail_errno (const char *path, GError **error)
{
  int saved = errno;
  int code = saved == EACCES || saved == EPERM ? B9_ERROR_PERMISSION : B9_ERROR_CONFIG;
  g_set_error (error, B9_ERROR, code, "the configuration file %s cannot be read: %s", path,
               b9_errno_text (saved));
  return FALSE;
}

static gboolean
owner_trusted_here (uid_t owner)
{
  g_autofree char *uid_map = NULL;

  if (owner == OVERFLOW_UID)
    g_file_get_contents ("/proc/self/uid_map", &uid_map, NULL, NULL);
  return b9_config_owner_trusted (owner, geteuid (), uid_map != NULL ? uid_map : "");
}

static gboolean
check_owner (const char *what, const char *path, const struct stat *status, GError **error)
{
  /* In a directory with the sticky bit (/tmp) others can add files, which the owner's check catches, but not
   * exchange this one. */
  gboolean sticky = S_ISDIR (status->st_mode) && (status->st_mode & S_ISVTX) != 0;
  if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky) {
    g_set_error (error, B9_ERROR, B9_ERROR_CONFIG,
                 "the %s %s can be changed by others than its owner (mode %04o): run chmod go-w %s", what,
                 path, (guint)(status->st_mode & 07777), path);
    return FALSE;
  }
  if (owner_trusted_here (status->st_uid))
    return TRUE;
  g_set_error (error, B9_ERROR, B9_ERROR_CONFIG,
               "the %s %s belongs to user %u, not to root or the caller: run chown root %s", what, path,
               (guint)status->st_uid, path);
  return FALSE;
}

static gboolean
check_directory (const char *file, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (file);
  struct stat status;

  if (stat (directory, &status) != 0)
    return fail_errno (directory, error);
  return check_owner ("directory", directory, &status, error);
}

static char *
read_all (int fd, const char *path, gsize *length, GError **error)
{
  g_autofree char *text = g_malloc (MAX_BYTES + 1);
  gsize size = 0;
  ssize_t count;

  do {
    count = read (fd, text + size, MAX_BYTES + 1 - size);
    size += count > 0 ? (gsize)count : 0;
  } while ((count > 0 && size <= MAX_BYTES) || (count < 0 && errno == EINTR));
  if (count < 0) {
    fail_errno (path, error);
    return NULL;
  }
  if (size > MAX_BYTES) {
    g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "the configuration file %s is larger than 1 MiB", path);
    return NULL;
  }
  text[size] = '\0'; /* size is MAX_BYTES at most */
  *length = size;
  return g_steal_pointer (&text);
}

static char *
read_checked (int fd, const char *path, gsize *length, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0) {
    fail_errno (path, error);
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "the configuration file %s is not a regular file", path);
    return NULL;
  }
  if (!check_owner ("configuration file", path, &status, error))
    return NULL;
  return read_all (fd, path, length, error);
}

char *
b9_config_read_file (const char *path, gsize *length, GError **error)
{
  char real[PATH_MAX];

  if (realpath (path, real) == NULL) {
    fail_errno (path, error);
    return NULL;
  }
  if (!check_directory (path, error) || !check_directory (real, error))
    return NULL;

  /* O_NONBLOCK: a FIFO must not hold the caller up before fstat tells that it is one. */
  int fd = open (real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    fail_errno (path, error);
    return NULL;
  }
  char *text = read_checked (fd, path, length, error);
  close (fd);
  return text;
}
