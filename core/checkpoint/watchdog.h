/* SPDX-License-Identifier: Apache-2.0
 *
 * watchdog.h: ends a restore that does not come to an end: CRIU loops for ever over a short image and fills
 * the disk with its log, and a driver may hang.
 *
 * A thread of its own, since the launcher waits in many places.  It ends programs, and nothing else.
 */
#ifndef B9_WATCHDOG_H
#define B9_WATCHDOG_H

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct _B9Watchdog B9Watchdog;

/* @token: of the programs; @log: the file that may grow too much; @timeout_seconds: for all of it, 0 for
 * none. */
B9Watchdog *b9_watchdog_start (const char *token, const char *image, const char *log, guint timeout_seconds);

/* For who follows a runtime that saves: why it is to be ended, or NULL.  CRIU, killed while it asks what the
 * kernel can do, leaves a child that sleeps and has the socket that the runtime reads, which then waits for
 * ever and does not wait for CRIU.  *@since, at first 0, is when that was seen. */
const char *b9_watchdog_look_at (pid_t runtime, gint64 *since);

/* Whether it has ended the programs. */
gboolean b9_watchdog_has_bitten (B9Watchdog *watchdog);

/* Ends it; why it has ended the programs, g_free(), or NULL. */
char *b9_watchdog_stop (B9Watchdog *watchdog);

G_END_DECLS

#endif /* B9_WATCHDOG_H */
