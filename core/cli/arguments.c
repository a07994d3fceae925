/* SPDX-License-Identifier: Apache-2.0
 *
 * arguments.c: see arguments.h.
 */
#include "config.h"

#include "core/cli/arguments.h"

#include <string.h>

#include "core/sys/failure.h"
#include "core/sys/words.h"

static void
request_option_free (gpointer data)
{
  B9RequestOption *option = data;

  g_free ((char *)option->name);
  g_free ((char *)option->value);
  g_free (option);
}

static B9Line *
line_new (void)
{
  B9Line *line = g_new0 (B9Line, 1);

  line->options = g_ptr_array_new_with_free_func (request_option_free);
  line->arguments = g_ptr_array_new_with_free_func (g_free);
  return line;
}

void
b9_line_free (B9Line *line)
{
  if (line == NULL)
    return;
  g_ptr_array_unref (line->options);
  g_ptr_array_unref (line->arguments);
  g_free (line);
}

const char *
b9_line_value (const B9Line *line, const char *name)
{
  for (guint i = line->options->len; i > 0; i--) {
    const B9RequestOption *option = g_ptr_array_index (line->options, i - 1);

    if (option != NULL && strcmp (option->name, name) == 0)
      return option->value;
  }
  return NULL;
}

gboolean
b9_line_flag (const B9Line *line, const char *name)
{
  return g_strcmp0 (b9_line_value (line, name), "true") == 0;
}

const char *
b9_line_argument (const B9Line *line, guint position)
{
  return position < line->arguments->len ? g_ptr_array_index (line->arguments, position) : NULL;
}

static void
add_option (B9Line *line, const char *name, const char *value)
{
  B9RequestOption *option = g_new0 (B9RequestOption, 1);

  option->struct_size = sizeof *option;
  option->name = g_strdup (name);
  option->value = g_strdup (value);
  g_ptr_array_add (line->options, option);
}

static const B9Option *
find_option (const B9Option *options, const char *name)
{
  for (; options != NULL && options->name != NULL; options++) {
    if (strcmp (options->name, name) == 0 ||
        (options->short_name == name[0] && name[0] != '\0' && name[1] == '\0'))
      return options;
  }
  return NULL;
}

static gboolean
fail_unknown (const B9Grammar *grammar, const char *word, const char *name, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const B9Option *before = find_option (grammar->before, name);
  const char *nearest;

  if (before != NULL)
    return b9_fail (error, B9_ERROR_USAGE, "%s: --%s is a global option, which goes before the command",
                    grammar->where, before->name);
  for (const B9Option *option = grammar->options; option != NULL && option->name != NULL; option++)
    g_ptr_array_add (names, (gpointer)option->name);
  g_ptr_array_add (names, NULL);
  nearest = b9_nearest (name, (const char *const *)names->pdata);
  if (nearest != NULL)
    return b9_fail (error, B9_ERROR_USAGE, "%s: unknown option %s; did you mean --%s?", grammar->where, word,
                    nearest);
  if (grammar->usage != NULL)
    return b9_fail (error, B9_ERROR_USAGE,
                    "%s: unknown option %s; usage: b9run %s (an option of a backend goes before the command)",
                    grammar->where, word, grammar->usage);
  return b9_fail (error, B9_ERROR_USAGE, "%s: unknown option %s; see --help", grammar->where, word);
}

/* The values that Go's flag package takes for a boolean. */
static const char *
boolean_value (const char *text)
{
  static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True", NULL};
  static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False", NULL};

  if (g_strv_contains (yes, text))
    return "true";
  return g_strv_contains (no, text) ? "false" : NULL;
}

static gboolean
read_boolean (const B9Grammar *grammar, B9Line *line, const B9Option *option, const char *value,
              GError **error)
{
  const char *meaning = value == NULL ? "true" : boolean_value (value);

  if (meaning == NULL)
    return b9_fail (error, B9_ERROR_USAGE, "%s: invalid boolean value \"%s\" for --%s: write true or false",
                    grammar->where, value, option->name);
  add_option (line, option->name, meaning);
  return TRUE;
}

/* Reads the option at *position, and its value from the next word where it stands there. */
static gboolean
read_option (const B9Grammar *grammar, B9Line *line, const char *const *words, guint *position,
             GError **error)
{
  const char *word = words[(*position)++];
  const char *start = word + (word[1] == '-' ? 2 : 1);
  const char *equals = strchr (start, '=');
  g_autofree char *name = equals != NULL ? g_strndup (start, (gsize)(equals - start)) : g_strdup (start);
  const B9Option *option = find_option (grammar->options, name);
  const char *value = equals != NULL ? equals + 1 : NULL;

  if (option == NULL && grammar->keeps_unknown && strlen (name) > 1) {
    add_option (line, name, value != NULL ? value : "true");
    return TRUE;
  }
  if (option == NULL)
    return fail_unknown (grammar, word, name, error);
  if (option->takes == B9_TAKES_NOTHING)
    return read_boolean (grammar, line, option, value, error);
  if (value == NULL && words[*position] == NULL)
    /* podman looks for these words to learn that a runtime has the option. */
    return b9_fail (error, B9_ERROR_USAGE, "%s: flag needs an argument: --%s", grammar->where, option->name);
  value = value != NULL ? value : words[(*position)++];
  if (option->takes == B9_TAKES_NUMBER && !g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT32, NULL, NULL))
    return b9_fail (error, B9_ERROR_USAGE, "%s: --%s takes a number, not \"%s\"", grammar->where,
                    option->name, value);
  add_option (line, option->name, value);
  return TRUE;
}

B9Line *
b9_parse_line (const B9Grammar *grammar, const char *const *words, guint *position, GError **error)
{
  g_autoptr (B9Line) line = line_new ();
  gboolean options_over = FALSE;

  while (words[*position] != NULL) {
    const char *word = words[*position];

    if (!options_over && strcmp (word, "--") == 0) {
      options_over = TRUE;
      (*position)++;
    } else if (!options_over && word[0] == '-' && word[1] != '\0') {
      if (!read_option (grammar, line, words, position, error))
        return NULL;
    } else if (grammar->keeps_unknown) {
      return g_steal_pointer (&line);
    } else {
      g_ptr_array_add (line->arguments, g_strdup (word));
      (*position)++;
      options_over = options_over || grammar->ends_at_argument;
    }
  }
  return g_steal_pointer (&line);
}

void
b9_print_options (GString *text, const B9Option *options)
{
  for (; options != NULL && options->name != NULL; options++) {
    g_autoptr (GString) left = g_string_new ("  ");

    if (options->short_name != 0)
      g_string_append_printf (left, "-%c, ", options->short_name);
    g_string_append_printf (left, "--%s", options->name);
    if (options->takes != B9_TAKES_NOTHING)
      g_string_append_printf (left, " %s", options->value);
    g_string_append_printf (text, "%-32s %s\n", left->str, options->summary);
  }
}
