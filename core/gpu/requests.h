/* SPDX-License-Identifier: Apache-2.0
 *
 * requests.h: the GPUs that detectors have found in a spec.
 */
#ifndef B9_GPU_REQUESTS_H
#define B9_GPU_REQUESTS_H

#include <b9run/b9-gpu.h>

G_BEGIN_DECLS

/* A new, empty list of B9GpuRequest; NULL-ended at all times, so that ->pdata is an array for a plugin. */
GPtrArray *b9_gpu_requests_new (void);
guint b9_gpu_requests_count (const GPtrArray *requests);
const B9GpuRequest *b9_gpu_requests_get (const GPtrArray *requests, guint index);

/* What the detector of that name adds to @requests by; borrows both. */
typedef struct {
  B9GpuRequests interface;
  GPtrArray *requests;
  const char *detector;
} B9GpuAdder;

void b9_gpu_adder_init (B9GpuAdder *adder, GPtrArray *requests, const char *detector);

const char *b9_gpu_class_name (guint32 gpu_class); /* "GPU", "control device", "companion" */

G_END_DECLS

#endif /* B9_GPU_REQUESTS_H */
