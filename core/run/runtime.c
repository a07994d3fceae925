/* SPDX-License-Identifier: Apache-2.0
 *
 * runtime.c: see runtime.h.
 */
#include "config.h"

#include "core/run/runtime.h"

#include <string.h>

#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/program.h"

B9Runtime *
b9_runtime_open (B9Registry *registry, const B9Config *config, const char *name, const GPtrArray *options,
                 GError **error)
{
  const B9Provider *provider = b9_registry_find (registry, B9_PROVIDER_BACKEND, name, error);
  g_autoptr (B9Runtime) runtime = NULL;

  if (provider == NULL)
    return NULL;
  runtime = g_new0 (B9Runtime, 1);
  runtime->name = provider->name;
  runtime->backend = provider->vtable;
  runtime->section = g_strdup_printf ("backends.%s", provider->name);
  runtime->data = (B9HostData){.config = config, .section = runtime->section, .options = options};
  if (B9_STRUCT_HAS (runtime->backend, config_keys))
    runtime->data.keys = runtime->backend->config_keys;
  b9_host_init (&runtime->host, &runtime->data);
  if (!b9_config_check_plugin (config, runtime->section, runtime->data.keys, error) ||
      !b9_host_check_options (&runtime->data, runtime->name, error))
    return NULL;
  return g_steal_pointer (&runtime);
}

void
b9_runtime_free (B9Runtime *runtime)
{
  if (runtime == NULL)
    return;
  g_free (runtime->section);
  g_free (runtime);
}

static char *
search (const B9Backend *backend)
{
  char *found = NULL;

  for (guint i = 0; backend->programs[i] != NULL && found == NULL; i++)
    found = b9_find_program (backend->programs[i]);
  return found;
}

char *
b9_runtime_program (const B9Runtime *runtime, GError **error)
{
  g_autofree char *key = g_strdup_printf ("%s.path", runtime->section);
  const char *configured = b9_config_set_string (runtime->data.config, key);
  char *found;

  if (configured != NULL && b9_is_program (configured))
    return g_strdup (configured);
  if (configured != NULL) {
    g_autofree char *origin = b9_config_origin (runtime->data.config, key);

    b9_fail (error, B9_ERROR_BACKEND_MISSING, "backend %s: %s (set by %s) is no program that can be executed",
             runtime->name, configured, origin);
    return NULL;
  }
  found = search (runtime->backend);
  if (found == NULL)
    b9_fail (error, B9_ERROR_BACKEND_MISSING,
             "backend %s: its program %s is neither in PATH nor in " B9_USUAL_DIRECTORIES
             "; install it, or set backends.%s.path in the configuration",
             runtime->name, runtime->backend->programs[0], runtime->name);
  return found;
}

char *
b9_runtime_root (const B9Runtime *runtime, const char *explicit_root)
{
  g_autofree char *key = g_strdup_printf ("%s.root", runtime->section);
  const char *configured = b9_config_set_string (runtime->data.config, key);

  g_autofree char *of_user = NULL;

  if (explicit_root != NULL || configured != NULL)
    return b9_absolute_path (explicit_root != NULL ? explicit_root : configured, NULL);
  if (B9_STRUCT_HAS (runtime->backend, user_root))
    of_user = runtime->backend->user_root (&runtime->host);
  return b9_absolute_path (of_user != NULL ? of_user : runtime->backend->default_root, NULL);
}

char **
b9_runtime_new_flags (const B9Runtime *runtime, GError **error)
{
  g_autofree char *key = g_strdup_printf ("%s.flags", runtime->section);
  const char *const *configured = b9_config_list (runtime->data.config, key);
  g_autoptr (GPtrArray) flags = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) own = NULL;

  if (B9_STRUCT_HAS (runtime->backend, new_flags)) {
    own = runtime->backend->new_flags (&runtime->host, error);
    if (own == NULL)
      return NULL;
  }
  for (guint i = 0; own != NULL && own[i] != NULL; i++)
    g_ptr_array_add (flags, g_strdup (own[i]));
  for (guint i = 0; configured[i] != NULL; i++)
    g_ptr_array_add (flags, g_strdup (configured[i]));
  g_ptr_array_add (flags, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&flags), FALSE);
}

void
b9_target_clear (B9Target *target)
{
  b9_record_free (target->record);
  g_free (target->id);
  g_free (target->root);
  g_free (target->program);
  g_strfreev (target->flags);
  g_free (target->rootless);
  memset (target, 0, sizeof *target);
}

B9Request
b9_target_request (const B9Target *target, B9Operation operation)
{
  static const B9RequestOption *const no_options[] = {NULL};
  static const char *const nothing[] = {NULL};

  return (B9Request){
      .struct_size = sizeof (B9Request),
      .operation = operation,
      .program = target->program,
      .root = target->root,
      .id = target->id,
      .systemd_cgroup = target->systemd_cgroup,
      .rootless = target->rootless,
      .flags = target->flags != NULL ? (const char *const *)target->flags : nothing,
      .options = no_options,
      .arguments = nothing,
  };
}

gboolean
b9_target_exists (const B9Target *target)
{
  return target->runtime->backend->find (&target->runtime->host, target->root, target->id);
}
