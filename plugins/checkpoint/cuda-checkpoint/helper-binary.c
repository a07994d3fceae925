/* SPDX-License-Identifier: Apache-2.0
 *
 * helper-binary.c: NVIDIA's cuda-checkpoint program, a process for each action.
 *
 * Its real options are `--get-restore-tid`, `--get-state`, `--action lock|checkpoint|restore|unlock` with
 * `--pid`, and `--timeout` for lock alone.  `--toggle` is never used: what it does depends on a state that it
 * does not tell.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper.h"

#define MAX_OUTPUT 65536
#define CANNOT_RUN 126

typedef struct {
  CudaDriver driver;
  char *program;
} Binary;

/* Only what signal-safety(7) allows: other threads may hold any lock. */
static void
become (const char *const *argv, int output)
{
  int null = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  dup2 (null, 0);
  dup2 (output, 1);
  dup2 (output, 2);
  /* In the helper's own session, so out of a terminal's reach, and it can be ended together with the helper.
   */
  execv (argv[0], (char *const *)argv);
  _exit (CANNOT_RUN + 1);
}

/* Reads what there is; FALSE at the end. */
static gboolean
read_some (int fd, GString *output)
{
  char block[4096];
  ssize_t got = read (fd, block, sizeof block);

  if (got < 0)
    return errno == EAGAIN || errno == EINTR;
  for (ssize_t i = 0; i < got && output->len < MAX_OUTPUT; i++)
    g_string_append_c (output, block[i] != '\0' ? block[i] : ' ');
  return got > 0;
}

/* Until the process ends; FALSE where @deadline comes first. */
static gboolean
read_until_end (int pidfd, int fd, gint64 deadline, GString *output)
{
  struct pollfd places[] = {{.fd = pidfd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

  for (;;) {
    gint64 left = (deadline - g_get_monotonic_time ()) / 1000;

    if (left <= 0)
      return FALSE;
    if (poll (places, G_N_ELEMENTS (places), (int)MIN (left, 60000)) < 0 && errno != EINTR)
      return FALSE;
    if (places[1].fd >= 0 && places[1].revents != 0 && !read_some (fd, output))
      places[1].fd = -1;
    if (places[0].revents != 0) {
      while (places[1].fd >= 0 && poll (&places[1], 1, 0) > 0 && read_some (fd, output))
        ;
      return TRUE;
    }
  }
}

gboolean
cuda_run (const char *const *argv, gint64 deadline, int *status, char **output)
{
  g_autoptr (GString) said = g_string_new (NULL);
  int ends[2] = {-1, -1}, pidfd, result = 0;
  gboolean ended;
  pid_t pid;

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return FALSE;
  pid = fork ();
  if (pid == 0)
    become (argv, ends[1]);
  close (ends[1]);
  if (pid < 0) {
    close (ends[0]);
    return FALSE;
  }
  fcntl (ends[0], F_SETFL, O_NONBLOCK);
  pidfd = (int)syscall (SYS_pidfd_open, pid, 0);
  ended = read_until_end (pidfd, ends[0], deadline, said);
  /* The bound has passed: only now, since the driver loses count of a process that is ended in an action. */
  if (!ended)
    kill (pid, SIGKILL);
  while (waitpid (pid, &result, 0) < 0 && errno == EINTR)
    ;
  close (pidfd);
  close (ends[0]);
  *status = WIFSIGNALED (result) ? 128 + WTERMSIG (result) : WEXITSTATUS (result);
  *output = g_strstrip (g_string_free (g_steal_pointer (&said), FALSE));
  return ended;
}

CudaState
cuda_parse_state (const char *output)
{
  static const char *const names[] = {"running", "locked", "checkpointed", "failed"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (strcmp (output, names[i]) == 0)
      return (CudaState)i;
  }
  return CUDA_OTHER;
}

/* The command line for an action; the words live as long as @pid_text and @timeout_text. */
static void
fill_argv (const Binary *binary, CudaAction action, const char *pid_text, const char *timeout_text,
           const char **argv)
{
  static const char *const actions[] = {NULL, NULL, "lock", "checkpoint", "restore", "unlock"};
  guint n = 0;

  argv[n++] = binary->program;
  if (action == ACTION_THREAD || action == ACTION_STATE) {
    argv[n++] = action == ACTION_STATE ? "--get-state" : "--get-restore-tid";
  } else {
    argv[n++] = "--action";
    argv[n++] = actions[action];
  }
  argv[n++] = "--pid";
  argv[n++] = pid_text;
  if (action == ACTION_LOCK) {
    argv[n++] = "--timeout";
    argv[n++] = timeout_text;
  }
  if (action == ACTION_RESTORE && binary->driver.map != NULL) {
    argv[n++] = "--device-map";
    argv[n++] = binary->driver.map;
  }
  argv[n] = NULL;
}

static void
perform (CudaDriver *driver, CudaAction action, pid_t pid, guint timeout_ms, gint64 deadline,
         CudaOutcome *outcome)
{
  g_autofree char *pid_text = g_strdup_printf ("%d", (int)pid);
  g_autofree char *timeout_text = g_strdup_printf ("%u", timeout_ms);
  g_autofree char *output = NULL;
  const char *argv[10];
  int status = 0;

  fill_argv ((Binary *)driver, action, pid_text, timeout_text, argv);
  if (!cuda_run (argv, deadline, &status, &output)) {
    outcome->kind = OUTCOME_UNTOLD;
    outcome->text = g_strdup_printf ("cuda-checkpoint %s did not come to its end", argv[1]);
    return;
  }
  outcome->kind = OUTCOME_DONE;
  if (status == 0) {
    outcome->state = action == ACTION_STATE ? cuda_parse_state (output) : CUDA_OTHER;
    return;
  }
  outcome->kind = OUTCOME_REFUSED;
  if (status >= CANNOT_RUN)
    outcome->kind = OUTCOME_UNTOLD;
  else if (action == ACTION_THREAD)
    outcome->kind = OUTCOME_NOT_CUDA;
  outcome->text = g_strdup_printf ("cuda-checkpoint: %s (exit status %d)",
                                   *output != '\0' ? output : "no word", status);
}

CudaDriver *
cuda_open_binary (const char *program, char **reason)
{
  const char *const argv[] = {program, "--help", NULL};
  g_autofree char *output = NULL;
  Binary *binary;
  int status = 0;

  if (!cuda_run (argv, g_get_monotonic_time () + 30 * G_USEC_PER_SEC, &status, &output)) {
    *reason = g_strdup_printf ("%s --help did not come to its end", program);
    return NULL;
  }
  if (strstr (output, "--action") == NULL) {
    *reason = g_strdup_printf (
        "%s --help does not name --action (exit status %d): it needs a driver of 555 or "
        "later, and its libcuda",
        program, status);
    return NULL;
  }
  binary = g_new0 (Binary, 1);
  binary->driver.perform = perform;
  binary->program = g_strdup (program);
  return &binary->driver;
}
