/* SPDX-License-Identifier: Apache-2.0
 *
 * cache-file.c: see cache-file.h.
 *
 * A file is one line, "b9run-cache 1 BOOT LENGTH", and the content.  What a crash tore is of another boot.
 */
#include "config.h"

#include "core/sys/cache-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define MAX_NAME 128
#define MAX_HEADER 128
#define TURN_PAUSE_US 20000
#define TURN_ROUNDS 3000 /* a minute */

gboolean
b9_cache_name_is_good (const char *name)
{
  gsize length = strnlen (name, MAX_NAME + 1);

  if (length == 0 || length > MAX_NAME || name[0] == '.' || strstr (name, "..") != NULL)
    return FALSE;
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isalnum (name[i]) && strchr ("-_.", name[i]) == NULL)
      return FALSE;
  }
  return TRUE;
}

static char *
make_header (gsize size)
{
  g_autofree char *boot = b9_boot_id ();

  return g_strdup_printf ("b9run-cache 1 %s %" G_GSIZE_FORMAT "\n", boot, size);
}

static gboolean
is_ours_alone (const struct stat *info, mode_t type)
{
  return (info->st_mode & S_IFMT) == type && info->st_uid == geteuid () && (info->st_mode & 077) == 0;
}

static int
open_cache (const char *state_directory)
{
  g_autofree char *path = g_build_filename (state_directory, "cache", NULL);
  b9_autofd fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat info;
  int opened = fd;

  if (fd < 0 || fstat (fd, &info) != 0 || !is_ours_alone (&info, S_IFDIR))
    return -1;
  fd = -1;
  return opened;
}

static char *
read_whole (int fd, gsize size)
{
  g_autofree char *buffer = g_malloc (size + 1);
  gsize have = 0;

  while (have < size) {
    ssize_t got = read (fd, buffer + have, size - have);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return NULL;
    have += (gsize)got;
  }
  buffer[size] = '\0';
  return g_steal_pointer (&buffer);
}

/* The content behind the header, where the header is that of this boot and tells the content's length.  Takes
 * @text. */
static GBytes *
content_of (char *text, gsize size)
{
  g_autoptr (GBytes) whole = g_bytes_new_take (text, size);
  const char *end = memchr (text, '\n', MIN (size, MAX_HEADER));
  gsize header = end != NULL ? (gsize)(end - text) + 1 : 0;
  g_autofree char *expected = header > 0 ? make_header (size - header) : NULL;

  if (expected == NULL || strlen (expected) != header || memcmp (expected, text, header) != 0)
    return NULL;
  return g_bytes_new_from_bytes (whole, header, size - header);
}

GBytes *
b9_cache_file_read (const char *state_directory, const char *name)
{
  b9_autofd directory = b9_cache_name_is_good (name) ? open_cache (state_directory) : -1;
  b9_autofd fd = directory >= 0
                     ? openat (directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
                     : -1;
  g_autofree char *text = NULL;
  struct stat info;

  if (fd < 0 || fstat (fd, &info) != 0 || !is_ours_alone (&info, S_IFREG) || info.st_nlink != 1 ||
      info.st_size > B9_CACHE_FILE_LIMIT + MAX_HEADER)
    return NULL;
  text = read_whole (fd, (gsize)info.st_size);
  return text != NULL ? content_of (g_steal_pointer (&text), (gsize)info.st_size) : NULL;
}

gboolean
b9_cache_file_write (const char *state_directory, const char *name, const char *content, gsize size,
                     GError **error)
{
  g_autofree char *path = g_build_filename (state_directory, "cache", NULL);
  b9_autofd directory = -1;
  g_autoptr (GString) text = NULL;
  g_autofree char *header = make_header (size);

  if (!b9_cache_name_is_good (name))
    return b9_fail (error, B9_ERROR_BAD_INPUT, "\"%s\" is no name for a cached file", name);
  if (size > B9_CACHE_FILE_LIMIT)
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s is larger than the %d bytes that are cached", name,
                    B9_CACHE_FILE_LIMIT);
  if (!b9_make_private_directory (state_directory, error) || !b9_make_private_directory (path, error))
    return FALSE;
  directory = open_cache (state_directory);
  if (directory < 0)
    return b9_fail (error, B9_ERROR_PERMISSION, "%s can be read by others, so nothing is cached there", path);
  text = g_string_sized_new (strlen (header) + size);
  g_string_append (text, header);
  g_string_append_len (text, content, (gssize)size);
  return b9_replace_file (directory, name, text->str, text->len, 0600, error);
}

static gboolean
wait_for_turn (int lock)
{
  for (guint round = 0; flock (lock, LOCK_EX | LOCK_NB) != 0; round++) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || round == TURN_ROUNDS)
      return FALSE;
    g_usleep (TURN_PAUSE_US);
  }
  return TRUE;
}

int
b9_cache_file_turn (const char *state_directory, const char *name)
{
  g_autofree char *path = g_build_filename (state_directory, "cache", NULL);
  b9_autofd directory = -1;
  b9_autofd lock = -1;
  int taken;

  if (!b9_cache_name_is_good (name) || !b9_make_private_directory (state_directory, NULL) ||
      !b9_make_private_directory (path, NULL))
    return -1;
  directory = open_cache (state_directory);
  if (directory >= 0)
    lock = openat (directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
  if (lock < 0 || !wait_for_turn (lock))
    return -1;
  taken = lock;
  lock = -1;
  return taken;
}
