/* SPDX-License-Identifier: Apache-2.0
 *
 * stillness.h: whether a paused container has run after it was saved: somebody may have resumed it by its
 * runtime, of which b9run is not told.
 *
 * The kernel counts for each thread how long and how often it has run.
 */
#ifndef B9_STILLNESS_H
#define B9_STILLNESS_H

#include "core/run/runtime.h"

G_BEGIN_DECLS

typedef struct _B9Stillness B9Stillness;

/* Notes where the container's threads stand.  @pid: its first process. */
B9Stillness *b9_stillness_note (const B9Target *target, pid_t pid);
void b9_stillness_free (B9Stillness *stillness);

/* B9_ERROR_WRONG_STATE where one of them has run since, or the container is not paused.  @stillness: NULL
 * where that does not matter. */
gboolean b9_stillness_check (const B9Stillness *stillness, const B9Target *target, GError **error);

G_END_DECLS

#endif /* B9_STILLNESS_H */
