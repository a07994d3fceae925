/* SPDX-License-Identifier: Apache-2.0
 *
 * crun-args.c: which operations crun has, and how each is written.  Nothing here starts or reads anything.
 *
 * The facts are crun 1.8.1's, by `crun --help` and `crun COMMAND --help`.
 */
#include "config.h"

#include <string.h>

#include "crun-args.h"

/* One row an operation, with the options that crun takes for it, in runc's words, which are crun's too. */
typedef struct {
  guint32 operation;
  const char *command;
  B9Way way;
  const char *const *values;   /* --NAME=VALUE */
  const char *const *switches; /* --NAME */
} Command;

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* CHILD for nearly all: crun's words for a container that does not exist, is paused or has stopped are not
 * runc's, and what calls b9run looks for runc's.  There is no `events`, and no `features` before crun 1.9;
 * b9run refuses the first and answers the second itself. */
static const Command commands[] = {
    {B9_OPERATION_CREATE, "create", B9_WAY_CHILD, WORDS ("console-socket", "preserve-fds"),
     WORDS ("no-new-keyring", "no-pivot", "no-subreaper")},
    {B9_OPERATION_START, "start", B9_WAY_CHILD, NULL, NULL},
    {B9_OPERATION_RUN, "run", B9_WAY_CHILD, WORDS ("console-socket", "preserve-fds"),
     WORDS ("detach", "no-new-keyring", "no-pivot", "no-subreaper")},
    {B9_OPERATION_STATE, "state", B9_WAY_CHILD, NULL, NULL},
    {B9_OPERATION_KILL, "kill", B9_WAY_CHILD, NULL, WORDS ("all")},
    {B9_OPERATION_DELETE, "delete", B9_WAY_CHILD, NULL, WORDS ("force")},
    {B9_OPERATION_EXEC, "exec", B9_WAY_CHILD,
     WORDS ("apparmor", "cap", "cgroup", "console-socket", "cwd", "env", "preserve-fds", "process",
            "process-label", "user"),
     WORDS ("detach", "no-new-privs", "tty")},
    {B9_OPERATION_LIST, "list", B9_WAY_CHILD, WORDS ("format"), WORDS ("quiet")},
    {B9_OPERATION_PS, "ps", B9_WAY_CHILD, WORDS ("format"), NULL},
    {B9_OPERATION_PAUSE, "pause", B9_WAY_CHILD, NULL, NULL},
    {B9_OPERATION_RESUME, "resume", B9_WAY_CHILD, NULL, NULL},
    {B9_OPERATION_UPDATE, "update", B9_WAY_CHILD,
     WORDS ("blkio-weight", "cpu-period", "cpu-quota", "cpu-rt-period", "cpu-rt-runtime", "cpu-share",
            "cpuset-cpus", "cpuset-mems", "kernel-memory", "kernel-memory-tcp", "memory",
            "memory-reservation", "memory-swap", "pids-limit", "resources"),
     NULL},
    {B9_OPERATION_SPEC, "spec", B9_WAY_HAND_OVER, NULL, WORDS ("rootless")},
    {B9_OPERATION_VERSION, "--version", B9_WAY_HAND_OVER, NULL, NULL},
};

static const Command *
find_command (guint32 operation)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (commands[i].operation == operation)
      return &commands[i];
  }
  return NULL;
}

B9Way
crun_way (const B9Host *host, B9Operation operation, const B9RequestOption *const *options)
{
  const Command *command = find_command (operation);

  (void)host;
  (void)options;
  return command != NULL ? command->way : B9_WAY_UNSUPPORTED;
}

static void
add (GPtrArray *argv, const char *name, const char *value)
{
  if (value != NULL)
    g_ptr_array_add (argv, g_strdup_printf ("--%s=%s", name, value));
}

/* crun looks for options until the first other word and leaves the rest alone, so globals come before the
 * command. */
static void
add_globals (GPtrArray *argv, const B9Request *request)
{
  add (argv, "root", request->root);
  add (argv, "log", request->log);
  add (argv, "log-format", request->log != NULL ? request->log_format : NULL);
  add (argv, "rootless", request->rootless);
  if (request->debug)
    g_ptr_array_add (argv, g_strdup ("--debug"));
  if (request->systemd_cgroup)
    g_ptr_array_add (argv, g_strdup ("--systemd-cgroup"));
  for (gsize i = 0; request->flags != NULL && request->flags[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (request->flags[i]));
}

static gboolean
add_option (GPtrArray *argv, const Command *command, const B9RequestOption *option, GError **error)
{
  if (command->switches != NULL && g_strv_contains (command->switches, option->name)) {
    if (g_strcmp0 (option->value, "true") == 0)
      g_ptr_array_add (argv, g_strconcat ("--", option->name, NULL));
    return TRUE;
  }
  if (command->values != NULL && g_strv_contains (command->values, option->name)) {
    add (argv, option->name, option->value);
    return TRUE;
  }
  if (g_strcmp0 (option->value, "false") == 0)
    return TRUE; /* a switch of runc's that nobody turned on */
  g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED,
               "crun %s has no --%s; leave it out, or use another backend", command->command, option->name);
  return FALSE;
}

static gboolean
add_options (GPtrArray *argv, const Command *command, const B9Request *request, GError **error)
{
  for (gsize i = 0; request->options != NULL && request->options[i] != NULL; i++) {
    if (!add_option (argv, command, request->options[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_arguments (const B9Request *request)
{
  return request->arguments != NULL && request->arguments[0] != NULL;
}

static gboolean
is_possible (const Command *command, const B9Request *request, GError **error)
{
  if (command == NULL) {
    g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED, "crun has no operation %u", request->operation);
    return FALSE;
  }
  if (request->operation == B9_OPERATION_PS && has_arguments (request)) {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_UNSUPPORTED,
                         "crun ps takes no options for ps(1); give --format=table or --format=json alone");
    return FALSE;
  }
  return TRUE;
}

char **
crun_build_argv (const B9Host *host, const B9Request *request, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  const Command *command = find_command (request->operation);

  (void)host;
  if (!is_possible (command, request, error))
    return NULL;
  g_ptr_array_add (argv, g_strdup (request->program));
  if (request->operation != B9_OPERATION_VERSION)
    add_globals (argv, request);
  g_ptr_array_add (argv, g_strdup (command->command));
  add (argv, "bundle", request->bundle);
  add (argv, "pid-file", request->pid_file);
  if (!add_options (argv, command, request, error))
    return NULL;
  if (request->id != NULL)
    g_ptr_array_add (argv, g_strdup (request->id));
  for (gsize i = 0; has_arguments (request) && request->arguments[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (request->arguments[i]));
  g_ptr_array_add (argv, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&argv), FALSE);
}
