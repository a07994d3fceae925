/* SPDX-License-Identifier: Apache-2.0
 *
 * process.c: see process.h.
 */
#include "config.h"

#include "core/sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sys/files.h"

#define STAT_SIZE 1024
#define MAX_CHILDREN 65536

/* linux/pidfd.h since 6.15, which Debian 12's headers do not have yet. */
struct pidfd_exit_info {
  guint64 mask;
  guint64 cgroup_id;
  guint32 ids[11];
  gint32 exit_code;
};
G_STATIC_ASSERT (sizeof (struct pidfd_exit_info) == 64); /* PIDFD_INFO_SIZE_VER0 */
#define PIDFD_WANTS_EXIT (1u << 3)
#define PIDFD_GET_EXIT_INFO _IOWR (0xFF, 11, struct pidfd_exit_info)

/* Reads /proc/PID/stat and returns where its third field begins, or NULL.  The second is the command in
 * parentheses and may hold any character: the last one ends it. */
static const char *
read_stat (pid_t pid, char *buffer, gsize size)
{
  char path[32];
  b9_autofd fd = -1;
  const char *field;
  ssize_t have;

  if (pid <= 0)
    return NULL;
  snprintf (path, sizeof path, "/proc/%d/stat", (int)pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || (have = read (fd, buffer, size - 1)) <= 0)
    return NULL;
  buffer[have] = '\0';
  field = strrchr (buffer, ')');
  return field != NULL && field[1] == ' ' ? field + 2 : NULL;
}

/* From the third field to field @number, or NULL. */
static const char *
find_field (const char *third, int number)
{
  const char *field = third;

  for (int skip = 3; skip < number && field != NULL; skip++) {
    field = strchr (field, ' ');
    field = field == NULL ? NULL : field + 1;
  }
  return field;
}

gboolean
b9_process_look (pid_t pid, guint64 *start_time, char *state)
{
  char buffer[STAT_SIZE];
  const char *third = read_stat (pid, buffer, sizeof buffer);
  const char *start = third != NULL ? find_field (third, 22) : NULL;

  if (start == NULL)
    return FALSE;
  if (state != NULL)
    *state = *third;
  if (start_time != NULL)
    *start_time = g_ascii_strtoull (start, NULL, 10);
  return TRUE;
}

gboolean
b9_process_zombie_status (pid_t pid, int *wait_status)
{
  char buffer[STAT_SIZE];
  const char *third = read_stat (pid, buffer, sizeof buffer);
  const char *code = third != NULL && *third == 'Z' ? find_field (third, 52) : NULL;

  if (code == NULL)
    return FALSE;
  *wait_status = atoi (code);
  return TRUE;
}

/* Whether the process is @name, and a zombie. */
static gboolean
is_zombie_called (pid_t pid, const char *name)
{
  char buffer[STAT_SIZE];
  const char *third = read_stat (pid, buffer, sizeof buffer);
  const char *command = third != NULL ? strchr (buffer, '(') : NULL;
  gsize length = strlen (name);

  return command != NULL && *third == 'Z' && third == command + length + 3 &&
         strncmp (command + 1, name, length) == 0;
}

gboolean
b9_process_has_zombie (pid_t pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task", (int)pid);
  g_autoptr (GDir) threads = g_dir_open (path, 0, NULL);
  const char *thread;

  while (threads != NULL && (thread = g_dir_read_name (threads)) != NULL) {
    g_autofree char *file = g_strdup_printf ("%s/%s/children", path, thread);
    g_autofree char *text = b9_read_file (AT_FDCWD, file, MAX_CHILDREN, NULL, NULL);

    for (char *at = text; at != NULL && g_ascii_isdigit (*at); at += *at == ' ') {
      if (is_zombie_called ((pid_t)strtol (at, &at, 10), name))
        return TRUE;
    }
  }
  return FALSE;
}

gboolean
b9_process_alive (pid_t pid, guint64 start_time)
{
  guint64 started = 0;
  char state = 0;

  if (!b9_process_look (pid, &started, &state) || state == 'Z' || state == 'X')
    return FALSE;
  return start_time == 0 || start_time == started;
}

gboolean
b9_process_heads_child_namespace (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int)pid);
  g_autofree char *text = b9_read_file (AT_FDCWD, path, 16384, NULL, NULL);
  const char *line = text != NULL ? strstr (text, "\nNSpid:") : NULL;
  int outer, inner, more;

  /* Our view: the PID here, then the one in each namespace below. */
  return line != NULL && sscanf (line + strlen ("\nNSpid:"), "%d%d%d", &outer, &inner, &more) == 2 &&
         inner == 1 && strcspn (line + 1, "\n") < 64;
}

guint64
b9_pid_namespace (void)
{
  struct stat info;

  return stat ("/proc/self/ns/pid", &info) == 0 ? (guint64)info.st_ino : 0;
}

char *
b9_boot_id (void)
{
  char *text = b9_read_file (AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, NULL, NULL);

  return text != NULL ? g_strstrip (text) : g_strdup ("");
}

int
b9_pidfd_open (pid_t pid)
{
  return (int)syscall (SYS_pidfd_open, pid, 0);
}

gboolean
b9_pidfd_signal (int pidfd, int signal_number)
{
  return syscall (SYS_pidfd_send_signal, pidfd, signal_number, NULL, 0) == 0;
}

gboolean
b9_pidfd_exit_status (int pidfd, int *wait_status)
{
  struct pidfd_exit_info info = {.mask = PIDFD_WANTS_EXIT};

  if (ioctl (pidfd, PIDFD_GET_EXIT_INFO, &info) != 0)
    return FALSE;
  errno = EAGAIN;
  if ((info.mask & PIDFD_WANTS_EXIT) == 0)
    return FALSE;
  *wait_status = info.exit_code;
  return TRUE;
}

int
b9_shell_status (int wait_status)
{
  if (WIFSIGNALED (wait_status))
    return 128 + WTERMSIG (wait_status);
  return WEXITSTATUS (wait_status);
}

int
b9_signal_number (const char *text)
{
  guint64 number;

  if (g_ascii_string_to_unsigned (text, 10, 0, (guint64)SIGRTMAX, &number, NULL))
    return (int)number;
  if (g_ascii_strncasecmp (text, "SIG", 3) == 0)
    text += 3;
  for (int candidate = 1; candidate < NSIG; candidate++) {
    const char *name = sigabbrev_np (candidate);

    if (name != NULL && g_ascii_strcasecmp (text, name) == 0)
      return candidate;
  }
  if (g_ascii_strncasecmp (text, "RTMIN+", 6) == 0 &&
      g_ascii_string_to_unsigned (text + 6, 10, 0, 30, &number, NULL))
    return SIGRTMIN + (int)number;
  return -1;
}
