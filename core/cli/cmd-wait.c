/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-wait.c: `wait ID`: the exit status of a container, now or when it ends.
 */
#include "config.h"

#include <poll.h>
#include <string.h>

#include "core/cli/app.h"
#include "core/container/exit-status.h"
#include "core/run/query.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

/* How long the monitor may take from the container's end to having written it down. */
#define MONITOR_ROUNDS 500
#define MONITOR_PAUSE_US 10000

/* The PID is the container's only while the process that started with the container has it. */
static int
open_container (const B9Target *target, GError **error)
{
  g_autoptr (B9State) state = b9_query_state (target, NULL, error);
  guint64 start = target->record != NULL && b9_record_is_ours (target->record) ? target->record->pid_start : 0;
  int pidfd;

  if (state == NULL)
    return -1;
  if (state->pid <= 0)
    return -2;
  pidfd = b9_pidfd_open (state->pid);
  if (pidfd < 0 || (target->record != NULL && target->record->pid == state->pid && start != 0 && !b9_process_alive (state->pid, start)))
    return -2;
  return pidfd;
}

static gboolean
read_when_written (const B9Record *record, B9ExitStatus *seen, GError **error)
{
  for (guint round = 0; round < MONITOR_ROUNDS && b9_monitor_alive (record); round++) {
    if (b9_exit_status_load (record, seen, NULL))
      return TRUE;
    g_usleep (MONITOR_PAUSE_US);
  }
  return b9_exit_status_load (record, seen, error);
}

static int
report (const B9Target *target, const B9ExitStatus *seen)
{
  if (seen->oom_kills > 0)
    g_message ("container %s ended with %d OOM kills in its cgroup", target->id, (int) seen->oom_kills);
  return b9_shell_status (seen->wait_status);
}

/* The end has come: whoever saw it tells, first the monitor, then the kernel. */
static int
learn_status (const B9Target *target, int pidfd, GError **error)
{
  B9ExitStatus seen = { 0 };
  int wait_status;

  if (target->record != NULL && b9_monitor_alive (target->record))
    return read_when_written (target->record, &seen, error) ? report (target, &seen) : -1;
  if (target->record != NULL && b9_exit_status_load (target->record, &seen, NULL))
    return report (target, &seen);
  if (pidfd >= 0 && b9_pidfd_exit_status (pidfd, &wait_status)) {
    if (target->record != NULL)
      b9_exit_status_save (target->record, wait_status, NULL);
    return b9_shell_status (wait_status);
  }
  b9_fail (error, B9_ERROR_UNOBSERVED,
           "nobody saw how container %s ended, so its exit status is unknown: it was made without a monitor (run --detach "
           "leaves one), and this kernel keeps no status (Linux 6.15 does, for who waits before the end)",
           target->id);
  return -1;
}

int
b9_cmd_wait (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = { 0 };
  B9ExitStatus seen = { 0 };
  b9_autofd pidfd = -1;
  struct pollfd watched;

  if (!b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  if (target.record != NULL && b9_exit_status_load (target.record, &seen, NULL))
    return report (&target, &seen);
  pidfd = open_container (&target, error);
  if (pidfd == -1)
    return -1;
  watched = (struct pollfd){ .fd = pidfd, .events = POLLIN };
  while (pidfd >= 0 && (watched.revents & POLLIN) == 0)
    poll (&watched, 1, -1);
  return learn_status (&target, pidfd, error);
}
