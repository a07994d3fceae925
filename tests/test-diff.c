/* SPDX-License-Identifier: Apache-2.0
 *
 * test-diff.c: core/spec/diff.c and core/json/json-pretty.c: what `b9run explain --diff` is made of.
 */
#include "config.h"

#include "core/json/json-pretty.h"
#include "core/spec/diff.h"

#include <string.h>

#include "tests/directory-testing.h"
#include "tests/suite-testing.h"

static void
assert_diff (const char *old_text, const char *new_text, const char *expected)
{
  g_autofree char *diff = b9_diff (old_text, new_text, "old", "new");

  ck_assert_str_eq (diff, expected);
}

START_TEST (says_nothing_of_texts_that_are_the_same)
{
  assert_diff ("", "", "");
  assert_diff ("a\nb\n", "a\nb\n", "");
}
END_TEST

START_TEST (shows_what_goes_and_what_comes)
{
  assert_diff ("", "a\nb\n", "--- old\n+++ new\n@@ -0,0 +1,2 @@\n+a\n+b\n");
  assert_diff ("a\nb\n", "", "--- old\n+++ new\n@@ -1,2 +0,0 @@\n-a\n-b\n");
  assert_diff ("a\nb\nc\n", "a\nB\nc\n", "--- old\n+++ new\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
  assert_diff ("a\n", "b\n", "--- old\n+++ new\n@@ -1 +1 @@\n-a\n+b\n");
}
END_TEST

START_TEST (keeps_three_lines_around_and_joins_hunks_that_touch)
{
  assert_diff ("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\nx\n6\n7\n8\n9\n",
               "--- old\n+++ new\n@@ -3,6 +3,7 @@\n 3\n 4\n 5\n+x\n 6\n 7\n 8\n");
  assert_diff ("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
               "--- old\n+++ new\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
  assert_diff (
      "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
      "--- old\n+++ new\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}
END_TEST

/* `patch` makes the new text of the old one and the diff. */
static void
assert_patches (const char *old_text, const char *new_text)
{
  g_autofree char *diff = b9_diff (old_text, new_text, "text", "text");
  g_autofree char *patched = NULL;
  g_autofree char *text = at_top ("text");
  g_autofree char *file = at_top ("diff");
  const char *const argv[] = {"patch", "-s", text, file, NULL};
  int status = -1;

  put_file ("text", old_text);
  put_file ("diff", diff);
  if (*diff != '\0') {
    ck_assert (
        g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
    ck_assert_msg (status == 0, "%s", diff);
  }
  patched = get_file ("text");
  ck_assert_str_eq (patched, new_text);
}

static char *
random_text (GRand *random, guint most)
{
  GString *text = g_string_new (NULL);
  guint lines = (guint)g_rand_int_range (random, 0, (gint32)most);

  for (guint i = 0; i < lines; i++)
    g_string_append_printf (text, "%d\n", g_rand_int_range (random, 0, 6));
  return g_string_free (text, FALSE);
}

START_TEST (makes_diffs_that_patch_understands)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (guint i = 0; i < 100; i++) {
    g_autofree char *old_text = random_text (random, 60);
    g_autofree char *new_text = random_text (random, 60);

    assert_patches (old_text, new_text);
  }
}
END_TEST

START_TEST (replaces_all_of_texts_with_nothing_in_common)
{
  GString *old_text = g_string_new (NULL), *new_text = g_string_new (NULL);
  g_autofree char *diff = NULL;

  for (guint i = 0; i < 3000; i++) {
    g_string_append_printf (old_text, "old %u\n", i);
    g_string_append_printf (new_text, "new %u\n", i);
  }
  diff = b9_diff (old_text->str, new_text->str, "old", "new");
  ck_assert (g_str_has_prefix (diff, "--- old\n+++ new\n@@ -1,3000 +1,3000 @@\n-old 0\n"));
  ck_assert (g_str_has_suffix (diff, "+new 2999\n"));
  g_string_free (old_text, TRUE);
  g_string_free (new_text, TRUE);
}
END_TEST

START_TEST (prints_one_value_a_line_and_changes_none)
{
  static const char json[] =
      "{\"a\\u0062\"  :[1.50e+3,{},[ ],\"\\u00e9\"],\"a\":{\"b\":null , \"c\":[[true]]}}";
  g_autoptr (GBytes) bytes = g_bytes_new_static (json, strlen (json));
  g_autoptr (B9JsonText) text = b9_json_text_new (bytes, "doc", NULL);
  g_autofree char *pretty = b9_json_pretty (text);

  ck_assert_str_eq (pretty, "{\n"
                            "  \"a\\u0062\": [\n"
                            "    1.50e+3,\n"
                            "    {},\n"
                            "    [],\n"
                            "    \"\\u00e9\"\n"
                            "  ],\n"
                            "  \"a\": {\n"
                            "    \"b\": null,\n"
                            "    \"c\": [\n"
                            "      [\n"
                            "        true\n"
                            "      ]\n"
                            "    ]\n"
                            "  }\n"
                            "}\n");
}
END_TEST

int
main (void)
{
  TCase *diff = directory_case ("diff");
  TCase *pretty = tcase_create ("pretty");
  TCase *const cases[] = {diff, pretty, NULL};

  tcase_add_test (diff, says_nothing_of_texts_that_are_the_same);
  tcase_add_test (diff, shows_what_goes_and_what_comes);
  tcase_add_test (diff, keeps_three_lines_around_and_joins_hunks_that_touch);
  tcase_add_test (diff, makes_diffs_that_patch_understands);
  tcase_add_test (diff, replaces_all_of_texts_with_nothing_in_common);
  tcase_add_test (pretty, prints_one_value_a_line_and_changes_none);
  return run_cases ("diff", cases);
}
