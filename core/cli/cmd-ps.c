/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-ps.c: `ps ID`: the container's processes as the host sees them.
 *
 * A sandbox is one process of the host; what its own ps prints are numbers that mean nothing outside, so only
 * the table may show them.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/cli/app.h"
#include "core/run/query.h"

int
b9_cmd_ps (B9App *app, const B9Line *line, GError **error)
{
  const char *format = b9_line_value (line, "format");
  g_auto (B9Target) target = {0};
  g_autoptr (B9State) state = NULL;

  if (!b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  if (target.runtime->backend->way (&target.runtime->host, B9_OPERATION_PS, NULL) != B9_WAY_CHILD)
    return b9_app_perform_on (app, &target, B9_OPERATION_PS, line, error);
  state = b9_query_state (&target, NULL, error);
  if (state == NULL)
    return -1;
  if (g_strcmp0 (format, "json") != 0 && state->pid > 0 && strcmp (state->status, "created") != 0)
    return b9_app_perform_on (app, &target, B9_OPERATION_PS, line, error);
  if (g_strcmp0 (format, "json") != 0)
    puts ("UID        PID  PPID  C STIME TTY          TIME CMD"); /* nothing runs: ps(1)'s header alone, as
                                                                     runc has it */
  else if (state->pid > 0)
    printf ("[%d]\n", (int)state->pid);
  else
    puts ("null"); /* as runc has it for a stopped container */
  return 0;
}
