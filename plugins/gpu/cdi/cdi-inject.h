/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-inject.h: puts CDI devices into a container's spec.
 *
 * All devices are found, all host nodes looked at and all new lists made before the first edit, so that a
 * spec is edited wholly or not at all.  What an engine has injected before (the same variable, node, mount,
 * hook or rule) is left as it stands, so that a second injection changes nothing.
 */
#ifndef CDI_INJECT_H
#define CDI_INJECT_H

#include <b9run/b9-spec.h>

#include "plugins/gpu/cdi/cdi-annotations.h"
#include "plugins/gpu/cdi/cdi-devices.h"
#include "plugins/gpu/cdi/cdi-registry.h"

G_BEGIN_DECLS

typedef struct {
  const CdiRegistry *registry;
  const char *const *directories; /* for messages */
  const CdiHostNodes *nodes;
  const char *backend; /* the name of the container's backend */
} CdiInjector;

/* Sentences for b9run's log are added to @warnings (of char *). */
gboolean cdi_inject (const CdiInjector *injector, const CdiRequests *requests, B9Spec *spec,
                     GPtrArray *warnings, GError **error);

/* "unresolvable CDI devices a, b: …" with all that is wrong with the files; TRUE where all are known. */
gboolean cdi_check_resolvable (const CdiInjector *injector, const CdiRequests *requests, GError **error);

G_END_DECLS

#endif /* CDI_INJECT_H */
