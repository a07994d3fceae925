/* SPDX-License-Identifier: Apache-2.0
 *
 * perform.c: an operation on an existing container, from its command line to the backend's answer (app.h).
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run"

#include <stdio.h>
#include <string.h>

#include "core/cli/app.h"
#include "core/log/client-log.h"
#include "core/run/outcome.h"
#include "core/run/query.h"
#include "core/run/spawn.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

#define CHANGE_SECONDS 300

void
b9_app_request_clear (B9AppRequest *request)
{
  g_free (request->log);
  g_free (request->pid_file);
  g_free (request->bundle);
  g_clear_pointer (&request->options, g_ptr_array_unref);
  g_clear_pointer (&request->arguments, g_ptr_array_unref);
}

/* What stands in a member of its own is no option any more. */
static gboolean
has_own_member (const char *name)
{
  static const char *const names[] = {"bundle", "pid-file", "no-monitor", "help", NULL};

  return g_strv_contains (names, name);
}

/* Paths mean what they meant where b9run was called; the runtime may go elsewhere first. */
static char *
absolute_option (const B9Line *line, const char *name)
{
  const char *path = b9_line_value (line, name);

  return path != NULL ? b9_absolute_path (path, NULL) : NULL;
}

void
b9_app_request_init (B9AppRequest *request, const B9App *app, const B9Target *target, B9Operation operation,
                     const B9Line *line, guint skip)
{
  const char *log = b9_app_global (app, "log");

  request->log = log != NULL ? b9_absolute_path (log, NULL) : NULL;
  request->pid_file = absolute_option (line, "pid-file");
  request->bundle = absolute_option (line, "bundle");
  request->options = g_ptr_array_new ();
  for (guint i = 0; i < line->options->len; i++) {
    B9RequestOption *option = g_ptr_array_index (line->options, i);

    if (!has_own_member (option->name))
      g_ptr_array_add (request->options, option);
  }
  g_ptr_array_add (request->options, NULL);
  request->arguments = g_ptr_array_new ();
  for (guint i = skip; i < line->arguments->len; i++)
    g_ptr_array_add (request->arguments, g_ptr_array_index (line->arguments, i));
  g_ptr_array_add (request->arguments, NULL);

  request->request = b9_target_request (target, operation);
  request->request.log = request->log;
  request->request.log_format = b9_app_global (app, "log-format");
  request->request.debug = b9_line_flag (app->globals, "debug");
  request->request.pid_file = request->pid_file;
  request->request.bundle = request->bundle;
  request->request.options = (const B9RequestOption *const *)request->options->pdata;
  request->request.arguments = (const char *const *)request->arguments->pdata;
}

int
b9_app_unsupported (const B9Runtime *runtime, const B9Request *request, const char *operation, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_auto (GStrv) argv = runtime->backend->build_argv (&runtime->host, request, &reason);

  if (argv == NULL && reason != NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  else
    b9_fail (error, B9_ERROR_UNSUPPORTED, "backend %s has no %s", runtime->name, operation);
  return -1;
}

/* A question has to be answered soon; what changes a container may take longer than podman waits for it (240
 * s), and start as long as it takes: it waits for hooks and for sd_notify(3). */
static guint
time_limit (B9Operation operation)
{
  switch (operation) {
  case B9_OPERATION_STATE:
  case B9_OPERATION_PS:
  case B9_OPERATION_EVENTS:
    return B9_QUERY_SECONDS;
  case B9_OPERATION_START:
    return 0;
  default:
    return CHANGE_SECONDS;
  }
}

/* Runs it as a child without a log of its own, and prints what it answered. */
static int
translate (const B9Target *target, B9Request *request, GError **error)
{
  g_autofree char *answer = NULL;

  request->log = NULL;
  request->log_format = NULL;
  answer = b9_query (target->runtime, request, time_limit ((B9Operation)request->operation), error);
  if (answer == NULL)
    return -1;
  fputs (answer, stdout);
  return 0;
}

int
b9_app_perform_on (B9App *app, const B9Target *target, B9Operation operation, const B9Line *line,
                   GError **error)
{
  const B9Runtime *runtime = target->runtime;
  g_auto (B9AppRequest) request = {0};
  g_auto (GStrv) argv = NULL;
  B9Way way;

  b9_app_request_init (&request, app, target, operation, line, 1);
  way = runtime->backend->way (&runtime->host, operation, request.request.options);
  if (way == B9_WAY_UNSUPPORTED && !b9_app_require_operation (app, target, operation, error))
    return -1;
  if (way == B9_WAY_UNSUPPORTED)
    return b9_app_unsupported (runtime, &request.request, app->command->name, error);
  if (way == B9_WAY_CHILD)
    return translate (target, &request.request, error);
  argv = runtime->backend->build_argv (&runtime->host, &request.request, error);
  if (argv == NULL || !b9_hand_over (argv, error))
    return -1;
  return 0;
}

int
b9_app_perform (B9App *app, B9Operation operation, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};

  if (!b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  return b9_app_perform_on (app, &target, operation, line, error);
}
