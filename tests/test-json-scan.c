/* SPDX-License-Identifier: Apache-2.0
 *
 * test-json-scan.c: which documents json-scan.c takes, and the message of each it refuses.
 */
#include "config.h"

#include "core/json/json-text.h"
#include "tests/json-testing.h"

#include <string.h>

START_TEST (reads_every_kind_of_value)
{
  g_autoptr (B9JsonText) text = parse (" [null, true, false, -1.5e+3, \"s\", [], {}]\r\n\t");
  const B9JsonKind kinds[] = {B9_JSON_NULL,   B9_JSON_BOOLEAN, B9_JSON_BOOLEAN, B9_JSON_NUMBER,
                              B9_JSON_STRING, B9_JSON_ARRAY,   B9_JSON_OBJECT};
  const char *const raw[] = {"null", "true", "false", "-1.5e+3", "\"s\"", "[]", "{}"};
  B9JsonValue value = b9_json_first (text, B9_JSON_ROOT);

  ck_assert_uint_eq (b9_json_length (text, B9_JSON_ROOT), G_N_ELEMENTS (kinds));
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++, value = b9_json_next (text, value)) {
    ck_assert_int_eq ((int)b9_json_kind (text, value), (int)kinds[i]);
    assert_raw (text, value, raw[i]);
  }
  ck_assert_uint_eq (value, B9_JSON_NONE);
}
END_TEST

START_TEST (reads_every_form_of_number)
{
  const char *const numbers[] = {"0",   "-0",   "10",        "0.5",
                                 "1e5", "1E-5", "-1.25e+10", "123456789012345678901234567890"};

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    g_autoptr (B9JsonText) text = parse (numbers[i]);

    assert_raw (text, B9_JSON_ROOT, numbers[i]);
  }
}
END_TEST

START_TEST (walks_nested_containers)
{
  g_autoptr (B9JsonText) text = parse ("{\"a\":[1,[2,{}],3],\"b\":{\"c\":{}},\"d\":0}");
  B9JsonValue a = b9_json_first (text, B9_JSON_ROOT);
  B9JsonValue b = b9_json_next (text, a);
  B9JsonValue d = b9_json_next (text, b);

  assert_raw (text, B9_JSON_ROOT, "{\"a\":[1,[2,{}],3],\"b\":{\"c\":{}},\"d\":0}");
  assert_raw (text, a, "[1,[2,{}],3]");
  assert_raw (text, b, "{\"c\":{}}");
  assert_raw (text, d, "0");
  ck_assert_uint_eq (b9_json_next (text, d), B9_JSON_NONE);
  ck_assert_uint_eq (b9_json_next (text, B9_JSON_ROOT), B9_JSON_NONE);
  ck_assert_uint_eq (b9_json_first (text, d), B9_JSON_NONE);
  ck_assert_uint_eq (b9_json_length (text, a), 3);
  ck_assert_uint_eq (b9_json_first (text, b9_json_first (text, b)), B9_JSON_NONE);
}
END_TEST

START_TEST (keeps_the_bytes_and_the_name)
{
  g_autoptr (GBytes) bytes = g_bytes_new ("[1]", 3);
  g_autoptr (B9JsonText) text = b9_json_text_new (bytes, "name", NULL);

  ck_assert_ptr_eq (b9_json_text_bytes (text), bytes);
  ck_assert_str_eq (b9_json_text_what (text), "name");
}
END_TEST

START_TEST (refuses_an_empty_document)
{
  assert_refused ("", "doc: line 1, column 1: the document is empty, expected a value");
  assert_refused (" \n ", "doc: line 2, column 2: the document is empty, expected a value");
}
END_TEST

START_TEST (refuses_a_trailing_comma)
{
  assert_refused ("[1,]", "doc: line 1, column 4: expected a value after the comma, found ']'");
  assert_refused ("{\"a\":1,\n}",
                  "doc: line 2, column 1: expected a member's name after the comma, found '}'");
}
END_TEST

START_TEST (refuses_a_missing_comma)
{
  assert_refused ("[1 2]", "doc: line 1, column 4: expected ',' or ']', found '2'");
  assert_refused ("{\"a\":1\n \"b\":2}", "doc: line 2, column 2: expected ',' or '}', found '\"'");
}
END_TEST

