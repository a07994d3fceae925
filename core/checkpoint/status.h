/* SPDX-License-Identifier: Apache-2.0
 *
 * status.h: a runtime's own word on whether a container is paused, made true again after a pause or resume
 * that was cut off.
 *
 * Only for backends that know how (B9Backend.amend_status); of the others the runtime tells the truth.
 */
#ifndef B9_CHECKPOINT_STATUS_H
#define B9_CHECKPOINT_STATUS_H

#include "core/run/runtime.h"

G_BEGIN_DECLS

/* Keeps what the runtime's files say, before the container is paused, until the journal ends. */
void b9_status_keep (const B9Target *target);

/* Takes a tenth of a second or two.  FALSE where the runtime's files are broken and cannot be mended. */
gboolean b9_status_amend (const B9Target *target, GError **error);

G_END_DECLS

#endif /* B9_CHECKPOINT_STATUS_H */
