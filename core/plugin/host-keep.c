/* SPDX-License-Identifier: Apache-2.0
 *
 * host-keep.c: answers of programs that are kept because they hang on the program's file alone: versions,
 * help texts (B9Run.keep).
 *
 * They stand in the cache, which lasts until the next boot, with what tells the file from another and from
 * itself after a change.  A script may ask anybody, so its answer is never kept.
 */
#include "config.h"

#include "core/plugin/host-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/files.h"

#define MARK "b9run-answer-1"

/* One line for the program's file; NULL where an answer is not to be kept. */
static char *
identify (const char *program)
{
  b9_autofd fd = open (program, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  char beginning[2] = {0};
  struct stat info;

  if (fd < 0 || fstat (fd, &info) != 0 || !S_ISREG (info.st_mode) ||
      read (fd, beginning, sizeof beginning) != (ssize_t)sizeof beginning || memcmp (beginning, "#!", 2) == 0)
    return NULL;
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                          ".%09ld %" G_GINT64_FORMAT ".%09ld",
                          (guint64)info.st_dev, (guint64)info.st_ino, (gint64)info.st_size,
                          (gint64)info.st_mtim.tv_sec, info.st_mtim.tv_nsec, (gint64)info.st_ctim.tv_sec,
                          info.st_ctim.tv_nsec);
}

static char *
name_of (const B9Run *run)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);

  for (guint i = 0; run->argv[i] != NULL; i++)
    g_checksum_update (sum, (const guchar *)run->argv[i], (gssize)strlen (run->argv[i]) + 1);
  return g_strconcat ("answer-", g_checksum_get_string (sum), NULL);
}

/* What stands before an answer: MARK, the file, how long the first stream is. */
static char *
head_of (const char *identity, gsize length)
{
  return g_strdup_printf (MARK " %s %zu\n", identity, length);
}

gboolean
b9_host_kept_find (const B9Host *host, const B9Run *run, B9RunResult *result)
{
  g_autofree char *identity = identify (run->argv[0]);
  g_autofree char *name = identity != NULL ? name_of (run) : NULL;
  g_autoptr (GBytes) kept = name != NULL ? b9_host_service_cache_read (host, name) : NULL;
  gsize size = 0;
  const char *text = kept != NULL ? g_bytes_get_data (kept, &size) : NULL;
  const char *line = text != NULL ? memchr (text, '\n', size) : NULL;
  const char *space = line != NULL ? g_strrstr_len (text, line - text, " ") : NULL;
  guint64 length = space != NULL ? g_ascii_strtoull (space + 1, NULL, 10) : G_MAXUINT64;
  g_autofree char *head = NULL;

  if (line == NULL || length > (guint64)(text + size - line - 1))
    return FALSE;
  head = head_of (identity, (gsize)length);
  if (strlen (head) != (gsize)(line + 1 - text) || memcmp (head, text, strlen (head)) != 0)
    return FALSE;
  result->exit_status = 0;
  result->output = g_strndup (line + 1, (gsize)length);
  result->error_output = g_strndup (line + 1 + length, size - (gsize)(line + 1 - text) - (gsize)length);
  return TRUE;
}

void
b9_host_keep (const B9Host *host, const B9Run *run, const B9RunResult *result)
{
  g_autofree char *identity = result->exit_status == 0 ? identify (run->argv[0]) : NULL;
  g_autofree char *name = NULL;
  g_autofree char *head = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (identity == NULL)
    return;
  name = name_of (run);
  head = head_of (identity, strlen (result->output));
  text = g_strconcat (head, result->output, result->error_output, NULL);
  bytes = g_bytes_new (text, strlen (text));
  b9_host_service_cache_write (host, name, bytes);
}
