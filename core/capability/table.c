/* SPDX-License-Identifier: Apache-2.0
 *
 * table.c: see table.h.
 */
#include "config.h"

#include "core/capability/table.h"
#include "core/sys/words.h"

#include <string.h>

#define GAP 2
#define LEAST_REASON 20 /* columns; a narrower terminal gets longer lines */

/* A state in each of its guises; no state at all where the backend was not asked. */
typedef struct {
  const char *word, *symbol, *colour;
} Look;

static const Look looks[] = {
    [0] = {"-", "·", "\033[2m"},
    [B9_CAPABILITY_SUPPORTED] = {"supported", "✓", "\033[32m"},
    [B9_CAPABILITY_CONDITIONAL] = {"conditional", "◐", "\033[33m"},
    [B9_CAPABILITY_UNKNOWN] = {"unknown", "?", "\033[36m"},
    [B9_CAPABILITY_UNSUPPORTED] = {"unsupported", "✗", "\033[31m"},
};

#define COLOUR_OFF "\033[0m"
#define WIDEST_WORD 11

B9TableColumn *
b9_table_column_new (const char *backend)
{
  B9TableColumn *column = g_new0 (B9TableColumn, 1);

  column->backend = g_strdup (backend);
  return column;
}

void
b9_table_column_free (B9TableColumn *column)
{
  if (column == NULL)
    return;
  g_clear_pointer (&column->cells, g_ptr_array_unref);
  g_free (column->backend);
  g_free (column->problem);
  g_free (column);
}

static void
pad (GString *text, guint used, guint width)
{
  for (guint i = used; i < width; i++)
    g_string_append_c (text, ' ');
}

static void
append_state (GString *text, guint32 state, const B9TableStyle *style, guint width)
{
  const Look *look = &looks[state < G_N_ELEMENTS (looks) ? state : 0];
  const char *shown = style->symbols ? look->symbol : look->word;

  g_string_append_printf (text, "%s%s%s", style->colour ? look->colour : "", shown,
                          style->colour ? COLOUR_OFF : "");
  pad (text, (guint)g_utf8_strlen (shown, -1), width);
}

char *
b9_table_state (guint32 state, const B9TableStyle *style, guint width)
{
  GString *text = g_string_new (NULL);

  append_state (text, state, style, width);
  return g_string_free (text, FALSE);
}

static const B9MatrixCell *
find_cell (const B9TableColumn *column, const char *id)
{
  for (guint i = 0; column->cells != NULL && i < column->cells->len; i++) {
    const B9MatrixCell *cell = g_ptr_array_index (column->cells, i);

    if (strcmp (cell->capability, id) == 0)
      return cell;
  }
  return NULL;
}

/* Every id of every column, once, sorted; borrowed. */
static GPtrArray *
all_ids (const GPtrArray *columns)
{
  GPtrArray *ids = g_ptr_array_new ();

  for (guint i = 0; i < columns->len; i++) {
    const B9TableColumn *column = g_ptr_array_index (columns, i);

    for (guint j = 0; column->cells != NULL && j < column->cells->len; j++) {
      const B9MatrixCell *cell = g_ptr_array_index (column->cells, j);

      if (!g_ptr_array_find_with_equal_func (ids, cell->capability, g_str_equal, NULL))
        g_ptr_array_add (ids, cell->capability);
    }
  }
  g_ptr_array_sort (ids, b9_compare_words);
  return ids;
}

static guint
widest (const GPtrArray *ids)
{
  guint width = strlen ("CAPABILITY");

  for (guint i = 0; i < ids->len; i++)
    width = MAX (width, (guint)strlen (g_ptr_array_index (ids, i)));
  return width;
}

static guint
state_width (const B9TableStyle *style)
{
  return style->symbols ? 1 : WIDEST_WORD;
}

static void
end_line (GString *text)
{
  while (text->len > 0 && text->str[text->len - 1] == ' ')
    g_string_truncate (text, text->len - 1);
  g_string_append_c (text, '\n');
}

/* ---- one backend ---- */

/* @text in lines of @width, those after the first indented. */
static void
append_wrapped (GString *out, const char *text, guint indent, guint width)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  guint column = 0;

  for (guint i = 0; words[i] != NULL; i++) {
    guint length = (guint)g_utf8_strlen (words[i], -1);

    if (column > 0 && width > 0 && column + 1 + length > width) {
      end_line (out);
      pad (out, 0, indent);
      column = 0;
    }
    g_string_append_printf (out, "%s%s", column > 0 ? " " : "", words[i]);
    column += length + (column > 0 ? 1 : 0);
  }
}

