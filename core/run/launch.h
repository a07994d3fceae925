/* SPDX-License-Identifier: Apache-2.0
 *
 * launch.h: bring a claimed container to life: create, run in the foreground, run detached.
 *
 * The runtime speaks on our standard error, which is the container's, and into the log in the record, from
 * where its last error is read back.  Whatever fails leaves nothing behind.
 */
#ifndef B9_LAUNCH_H
#define B9_LAUNCH_H

#include "core/container/index.h"
#include "core/run/attach.h"
#include "core/run/runtime.h"

G_BEGIN_DECLS

typedef struct {
  B9Index *index;
  B9Target *target; /* claimed */
  const char *bundle;
  const B9RequestOption *const *options; /* of the command, without bundle and pid-file */
  const char *pid_file;                  /* the caller's; or NULL */
  gboolean debug;
  gboolean terminal;       /* process.terminal */
  gboolean memory_limited; /* linux.resources.memory.limit */
  /* For a restore; zero for what is new: */
  guint32 operation;               /* B9_OPERATION_RESTORE in the place of run */
  const GPtrArray *more_arguments; /* of char *: put before the id; or NULL */
  const sigset_t *mask;            /* to start the runtime with; NULL: ours */
  B9ReadyFunc ready;               /* asked before the caller is told; or NULL */
  void (*failed) (gpointer data);  /* called before what came of it is deleted; or NULL */
  gpointer ready_data;             /* of both */
  char *said; /* out, owned: what the runtime has put on standard error itself; or NULL */
} B9Launch;

/* The runtime's command line, as it would be for create, run or restore; g_strfreev().  Starts nothing. */
char **b9_launch_command (const B9Launch *launch, B9Operation operation, GError **error);

gboolean b9_launch_create (B9Launch *launch, GError **error);

/* The container's exit status as a shell has it; -1 with @error. */
int b9_launch_run (B9Launch *launch, GError **error);

/* @monitor: leave a b9run-monitor. */
gboolean b9_launch_detached (B9Launch *launch, gboolean monitor, GError **error);

/* Whether @path can become a PID file, looked at before anything is started. */
gboolean b9_check_pid_file (const char *path, GError **error);

/* Puts further arguments (char *) before the id, the last word of a command line that is @id. */
void b9_insert_arguments (char ***argv, const char *id, const GPtrArray *arguments);

G_END_DECLS

#endif /* B9_LAUNCH_H */
