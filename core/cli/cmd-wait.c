/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-wait.c: `wait ID`: the exit status of a container, now or when it ends.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/cli/app.h"
#include "core/container/exit-status.h"
#include "core/json/json-text.h"
#include "core/run/oom.h"
#include "core/run/query.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

/* How long the monitor may take from the container's end to having written it down. */
#define MONITOR_ROUNDS 500
#define KERNEL_ROUNDS 200
#define PAUSE_US 10000

/* The container's process, or what is left of it. */
typedef struct {
  pid_t pid;
  B9Fd pidfd; /* -1: it is gone */
} Process;

static void
process_clear (Process *process)
{
  b9_fd_close (&process->pidfd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Process, process_clear)

/* Opens it, a zombie too.  The PID is the container's only while the process that started with the container
 * has it. */
static gboolean
open_process (const B9Target *target, Process *process, GError **error)
{
  g_autoptr (B9State) state = b9_query_state (target, NULL, error);
  const B9Record *record = target->record != NULL && b9_record_is_ours (target->record) ? target->record
                                                                                        : NULL;
  guint64 started = 0;

  if (state == NULL)
    return FALSE;
  process->pid = state->pid > 0 || record == NULL ? state->pid : record->pid;
  process->pidfd = process->pid > 0 ? b9_pidfd_open (process->pid) : -1;
  if (record != NULL && record->pid == process->pid && record->pid_start != 0 &&
      (!b9_process_look (process->pid, &started, NULL) || started != record->pid_start))
    b9_fd_close (&process->pidfd);
  return TRUE;
}

static gboolean
read_when_written (const B9Record *record, B9ExitStatus *seen, GError **error)
{
  for (guint round = 0; round < MONITOR_ROUNDS && b9_monitor_alive (record); round++) {
    if (b9_exit_status_load (record, seen, NULL))
      return TRUE;
    g_usleep (PAUSE_US);
  }
  return b9_exit_status_load (record, seen, error);
}

/* One object, in the words that engines have for a container that has ended. */
static void
print_json (const B9Target *target, const B9ExitStatus *seen)
{
  g_autofree char *id = b9_json_quote (target->id);
  g_autofree char *finished = b9_json_quote (seen->finished);
  g_autofree char *kills = g_strdup_printf ("%" G_GINT64_FORMAT, seen->oom_kills);

  printf ("{\"id\":%s,\"exitCode\":%d,\"oomKilled\":%s,\"oomKills\":%s,\"finishedAt\":%s}\n", id,
          b9_shell_status (seen->wait_status), seen->oom_kills > 0 ? "true" : "false",
          seen->oom_kills < 0 ? "null" : kills, *seen->finished != '\0' ? finished : "null");
}

static int
report (const B9Target *target, const B9Line *line, const B9ExitStatus *seen)
{
  b9_oom_report (target->id, seen->oom_kills);
  if (g_strcmp0 (b9_line_value (line, "format"), "json") == 0)
    print_json (target, seen);
  return b9_shell_status (seen->wait_status);
}

/* A zombie shows its status, and a pidfd has it once the process has been reaped (Linux 6.15): one of the two
 * at any moment after the end, and the loop is for the step between them. */
static gboolean
ask_kernel (const Process *process, int *wait_status)
{
  for (guint round = 0; process->pidfd >= 0 && round < KERNEL_ROUNDS; round++) {
    if (b9_process_zombie_status (process->pid, wait_status) ||
        b9_pidfd_exit_status (process->pidfd, wait_status))
      return TRUE;
    if (errno == ENOTTY || errno == EINVAL)
      return FALSE; /* a kernel that keeps nothing */
    g_usleep (PAUSE_US);
  }
  return FALSE;
}

/* Writes down what the kernel says, with the count of its OOM kills while the cgroup is there. */
static void
keep (const B9Record *record, B9ExitStatus *seen)
{
  if (record->cgroups_ours)
    seen->oom_kills = b9_oom_kills ((const char *const *)record->cgroup_directories);
  if (b9_exit_status_save (record, seen->wait_status, seen->oom_kills, NULL))
    b9_exit_status_load (record, seen, NULL);
}

/* The end has come: whoever saw it tells, first the monitor, then the kernel. */
static gboolean
learn_status (const B9Target *target, const Process *process, B9ExitStatus *seen, GError **error)
{
  if (target->record != NULL && b9_monitor_alive (target->record))
    return read_when_written (target->record, seen, error);
  if (target->record != NULL && b9_exit_status_load (target->record, seen, NULL))
    return TRUE;
  if (ask_kernel (process, &seen->wait_status)) {
    if (target->record != NULL)
      keep (target->record, seen);
    return TRUE;
  }
  return b9_fail (error, B9_ERROR_UNOBSERVED,
                  "nobody saw how container %s ended, so its exit status is unknown: run --detach leaves a "
                  "monitor that sees it, and a wait that begins before the end learns it from Linux 6.15 or "
                  "newer",
                  target->id);
}

static gboolean
check_format (const B9Line *line, GError **error)
{
  const char *format = b9_line_value (line, "format");

  return format == NULL || strcmp (format, "json") == 0 || strcmp (format, "text") == 0 ||
         b9_fail (error, B9_ERROR_USAGE, "unknown format \"%s\": wait knows text and json", format);
}

int
b9_cmd_wait (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};
  g_auto (Process) process = {.pidfd = -1};
  B9ExitStatus seen = {.oom_kills = -1};
  struct pollfd watched;

  if (!check_format (line, error) || !b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  if (target.record != NULL && b9_exit_status_load (target.record, &seen, NULL))
    return report (&target, line, &seen);
  if (!open_process (&target, &process, error))
    return -1;
  watched = (struct pollfd){.fd = process.pidfd, .events = POLLIN};
  while (process.pidfd >= 0 && (watched.revents & POLLIN) == 0)
    poll (&watched, 1, -1);
  return learn_status (&target, &process, &seen, error) ? report (&target, line, &seen) : -1;
}
