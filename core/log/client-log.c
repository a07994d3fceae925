/* SPDX-License-Identifier: Apache-2.0
 *
 * client-log.c: see client-log.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-log"

#include "core/log/client-log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/json/json-text.h"
#include "core/sys/clock.h"
#include "core/sys/files.h"

/* With --debug a runtime writes a lot; its last error is near the end. */
#define LOG_TAIL_BYTES (256 * 1024)

void
b9_client_log_append (const char *file, gboolean json, const char *message, const char *code,
                      const char *capability)
{
  b9_autofd fd = open (file, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0644);
  g_autofree char *now = b9_timestamp ();
  g_autofree char *quoted = b9_json_quote (message);
  g_autofree char *id = capability != NULL ? b9_json_quote (capability) : NULL;
  g_autoptr (GString) line = g_string_new (NULL);

  if (json)
    g_string_printf (line, "{\"level\":\"error\",\"msg\":%s,\"time\":\"%s\",\"code\":\"%s\"%s%s}\n", quoted,
                     now, code, id != NULL ? ",\"capability\":" : "", id != NULL ? id : "");
  else
    g_string_printf (line, "time=\"%s\" level=error msg=%s code=%s%s%s\n", now, quoted, code,
                     id != NULL ? " capability=" : "", id != NULL ? capability : "");
  if (fd >= 0)
    b9_write_all (fd, line->str, line->len);
}

/* The message of one line, if the line is a JSON object whose level is as bad as an error. */
static char *
json_error (const char *line)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (line, strlen (line));
  g_autoptr (B9JsonText) text = line[0] == '{' ? b9_json_text_new (bytes, "log line", NULL) : NULL;
  g_autofree char *level = NULL;
  char *message = NULL;

  if (text == NULL)
    return NULL;
  if (!b9_json_find_string (text, B9_JSON_ROOT, &level, NULL, "level", NULL) ||
      !b9_json_find_string (text, B9_JSON_ROOT, &message, NULL, "msg", NULL))
    return NULL;
  if (message != NULL && level != NULL &&
      (strcmp (level, "error") == 0 || strcmp (level, "fatal") == 0 || strcmp (level, "panic") == 0))
    return message;
  g_free (message);
  return NULL;
}

static char *
read_tail (const char *file)
{
  b9_autofd fd = open (file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  g_autofree char *content = NULL;
  off_t size = fd >= 0 ? lseek (fd, 0, SEEK_END) : -1;
  off_t start = MAX (0, size - LOG_TAIL_BYTES);
  ssize_t have;

  if (size <= 0)
    return NULL;
  content = g_malloc (LOG_TAIL_BYTES + 1);
  have = pread (fd, content, LOG_TAIL_BYTES, start);
  if (have <= 0)
    return NULL;
  content[have] = '\0';
  return g_steal_pointer (&content);
}

char *
b9_backend_log_error (const char *file)
{
  g_autofree char *content = read_tail (file);
  g_auto (GStrv) lines = content != NULL ? g_strsplit (content, "\n", -1) : NULL;

  for (guint i = lines != NULL ? g_strv_length (lines) : 0; i > 0; i--) {
    char *message = json_error (lines[i - 1]);

    if (message != NULL)
      return message;
  }
  return NULL;
}

/* logrus' text form: … level=error msg="…" */
static char *
logrus_message (const char *line)
{
  const char *start = strstr (line, " msg=\"");
  const char *end;
  g_autofree char *inside = NULL;

  if (start == NULL)
    return NULL;
  start += strlen (" msg=\"");
  end = strrchr (start, '"');
  if (end == NULL)
    return NULL;
  inside = g_strndup (start, (gsize)(end - start));
  return g_strcompress (inside);
}

/* "goroutine 12 [running]:" begins the stack of each thread of a Go program in a dump of all of them. */
static gboolean
begins_dump (const char *line)
{
  const char *number = line + strlen ("goroutine ");

  return g_str_has_prefix (line, "goroutine ") && g_ascii_isdigit (*number) &&
         g_str_has_prefix (number + strspn (number, "0123456789"), " [");
}

/* Ends @message at @end, or at a colon before that. */
static void
end_words (char *message, char *end)
{
  while (end > message && (g_ascii_isspace (end[-1]) || end[-1] == ':'))
    end--;
  *end = '\0';
}

gboolean
b9_cut_dump (char *message)
{
  char *end = message;

  while ((end = strchr (end, '\n')) != NULL && !begins_dump (end + 1))
    end++;
  if (end == NULL)
    return FALSE;
  g_info ("a runtime has said: %s", message);
  end_words (message, end);
  return TRUE;
}

/* Of @lines, @n, which end where a dump begins or the output does; the one that says what has happened. */
static const char *
find_words (char **lines, guint n, gboolean is_before_dump)
{
  for (guint i = n; is_before_dump && i > 0; i--) {
    if (g_str_has_prefix (lines[i - 1], "panic: ") || g_str_has_prefix (lines[i - 1], "fatal error: ") ||
        g_str_has_prefix (lines[i - 1], "SIG"))
      return lines[i - 1];
  }
  for (guint i = n; i > 0; i--) {
    if (*g_strstrip (lines[i - 1]) != '\0')
      return lines[i - 1];
  }
  return NULL;
}

char *
b9_last_words (const char *output)
{
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  const char *words;
  char *message;
  guint n = 0;

  while (lines[n] != NULL && !begins_dump (lines[n]))
    n++;
  if (n > 0 && lines[n] != NULL)
    g_info ("a runtime has said: %s", output);
  words = find_words (lines, n, lines[n] != NULL);
  if (words == NULL)
    return lines[n] != NULL ? g_utf8_make_valid (lines[n], -1) : NULL;
  message = json_error (words);
  if (message == NULL && words[0] != '{')
    message = logrus_message (words);
  if (message == NULL)
    message = g_utf8_make_valid (words, -1);
  if (!b9_cut_dump (message) && lines[n] != NULL)
    end_words (message, message + strlen (message));
  return message;
}
