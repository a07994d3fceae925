/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-kill.c: `kill ID [SIGNAL]`.
 */
#include "config.h"

#include <string.h>

#include "core/cli/app.h"
#include "core/run/query.h"
#include "core/sys/failure.h"
#include "core/sys/process.h"

/* Signal 0 asks whether there is somebody to send one to; not every runtime knows it. */
static int
ask (const B9Target *target, gboolean all, GError **error)
{
  g_autoptr (B9State) state = b9_query_state (target, NULL, error);

  if (state == NULL)
    return -1;
  if (!all && strcmp (state->status, "stopped") == 0) {
    b9_fail (error, B9_ERROR_NOT_RUNNING, "container not running: %s", target->id);
    return -1;
  }
  return 0;
}

int
b9_cmd_kill (B9App *app, const B9Line *line, GError **error)
{
  const char *wanted = b9_line_argument (line, 1);
  g_auto (B9Target) target = { 0 };
  int number = b9_signal_number (wanted != NULL ? wanted : "TERM");

  if (number < 0) {
    b9_fail (error, B9_ERROR_USAGE, "unknown signal \"%s\": give a number, or a name such as TERM or SIGKILL", wanted);
    return -1;
  }
  if (!b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  if (number == 0 && target.runtime->backend->way (&target.runtime->host, B9_OPERATION_KILL, NULL) == B9_WAY_CHILD)
    return ask (&target, b9_line_flag (line, "all"), error);
  return b9_app_perform_on (app, &target, B9_OPERATION_KILL, line, error);
}
