/* SPDX-License-Identifier: Apache-2.0
 *
 * enforce.c: asks the matrix for what a command needs before anything is started (app.h).
 *
 * Where there is nothing to need there is no look-up: no plugin is opened and no file read.
 */
#include "config.h"

#include <string.h>

#include "core/capability/needs.h"
#include "core/cli/app.h"

gboolean
b9_app_require (B9App *app, const B9Target *target, const char *capability, const char *what, GError **error)
{
  B9Matrix *matrix = b9_app_matrix (app, error);

  return matrix != NULL &&
         b9_matrix_require (matrix, target->runtime, target->program, target->root, capability, what, error);
}

static gboolean
require_all (B9App *app, const B9Target *target, const GPtrArray *needs, GError **error)
{
  for (guint i = 0; i < needs->len; i++) {
    const B9Need *need = g_ptr_array_index (needs, i);

    if (!b9_app_require (app, target, need->capability, need->what, error))
      return FALSE;
  }
  return TRUE;
}

/* The options of a command line, NULL-ended; free the array alone. */
static GPtrArray *
options_of (const B9Line *line)
{
  GPtrArray *options = g_ptr_array_new ();

  g_ptr_array_extend (options, line->options, NULL, NULL);
  g_ptr_array_add (options, NULL);
  return options;
}

gboolean
b9_app_require_spec (B9App *app, const B9Target *target, const B9JsonText *spec, const B9Line *line,
                     GError **error)
{
  g_autoptr (GPtrArray) options = options_of (line);
  g_autoptr (GPtrArray) needs = b9_needs (spec, (const B9RequestOption *const *)options->pdata,
                                          target->systemd_cgroup, error);

  return needs != NULL && require_all (app, target, needs, error);
}

gboolean
b9_app_require_options (B9App *app, const B9Target *target, const B9Line *line, GError **error)
{
  g_autoptr (GPtrArray) options = options_of (line);
  g_autoptr (GPtrArray) needs = b9_needs_of_options ((const B9RequestOption *const *)options->pdata);

  return require_all (app, target, needs, error);
}

static const char *
capability_of (B9Operation operation)
{
  switch (operation) {
  case B9_OPERATION_EXEC:
    return "exec";
  case B9_OPERATION_PS:
    return "ps";
  case B9_OPERATION_PAUSE:
  case B9_OPERATION_RESUME:
    return "pause";
  case B9_OPERATION_UPDATE:
    return "update";
  case B9_OPERATION_EVENTS:
    return "events.stats";
  default:
    return NULL;
  }
}

gboolean
b9_app_require_operation (B9App *app, const B9Target *target, B9Operation operation, GError **error)
{
  const char *capability = capability_of (operation);

  return capability == NULL || b9_app_require (app, target, capability, app->command->name, error);
}
