/* SPDX-License-Identifier: Apache-2.0
 *
 * config-print.c: the configuration for people: the values in force, a commented file of all keys, the man
 * page's list.
 */
#include "config.h"

#include <string.h>

#include "core/config/config-private.h"

/* What a section is for, where its keys alone do not say. */
typedef struct {
  const char *pattern;
  const char *text;
} SectionNote;

static const SectionNote section_notes[] = {
    {"log", "b9run's own messages; --log FILE is the caller's and stays as it is."},
    {"backends", "One section a backend, by its name.  A backend's plugin may declare further keys; its "
                 "README lists them."},
    {"gpu",
     "What asks for GPUs, and one section a detector, by its name (cdi, device-path), with the keys that its "
     "plugin declares."},
    {"worker",
     "Worker pools, for b9run --pool NAME.  `pools:` may also stand at the top, without `worker:`."},
    {NULL, NULL},
};

static const char *
note_of (const char *pattern)
{
  for (const SectionNote *note = section_notes; note->pattern != NULL; note++)
    if (g_str_equal (note->pattern, pattern))
      return note->text;
  return NULL;
}

static void
append_quoted (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar character = g_utf8_get_char (p);
    if (character == '"' || character == '\\')
      g_string_append_printf (out, "\\%c", (int)character);
    else if (g_unichar_isprint (character))
      g_string_append_unichar (out, character);
    else
      g_string_append_printf (out, "\\U%08X", character);
  }
  g_string_append_c (out, '"');
}

/* A text as YAML would have it: in quotes where it would be read as something else without. */
static void
append_text (GString *out, const char *text, gboolean in_list)
{
  static const char *const words[] = {"",   "~",  "null", "Null", "NULL", "yes", "Yes", "YES", "no",
                                      "No", "NO", "on",   "On",   "ON",   "off", "Off", "OFF", NULL};
  gboolean plain = !g_strv_contains (words, text) && strchr ("-?:,[]{}#&*!|>'\"%@` ", *text) == NULL;

  /* A flag begins with a dash, which is no list's as long as no space follows it. */
  plain = plain || (text[0] == '-' && text[1] != '\0');
  for (const char *p = text; plain && *p != '\0'; p++)
    plain = g_ascii_isalnum (*p) || strchr ("-_./+=@%", *p) != NULL || (*p == ',' && !in_list);
  if (plain) {
    g_string_append (out, text);
    return;
  }
  append_quoted (out, text);
}

static void
append_value (GString *out, const B9ConfigValue *value)
{
  if (value->list == NULL) {
    append_text (out, value->text, FALSE);
    return;
  }
  g_string_append_c (out, '[');
  for (char **item = value->list; *item != NULL; item++) {
    g_string_append (out, item > value->list ? ", " : "");
    append_text (out, *item, TRUE);
  }
  g_string_append_c (out, ']');
}

static void
append_line (GString *out, const B9Config *config, const char *path, const B9ConfigRow *row, gboolean origin)
{
  const B9ConfigValue *value = b9_config_lookup (config, path);

  g_string_append_printf (out, "%s: ", path);
  if (value != NULL)
    append_value (out, value);
  else if (row->type == B9_CONFIG_LIST && row->fallback == NULL)
    g_string_append (out, "[]");
  else
    g_string_append (out, row->fallback != NULL ? row->fallback : "null");
  if (origin) {
    g_autofree char *from = b9_config_origin (config, path);
    g_string_append_printf (out, "    # %s", from);
  }
  g_string_append_c (out, '\n');
}

char *
b9_config_show (const B9Config *config, gboolean origin)
{
  GString *out = g_string_new (NULL);

  for (const B9ConfigRow *row = b9_config_rows (); row->path != NULL; row++)
    if (strchr (row->path, '*') == NULL)
      append_line (out, config, row->path, row, origin);
  for (guint i = 0; i < config->order->len; i++) {
    const B9ConfigValue *value = config->order->pdata[i];
    const B9ConfigRow *row = b9_config_row (value->path);
    if (row == NULL || strchr (row->path, '*') != NULL)
      append_line (out, config, value->path, row, origin);
  }
  return g_string_free (out, FALSE);
}

/* @text in comment lines of bounded width, at @indent. */
static void
append_comment (GString *out, guint indent, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  gsize column = G_MAXSIZE;

  for (char **word = words; *word != NULL; word++) {
    gsize length = strlen (*word) + 1;
    gboolean wrap = column == G_MAXSIZE || column + length > 100;
    if (wrap)
      g_string_append_printf (out, "%s%*s#", column == G_MAXSIZE ? "" : "\n", (int)indent * 2, "");
    column = (wrap ? indent * 2 + 1 : column) + length;
    g_string_append_printf (out, " %s", *word);
  }
  g_string_append_c (out, '\n');
}

