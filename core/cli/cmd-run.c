/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-run.c: `create` and `run`: from a bundle to a container.
 */
#include "config.h"

#include "core/cli/launching.h"

int
b9_cmd_create (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Launching) launching = {0};
  gboolean created;

  if (!b9_launching_prepare (&launching, app, line, B9_OPERATION_CREATE, TRUE, error) ||
      !b9_launching_claim (&launching, app, error))
    return -1;
  created = b9_launch_create (&launching.launch, error);
  app->said = g_steal_pointer (&launching.launch.said);
  return created ? 0 : -1;
}

int
b9_cmd_run (B9App *app, const B9Line *line, GError **error)
{
  gboolean detached = b9_line_flag (line, "detach");
  g_auto (B9Launching) launching = {0};

  if (!b9_launching_prepare (&launching, app, line, B9_OPERATION_RUN, detached, error) ||
      !b9_launching_claim (&launching, app, error))
    return -1;
  return b9_launching_run (&launching, app, line, detached, error);
}
