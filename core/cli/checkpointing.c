/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpointing.c: see checkpointing.h.
 */
#include "config.h"

#include "core/cli/checkpointing.h"

#include <stdlib.h>
#include <string.h>

#include <b9run/b9-checkpoint.h>

#include "core/checkpoint/cancel.h"
#include "core/checkpoint/progress.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

#define DEFAULT_IMAGE "checkpoint" /* runc's, below the working directory */
#define MAX_SECONDS 604800
#define DELETED " (deleted)"

/* b9run's own; no runtime has them. */
static const char *const own_options[] = {
    "bundle",   "pid-file", "no-monitor", "timeout",       "progress",      "no-digests", "verify-digests",
    "strategy", "export",   "import",     "export-rootfs", "ignore-rootfs", "help",       NULL};

static void
set_option (const B9Line *line, const char *name, char *value)
{
  B9RequestOption *option;

  for (guint i = 0; i < line->options->len; i++) {
    option = g_ptr_array_index (line->options, i);
    if (strcmp (option->name, name) != 0)
      continue;
    g_free ((char *)option->value);
    option->value = value;
    return;
  }
  option = g_new0 (B9RequestOption, 1);
  *option = (B9RequestOption){.struct_size = sizeof *option, .name = g_strdup (name), .value = value};
  g_ptr_array_add (line->options, option);
}

gboolean
b9_checkpointing_check_words (const B9Line *line, GError **error)
{
  static const char *const strategies[] = {B9_STRATEGY_PLUGIN, B9_STRATEGY_HOST, B9_STRATEGY_SANDBOX, NULL};
  /* runc takes an empty one for none. */
  static const char *const modes[] = {"soft", "full", "strict", "ignore", "", NULL};
  const char *strategy = b9_line_value (line, "strategy");
  const char *mode = b9_line_value (line, "manage-cgroups-mode");

  if (strategy != NULL && !g_strv_contains (strategies, strategy))
    return b9_fail (error, B9_ERROR_USAGE, "--strategy knows plugin, host and sandbox, not \"%s\"", strategy);
  return mode == NULL || g_strv_contains (modes, mode) ||
         b9_fail (error, B9_ERROR_USAGE,
                  "--manage-cgroups-mode knows soft, full, strict and ignore, not \"%s\"", mode);
}

char *
b9_checkpointing_path (const B9Line *line, const char *name)
{
  const char *path = b9_line_value (line, name);

  /* An empty one is none, as runc has it, and not the working directory. */
  return path != NULL && *path != '\0' ? b9_absolute_path (path, NULL) : NULL;
}

gboolean
b9_checkpointing_settle (const B9Line *line, GError **error)
{
  g_autofree char *image = b9_checkpointing_path (line, "image-path");
  g_autofree char *work = b9_checkpointing_path (line, "work-path");
  const char *parent = b9_line_value (line, "parent-path");

  if (parent != NULL && g_path_is_absolute (parent))
    return b9_fail (
        error, B9_ERROR_USAGE,
        "--parent-path %s: the path has to be relative to the image directory, such as ../pre-dump", parent);
  if (image == NULL)
    image = b9_absolute_path (DEFAULT_IMAGE, NULL);
  if (work == NULL)
    work = g_strdup (image);
  set_option (line, "image-path", g_steal_pointer (&image));
  set_option (line, "work-path", g_steal_pointer (&work));
  return TRUE;
}

GPtrArray *
b9_checkpointing_options (const B9Line *line)
{
  GPtrArray *options = g_ptr_array_new ();

  for (guint i = 0; i < line->options->len; i++) {
    B9RequestOption *option = g_ptr_array_index (line->options, i);

    if (!g_strv_contains (own_options, option->name))
      g_ptr_array_add (options, option);
  }
  return options;
}

/* Our own program; "(deleted)" follows the path of one that was replaced meanwhile, and the new one will do.
 */
static char *
own_program (void)
{
  char *path = g_file_read_link ("/proc/self/exe", NULL);

  if (path != NULL && g_str_has_suffix (path, DELETED))
    path[strlen (path) - strlen (DELETED)] = '\0';
  return path != NULL ? path : g_strdup (B9_BINDIR "/b9run");
}

static void
add_option (GPtrArray *words, const char *name, char *value)
{
  if (value == NULL)
    return;
  g_ptr_array_add (words, g_strdup (name));
  g_ptr_array_add (words, value);
}

char **
b9_checkpointing_recover (const B9App *app, const B9Target *target)
{
  const char *given = b9_app_global (app, "config");
  const char *config = given != NULL ? given : secure_getenv ("B9RUN_CONFIG");
  GPtrArray *words = g_ptr_array_new ();

  g_ptr_array_add (words, own_program ());
  add_option (words, "--state-directory", g_strdup (b9_index_directory (app->index)));
  add_option (words, "--config", config != NULL ? b9_absolute_path (config, NULL) : NULL);
  add_option (words, "--pool", g_strdup (b9_app_global (app, "pool")));
  add_option (words, "--root", g_strdup (target->record->root));
  if (b9_line_flag (app->globals, "debug"))
    g_ptr_array_add (words, g_strdup ("--debug"));
  g_ptr_array_add (words, g_strdup ("recover"));
  add_option (words, "--", g_strdup (target->id));
  g_ptr_array_add (words, NULL);
  return (char **)g_ptr_array_free (words, FALSE);
}

gboolean
b9_checkpointing_timeout (const B9Line *line, guint *seconds, GError **error)
{
  const char *text = b9_line_value (line, "timeout");
  guint64 number = 0;

  *seconds = 0;
  if (text == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 1, MAX_SECONDS, &number, NULL))
    return b9_fail (error, B9_ERROR_USAGE, "--timeout takes seconds from 1 to %d, not \"%s\"", MAX_SECONDS,
                    text);
  *seconds = (guint)number;
  return TRUE;
}

static gboolean
require (B9Matrix *matrix, const B9Target *target, const char *capability, const char *what, GError **error)
{
  return b9_matrix_require (matrix, target->runtime, target->program, target->root, capability, what, error);
}

gboolean
b9_checkpointing_require (B9App *app, const B9Target *target, const char *command, const B9Line *line,
                          GError **error)
{
  /* Clients pass --tcp-established to every restore; whether there are connections is the image's to say. */
  static const struct {
    const char *option, *capability;
    gboolean of_saves_alone;
  } needs[] = {
      {"leave-running", "checkpoint.leave-running", TRUE},
      {"tcp-established", "checkpoint.tcp", TRUE},
      {"pre-dump", "checkpoint.pre-dump", TRUE},
      {"lazy-pages", "checkpoint.lazy-pages", FALSE},
  };
  gboolean saves = strcmp (command, "checkpoint") == 0;

  B9Matrix *matrix = b9_app_matrix (app, error);

  if (matrix == NULL || !require (matrix, target, command, command, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (needs); i++) {
    g_autofree char *what = g_strconcat ("--", needs[i].option, NULL);

    if ((saves || !needs[i].of_saves_alone) && b9_line_flag (line, needs[i].option) &&
        !require (matrix, target, needs[i].capability, what, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
b9_checkpointing_show (guint64 done, gpointer data)
{
  b9_progress_bytes (data, done);
  return !b9_cancel_is_wanted ();
}
