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
#include "core/sys/trust.h"

#define MAX_BYTES (1024 * 1024)

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
refuse_untrusted (B9Trust trust, const char *what, const char *path, const struct stat *status,
                  GError **error)
{
  if (trust == B9_WRITABLE_BY_OTHERS)
    return b9_fail (error, B9_ERROR_CONFIG,
                    "the %s %s can be changed by others than its owner (mode %04o): run chmod go-w %s", what,
                    path, (guint)(status->st_mode & 07777), path);
  if (trust == B9_OWNED_BY_ANOTHER)
    return b9_fail (error, B9_ERROR_CONFIG,
                    "the %s %s belongs to user %u, not to root or the caller: run chown root %s", what, path,
                    (guint)status->st_uid, path);
  return fail_errno (path, error);
}

/* In a directory with the sticky bit (/tmp) others can add files, which the owner's check catches, but not
 * exchange this one. */
static gboolean
check_directories (const char *directory, GError **error)
{
  g_autofree char *culprit = NULL;
  struct stat status;
  B9Trust trust = b9_trust_directories (directory, TRUE, &culprit, &status);

  return trust == B9_TRUSTED || refuse_untrusted (trust, "directory", culprit, &status, error);
}

/* Those in which the file stands, and those in which a link to it does. */
static gboolean
check_places (const char *path, const char *real, GError **error)
{
  g_autofree char *of_path = g_path_get_dirname (path);
  g_autofree char *of_real = g_path_get_dirname (real);
  char place[PATH_MAX];

  if (realpath (of_path, place) == NULL)
    return fail_errno (of_path, error);
  return check_directories (place, error) &&
         (g_str_equal (place, of_real) || check_directories (of_real, error));
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
  B9Trust trust;

  if (fstat (fd, &status) != 0) {
    fail_errno (path, error);
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "the configuration file %s is not a regular file", path);
    return NULL;
  }
  trust = b9_trust (&status);
  if (trust != B9_TRUSTED) {
    refuse_untrusted (trust, "configuration file", path, &status, error);
    return NULL;
  }
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
  if (!check_places (path, real, error))
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
