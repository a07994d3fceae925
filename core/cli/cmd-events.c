/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-events.c: `events ID`: statistics as one JSON object a line, until the container ends.
 *
 * runsc goes on for ever after the container's death, and never tells of OOM kills, so what needs translation
 * is read through a pipe, ended with the container, and OOM events are put in between.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/cli/app.h"
#include "core/json/json-text.h"
#include "core/run/oom.h"
#include "core/run/query.h"
#include "core/run/spawn.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define OOM_LOOKS 50
#define OOM_PAUSE_MS 1

/* What runsc's stream is copied with. */
typedef struct {
  const char *id;
  B9OomWatch oom;
  gint64 told;       /* OOM kills that have been told of, or were there before */
  gboolean mid_line; /* what was copied last has not ended its line */
} Relay;

/* As runc tells of it (events.go), once for each look that finds more. */
static gboolean
tell_oom (Relay *relay)
{
  g_autofree char *id = b9_json_quote (relay->id);
  g_autofree char *line = g_strdup_printf ("{\"type\":\"oom\",\"id\":%s}\n", id);

  b9_oom_watch_read (&relay->oom);
  if (relay->mid_line || relay->oom.kills <= relay->told)
    return TRUE;
  relay->told = relay->oom.kills;
  return b9_write_all (STDOUT_FILENO, line, strlen (line));
}

static gboolean
copy (Relay *relay, int from)
{
  char buffer[16384];
  ssize_t size = read (from, buffer, sizeof buffer);

  if (size <= 0 || !b9_write_all (STDOUT_FILENO, buffer, (gsize)size))
    return FALSE;
  relay->mid_line = buffer[size - 1] != '\n';
  return TRUE;
}

/* Copies until the child's end of the pipe closes or the container ends; the kernel kills shortly after it
 * tells of a shortage, so the counter is looked at again. */
static void
run_relay (Relay *relay, int from, int container)
{
  guint looks = 0;

  for (;;) {
    struct pollfd watched[] = {
        {.fd = from, .events = POLLIN}, {.fd = container, .events = POLLIN}, b9_oom_watch_poll (&relay->oom)};

    if (poll (watched, G_N_ELEMENTS (watched), looks > 0 ? OOM_PAUSE_MS : -1) < 0 && errno != EINTR)
      return;
    looks = watched[2].revents != 0 ? OOM_LOOKS : looks - (looks > 0 ? 1 : 0);
    if (!tell_oom (relay))
      return;
    if (watched[0].revents != 0) {
      if (!copy (relay, from))
        return;
    } else if (watched[1].revents != 0) {
      return;
    }
  }
}

static int
stream (const B9Target *target, B9Request *request, pid_t container, GError **error)
{
  Relay relay = {.id = target->id, .oom = B9_OOM_WATCH_INIT};
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
  b9_oom_watch_process (&relay.oom, container);
  relay.told = relay.oom.kills;
  run_relay (&relay, from, pidfd);
  b9_oom_watch_close (&relay.oom);
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
