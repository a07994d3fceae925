/* SPDX-License-Identifier: Apache-2.0
 *
 * host-files.c: the services of a B9Host that look at files: where a program is, what a file of the host
 * holds.
 */
#include "config.h"

#include "core/plugin/host-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/program.h"

#define FIRST_BUFFER 4096

char *
b9_host_path (const char *path)
{
  const char *root = secure_getenv ("B9RUN_HOST_ROOT");

  if (root == NULL || !g_path_is_absolute (root))
    return g_strdup (path);
  return g_build_filename (root, path, NULL);
}

char *
b9_host_service_path (const B9Host *host G_GNUC_UNUSED, const char *path)
{
  return b9_host_path (path);
}

static void
note_file (const B9Host *host, const char *path)
{
  const B9HostData *data = host->data;

  if (data->watch != NULL && data->watch->file != NULL)
    data->watch->file (data->watch->data, path);
}

void
b9_host_service_depends_on (const B9Host *host, const char *path)
{
  g_autofree char *place = b9_host_path (path);

  note_file (host, place);
}

char *
b9_host_service_find_program (const B9Host *host, const char *name)
{
  const B9HostData *data = host->data;
  char *found = NULL;

  if (*name != '\0' && strchr (name, '/') == NULL)
    found = b9_find_program (name);
  if (data->watch != NULL && data->watch->search != NULL)
    data->watch->search (data->watch->data, name, found);
  return found;
}

/* Reads to the end or to one byte past @max: files of /proc do not tell their size before. */
static GString *
read_all (int fd, gsize max, int *failure)
{
  g_autoptr (GString) text = g_string_sized_new (FIRST_BUFFER);
  char buffer[FIRST_BUFFER];

  while (text->len <= max) {
    ssize_t got = read (fd, buffer, MIN (sizeof buffer, max + 1 - text->len));

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      *failure = errno;
      return NULL;
    }
    if (got == 0)
      break;
    g_string_append_len (text, buffer, got);
  }
  return g_steal_pointer (&text);
}

static char *
read_open (int fd, const char *place, gsize max, gsize *length, GError **error)
{
  g_autoptr (GString) text = NULL;
  struct stat info;
  int failure = 0;

  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode)) {
    b9_fail (error, B9_ERROR_IO, "%s is no regular file", place);
    return NULL;
  }
  text = read_all (fd, max, &failure);
  if (text == NULL)
    b9_fail_errno (error, failure, "cannot read %s", place);
  else if (text->len > max)
    b9_fail (error, B9_ERROR_IO, "%s is larger than %" G_GSIZE_FORMAT " bytes", place, max);
  if (text == NULL || text->len > max)
    return NULL;
  if (length != NULL)
    *length = text->len;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
b9_host_service_read_file (const B9Host *host, const char *path, gsize max, gsize *length, GError **error)
{
  g_autofree char *place = b9_host_path (path);
  b9_autofd fd = -1;

  note_file (host, place);
  fd = open (place, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    b9_fail (error, B9_ERROR_NOT_FOUND, "%s does not exist", place);
    return NULL;
  }
  if (fd < 0) {
    b9_fail_errno (error, errno, "cannot open %s", place);
    return NULL;
  }
  return read_open (fd, place, max, length, error);
}
