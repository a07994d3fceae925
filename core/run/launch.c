/* SPDX-License-Identifier: Apache-2.0
 *
 * launch.c: see launch.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-launch"

#include "core/run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/container/exit-status.h"
#include "core/log/client-log.h"
#include "core/run/attach.h"
#include "core/run/claim.h"
#include "core/run/oom.h"
#include "core/run/outcome.h"
#include "core/run/query.h"
#include "core/run/spawn.h"
#include "core/run/sweep.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

/* Our end of the pipe to the monitor stays out of the way of descriptors that the container is given
 * (--preserve-fds). */
#define READY_FD_AT_LEAST 200
#define READY_FD_FALLBACK 16

#define READY_US (60 * G_USEC_PER_SEC)
#define READY_PAUSE_US 20000

gboolean
b9_check_pid_file (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  struct stat info;

  if (stat (directory, &info) != 0 || !S_ISDIR (info.st_mode))
    return b9_fail (error, B9_ERROR_IO, "the PID file %s cannot be written: %s is no directory", path,
                    directory);
  if (access (directory, W_OK | X_OK) != 0)
    return b9_fail_errno (error, errno, "the PID file %s cannot be written", path);
  if (lstat (path, &info) == 0 && !S_ISREG (info.st_mode) && !S_ISLNK (info.st_mode))
    return b9_fail (error, B9_ERROR_IO,
                    "the PID file %s cannot be written: something that is no plain file stands there", path);
  return TRUE;
}

/* The request and what its strings live in. */
typedef struct {
  B9Request request;
  char *pid_file, *log;
  char **argv;
} Call;

static void
call_clear (Call *call)
{
  g_free (call->pid_file);
  g_free (call->log);
  g_strfreev (call->argv);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Call, call_clear)

void
b9_insert_arguments (char ***argv, const char *id, const GPtrArray *arguments)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  guint place;

  for (guint i = 0; (*argv)[i] != NULL; i++)
    g_ptr_array_add (words, g_strdup ((*argv)[i]));
  for (place = words->len; place > 0 && strcmp (words->pdata[place - 1], id) != 0; place--)
    continue;
  for (guint i = 0; i < arguments->len; i++)
    g_ptr_array_insert (words, (int)(place > 0 ? place - 1 : words->len) + (int)i,
                        g_strdup (arguments->pdata[i]));
  g_ptr_array_add (words, NULL);
  g_ptr_array_set_free_func (words, NULL);
  g_strfreev (*argv);
  *argv = (char **)g_ptr_array_free (words, FALSE);
}

static gboolean
call_init (Call *call, const B9Launch *launch, B9Operation operation, GError **error)
{
  const B9Runtime *runtime = launch->target->runtime;

  call->pid_file = b9_record_file (launch->target->record, "pid");
  call->log = b9_record_file (launch->target->record, "backend.log");
  call->request = b9_target_request (launch->target, operation);
  call->request.bundle = launch->bundle;
  call->request.pid_file = call->pid_file;
  call->request.log = call->log;
  call->request.log_format = "json";
  call->request.debug = launch->debug;
  call->request.options = launch->options;
  call->argv = runtime->backend->build_argv (&runtime->host, &call->request, error);
  if (call->argv != NULL && launch->more_arguments != NULL)
    b9_insert_arguments (&call->argv, launch->target->id, launch->more_arguments);
  return call->argv != NULL;
}

char **
b9_launch_command (const B9Launch *launch, B9Operation operation, GError **error)
{
  g_auto (Call) call = {0};

  return call_init (&call, launch, operation, error) ? g_steal_pointer (&call.argv) : NULL;
}

static B9Operation
operation_of (const B9Launch *launch)
{
  return launch->operation != 0 ? (B9Operation)launch->operation : B9_OPERATION_RUN;
}

/* Sets the error from the runtime's log; what the runtime printed itself need not be printed again. */
static gboolean
fail_from_log (B9Launch *launch, const Call *call, int wait_status, GError **error)
{
  g_autofree char *message = b9_backend_log_error (call->log);
  gboolean was_cut = message != NULL && b9_cut_dump (message);
  g_autoptr (GError) failure = NULL;

  b9_outcome_failed (launch->target->runtime, &call->request, wait_status, message, &failure);
  if (!was_cut) /* nobody finds its words above its stacks */
    launch->said = g_steal_pointer (&message);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* Removes a container that the runtime still has. */
static void
delete_by_force (const B9Launch *launch)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = b9_delete_by_force (launch->target, &error);

  if (answer == NULL)
    g_warning ("container %s could not be deleted: %s", launch->target->id, error->message);
}

/* Nothing came of it, or it is over.  Where @failure says that there is a container of this id, somebody else
 * has made it since we looked: it is left alone. */
