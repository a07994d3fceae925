/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-checkpoint.c: `checkpoint` and `restore`, which need a checkpoint provider.
 */
#include "config.h"

#include "core/cli/command.h"
#include "core/sys/failure.h"

static int
refuse (const B9App *app, GError **error)
{
  b9_fail (error, B9_ERROR_UNSUPPORTED,
           "%s: this b9run has no checkpoint provider, so containers can be neither checkpointed nor "
           "restored; the container is "
           "as it was",
           app->command->name);
  return -1;
}

int
b9_cmd_checkpoint (B9App *app, const B9Line *line G_GNUC_UNUSED, GError **error)
{
  return refuse (app, error);
}

int
b9_cmd_restore (B9App *app, const B9Line *line G_GNUC_UNUSED, GError **error)
{
  return refuse (app, error);
}
