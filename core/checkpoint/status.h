/* SPDX-License-Identifier: Apache-2.0
 *
 * status.h: a runtime's own word on whether a container is paused, made true again where a pause or resume of
 * ours was cut off.
 *
 * Only for backends that know how (B9Backend.amend_status); of the others the runtime tells the truth.
 */
#ifndef B9_CHECKPOINT_STATUS_H
#define B9_CHECKPOINT_STATUS_H

#include "core/run/runtime.h"

G_BEGIN_DECLS

/* Whether the backend of @target is one that knows how. */
gboolean b9_status_needs_notes (const B9Target *target);

/* Before a pause or resume: notes beside the journal what the runtime's files say and that they will say
 * @wanted, "paused" or "running".  FALSE where that cannot be written: then nothing may be touched. */
gboolean b9_status_begin (const B9Target *target, const char *wanted, GError **error);

/* The runtime has done it, and said so. */
void b9_status_done (const B9Target *target);

/* Where what was begun may not be done, mends the files; takes some tenths of a second, and seconds with a
 * sandbox that hangs.  FALSE where the container lives and does not tell, or they cannot be mended. */
gboolean b9_status_amend (const B9Target *target, GError **error);

G_END_DECLS

#endif /* B9_CHECKPOINT_STATUS_H */
