/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-simple.c: the commands that a backend does by itself: start, pause, resume, update.
 */
#include "config.h"

#include <string.h>

#include "core/checkpoint/change.h"
#include "core/cli/app.h"
#include "core/run/query.h"
#include "core/sys/failure.h"

int
b9_cmd_start (B9App *app, const B9Line *line, GError **error)
{
  return b9_app_perform (app, B9_OPERATION_START, line, error);
}

/* A pause or resume, which may be cut off. */
static int
change (B9App *app, const B9Target *target, B9Operation operation, const B9Line *line, GError **error)
{
  B9Journal *journal;
  int status;

  if (!b9_owner_change_begin (target, operation, &journal, error))
    return -1;
  status = b9_app_perform_on (app, target, operation, line, error);
  b9_owner_change_end (target, journal, status == 0);
  return status;
}

/* Some runtimes break on a pause of what does not run, so a backend that needs translation is asked for the
 * state first. */
int
b9_cmd_pause (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};
  g_autoptr (B9State) state = NULL;

  if (!b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  if (target.runtime->backend->way (&target.runtime->host, B9_OPERATION_PAUSE, NULL) != B9_WAY_CHILD)
    return b9_app_perform_on (app, &target, B9_OPERATION_PAUSE, line, error);
  state = b9_query_state (&target, NULL, error);
  if (state == NULL)
    return -1;
  if (strcmp (state->status, "running") != 0) {
    b9_fail (error, B9_ERROR_NOT_RUNNING,
             "container not running: %s is %s, and only a running container can be paused", target.id,
             state->status);
    return -1;
  }
  return change (app, &target, B9_OPERATION_PAUSE, line, error);
}

int
b9_cmd_resume (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};

  if (!b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  return change (app, &target, B9_OPERATION_RESUME, line, error);
}

int
b9_cmd_update (B9App *app, const B9Line *line, GError **error)
{
  return b9_app_perform (app, B9_OPERATION_UPDATE, line, error);
}
