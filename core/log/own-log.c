/* SPDX-License-Identifier: Apache-2.0
 *
 * own-log.c: see own-log.h.
 */
#include "config.h"

#include "core/log/own-log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/sys/clock.h"
#include "core/sys/files.h"

/* GLib's writer takes its state as a pointer for the life of the process. */
typedef struct {
  char *file;
  GLogLevelFlags most; /* the least important level that is written */
} OwnLog;

static OwnLog own_log = {NULL, G_LOG_LEVEL_WARNING};

static const char *
level_name (GLogLevelFlags level)
{
  if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    return "error";
  if (level & G_LOG_LEVEL_WARNING)
    return "warning";
  return level & G_LOG_LEVEL_DEBUG ? "debug" : "info";
}

static const char *
field (const GLogField *fields, gsize count, const char *key)
{
  for (gsize i = 0; i < count; i++) {
    if (strcmp (fields[i].key, key) == 0)
      return fields[i].value;
  }
  return "";
}

static GLogWriterOutput
write_to_file (const char *file, GLogLevelFlags level, const GLogField *fields, gsize count)
{
  b9_autofd fd = open (file, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
  g_autofree char *now = b9_timestamp ();
  g_autofree char *message = g_strdelimit (g_strdup (field (fields, count, "MESSAGE")), "\n\r", ' ');
  g_autofree char *line = g_strdup_printf ("%s %s %s[%d]: %s\n", now, level_name (level),
                                           field (fields, count, "GLIB_DOMAIN"), (int)getpid (), message);

  return fd >= 0 && b9_write_all (fd, line, strlen (line)) ? G_LOG_WRITER_HANDLED : G_LOG_WRITER_UNHANDLED;
}

static GLogWriterOutput
writer (GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
  const OwnLog *log = data;

  if ((level & G_LOG_LEVEL_MASK) > log->most)
    return G_LOG_WRITER_HANDLED;
  if (log->file != NULL)
    return write_to_file (log->file, level, fields, count);
  if (access ("/run/systemd/journal/socket", W_OK) == 0)
    return g_log_writer_journald (level, fields, count, NULL);
  return G_LOG_WRITER_HANDLED;
}

void
b9_own_log_install (void)
{
  g_log_set_writer_func (writer, &own_log, NULL);
}

void
b9_own_log_configure (const char *file, const char *level)
{
  g_free (own_log.file);
  own_log.file = g_strdup (file);
  if (g_strcmp0 (level, "debug") == 0)
    own_log.most = G_LOG_LEVEL_DEBUG;
  else if (g_strcmp0 (level, "error") == 0)
    own_log.most = G_LOG_LEVEL_CRITICAL;
  else
    own_log.most = g_strcmp0 (level, "warning") == 0 ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_INFO;
}
