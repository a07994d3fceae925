/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-text.c: see runsc-text.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-text.h"

#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

/* No driver's version is longer ("575.57.08"), and nobody supports more of them. */
#define VERSION_MAX 31
#define DRIVERS_MAX 1024

/* The line after this one, or NULL. */
static const char *
next_line (const char *line)
{
  const char *end = strchr (line, '\n');

  return end != NULL ? end + 1 : NULL;
}

/* How long the flag's name at @line is, as Go's flag package prints it ("  -name type"); 0: another line. */
static gsize
flag_length (const char *line)
{
  gsize length;

  if (!g_str_has_prefix (line, "  -"))
    return 0;
  length = strspn (line + 3, NAME_CHARACTERS);
  return line[3 + length] == '\0' || strchr (" \n\r", line[3 + length]) != NULL ? length : 0;
}

gboolean
runsc_text_has_flag (const char *text, const char *name)
{
  gsize wanted = strlen (name);

  for (const char *line = text; line != NULL; line = next_line (line)) {
    if (flag_length (line) == wanted && memcmp (line + 3, name, wanted) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
runsc_text_has_flags (const char *text)
{
  for (const char *line = text; line != NULL; line = next_line (line)) {
    if (flag_length (line) > 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
runsc_text_has_command (const char *text, const char *name)
{
  gsize wanted = strlen (name);

  for (const char *line = text; line != NULL; line = next_line (line)) {
    if (line[0] == '\t' && strspn (line + 1, NAME_CHARACTERS) == wanted &&
        memcmp (line + 1, name, wanted) == 0 && line[1 + wanted] == ' ')
      return TRUE;
  }
  return FALSE;
}

gboolean
runsc_is_driver_version (const char *text)
{
  guint dots = 0;

  if (strlen (text) > VERSION_MAX || !g_ascii_isdigit (text[0]))
    return FALSE;
  for (const char *at = text; *at != '\0'; at++) {
    if (*at == '.' && !g_ascii_isdigit (at[1]))
      return FALSE;
    if (*at != '.' && !g_ascii_isdigit (*at))
      return FALSE;
    dots += *at == '.';
  }
  return dots >= 1 && dots <= 3;
}

int
runsc_compare_versions (const char *a, const char *b)
{
  while (*a != '\0' || *b != '\0') {
    char *rest_of_a, *rest_of_b;
    guint64 left = g_ascii_strtoull (a, &rest_of_a, 10);
    guint64 right = g_ascii_strtoull (b, &rest_of_b, 10);

    if (left != right)
      return left < right ? -1 : 1;
    if (rest_of_a == a && rest_of_b == b)
      return strcmp (a, b);
    a = rest_of_a + (*rest_of_a == '.');
    b = rest_of_b + (*rest_of_b == '.');
  }
  return 0;
}

static int
compare_entries (const void *a, const void *b)
{
  return runsc_compare_versions (*(char *const *)a, *(char *const *)b);
}

char **
runsc_text_drivers (const char *text)
{
  GPtrArray *drivers = g_ptr_array_new ();

  for (const char *line = text; line != NULL && drivers->len < DRIVERS_MAX; line = next_line (line)) {
    g_autofree char *word = g_strndup (line, strcspn (line, "\n"));

    if (runsc_is_driver_version (g_strstrip (word)))
      g_ptr_array_add (drivers, g_steal_pointer (&word));
  }
  g_ptr_array_sort (drivers, compare_entries);
  g_ptr_array_add (drivers, NULL);
  return (char **)g_ptr_array_free (drivers, FALSE);
}

/* Eight digits that stand alone and can be a day of this century. */
static guint
date_at (const char *text)
{
  guint date = 0;
  guint month, day;

  if (strspn (text, "0123456789") != 8)
    return 0;
  for (guint i = 0; i < 8; i++)
    date = 10 * date + (guint)g_ascii_digit_value (text[i]);
  month = date / 100 % 100;
  day = date % 100;
  return date / 1000000 == 20 && month >= 1 && month <= 12 && day >= 1 && day <= 31 ? date : 0;
}

guint
runsc_text_release (const char *text)
{
  g_autofree char *version = runsc_text_version (text);

  for (const char *at = version; at != NULL && *at != '\0';) {
    gsize digits = strspn (at, "0123456789");
    guint date = digits > 0 ? date_at (at) : 0;

    if (date != 0)
      return date;
    at += MAX (digits, 1);
  }
  return 0;
}

char *
runsc_text_version (const char *text)
{
  static const char beginning[] = "runsc version ";
  g_autofree char *version = NULL;

  if (!g_str_has_prefix (text, beginning))
    return NULL;
  text += strlen (beginning);
  version = g_strndup (text, MIN (strcspn (text, "\n"), 64));
  for (char *at = g_strstrip (version); *at != '\0'; at++) {
    if (!g_ascii_isgraph (*at))
      return NULL;
  }
  return *version != '\0' ? g_steal_pointer (&version) : NULL;
}

/* Past the string that begins at @at, or at the end of a text that is cut off. */
static const char *
skip_string (const char *at)
{
  for (at++; *at != '\0' && *at != '"'; at++)
    at += *at == '\\' && at[1] != '\0';
  return *at == '"' ? at + 1 : at;
}

/* The word of the member "status" of the outermost object, or NULL; *depth is what is open at the end. */
static const char *
find_status (const char *state, int *depth)
{
  static const char member[] = "\"status\":\"";
  const char *found = NULL;

  *depth = 0;
  for (const char *at = state; *at != '\0';) {
    if (*depth == 1 && found == NULL && g_str_has_prefix (at, member))
      found = at + strlen (member);
    if (*at == '"') {
      at = skip_string (at);
      continue;
    }
    *depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
    at++;
  }
  return found;
}

static gsize
word_length (const char *word)
{
  gsize length = strspn (word, "abcdefghijklmnopqrstuvwxyz");

  return word[length] == '"' ? length : 0;
}

char *
runsc_text_status (const char *state)
{
  int depth;
  const char *word = find_status (state, &depth);
  gsize length = word != NULL ? word_length (word) : 0;

  return length > 0 ? g_strndup (word, length) : NULL;
}

char *
runsc_text_with_status (const char *state, const char *status)
{
  int depth;
  const char *word = find_status (state, &depth);

  if (word == NULL || word_length (word) == 0)
    return NULL;
  return g_strdup_printf ("%.*s%s%s", (int)(word - state), state, status, word + word_length (word));
}

gboolean
runsc_text_is_whole (const char *state)
{
  int depth;
  const char *word = find_status (state, &depth);

  return word != NULL && word_length (word) > 0 && depth == 0;
}

RunscTasks
runsc_text_tasks (const char *stacks)
{
  g_auto (GStrv) goroutines = g_strsplit (stacks, "\n\n", -1);
  RunscTasks tasks = RUNSC_NO_TASKS;

  for (guint i = 0; goroutines[i] != NULL; i++) {
    if (strstr (goroutines[i], "kernel.(*Task).run(") == NULL)
      continue;
    if (strstr (goroutines[i], "kernel.(*Task).doStop(") == NULL)
      return RUNSC_TASKS_RUN;
    tasks = RUNSC_TASKS_STOPPED;
  }
  return tasks;
}
