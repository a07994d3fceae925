/* SPDX-License-Identifier: Apache-2.0
 *
 * module-checkpoint.c: whether the vtable of a checkpoint provider has what its roles need.
 */
#include "config.h"

#include <b9run/b9-checkpoint.h>

#include "core/plugin/module-private.h"

#define MEMBER(field) B9_MODULE_MEMBER (B9CheckpointProvider, field)

static const B9ModuleMember device_members[] = {
    MEMBER (applies), MEMBER (choose), MEMBER (open),    MEMBER (close),
    MEMBER (look),    MEMBER (lock),   MEMBER (suspend), MEMBER (resume),
};

static gboolean
check_roles (const B9Provider *provider, const B9CheckpointProvider *vtable, GError **error)
{
  const guint32 known = B9_CHECKPOINT_IMAGE | B9_CHECKPOINT_DEVICES;

  if (!B9_STRUCT_HAS (vtable, roles))
    return b9_module_refuse_provider (error, provider,
                                      "has no role; set .roles in its B9CheckpointProvider, and .struct_size "
                                      "= sizeof (B9CheckpointProvider)");
  if ((vtable->roles & known) == 0)
    return b9_module_refuse_provider (
        error, provider, "has the roles %#x, none of which this b9run knows; use those of B9CheckpointRole",
        vtable->roles);
  return TRUE;
}

gboolean
b9_module_check_checkpoint (const B9Provider *provider, GError **error)
{
  const B9CheckpointProvider *vtable = provider->vtable;

  if (!check_roles (provider, vtable, error))
    return FALSE;
  if ((vtable->roles & B9_CHECKPOINT_DEVICES) != 0 &&
      !b9_module_check_members (provider, "B9CheckpointProvider", device_members,
                                G_N_ELEMENTS (device_members), error))
    return FALSE;
  return !B9_STRUCT_HAS (vtable, config_keys) ||
         b9_module_check_keys (provider, vtable->config_keys, NULL, error);
}
