/* SPDX-License-Identifier: Apache-2.0
 *
 * cancel.h: how a save or a restore learns that it shall end.
 *
 * The signals that ask for it are blocked and looked at when the work is at a place from which it can be
 * undone; the time-out is one of them, SIGALRM.
 */
#ifndef B9_CANCEL_H
#define B9_CANCEL_H

#include <glib.h>
#include <signal.h>

G_BEGIN_DECLS

/* Blocks SIGINT, SIGTERM, SIGHUP and SIGALRM in this thread, but what the caller ignores; *@before is the
 * mask that programs are to be started with.  @timeout_seconds: 0 for none. */
void b9_cancel_arm (guint timeout_seconds, sigset_t *before);

/* Forgets what was asked for, stops the clock and unblocks; who asked for an end gets it by the exit of the
 * command. */
void b9_cancel_disarm (const sigset_t *before);

/* Why the work shall end, in words ("SIGTERM came"), or NULL. */
const char *b9_cancel_reason (void);

gboolean b9_cancel_is_wanted (void); /* for B9HostData */

G_END_DECLS

#endif /* B9_CANCEL_H */
