/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-config.c: `config show`, `config check FILE`, `config defaults`.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/cli/command.h"
#include "core/plugin/provider.h"
#include "core/sys/failure.h"

static int
show (B9App *app, gboolean origin, GError **error)
{
  B9Config *config = b9_app_config (app, error);
  g_autofree char *state_directory = b9_app_default_state_directory ();
  g_autofree char *text = NULL;

  if (config == NULL)
    return -1;
  b9_config_set_default (config, "state-directory", state_directory); /* it depends on the user */
  text = b9_config_show (config, origin);
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

static gboolean
check_kind (B9Registry *registry, const B9Config *config, B9ProviderKind kind, GError **error)
{
  g_autoptr (GPtrArray) providers = b9_registry_providers (registry, kind);

  for (guint i = 0; i < providers->len; i++) {
    const B9Provider *provider = g_ptr_array_index (providers, i);
    g_autofree char *section = g_strdup_printf ("%s.%s", b9_provider_section (kind), provider->name);

    if (!b9_config_check_plugin (config, section, b9_provider_keys (kind, provider->vtable), error))
      return FALSE;
  }
  return TRUE;
}

/* What only the plugins know: the keys below their names, and whether there is such a backend. */
static gboolean
check_plugins (B9App *app, const char *file, GError **error)
{
  g_autoptr (B9Config) config = b9_config_load (file, error);
  B9Registry *registry = config != NULL ? b9_app_registry (app, error) : NULL;
  const char *backend;

  if (registry == NULL)
    return FALSE;
  b9_registry_load_all (registry);
  if (!check_kind (registry, config, B9_PROVIDER_BACKEND, error) ||
      !check_kind (registry, config, B9_PROVIDER_GPU, error) ||
      !check_kind (registry, config, B9_PROVIDER_CHECKPOINT, error))
    return FALSE;
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
    if (!b9_config_check_file (file, error) || !check_plugins (app, file, error))
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
