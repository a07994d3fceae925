/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-arguments.c: any words as a command line.
 *
 * The first byte chooses how they are read; the words end with a zero byte each.  What was read, written
 * again in one form, must be read as the same.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli/arguments.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define MOST_WORDS 64

static const B9Option options[] = {
    {.name = "bundle", .short_name = 'b', .takes = B9_TAKES_VALUE, .value = "DIR", .summary = "a value"},
    {.name = "detach", .short_name = 'd', .takes = B9_TAKES_NOTHING, .summary = "a boolean"},
    {.name = "env", .short_name = 'e', .takes = B9_TAKES_MANY, .value = "N=V", .summary = "values"},
    {.name = "no-pivot", .takes = B9_TAKES_NOTHING, .summary = "a boolean without a letter"},
    {.name = NULL},
};

static GPtrArray *
split (const uint8_t *data, size_t size)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  const char *at = (const char *)data, *end = at + size;

  while (at < end && words->len < MOST_WORDS) {
    gsize length = strnlen (at, (gsize)(end - at));

    g_ptr_array_add (words, g_strndup (at, length));
    at += length + 1;
  }
  g_ptr_array_add (words, NULL);
  return words;
}

/* --name=value of each option, then the arguments behind "--". */
static GPtrArray *
write_again (const B9Line *line)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < line->options->len; i++) {
    const B9RequestOption *option = g_ptr_array_index (line->options, i);

    g_ptr_array_add (words, g_strdup_printf ("--%s=%s", option->name, option->value));
  }
  g_ptr_array_add (words, g_strdup ("--"));
  for (guint i = 0; i < line->arguments->len; i++)
    g_ptr_array_add (words, g_strdup (g_ptr_array_index (line->arguments, i)));
  g_ptr_array_add (words, NULL);
  return words;
}

static void
expect_same (const B9Line *line, const B9Line *again)
{
  g_assert_nonnull (again);
  g_assert_cmpuint (line->options->len, ==, again->options->len);
  g_assert_cmpuint (line->arguments->len, ==, again->arguments->len);
  for (guint i = 0; i < line->options->len; i++) {
    const B9RequestOption *one = g_ptr_array_index (line->options, i),
                          *two = g_ptr_array_index (again->options, i);

    g_assert_cmpstr (one->name, ==, two->name);
    g_assert_cmpstr (one->value, ==, two->value);
    g_assert_nonnull (b9_line_value (line, one->name));
  }
  for (guint i = 0; i < line->arguments->len; i++)
    g_assert_cmpstr (b9_line_argument (line, i), ==, b9_line_argument (again, i));
}

static void
check_again (const B9Grammar *grammar, const B9Line *line)
{
  g_autoptr (GPtrArray) words = write_again (line);
  g_autoptr (B9Line) again = NULL;
  guint position = 0;

  again = b9_parse_line (grammar, (const char *const *)words->pdata, &position, NULL);
  expect_same (line, again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const guint8 way = size > 0 ? data[0] : 0;
  const B9Grammar grammar = {.options = options,
                             .ends_at_argument = (way & 1) != 0,
                             .keeps_unknown = (way & 2) != 0,
                             .where = "fuzz"};
  g_autoptr (GPtrArray) words = split (data + (size > 0), size - (size > 0));
  g_autoptr (GError) error = NULL;
  guint position = 0;
  g_autoptr (B9Line) line = b9_parse_line (&grammar, (const char *const *)words->pdata, &position, &error);

  g_assert_true ((line == NULL) == (error != NULL));
  g_assert_cmpuint (position, <=, words->len - 1);
  if (line == NULL)
    return 0;
  g_assert_true (grammar.keeps_unknown || position == words->len - 1);
  check_again (&grammar, line);
  return 0;
}
