/* SPDX-License-Identifier: Apache-2.0
 *
 * provider.h: a GPU detector or a checkpoint provider with its host services; backends have B9Runtime
 * (core/run/runtime.h).
 */
#ifndef B9_PLUGIN_PROVIDER_H
#define B9_PLUGIN_PROVIDER_H

#include "core/plugin/host.h"
#include "core/plugin/registry.h"

G_BEGIN_DECLS

typedef struct {
  guint32 kind;
  const char *name;
  const void *vtable; /* B9GpuDetector, B9CheckpointProvider */
  const char *module; /* the path of its file */
  char *section;      /* "gpu.cdi": its keys in the configuration */
  B9HostData data;    /* behind @host; a caller may set .cancelled */
  B9Host host;
} B9OpenProvider;

/* Loads the plugin of that kind and name, and checks its section of the configuration.  @registry, @config
 * and @state_directory (or NULL: nothing is cached) are borrowed and must outlive it. */
B9OpenProvider *b9_provider_open (B9Registry *registry, const B9Config *config, const char *state_directory,
                                  B9ProviderKind kind, const char *name, GError **error);
void b9_provider_free (B9OpenProvider *provider);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9OpenProvider, b9_provider_free)

/* All of a kind, sorted by name; GPtrArray of B9OpenProvider, owned.  Plugins that are refused are left out
 * with a warning in b9run's own log.  NULL with B9_ERROR_CONFIG where the section of one is wrong. */
GPtrArray *b9_provider_open_all (B9Registry *registry, const B9Config *config, const char *state_directory,
                                 B9ProviderKind kind, GError **error);

/* The first part of the sections of a kind: "backends", "gpu", "checkpoint". */
const char *b9_provider_section (B9ProviderKind kind);

/* The keys that a provider declares; NULL for none.  @vtable: as in B9Provider. */
const B9ConfigKey *const *b9_provider_keys (B9ProviderKind kind, const void *vtable);

G_END_DECLS

#endif /* B9_PLUGIN_PROVIDER_H */
