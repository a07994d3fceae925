/* SPDX-License-Identifier: Apache-2.0
 *
 * outsiders.c: see outsiders.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/outsiders.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "core/checkpoint/cancel.h"
#include "core/checkpoint/container.h"
#include "core/run/spawn.h"
#include "core/sys/failure.h"
#include "core/sys/process.h"

#define LOOK_MS 50
#define LOOKS 100 /* 5 s */

gboolean
b9_outsiders_ask (B9Outsiders *outsiders, const B9Target *target, const sigset_t *mask, GError **error)
{
  const B9Backend *backend = target->runtime->backend;
  B9Request request = b9_target_request (target, B9_OPERATION_PS);
  g_auto (GStrv) argv = NULL;
  B9Spawn spawn = {.error = -1, .mask = mask};

  if (!b9_container_has_trait (target, B9_CHECKPOINT_SANDBOX))
    return TRUE;
  b9_fd_close (&outsiders->output);
  outsiders->output = memfd_create ("b9run-ps", MFD_CLOEXEC);
  if (outsiders->output < 0)
    return b9_fail_errno (error, errno, "cannot make room for the output of %s", target->program);
  argv = backend->build_argv (&target->runtime->host, &request, error);
  if (argv == NULL)
    return FALSE;
  spawn.argv = argv;
  spawn.output = spawn.error = outsiders->output;
  outsiders->pid = b9_spawn (&spawn, error);
  return outsiders->pid > 0;
}

/* A line of `runsc ps`, "UID PID PPID …": whether it is of a program that `exec` started, which has no parent
 * in the sandbox. */
static gboolean
is_from_outside (const char *line)
{
  int pid, parent;

  return sscanf (line, "%*d %d %d", &pid, &parent) == 2 && pid != 1 && parent == 0;
}

static gboolean
fail_unlisted (const B9Target *target, const char *reason, B9Error code, GError **error)
{
  return b9_fail (
      error, code,
      "the container's programs cannot be listed: %s; nothing was saved, and b9run ps %s asks the "
      "same",
      reason, target->id);
}

static gboolean
wait_for_answer (B9Outsiders *outsiders, const B9Target *target, int *status, GError **error)
{
  b9_autofd pidfd = b9_pidfd_open (outsiders->pid);
  struct pollfd watched = {.fd = pidfd, .events = POLLIN};
  const char *reason = NULL;

  for (guint look = 0; waitpid (outsiders->pid, status, WNOHANG) != outsiders->pid; look++) {
    reason = look == LOOKS ? "it does not answer" : b9_cancel_reason ();
    if (reason != NULL)
      return fail_unlisted (target, reason, B9_ERROR_FAILED, error);
    poll (&watched, 1, LOOK_MS);
  }
  outsiders->pid = 0;
  return TRUE;
}

/* What the runtime printed; NULL where it failed, and then nobody knows what runs in there. */
static char *
take_answer (B9Outsiders *outsiders, const B9Target *target, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", outsiders->output);
  g_autofree char *answer = NULL;
  int status = 0;

  if (!wait_for_answer (outsiders, target, &status, error))
    return NULL;
  g_file_get_contents (path, &answer, NULL, NULL);
  if (answer != NULL && status == 0)
    return g_steal_pointer (&answer);
  fail_unlisted (target, answer != NULL ? g_strchomp (answer) : "what the runtime printed cannot be read",
                 B9_ERROR_BACKEND_FAILED, error);
  return NULL;
}

gboolean
b9_outsiders_check (B9Outsiders *outsiders, const B9Target *target, GError **error)
{
  g_autofree char *answer = NULL;
  g_auto (GStrv) lines = NULL;

  if (outsiders->pid == 0)
    return TRUE;
  answer = take_answer (outsiders, target, error);
  if (answer == NULL)
    return FALSE;
  lines = g_strsplit (answer, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    if (is_from_outside (lines[i]))
      return b9_fail (error, B9_ERROR_WRONG_STATE,
                      "a program that exec started runs in %s, and %s cannot restore what is saved with one; "
                      "end it first, or wait for its end (b9run ps %s)",
                      target->id, target->runtime->name, target->id);
  }
  return TRUE;
}

void
b9_outsiders_clear (B9Outsiders *outsiders)
{
  if (outsiders->pid > 0) {
    kill (outsiders->pid, SIGKILL);
    b9_wait_for (outsiders->pid);
    outsiders->pid = 0;
  }
  b9_fd_close (&outsiders->output);
}