static void
leave_nothing (const B9Launch *launch, const GError *failure)
{
  if (g_error_matches (failure, B9_ERROR, B9_ERROR_EXISTS)) {
    b9_index_remove (launch->index, launch->target->record, NULL);
    return;
  }
  /* Another b9run may have deleted the container, and made the next one of this name, while we were slow to
   * notice. */
  if (b9_claim_stands (launch->target->record) && b9_target_exists (launch->target)) {
    b9_sweep_mounts (launch->target);
    delete_by_force (launch);
    /* Half restored, it must not stay, whatever the runtime says. */
    if (launch->failed != NULL && failure != NULL && b9_target_exists (launch->target)) {
      b9_discard (launch->index, launch->target);
      return;
    }
  }
  b9_disclaim (launch->index, launch->target);
}

/* Takes @failure. */
static gboolean
give_up (const B9Launch *launch, GError *failure, GError **error)
{
  if (launch->failed != NULL)
    launch->failed (launch->ready_data);
  leave_nothing (launch, failure);
  g_propagate_error (error, failure);
  return FALSE;
}

/* A runtime that has returned has done its part, so this is short. */
static gboolean
wait_until_ready (const B9Launch *launch, pid_t pid, GError **error)
{
  gint64 until = g_get_monotonic_time () + READY_US;

  while (launch->ready != NULL) {
    B9Readiness readiness = launch->ready (launch->ready_data, pid, error);

    if (readiness != B9_READY_NOT_YET)
      return readiness == B9_READY;
    if (g_get_monotonic_time () > until)
      return b9_fail (error, B9_ERROR_TIMEOUT, "%s says that container %s runs, but it does not",
                      launch->target->program, launch->target->id);
    g_usleep (READY_PAUSE_US);
  }
  return TRUE;
}

/* The runtime has made the container: notes its PID and gives it to the caller. */
static gboolean
finish_creation (B9Launch *launch, GError **error)
{
  B9Record *record = launch->target->record;
  pid_t pid = b9_read_pid_file (record->directory);

  if (pid == 0)
    return b9_fail (error, B9_ERROR_BACKEND_FAILED, "%s said that container %s is made, but wrote no PID",
                    launch->target->program, record->id);
  return wait_until_ready (launch, pid, error) && b9_record_note_pid (record, pid, error) &&
         (launch->pid_file == NULL || b9_publish_pid (launch->pid_file, pid, error));
}

static void
prepare_stdio (const B9Launch *launch)
{
  if (launch->target->runtime->backend->traits & B9_BACKEND_WRITES_FROM_START)
    b9_append_to_plain_files ();
}

/* Runs the call to its end, as a child that shares our standard files. */
static gboolean
run_call (B9Launch *launch, const Call *call, GError **error)
{
  const B9Spawn spawn = {.argv = call->argv, .output = -1, .error = -1, .mask = launch->mask};
  pid_t pid;
  int status;

  prepare_stdio (launch);
  pid = b9_spawn (&spawn, error);
  if (pid == 0)
    return FALSE;
  status = b9_wait_for (pid);
  return status == 0 ? finish_creation (launch, error) : fail_from_log (launch, call, status, error);
}

gboolean
b9_launch_create (B9Launch *launch, GError **error)
{
  g_auto (Call) call = {0};
  GError *failure = NULL;

  if (call_init (&call, launch, B9_OPERATION_CREATE, &failure) && run_call (launch, &call, &failure))
    return TRUE;
  return give_up (launch, failure, error);
}

/* runc's --keep: the container's end is seen here, so nobody need ask for it in vain later. */
static gboolean
keep (const B9Launch *launch, int wait_status, gint64 oom_kills)
{
  B9Record *record = launch->target->record;

  for (guint i = 0; launch->options[i] != NULL; i++) {
    if (strcmp (launch->options[i]->name, "keep") == 0 && g_strcmp0 (launch->options[i]->value, "true") == 0)
      return b9_claim_stands (record) && b9_target_exists (launch->target) &&
             (record->phase == B9_PHASE_CREATED || b9_record_note_pid (record, record->pid, NULL)) &&
             b9_exit_status_save (record, wait_status, oom_kills, NULL);
  }
  return FALSE;
}

/* Whether the runtime failed, and not what ran in the container.  One that is told to end by a signal that we
 * passed on has not, whatever it says; without a PID there never was a container. */