START_TEST (refuses_a_missing_value)
{
  assert_refused ("[,1]", "doc: line 1, column 2: expected a value, found ','");
  assert_refused ("{\"a\":}", "doc: line 1, column 6: expected a value, found '}'");
  assert_refused ("[1,,2]", "doc: line 1, column 4: expected a value, found ','");
  assert_refused ("]", "doc: line 1, column 1: expected a value, found ']'");
}
END_TEST

START_TEST (refuses_a_missing_name_or_colon)
{
  assert_refused ("{a:1}", "doc: line 1, column 2: expected a member's name or '}', found 'a'");
  assert_refused ("{,}", "doc: line 1, column 2: expected a member's name or '}', found ','");
  assert_refused ("{'a':1}", "doc: line 1, column 2: expected a member's name or '}', found '''");
  assert_refused ("{\"a\" 1}", "doc: line 1, column 6: expected ':' after the member's name, found '1'");
}
END_TEST

START_TEST (refuses_the_wrong_bracket)
{
  assert_refused ("[1}", "doc: line 1, column 3: expected ',' or ']', found '}'");
  assert_refused ("{\"a\":1]", "doc: line 1, column 7: expected ',' or '}', found ']'");
}
END_TEST

START_TEST (refuses_comments)
{
  assert_refused ("[1, // one\n2]",
                  "doc: line 1, column 5: expected a value, found '/' (JSON has no comments)");
  assert_refused (
      "{} /* end */",
      "doc: line 1, column 4: expected the end of the document, found '/' (JSON has no comments)");
}
END_TEST

START_TEST (refuses_words_that_are_no_json)
{
  assert_refused ("[NaN]", "doc: line 1, column 2: expected a value, found 'NaN'");
  assert_refused ("[-Infinity]", "doc: line 1, column 3: expected a digit after '-', found 'Infinity'");
  assert_refused ("True", "doc: line 1, column 1: expected a value, found 'True'");
  assert_refused ("nul", "doc: line 1, column 1: expected a value, found 'nul'");
  assert_refused ("truex", "doc: line 1, column 5: expected the end of the document, found 'x'");
}
END_TEST

START_TEST (refuses_malformed_numbers)
{
  assert_refused ("[01]", "doc: line 1, column 2: expected a number without leading zeros");
  assert_refused ("[-007]", "doc: line 1, column 3: expected a number without leading zeros");
  assert_refused ("[+1]", "doc: line 1, column 2: expected a value, found '+'");
  assert_refused ("[.5]", "doc: line 1, column 2: expected a value, found '.'");
  assert_refused ("[1.]", "doc: line 1, column 4: expected a digit after the decimal point, found ']'");
  assert_refused ("[1e]", "doc: line 1, column 4: expected a digit of the exponent, found ']'");
  assert_refused ("[1e+]", "doc: line 1, column 5: expected a digit of the exponent, found ']'");
  assert_refused ("-", "doc: line 1, column 2: expected a digit after '-', found the end of the document");
  assert_refused ("[0x10]", "doc: line 1, column 3: expected ',' or ']', found 'x10'");
}
END_TEST

START_TEST (refuses_anything_after_the_document)
{
  assert_refused ("{}\n{}", "doc: line 2, column 1: expected the end of the document, found '{'");
  assert_refused ("1 2", "doc: line 1, column 3: expected the end of the document, found '2'");
  assert_refused ("[],", "doc: line 1, column 3: expected the end of the document, found ','");
  assert_refused_bytes ("{}\0", 3,
                        "doc: line 1, column 3: expected the end of the document, found the byte 0x00");
}
END_TEST

START_TEST (refuses_a_truncated_document)
{
  assert_refused ("{\n\"a\": [1",
                  "doc: line 2, column 8: expected ',' or ']', found the end of the document; "
                  "the array of line 2 is not closed");
  assert_refused ("{\n\"a\"",
                  "doc: line 2, column 4: expected ':' after the member's name, found the end of the "
                  "document; the object of line 1 is not closed");
  assert_refused ("[", "doc: line 1, column 2: expected a value, found the end of the document; the array of "
                       "line 1 is not closed");
  assert_refused ("[\"ab",
                  "doc: line 1, column 2: expected '\"' at the end of this string, found the end of the "
                  "document");
  assert_refused ("\"a\\",
                  "doc: line 1, column 4: expected one of \" \\ / b f n r t u after the backslash, found "
                  "the end of the document");
}
END_TEST

