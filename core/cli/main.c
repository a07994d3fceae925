/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c: the way in.  Reads the global options, finds the command in the table (commands.c), runs it
 * (cmd-NAME.c), and reports a failure where the caller looks for it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cli/command.h"
#include "core/log/client-log.h"
#include "core/log/own-log.h"
#include "core/run/runtime.h"
#include "core/sys/failure.h"
#include "core/sys/words.h"

#define EXIT_OF_EXEC 255

/* EX_TEMPFAIL of sysexits(3): not this way; the container can be started cold. */
#define EXIT_START_COLD 75
#define SPEC_VERSION "1.0.2"

/* A descriptor that we open must never become somebody's standard output. */
static gboolean
have_standard_files (void)
{
  int fd;

  do
    fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd <= STDERR_FILENO && fcntl (fd, F_SETFD, 0) == 0);
  if (fd > STDERR_FILENO)
    close (fd);
  return fd >= 0;
}

/* "b9run-runsc" and "/usr/bin/b9run-runsc" name the backend runsc. */
static const char *
backend_of_argv0 (const char *argv0)
{
  const char *slash = strrchr (argv0, '/');
  const char *name = slash != NULL ? slash + 1 : argv0;

  return g_str_has_prefix (name, "b9run-") && name[strlen ("b9run-")] != '\0' ? name + strlen ("b9run-")
                                                                              : NULL;
}

/* crun's name for what --systemd-cgroup says; "disabled" is an option of the backend. */
static gboolean
settle_cgroup_manager (B9App *app, GError **error)
{
  const char *manager = b9_line_value (app->globals, "cgroup-manager");
  B9RequestOption *option;

  if (manager == NULL || strcmp (manager, "cgroupfs") == 0)
    return TRUE;
  if (strcmp (manager, "systemd") != 0 && strcmp (manager, "disabled") != 0)
    return b9_fail (error, B9_ERROR_USAGE,
                    "--cgroup-manager knows cgroupfs, systemd and disabled, not \"%s\"", manager);
  option = g_new0 (B9RequestOption, 1);
  option->struct_size = sizeof *option;
  option->name = g_strdup (strcmp (manager, "systemd") == 0 ? "systemd-cgroup" : "ignore-cgroups");
  option->value = g_strdup ("true");
  g_ptr_array_add (app->globals->options, option);
  return TRUE;
}

/* Global options that are not in our table belong to the backend. */
static void
collect_backend_options (B9App *app)
{
  app->backend_options = g_ptr_array_new ();
  for (guint i = 0; i < app->globals->options->len; i++) {
    B9RequestOption *given = g_ptr_array_index (app->globals->options, i);
    gboolean known = FALSE;

    for (const B9Option *option = b9_global_options; option->name != NULL && !known; option++)
      known = strcmp (option->name, given->name) == 0;
    if (!known)
      g_ptr_array_add (app->backend_options, given);
  }
}

/* A log that cannot be written would hide the reason of every failure. */
static gboolean
check_log (const char *log, GError **error)
{
  g_autofree char *directory = log != NULL ? g_path_get_dirname (log) : NULL;
  struct stat info;
  gboolean there = log != NULL && stat (log, &info) == 0;

  if (log == NULL || (there && !S_ISDIR (info.st_mode)))
    return TRUE;
  if (there)
    return b9_fail (error, B9_ERROR_USAGE, "--log %s: a file is wanted, and this is a directory", log);
  if (stat (directory, &info) != 0 || !S_ISDIR (info.st_mode))
    return b9_fail (error, B9_ERROR_USAGE, "--log %s: there is no directory %s", log, directory);
  return TRUE;
}

/* runc takes what Go's flag package takes for a boolean. */
static gboolean
check_rootless (const char *value, GError **error)
{
  static const char *const known[] = {"auto", "1", "t", "T",     "true",  "TRUE",  "True",
                                      "0",    "f", "F", "false", "FALSE", "False", NULL};

  return value == NULL || g_strv_contains (known, value) ||
         b9_fail (error, B9_ERROR_USAGE, "--rootless knows true, false and auto, not \"%s\"", value);
}

