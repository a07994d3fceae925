/* SPDX-License-Identifier: Apache-2.0
 *
 * recover.h: what an operation that was cut off has left, brought to an end.
 *
 * A save that had not come to its end is undone: its programs are ended, the container runs again, or is
 * paused again where its owner had paused it, its devices are given back, and the half image goes.  One whose
 * image was whole already is finished.  A restore that was not verified is deleted.  A pause or resume is
 * left as it has come out, and the runtime's files say so.
 */
#ifndef B9_RECOVER_H
#define B9_RECOVER_H

#include "core/checkpoint/journal.h"
#include "core/container/index.h"
#include "core/plugin/registry.h"
#include "core/run/runtime.h"

G_BEGIN_DECLS

typedef enum {
  B9_RECOVERY_NONE,     /* there was nothing to do */
  B9_RECOVERY_BUSY,     /* somebody is at work */
  B9_RECOVERY_UNDONE,   /* the container is as it was before */
  B9_RECOVERY_FINISHED, /* the save is whole, and what was asked for after it is done */
  B9_RECOVERY_DELETED,  /* of a restore nothing is left */
  B9_RECOVERY_AMENDED,  /* of a pause or resume: what the runtime says of it is true */
} B9Recovery;

/* @target has a record.  FALSE where the container could not be brought back; the journal stays then. */
gboolean b9_recover (B9Index *index, B9Target *target, B9Registry *registry, const B9Config *config,
                     B9Recovery *result, GError **error);

/* The same, but where another recovery is at work (b9run-guardian began first), or a pause or resume, it
 * waits for the end of that, a minute or ten seconds at most.  So B9_RECOVERY_BUSY means a checkpoint or a
 * restore, as @worker says, or that patience has ended. */
gboolean b9_recover_patiently (B9Index *index, B9Target *target, B9Registry *registry, const B9Config *config,
                               B9Recovery *result, B9Worker *worker, GError **error);

/* Removes the new image and moves the earlier one back.  May be cut off and done again at any point: no file
 * of the earlier image is taken for one of the new.  FALSE where the journal cannot be written for that: the
 * earlier image still waits, and the journal that says so has to stay. */
gboolean b9_recover_image (B9Journal *journal, GError **error);

G_END_DECLS

#endif /* B9_RECOVER_H */
