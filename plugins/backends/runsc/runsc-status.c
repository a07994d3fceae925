/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-status.c: whether a container is paused, by its state file and by its sandbox.
 *
 * `runsc pause` and `resume` ask the sandbox first, and write the state file then, in place (container.go of
 * gVisor).  Killed in between, they leave a file that is wrong (7 of 117 kills at random moments) or empty
 * (1): a sandbox that stands still and is called running, which `resume` refuses, or one that runs and is
 * called paused, which panics when it is resumed (runsc 20240729).
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

/* A task that is told to stop does so at its next step, and one that is told to go on likewise. */
#define LOOKS 3
#define LOOK_PAUSE_US 50000

#define ASK_MS 3000
#define LOCK_TRIES 100
#define LOCK_PAUSE_US 50000

static char *
file_of (const B9Request *request, const char *ending)
{
  return g_strdup_printf ("%s/%s_sandbox:%s.%s", request->root, request->id, request->id, ending);
}

static char *
read_state (const B9Host *host, const B9Request *request, GError **error)
{
  g_autofree char *path = file_of (request, "state");

  return host->read_file (host, path, STATE_MAX, NULL, error);
}

/* runsc's own `state` reads the status from the same file, and looks whether the sandbox lives. */
char *
runsc_peek_status (const B9Host *host, const B9Request *request, int pid G_GNUC_UNUSED,
                   const char *const *cgroups G_GNUC_UNUSED)
{
  g_autofree char *text = read_state (host, request, NULL);

  return text != NULL ? runsc_text_status (text) : NULL;
}

char *
runsc_keep_status (const B9Host *host, const B9Request *request)
{
  g_autofree char *text = read_state (host, request, NULL);

  return text != NULL && runsc_text_is_whole (text) ? g_steal_pointer (&text) : NULL;
}

/* runsc takes it for each reading and writing; -1 with @error. */
static int
lock_state (const B9Host *host, const B9Request *request, GError **error)
{
  g_autofree char *name = file_of (request, "lock");
  g_autofree char *path = host->path (host, name);
  int lock = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

  for (guint i = 0; lock >= 0 && i < LOCK_TRIES; i++) {
    if (flock (lock, LOCK_EX | LOCK_NB) == 0)
      return lock;
    g_usleep (LOCK_PAUSE_US);
  }
  g_set_error (
      error, B9_ERROR, B9_ERROR_IO,
      "%s cannot be locked: %s; where another runsc has it, wait for that, and then b9run recover %s", path,
      g_strerror (errno), request->id);
  if (lock >= 0)
    close (lock);
  return -1;
}

/* Puts @text in the place of @before, unless something else stands there meanwhile. */
static gboolean
replace_state (const B9Host *host, const B9Request *request, const char *before, const char *text,
               GError **error)
{
  g_autofree char *name = file_of (request, "state");
  g_autofree char *path = host->path (host, name);
  g_autofree char *now = NULL;
  g_autoptr (GError) problem = NULL;
  gboolean replaced;
  int lock = lock_state (host, request, error);

  if (lock < 0)
    return FALSE;
  now = read_state (host, request, NULL);
  replaced = g_strcmp0 (now, before) != 0 ||
             g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0640, &problem);
  close (lock);
  if (!replaced)
    g_set_error (error, B9_ERROR, B9_ERROR_IO, "%s is wrong since runsc was killed, and cannot be mended: %s",
                 path, problem->message);
  return replaced;
}

