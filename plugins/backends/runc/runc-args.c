/* SPDX-License-Identifier: Apache-2.0
 *
 * runc-args.c: runc's command line, ids, state directory and error texts.
 *
 * b9run has runc's own command line, so most of this is spelling.  What is not: runc refuses an interval of
 * zero, which clients send, and what SIGKILL leaves of its state directory.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runc"

#include "runc-args.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* runc makes ROOT/ID with mkdir(2): a file name may have 255 bytes, whatever the length of the root. */
#define ID_MAX 255

#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-"

/* The state directory is two levels deep (ROOT/ID/notify/notify.sock); more is not ours to delete. */
#define LEFTOVERS_DEPTH 2

/* What runc is asked for where the caller wants 0: the shortest interval that known clients mean by it. */
#define SHORTEST_INTERVAL "100ms"

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
  case B9_OPERATION_FEATURES:
    return "features";
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

B9Way
runc_way (const B9Host *host, B9Operation operation, const B9RequestOption *const *options)
{
  (void)host;
  (void)options;
  if (command_name (operation) == NULL)
    return B9_WAY_UNSUPPORTED;
  /* The core has work left after these: its record of the container, and what a killed runc leaves behind. */
  if (operation == B9_OPERATION_CREATE || operation == B9_OPERATION_RUN || operation == B9_OPERATION_DELETE ||
      operation == B9_OPERATION_CHECKPOINT || operation == B9_OPERATION_RESTORE)
    return B9_WAY_CHILD;
  return B9_WAY_HAND_OVER;
}

/* Written as one word: urfave/cli sorts the words of a command line and can take a separate value for an
 * option. */
static void
add (GPtrArray *argv, const char *name, const char *value)
{
  if (value != NULL)
    g_ptr_array_add (argv, g_strdup_printf ("--%s=%s", name, value));
}

static gboolean
is_switch (const char *name)
{
  static const char *const switches[] = {"all",
                                         "auto-dedup",
                                         "detach",
                                         "ext-unix-sk",
                                         "file-locks",
                                         "force",
                                         "ignore-paused",
                                         "keep",
                                         "lazy-pages",
                                         "leave-running",
                                         "no-new-keyring",
                                         "no-new-privs",
                                         "no-pivot",
                                         "no-subreaper",
                                         "pre-dump",
                                         "quiet",
                                         "rootless",
                                         "shell-job",
                                         "stats",
                                         "tcp-established",
                                         "tty",
                                         NULL};

  return g_strv_contains (switches, name);
}

/* "0s", "0", "0h0m": runc says "duration interval must be greater than 0" to all of them. */
static gboolean
is_zero_duration (const char *value)
{
  return strchr (value, '0') != NULL && strpbrk (value, "123456789") == NULL;
}

/* CRIU takes these from its configuration file (plugins/checkpoint/criu), whatever runc's version: the oldest
 * in use know none of them.  A restore makes no keyring. */
static gboolean
is_said_otherwise (guint32 operation, const char *name)
{
  static const char *const names[] = {"ghost-limit", "link-remap",         "no-new-keyring",
                                      "tcp-close",   "tcp-skip-in-flight", NULL};

  return (operation == B9_OPERATION_CHECKPOINT || operation == B9_OPERATION_RESTORE) &&
         g_strv_contains (names, name);
}

static void
add_option (GPtrArray *argv, guint32 operation, const B9RequestOption *option)
{
  if (is_said_otherwise (operation, option->name))
    return;
  if (is_switch (option->name)) {
    if (g_strcmp0 (option->value, "true") == 0)
      g_ptr_array_add (argv, g_strconcat ("--", option->name, NULL));
    return;
  }
  if (operation == B9_OPERATION_EVENTS && strcmp (option->name, "interval") == 0 &&
      is_zero_duration (option->value)) {
    add (argv, option->name, SHORTEST_INTERVAL);
    return;
  }
  add (argv, option->name, option->value);
}

static void
add_globals (GPtrArray *argv, const B9Request *request)
{
  add (argv, "root", request->root);
  add (argv, "log", request->log);
  add (argv, "log-format", request->log != NULL ? request->log_format : NULL);
  if (request->debug)
    g_ptr_array_add (argv, g_strdup ("--debug"));
  if (request->systemd_cgroup)
    g_ptr_array_add (argv, g_strdup ("--systemd-cgroup"));
  add (argv, "rootless", request->rootless);
  for (guint i = 0; request->flags != NULL && request->flags[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (request->flags[i]));
}

char **
runc_build_argv (const B9Host *host, const B9Request *request, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  const char *command = command_name (request->operation);

  (void)host;
  if (command == NULL) {
    g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED, "the runc plugin does not know operation %u",
                 request->operation);
    return NULL;
  }
  g_ptr_array_add (argv, g_strdup (request->program));
  if (request->operation != B9_OPERATION_VERSION)
    add_globals (argv, request);
  g_ptr_array_add (argv, g_strdup (command));
  add (argv, "bundle", request->bundle);
  add (argv, "pid-file", request->pid_file);
  for (guint i = 0; request->options != NULL && request->options[i] != NULL; i++)
    add_option (argv, request->operation, request->options[i]);
  if (request->id != NULL)
    g_ptr_array_add (argv, g_strdup (request->id));
  for (guint i = 0; request->arguments != NULL && request->arguments[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (request->arguments[i]));
  g_ptr_array_add (argv, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&argv), FALSE);
}

