/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-kill.c: `kill ID [SIGNAL]`.
 */
#include "config.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

#include "core/checkpoint/change.h"
#include "core/cli/app.h"
#include "core/run/query.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

/* What comes of a signal to nobody.  All of nothing is no failure: clients kill by --all to be sure. */
static int
find_nobody (const B9Target *target, gboolean all, GError **error)
{
  if (all)
    return 0;
  b9_fail (error, B9_ERROR_NOT_RUNNING, "container not running: %s", target->id);
  return -1;
}

/* Signal 0 asks whether there is somebody to send one to; not every runtime knows it. */
static int
ask (const B9Target *target, gboolean all, GError **error)
{
  g_autoptr (B9State) state = b9_query_state (target, NULL, error);

  if (state == NULL)
    return -1;
  return strcmp (state->status, "stopped") == 0 ? find_nobody (target, all, error) : 0;
}

/* What has been created and not started has no program to catch a signal, so one of these ends it. */
static gboolean
is_ending (int number)
{
  return number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGKILL || number == SIGTERM;
}

/* How long a process that was told to end may take before it is killed. */
#define PATIENCE_MS 2000

/* By the signal itself, so that the container ends with its status.  Go's QUIT prints the sandbox's stacks.
 */
static gboolean
end_by (int pidfd, int number)
{
  struct pollfd watched = {.fd = pidfd, .events = POLLIN};

  if (number != SIGKILL && number != SIGQUIT && b9_pidfd_signal (pidfd, number) &&
      poll (&watched, 1, PATIENCE_MS) == 1)
    return TRUE;
  return b9_pidfd_signal (pidfd, SIGKILL);
}

/* Ends the process with the PID that the runtime gave, if it is the one that the container was made with. */
static gboolean
end_process (const B9Target *target, pid_t pid, int number)
{
  const B9Record *record = target->record;
  b9_autofd pidfd = pid > 0 ? b9_pidfd_open (pid) : -1;

  if (pidfd < 0 || (record != NULL && record->pid > 0 && b9_record_is_ours (record) &&
                    (record->pid != pid || !b9_process_alive (pid, record->pid_start))))
    return FALSE;
  return end_by (pidfd, number);
}

/* Beside another operation too: the container is to die, whatever becomes of that. */
static gboolean
resume (const B9Target *target, GError **error)
{
  B9Request request = b9_target_request (target, B9_OPERATION_RESUME);
  g_autofree char *answer = NULL;
  B9Journal *journal;

  b9_owner_change_begin (target, B9_OPERATION_RESUME, &journal, NULL);
  answer = b9_query (target->runtime, &request, B9_QUERY_SECONDS, error);
  b9_owner_change_end (target, journal, answer != NULL);
  return answer != NULL;
}

/* runsc takes no signal for a container that is paused or not yet started; runc does, and clients end such
 * containers by it. */
static int
end_idle_container (B9App *app, const B9Target *target, const B9Line *line, int number, GError **error)
{
  g_autoptr (B9State) state = b9_query_state (target, NULL, error);

  if (state == NULL)
    return -1;
  if (strcmp (state->status, "stopped") == 0)
    return find_nobody (target, b9_line_flag (line, "all"), error);
  if (strcmp (state->status, "created") == 0 && end_process (target, state->pid, number))
    return 0;
  if (strcmp (state->status, "paused") != 0 || number != SIGKILL)
    return b9_app_perform_on (app, target, B9_OPERATION_KILL, line, error);
  return resume (target, error) ? b9_app_perform_on (app, target, B9_OPERATION_KILL, line, error) : -1;
}

static int
kill_translated (B9App *app, const B9Target *target, const B9Line *line, int number, GError **error)
{
  gboolean all = b9_line_flag (line, "all");
  g_autoptr (GError) problem = NULL;
  int status;

  if (number == 0)
    return ask (target, all, error);
  status = b9_app_perform_on (app, target, B9_OPERATION_KILL, line, &problem);
  if (problem == NULL)
    return status;
  if (all && g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_RUNNING))
    return 0;
  if (g_error_matches (problem, B9_ERROR, B9_ERROR_WRONG_STATE) && is_ending (number))
    return end_idle_container (app, target, line, number, error);
  /* runsc calls one that was saved paused, also after its end. */
  if ((g_error_matches (problem, B9_ERROR, B9_ERROR_BACKEND_FAILED) ||
       g_error_matches (problem, B9_ERROR, B9_ERROR_WRONG_STATE)) &&
      b9_has_ended (target))
    return find_nobody (target, all, error);
  g_propagate_error (error, g_steal_pointer (&problem));
  return -1;
}

int
b9_cmd_kill (B9App *app, const B9Line *line, GError **error)
{
  const char *wanted = b9_line_argument (line, 1);
  int number = b9_signal_number (wanted != NULL ? wanted : "TERM");
  g_auto (B9Target) target = {0};

  if (number < 0) {
    b9_fail (error, B9_ERROR_USAGE, "unknown signal \"%s\": give a number, or a name such as TERM or SIGKILL",
             wanted);
    return -1;
  }
  if (!b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  if (target.runtime->backend->way (&target.runtime->host, B9_OPERATION_KILL, NULL) == B9_WAY_CHILD)
    return kill_translated (app, &target, line, number, error);
  return b9_app_perform_on (app, &target, B9_OPERATION_KILL, line, error);
}
