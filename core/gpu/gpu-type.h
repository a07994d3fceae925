/* SPDX-License-Identifier: Apache-2.0
 *
 * gpu-type.h: whether the GPUs that a container gets are of the type that its pool is for.
 */
#ifndef B9_GPU_TYPE_H
#define B9_GPU_TYPE_H

#include "core/config/config.h"

G_BEGIN_DECLS

/* Whether @model, as the driver names it ("NVIDIA A100-SXM4-40GB"), is of @type as operators write it
 * ("A100", "A100-40", "RTX4090"): each part of the type is a run of whole words of the model, a memory size
 * with or without "GB". */
gboolean b9_gpu_type_matches (const char *type, const char *model);

/* Checks the NVIDIA GPUs among @requests (b9_gpu_requests_new()) against `gpuType` of the pool in use, if it
 * has one.  B9_ERROR_UNSUPPORTED names pool, place in the configuration, and what the host has. */
gboolean b9_gpu_type_check (const B9Config *config, const GPtrArray *requests, GError **error);

G_END_DECLS

#endif /* B9_GPU_TYPE_H */
