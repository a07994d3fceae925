/* SPDX-License-Identifier: Apache-2.0
 *
 * config-words.c: the words of the messages about keys and values: what was expected, which key was meant.
 */
#include "config.h"

#include <string.h>

#include <b9run/b9-error.h>

#include "core/config/config-private.h"

/* No key is longer; what is longer is no misspelt key. */
#define MAX_WORD 64

char *
b9_config_quote (const char *text)
{
  GString *quoted = g_string_new ("\"");

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    if (quoted->len > MAX_WORD) {
      g_string_append (quoted, "…");
      break;
    }
    gunichar character = g_utf8_get_char (p);
    g_string_append_unichar (quoted, g_unichar_isprint (character) ? character : '?');
  }
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

char *
b9_config_words (GPtrArray *words)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < words->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", (const char *)words->pdata[i]);
  return g_string_free (text, FALSE);
}

char *
b9_config_expected (const B9ConfigRow *row)
{
  g_autofree char *choices = row->choices != NULL ? g_strjoinv (", ", (char **)row->choices) : NULL;

  switch (row->type) {
  case B9_CONFIG_STRING:
    return g_strdup ("text");
  case B9_CONFIG_PATH:
    return g_strdup ("an absolute path");
  case B9_CONFIG_BOOLEAN:
    return g_strdup ("true or false (yes, no, on and off are not read as such)");
  case B9_CONFIG_LIST:
    return g_strdup_printf ("a list of %s", row->paths        ? "absolute paths"
                                            : choices != NULL ? choices
                                                              : "texts");
  case B9_CONFIG_CHOICE:
    return choices != NULL ? g_strdup_printf ("one of %s", choices) : g_strdup ("text");
  }
  return g_strdup ("text or a list of texts");
}

/* Levenshtein's distance, letters taken without their case and _ as -. */
static guint
distance (const char *a, const char *b)
{
  guint row[MAX_WORD + 1];
  gsize length = strlen (b);

  for (guint j = 0; j <= length; j++)
    row[j] = j;
  for (guint i = 0; a[i] != '\0'; i++) {
    guint diagonal = row[0];
    row[0] = i + 1;
    for (guint j = 0; j < length; j++) {
      char left = a[i] == '_' ? '-' : g_ascii_tolower (a[i]);
      char right = b[j] == '_' ? '-' : g_ascii_tolower (b[j]);
      guint change = diagonal + (left != right ? 1 : 0);
      diagonal = row[j + 1];
      row[j + 1] = MIN (change, MIN (row[j], diagonal) + 1);
    }
  }
  return row[length];
}

const char *
b9_config_nearest (const char *word, GPtrArray *known)
{
  const char *nearest = NULL;
  guint least = G_MAXUINT;

  if (strlen (word) > MAX_WORD)
    return NULL;
  for (guint i = 0; i < known->len; i++) {
    const char *candidate = known->pdata[i];
    gsize length = strlen (candidate);
    if (length > MAX_WORD)
      continue;
    guint changes = distance (word, candidate);
    if (changes <= MAX (1, length / 3) && changes < least) {
      least = changes;
      nearest = candidate;
    }
  }
  return nearest;
}

void
b9_config_unknown_key (const char *file, guint line, const char *section, const char *key, GPtrArray *known,
                       GError **error)
{
  const char *dot = *section == '\0' ? "" : ".";
  g_autofree char *path = g_strconcat (section, dot, key, NULL);
  g_autofree char *quoted = b9_config_quote (path);
  const char *nearest = b9_config_nearest (key, known);

  if (nearest != NULL) {
    g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "%s:%u: unknown key %s; did you mean \"%s%s%s\"?", file,
                 line, quoted, section, dot, nearest);
    return;
  }
  g_autofree char *words = known->len > 0 ? b9_config_words (known) : g_strdup ("those of its plugin");
  g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "%s:%u: unknown key %s; the keys here are %s", file, line,
               quoted, words);
}
