/* SPDX-License-Identifier: Apache-2.0
 *
 * host-cells.h: what this host and its kernel have, seen on them and not told from a version.
 */
#ifndef B9_HOST_CELLS_H
#define B9_HOST_CELLS_H

#include <b9run/b9-host.h>

G_BEGIN_DECLS

/* Reports the host's cells; a probe as that of a plugin. */
void b9_host_cells (const B9Host *host);

G_END_DECLS

#endif /* B9_HOST_CELLS_H */