static gboolean
check_globals (const B9App *app, GError **error)
{
  const char *format = b9_app_global (app, "log-format");

  if (format != NULL && strcmp (format, "json") != 0 && strcmp (format, "text") != 0)
    return b9_fail (error, B9_ERROR_USAGE, "unknown log-format \"%s\": it is text or json", format);
  return check_rootless (b9_app_global (app, "rootless"), error) &&
         check_log (b9_app_global (app, "log"), error);
}

static gboolean
check_argument_count (const B9Command *command, const B9Line *line, GError **error)
{
  g_autofree char *usage = NULL;

  if (line->arguments->len >= command->min_arguments && line->arguments->len <= command->max_arguments)
    return TRUE;
  usage = b9_command_usage (command);
  return b9_fail (
      error, B9_ERROR_USAGE, "%s: %s; usage: b9run %s", command->name,
      line->arguments->len < command->min_arguments ? "an argument is missing" : "too many arguments", usage);
}

/* clients read "version", "commit" and "spec" from three lines (go-runc, docker, CRI-O). */
static int
print_version (void)
{
  printf ("b9run version %s\ncommit: %s\nspec: %s\n", PACKAGE_VERSION, B9_COMMIT, SPEC_VERSION);
  return 0;
}

static gboolean
is_welcome_late (const char *name)
{
  return strcmp (name, "backend") == 0 || strcmp (name, "root") == 0;
}

/* Moves them to where they are looked for. */
static void
settle_late_globals (B9App *app, B9Line *line)
{
  for (guint i = line->options->len; i > 0; i--) {
    const B9RequestOption *option = g_ptr_array_index (line->options, i - 1);

    if (is_welcome_late (option->name))
      g_ptr_array_add (app->globals->options, g_ptr_array_steal_index (line->options, i - 1));
  }
}

/* The command's own options, --help, and the two global ones that people write behind a command too: `list
 * --backend=runsc --root X`. */
static B9Option *
all_options (const B9Command *command)
{
  static const B9Option help = {
      .name = "help", .short_name = 'h', .takes = B9_TAKES_NOTHING, .summary = "show this help"};
  GArray *options = g_array_new (TRUE, TRUE, sizeof (B9Option));

  for (const B9Option *option = command->options; option != NULL && option->name != NULL; option++)
    g_array_append_vals (options, option, 1);
  g_array_append_vals (options, &help, 1);
  for (const B9Option *option = b9_global_options; option->name != NULL; option++) {
    if (is_welcome_late (option->name))
      g_array_append_vals (options, option, 1);
  }
  return (B9Option *)(void *)g_array_free (options, FALSE);
}

/* Whether @word is an option without a value that is none of b9run's own: what stands behind it may be meant
 * as its value. */
static gboolean
is_unknown_option (const B9App *app, const char *word)
{
  const GPtrArray *unknown = app->backend_options;
  const B9RequestOption *last = unknown->len > 0 ? g_ptr_array_index (unknown, unknown->len - 1) : NULL;

  return last != NULL && word[0] == '-' && strcmp (word + strspn (word, "-"), last->name) == 0;
}

static void
fail_misplaced (const char *option, const char *word, GError **error)
{
  b9_fail (error, B9_ERROR_USAGE,
           "unknown command \"%s\", behind %s: an option of a command goes behind the command, and one of a "
           "backend takes its value with \"=\"; see b9run --help",
           word, option);
}

/* Nobody means an empty one: a variable in a script was not set.  As a directory it would be the working
 * directory. */
static gboolean
check_not_empty (const B9App *app, GError **error)
{
  static const char *const names[] = {"backend", "root", "pool", "config", "state-directory"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const char *value = b9_app_global (app, names[i]);

    if (value != NULL && *value == '\0')
      return b9_fail (error, B9_ERROR_USAGE, "--%s is empty: give it a value, or leave it out", names[i]);
  }
  return TRUE;
}

