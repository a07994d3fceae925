/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-plugins.c: `plugins`: every module with what it provides, or with the sentence that says why it was
 * refused.
 */
#include "config.h"

#include <stdio.h>

#include "core/cli/command.h"
#include "core/formats/formats.h"

static char *
describe_providers (const GPtrArray *providers)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < providers->len; i++) {
    const B9Provider *provider = g_ptr_array_index (providers, i);

    g_string_append_printf (text, "%s%s %s", i > 0 ? ", " : "", b9_provider_kind_name (provider->kind),
                            provider->name);
  }
  return g_string_free (text, FALSE);
}

static void
print_module (const B9Module *module)
{
  g_autofree char *providers = NULL;

  if (module->refusal != NULL) {
    printf ("refused   %s\n          %s\n", module->path, module->refusal);
    return;
  }
  providers = describe_providers (module->providers);
  printf ("accepted  %s\n          %s: %s %s (%s): %s\n", module->path, providers, module->descriptor->name,
          module->descriptor->version, module->descriptor->license, module->descriptor->summary);
  if (module->note != NULL)
    printf ("          note: %s\n", module->note);
}

static GVariant *
providers_variant (const GPtrArray *providers)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < providers->len; i++) {
    const B9Provider *provider = g_ptr_array_index (providers, i);

    g_variant_builder_open (&list, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&list, "{sv}", "kind",
                           g_variant_new_string (b9_provider_kind_name (provider->kind)));
    g_variant_builder_add (&list, "{sv}", "name", g_variant_new_string (provider->name));
    g_variant_builder_close (&list);
  }
  return g_variant_builder_end (&list);
}

static void
add_module (GVariantBuilder *list, const B9Module *module)
{
  const B9PluginDescriptor *descriptor = module->descriptor;

  g_variant_builder_open (list, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (list, "{sv}", "path", g_variant_new_string (module->path));
  g_variant_builder_add (list, "{sv}", "state",
                         g_variant_new_string (module->refusal != NULL ? "refused" : "accepted"));
  if (module->refusal != NULL)
    g_variant_builder_add (list, "{sv}", "reason", g_variant_new_string (module->refusal));
  if (module->note != NULL)
    g_variant_builder_add (list, "{sv}", "note", g_variant_new_string (module->note));
  if (descriptor != NULL && module->refusal == NULL) {
    g_variant_builder_add (list, "{sv}", "name", g_variant_new_string (descriptor->name));
    g_variant_builder_add (list, "{sv}", "version", g_variant_new_string (descriptor->version));
    g_variant_builder_add (list, "{sv}", "license", g_variant_new_string (descriptor->license));
    g_variant_builder_add (list, "{sv}", "summary", g_variant_new_string (descriptor->summary));
    g_variant_builder_add (list, "{sv}", "providers", providers_variant (module->providers));
  }
  g_variant_builder_close (list);
}

static int
print_json (const GPtrArray *modules, GError **error)
{
  g_autofree char *text = NULL;
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < modules->len; i++)
    add_module (&list, g_ptr_array_index (modules, i));
  text = b9_format_json (g_variant_builder_end (&list), TRUE, error);
  if (text == NULL)
    return -1;
  puts (text);
  return 0;
}

int
b9_cmd_plugins (B9App *app, const B9Line *line, GError **error)
{
  B9Registry *registry = b9_app_registry (app, error);
  g_auto (GStrv) directories = NULL;
  const GPtrArray *modules;

  if (registry == NULL)
    return -1;
  modules = b9_registry_load_all (registry);
  if (b9_line_flag (line, "json"))
    return print_json (modules, error);
  for (guint i = 0; i < modules->len; i++)
    print_module (g_ptr_array_index (modules, i));
  if (modules->len == 0) {
    directories = b9_plugin_directories (b9_config_list (app->config, "plugin-directories"));
    g_autofree char *list = g_strjoinv (", ", directories);

    fprintf (stderr, "b9run: no plugins; looked in %s\n", list);
  }
  return 0;
}
