/* SPDX-License-Identifier: Apache-2.0
 *
 * oom.c: see oom.h.
 *
 * cgroup v1: an eventfd that is registered in cgroup.event_control tells of a shortage just before the kernel
 * kills, of one in a cgroup above too, and of the cgroup's removal; so it only says when to look (Linux,
 * Documentation/admin-guide/cgroup-v1/memory.rst, 10). cgroup v2: memory.events wakes poll(2) by POLLPRI when
 * one of its values has changed (cgroup-v2.rst).
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-oom"

#include "core/run/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/sys/cgroup.h"

#define COUNTER_V1 "memory.oom_control"
#define COUNTER_V2 "memory.events"
#define FIELD "oom_kill "

static B9Fd
open_in (const char *directory, const char *name, int flags)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);

  return open (path, flags | O_CLOEXEC | O_NOFOLLOW);
}

/* Asks for events of v1; without them the counter is still there to be read. */
static void
register_eventfd (B9OomWatch *watch, const char *directory)
{
  b9_autofd control = open_in (directory, "cgroup.event_control", O_WRONLY);
  g_autofree char *line = NULL;

  watch->event = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  watch->awaited = POLLIN;
  line = g_strdup_printf ("%d %d", watch->event, watch->counter);
  if (watch->event >= 0 && (control < 0 || !b9_write_all (control, line, strlen (line))))
    b9_fd_close (&watch->event);
}

static gboolean
watch_directory (B9OomWatch *watch, const char *directory)
{
  watch->counter = open_in (directory, COUNTER_V1, O_RDONLY);
  if (watch->counter >= 0) {
    register_eventfd (watch, directory);
  } else {
    watch->counter = open_in (directory, COUNTER_V2, O_RDONLY);
    watch->event = watch->counter >= 0 ? fcntl (watch->counter, F_DUPFD_CLOEXEC, 0) : -1;
    watch->awaited = POLLPRI;
  }
  if (watch->counter >= 0)
    b9_oom_watch_read (watch);
  return watch->counter >= 0;
}

gboolean
b9_oom_watch_directories (B9OomWatch *watch, const char *const *directories)
{
  for (; directories != NULL && *directories != NULL && watch->counter < 0; directories++) {
    if (watch_directory (watch, *directories))
      return TRUE;
  }
  return watch->counter >= 0;
}

gboolean
b9_oom_watch_process (B9OomWatch *watch, pid_t pid)
{
  g_auto (GStrv) directories = b9_cgroup_of_process (pid);

  return b9_oom_watch_directories (watch, (const char *const *)directories);
}

struct pollfd
b9_oom_watch_poll (const B9OomWatch *watch)
{
  return (struct pollfd){.fd = watch->event, .events = watch->awaited};
}

static gint64
read_counter (int fd)
{
  char text[1024];
  ssize_t size = pread (fd, text, sizeof text - 1, 0);
  const char *line = text;

  if (size < 0)
    return -1;
  text[size] = '\0';
  while (line != NULL && !g_str_has_prefix (line, FIELD)) {
    line = strchr (line, '\n');
    line = line != NULL ? line + 1 : NULL;
  }
  return line != NULL ? g_ascii_strtoll (line + strlen (FIELD), NULL, 10) : -1;
}

void
b9_oom_watch_read (B9OomWatch *watch)
{
  guint64 events;
  gint64 kills;

  if (watch->awaited == POLLIN && watch->event >= 0 && read (watch->event, &events, sizeof events) < 0 &&
      errno != EAGAIN)
    b9_fd_close (&watch->event);
  if (watch->counter < 0)
    return;
  kills = read_counter (watch->counter);
  if (kills >= 0)
    watch->kills = kills;
  else
    b9_oom_watch_close (watch); /* removed, or a kernel that does not count */
}

void
b9_oom_watch_close (B9OomWatch *watch)
{
  b9_fd_close (&watch->event);
  b9_fd_close (&watch->counter);
}

gint64
b9_oom_kills (const char *const *directories)
{
  g_auto (B9OomWatch) watch = B9_OOM_WATCH_INIT;

  b9_oom_watch_directories (&watch, directories);
  return watch.kills;
}

void
b9_oom_report (const char *id, gint64 kills)
{
  if (kills > 0)
    g_message ("container %s was OOM-killed: the kernel has killed %d of its processes for lack of memory",
               id, (int)MIN (kills, G_MAXINT));
}
