/* SPDX-License-Identifier: Apache-2.0
 *
 * guardian.h: somebody who brings the container back when this b9run is killed at its work: b9run-guardian
 * (core/guardian/guardian.c).
 */
#ifndef B9_GUARDIAN_H
#define B9_GUARDIAN_H

#include <signal.h>

#include "core/checkpoint/journal.h"

G_BEGIN_DECLS

/* Starts it, before the container is touched.  @recover: the command line that brings it back, argv[0] and
 * paths absolute, since it is run elsewhere and later.  @mask: the signal mask to start it with. */
gboolean b9_guardian_start (B9Journal *journal, char **recover, const sigset_t *mask, GError **error);

/* Ends it, where there is one: the operation is over. */
void b9_guardian_dismiss (B9Journal *journal);

/* Our environment, but only what a recovery needs: NULL-ended, g_strfreev(). */
char **b9_guardian_environment (void);

G_END_DECLS

#endif /* B9_GUARDIAN_H */