static int
run_command (B9App *app, const char *const *words, guint position, GError **error)
{
  gboolean behind_option = position > 0 && is_unknown_option (app, words[position - 1]);
  const B9Command *command = b9_command_find (words[position], behind_option ? NULL : error);
  g_autofree B9Option *options = NULL;
  g_autofree char *usage = NULL;
  g_autoptr (B9Line) line = NULL;
  B9Grammar grammar;

  if (command == NULL && behind_option)
    fail_misplaced (words[position - 1], words[position], error);
  if (command == NULL)
    return -1;
  app->command = command;
  options = all_options (command);
  usage = b9_command_usage (command);
  grammar = (B9Grammar){.options = options,
                        .ends_at_argument = command->ends_at_argument,
                        .where = command->name,
                        .before = b9_global_options,
                        .usage = usage};
  position++;
  line = b9_parse_line (&grammar, words, &position, error);
  if (line == NULL)
    return -1;
  settle_late_globals (app, line);
  if (b9_line_flag (line, "help")) {
    b9_print_help (command);
    return 0;
  }
  if (!check_not_empty (app, error) || !check_argument_count (command, line, error))
    return -1;
  app->line = line;
  return command->run (app, line, error);
}

/* `b9run help`, `b9run help COMMAND`. */
static int
print_help (const char *name, GError **error)
{
  const B9Command *command = name != NULL ? b9_command_find (name, error) : NULL;

  if (name != NULL && command == NULL)
    return -1;
  b9_print_help (command);
  return 0;
}

static int
run (B9App *app, const char *const *words, GError **error)
{
  const B9Grammar grammar = {.options = b9_global_options, .keeps_unknown = TRUE, .where = "global options"};
  guint position = 0;

  app->globals = b9_parse_line (&grammar, words, &position, error);
  if (app->globals == NULL || !settle_cgroup_manager (app, error))
    return -1;
  collect_backend_options (app);
  if (b9_line_flag (app->globals, "version"))
    return print_version ();
  if (b9_line_flag (app->globals, "help") ||
      (words[position] != NULL && strcmp (words[position], "help") == 0))
    return print_help (words[position] != NULL ? words[position + 1] : NULL, error);
  if (words[position] == NULL) {
    b9_fail (error, B9_ERROR_USAGE, "which command? see b9run --help");
    return -1;
  }
  return check_globals (app, error) ? run_command (app, words, position, error) : -1;
}

/* What a message adds to the words that the runtime has put on standard error itself: a hint behind them, or
 * all of it. */
static const char *
what_was_not_said (const char *said, const char *message)
{
  if (!g_str_has_prefix (message, said))
    return message;
  message += strlen (said);
  return message + strspn (message, "; ");
}

static int
report (const B9App *app, const GError *failure)
{
  const char *log = app->globals != NULL ? b9_app_global (app, "log") : NULL;
  gboolean json = app->globals != NULL && g_strcmp0 (b9_app_global (app, "log-format"), "json") == 0;
  const char *unsaid = app->said != NULL ? what_was_not_said (app->said, failure->message) : failure->message;
  g_autofree char *shown = b9_printable (unsaid, TRUE);

  if (log != NULL)
    b9_client_log_append (log, json, failure->message, b9_error_name (failure->code),
                          b9_error_capability (failure));
  if (app->said == NULL || strcmp (app->said, failure->message) != 0)
    fprintf (stderr, "b9run: %s\n", shown);
  g_debug ("failed (%s): %s", b9_error_name (failure->code), failure->message);
  if (g_error_matches (failure, B9_ERROR, B9_ERROR_START_COLD))
    return EXIT_START_COLD;
  return app->command != NULL && app->command->run == b9_cmd_exec ? EXIT_OF_EXEC : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  B9App app = {0};
  g_autoptr (GError) error = NULL;
  int status;

  if (argc < 1 || !have_standard_files ())
    return EXIT_FAILURE;
  signal (SIGCHLD, SIG_DFL);
  b9_own_log_install ();
  app.invoked_as = backend_of_argv0 (argv[0]);
  app.runtimes = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_runtime_free);
  status = run (&app, (const char *const *)argv + 1, &error);
  if (status < 0)
    status = report (&app, error);
  b9_app_clear (&app);
  if ((fflush (stdout) != 0 || ferror (stdout)) && status == 0) {
    fprintf (stderr, "b9run: standard output could not be written: %s\n", b9_errno_text (errno));
    return EXIT_FAILURE;
  }
  return status;
}
