/* SPDX-License-Identifier: Apache-2.0
 *
 * exit-status.c: see exit-status.h; the other writer is core/monitor/monitor.c.
 */
#include "config.h"

#include "core/container/exit-status.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/sys/clock.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

gboolean
b9_exit_status_load (const B9Record *record, B9ExitStatus *exit_status, GError **error)
{
  g_autofree char *path = b9_record_file (record, "exit");
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) problem = NULL;
  g_autofree char *finished = NULL;
  g_autofree char *text = NULL;
  gsize size;

  text = b9_read_file (AT_FDCWD, path, 4096, &size, &problem);
  if (text == NULL && g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND))
    return b9_fail (error, B9_ERROR_UNOBSERVED,
                    "nobody saw how container %s ended, so its exit status is unknown", record->id);
  if (text == NULL) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  if (size == 0 || !g_key_file_load_from_data (file, text, size, G_KEY_FILE_NONE, NULL) ||
      !g_key_file_has_key (file, "exit", "wait-status", NULL))
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s is damaged, so the exit status of container %s is unknown",
                    path, record->id);
  finished = g_key_file_get_string (file, "exit", "finished", NULL);
  exit_status->wait_status = g_key_file_get_integer (file, "exit", "wait-status", NULL);
  exit_status->oom_kills = g_key_file_has_key (file, "exit", "oom-kills", NULL)
                               ? g_key_file_get_int64 (file, "exit", "oom-kills", NULL)
                               : -1;
  g_strlcpy (exit_status->finished, finished != NULL ? finished : "", sizeof exit_status->finished);
  return TRUE;
}

gboolean
b9_exit_status_save (const B9Record *record, int wait_status, gint64 oom_kills, GError **error)
{
  g_autofree char *path = b9_record_file (record, "exit");
  g_autofree char *now = b9_timestamp ();
  g_autofree char *text = g_strdup_printf (
      "[exit]\nversion=1\nwait-status=%d\nfinished=%s\noom-kills=%" G_GINT64_FORMAT "\n", wait_status, now,
      oom_kills);

  return b9_replace_file (AT_FDCWD, path, text, strlen (text), 0600, error);
}

/* Whether the monitor lives; *@made is whether its runtime is done. */
static gboolean
look_at_monitor (const B9Record *record, gboolean *made)
{
  g_autofree char *path = b9_record_file (record, "monitor");
  g_autofree char *text = b9_read_file (AT_FDCWD, path, 64, NULL, NULL);
  guint64 start;
  int pid;

  *made = text != NULL && strstr (text, " made") != NULL;
  return text != NULL && sscanf (text, "%d@%" G_GUINT64_FORMAT, &pid, &start) == 2 &&
         b9_process_alive (pid, start);
}

gboolean
b9_monitor_alive (const B9Record *record)
{
  gboolean made;

  return look_at_monitor (record, &made);
}

gboolean
b9_monitor_is_making (const B9Record *record)
{
  gboolean made;

  return look_at_monitor (record, &made) && !made;
}
