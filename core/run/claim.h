/* SPDX-License-Identifier: Apache-2.0
 *
 * claim.h: make an id ours before the runtime hears of it, and give it back when nothing came of it.
 */
#ifndef B9_CLAIM_H
#define B9_CLAIM_H

#include "core/container/bundle.h"
#include "core/container/index.h"
#include "core/run/runtime.h"

G_BEGIN_DECLS

/* How the roots are named that b9run makes below a root where ids would collide. */
#define B9_SUB_ROOT_PREFIX "b9-"

/* Under the index's lock: refuses an id that is taken in this root (B9_ERROR_EXISTS), puts @target into a
 * root of its own where the runtime would confuse its id with another, and writes the record, so that a b9run
 * that is killed from now on leaves something that the next one can clean up after.  @target has runtime, id,
 * root, program and flags; it gets the record.  Remains of an earlier container of that name are swept first.
 */
gboolean b9_claim (B9Index *index, B9Target *target, const B9Bundle *bundle, GError **error);

/* Whether such a root of its own has the container, which then has lost its record: @target is moved there.
 * For an id that the root itself does not know. */
gboolean b9_find_in_own_root (B9Target *target);
/* Removes the root of its own that a deleted container without a record has left empty. */
void b9_leave_own_root (const B9Target *target);

/* Whether the record that stands in its place in the index is still @record, and not a later container's of
 * the same name. */
gboolean b9_claim_stands (const B9Record *record);

/* The opposite, when no container came of it or it is gone: kills what is left in the cgroups, removes the
 * runtime's files and the record. */
void b9_disclaim (B9Index *index, const B9Target *target);

/* Whether the container's process is gone and another one has its PID, which a runtime that trusts PIDs would
 * kill. */
gboolean b9_pid_was_reused (const B9Target *target);

/* Deletes a container without its runtime: its files, cgroups and record. */
void b9_discard (B9Index *index, const B9Target *target);

/* What happened to a container while no b9run looked. */
typedef enum {
  B9_MEND_KEPT,    /* it is there, or somebody is still at it */
  B9_MEND_FOREIGN, /* the record belongs to another PID namespace or boot; left alone */
  B9_MEND_REMOVED, /* it is gone; its remains and its record are too */
} B9Mend;

/* Whether somebody is at making the container: its b9run, or the monitor that goes on without it. */
gboolean b9_is_being_made (const B9Record *record);

/* Whether b9_mend may have something to do: asked without the lock. */
gboolean b9_needs_mending (const B9Target *target);

/* Brings the record of @target in line with what is there.  The caller holds the index's lock. */
B9Mend b9_mend (B9Index *index, B9Target *target);

/* A target for an existing @record, which it takes.  The program is looked for again if the recorded one is
 * gone. */
gboolean b9_target_from_record (B9Target *target, const B9Runtime *runtime, B9Record *record, GError **error);

G_END_DECLS

#endif /* B9_CLAIM_H */
