/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-spec.c: `spec`: the backend's example of a config.json.
 */
#include "config.h"

#include "core/cli/app.h"
#include "core/run/spawn.h"

/* Hands over to the backend's own command. */
static int
hand_over (B9App *app, const B9Target *target, B9Operation operation, const B9Line *line, GError **error)
{
  g_auto (B9AppRequest) request = {0};
  g_auto (GStrv) argv = NULL;

  b9_app_request_init (&request, app, target, operation, line, 0);
  argv = target->runtime->backend->build_argv (&target->runtime->host, &request.request, error);
  if (argv != NULL)
    b9_hand_over (argv, error);
  return -1;
}

int
b9_cmd_spec (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};

  if (!b9_app_new_target (app, NULL, NULL, &target, error))
    return -1;
  if (target.runtime->backend->way (&target.runtime->host, B9_OPERATION_SPEC, NULL) == B9_WAY_UNSUPPORTED) {
    const B9Request request = b9_target_request (&target, B9_OPERATION_SPEC);

    return b9_app_unsupported (target.runtime, &request, "spec", error);
  }
  return hand_over (app, &target, B9_OPERATION_SPEC, line, error);
}
