/* SPDX-License-Identifier: Apache-2.0
 *
 * helper.h: the parts of b9run-cuda, the program that talks to NVIDIA's driver for the provider.
 *
 * It is a process of its own because a call to the driver may never return, and because cuInit() takes
 * seconds that a batch should pay once.  It reads requests from standard input and answers on standard
 * output, a line each, and ends when its input does.
 *
 *   b9run-cuda api LIBRARY | b9run-cuda binary PROGRAM
 *
 *   answer once:  ready WORDS…                       or  cannot WORDS…
 *   request:      OPERATION BOUND_MS TIMEOUT_MS PID:START_TIME…      (look, lock, suspend, resume)
 *   answer:       PID STATE BYTES WORDS…             a line for each process, as it is done; then  .
 *   request:      map OLD=NEW,…                      the GPUs to restore to; answered by  .
 *
 * STATE is one of none, running, locked, suspended, failed, unknown; the words say what went wrong.
 */
#ifndef B9_CUDA_HELPER_H
#define B9_CUDA_HELPER_H

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef enum {
  ACTION_THREAD, /* is it a CUDA process?  The thread that restores it says so */
  ACTION_STATE,
  ACTION_LOCK,
  ACTION_CHECKPOINT,
  ACTION_RESTORE,
  ACTION_UNLOCK,
} CudaAction;

typedef enum {
  CUDA_RUNNING,
  CUDA_LOCKED,
  CUDA_CHECKPOINTED,
  CUDA_FAILED,
  CUDA_OTHER, /* between two states, or one that is new */
} CudaState;

typedef enum {
  OUTCOME_DONE,
  OUTCOME_NOT_CUDA, /* of ACTION_THREAD: the driver does not know the process */
  OUTCOME_REFUSED,  /* the driver said no; `text` is its word */
  OUTCOME_UNTOLD,   /* nothing can be said of the process */
} CudaOutcomeKind;

typedef struct {
  CudaOutcomeKind kind;
  CudaState state; /* of ACTION_STATE */
  char *text;      /* g_free(); NULL where it is done */
} CudaOutcome;

/* A way to the driver.  `perform` is called by several threads at once. */
typedef struct _CudaDriver CudaDriver;
struct _CudaDriver {
  void (*perform) (CudaDriver *driver, CudaAction action, pid_t pid, guint timeout_ms, gint64 deadline,
                   CudaOutcome *outcome);
  char *map; /* "OLD=NEW,…", or NULL */
};

/* libcuda's checkpoint functions (driver 570 and later); NULL with *@reason, g_free(). */
CudaDriver *cuda_open_api (const char *library, char **reason);

/* The cuda-checkpoint program (driver 555 and later, for its --action). */
CudaDriver *cuda_open_binary (const char *program, char **reason);

/* "running" …, as cuda-checkpoint prints it. */
CudaState cuda_parse_state (const char *output);

/* PID → bytes of device memory (guint64 *), as NVML tells them, or nvidia-smi; empty where neither does. */
GHashTable *cuda_read_memory (void);

/* "1234, 512" lines of `nvidia-smi --query-compute-apps=pid,used_memory --format=csv,noheader,nounits`, in
 * MiB. */
void cuda_parse_smi (const char *output, GHashTable *memory);

/* Adds to what is there. */
void cuda_add_memory (GHashTable *memory, pid_t pid, guint64 bytes);

/* Runs @argv to its end or until @deadline (g_get_monotonic_time(); then it is killed and FALSE is returned).
 * *@output has both streams.  *@status is the exit status as a shell has it. */
gboolean cuda_run (const char *const *argv, gint64 deadline, int *status, char **output);

G_END_DECLS

#endif /* B9_CUDA_HELPER_H */
