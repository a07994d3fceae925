/* SPDX-License-Identifier: Apache-2.0
 *
 * nvidia-smi.h: asks NVIDIA's own tool, and through it NVML, what it makes of the driver.
 */
#ifndef B9_NVIDIA_SMI_H
#define B9_NVIDIA_SMI_H

#include "nvidia-facts.h"

G_BEGIN_DECLS

/* For the doctor alone: it can take seconds, and wakes the GPUs. */
void nvidia_examine_smi (const B9Host *host, const NvidiaFacts *facts);

G_END_DECLS

#endif /* B9_NVIDIA_SMI_H */
