/* SPDX-License-Identifier: Apache-2.0
 *
 * at-work.c: what a command does about a container with a journal (app.h): a checkpoint, restore, recovery,
 * pause or resume is at work on it, or was cut off.
 *
 * A checkpoint has saved the container before it ends it, so nobody may let it run in between.  What only
 * asks goes on; what would change the container is refused; who wants it dead gets that, and not the
 * checkpoint.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/checkpoint/recover.h"
#include "core/cli/app.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define DELETE_PATIENCE_US (10 * G_USEC_PER_SEC)
#define CANCEL_PATIENCE_US (30 * G_USEC_PER_SEC)
#define CHANGE_PATIENCE_US (1 * G_USEC_PER_SEC)
#define LOOK_US 10000

typedef enum {
  GOES_ON, /* asks, and changes nothing */
  REFUSED, /* the next try may do */
  WAITS,   /* for the end, but not for long */
  CANCELS, /* wants the container dead, whatever becomes of the operation */
} Manner;

/* A kill by another signal would be in the image, or lost with the container. */
static Manner
manner_of_kill (const B9Line *line)
{
  const char *signal_text = b9_line_argument (line, 1);
  int number = signal_text != NULL ? b9_signal_number (signal_text) : SIGTERM;

  if (number == 0)
    return GOES_ON;
  return number == SIGKILL ? CANCELS : REFUSED;
}

/* A plain delete may follow the end of the container, which a checkpoint that is about to end brings about.
 */
static Manner
manner_of (const B9App *app)
{
  static const B9CommandFunc asking[] = {b9_cmd_state, b9_cmd_ps, b9_cmd_events, b9_cmd_wait};
  B9CommandFunc run = app->command->run;

  for (guint i = 0; i < G_N_ELEMENTS (asking); i++) {
    if (run == asking[i])
      return GOES_ON;
  }
  if (run == b9_cmd_kill)
    return manner_of_kill (app->line);
  if (run == b9_cmd_delete)
    return b9_line_flag (app->line, "force") ? CANCELS : WAITS;
  return REFUSED;
}

/* A pause or resume that hangs keeps waiting who would change the container, and nobody else. */
static gboolean
is_changed_now (const B9Target *target, B9Worker *worker)
{
  return b9_journal_worker (target->record->directory, worker) && worker->work == B9_WORK_CHANGE;
}

/* One that cannot be mended can still be asked for, killed and deleted. */
static gboolean
is_at_work (B9App *app, B9Target *target, Manner manner, B9Worker *worker)
{
  g_autoptr (GError) problem = NULL;
  B9Recovery result;

  if (manner != REFUSED && is_changed_now (target, worker))
    return TRUE;
  if (!b9_recover_patiently (app->index, target, app->registry, app->config, &result, worker, &problem)) {
    g_warning ("%s", problem->message);
    return FALSE;
  }
  return result == B9_RECOVERY_BUSY;
}

static gboolean
outlasts (B9App *app, B9Target *target, Manner manner, B9Worker *worker, gint64 patience)
{
  gint64 until = g_get_monotonic_time () + patience;

  while (is_at_work (app, target, manner, worker)) {
    if (g_get_monotonic_time () > until)
      return TRUE;
    g_usleep (LOOK_US);
  }
  return FALSE;
}

/* It rolls back; one whose image is whole already ends the container itself.  A recovery is let be. */
static void
cancel (const B9Target *target, const B9Worker *worker)
{
  b9_autofd pidfd = worker->pid > 0 && worker->work != B9_WORK_RECOVERY ? b9_pidfd_open (worker->pid) : -1;
  B9Worker now = {0};

  /* Asked again, now that the descriptor holds the PID to this process. */
  if (pidfd < 0 || !b9_journal_worker (target->record->directory, &now) || now.pid != worker->pid ||
      now.start != worker->start)
    return;
  g_message ("the %s of container %s by the b9run with PID %d is cancelled", b9_work_name (now.work),
             target->id, (int)now.pid);
  b9_pidfd_signal (pidfd, SIGTERM);
}

static gboolean
refuse (const B9App *app, const B9Target *target, const B9Worker *worker, GError **error)
{
  g_autofree char *what = b9_worker_describe (worker, target->id);

  return b9_fail (error, B9_ERROR_BUSY, "cannot %s now: %s; wait until that has ended%s", app->command->name,
                  what,
                  worker->pid == 0 || b9_work_is_short (worker->work) ? "" : ", or cancel it (SIGTERM)");
}

static void
warn_of (const B9App *app, const B9Target *target, const B9Worker *worker)
{
  g_autofree char *what = b9_worker_describe (worker, target->id);

  g_warning ("%s, and does not end; %s goes on all the same", what, app->command->name);
}

gboolean
b9_app_settle (B9App *app, B9Target *target, GError **error)
{
  Manner manner = manner_of (app);
  B9Worker worker;

  if (!is_at_work (app, target, manner, &worker))
    return TRUE;
  app->is_busy = TRUE;
  switch (manner) {
  case GOES_ON:
    return TRUE;
  case WAITS:
    return !outlasts (app, target, manner, &worker, DELETE_PATIENCE_US) ||
           refuse (app, target, &worker, error);
  case CANCELS:
    if (worker.work == B9_WORK_CHANGE && !outlasts (app, target, manner, &worker, CHANGE_PATIENCE_US))
      return TRUE;
    cancel (target, &worker);
    if (outlasts (app, target, manner, &worker, CANCEL_PATIENCE_US))
      warn_of (app, target, &worker);
    return TRUE;
  default:
    return refuse (app, target, &worker, error);
  }
}

static gboolean
is_traced (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int)pid);
  g_autofree char *text = b9_read_file (AT_FDCWD, path, 16384, NULL, NULL);
  const char *line = text != NULL ? strstr (text, "\nTracerPid:") : NULL;

  return line != NULL && atoi (line + strlen ("\nTracerPid:")) != 0;
}

void
b9_app_correct_state (const B9Record *record, B9State *state)
{
  B9Worker worker;

  if (strcmp (state->status, "running") != 0 || !b9_journal_worker (record->directory, &worker) ||
      worker.work != B9_WORK_CHECKPOINT || !is_traced (state->pid))
    return;
  g_free (state->status);
  state->status = g_strdup ("paused");
}