static gboolean
runtime_failed (const B9Launch *launch, const Call *call, int wait_status)
{
  int failure_status = launch->target->runtime->backend->failure_status;
  g_autofree char *message = NULL;

  if (WIFSIGNALED (wait_status) && b9_attach_forwards (WTERMSIG (wait_status)))
    return FALSE;
  if (launch->target->record->pid == 0)
    return TRUE;
  if (wait_status == 0 || (failure_status != 0 && b9_shell_status (wait_status) != failure_status))
    return FALSE;
  message = b9_backend_log_error (call->log);
  return message != NULL;
}

int
b9_launch_run (B9Launch *launch, GError **error)
{
  guint32 traits = launch->target->runtime->backend->traits;
  g_auto (Call) call = {0};
  B9Attach attach = {.record = launch->target->record,
                     .directory = launch->target->record->directory,
                     .pid_file = launch->pid_file,
                     .memory_limited = launch->memory_limited,
                     .ready = launch->ready,
                     .ready_data = launch->ready_data,
                     .signals_init = (traits & B9_BACKEND_SIGNAL_INIT) != 0,
                     .own_group = (traits & B9_BACKEND_OWN_GROUP) != 0 && !launch->terminal};
  GError *failure = NULL;
  int status = 0;
  gboolean ran = FALSE;

  if (call_init (&call, launch, operation_of (launch), &failure)) {
    attach.argv = call.argv;
    prepare_stdio (launch);
    ran = b9_attach (&attach, &status, &failure);
  }
  if (ran && runtime_failed (launch, &call, status) && attach.early_signal != 0)
    status = attach.early_signal; /* the runtime calls it a failure that it was told to end */
  else if (ran && runtime_failed (launch, &call, status))
    ran = fail_from_log (launch, &call, status, &failure);
  if (!ran) {
    give_up (launch, failure, error);
    return -1;
  }
  b9_oom_report (launch->target->id, attach.oom_kills);
  if (!keep (launch, status, attach.oom_kills))
    leave_nothing (launch, NULL);
  return b9_shell_status (status);
}

/* The command line of the monitor, around the runtime's. */
static char **
monitor_argv (const B9Launch *launch, char **runtime_argv, int ready)
{
  GPtrArray *argv = g_ptr_array_new ();
  const char *directory = secure_getenv ("B9RUN_LIBEXEC_DIR");

  g_ptr_array_add (argv,
                   g_build_filename (directory != NULL ? directory : B9_LIBEXECDIR, "b9run-monitor", NULL));
  g_ptr_array_add (argv, g_strdup (launch->target->record->directory));
  g_ptr_array_add (argv, g_strdup_printf ("%d", ready));
  for (guint i = 0; runtime_argv[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (runtime_argv[i]));
  g_ptr_array_add (argv, NULL);
  return (char **)g_ptr_array_free (argv, FALSE);
}

/* Starts the monitor and waits for what it tells of the runtime. */
static gboolean
run_monitored (B9Launch *launch, const Call *call, GError **error)
{
  int ends[2] = {-1, -1};
  b9_autofd ready = -1;
  b9_autofd told = -1;
  g_auto (GStrv) argv = NULL;
  B9Spawn spawn = {.output = -1, .error = -1, .own_session = TRUE, .mask = launch->mask};
  int status = 0;
  ssize_t size;

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return b9_fail_errno (error, errno, "cannot make a pipe");
  told = ends[0];
  ready = fcntl (ends[1], F_DUPFD, READY_FD_AT_LEAST);
  if (ready < 0) /* ulimit -n is low */
    ready = fcntl (ends[1], F_DUPFD, READY_FD_FALLBACK);
  close (ends[1]);
  if (ready < 0)
    return b9_fail_errno (error, errno, "cannot make a pipe");
  argv = monitor_argv (launch, call->argv, ready);
  spawn.argv = argv;
  prepare_stdio (launch);
  if (b9_spawn (&spawn, error) == 0)
    return FALSE;
  b9_fd_close (&ready);
  while ((size = read (told, &status, sizeof status)) < 0 && errno == EINTR)
    continue;
  if (size != (ssize_t)sizeof status)
    return b9_fail (error, B9_ERROR_FAILED, "the monitor %s died before it had started the container",
                    argv[0]);
  if (status < 0)
    return b9_fail (error, B9_ERROR_BACKEND_MISSING, "cannot execute %s: %s", call->argv[0],
                    b9_errno_text (-status));
  return status == 0 ? finish_creation (launch, error) : fail_from_log (launch, call, status, error);
}

gboolean
b9_launch_detached (B9Launch *launch, gboolean monitor, GError **error)
{
  g_auto (Call) call = {0};
  GError *failure = NULL;

  if (call_init (&call, launch, operation_of (launch), &failure) &&
      (monitor ? run_monitored (launch, &call, &failure) : run_call (launch, &call, &failure)))
    return TRUE;
  return give_up (launch, failure, error);
}