static void
append_reasons (GString *text, const B9TableColumn *column, const GPtrArray *ids, const B9TableStyle *style)
{
  guint first = widest (ids) + GAP;
  guint second = MAX (state_width (style), style->symbols ? 1u : WIDEST_WORD) + GAP;
  guint left = style->width > first + second + LEAST_REASON ? style->width - first - second : 0;

  g_string_append (text, "CAPABILITY");
  pad (text, strlen ("CAPABILITY"), first);
  g_string_append (text, column->backend);
  end_line (text);
  for (guint i = 0; i < ids->len; i++) {
    const char *id = g_ptr_array_index (ids, i);
    const B9MatrixCell *cell = find_cell (column, id);

    g_string_append (text, id);
    pad (text, (guint)strlen (id), first);
    append_state (text, cell->state, style, second);
    if (cell->reason != NULL)
      append_wrapped (text, cell->reason, first + second, left);
    end_line (text);
  }
}

/* ---- several ---- */

static void
append_block (GString *text, const GPtrArray *columns, guint from, guint to, const GPtrArray *ids,
              const B9TableStyle *style)
{
  guint first = widest (ids) + GAP;

  g_string_append (text, "CAPABILITY");
  pad (text, strlen ("CAPABILITY"), first);
  for (guint i = from; i < to; i++) {
    const B9TableColumn *column = g_ptr_array_index (columns, i);

    g_string_append (text, column->backend);
    pad (text, (guint)strlen (column->backend),
         MAX ((guint)strlen (column->backend), state_width (style)) + GAP);
  }
  end_line (text);
  for (guint row = 0; row < ids->len; row++) {
    const char *id = g_ptr_array_index (ids, row);

    g_string_append (text, id);
    pad (text, (guint)strlen (id), first);
    for (guint i = from; i < to; i++) {
      const B9TableColumn *column = g_ptr_array_index (columns, i);
      const B9MatrixCell *cell = find_cell (column, id);

      append_state (text, cell != NULL ? cell->state : 0, style,
                    MAX ((guint)strlen (column->backend), state_width (style)) + GAP);
    }
    end_line (text);
  }
}

/* How many columns from @from on fit beside the ids; one at least. */
static guint
fitting (const GPtrArray *columns, guint from, guint first, const B9TableStyle *style)
{
  guint used = first;
  guint to = from;

  for (; to < columns->len; to++) {
    const B9TableColumn *column = g_ptr_array_index (columns, to);
    guint width = MAX ((guint)strlen (column->backend), state_width (style)) + GAP;

    if (to > from && style->width > 0 && used + width - GAP > style->width)
      break;
    used += width;
  }
  return to;
}

static void
append_legend (GString *text, const B9TableStyle *style)
{
  g_string_append_c (text, '\n');
  for (guint32 state = B9_CAPABILITY_SUPPORTED; state <= B9_CAPABILITY_UNSUPPORTED; state++) {
    append_state (text, state, style, 1);
    g_string_append_printf (text, " %s   ", looks[state].word);
  }
  end_line (text);
}

static void
append_problems (GString *text, const GPtrArray *columns)
{
  gboolean first = TRUE;

  for (guint i = 0; i < columns->len; i++) {
    const B9TableColumn *column = g_ptr_array_index (columns, i);

    if (column->problem == NULL)
      continue;
    g_string_append_printf (text, "%s%s: %s\n", first && text->len > 0 ? "\n" : "", column->backend,
                            column->problem);
    first = FALSE;
  }
}

char *
b9_table (const GPtrArray *columns, const B9TableStyle *style)
{
  g_autoptr (GPtrArray) ids = all_ids (columns);
  GString *text = g_string_new (NULL);

  if (columns->len == 1 && ids->len > 0) {
    append_reasons (text, g_ptr_array_index (columns, 0), ids, style);
  } else if (ids->len > 0) {
    for (guint from = 0; from < columns->len;) {
      guint to = fitting (columns, from, widest (ids) + GAP, style);

      g_string_append (text, from > 0 ? "\n" : "");
      append_block (text, columns, from, to, ids, style);
      from = to;
    }
  }
  if (ids->len > 0 && style->symbols)
    append_legend (text, style);
  append_problems (text, columns);
  return g_string_free (text, FALSE);
}
