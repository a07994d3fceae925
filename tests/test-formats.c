/* SPDX-License-Identifier: Apache-2.0
 *
 * test-formats.c: the JSON and YAML modules, and what is said when one is missing or of another build.
 *
 * Needs B9RUN_LIBEXEC_DIR: the directory with the modules just built.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "core/formats/format-module.h"
#include "tests/suite-testing.h"

static void
assert_json (const char *variant, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = b9_format_json (g_variant_new_parsed (variant), FALSE, &error);
  ck_assert_msg (error == NULL, "%s", error != NULL ? error->message : "");
  ck_assert_str_eq (text, expected);
}

static void
assert_json_refused (GVariant *document, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = b9_format_json (document, FALSE, &error);
  ck_assert_ptr_null (text);
  ck_assert_ptr_nonnull (error);
  ck_assert_str_eq (error->message, message);
}

START_TEST (keeps_the_order_of_members)
{
  assert_json ("{'z': <1>, 'a': <'two'>, 'm': <true>}", "{\"z\":1,\"a\":\"two\",\"m\":true}");
}
END_TEST

START_TEST (writes_every_kind_of_value)
{
  assert_json (
      "[<'s'>, <byte 7>, <int32 -1>, <uint32 4294967295>, <int64 -9223372036854775808>, <1.5>, <false>]",
      "[\"s\",7,-1,4294967295,-9223372036854775808,1.5,false]");
  assert_json ("{'l': <['a', 'b']>, 'n': <@ms nothing>, 'o': <@a{sv} {}>, 'e': <@av []>}",
               "{\"l\":[\"a\",\"b\"],\"n\":null,\"o\":{},\"e\":[]}");
  assert_json ("{'n': <@mv nothing>, 'v': <@mv <3>>}", "{\"n\":null,\"v\":3}");
  assert_json ("<uint64 9223372036854775807>", "9223372036854775807");
}
END_TEST

START_TEST (escapes_text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = b9_format_json (g_variant_new_string ("a\"b\\c\n\001é"), FALSE, &error);
  ck_assert_str_eq (text, "\"a\\\"b\\\\c\\n\\u0001é\"");
}
END_TEST

START_TEST (indents_pretty_output_as_other_runtimes_do)
{
  g_autoptr (GError) error = NULL;
  GVariant *document = g_variant_new_parsed ("{'status': <'a : \"b\\\\'>, 'pid': <1>, 'l': <[1, 2]>}");
  g_autofree char *text = b9_format_json (document, TRUE, &error);
  ck_assert_str_eq (text,
                    "{\n  \"status\": \"a : \\\"b\\\\\",\n  \"pid\": 1,\n  \"l\": [\n    1,\n    2\n  ]\n}");
}
END_TEST

START_TEST (refuses_numbers_that_json_glib_turns_negative)
{
  assert_json_refused (g_variant_new_parsed ("{'a': <[uint64 1, 9223372036854775808]>}"),
                       "9223372036854775808 is too large a number for JSON output");
}
END_TEST

START_TEST (refuses_numbers_that_json_has_not)
{
  assert_json_refused (g_variant_new_double (INFINITY), "JSON has no infinity and no NaN");
  assert_json_refused (g_variant_new_variant (g_variant_new_double (NAN)), "JSON has no infinity and no NaN");
}
END_TEST

START_TEST (takes_over_a_floating_document_and_leaves_a_kept_one)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) kept = g_variant_ref_sink (g_variant_new_string ("x"));
  g_autofree char *first = b9_format_json (kept, FALSE, &error);
  g_autofree char *second = b9_format_json (kept, FALSE, &error);
  ck_assert_str_eq (first, "\"x\"");
  ck_assert_str_eq (second, "\"x\"");
}
END_TEST

static B9YamlNode *
yaml (const char *text)
{
  g_autoptr (GError) error = NULL;
  B9YamlNode *root = b9_format_yaml (text, strlen (text), "t.yaml", &error);
  ck_assert_msg (error == NULL, "%s", error != NULL ? error->message : "");
  return root;
}

static void
assert_yaml_refused_n (const char *text, gsize length, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9YamlNode) root = b9_format_yaml (text, length, "t.yaml", &error);
  ck_assert_ptr_null (root);
  ck_assert_ptr_nonnull (error);
  ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_BAD_INPUT));
  ck_assert_str_eq (error->message, message);
}

static void
assert_yaml_refused (const char *text, const char *message)
{
  assert_yaml_refused_n (text, strlen (text), message);
}

START_TEST (reads_mappings_lists_and_texts_with_their_lines)
{
  g_autoptr (B9YamlNode) root = yaml ("# comment\na: 1\nb:\n  - x\n  - 'y'\nc: {d: \"z\"}\n");
  ck_assert_int_eq (root->kind, B9_YAML_MAPPING);
  ck_assert_uint_eq (root->children->len, 3);
  const B9YamlNode *a = root->children->pdata[0];
  const B9YamlNode *b = root->children->pdata[1];
  const B9YamlNode *c = root->children->pdata[2];
  ck_assert_str_eq (a->key, "a");
  ck_assert_str_eq (a->scalar, "1");
  ck_assert (!a->quoted);
  ck_assert_uint_eq (a->line, 2);
  ck_assert_int_eq (b->kind, B9_YAML_SEQUENCE);
  ck_assert_uint_eq (b->line, 3);
  const B9YamlNode *y = b->children->pdata[1];
  ck_assert_ptr_null (y->key);
  ck_assert_str_eq (y->scalar, "y");
  ck_assert (y->quoted);
  ck_assert_uint_eq (y->line, 5);
  const B9YamlNode *d = c->children->pdata[0];
  ck_assert_str_eq (d->key, "d");
  ck_assert (d->quoted);
}
END_TEST

START_TEST (takes_block_texts_as_quoted)
{
  g_autoptr (B9YamlNode) root = yaml ("a: |\n  true\n");
  const B9YamlNode *a = root->children->pdata[0];
  ck_assert_str_eq (a->scalar, "true\n");
  ck_assert (a->quoted);
}
END_TEST

START_TEST (takes_no_document_as_empty)
{
  ck_assert_ptr_null (yaml (""));
  ck_assert_ptr_null (yaml ("# nothing\n"));
  ck_assert_ptr_null (yaml ("---\n"));
  ck_assert_ptr_null (yaml ("---\n# nothing\n...\n"));
}
END_TEST

START_TEST (reads_json_and_a_byte_order_mark)
{
  g_autoptr (B9YamlNode) json = yaml ("{\"a\": [1, \"b\"]}");
  ck_assert_uint_eq (json->children->len, 1);
  g_autoptr (B9YamlNode) marked = yaml ("\xef\xbb\xbf"
                                        "a: 1\n");
  ck_assert_str_eq (((B9YamlNode *)marked->children->pdata[0])->key, "a");
}
END_TEST

START_TEST (refuses_duplicate_keys)
{
  assert_yaml_refused ("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n",
                       "t.yaml:5:3: the key \"c\" stands here twice, first in line 3");
  assert_yaml_refused ("a: 1\n\"a\": 2\n", "t.yaml:2:1: the key \"a\" stands here twice, first in line 1");
}
END_TEST

START_TEST (refuses_anchors_and_aliases)
{
  assert_yaml_refused ("a: &x 1\n", "t.yaml:1:4: the anchor \"&x\" is not supported: write the value out");
  assert_yaml_refused ("a: &x [1]\n", "t.yaml:1:4: the anchor \"&x\" is not supported: write the value out");
  assert_yaml_refused ("a: 1\nb: *x\n", "t.yaml:2:4: the alias \"*x\" is not supported: write the value out");
  assert_yaml_refused ("&k a: 1\n", "t.yaml:1:1: the anchor \"&k\" is not supported: write the value out");
}
END_TEST

START_TEST (refuses_tags)
{
  assert_yaml_refused ("a: !!str 1\n",
                       "t.yaml:1:4: the tag \"tag:yaml.org,2002:str\" is not supported: leave it out");
  assert_yaml_refused ("a: !x {}\n", "t.yaml:1:4: the tag \"!x\" is not supported: leave it out");
  assert_yaml_refused ("! a\n", "t.yaml:1:1: the tag \"!\" is not supported: leave it out");
}
END_TEST

START_TEST (refuses_merge_keys)
{
  assert_yaml_refused ("a: 1\n<<: {b: 2}\n",
                       "t.yaml:2:1: the merge key \"<<\" is not supported: write the keys out");
  g_autoptr (B9YamlNode) quoted = yaml ("\"<<\": 1\n");
  ck_assert_str_eq (((B9YamlNode *)quoted->children->pdata[0])->key, "<<");
}
END_TEST

START_TEST (refuses_a_second_document)
{
  assert_yaml_refused ("a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document begins here: only one is read");
}
END_TEST

START_TEST (refuses_keys_that_are_no_text)
{
  assert_yaml_refused ("? [a]\n: 1\n", "t.yaml:1:3: a key must be text, not a list");
  assert_yaml_refused ("{{a: 1}: 2}\n", "t.yaml:1:2: a key must be text, not a mapping");
}
END_TEST

START_TEST (refuses_nul_in_text)
{
  assert_yaml_refused ("a: \"x\\0y\"\n", "t.yaml:1:4: a text holds a NUL character");
  assert_yaml_refused ("\"x\\0\": 1\n", "t.yaml:1:1: a text holds a NUL character");
}
END_TEST

START_TEST (refuses_what_is_no_yaml_with_line_and_column)
{
  assert_yaml_refused (
      "a: 1\n\tb: 2\n",
      "t.yaml:2:1: found a tab character that violates indentation while scanning a plain scalar");
  assert_yaml_refused ("a: [1\n",
                       "t.yaml:2:1: did not find expected ',' or ']' while parsing a flow sequence");
  assert_yaml_refused ("a: 1\nb: \xff\n", "t.yaml:2:4: invalid leading UTF-8 octet");
  assert_yaml_refused_n ("a: \001\n", 5, "t.yaml:1:4: control characters are not allowed");
}
END_TEST

static char *
nested (guint depth)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < depth; i++)
    g_string_append_c (text, '[');
  for (guint i = 0; i < depth; i++)
    g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

START_TEST (bounds_the_depth)
{
  g_autofree char *allowed = nested (32);
  g_autofree char *refused = nested (33);
  g_autoptr (B9YamlNode) root = yaml (allowed);
  ck_assert_ptr_nonnull (root);
  assert_yaml_refused (refused, "t.yaml:1:33: the document is nested deeper than 32 levels");
}
END_TEST

START_TEST (bounds_the_number_of_values)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < 100000; i++)
    g_string_append (text, "- a\n");
  assert_yaml_refused (text->str, "t.yaml:100000:3: the document has more than 100000 values");
  g_string_truncate (text, text->len - 4);
  g_autoptr (B9YamlNode) root = yaml (text->str);
  ck_assert_uint_eq (root->children->len, 99999);
}
END_TEST

START_TEST (finds_duplicates_among_many_keys_in_little_time)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < 49000; i++)
    g_string_append_printf (text, "k%u: a\n", i);
  g_string_append (text, "k7: b\n");
  gint64 begun = g_get_monotonic_time ();
  assert_yaml_refused (text->str, "t.yaml:49001:1: the key \"k7\" stands here twice, first in line 8");
  ck_assert_int_lt (g_get_monotonic_time () - begun, 5 * G_USEC_PER_SEC);
}
END_TEST

START_TEST (bounds_the_size)
{
  g_autofree char *text = g_malloc (1024 * 1024 + 1);
  memset (text, '#', 1024 * 1024 + 1);
  assert_yaml_refused_n (text, 1024 * 1024 + 1, "t.yaml has 1048577 bytes: a YAML file may have 1048576");
}
END_TEST

START_TEST (says_which_module_is_missing)
{
  g_autoptr (GError) error = NULL;
  ck_assert_ptr_null (b9_format_module_open ("/nonexistent", "yaml", &error));
  ck_assert_str_eq (
      error->message,
      "the module for yaml cannot be loaded: /nonexistent/b9run-yaml.so: cannot open shared object "
      "file: No such file or directory; it is part of b9run: install b9run again, whole");
}
END_TEST

START_TEST (says_which_file_is_no_module)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("b9-formats-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (directory, "b9run-json.so", NULL);
  ck_assert (g_file_set_contents (file, "no ELF", -1, NULL));
  ck_assert_ptr_null (b9_format_module_open (directory, "json", &error));
  g_autofree char *expected = g_strdup_printf (
      "the module for json cannot be loaded: %s: file too short; it is part of b9run: install b9run "
      "again, whole",
      file);
  ck_assert_str_eq (error->message, expected);
  g_unlink (file);
  g_rmdir (directory);
}
END_TEST

START_TEST (opens_a_module_twice_as_one)
{
  g_autoptr (GError) error = NULL;
  const char *directory = g_getenv ("B9RUN_LIBEXEC_DIR");
  ck_assert_ptr_nonnull (directory);
  const B9FormatModule *first = b9_format_module_open (directory, "yaml", &error);
  ck_assert_ptr_nonnull (first);
  ck_assert_ptr_eq (first, b9_format_module_open (directory, "yaml", &error));
}
END_TEST

static void
assert_module_refused (const B9FormatModule *module, const char *message)
{
  g_autoptr (GError) error = NULL;
  ck_assert (!b9_format_module_check (module, "/m.so", "json", &error));
  ck_assert_str_eq (error->message, message);
}

START_TEST (refuses_a_module_of_another_build)
{
  const char *message = "/m.so is not of this build of b9run (" PACKAGE_VERSION
                        "): install b9run again, whole";
  const B9FormatModule size = {.struct_size = 8, .version = PACKAGE_VERSION};
  const B9FormatModule version = {.struct_size = sizeof (B9FormatModule), .version = "0.0.0-other"};
  const B9FormatModule none = {.struct_size = sizeof (B9FormatModule)};
  assert_module_refused (&size, message);
  assert_module_refused (&version, message);
  assert_module_refused (&none, message);
}
END_TEST

START_TEST (refuses_a_module_of_another_format)
{
  const B9FormatModule module = {.struct_size = sizeof (B9FormatModule), .version = PACKAGE_VERSION};
  assert_module_refused (&module, "/m.so does not read or write json: install b9run again, whole");
}
END_TEST

int
main (void)
{
  TCase *json = tcase_create ("json");
  TCase *yaml_case = tcase_create ("yaml");
  TCase *module = tcase_create ("module");
  TCase *const cases[] = {json, yaml_case, module, NULL};

  tcase_add_test (json, keeps_the_order_of_members);
  tcase_add_test (json, writes_every_kind_of_value);
  tcase_add_test (json, escapes_text);
  tcase_add_test (json, indents_pretty_output_as_other_runtimes_do);
  tcase_add_test (json, refuses_numbers_that_json_glib_turns_negative);
  tcase_add_test (json, refuses_numbers_that_json_has_not);
  tcase_add_test (json, takes_over_a_floating_document_and_leaves_a_kept_one);
  tcase_add_test (yaml_case, reads_mappings_lists_and_texts_with_their_lines);
  tcase_add_test (yaml_case, takes_block_texts_as_quoted);
  tcase_add_test (yaml_case, takes_no_document_as_empty);
  tcase_add_test (yaml_case, reads_json_and_a_byte_order_mark);
  tcase_add_test (yaml_case, refuses_duplicate_keys);
  tcase_add_test (yaml_case, refuses_anchors_and_aliases);
  tcase_add_test (yaml_case, refuses_tags);
  tcase_add_test (yaml_case, refuses_merge_keys);
  tcase_add_test (yaml_case, refuses_a_second_document);
  tcase_add_test (yaml_case, refuses_keys_that_are_no_text);
  tcase_add_test (yaml_case, refuses_nul_in_text);
  tcase_add_test (yaml_case, refuses_what_is_no_yaml_with_line_and_column);
  tcase_add_test (yaml_case, bounds_the_depth);
  tcase_add_test (yaml_case, bounds_the_number_of_values);
  tcase_add_test (yaml_case, finds_duplicates_among_many_keys_in_little_time);
  tcase_add_test (yaml_case, bounds_the_size);
  tcase_add_test (module, says_which_module_is_missing);
  tcase_add_test (module, says_which_file_is_no_module);
  tcase_add_test (module, opens_a_module_twice_as_one);
  tcase_add_test (module, refuses_a_module_of_another_build);
  tcase_add_test (module, refuses_a_module_of_another_format);
  return run_cases ("formats", cases);
}
