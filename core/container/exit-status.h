/* SPDX-License-Identifier: Apache-2.0
 *
 * exit-status.h: how a container ended, as somebody saw it and wrote it into its record.
 */
#ifndef B9_EXIT_STATUS_H
#define B9_EXIT_STATUS_H

#include "core/container/record.h"

G_BEGIN_DECLS

typedef struct {
  int wait_status;   /* as waitpid(2) has it */
  gint64 oom_kills;  /* -1: not counted */
  char finished[48]; /* RFC 3339 */
} B9ExitStatus;

/* FALSE with B9_ERROR_UNOBSERVED where nobody has written one (yet), B9_ERROR_BAD_INPUT where the file is
 * damaged. */
gboolean b9_exit_status_load (const B9Record *record, B9ExitStatus *exit_status, GError **error);

/* @oom_kills: -1 where nobody has counted. */
gboolean b9_exit_status_save (const B9Record *record, int wait_status, gint64 oom_kills, GError **error);

/* Whether a b9run-monitor lives that will write it. */
gboolean b9_monitor_alive (const B9Record *record);

/* Whether it lives and its runtime is still at work on the container. */
gboolean b9_monitor_is_making (const B9Record *record);

G_END_DECLS

#endif /* B9_EXIT_STATUS_H */
