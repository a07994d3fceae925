/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-args.c: from a request in runc's words to runsc's command line.  The options of each command are in
 * runsc-options.c.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-args.h"

#include <string.h>

#include "runsc-release.h"

static const char *
command_name (guint32 operation)
{
  switch (operation) {
  case B9_OPERATION_CREATE:
    return "create";
  case B9_OPERATION_START:
    return "start";
  case B9_OPERATION_RUN:
    return "run";
  case B9_OPERATION_STATE:
    return "state";
  case B9_OPERATION_KILL:
    return "kill";
  case B9_OPERATION_DELETE:
    return "delete";
  case B9_OPERATION_EXEC:
    return "exec";
  case B9_OPERATION_LIST:
    return "list";
  case B9_OPERATION_PS:
    return "ps";
  case B9_OPERATION_PAUSE:
    return "pause";
  case B9_OPERATION_RESUME:
    return "resume";
  case B9_OPERATION_UPDATE:
    return "update";
  case B9_OPERATION_EVENTS:
    return "events";
  case B9_OPERATION_SPEC:
    return "spec";
  case B9_OPERATION_VERSION:
    return "--version";
  case B9_OPERATION_CHECKPOINT:
    return "checkpoint";
  case B9_OPERATION_RESTORE:
    return "restore";
  default:
    return NULL;
  }
}

/* Nothing but --version is handed over: runsc's failures all end with 128 and in its own words, state has a
 * PID of -1 for a stopped container, and ps, list and events answer differently too. */
B9Way
runsc_way (const B9Host *host, B9Operation operation, const B9RequestOption *const *options)
{
  (void)host;
  (void)options;
  if (command_name (operation) == NULL)
    return B9_WAY_UNSUPPORTED;
  return operation == B9_OPERATION_VERSION ? B9_WAY_HAND_OVER : B9_WAY_CHILD;
}

static void
refuse_operation (guint32 operation, GError **error)
{
  if (operation == B9_OPERATION_FEATURES)
    g_set_error_literal (
        error, B9_ERROR, B9_ERROR_UNSUPPORTED,
        "runsc does not list its features: it has the command since release-20260511 only, and this plugin "
        "does not use it");
  else
    g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED, "the runsc plugin does not know operation %u",
                 operation);
}

static void
add (GPtrArray *argv, const char *name, const char *value)
{
  if (value != NULL)
    g_ptr_array_add (argv, g_strdup_printf ("--%s=%s", name, value));
}

static void
add_switch (GPtrArray *argv, const char *name, gboolean wanted)
{
  if (wanted)
    g_ptr_array_add (argv, g_strconcat ("--", name, NULL));
}

/* Without --debug-log runsc throws its debug lines away and lets the sentry's into the container's stderr. */
static void
add_debug (GPtrArray *argv, const B9Request *request)
{
  gboolean in_flags = runsc_flag_is_set (request->flags, "debug");

  add_switch (argv, "debug", request->debug && !in_flags);
  if ((request->debug || in_flags) && runsc_flag_value (request->flags, "debug-log") == NULL)
    g_ptr_array_add (argv, g_strdup_printf ("--debug-log=%s/debug/", request->root));
}

/* runc's --rootless is about errors of cgroups, with "auto" as its default; runsc's is a mode of its own that
 * has no create. Only a plain "true" asks for it. */
static gboolean
add_rootless (GPtrArray *argv, const B9Request *request, GError **error)
{
  gboolean rootless = g_strcmp0 (request->rootless, "true") == 0;

  if (rootless && request->operation == B9_OPERATION_CREATE) {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_UNSUPPORTED,
                         "runsc has no create in rootless mode: use run, or leave --rootless=true out");
    return FALSE;
  }
  add_switch (argv, "rootless", rootless);
  return TRUE;
}

