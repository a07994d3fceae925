/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-status.c: whether a container is paused, by its state file and by its sandbox.
 *
 * `runsc pause` and `resume` ask the sandbox first, and write the state file then, in place (container.go of
 * gVisor).  Killed in between, they leave a file that is wrong (7 of 117 kills at random moments) or empty (1):
 * a sandbox that stands still and is called running, which `resume` refuses, or one that runs and is called
 * paused, which panics when it is resumed (runsc 20240729).
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-args.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "runsc-text.h"

/* A state file holds the container's spec. */
#define STATE_MAX (16 * 1024 * 1024)

/* A task that is told to stop does so at its next step. */
#define LOOKS 3
#define LOOK_PAUSE_US 50000

static char *
file_of (const B9Request *request, const char *ending)
{
  return g_strdup_printf ("%s/%s_sandbox:%s.%s", request->root, request->id, request->id, ending);
}

static char *
read_state (const B9Host *host, const B9Request *request)
{
  g_autofree char *path = file_of (request, "state");

  return host->read_file (host, path, STATE_MAX, NULL, NULL);
}

/* runsc's own `state` reads the status from the same file, and looks whether the sandbox lives. */
char *
runsc_peek_status (const B9Host *host, const B9Request *request, int pid G_GNUC_UNUSED,
                   const char *const *cgroups G_GNUC_UNUSED)
{
  g_autofree char *text = read_state (host, request);

  return text != NULL ? runsc_text_status (text) : NULL;
}

char *
runsc_keep_status (const B9Host *host, const B9Request *request)
{
  g_autofree char *text = read_state (host, request);

  return text != NULL && runsc_text_is_whole (text) ? g_steal_pointer (&text) : NULL;
}

/* Under the lock that runsc takes for it. */
static gboolean
write_state (const B9Host *host, const B9Request *request, const char *text, GError **error)
{
  g_autofree char *lock_name = file_of (request, "lock");
  g_autofree char *state_name = file_of (request, "state");
  g_autofree char *lock_path = host->path (host, lock_name);
  g_autofree char *path = host->path (host, state_name);
  int lock = open (lock_path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  g_autoptr (GError) problem = NULL;
  gboolean written;

  if (lock < 0 || flock (lock, LOCK_EX) != 0) {
    g_set_error (error, B9_ERROR, B9_ERROR_IO, "%s cannot be locked: %s", lock_path, g_strerror (errno));
    if (lock >= 0)
      close (lock);
    return FALSE;
  }
  written = g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0640, &problem);
  close (lock);
  if (!written)
    g_set_error (error, B9_ERROR, B9_ERROR_IO, "%s is wrong since runsc was killed, and cannot be mended: %s",
                 path, problem->message);
  return written;
}

/* What the sandbox prints of its goroutines; NULL where it does not, or is none any more. */
static char *
ask_for_stacks (const B9Host *host, const B9Request *request)
{
  g_autofree char *root = g_strconcat ("--root=", request->root, NULL);
  const char *const argv[] = {request->program, root, "debug", "--stacks", request->id, NULL};
  const B9Run run = {.struct_size = sizeof run, .argv = argv, .max_output = STATE_MAX};
  B9RunResult result = {.struct_size = sizeof result};
  char *text = NULL;

  if (!host->run (host, &run, &result, NULL))
    return NULL;
  if (result.exit_status == 0)
    text = g_strconcat (result.output, "\n", result.error_output, NULL);
  g_free (result.output);
  g_free (result.error_output);
  return text;
}

/* The word for what the sandbox is, or NULL where it does not tell. */
static const char *
true_status (const B9Host *host, const B9Request *request)
{
  RunscTasks tasks = RUNSC_NO_TASKS;

  for (guint look = 0; look < LOOKS && tasks != RUNSC_TASKS_STOPPED; look++) {
    g_autofree char *stacks = NULL;

    if (look > 0)
      g_usleep (LOOK_PAUSE_US);
    stacks = ask_for_stacks (host, request);
    tasks = stacks != NULL ? runsc_text_tasks (stacks) : RUNSC_NO_TASKS;
  }
  if (tasks == RUNSC_NO_TASKS)
    return NULL;
  return tasks == RUNSC_TASKS_STOPPED ? "paused" : "running";
}

static gboolean
is_running_or_paused (const char *status)
{
  return g_strcmp0 (status, "running") == 0 || g_strcmp0 (status, "paused") == 0;
}

gboolean
runsc_amend_status (const B9Host *host, const B9Request *request, const char *kept, GError **error)
{
  g_autofree char *text = read_state (host, request);
  g_autofree char *amended = NULL;
  g_autofree char *status = NULL;
  const char *truth;

  if (text == NULL)
    return TRUE; /* it is deleted */
  if (!runsc_text_is_whole (text)) {
    if (kept == NULL || !runsc_text_is_whole (kept)) {
      g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_FAILED,
                   "runsc was killed while it wrote the state of container %s below %s, and nobody has kept "
                   "it; end its sandbox (runsc-sandbox … %s) by hand",
                   request->id, request->root, request->id);
      return FALSE;
    }
    if (!write_state (host, request, kept, error))
      return FALSE;
    g_free (text);
    text = g_strdup (kept);
  }
  status = runsc_text_status (text);
  truth = is_running_or_paused (status) ? true_status (host, request) : NULL;
  if (truth == NULL || strcmp (truth, status) == 0)
    return TRUE;
  amended = runsc_text_with_status (text, truth);
  return write_state (host, request, amended, error);
}
