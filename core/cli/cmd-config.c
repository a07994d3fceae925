/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-config.c: `config show`, `config check FILE`, `config defaults`.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/cli/command.h"
#include "core/sys/failure.h"

static int
show (B9App *app, gboolean origin, GError **error)
{
  const B9Config *config = b9_app_config (app, error);
  g_autofree char *text = config != NULL ? b9_config_show (config, origin) : NULL;

  if (text == NULL)
    return -1;
  fputs (text, stdout);
  return 0;
}

static int
print_defaults (void)
{
  g_autofree char *text = b9_config_defaults ();

  fputs (text, stdout);
  return 0;
}

/* What only the plugins know: the keys below backends.NAME, and whether there is such a backend. */
static gboolean
check_backends (B9App *app, const char *file, GError **error)
{
  g_autoptr (B9Config) config = b9_config_load (file, error);
  B9Registry *registry = config != NULL ? b9_app_registry (app, error) : NULL;
  g_autoptr (GPtrArray) providers = NULL;
  const char *backend;

  if (registry == NULL)
    return FALSE;
  b9_registry_load_all (registry);
  providers = b9_registry_providers (registry, B9_PROVIDER_BACKEND);
  for (guint i = 0; i < providers->len; i++) {
    const B9Provider *provider = g_ptr_array_index (providers, i);
    const B9Backend *vtable = provider->vtable;
    g_autofree char *section = g_strdup_printf ("backends.%s", provider->name);

    if (!b9_config_check_plugin (config, section,
                                 B9_STRUCT_HAS (vtable, config_keys) ? vtable->config_keys : NULL, error))
      return FALSE;
  }
  backend = b9_config_set_string (config, "backend");
  return backend == NULL || b9_registry_find (registry, B9_PROVIDER_BACKEND, backend, error) != NULL;
}

int
b9_cmd_config (B9App *app, const B9Line *line, GError **error)
{
  const char *what = b9_line_argument (line, 0);
  const char *file = b9_line_argument (line, 1);

  if (strcmp (what, "show") == 0)
    return show (app, b9_line_flag (line, "origin"), error);
  if (strcmp (what, "defaults") == 0)
    return print_defaults ();
  if (strcmp (what, "check") == 0 && file != NULL) {
    if (!b9_config_check_file (file, error) || !check_backends (app, file, error))
      return -1;
    printf ("%s is a good configuration\n", file);
    return 0;
  }
  if (strcmp (what, "check") == 0) {
    b9_fail (error, B9_ERROR_USAGE, "config check needs a file: b9run config check FILE");
    return -1;
  }
  b9_fail (
      error, B9_ERROR_USAGE,
      "config: b9run config show [--origin], b9run config defaults, or b9run config check FILE, not \"%s\"",
      what);
  return -1;
}
