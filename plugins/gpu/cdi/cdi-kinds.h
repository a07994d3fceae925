/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-kinds.h: which CDI devices are GPUs.
 */
#ifndef CDI_KINDS_H
#define CDI_KINDS_H

#include <b9run/b9-gpu.h>

#include "plugins/gpu/cdi/cdi-registry.h"

G_BEGIN_DECLS

/* A B9GpuClass, or 0 for a device that has nothing to do with GPUs.  @entry is NULL for one that no file has.
 */
guint32 cdi_gpu_class (const char *device, const CdiEntry *entry);

/* Whether a node is what a GPU computes by. */
gboolean cdi_is_gpu_node (const char *path);

/* "nvidia" of nvidia.com and runtime.nvidia.com; g_free(). */
char *cdi_vendor (const char *device);

G_END_DECLS

#endif /* CDI_KINDS_H */
