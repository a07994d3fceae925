/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-delete.c: `delete ID`: the runtime deletes, then the record and what the runtime forgot go too.
 */
#include "config.h"

#include "core/cli/app.h"
#include "core/run/claim.h"
#include "core/run/query.h"
#include "core/sys/failure.h"

#define MAKING_ROUNDS 500
#define MAKING_PAUSE_US 20000

static gboolean
delete_in_runtime (const B9App *app, const B9Target *target, const B9Line *line, GError **error)
{
  g_auto (B9AppRequest) request = {0};
  g_autoptr (GError) problem = NULL;
  g_autofree char *answer = NULL;

  b9_app_request_init (&request, app, target, B9_OPERATION_DELETE, line, 1);
  request.request.log = NULL;
  request.request.log_format = NULL;
  answer = b9_query (target->runtime, &request.request, B9_DELETE_SECONDS, &problem);
  if (answer == NULL && g_error_matches (problem, B9_ERROR, B9_ERROR_WRONG_STATE) && b9_has_ended (target)) {
    g_clear_error (&problem);
    /* A sandbox that nobody has reaped looks alive to runsc, and only force deletes it then. */
    answer = b9_delete_by_force (target, &problem);
  }
  /* runsc fails over a file that somebody else has removed, when it has forgotten the container already: then
   * it is deleted. */
  if (answer == NULL &&
      (b9_target_exists (target) || g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND))) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  if (answer == NULL)
    g_info ("container %s is deleted, but: %s", target->id, problem->message);
  return TRUE;
}

/* The record of a container that is not there, made in another PID namespace: nobody else may be left to
 * remove it, and whoever deletes by force wants it gone.  Nothing is killed. */
static void
forget (B9App *app, const B9Target *target)
{
  if (target->record == NULL || b9_record_is_ours (target->record) || b9_target_exists (target) ||
      !b9_index_lock (app->index, NULL))
    return;
  if (b9_claim_stands (target->record))
    b9_index_remove (app->index, target->record, NULL);
  b9_index_unlock (app->index);
}

/* Finds the container.  Who deletes by force wants nothing to be there afterwards, so one that is still being
 * made (a monitor goes on after its b9run was killed) is waited for, also where the runtime shows it already:
 * a runsc that makes and one that deletes would wait for each other for two minutes. */
static gboolean
find_when_made (B9App *app, const B9Line *line, B9Target *target, GError **error)
{
  for (guint round = 0;; round++) {
    g_autoptr (GError) problem = NULL;
    gboolean found = b9_app_find (app, b9_line_argument (line, 0), target, &problem);

    if (round == MAKING_ROUNDS || !b9_line_flag (line, "force") || target->record == NULL ||
        !b9_is_being_made (target->record)) {
      if (problem != NULL)
        g_propagate_error (error, g_steal_pointer (&problem));
      return found;
    }
    b9_target_clear (target);
    g_usleep (MAKING_PAUSE_US);
  }
}

int
b9_cmd_delete (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};
  g_autoptr (GError) problem = NULL;

  if (!find_when_made (app, line, &target, &problem)) {
    /* Clients delete by force what may not be there (runc delete --force, OCI runtimes alike). */
    if (b9_line_flag (line, "force") && g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND)) {
      forget (app, &target);
      return 0;
    }
    g_propagate_error (error, g_steal_pointer (&problem));
    return -1;
  }
  if (b9_pid_was_reused (&target)) {
    b9_discard (app->index, &target);
    return 0;
  }
  if (!delete_in_runtime (app, &target, line, error))
    return -1;
  if (target.record != NULL)
    b9_disclaim (app->index, &target);
  else
    b9_leave_own_root (&target);
  return 0;
}
