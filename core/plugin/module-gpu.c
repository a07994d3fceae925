/* SPDX-License-Identifier: Apache-2.0
 *
 * module-gpu.c: whether the vtable of a GPU detector has what every detector must have.
 */
#include "config.h"

#include <b9run/b9-gpu.h>

#include "core/plugin/module-private.h"

static const B9ModuleMember required_members[] = {B9_MODULE_MEMBER (B9GpuDetector, detect)};

gboolean
b9_module_check_gpu (const B9Provider *provider, GError **error)
{
  const B9GpuDetector *detector = provider->vtable;

  return b9_module_check_members (provider, "B9GpuDetector", required_members,
                                  G_N_ELEMENTS (required_members), error) &&
         (!B9_STRUCT_HAS (detector, config_keys) ||
          b9_module_check_keys (provider, detector->config_keys, NULL, error));
}
