/* SPDX-License-Identifier: Apache-2.0
 *
 * prepare.c: the preparation of a new container's spec (core/gpu/preparation.h) with the parts of this run
 * (app.h).
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run"

#include "core/cli/app.h"

/* b9run's own log says which GPUs a container gets; what the backend does about it says the backend. */
static void
log_gpus (const B9Prepared *prepared, const B9Target *target)
{
  g_autoptr (GString) devices = g_string_new (NULL);

  for (guint i = 0; i < b9_gpu_requests_count (prepared->requests); i++) {
    const B9GpuRequest *request = b9_gpu_requests_get (prepared->requests, i);

    if (request->gpu_class == B9_GPU_DEVICE)
      g_string_append_printf (devices, "%s%s", devices->len > 0 ? ", " : "", request->device);
  }
  if (devices->len > 0)
    g_info ("container %s (backend %s) asks for GPUs: %s", target->id != NULL ? target->id : "?",
            target->runtime->name, devices->str);
}

/* What a requirement is asked of. */
typedef struct {
  B9App *app;
  const B9Target *target;
} Asked;

static gboolean
require (gpointer data, const char *capability, const char *what, GError **error)
{
  const Asked *asked = data;

  return b9_app_require (asked->app, asked->target, capability, what, error);
}

gboolean
b9_app_prepare (B9App *app, const B9Bundle *bundle, B9Target *target, B9Operation operation,
                B9Prepared *prepared, GError **error)
{
  const B9Index *index = b9_app_index (app, error);
  Asked asked = {.app = app, .target = target};
  B9PreparationInput input;
  char **flags;

  if (index == NULL)
    return FALSE;
  input = (B9PreparationInput){.registry = app->registry,
                               .config = app->config,
                               .state_directory = b9_index_directory (index),
                               .target = target,
                               .operation = operation,
                               .bundle = bundle->path,
                               .spec = bundle->config,
                               .require = require,
                               .data = &asked};
  if (!b9_prepare (&input, prepared, error))
    return FALSE;
  log_gpus (prepared, target);
  flags = b9_prepared_flags (prepared, target);
  g_strfreev (target->flags);
  target->flags = flags;
  return TRUE;
}
