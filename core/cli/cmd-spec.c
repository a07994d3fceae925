/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-spec.c: `spec` and `features`: what a backend can say without a container.
 */
#include "config.h"

#include <stdio.h>

#include "core/cli/app.h"
#include "core/formats/formats.h"
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

/* The least that the features document must hold (runtime-spec features.md): the versions, and who answered.
 * What is not known of the runtime is left out, which the spec reads as unknown. */
static int
print_least_features (const B9Target *target, GError **error)
{
  g_autofree char *text = NULL;
  GVariantBuilder document, annotations;

  g_variant_builder_init (&annotations, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&annotations, "{sv}", "run.b9.backend",
                         g_variant_new_string (target->runtime->name));
  g_variant_builder_add (&annotations, "{sv}", "run.b9.version", g_variant_new_string (PACKAGE_VERSION));
  g_variant_builder_init (&document, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&document, "{sv}", "ociVersionMin", g_variant_new_string ("1.0.0"));
  g_variant_builder_add (&document, "{sv}", "ociVersionMax", g_variant_new_string ("1.0.2"));
  g_variant_builder_add (&document, "{sv}", "annotations", g_variant_builder_end (&annotations));
  text = b9_format_json (g_variant_builder_end (&document), TRUE, error);
  if (text == NULL)
    return -1;
  puts (text);
  return 0;
}

int
b9_cmd_features (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};

  if (!b9_app_new_target (app, NULL, NULL, &target, error))
    return -1;
  if (target.runtime->backend->way (&target.runtime->host, B9_OPERATION_FEATURES, NULL) == B9_WAY_UNSUPPORTED)
    return print_least_features (&target, error);
  return hand_over (app, &target, B9_OPERATION_FEATURES, line, error);
}
