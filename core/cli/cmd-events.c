/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-events.c: `events ID`: statistics as one JSON object a line, until the container ends.
 *
 * runsc goes on for ever after the container's death, so what needs translation is read through a pipe and
 * ended with it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "core/cli/app.h"
#include "core/run/query.h"
#include "core/run/spawn.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

/* Copies until the child's end of the pipe closes or the container ends. */
static void
relay (int from, int container)
{
  struct pollfd watched[] = {{.fd = from, .events = POLLIN}, {.fd = container, .events = POLLIN}};
  char buffer[16384];

  for (;;) {
    ssize_t size;

    if (poll (watched, G_N_ELEMENTS (watched), -1) < 0 && errno != EINTR)
      return;
    if (watched[0].revents != 0) {
      size = read (from, buffer, sizeof buffer);
      if (size <= 0 || !b9_write_all (STDOUT_FILENO, buffer, (gsize)size))
        return;
    } else if (watched[1].revents != 0) {
      return;
    }
  }
}

static int
stream (const B9Target *target, B9Request *request, pid_t container, GError **error)
{
  g_auto (GStrv) argv = NULL;
  b9_autofd pidfd = b9_pidfd_open (container);
  b9_autofd from = -1;
  b9_autofd to = -1;
  B9Spawn spawn = {.error = -1};
  int ends[2];
  pid_t child;

  argv = target->runtime->backend->build_argv (&target->runtime->host, request, error);
  if (argv == NULL)
    return -1;
  if (pipe2 (ends, O_CLOEXEC) != 0) {
    b9_fail_errno (error, errno, "cannot make a pipe");
    return -1;
  }
  from = ends[0];
  to = ends[1];
  spawn.argv = argv;
  spawn.output = to;
  child = b9_spawn (&spawn, error);
  b9_fd_close (&to);
  if (child == 0)
    return -1;
  relay (from, pidfd);
  kill (child, SIGTERM);
  b9_wait_for (child);
  return 0;
}

int
b9_cmd_events (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};
  g_auto (B9AppRequest) request = {0};
  g_autoptr (B9State) state = NULL;
  const B9Backend *backend;

  if (!b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  backend = target.runtime->backend;
  if (backend->way (&target.runtime->host, B9_OPERATION_EVENTS, NULL) != B9_WAY_CHILD)
    return b9_app_perform_on (app, &target, B9_OPERATION_EVENTS, line, error);
  state = b9_query_state (&target, NULL, error);
  if (state == NULL)
    return -1;
  if (state->pid == 0) {
    b9_fail (error, B9_ERROR_NOT_RUNNING, "container not running: %s", target.id);
    return -1;
  }
  if (b9_line_flag (line, "stats"))
    return b9_app_perform_on (app, &target, B9_OPERATION_EVENTS, line, error);
  b9_app_request_init (&request, app, &target, B9_OPERATION_EVENTS, line, 1);
  return stream (&target, &request.request, state->pid, error);
}
