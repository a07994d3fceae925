/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-release.c: see runsc-release.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-release.h"

#include <string.h>

#include "runsc-text.h"

/* `runsc flags` prints eleven thousand bytes. */
#define OUTPUT_MAX (256 * 1024)

/* Hooks of createContainer are run since release-20260520; -cuda-checkpoint-path of checkpoint came with
 * release-20260608, features with release-20260511. */
#define HOOKS_RELEASE 20260520

typedef struct {
  char *text;    /* NULL: it failed */
  char *problem; /* NULL: it did not */
} Reply;

static void
reply_free (Reply *reply)
{
  g_free (reply->text);
  g_free (reply->problem);
  g_free (reply);
}

void
runsc_release_init (RunscRelease *release, const B9Host *host, const char *program)
{
  *release = (RunscRelease){.host = host, .program = program};
  release->replies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)reply_free);
}

void
runsc_release_clear (RunscRelease *release)
{
  g_clear_pointer (&release->replies, g_hash_table_unref);
}

static Reply *
ask_program (const RunscRelease *release, const char *words)
{
  g_autofree char *line = g_strconcat (release->program, " ", words, NULL);
  g_auto (GStrv) list = g_strsplit (words, " ", -1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  B9RunResult result = {.struct_size = sizeof result};
  Reply *reply = g_new0 (Reply, 1);
  g_autoptr (GError) error = NULL;
  B9Run run = {.struct_size = sizeof run, .max_output = OUTPUT_MAX, .keep = TRUE};

  g_ptr_array_add (argv, (gpointer)release->program);
  for (guint i = 0; list[i] != NULL; i++)
    g_ptr_array_add (argv, list[i]);
  g_ptr_array_add (argv, NULL);
  run.argv = (const char *const *)argv->pdata;
  if (!release->host->run (release->host, &run, &result, &error))
    reply->problem = g_strdup (error->message);
  else if (result.exit_status != 0)
    reply->problem = g_strdup_printf ("%s ended with status %d", line, result.exit_status);
  else
    reply->text = g_strconcat (result.output, "\n", result.error_output, NULL);
  g_free (result.output);
  g_free (result.error_output);
  return reply;
}

static const Reply *
find_reply (RunscRelease *release, const char *words)
{
  Reply *reply = g_hash_table_lookup (release->replies, words);

  if (reply == NULL) {
    reply = ask_program (release, words);
    g_hash_table_insert (release->replies, g_strdup (words), reply);
  }
  return reply;
}

const char *
runsc_release_ask (RunscRelease *release, const char *words)
{
  return find_reply (release, words)->text;
}

const char *
runsc_release_problem (RunscRelease *release, const char *words)
{
  const Reply *reply = find_reply (release, words);

  return reply->problem != NULL ? reply->problem : "its answer is none that this plugin knows";
}

RunscAnswer
runsc_release_has_flag (RunscRelease *release, const char *command, const char *flag)
{
  g_autofree char *words = command != NULL ? g_strconcat ("help ", command, NULL) : g_strdup ("flags");
  const char *text = runsc_release_ask (release, words);

  if (text == NULL || !runsc_text_has_flags (text))
    return RUNSC_UNKNOWN;
  return runsc_text_has_flag (text, flag) ? RUNSC_YES : RUNSC_NO;
}

/* "  -overlay2 value\n    \t… (default root:self)" of `runsc flags`; "none" before release 20230508. */
gboolean
runsc_release_has_overlay (RunscRelease *release)
{
  const char *text = runsc_release_ask (release, "flags");
  const char *flag = text != NULL ? strstr (text, "\n  -overlay2 ") : NULL;
  const char *end = flag != NULL ? strstr (flag + 1, "\n  -") : NULL;
  const char *fallback = flag != NULL ? strstr (flag, "(default root:") : NULL;

  return fallback != NULL && (end == NULL || fallback < end);
}

RunscAnswer
runsc_release_has_command (RunscRelease *release, const char *command)
{
  const char *text = runsc_release_ask (release, "help");

  if (text == NULL || !runsc_text_has_command (text, "run"))
    return RUNSC_UNKNOWN;
  return runsc_text_has_command (text, command) ? RUNSC_YES : RUNSC_NO;
}

guint
runsc_release_date (RunscRelease *release)
{
  const char *text = runsc_release_ask (release, "--version");

  return text != NULL ? runsc_text_release (text) : 0;
}

/* Nothing that runsc prints is about hooks, but what came shortly before and after them can be seen. */
RunscAnswer
runsc_release_runs_hooks (RunscRelease *release, char **evidence)
{
  RunscAnswer features = runsc_release_has_command (release, "features");
  guint date;

  if (features == RUNSC_NO) {
    *evidence = g_strdup ("runsc help: no features, which came before such hooks");
    return RUNSC_NO;
  }
  if (features == RUNSC_YES &&
      runsc_release_has_flag (release, "checkpoint", "cuda-checkpoint-path") == RUNSC_YES) {
    *evidence = g_strdup ("runsc help checkpoint: -cuda-checkpoint-path, which came after such hooks");
    return RUNSC_YES;
  }
  date = runsc_release_date (release);
  *evidence = date != 0 ? g_strdup_printf ("runsc --version: %u", date)
                        : g_strdup ("runsc --version: no date in it");
  if (date == 0)
    return RUNSC_UNKNOWN;
  return date >= HOOKS_RELEASE ? RUNSC_YES : RUNSC_NO;
}

/* What follows @name in @flag, "" for a bare flag, NULL for another flag.  Go takes one dash or two. */
static const char *
value_of (const char *flag, const char *name)
{
  gsize length = strlen (name);

  flag += flag[0] == '-';
  flag += flag[0] == '-';
  if (strncmp (flag, name, length) != 0)
    return NULL;
  if (flag[length] == '=')
    return flag + length + 1;
  return flag[length] == '\0' ? "" : NULL;
}

/* The last one decides, as in Go's flag package. */
const char *
runsc_flag_value (const char *const *flags, const char *name)
{
  const char *found = NULL;

  for (guint i = 0; flags != NULL && flags[i] != NULL; i++) {
    const char *value = value_of (flags[i], name);

    found = value != NULL ? value : found;
  }
  return found;
}

gboolean
runsc_flag_is_set (const char *const *flags, const char *name)
{
  static const char *const words[] = {"", "1", "t", "T", "true", "True", "TRUE", NULL};
  const char *value = runsc_flag_value (flags, name);

  return value != NULL && g_strv_contains (words, value);
}
