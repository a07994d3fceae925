/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-delete.c: `delete ID`: the runtime deletes, then the record and what the runtime forgot go too.
 */
#include "config.h"

#include "core/cli/app.h"
#include "core/run/claim.h"
#include "core/run/query.h"
#include "core/sys/failure.h"

/* runsc waits up to two minutes for a sandbox that nobody reaps. */
#define DELETE_SECONDS 150

int
b9_cmd_delete (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = { 0 };
  g_auto (B9AppRequest) request = { 0 };
  g_autoptr (GError) problem = NULL;
  g_autofree char *answer = NULL;

  if (!b9_app_find (app, b9_line_argument (line, 0), &target, &problem)) {
    /* Clients delete by force what may not be there (runc delete --force, OCI runtimes alike). */
    if (b9_line_flag (line, "force") && g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND))
      return 0;
    g_propagate_error (error, g_steal_pointer (&problem));
    return -1;
  }
  b9_app_request_init (&request, app, &target, B9_OPERATION_DELETE, line, 1);
  request.request.log = NULL;
  request.request.log_format = NULL;
  answer = b9_query (target.runtime, &request.request, DELETE_SECONDS, &problem);
  /* runsc fails over a file that somebody else has removed, when it has forgotten the container already: then it is deleted. */
  if (answer == NULL && (b9_target_exists (&target) || g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND))) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return -1;
  }
  if (answer == NULL)
    g_info ("container %s is deleted, but: %s", target.id, problem->message);
  if (target.record != NULL)
    b9_disclaim (app->index, &target);
  return 0;
}
