/* SPDX-License-Identifier: Apache-2.0
 *
 * diff.c: see diff.h.
 *
 * Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986): for each number of
 * edits D, how far each diagonal can be followed.  The steps are kept and walked back to mark what goes and
 * what comes.
 */
#include "config.h"

#include "core/spec/diff.h"

#include <string.h>

#define CONTEXT 3
#define MOST_EDITS 2000 /* the kept steps grow with its square */

typedef struct {
  char **old_lines, **new_lines;
  int old_count, new_count;
  gboolean *removed; /* of each old line */
  gboolean *added;   /* of each new line */
} Diff;

/* The lines of @text without their newlines. */
static char **
split (const char *text, int *count)
{
  char **lines = g_strsplit (text, "\n", -1);
  guint length = g_strv_length (lines);

  if (length > 0 && *lines[length - 1] == '\0')
    g_clear_pointer (&lines[--length], g_free);
  *count = (int)length;
  return lines;
}

static gboolean
same (const Diff *diff, int x, int y)
{
  return strcmp (diff->old_lines[x], diff->new_lines[y]) == 0;
}

/* Where on diagonal @k the step after @reach begins: from above (a line comes) or from the left (a line
 * goes). */
static int
step_from (const int *reach, int k, int edits, int middle)
{
  if (k == -edits || (k != edits && reach[middle + k - 1] < reach[middle + k + 1]))
    return reach[middle + k + 1];
  return reach[middle + k - 1] + 1;
}

/* One more edit on every diagonal; whether both ends are reached. */
static gboolean
advance (const Diff *diff, int *reach, int edits, int middle)
{
  for (int k = -edits; k <= edits; k += 2) {
    int x = edits == 0 ? 0 : step_from (reach, k, edits, middle);
    int y = x - k;

    while (x < diff->old_count && y < diff->new_count && y >= 0 && same (diff, x, y)) {
      x++;
      y++;
    }
    reach[middle + k] = x;
    if (x >= diff->old_count && y >= diff->new_count)
      return TRUE;
  }
  return FALSE;
}

/* Marks the edits, from the end back to the beginning. */
static void
walk_back (Diff *diff, const GPtrArray *steps, int middle)
{
  int x = diff->old_count, y = diff->new_count;

  for (int edits = (int)steps->len; edits > 0; edits--) {
    const int *reach = g_ptr_array_index (steps, (guint)edits - 1); /* before this edit */
    int k = x - y;
    gboolean comes = k == -edits || (k != edits && reach[middle + k - 1] < reach[middle + k + 1]);
    int before_k = comes ? k + 1 : k - 1;
    int before_x = reach[middle + before_k];
    int before_y = before_x - before_k;

    if (comes)
      diff->added[before_y] = TRUE;
    else
      diff->removed[before_x] = TRUE;
    x = before_x;
    y = before_y;
  }
}

static void
replace_all (Diff *diff)
{
  for (int i = 0; i < diff->old_count; i++)
    diff->removed[i] = TRUE;
  for (int i = 0; i < diff->new_count; i++)
    diff->added[i] = TRUE;
}

static void
compare (Diff *diff)
{
  int most = MIN (diff->old_count + diff->new_count, MOST_EDITS);
  int middle = most + 1;
  gsize size = sizeof (int) * (gsize)(2 * most + 3);
  g_autofree int *reach = g_malloc0 (size);
  g_autoptr (GPtrArray) steps = g_ptr_array_new_with_free_func (g_free);

  for (int edits = 0; edits <= most; edits++) {
    if (advance (diff, reach, edits, middle)) {
      walk_back (diff, steps, middle);
      return;
    }
    g_ptr_array_add (steps, g_memdup2 (reach, size));
  }
  replace_all (diff);
}

/* How many lines from here on are as they were. */
static int
count_kept (const Diff *diff, int x, int y)
{
  int kept = 0;

  while (x + kept < diff->old_count && y + kept < diff->new_count && !diff->removed[x + kept] &&
         !diff->added[y + kept])
    kept++;
  return kept;
}

static void
append_range (GString *out, char sign, int start, int count)
{
  g_string_append_printf (out, " %c%d", sign, count > 0 ? start + 1 : start);
  if (count != 1)
    g_string_append_printf (out, ",%d", count);
}

/* The hunk that begins with the first edit at or after @x, @y; moves them behind it. */
static void
append_hunk (GString *out, const Diff *diff, int *x, int *y)
{
  g_autoptr (GString) body = g_string_new (NULL);
  int start_x = MAX (0, *x - CONTEXT), start_y = *y - (*x - start_x);
  int old_lines, new_lines;

  for (int i = start_x; i < *x; i++)
    g_string_append_printf (body, " %s\n", diff->old_lines[i]);
  while (*x < diff->old_count || *y < diff->new_count) {
    int kept = count_kept (diff, *x, *y);
    gboolean last = *x + kept >= diff->old_count && *y + kept >= diff->new_count;

    if (last || kept > 2 * CONTEXT) {
      for (int i = 0; i < MIN (kept, CONTEXT); i++, *x += 1, *y += 1)
        g_string_append_printf (body, " %s\n", diff->old_lines[*x]);
      break;
    }
    for (int i = 0; i < kept; i++, *x += 1, *y += 1)
      g_string_append_printf (body, " %s\n", diff->old_lines[*x]);
    for (; *x < diff->old_count && diff->removed[*x]; *x += 1)
      g_string_append_printf (body, "-%s\n", diff->old_lines[*x]);
    for (; *y < diff->new_count && diff->added[*y]; *y += 1)
      g_string_append_printf (body, "+%s\n", diff->new_lines[*y]);
  }
  old_lines = *x - start_x;
  new_lines = *y - start_y;
  g_string_append (out, "@@");
  append_range (out, '-', start_x, old_lines);
  append_range (out, '+', start_y, new_lines);
  g_string_append_printf (out, " @@\n%s", body->str);
}

static char *
print (const Diff *diff, const char *old_name, const char *new_name)
{
  GString *out = g_string_new (NULL);
  int x = 0, y = 0;

  for (;;) {
    int kept = count_kept (diff, x, y);

    x += kept;
    y += kept;
    if (x >= diff->old_count && y >= diff->new_count)
      return g_string_free (out, FALSE);
    if (out->len == 0)
      g_string_append_printf (out, "--- %s\n+++ %s\n", old_name, new_name);
    append_hunk (out, diff, &x, &y);
  }
}

char *
b9_diff (const char *old_text, const char *new_text, const char *old_name, const char *new_name)
{
  Diff diff = {0};
  char *printed;

  diff.old_lines = split (old_text, &diff.old_count);
  diff.new_lines = split (new_text, &diff.new_count);
  diff.removed = g_new0 (gboolean, diff.old_count + 1);
  diff.added = g_new0 (gboolean, diff.new_count + 1);
  compare (&diff);
  printed = print (&diff, old_name, new_name);
  g_strfreev (diff.old_lines);
  g_strfreev (diff.new_lines);
  g_free (diff.removed);
  g_free (diff.added);
  return printed;
}
