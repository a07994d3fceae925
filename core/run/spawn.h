/* SPDX-License-Identifier: Apache-2.0
 *
 * spawn.h: start a backend's program: as a child, as a child whose answer is read, or in our own place.
 */
#ifndef B9_SPAWN_H
#define B9_SPAWN_H

#include <glib.h>
#include <signal.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct {
  char **argv;          /* argv[0] is an absolute path */
  int output, error;    /* descriptors for standard output and error; -1: ours */
  gboolean own_group;   /* in a process group of its own */
  gboolean own_session; /* setsid(2) */
  gboolean outlives_us; /* does not die with us */
  char **environment;   /* of its own; NULL: ours */
  const sigset_t *mask; /* the signal mask to start with; NULL: ours */
} B9Spawn;

/* Starts it by vfork(2), which costs the same whatever our size.  Unless told otherwise, the child dies with
 * us (PR_SET_PDEATHSIG), keeps our descriptors, working directory, umask and environment, and finds its own
 * PID in LISTEN_PID where that was ours (sd_listen_fds(3)).  0 with B9_ERROR_BACKEND_MISSING where it cannot
 * be executed. */
pid_t b9_spawn (const B9Spawn *spawn, GError **error);

/* waitpid(2) across interruptions. */
int b9_wait_for (pid_t pid);

/* What a child answered. */
typedef struct {
  int wait_status;
  GString *output; /* NULL where it was not asked for */
  GString *error;
} B9Answer;

void b9_answer_clear (B9Answer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9Answer, b9_answer_clear)

typedef enum {
  B9_CAPTURE_ERROR = 1 << 0,
  B9_CAPTURE_OUTPUT = 1 << 1,
  B9_CAPTURE_OUTLIVES_US = 1 << 2, /* the child does not die with us, nor of our terminal's signals */
} B9Capture;

/* Runs it to its end, reading what @capture names until the child exits (a grandchild may hold the pipe for
 * longer).  It is killed after @timeout_seconds (0: never; B9_ERROR_TIMEOUT) or 64 MiB of output. */
gboolean b9_run_captured (char **argv, B9Capture capture, guint timeout_seconds, B9Answer *answer,
                          GError **error);

/* Becomes the program.  Returns only on failure, FALSE. */
gboolean b9_hand_over (char **argv, GError **error);

G_END_DECLS

#endif /* B9_SPAWN_H */
