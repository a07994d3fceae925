/* SPDX-License-Identifier: Apache-2.0
 *
 * registry.h: finds the plugins, loads those that are needed, and keeps what was refused with its reason.
 *
 * A module is looked at in this order: its path, the permissions on the way to it and its ELF headers
 * (module-file.c); a dlopen that resolves every symbol (module-open.c); the descriptor and its providers
 * (module-check.c) and the vtables (module-backend.c, module-gpu.c); whether a name is taken (registry.c).
 * Only an accepted module is opened through libltdl and made resident.  One bad file never stops the rest.
 */
#ifndef B9_REGISTRY_H
#define B9_REGISTRY_H

#include <b9run/b9-backend.h>

G_BEGIN_DECLS

/* One module file, accepted or refused; or a plugin directory that cannot be read, refused. */
typedef struct {
  char *path;                           /* in the plugin directory, links not followed; printable UTF-8 */
  const B9PluginDescriptor *descriptor; /* NULL when refused */
  GPtrArray *providers; /* const B9Provider: those that this host can use; never NULL, empty when refused */
  char *refusal;        /* one sentence, printable UTF-8 without the path; NULL when accepted */
  char *note;           /* one such sentence on providers that were passed over, or NULL */
} B9Module;

typedef struct _B9Registry B9Registry;

/* @directories: absolute paths, in order; a missing one is passed over, and one that is there twice counts
 * once.  Opens nothing yet. */
B9Registry *b9_registry_new (const char *const *directories);
void b9_registry_free (B9Registry *registry); /* modules stay resident */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Registry, b9_registry_free)

/* The provider of that kind and name, loading as little as possible: b9-KIND-NAME.so first, and only when no
 * such file provides it, every module.  NULL with B9_ERROR_BACKEND_UNKNOWN (for a backend; B9_ERROR_PLUGIN
 * for others): lists the names there are and those refused with their sentence. */
const B9Provider *b9_registry_find (B9Registry *registry, B9ProviderKind kind, const char *name,
                                    GError **error);

/* Loads every module.  GPtrArray of B9Module, sorted by directory order then name; borrowed. */
const GPtrArray *b9_registry_load_all (B9Registry *registry);

/* Loads what may provide @kind: every module but those that are called b9-KIND-… after another kind. */
void b9_registry_load_kind (B9Registry *registry, B9ProviderKind kind);

/* The accepted providers of @kind among what is loaded, in order; free the array only. */
GPtrArray *b9_registry_providers (B9Registry *registry, B9ProviderKind kind);

/* GCompareFunc for an array of them: by name. */
int b9_compare_providers (gconstpointer a, gconstpointer b);

/* The path of the module that @provider, which is loaded, comes from; borrowed. */
const char *b9_registry_module_path (B9Registry *registry, const B9Provider *provider);

const char *b9_provider_kind_name (guint32 kind); /* "backend", "gpu", "checkpoint", or NULL */

/* The directories in effect, in order: B9RUN_PLUGIN_PATH (colon-separated, secure_getenv), @configured, the
 * built-in one (or, for a tree that is not installed, the one that B9RUN_PLUGIN_DIR names).  What is no
 * absolute path is left out.  g_strfreev(). */
char **b9_plugin_directories (const char *const *configured);

G_END_DECLS

#endif /* B9_REGISTRY_H */
