/* SPDX-License-Identifier: Apache-2.0
 *
 * oom.h: which of a container's processes the kernel has killed for lack of memory.
 *
 * The kernel counts them in the container's cgroup, the same for every runtime; an exit status does not tell
 * (a sandbox that loses a helper may end with 1). The count goes with the cgroup, which a runtime removes
 * right after the end, so somebody has to look in time.
 */
#ifndef B9_OOM_H
#define B9_OOM_H

#include <glib.h>
#include <poll.h>
#include <sys/types.h>

#include "core/sys/files.h"

G_BEGIN_DECLS

typedef struct {
  B9Fd counter;  /* memory.oom_control (cgroup v1) or memory.events (v2); -1: not open */
  B9Fd event;    /* v1: an eventfd; v2: a second descriptor of the counter */
  short awaited; /* what poll(2) tells of event */
  gint64 kills;  /* when last read; -1: nobody has counted */
} B9OomWatch;

#define B9_OOM_WATCH_INIT ((B9OomWatch){.counter = -1, .event = -1, .kills = -1})

/* Opens the counter in the one of @directories that has it, or in the cgroup of a process.  FALSE where there
 * is none, or not yet. */
gboolean b9_oom_watch_directories (B9OomWatch *watch, const char *const *directories);
gboolean b9_oom_watch_process (B9OomWatch *watch, pid_t pid);

/* What to poll for; its fd is -1 where there is nothing to wait for. */
struct pollfd b9_oom_watch_poll (const B9OomWatch *watch);

/* Reads the counter into watch->kills.  Closes the watch, and keeps the last count, once the cgroup is gone.
 */
void b9_oom_watch_read (B9OomWatch *watch);

void b9_oom_watch_close (B9OomWatch *watch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9OomWatch, b9_oom_watch_close)

/* The count as it is now; -1: there is none. */
gint64 b9_oom_kills (const char *const *directories);

/* Tells b9run's own log, where there is something to tell. */
void b9_oom_report (const char *id, gint64 kills);

G_END_DECLS

#endif /* B9_OOM_H */
