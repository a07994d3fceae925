/* SPDX-License-Identifier: Apache-2.0
 *
 * clock.h: the time of day as logs and records have it.
 */
#ifndef B9_CLOCK_H
#define B9_CLOCK_H

#include <glib.h>

G_BEGIN_DECLS

/* The current time as RFC 3339 with nanoseconds, UTC; owned. */
char *b9_timestamp (void);

G_END_DECLS

#endif /* B9_CLOCK_H */
