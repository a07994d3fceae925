/* SPDX-License-Identifier: Apache-2.0
 *
 * outsiders.h: programs that `exec` started in a container that is to be saved.
 *
 * runsc saves a sandbox in which one runs without a word, and cannot restore it: nobody brings its
 * descriptors back.  Its `ps`, which tells of them, takes 25 ms, so it runs beside what else has to be done.
 */
#ifndef B9_CHECKPOINT_OUTSIDERS_H
#define B9_CHECKPOINT_OUTSIDERS_H

#include <signal.h>

#include "core/run/runtime.h"
#include "core/sys/files.h"

G_BEGIN_DECLS

typedef struct {
  pid_t pid; /* of the runtime's `ps`; 0: it is not asked, or has answered */
  B9Fd output;
} B9Outsiders;

#define B9_OUTSIDERS_INIT \
  {                       \
    .output = -1          \
  }

/* Asks, where the runtime has this trap.  @mask: to start it with. */
gboolean b9_outsiders_ask (B9Outsiders *outsiders, const B9Target *target, const sigset_t *mask,
                           GError **error);

/* Waits for the answer, if one was asked for: FALSE with B9_ERROR_WRONG_STATE where there are any, and with
 * another error where it fails, does not come within five seconds, or the user cancels (cancel.h). */
gboolean b9_outsiders_check (B9Outsiders *outsiders, const B9Target *target, GError **error);

/* Where the answer is not wanted any more. */
void b9_outsiders_clear (B9Outsiders *outsiders);

G_END_DECLS

#endif /* B9_CHECKPOINT_OUTSIDERS_H */
