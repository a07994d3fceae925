/* SPDX-License-Identifier: Apache-2.0
 *
 * words.c: see words.h.
 */
#include "config.h"

#include "core/sys/words.h"

#include <string.h>

/* Levenshtein's distance with two rows; words of a command line are short. */
static guint
distance (const char *a, const char *b)
{
  gsize columns = strlen (b);
  g_autofree guint *row = g_new (guint, columns + 1);

  for (gsize j = 0; j <= columns; j++)
    row[j] = (guint)j;
  for (gsize i = 1; a[i - 1] != '\0'; i++) {
    guint diagonal = row[0];

    row[0] = (guint)i;
    for (gsize j = 1; j <= columns; j++) {
      guint above = row[j];

      row[j] = MIN (MIN (row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] != b[j - 1]));
      diagonal = above;
    }
  }
  return row[columns];
}

const char *
b9_nearest (const char *word, const char *const *names)
{
  const char *best = NULL;
  guint best_distance = G_MAXUINT;

  if (strlen (word) > 64)
    return NULL;
  for (; *names != NULL; names++) {
    guint current = distance (word, *names);

    if (current < best_distance && current <= 1 + strlen (*names) / 3) {
      best = *names;
      best_distance = current;
    }
  }
  return best;
}

char *
b9_printable (const char *text, gboolean lines)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_sized_new (strlen (valid));

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar character = g_utf8_get_char (p);
    gboolean kept = !g_unichar_iscntrl (character) || (lines && (character == '\n' || character == '\t'));

    g_string_append_unichar (clean, kept ? character : '?');
  }
  return g_string_free (clean, FALSE);
}

int
b9_compare_words (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}
