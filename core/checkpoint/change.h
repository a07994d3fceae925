/* SPDX-License-Identifier: Apache-2.0
 *
 * change.h: a pause or resume, noted beforehand where the runtime may be cut off half-way and lie then
 * (status.h).
 */
#ifndef B9_CHANGE_H
#define B9_CHANGE_H

#include "core/checkpoint/journal.h"
#include "core/run/runtime.h"

G_BEGIN_DECLS

/* Before the runtime is asked for @operation, a pause or a resume, as a step of an operation that has a
 * journal: makes the note.  FALSE where that cannot be, and nothing may be paused then; a resume has to be,
 * also where nothing can be written any more. */
gboolean b9_change_begin (const B9Target *target, B9Operation operation, GError **error);

/* After it, @done as the runtime says.  What failed may be done in part: then its files are made true, and
 * FALSE where they are not. */
gboolean b9_change_end (const B9Target *target, gboolean done, GError **error);

/* The same for one that the container's owner has asked for.  *@journal is its journal, which a later command
 * finds where this one is cut off; NULL where none is needed.  FALSE with B9_ERROR_BUSY beside another
 * operation on the container. */
gboolean b9_owner_change_begin (const B9Target *target, B9Operation operation, B9Journal **journal,
                                GError **error);

/* Takes @journal.  Where the runtime's files stay wrong the journal stays too, for the next command to try
 * again, and a warning is logged. */
void b9_owner_change_end (const B9Target *target, B9Journal *journal, gboolean done);

G_END_DECLS

#endif /* B9_CHANGE_H */
