/* SPDX-License-Identifier: Apache-2.0
 *
 * doctor-install.c: configuration and plugins (doctor.h).
 */
#include "config.h"

#include "core/doctor/doctor.h"

#include <string.h>

#include <b9run/b9-error.h>

static gboolean
check_file (B9Checkup *checkup, const char *file)
{
  g_autoptr (GError) error = NULL;

  if (b9_config_check_file (file, &error)) {
    b9_checkup_add (checkup, B9_FINDING_OK, "config.file", NULL, "%s", file);
    return TRUE;
  }
  if (error->code == B9_ERROR_PERMISSION)
    b9_checkup_add (checkup, B9_FINDING_WARNING, "config.file", "ask as the user that runs b9run", "%s",
                    error->message);
  else
    b9_checkup_add (
        checkup, B9_FINDING_PROBLEM, "config.file",
        "correct it; b9run config check FILE checks one file, b9run config defaults shows all keys", "%s",
        error->message);
  return FALSE;
}

static gboolean
check_files (B9Checkup *checkup, const char *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) files = b9_config_files (file, &error);
  gboolean good = TRUE;

  if (files == NULL) {
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "config.directory", "let the user that runs b9run read it",
                    "%s", error->message);
    return FALSE;
  }
  for (guint i = 0; i < files->len; i++)
    good = check_file (checkup, g_ptr_array_index (files, i)) && good;
  if (files->len == 0)
    b9_checkup_add (checkup, B9_FINDING_OK, "config.none", NULL,
                    "no configuration file; the built-in values are in force");
  return good;
}

B9Config *
b9_doctor_config (B9Checkup *checkup, const char *file, const char *pool)
{
  g_autoptr (B9Config) config = NULL;
  g_autoptr (GError) error = NULL;

  b9_checkup_begin (checkup, "configuration", "");
  if (check_files (checkup, file))
    config = b9_config_load (file, &error);
  if (config == NULL) {
    config = b9_config_built_in ();
    b9_checkup_add (checkup, B9_FINDING_WARNING, "config.ignored", NULL,
                    "what follows goes by the built-in configuration");
  }
  if (pool != NULL && !b9_config_use_pool (config, pool, &error))
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "config.pool", "name a pool of the configuration", "%s",
                    error->message);
  return g_steal_pointer (&config);
}

static void
add_providers (GString *list, const B9Module *module)
{
  for (guint i = 0; i < module->providers->len; i++) {
    const B9Provider *provider = g_ptr_array_index (module->providers, i);

    g_string_append_printf (list, "%s%s %s", list->len > 0 ? ", " : "",
                            b9_provider_kind_name (provider->kind), provider->name);
  }
}

/* One line for all that a directory gives. */
static void
list_accepted (B9Checkup *checkup, const GPtrArray *modules, const char *directory)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < modules->len; i++) {
    const B9Module *module = g_ptr_array_index (modules, i);
    g_autofree char *place = g_path_get_dirname (module->path);

    if (module->refusal == NULL && strcmp (place, directory) == 0)
      add_providers (list, module);
  }
  if (list->len > 0)
    b9_checkup_add (checkup, B9_FINDING_OK, "plugins.accepted", NULL, "%s: %s", directory, list->str);
}

static void
check_backends (B9Checkup *checkup, B9Registry *registry, const char *const *directories)
{
  g_autoptr (GPtrArray) backends = b9_registry_providers (registry, B9_PROVIDER_BACKEND);
  g_autofree char *list = g_strjoinv (", ", (char **)directories);

  if (backends->len == 0)
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "plugins.backend",
                    "install one, or name its folder in plugin-directories of the configuration",
                    "no plugin provides a backend; looked in %s", list);
}

void
b9_doctor_plugins (B9Checkup *checkup, B9Registry *registry, const char *const *directories)
{
  const GPtrArray *modules = b9_registry_load_all (registry);

  b9_checkup_begin (checkup, "plugins", "");
  for (guint i = 0; directories[i] != NULL; i++) {
    if (!g_strv_contains (directories + i + 1, directories[i]))
      list_accepted (checkup, modules, directories[i]);
  }
  for (guint i = 0; i < modules->len; i++) {
    const B9Module *module = g_ptr_array_index (modules, i);

    if (module->refusal != NULL)
      b9_checkup_add (checkup, B9_FINDING_WARNING, "plugins.refused", "correct it, or take it away", "%s: %s",
                      module->path, module->refusal);
    else if (module->note != NULL)
      b9_checkup_add (checkup, B9_FINDING_WARNING, "plugins.note", "use a newer b9run, or an older plugin",
                      "%s: %s", module->path, module->note);
  }
  check_backends (checkup, registry, directories);
}
