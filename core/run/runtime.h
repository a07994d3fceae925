/* SPDX-License-Identifier: Apache-2.0
 *
 * runtime.h: a backend with its host services and its program, and one container seen through it.
 */
#ifndef B9_RUNTIME_H
#define B9_RUNTIME_H

#include <b9run/b9-backend.h>

#include "core/container/record.h"
#include "core/plugin/host.h"
#include "core/plugin/registry.h"

G_BEGIN_DECLS

typedef struct {
  const char *name; /* the provider's */
  const B9Backend *backend;
  B9Host host;
  B9HostData data;
  char *section; /* "backends.NAME" */
} B9Runtime;

/* Loads the plugin and checks its section of the configuration and @options, the global options that are not
 * b9run's own (GPtrArray of B9RequestOption, or NULL).  @registry, @config and @options are borrowed and must
 * outlive the runtime. */
B9Runtime *b9_runtime_open (B9Registry *registry, const B9Config *config, const char *name,
                            const GPtrArray *options, GError **error);
void b9_runtime_free (B9Runtime *runtime);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Runtime, b9_runtime_free)

/* The absolute path of the backend's program: as configured, else found in PATH and the usual directories
 * (clients call without a PATH), passing over b9run itself under another name. */
char *b9_runtime_program (const B9Runtime *runtime, GError **error);

/* The state directory for new containers: @explicit_root, the configured one or the backend's default;
 * absolute, owned. */
char *b9_runtime_root (const B9Runtime *runtime, const char *explicit_root);

/* The global flags for a new container: the backend's from the configuration, then backends.NAME.flags. */
char **b9_runtime_new_flags (const B9Runtime *runtime, GError **error);

/* One container, or the place of one, as the runtime is to be asked for it. */
typedef struct {
  const B9Runtime *runtime;
  B9Record *record; /* owned; NULL for a container that b9run has not made */
  char *id;
  char *root; /* what the runtime is given */
  char *program;
  char **flags;
  gboolean systemd_cgroup;
  char *rootless;
} B9Target;

void b9_target_clear (B9Target *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9Target, b9_target_clear)

/* The request for @operation with everything that @target knows; log, options and the rest are the caller's
 * to fill in. */
B9Request b9_target_request (const B9Target *target, B9Operation operation);

/* Whether the runtime has the container, by its exact id. */
gboolean b9_target_exists (const B9Target *target);

G_END_DECLS

#endif /* B9_RUNTIME_H */