gboolean
runc_check_id (const B9Host *host, const char *root, const char *id, GError **error)
{
  (void)host;
  (void)root;
  if (id[0] == '\0') {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_BAD_INPUT, "container id cannot be empty");
    return FALSE;
  }
  if (id[strspn (id, ID_CHARACTERS)] != '\0' || strcmp (id, ".") == 0 || strcmp (id, "..") == 0) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT,
                 "invalid container ID format: \"%s\": runc takes letters, digits and _ + . - only", id);
    return FALSE;
  }
  if (id[0] == '-') {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT,
                 "invalid container ID format: \"%s\" begins like an option of the command line", id);
    return FALSE;
  }
  if (strlen (id) > ID_MAX) {
    g_set_error (
        error, B9_ERROR, B9_ERROR_BAD_INPUT,
        "container id of %zu characters is too long: runc takes %d at most, the length of a file name",
        strlen (id), ID_MAX);
    return FALSE;
  }
  return TRUE;
}

gboolean
runc_find (const B9Host *host, const char *root, const char *id)
{
  g_autofree char *state = g_build_filename (root, id, "state.json", NULL);

  (void)host;
  return g_file_test (state, G_FILE_TEST_EXISTS);
}

/* Where runc shows CRIU the container's root file system, by a mount that a killed runc leaves: what is below
 * is the caller's. */
static gboolean
is_mount (const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  struct statx info;

  return strcmp (name, "criu-root") == 0 ||
         (statx (AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &info) == 0 &&
          (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0);
}

static void
collect (GPtrArray *paths, const char *directory, int depth)
{
  /* Looked for first, since it is hardly ever there, and GDir makes a translated message of that. */
  gboolean there = g_file_test (directory, G_FILE_TEST_IS_DIR);
  g_autoptr (GDir) entries = there ? g_dir_open (directory, 0, NULL) : NULL;
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL) {
    char *path = g_build_filename (directory, name, NULL);
    gboolean descend = depth > 1 && !is_mount (directory, name) &&
                       !g_file_test (path, G_FILE_TEST_IS_SYMLINK) && g_file_test (path, G_FILE_TEST_IS_DIR);

    if (descend)
      collect (paths, path, depth - 1);
    g_ptr_array_add (paths, path);
  }
}

char **
runc_leftovers (const B9Host *host, const B9Request *request, const char *rootfs)
{
  GPtrArray *paths = g_ptr_array_new ();
  g_autofree char *directory = g_build_filename (request->root, request->id, NULL);

  (void)host;
  (void)rootfs;
  collect (paths, directory, LEFTOVERS_DEPTH);
  g_ptr_array_add (paths, g_steal_pointer (&directory));
  g_ptr_array_add (paths, NULL);
  return (char **)g_ptr_array_free (paths, FALSE);
}

/* runc's texts are the contract's own, so this only finds the code behind them. */
void
runc_explain_failure (const B9Host *host, const B9Request *request, int exit_status, const char *message,
                      GError **error)
{
  static const struct {
    const char *ending;
    int code;
  } texts[] = {
      {"container does not exist", B9_ERROR_NOT_FOUND},
      {"container with given ID already exists", B9_ERROR_EXISTS},
      {"container not running", B9_ERROR_NOT_RUNNING},
      {"container not paused", B9_ERROR_WRONG_STATE},
      {"cannot start an already running container", B9_ERROR_WRONG_STATE},
      {"cannot start a container that has stopped", B9_ERROR_WRONG_STATE},
      {"cannot start a container in the paused state", B9_ERROR_WRONG_STATE},
      {"cannot exec in a stopped container", B9_ERROR_WRONG_STATE},
      {"cannot exec in a paused container (use --ignore-paused to override)", B9_ERROR_WRONG_STATE},
  };

  (void)host;
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    if (!g_str_has_suffix (message, texts[i].ending))
      continue;
    g_set_error_literal (error, B9_ERROR, texts[i].code, texts[i].ending);
    return;
  }
  if (request->operation == B9_OPERATION_DELETE && strstr (message, " that is not stopped: ") != NULL)
    g_set_error_literal (error, B9_ERROR, B9_ERROR_WRONG_STATE, message);
  else if (message[0] == '\0')
    g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_FAILED, "runc failed with exit status %d and said nothing",
                 exit_status);
  else
    g_set_error_literal (error, B9_ERROR, B9_ERROR_BACKEND_FAILED, message);
}