/* A section is live where a key below it has a default; else it is commented out with its keys. */
static gboolean
section_is_live (const char *pattern)
{
  g_autofree char *prefix = g_strconcat (pattern, ".", NULL);

  for (const B9ConfigRow *row = b9_config_rows (); row->path != NULL; row++)
    if (g_str_has_prefix (row->path, prefix) && row->fallback != NULL)
      return TRUE;
  return FALSE;
}

/* The name in the file of @pattern's last part: an example where any name may stand. */
static const char *
name_in_file (const char *pattern)
{
  if (g_str_equal (pattern, "backends.*"))
    return "runsc";
  if (g_str_equal (pattern, "worker.pools.*"))
    return "gpu";
  const char *dot = strrchr (pattern, '.');
  return dot != NULL ? dot + 1 : pattern;
}

static void
append_setting (GString *out, guint indent, gboolean live, const char *name, const char *text)
{
  g_string_append_printf (out, "%s%*s%s:%s%s\n", live ? "" : "#", (int)indent * 2, "", name,
                          text != NULL ? " " : "", text != NULL ? text : "");
}

/* The lines that open the sections of @row that @previous is not in; returns how deep the key stands. */
static guint
append_sections (GString *out, const B9ConfigRow *row, const char *previous)
{
  g_auto (GStrv) parts = g_strsplit (row->path, ".", -1);
  g_autoptr (GString) pattern = g_string_new (NULL);
  guint depth = 0;

  for (; parts[depth + 1] != NULL; depth++) {
    g_string_append_printf (pattern, "%s%s", depth > 0 ? "." : "", parts[depth]);
    g_autofree char *prefix = g_strconcat (pattern->str, ".", NULL);
    if (g_str_has_prefix (previous, prefix))
      continue;
    g_string_append (out, depth == 0 ? "\n" : "");
    if (note_of (pattern->str) != NULL)
      append_comment (out, depth, note_of (pattern->str));
    append_setting (out, depth, section_is_live (pattern->str), name_in_file (pattern->str), NULL);
  }
  return depth;
}

char *
b9_config_defaults (void)
{
  GString *out = g_string_new (
      "# SPDX-License-Identifier: Apache-2.0\n"
      "#\n"
      "# b9run.yaml: all keys of b9run's configuration.  What is set here is the default; what is\n"
      "# commented out (no space after the #) has none, and shows an example.  See b9run.yaml(5).\n");
  const char *previous = "";

  for (const B9ConfigRow *row = b9_config_rows (); row->path != NULL; row++) {
    guint depth = append_sections (out, row, previous);
    gboolean live = row->fallback != NULL;
    g_string_append (out, depth == 0 ? "\n" : "");
    append_comment (out, depth, row->summary);
    append_setting (out, depth, live, name_in_file (row->path), live ? row->fallback : row->example);
    previous = row->path;
  }
  return g_string_free (out, FALSE);
}

/* A hyphen in a name to copy is \- in roff, and a backslash or a dot at the start of a line would be a
 * request. */
static void
append_roff (GString *out, const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if (*p == '-')
      g_string_append (out, "\\-");
    else if (*p == '\\')
      g_string_append (out, "\\e");
    else if (*p == '.' && (p == text || p[-1] == '\n'))
      g_string_append (out, "\\&.");
    else
      g_string_append_c (out, *p);
}

static const char *
type_word (const B9ConfigRow *row)
{
  switch (row->type) {
  case B9_CONFIG_PATH:
    return "absolute path";
  case B9_CONFIG_BOOLEAN:
    return "true or false";
  case B9_CONFIG_LIST:
    return row->paths ? "list of absolute paths" : "list";
  case B9_CONFIG_CHOICE:
    return "choice";
  default:
    return "text";
  }
}

/* "absolute path, default /run/b9run", "one of error, warning, info, debug, default info" … */
static void
append_type (GString *out, const B9ConfigRow *row)
{
  g_autofree char *choices = row->choices != NULL ? g_strjoinv (", ", (char **)row->choices) : NULL;

  if (row->type == B9_CONFIG_CHOICE || (row->type == B9_CONFIG_LIST && choices != NULL)) {
    append_roff (out, row->type == B9_CONFIG_LIST ? "list of " : "one of ");
    append_roff (out, choices);
  } else {
    append_roff (out, type_word (row));
  }
  if (row->fallback == NULL)
    return;
  g_string_append (out, "; default ");
  append_roff (out, row->fallback);
}

char *
b9_config_keys_roff (void)
{
  GString *out = g_string_new (NULL);

  for (const B9ConfigRow *row = b9_config_rows (); row->path != NULL; row++) {
    g_auto (GStrv) parts = g_strsplit (row->path, "*", -1);
    g_autofree char *path = g_strjoinv ("\\fINAME\\fB", parts);
    g_auto (GStrv) dashes = g_strsplit (path, "-", -1);
    g_autofree char *name = g_strjoinv ("\\-", dashes);
    g_string_append_printf (out, ".TP\n\\fB%s\\fR (", name);
    append_type (out, row);
    g_string_append (out, ")\n");
    append_roff (out, row->summary);
    g_string_append_c (out, '\n');
  }
  return g_string_free (out, FALSE);
}