/* Each beginning of a document is read no further than it goes (a sanitizer watches) and refused. */
START_TEST (refuses_every_beginning_of_a_document)
{
  const char json[] = "{\"a\\ud83d\\ude00\":[true,null,-1.5e-7,{}],\"b\":\"\\u00e9\xc3\xa9\"}";

  for (gsize length = 0; length < strlen (json); length++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (B9JsonText) text = parse_bytes (json, length, &error);

    ck_assert_ptr_null (text);
    ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_BAD_INPUT));
  }
  b9_json_text_free (parse (json));
}
END_TEST

START_TEST (refuses_control_characters_in_strings)
{
  assert_refused ("[\"a\nb\"]",
                  "doc: line 1, column 4: the control character 0x0a in a string: expected \\u000a");
  assert_refused ("{\"\t\":1}",
                  "doc: line 1, column 3: the control character 0x09 in a string: expected \\u0009");
  assert_refused_bytes ("\"\0\"", 3,
                        "doc: line 1, column 2: the control character 0x00 in a string: expected \\u0000");
}
END_TEST

START_TEST (refuses_unknown_escapes)
{
  assert_refused ("\"\\x41\"",
                  "doc: line 1, column 3: expected one of \" \\ / b f n r t u after the backslash, "
                  "found 'x41'");
  assert_refused ("\"\\u12g4\"", "doc: line 1, column 2: expected four hexadecimal digits after \\u");
  assert_refused ("\"\\u12", "doc: line 1, column 2: expected four hexadecimal digits after \\u");
}
END_TEST

START_TEST (refuses_half_a_surrogate_pair)
{
  assert_refused ("\"\\ud800\"",
                  "doc: line 1, column 2: \\ud800 is half a character: expected a pair of surrogates");
  assert_refused ("\"\\udc00x\"",
                  "doc: line 1, column 2: \\udc00 is half a character: expected a pair of surrogates");
  assert_refused ("\"\\ud800\\u0041\"",
                  "doc: line 1, column 2: \\ud800 is half a character: expected a pair of surrogates");
  assert_refused ("\"\\ud800\\",
                  "doc: line 1, column 2: \\ud800 is half a character: expected a pair of surrogates");
  assert_refused ("{\"\\uDBFF\\uD800\":0}",
                  "doc: line 1, column 3: \\uDBFF is half a character: expected a pair of surrogates");
}
END_TEST

START_TEST (refuses_bytes_that_are_no_utf8)
{
  assert_refused ("\"a\xff\"", "doc: line 1, column 3: the byte 0xff is not UTF-8, expected a character");
  assert_refused ("\"\xc0\xaf\"", "doc: line 1, column 2: the byte 0xc0 is not UTF-8, expected a character");
  assert_refused ("\"\xed\xa0\x80\"",
                  "doc: line 1, column 2: the byte 0xed is not UTF-8, expected a character");
  assert_refused ("{\"\xe2\x82\":1}",
                  "doc: line 1, column 3: the byte 0xe2 is not UTF-8, expected a character");
  assert_refused ("[\xfe]",
                  "doc: line 1, column 2: expected a value, found the byte 0xfe, which is not UTF-8");
  assert_refused ("[\xc3",
                  "doc: line 1, column 2: expected a value, found the byte 0xc3, which is not UTF-8");
}
END_TEST

START_TEST (refuses_a_byte_order_mark)
{
  assert_refused ("\xef\xbb\xbf{}", "doc: line 1, column 1: expected a value, found a byte order mark");
  assert_refused_bytes ("\xff\xfe{\0}\0", 6,
                        "doc: line 1, column 1: expected a value, found the byte 0xff, which is not UTF-8");
}
END_TEST

START_TEST (refuses_characters_that_only_look_like_space)
{
  assert_refused ("[\xc2\xa0]", "doc: line 1, column 2: expected a value, found the character U+00A0");
  assert_refused ("[\f1]", "doc: line 1, column 2: expected a value, found the byte 0x0c");
}
END_TEST

START_TEST (counts_columns_in_characters)
{
  assert_refused ("[\"\xc3\xa9\xe2\x82\xac\", x]", "doc: line 1, column 8: expected a value, found 'x'");
}
END_TEST

