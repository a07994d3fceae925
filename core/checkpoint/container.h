/* SPDX-License-Identifier: Apache-2.0
 *
 * container.h: pauses, continues and ends a container for a save, and believes what the kernel shows.
 */
#ifndef B9_CHECKPOINT_CONTAINER_H
#define B9_CHECKPOINT_CONTAINER_H

#include "core/checkpoint/programs.h"
#include "core/container/index.h"
#include "core/run/query.h"

G_BEGIN_DECLS

/* Whether its backend has @trait (B9CheckpointTrait). */
gboolean b9_container_has_trait (const B9Target *target, guint32 trait);

/* Pauses it, if it is not paused. */
gboolean b9_container_pause (const B9Target *target, GError **error);

/* The same as a step of an operation, which may be cancelled: @watch has mask and token.  Sets *@was_paused
 * where somebody else has paused it before. */
gboolean b9_container_pause_watched (const B9Target *target, B9Watch *watch, gboolean *was_paused,
                                     GError **error);

/* Has it running: resumes it, as often as that takes. */
gboolean b9_container_continue (const B9Target *target, GError **error);

/* Notes in its record that it ends because it is saved: a restore into the same id may take its place. */
void b9_container_note_saved (const B9Record *record);
gboolean b9_container_is_saved (const B9Record *record);

/* Ends a paused container without letting it run, and waits for its end.  @pid: its first process. */
gboolean b9_container_end (B9Index *index, const B9Target *target, pid_t pid, GError **error);

/* Private memory of all its processes together, in bytes: about what an image takes; 0: not known. */
guint64 b9_container_memory (const B9Target *target, pid_t pid);

/* The same, with what processes share counted for each, which the kernel knows without a walk through their
 * page tables. */
guint64 b9_container_memory_at_most (const B9Target *target, pid_t pid);

/* The cgroups in which its processes are. */
const char *const *b9_container_cgroups (const B9Target *target);

G_END_DECLS

#endif /* B9_CHECKPOINT_CONTAINER_H */
