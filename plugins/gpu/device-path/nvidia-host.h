/* SPDX-License-Identifier: Apache-2.0
 *
 * nvidia-host.h: what this host has of NVIDIA's, as its kernel tells: driver, GPUs, device nodes, MIG.
 *
 * Nothing is opened but files of /proc, /sys and directories, below the root that tests redirect, and nothing
 * is changed; a node is looked at and never opened, since that would wake the GPU.
 */
#ifndef B9_NVIDIA_HOST_H
#define B9_NVIDIA_HOST_H

#include <b9run/b9-gpu.h>

G_BEGIN_DECLS

/* Reports the cells gpu.driver, gpu.passthrough and gpu.mig. */
void b9_nvidia_probe (const B9Host *host);

/* Reports the lines of `b9run doctor`.  On a host without any of it there is one line, "nvidia.absent", which
 * is no fault. */
void b9_nvidia_examine (const B9Host *host);

G_END_DECLS

#endif /* B9_NVIDIA_HOST_H */
