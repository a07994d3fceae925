/* SPDX-License-Identifier: Apache-2.0
 *
 * launching.c: see launching.h.
 */
#include "config.h"

#include <string.h>

#include "core/cli/launching.h"
#include "core/container/bundle-command.h"
#include "core/container/shadow.h"
#include "core/run/claim.h"
#include "core/run/launch.h"
#include "core/spec/types.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

void
b9_launching_clear (B9Launching *launching)
{
  b9_app_request_clear (&launching->request);
  g_free (launching->given_bundle);
  b9_prepared_clear (&launching->prepared);
  b9_target_clear (&launching->target);
  b9_bundle_free (launching->bundle);
}
/* runc's rule (utils_linux.go): who detaches cannot have our terminal. */
static gboolean
check_terminal (const B9Launching *launching, const B9Line *line, gboolean detached, GError **error)
{
  gboolean socket = b9_line_value (line, "console-socket") != NULL;

  if (detached && launching->bundle->terminal && !socket)
    return b9_fail (error, B9_ERROR_USAGE,
                    "cannot allocate tty if runc will detach without setting console socket: the bundle asks "
                    "for a terminal "
                    "(process.terminal); give --console-socket, or set it to false");
  if (socket && (!detached || !launching->bundle->terminal))
    return b9_fail (error, B9_ERROR_USAGE,
                    "cannot use console socket if runc will not detach or allocate tty: --console-socket "
                    "needs a detached "
                    "container with process.terminal true");
  return TRUE;
}

/* runc goes into the bundle before it connects, so that is where a relative path begins. */
static void
settle_console_socket (const B9Line *line, const B9Bundle *bundle)
{
  for (guint i = 0; i < line->options->len; i++) {
    B9RequestOption *option = g_ptr_array_index (line->options, i);
    char *given = (char *)option->value;

    if (strcmp (option->name, "console-socket") != 0)
      continue;
    option->value = b9_absolute_path (given, bundle->path);
    g_free (given);
  }
}

/* runc knows at create that the command is missing, and who calls it reads that then (podman: exit status
 * 127). */
static gboolean
check_command (const B9Launching *launching, GError **error)
{
  if ((launching->target.runtime->backend->traits & B9_BACKEND_CHECKS_COMMAND_LATE) == 0)
    return TRUE;
  return b9_bundle_check_command (launching->bundle, error);
}

gboolean
b9_launching_prepare (B9Launching *launching, B9App *app, const B9Line *line, B9Operation operation,
                      gboolean detached, GError **error)
{
  const char *id = b9_line_argument (line, 0);
  B9Index *index;

  if (!b9_check_id (id, error))
    return FALSE;
  launching->bundle = b9_bundle_open (b9_line_value (line, "bundle"), error);
  if (launching->bundle == NULL || !b9_spec_check_types (launching->bundle->config, error) ||
      !check_terminal (launching, line, detached, error))
    return FALSE;
  settle_console_socket (line, launching->bundle);
  if (!b9_app_new_target (app, launching->bundle, id, &launching->target, error) ||
      (operation != B9_OPERATION_RESTORE && !check_command (launching, error)) ||
      !b9_app_require_spec (app, &launching->target, launching->bundle->config, line, error) ||
      !b9_app_prepare (app, launching->bundle, &launching->target, operation, &launching->prepared, error))
    return FALSE;
  index = b9_app_index (app, error);
  b9_app_request_init (&launching->request, app, &launching->target, operation, line, 1);
  if (index == NULL ||
      (launching->request.pid_file != NULL && !b9_check_pid_file (launching->request.pid_file, error)))
    return FALSE;
  launching->launch = (B9Launch){.index = index,
                                 .target = &launching->target,
                                 .options = launching->request.request.options,
                                 .pid_file = launching->request.pid_file,
                                 .debug = launching->request.request.debug,
                                 .terminal = launching->bundle->terminal,
                                 .memory_limited = launching->bundle->memory_limited};
  return TRUE;
}

gboolean
b9_launching_claim (B9Launching *launching, B9App *app, GError **error)
{
  B9Index *index = app->index;
  B9Target *target = &launching->target;

  if (!b9_claim (index, target, launching->bundle, error))
    return FALSE;
  launching->given_bundle = b9_shadow_use (target->record, launching->bundle, launching->prepared.copy,
                                           error);
  launching->launch.bundle = launching->given_bundle;
  if (launching->given_bundle == NULL)
    b9_disclaim (index, target);
  return launching->given_bundle != NULL;
}

int
b9_launching_run (B9Launching *launching, B9App *app, const B9Line *line, gboolean detached, GError **error)
{
  gboolean monitor = !b9_line_flag (line, "no-monitor") && b9_config_boolean (app->config, "monitor");
  int status;

  if (detached)
    status = b9_launch_detached (&launching->launch, monitor, error) ? 0 : -1;
  else
    status = b9_launch_run (&launching->launch, error);
  app->said = g_steal_pointer (&launching->launch.said);
  return status;
}
