/* SPDX-License-Identifier: Apache-2.0
 *
 * clock.h: the time of day as logs and records have it.
 */
#ifndef B9_CLOCK_H
#define B9_CLOCK_H

#include <glib.h>
#include <time.h>

G_BEGIN_DECLS

/* The current time as RFC 3339 with nanoseconds, UTC; owned. */
char *b9_timestamp (void);

/* The same of @moment, which is not before 1970. */
char *b9_timestamp_of (const struct timespec *moment);

G_END_DECLS

#endif /* B9_CLOCK_H */
