/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep.h: what a container leaves behind when its runtime was killed: cgroups with processes in them,
 * processes in none, files.
 *
 * Only what was not there before the container was made is taken for its own, so that is noted first.
 */
#ifndef B9_SWEEP_H
#define B9_SWEEP_H

#include "core/container/index.h"
#include "core/run/runtime.h"

G_BEGIN_DECLS

/* Notes in @record where the cgroups will be, and whether cgroups and leftovers are there already, and are
 * thus another's. */
void b9_sweep_prepare (const B9Target *target, B9Record *record);

/* Removes the remains of a container that its runtime no longer knows.  @was_interrupted: the runtime may
 * have been killed, so processes that are left are killed too; after an orderly end only what is empty goes.
 */
void b9_sweep (const B9Index *index, const B9Target *target, gboolean was_interrupted);

/* Takes away what a killed runtime has mounted in its state.  It goes before the runtime is told to delete a
 * half-made container: runc removes its state with all below, and that is the caller's root file system where
 * CRIU was shown it. */
void b9_sweep_mounts (const B9Target *target);

G_END_DECLS

#endif /* B9_SWEEP_H */