/* Runs runsc with three @words behind --root; what it printed, or NULL where it failed. */
static char *
ask (const B9Host *host, const B9Request *request, const char *const *words)
{
  g_autofree char *root = g_strconcat ("--root=", request->root, NULL);
  const char *const argv[] = {request->program, root, words[0], words[1], words[2], NULL};
  const B9Run run = {.struct_size = sizeof run, .argv = argv, .timeout_ms = ASK_MS, .max_output = STATE_MAX};
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

/* What the sandbox says of its tasks now. */
static RunscTasks
ask_for_tasks (const B9Host *host, const B9Request *request)
{
  const char *const words[] = {"debug", "--stacks", request->id};
  g_autofree char *stacks = ask (host, request, words);

  return stacks != NULL ? runsc_text_tasks (stacks) : RUNSC_NO_TASKS;
}

/* The same, once they have had the time to stop. */
static RunscTasks
look_at_tasks (const B9Host *host, const B9Request *request)
{
  RunscTasks tasks = ask_for_tasks (host, request);

  for (guint look = 1; look < LOOKS && tasks == RUNSC_TASKS_RUN; look++) {
    g_usleep (LOOK_PAUSE_US);
    tasks = ask_for_tasks (host, request);
  }
  return tasks;
}

/* A job that SIGSTOP has stopped looks like a paused one, and goes on at SIGCONT, which that one does not. To
 * take it for paused would be its end: a sandbox that is resumed without having been paused panics. */
static RunscTasks
look_after_continue (const B9Host *host, const B9Request *request)
{
  const char *const go_on[] = {"kill", request->id, "CONT"};
  const char *const stop[] = {"kill", request->id, "STOP"};
  g_autofree char *sent = ask (host, request, go_on);
  RunscTasks tasks = sent != NULL ? RUNSC_TASKS_STOPPED : RUNSC_NO_TASKS;

  for (guint look = 0; look < LOOKS && tasks == RUNSC_TASKS_STOPPED; look++) {
    g_usleep (LOOK_PAUSE_US);
    tasks = ask_for_tasks (host, request);
  }
  if (tasks == RUNSC_TASKS_RUN)
    g_free (ask (host, request, stop));
  return tasks;
}

/* What the sandbox is, where its file says "running"; NULL where it does not tell. */
static const char *
true_status (const B9Host *host, const B9Request *request)
{
  RunscTasks tasks = look_at_tasks (host, request);

  if (tasks == RUNSC_TASKS_STOPPED)
    tasks = look_after_continue (host, request);
  if (tasks == RUNSC_NO_TASKS)
    return NULL;
  return tasks == RUNSC_TASKS_RUN ? "running" : "paused";
}

/* The state file with "running" in it, which runsc takes questions and signals for: amended, or kept where it
 * is cut off.  *text gets what stands there then. */
static gboolean
make_askable (const B9Host *host, const B9Request *request, const char *kept, char **text, GError **error)
{
  const char *whole = runsc_text_is_whole (*text) ? *text : kept;
  g_autofree char *askable = NULL;

  if (whole == NULL || !runsc_text_is_whole (whole)) {
    g_set_error (
        error, B9_ERROR, B9_ERROR_BACKEND_FAILED,
        "runsc was killed while it wrote the state of container %s below %s, and nobody has kept it; "
        "end its sandbox (runsc-sandbox … %s) by hand",
        request->id, request->root, request->id);
    return FALSE;
  }
  askable = runsc_text_with_status (whole, "running");
  if (strcmp (askable, *text) != 0 && !replace_state (host, request, *text, askable, error))
    return FALSE;
  g_free (*text);
  *text = g_steal_pointer (&askable);
  return TRUE;
}

static gboolean
amend (const B9Host *host, const B9Request *request, const char *kept, char **text, GError **error)
{
  g_autofree char *amended = NULL;
  const char *truth;

  if (!make_askable (host, request, kept, text, error))
    return FALSE;
  truth = true_status (host, request);
  if (truth == NULL) {
    g_set_error (
        error, B9_ERROR, B9_ERROR_BACKEND_FAILED,
        "a pause or resume of container %s was killed, and its sandbox does not tell which it is now "
        "(runsc --root=%s debug --stacks %s)",
        request->id, request->root, request->id);
    return FALSE;
  }
  if (strcmp (truth, "running") == 0)
    return TRUE;
  amended = runsc_text_with_status (*text, truth);
  return replace_state (host, request, *text, amended, error);
}

static gboolean
is_running_or_paused (const char *status)
{
  return g_strcmp0 (status, "running") == 0 || g_strcmp0 (status, "paused") == 0;
}

gboolean
runsc_amend_status (const B9Host *host, const B9Request *request, int pid, const char *wanted,
                    const char *kept, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autofree char *text = read_state (host, request, &problem);
  g_autofree char *status = NULL;

  if (pid == 0 || g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND))
    return TRUE; /* it has ended, or is deleted */
  if (text == NULL) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  if (runsc_text_is_whole (text)) {
    status = runsc_text_status (text);
    /* The file is written last, so that command has ended; and others are none of ours. */
    if (strcmp (status, wanted) == 0 || !is_running_or_paused (status))
      return TRUE;
  }
  return amend (host, request, kept, &text, error);
}
