/* SPDX-License-Identifier: Apache-2.0
 *
 * attach.h: run a backend's program as the caller's foreground: pass signals on, publish the PID, return the
 * status.
 */
#ifndef B9_ATTACH_H
#define B9_ATTACH_H

#include "core/container/record.h"

G_BEGIN_DECLS

typedef enum {
  B9_READY_NOT_YET,
  B9_READY,
  B9_READY_NEVER, /* with an error: the container is not what it has to be */
} B9Readiness;

/* Whether a container that has a PID is what the caller was promised; asked until it says so. */
typedef B9Readiness (*B9ReadyFunc) (gpointer data, pid_t pid, GError **error);

typedef struct {
  char **argv;
  const char *directory; /* where the runtime writes its PID file, named "pid"; nobody else writes there */
  const char *pid_file;  /* where the caller wants that PID; or NULL */
  B9Record *record;      /* to be told the PID; or NULL */
  gboolean
      signals_init; /* signals go to the container's process, not to the backend's (B9_BACKEND_SIGNAL_INIT) */
  gboolean own_group;      /* B9_BACKEND_OWN_GROUP, and no terminal */
  gboolean memory_limited; /* so it may run out early: its cgroup is looked for more often */
  gint64 oom_kills;        /* out: of the container's processes; -1: nobody has counted */
  /* Where signals go instead, once the PID is known: FALSE where this one could not be delivered.  Or NULL.
   */
  gboolean (*deliver) (gpointer data, int number);
  gpointer data;
  B9ReadyFunc ready; /* asked before the PID is noted and published; or NULL */
  gpointer ready_data;
  int early_signal; /* out: the signal by which the caller asked for an end before there was a container; or 0
                     */
} B9Attach;

/* Starts the program and stays until it ends.  As soon as the runtime has written its PID file, the PID is
 * noted in the record and published in @pid_file.  A signal that comes earlier waits for it.  FALSE where
 * nothing could be started, or where the caller could not be told the PID: what was started has been killed
 * then. */
gboolean b9_attach (B9Attach *attach, int *wait_status, GError **error);

/* Whether b9_attach passes that signal on. */
gboolean b9_attach_forwards (int number);

/* Writes @pid into @path as clients want it: no newline, renamed into place. */
gboolean b9_publish_pid (const char *path, pid_t pid, GError **error);

/* Sets O_APPEND on standard output and error where they are plain files, for a runtime that would write them
 * from the start (B9_BACKEND_WRITES_FROM_START).  On the description, since reopening it would lose what a
 * detached container writes. */
void b9_append_to_plain_files (void);

G_END_DECLS

#endif /* B9_ATTACH_H */
