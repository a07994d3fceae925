/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-cdi.c: `cdi list` and `cdi check`: the devices that the CDI files of this host describe, and what is
 * wrong with them.
 *
 * The detector "cdi" knows both; here is the way to it.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <b9run/b9-gpu.h>

#include "core/cli/app.h"
#include "core/doctor/doctor.h"
#include "core/formats/formats.h"
#include "core/plugin/provider.h"
#include "core/sys/failure.h"

typedef struct {
  B9GpuListing listing;
  GVariantBuilder variant;
  gboolean json;
  guint count;
} Listing;

static const char *
class_name (guint32 gpu_class)
{
  switch (gpu_class) {
  case B9_GPU_DEVICE:
    return "gpu";
  case B9_GPU_CONTROL:
    return "control";
  case B9_GPU_COMPANION:
    return "companion";
  default:
    return "other";
  }
}

static void
add_variant (GVariantBuilder *builder, const B9GpuListed *listed)
{
  g_auto (GStrv) nodes = g_strsplit (listed->nodes, " ", -1);

  g_variant_builder_open (builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (builder, "{sv}", "device", g_variant_new_string (listed->device));
  g_variant_builder_add (builder, "{sv}", "class", g_variant_new_string (class_name (listed->gpu_class)));
  g_variant_builder_add (builder, "{sv}", "vendor", g_variant_new_string (listed->vendor));
  if (listed->source != NULL)
    g_variant_builder_add (builder, "{sv}", "file", g_variant_new_string (listed->source));
  g_variant_builder_add (builder, "{sv}", "nodes",
                         g_variant_new_strv ((const char *const *)nodes, *listed->nodes != '\0' ? -1 : 0));
  g_variant_builder_close (builder);
}

static void
add_listed (B9GpuListing *interface, const B9GpuListed *listed)
{
  Listing *listing = interface->data;

  listing->count++;
  if (listing->json)
    add_variant (&listing->variant, listed);
  else
    printf ("%s  %s  %s\n    %s\n", listed->device, class_name (listed->gpu_class),
            listed->source != NULL ? listed->source : "-", listed->nodes);
}

static B9Checkup *
run_check (const B9OpenProvider *provider)
{
  const B9GpuDetector *detector = provider->vtable;
  B9Checkup *checkup = b9_checkup_new (FALSE);
  B9Examination examination;

  b9_checkup_begin (checkup, b9_provider_kind_name (provider->kind), provider->name);
  b9_examination_init (&examination, &provider->data, checkup);
  detector->check (&examination.host);
  return checkup;
}

static int
print_json (GVariant *variant, GError **error)
{
  g_autofree char *text = b9_format_json (variant, TRUE, error);

  if (text == NULL)
    return -1;
  puts (text);
  return 0;
}

/* A device that is missing from the list is missing for a reason, which is not looked for elsewhere. */
static void
mention_problems (const B9OpenProvider *provider)
{
  g_autoptr (B9Checkup) checkup = run_check (provider);
  guint problems = b9_checkup_count (checkup, B9_FINDING_PROBLEM);

  if (problems > 0)
    fprintf (stderr, "b9run: %u problem%s with the CDI files; see: b9run cdi check\n", problems,
             problems == 1 ? "" : "s");
}

static int
list (const B9OpenProvider *provider, gboolean json, GError **error)
{
  const B9GpuDetector *detector = provider->vtable;
  Listing listing = {
      .listing = {.struct_size = sizeof (B9GpuListing), .data = &listing, .add = add_listed},
      .json = json,
  };
  g_autoptr (GVariant) variant = NULL;
  gboolean listed;

  g_variant_builder_init (&listing.variant, G_VARIANT_TYPE ("aa{sv}"));
  listed = detector->list (&provider->host, &listing.listing, error);
  variant = g_variant_ref_sink (g_variant_builder_end (&listing.variant));
  if (!listed || (json && print_json (variant, error) != 0))
    return -1;
  if (!json && listing.count == 0)
    fputs ("b9run: no CDI device is described on this host\n", stderr);
  mention_problems (provider);
  return 0;
}

static int
check (const B9OpenProvider *provider, gboolean json, GError **error)
{
  g_autoptr (B9Checkup) checkup = run_check (provider);
  g_autofree char *text = NULL;

  if (json)
    return print_json (b9_checkup_variant (checkup), error) == 0 ? b9_checkup_status (checkup) : -1;
  text = b9_checkup_text (checkup, FALSE);
  fputs (text, stdout);
  return b9_checkup_status (checkup);
}

static gboolean
has_both (const B9OpenProvider *provider, GError **error)
{
  const B9GpuDetector *detector = provider->vtable;

  if (B9_STRUCT_HAS (detector, list) && B9_STRUCT_HAS (detector, check))
    return TRUE;
  return b9_fail (error, B9_ERROR_PLUGIN,
                  "cdi: the plugin %s neither lists nor checks devices; install the one of this b9run",
                  provider->module);
}

int
b9_cmd_cdi (B9App *app, const B9Line *line, GError **error)
{
  const char *what = b9_line_argument (line, 0);
  gboolean json = b9_line_flag (line, "json");
  g_autoptr (B9OpenProvider) provider = NULL;

  if (strcmp (what, "list") != 0 && strcmp (what, "check") != 0) {
    b9_fail (error, B9_ERROR_USAGE, "cdi: unknown word \"%s\"; b9run cdi list, or b9run cdi check", what);
    return -1;
  }
  if (b9_app_config (app, error) == NULL || b9_app_registry (app, error) == NULL ||
      b9_app_index (app, error) == NULL)
    return -1;
  provider = b9_provider_open (app->registry, app->config, b9_index_directory (app->index), B9_PROVIDER_GPU,
                               "cdi", error);
  if (provider == NULL || !has_both (provider, error))
    return -1;
  return strcmp (what, "list") == 0 ? list (provider, json, error) : check (provider, json, error);
}
