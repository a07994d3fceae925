/* SPDX-License-Identifier: Apache-2.0
 *
 * fixture-gpu.h: the same as fixture.h for a GPU detector.
 */
#ifndef B9_FIXTURE_GPU_H
#define B9_FIXTURE_GPU_H

#include "tests/bad-plugins/fixture.h"

static inline gboolean
fixture_detect (const B9Host *host, const B9Spec *spec, B9GpuRequests *requests, GError **error)
{
  return host != NULL && spec != NULL && requests != NULL && error != NULL;
}

/* The whole module, but for members of its one vtable. */
#define FIXTURE_WITH_DETECTOR(module, provider_name, ...)                            \
  static const B9GpuDetector detector = {                                            \
      .struct_size = sizeof (B9GpuDetector), .detect = fixture_detect, __VA_ARGS__}; \
  FIXTURE_WITH_PROVIDER (module, .kind = B9_PROVIDER_GPU, .name = (provider_name), .vtable = &detector)

#endif /* B9_FIXTURE_GPU_H */
