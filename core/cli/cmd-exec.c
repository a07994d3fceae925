/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-exec.c: `exec ID COMMAND…`: a further process in a container.
 *
 * A failure of exec itself is 255, as runc has it, and every other status is the process's own.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cli/app.h"
#include "core/log/client-log.h"
#include "core/run/attach.h"
#include "core/run/launch.h"
#include "core/run/outcome.h"
#include "core/run/query.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

/* What a signal needs on its way into the container. */
typedef struct {
  const B9Target *target;
  char *file; /* of the PID inside */
} Inside;

/* Sends the signal by the runtime's kill. */
static gboolean
deliver (gpointer data, int number)
{
  const Inside *inside = data;
  g_autofree char *text = g_strdup_printf ("%d", number);
  g_autofree char *pid = NULL;
  B9RequestOption option = {sizeof option, "pid", NULL};
  const B9RequestOption *const options[] = {&option, NULL};
  const char *const arguments[] = {text, NULL};
  B9Request request = b9_target_request (inside->target, B9_OPERATION_KILL);
  g_autofree char *answer = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (inside->file, &pid, NULL, NULL) || !g_ascii_isdigit (pid[0]))
    return FALSE;
  option.value = g_strchomp (pid);
  request.options = options;
  request.arguments = arguments;
  answer = b9_query (inside->target->runtime, &request, B9_QUERY_SECONDS, &error);
  if (answer == NULL)
    g_message ("signal %d did not reach the process inside %s: %s", number, inside->target->id,
               error->message);
  return answer != NULL;
}

static gboolean
asks_for (const B9AppRequest *request, const char *name)
{
  for (guint i = 0; request->request.options[i] != NULL; i++) {
    if (strcmp (request->request.options[i]->name, name) == 0)
      return g_strcmp0 (request->request.options[i]->value, "false") != 0;
  }
  return FALSE;
}

/* Has the runtime note the process's PID inside, for signals.  On a terminal of ours Ctrl-C is the runtime's
 * to pass on. */
static void
ask_for_inner_pid (B9Attach *attach, B9AppRequest *request, B9RequestOption *option, Inside *inside)
{
  guint32 traits = inside->target->runtime->backend->traits;

  if ((traits & B9_BACKEND_EXEC_KEEPS_SIGNALS) == 0 || asks_for (request, "detach"))
    return;
  g_ptr_array_insert (request->options, 0, option);
  request->request.options = (const B9RequestOption *const *)request->options->pdata;
  attach->deliver = deliver;
  attach->data = inside;
  attach->own_group = (traits & B9_BACKEND_OWN_GROUP) != 0 && !isatty (STDIN_FILENO);
}

/* Runs it as a child that shares our standard files; @directory is for its PID file and log. */
static int
run_child (B9App *app, const B9Target *target, B9AppRequest *request, const char *directory, GError **error)
{
  const B9Backend *backend = target->runtime->backend;
  g_autofree char *pid_file = g_build_filename (directory, "pid", NULL);
  g_autofree char *log = g_build_filename (directory, "backend.log", NULL);
  g_autofree char *inner = g_build_filename (directory, "inner", NULL);
  B9RequestOption option = {sizeof option, "internal-pid-file", inner};
  Inside inside = {.target = target, .file = inner};
  g_autofree char *message = NULL;
  g_auto (GStrv) argv = NULL;
  B9Attach attach = {.directory = directory, .pid_file = request->pid_file};
  gboolean was_cut;
  int wait_status;

  request->request.pid_file = pid_file;
  request->request.log = log;
  request->request.log_format = "json";
  ask_for_inner_pid (&attach, request, &option, &inside);
  argv = backend->build_argv (&target->runtime->host, &request->request, error);
  if (argv == NULL)
    return -1;
  attach.argv = argv;
  if (backend->traits & B9_BACKEND_WRITES_FROM_START)
    b9_append_to_plain_files ();
  if (!b9_attach (&attach, &wait_status, error))
    return -1;
  message = wait_status != 0 ? b9_backend_log_error (log) : NULL;
  if (message == NULL)
    return b9_shell_status (wait_status);
  was_cut = b9_cut_dump (message);
  if (b9_has_ended (target))
    b9_fail (error, B9_ERROR_WRONG_STATE, "cannot exec in a stopped container");
  else
    b9_outcome_failed (target->runtime, &request->request, wait_status, message, error);
  if (!was_cut)
    app->said = g_steal_pointer (&message);
  return -1;
}

/* What an exec that was killed has left: directories named after its PID. */
static void
remove_stale_directories (const char *state_directory)
{
  g_autoptr (GDir) directory = g_dir_open (state_directory, 0, NULL);
  const char *name;
  int pid;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = g_build_filename (state_directory, name, NULL);

    if (sscanf (name, "exec-%d-", &pid) == 1 && !b9_process_alive (pid, 0))
      b9_remove_tree (path, NULL);
  }
}

/* What a runtime would say of such a container on the process's standard error, where it cannot be taken
 * back. Nothing is started to find it out; what is not known, or changes meanwhile, the runtime will tell. */
static gboolean
check_state (const B9Target *target, const B9AppRequest *request, GError **error)
{
  const B9Record *record = target->record;
  g_autofree char *status = NULL;

  if (record == NULL || record->pid <= 0 || !b9_record_is_ours (record))
    return TRUE;
  if (!b9_process_alive (record->pid, record->pid_start))
    return b9_fail (error, B9_ERROR_WRONG_STATE, "cannot exec in a stopped container");
  status = b9_peek_status (target, record->pid);
  if (g_strcmp0 (status, "paused") == 0 && !asks_for (request, "ignore-paused"))
    return b9_fail (error, B9_ERROR_WRONG_STATE, "cannot exec in a paused container");
  return TRUE;
}

static int
run_translated (B9App *app, const B9Target *target, B9AppRequest *request, GError **error)
{
  g_autofree char *directory = g_strdup_printf ("%s/exec-%d-XXXXXX", b9_index_directory (app->index),
                                                (int)getpid ());
  int status;

  if (!check_state (target, request, error) ||
      !b9_make_private_directory (b9_index_directory (app->index), error))
    return -1;
  remove_stale_directories (b9_index_directory (app->index));
  if (g_mkdtemp_full (directory, 0700) == NULL) {
    b9_fail_errno (error, errno, "cannot make a directory in %s", b9_index_directory (app->index));
    return -1;
  }
  status = run_child (app, target, request, directory, error);
  b9_remove_tree (directory, NULL);
  return status;
}

int
b9_cmd_exec (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};
  g_auto (B9AppRequest) request = {0};
  const B9Backend *backend;

  if (line->arguments->len < 2 && b9_line_value (line, "process") == NULL) {
    b9_fail (error, B9_ERROR_USAGE, "exec: give the command to run, or --process FILE: b9run exec %s COMMAND",
             b9_line_argument (line, 0));
    return -1;
  }
  if (!b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  backend = target.runtime->backend;
  b9_app_request_init (&request, app, &target, B9_OPERATION_EXEC, line, 1);
  if (request.pid_file != NULL && !b9_check_pid_file (request.pid_file, error))
    return -1;
  if (!b9_app_require_options (app, &target, line, error))
    return -1;
  if (backend->way (&target.runtime->host, B9_OPERATION_EXEC, request.request.options) != B9_WAY_CHILD)
    return b9_app_perform_on (app, &target, B9_OPERATION_EXEC, line, error);
  return run_translated (app, &target, &request, error);
}