static gboolean
add_globals (GPtrArray *argv, const B9Request *request, GError **error)
{
  add (argv, "root", request->root);
  add (argv, "log", request->log);
  add (argv, "log-format", request->log != NULL ? request->log_format : NULL);
  add_debug (argv, request);
  add_switch (argv, "systemd-cgroup", request->systemd_cgroup);
  if (!add_rootless (argv, request, error))
    return FALSE;
  for (guint i = 0; request->flags != NULL && request->flags[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (request->flags[i]));
  return TRUE;
}

static gboolean
check_kill (const B9Request *request, GError **error)
{
  const char *signal = request->arguments != NULL ? request->arguments[0] : NULL;

  if (request->operation != B9_OPERATION_KILL || g_strcmp0 (signal, "0") != 0)
    return TRUE;
  g_set_error_literal (error, B9_ERROR, B9_ERROR_UNSUPPORTED,
                       "runsc cannot send signal 0: ask for the container's state instead");
  return FALSE;
}

static gboolean
is_detached (const B9Request *request)
{
  for (guint i = 0; request->options != NULL && request->options[i] != NULL; i++) {
    if (strcmp (request->options[i]->name, "detach") == 0 &&
        g_strcmp0 (request->options[i]->value, "true") == 0)
      return TRUE;
  }
  return FALSE;
}

/* A detached exec of runsc starts itself again without every word that has "detach" anywhere in it, be it an
 * option, a path or an argument of the command; and without a PID file it hands the command one more argument
 * and waits in vain. */
static gboolean
check_detached_exec (GPtrArray *argv, const B9Request *request, GError **error)
{
  gboolean option_seen = FALSE;

  if (request->operation != B9_OPERATION_EXEC || !is_detached (request))
    return TRUE;
  if (request->pid_file == NULL) {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_UNSUPPORTED,
                         "runsc cannot exec with --detach without --pid-file");
    return FALSE;
  }
  for (guint i = 1; i < argv->len; i++) {
    const char *word = g_ptr_array_index (argv, i);

    if (strstr (word, "detach") == NULL)
      continue;
    if (!option_seen && strcmp (word, "--detach") == 0) {
      option_seen = TRUE;
      continue;
    }
    g_set_error (
        error, B9_ERROR, B9_ERROR_UNSUPPORTED,
        "runsc loses each word with \"detach\" in it from an exec with --detach, here \"%s\": exec without "
        "--detach, or put the command into a file for --process",
        word);
    return FALSE;
  }
  return TRUE;
}

static gboolean
add_command (GPtrArray *argv, const B9Request *request, GError **error)
{
  if (!add_globals (argv, request, error))
    return FALSE;
  g_ptr_array_add (argv, g_strdup (command_name (request->operation)));
  add (argv, "bundle", request->bundle);
  add (argv, "pid-file", request->pid_file);
  if (!runsc_add_options (argv, request, error))
    return FALSE;
  if (request->id != NULL)
    g_ptr_array_add (argv, g_strdup (request->id));
  for (guint i = 0; request->arguments != NULL && request->arguments[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (request->arguments[i]));
  return check_detached_exec (argv, request, error);
}

char **
runsc_build_argv (const B9Host *host, const B9Request *request, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);

  (void)host;
  if (command_name (request->operation) == NULL) {
    refuse_operation (request->operation, error);
    return NULL;
  }
  if (!check_kill (request, error))
    return NULL;
  g_ptr_array_add (argv, g_strdup (request->program));
  if (request->operation == B9_OPERATION_VERSION)
    g_ptr_array_add (argv, g_strdup ("--version"));
  else if (!add_command (argv, request, error))
    return NULL;
  g_ptr_array_add (argv, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&argv), FALSE);
}

char **
runsc_new_flags (const B9Host *host, GError **error)
{
  static const char *const values[] = {"platform",    "network",  "overlay2",
                                       "file-access", "host-uds", "debug-log"};
  static const char *const switches[] = {"debug", "ignore-cgroups", "oci-seccomp"};
  GPtrArray *flags = g_ptr_array_new ();

  (void)error;
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    add (flags, values[i], host->config_string (host, values[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (switches); i++)
    add_switch (flags, switches[i], host->config_boolean (host, switches[i]));
  if (runsc_flag_is_set (host->config_list (host, "flags"), "nvproxy"))
    add (flags, "nvproxy-driver-version", host->config_string (host, "nvproxy-driver-version"));
  g_ptr_array_add (flags, NULL);
  return (char **)g_ptr_array_free (flags, FALSE);
}
