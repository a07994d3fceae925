/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-request.h: what a container's annotations ask for, and its injection: the detector's edit and detect.
 */
#ifndef CDI_REQUEST_H
#define CDI_REQUEST_H

#include <b9run/b9-gpu.h>

#include "plugins/gpu/cdi/cdi-devices.h"
#include "plugins/gpu/cdi/cdi-registry.h"

G_BEGIN_DECLS

/* Names the devices that b9run has put into a spec, so that a second pass leaves them alone. */
#define CDI_MARK "run.b9.cdi-injected"

gboolean cdi_edit (const B9Host *host, const char *backend, B9Spec *spec, B9GpuRequests *requests,
                   GError **error);
gboolean cdi_detect (const B9Host *host, const B9Spec *spec, B9GpuRequests *requests, GError **error);

/* The directories that are configured; borrowed from @host. */
const char *const *cdi_directories (const B9Host *host);

/* Looks at nodes below the root that tests redirect. */
CdiHostNodes cdi_host_nodes (const B9Host *host);

G_END_DECLS

#endif /* CDI_REQUEST_H */
