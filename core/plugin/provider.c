/* SPDX-License-Identifier: Apache-2.0
 *
 * provider.c: see provider.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-plugin"

#include "core/plugin/provider.h"

#include <string.h>

#include <b9run/b9-checkpoint.h>

const char *
b9_provider_section (B9ProviderKind kind)
{
  return kind == B9_PROVIDER_BACKEND ? "backends" : b9_provider_kind_name (kind);
}

const B9ConfigKey *const *
b9_provider_keys (B9ProviderKind kind, const void *vtable)
{
  const B9Backend *backend = vtable;
  const B9GpuDetector *detector = vtable;
  const B9CheckpointProvider *checkpoint = vtable;

  switch (kind) {
  case B9_PROVIDER_BACKEND:
    return B9_STRUCT_HAS (backend, config_keys) ? backend->config_keys : NULL;
  case B9_PROVIDER_GPU:
    return B9_STRUCT_HAS (detector, config_keys) ? detector->config_keys : NULL;
  case B9_PROVIDER_CHECKPOINT:
    return B9_STRUCT_HAS (checkpoint, config_keys) ? checkpoint->config_keys : NULL;
  }
  return NULL;
}

B9OpenProvider *
b9_provider_open (B9Registry *registry, const B9Config *config, const char *state_directory,
                  B9ProviderKind kind, const char *name, GError **error)
{
  const B9Provider *found = b9_registry_find (registry, kind, name, error);
  g_autoptr (B9OpenProvider) provider = NULL;

  if (found == NULL)
    return NULL;
  provider = g_new0 (B9OpenProvider, 1);
  provider->kind = kind;
  provider->name = found->name;
  provider->vtable = found->vtable;
  provider->module = b9_registry_module_path (registry, found);
  provider->section = g_strdup_printf ("%s.%s", b9_provider_section (kind), found->name);
  provider->data = (B9HostData){.config = config,
                                .section = provider->section,
                                .keys = b9_provider_keys (kind, found->vtable),
                                .state_directory = state_directory};
  b9_host_init (&provider->host, &provider->data);
  if (!b9_config_check_plugin (config, provider->section, provider->data.keys, error))
    return NULL;
  return g_steal_pointer (&provider);
}

void
b9_provider_free (B9OpenProvider *provider)
{
  if (provider == NULL)
    return;
  g_free (provider->section);
  g_free (provider);
}

static int
compare_providers (gconstpointer a, gconstpointer b)
{
  const B9Provider *const *first = a;
  const B9Provider *const *second = b;

  return strcmp ((*first)->name, (*second)->name);
}

GPtrArray *
b9_provider_open_all (B9Registry *registry, const B9Config *config, const char *state_directory,
                      B9ProviderKind kind, GError **error)
{
  g_autoptr (GPtrArray) opened = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_provider_free);
  g_autoptr (GPtrArray) found = NULL;

  b9_registry_load_kind (registry, kind);
  found = b9_registry_providers (registry, kind);
  g_ptr_array_sort (found, compare_providers);
  for (guint i = 0; i < found->len; i++) {
    const B9Provider *provider = g_ptr_array_index (found, i);
    B9OpenProvider *open = b9_provider_open (registry, config, state_directory, kind, provider->name, error);

    if (open == NULL)
      return NULL;
    g_ptr_array_add (opened, open);
  }
  return g_steal_pointer (&opened);
}
