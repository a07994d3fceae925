/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-run.c: `create` and `run`: from a bundle to a container.
 *
 * The way: read the bundle (core/container/bundle.c), choose backend and root (app.c), prepare the spec for
 * it (core/gpu/preparation.c), claim the id (core/run/claim.c), put an edited spec in the place of the
 * caller's (core/container/shadow.c), start it (core/run/launch.c).
 */
#include "config.h"

#include <string.h>

#include "core/cli/app.h"
#include "core/container/bundle-command.h"
#include "core/container/shadow.h"
#include "core/run/claim.h"
#include "core/run/launch.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

/* All that a launch borrows. */
typedef struct {
  B9Bundle *bundle;
  B9Target target;
  B9Prepared prepared;
  char *given_bundle; /* to the backend */
  B9AppRequest request;
  B9Launch launch;
} Preparation;

static void
preparation_clear (Preparation *preparation)
{
  b9_app_request_clear (&preparation->request);
  g_free (preparation->given_bundle);
  b9_prepared_clear (&preparation->prepared);
  b9_target_clear (&preparation->target);
  b9_bundle_free (preparation->bundle);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Preparation, preparation_clear)

/* runc's rule (utils_linux.go): who detaches cannot have our terminal. */
static gboolean
check_terminal (const Preparation *preparation, const B9Line *line, gboolean detached, GError **error)
{
  gboolean socket = b9_line_value (line, "console-socket") != NULL;

  if (detached && preparation->bundle->terminal && !socket)
    return b9_fail (error, B9_ERROR_USAGE,
                    "cannot allocate tty if runc will detach without setting console socket: the bundle asks "
                    "for a terminal "
                    "(process.terminal); give --console-socket, or set it to false");
  if (socket && (!detached || !preparation->bundle->terminal))
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
check_command (const Preparation *preparation, GError **error)
{
  if ((preparation->target.runtime->backend->traits & B9_BACKEND_CHECKS_COMMAND_LATE) == 0)
    return TRUE;
  return b9_bundle_check_command (preparation->bundle, error);
}

/* Makes the id ours, and the bundle that the backend is given. */
static gboolean
claim (Preparation *preparation, B9Index *index, GError **error)
{
  B9Target *target = &preparation->target;

  if (!b9_claim (index, target, preparation->bundle, error))
    return FALSE;
  preparation->given_bundle = b9_shadow_use (target->record, preparation->bundle, preparation->prepared.copy,
                                             error);
  preparation->launch.bundle = preparation->given_bundle;
  if (preparation->given_bundle == NULL)
    b9_disclaim (index, target);
  return preparation->given_bundle != NULL;
}

static gboolean
prepare (Preparation *preparation, B9App *app, const B9Line *line, gboolean detached, GError **error)
{
  B9Operation operation = app->command->run == b9_cmd_create ? B9_OPERATION_CREATE : B9_OPERATION_RUN;
  const char *id = b9_line_argument (line, 0);
  B9Index *index;

  if (!b9_check_id (id, error))
    return FALSE;
  preparation->bundle = b9_bundle_open (b9_line_value (line, "bundle"), error);
  if (preparation->bundle == NULL || !check_terminal (preparation, line, detached, error))
    return FALSE;
  settle_console_socket (line, preparation->bundle);
  if (!b9_app_new_target (app, preparation->bundle, id, &preparation->target, error) ||
      !check_command (preparation, error) ||
      !b9_app_require_spec (app, &preparation->target, preparation->bundle->config, line, error) ||
      !b9_app_prepare (app, preparation->bundle, &preparation->target, operation, &preparation->prepared,
                       error))
    return FALSE;
  index = b9_app_index (app, error);
  b9_app_request_init (&preparation->request, app, &preparation->target, B9_OPERATION_RUN, line, 1);
  if (index == NULL ||
      (preparation->request.pid_file != NULL && !b9_check_pid_file (preparation->request.pid_file, error)))
    return FALSE;
  preparation->launch = (B9Launch){.index = index,
                                   .target = &preparation->target,
                                   .options = preparation->request.request.options,
                                   .pid_file = preparation->request.pid_file,
                                   .debug = preparation->request.request.debug,
                                   .terminal = preparation->bundle->terminal,
                                   .memory_limited = preparation->bundle->memory_limited};
  return claim (preparation, index, error);
}

int
b9_cmd_create (B9App *app, const B9Line *line, GError **error)
{
  g_auto (Preparation) preparation = {0};
  gboolean created;

  if (!prepare (&preparation, app, line, TRUE, error))
    return -1;
  created = b9_launch_create (&preparation.launch, error);
  app->said = g_steal_pointer (&preparation.launch.said);
  return created ? 0 : -1;
}

int
b9_cmd_run (B9App *app, const B9Line *line, GError **error)
{
  gboolean detached = b9_line_flag (line, "detach");
  g_auto (Preparation) preparation = {0};
  int status = 0;

  if (!prepare (&preparation, app, line, detached, error))
    return -1;
  if (detached) {
    gboolean monitor = !b9_line_flag (line, "no-monitor") && b9_config_boolean (app->config, "monitor");

    status = b9_launch_detached (&preparation.launch, monitor, error) ? 0 : -1;
  } else {
    status = b9_launch_run (&preparation.launch, error);
  }
  app->said = g_steal_pointer (&preparation.launch.said);
  return status;
}