static char *
nested (guint depth)
{
  GString *json = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (json, i % 2 == 0 ? "[" : "{\"a\":");
  g_string_append (json, "0");
  for (guint i = depth; i-- > 0;)
    g_string_append (json, i % 2 == 0 ? "]" : "}");
  return g_string_free (json, FALSE);
}

START_TEST (reads_the_deepest_document)
{
  g_autofree char *json = nested (B9_JSON_MAX_DEPTH);
  g_autoptr (B9JsonText) text = parse (json);
  g_autofree char *place = b9_json_place (text, B9_JSON_MAX_DEPTH);

  ck_assert_int_eq ((int)b9_json_kind (text, B9_JSON_MAX_DEPTH), B9_JSON_NUMBER);
  ck_assert (g_str_has_prefix (place, "[0].a[0].a"));
}
END_TEST

START_TEST (refuses_deeper_nesting)
{
  g_autofree char *json = nested (B9_JSON_MAX_DEPTH + 1);
  g_autofree char *abyss = g_strnfill (B9_JSON_MAX_BYTES, '[');

  assert_refused (json,
                  "doc: line 1, column 385: nested too deep: expected at most 128 containers in each other");
  assert_refused (abyss,
                  "doc: line 1, column 129: nested too deep: expected at most 128 containers in each other");
}
END_TEST

START_TEST (reads_as_many_values_as_are_allowed)
{
  g_autofree char *json = zeros (B9_JSON_MAX_VALUES - 1);
  g_autoptr (B9JsonText) text = parse (json);

  ck_assert_uint_eq (b9_json_length (text, B9_JSON_ROOT), B9_JSON_MAX_VALUES - 1);
}
END_TEST

START_TEST (refuses_more_values)
{
  g_autofree char *json = zeros (B9_JSON_MAX_VALUES);

  assert_refused (json, "doc: line 1, column 2097152: more than 1048576 values, expected a smaller document");
}
END_TEST

START_TEST (refuses_a_document_that_is_too_large)
{
  g_autofree char *json = g_strnfill (B9_JSON_MAX_BYTES + 1, ' ');

  assert_refused (json, "doc: larger than 16 MiB (16777217 bytes)");
}
END_TEST

static TCase *
scan_case (void)
{
  TCase *tcase = tcase_create ("scan");

  tcase_add_test (tcase, reads_every_kind_of_value);
  tcase_add_test (tcase, reads_every_form_of_number);
  tcase_add_test (tcase, walks_nested_containers);
  tcase_add_test (tcase, keeps_the_bytes_and_the_name);
  tcase_add_test (tcase, refuses_an_empty_document);
  tcase_add_test (tcase, refuses_a_trailing_comma);
  tcase_add_test (tcase, refuses_a_missing_comma);
  tcase_add_test (tcase, refuses_a_missing_value);
  tcase_add_test (tcase, refuses_a_missing_name_or_colon);
  tcase_add_test (tcase, refuses_the_wrong_bracket);
  tcase_add_test (tcase, refuses_comments);
  tcase_add_test (tcase, refuses_words_that_are_no_json);
  tcase_add_test (tcase, refuses_malformed_numbers);
  tcase_add_test (tcase, refuses_anything_after_the_document);
  tcase_add_test (tcase, refuses_a_truncated_document);
  tcase_add_test (tcase, refuses_every_beginning_of_a_document);
  tcase_add_test (tcase, refuses_control_characters_in_strings);
  tcase_add_test (tcase, refuses_unknown_escapes);
  tcase_add_test (tcase, refuses_half_a_surrogate_pair);
  tcase_add_test (tcase, refuses_bytes_that_are_no_utf8);
  tcase_add_test (tcase, refuses_a_byte_order_mark);
  tcase_add_test (tcase, refuses_characters_that_only_look_like_space);
  tcase_add_test (tcase, counts_columns_in_characters);
  return tcase;
}

static TCase *
bounds_case (void)
{
  TCase *tcase = tcase_create ("bounds");

  tcase_add_test (tcase, reads_the_deepest_document);
  tcase_add_test (tcase, refuses_deeper_nesting);
  tcase_add_test (tcase, reads_as_many_values_as_are_allowed);
  tcase_add_test (tcase, refuses_more_values);
  tcase_add_test (tcase, refuses_a_document_that_is_too_large);
  return tcase;
}

int
main (void)
{
  TCase *const cases[] = {scan_case (), bounds_case (), NULL};

  return run_cases ("json-scan", cases);
}
