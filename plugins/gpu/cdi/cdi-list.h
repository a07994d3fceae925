/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-list.h: the devices of `b9run cdi list`.
 */
#ifndef CDI_LIST_H
#define CDI_LIST_H

#include <b9run/b9-gpu.h>

G_BEGIN_DECLS

gboolean cdi_list (const B9Host *host, B9GpuListing *listing, GError **error);

G_END_DECLS

#endif /* CDI_LIST_H */
