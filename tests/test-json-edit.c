/* SPDX-License-Identifier: Apache-2.0
 *
 * test-json-edit.c: what json-edit.h changes, to the byte, and the message of each refusal.
 */
#include "config.h"

#include "core/json/json-edit.h"
#include "tests/json-testing.h"

#include <string.h>

/* A document under edit. */
typedef struct {
  B9JsonText *text;
  B9JsonEdit *edit;
} Fixture;

static Fixture
edit_of (const char *json)
{
  Fixture fixture = {.text = parse (json)};

  fixture.edit = b9_json_edit_new (fixture.text);
  return fixture;
}

static void
fixture_clear (Fixture *fixture)
{
  b9_json_edit_free (fixture->edit);
  b9_json_text_free (fixture->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static B9JsonValue
at (const Fixture *fixture, const char *first, const char *second)
{
  B9JsonValue value;

  ck_assert (b9_json_find (fixture->text, B9_JSON_ROOT, &value, NULL, first, second, NULL));
  ck_assert_uint_ne (value, B9_JSON_NONE);
  return value;
}

static B9JsonValue
element (const Fixture *fixture, guint index)
{
  B9JsonValue value = b9_json_first (fixture->text, B9_JSON_ROOT);

  while (index-- > 0)
    value = b9_json_next (fixture->text, value);
  return value;
}

static void
assert_becomes (const Fixture *fixture, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = b9_json_edit_apply (fixture->edit, &error);
  g_autofree char *json = NULL;
  gsize length;
  const char *data;

  ck_assert_msg (bytes != NULL, "%s", error != NULL ? error->message : "no error");
  ck_assert_ptr_null (error);
  data = g_bytes_get_data (bytes, &length);
  json = g_strndup (data, length);
  ck_assert_str_eq (json, expected);
}

static void
assert_not_applied (const Fixture *fixture, B9Error code, const char *message)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (b9_json_edit_apply (fixture->edit, &error));
  assert_failure (error, code, message);
}

START_TEST (changes_nothing_without_edits)
{
  g_auto (Fixture) fixture = edit_of (" { \"a\" : 1.0 }\n");

  assert_becomes (&fixture, " { \"a\" : 1.0 }\n");
}
END_TEST

START_TEST (replaces_values_and_keeps_every_other_byte)
{
  g_auto (Fixture) fixture = edit_of (" {\t\"a\" : 1.0, \"b\":[ 1e400,{} ] ,\"c\":\"\\u0041\" }\n");

  b9_json_edit_replace (fixture.edit, at (&fixture, "c", NULL), "[null]");
  b9_json_edit_replace (fixture.edit, at (&fixture, "a", NULL), " \"new\"\n");
  assert_becomes (&fixture, " {\t\"a\" : \"new\", \"b\":[ 1e400,{} ] ,\"c\":[null] }\n");
}
END_TEST

START_TEST (replaces_the_document)
{
  g_auto (Fixture) fixture = edit_of (" [1]\n");

  b9_json_edit_replace (fixture.edit, B9_JSON_ROOT, "{}");
  assert_becomes (&fixture, " {}\n");
}
END_TEST

START_TEST (may_be_applied_twice)
{
  g_auto (Fixture) fixture = edit_of ("[1]");

  b9_json_edit_append (fixture.edit, B9_JSON_ROOT, "2");
  assert_becomes (&fixture, "[1,2]");
  b9_json_edit_append (fixture.edit, B9_JSON_ROOT, "3");
  assert_becomes (&fixture, "[1,2,3]");
}
END_TEST

/* What is left of the array [ 1, 2,3 , 4 ] without the elements whose bits are set. */
START_TEST (removes_any_elements)
{
  const char *const left[16] = {
      "[ 1, 2,3 , 4 ]", "[ 2,3 , 4 ]", "[ 1, 3 , 4 ]", "[ 3 , 4 ]", "[ 1, 2,4 ]", "[ 2,4 ]",
      "[ 1, 4 ]",       "[ 4 ]",       "[ 1, 2,3 ]",   "[ 2,3 ]",   "[ 1, 3 ]",   "[ 3 ]",
      "[ 1, 2 ]",       "[ 2 ]",       "[ 1 ]",        "[]",
  };

  for (guint bits = 0; bits < G_N_ELEMENTS (left); bits++) {
    g_auto (Fixture) fixture = edit_of (left[0]);

    for (guint i = 4; i-- > 0;) {
      if ((bits & (1u << i)) != 0)
        b9_json_edit_remove (fixture.edit, element (&fixture, i));
    }
    assert_becomes (&fixture, left[bits]);
  }
}
END_TEST

START_TEST (removes_members_with_their_names)
{
  const char *json = "{\n  \"a\": 1,\n  \"b\": {},\n  \"c\": 3\n}";
  g_auto (Fixture) first = edit_of (json);
  g_auto (Fixture) middle = edit_of (json);
  g_auto (Fixture) last = edit_of (json);
  g_auto (Fixture) all = edit_of (json);

  b9_json_edit_remove (first.edit, at (&first, "a", NULL));
  assert_becomes (&first, "{\n  \"b\": {},\n  \"c\": 3\n}");
  b9_json_edit_remove (middle.edit, at (&middle, "b", NULL));
  assert_becomes (&middle, "{\n  \"a\": 1,\n  \"c\": 3\n}");
  b9_json_edit_remove (last.edit, at (&last, "c", NULL));
  assert_becomes (&last, "{\n  \"a\": 1,\n  \"b\": {}\n}");
  for (guint i = 0; i < 3; i++)
    b9_json_edit_remove (all.edit, element (&all, i));
  assert_becomes (&all, "{}");
}
END_TEST

static void
assert_appends (const char *json, const char *content, const char *expected)
{
  g_auto (Fixture) fixture = edit_of (json);

  b9_json_edit_append (fixture.edit, B9_JSON_ROOT, content);
  assert_becomes (&fixture, expected);
}

START_TEST (appends_in_the_style_of_the_array)
{
  assert_appends ("[]", "1", "[1]");
  assert_appends (" [ ] ", "1", " [ 1 ] ");
  assert_appends ("[\n]", "1", "[\n1\n]");
  assert_appends ("[1]", "2", "[1,2]");
  assert_appends ("[ 1 ]", "2", "[ 1, 2 ]");
  assert_appends ("[1, 2]", "{\"a\": []}", "[1, 2, {\"a\": []}]");
  assert_appends ("[\n\t1,\n\t2\n]", "3", "[\n\t1,\n\t2,\n\t3\n]");
}
END_TEST

START_TEST (appends_in_the_order_of_the_calls)
{
  g_auto (Fixture) fixture = edit_of ("[ ]");

  b9_json_edit_append (fixture.edit, B9_JSON_ROOT, "3");
  b9_json_edit_append (fixture.edit, B9_JSON_ROOT, "1");
  b9_json_edit_append (fixture.edit, B9_JSON_ROOT, "2");
  assert_becomes (&fixture, "[ 3, 1, 2 ]");
}
END_TEST

START_TEST (does_not_repeat_endless_space)
{
  g_autofree char *space = g_strnfill (100000, ' ');
  g_autofree char *json = g_strdup_printf ("[%s1]", space);
  g_autofree char *expected = g_strdup_printf ("[%s1,2]", space);

  assert_appends (json, "2", expected);
}
END_TEST

START_TEST (appends_and_removes_in_one_container)
{
  g_auto (Fixture) last = edit_of ("[\n  1,\n  2\n]");
  g_auto (Fixture) first = edit_of ("[1, 2]");
  g_auto (Fixture) all = edit_of ("[\n  1,\n  2\n]");

  b9_json_edit_append (last.edit, B9_JSON_ROOT, "3");
  b9_json_edit_remove (last.edit, element (&last, 1));
  assert_becomes (&last, "[\n  1,\n  3\n]");
  b9_json_edit_remove (first.edit, element (&first, 0));
  b9_json_edit_append (first.edit, B9_JSON_ROOT, "3");
  assert_becomes (&first, "[2, 3]");
  b9_json_edit_remove (all.edit, element (&all, 0));
  b9_json_edit_append (all.edit, B9_JSON_ROOT, "3");
  b9_json_edit_remove (all.edit, element (&all, 1));
  b9_json_edit_append (all.edit, B9_JSON_ROOT, "4");
  assert_becomes (&all, "[\n  3,\n  4\n]");
}
END_TEST

START_TEST (edits_inside_and_around_each_other)
{
  g_auto (Fixture) fixture = edit_of ("{\"a\":[1,[2,3]],\"b\":{\"c\":4}}");

  b9_json_edit_set_member (fixture.edit, B9_JSON_ROOT, "d", "5");
  b9_json_edit_set_member (fixture.edit, at (&fixture, "b", NULL), "e", "6");
  b9_json_edit_remove (fixture.edit, at (&fixture, "b", "c"));
  b9_json_edit_append (fixture.edit, at (&fixture, "a", NULL), "7");
  b9_json_edit_remove (fixture.edit, 5); /* the 3 */
  assert_becomes (&fixture, "{\"a\":[1,[2],7],\"b\":{\"e\":6},\"d\":5}");
}
END_TEST

static void
assert_sets (const char *json, const char *name, const char *expected)
{
  g_auto (Fixture) fixture = edit_of (json);

  b9_json_edit_set_member (fixture.edit, B9_JSON_ROOT, name, "9");
  assert_becomes (&fixture, expected);
}

START_TEST (sets_a_new_member_in_the_style_of_the_object)
{
  assert_sets ("{}", "a", "{\"a\": 9}");
  assert_sets ("{ }", "a", "{ \"a\": 9 }");
  assert_sets ("{\"b\":1}", "a", "{\"b\":1,\"a\":9}");
  assert_sets ("{\n  \"b\": 1\n}\n", "a", "{\n  \"b\": 1,\n  \"a\": 9\n}\n");
  assert_sets ("{\"b\":1}", "a\"\n", "{\"b\":1,\"a\\\"\\n\":9}");
}
END_TEST

START_TEST (sets_a_member_of_an_empty_object_in_the_style_around_it)
{
  g_auto (Fixture) compact = edit_of ("{\"linux\":{}}");
  g_auto (Fixture) spaced = edit_of ("{\"linux\": {}}");

  b9_json_edit_set_member (compact.edit, at (&compact, "linux", NULL), "a", "1");
  assert_becomes (&compact, "{\"linux\":{\"a\":1}}");
  b9_json_edit_set_member (spaced.edit, at (&spaced, "linux", NULL), "a", "1");
  assert_becomes (&spaced, "{\"linux\": {\"a\": 1}}");
}
END_TEST

START_TEST (sets_a_member_that_is_there_in_any_case_or_null)
{
  assert_sets ("{\"b\":1,\"A\" : null}", "a", "{\"b\":1,\"A\" : 9}");
  assert_sets ("{\"\\u0061\":[1,2],\"b\":1}", "a", "{\"\\u0061\":9,\"b\":1}");
}
END_TEST

START_TEST (sets_an_entry_by_its_exact_name)
{
  g_auto (Fixture) fixture = edit_of ("{\"A\":1,\"a\":2,\"b\":3,\"\\u0061\":4}");

  b9_json_edit_set_entry (fixture.edit, B9_JSON_ROOT, "a", "5");
  b9_json_edit_set_entry (fixture.edit, B9_JSON_ROOT, "B", "6");
  assert_becomes (&fixture, "{\"A\":1,\"b\":3,\"\\u0061\":5,\"B\":6}");
}
END_TEST

START_TEST (refuses_two_edits_of_one_value)
{
  g_auto (Fixture) fixture = edit_of ("{\"process\":\n{\"cwd\":1}}");

  b9_json_edit_remove (fixture.edit, at (&fixture, "process", "cwd"));
  b9_json_edit_set_member (fixture.edit, at (&fixture, "process", NULL), "cwd", "2");
  assert_not_applied (&fixture, B9_ERROR_FAILED,
                      "doc: two edits of process.cwd (line 2) contradict each other");
}
END_TEST

START_TEST (refuses_an_edit_inside_a_removed_value)
{
  g_auto (Fixture) fixture = edit_of ("{\"process\":{\"args\":[1]},\"root\":{}}");

  b9_json_edit_append (fixture.edit, at (&fixture, "process", "args"), "2");
  b9_json_edit_remove (fixture.edit, at (&fixture, "process", NULL));
  assert_not_applied (&fixture, B9_ERROR_FAILED,
                      "doc: process.args is edited, but process around it is removed (line 1)");
}
END_TEST

START_TEST (refuses_to_append_to_a_replaced_value)
{
  g_auto (Fixture) same = edit_of ("[1]");
  g_auto (Fixture) inside = edit_of ("[[1]]");

  b9_json_edit_append (same.edit, B9_JSON_ROOT, "2");
  b9_json_edit_replace (same.edit, B9_JSON_ROOT, "[]");
  assert_not_applied (&same, B9_ERROR_FAILED,
                      "doc: two edits of the document (line 1) contradict each other");
  b9_json_edit_append (inside.edit, 1, "2");
  b9_json_edit_replace (inside.edit, B9_JSON_ROOT, "[]");
  assert_not_applied (&inside, B9_ERROR_FAILED,
                      "doc: [0] is edited, but the document around it is replaced (line 1)");
}
END_TEST

START_TEST (refuses_to_add_a_member_twice)
{
  g_auto (Fixture) member = edit_of ("{\"linux\":{}}");
  g_auto (Fixture) entry = edit_of ("{}");

  b9_json_edit_set_member (member.edit, 1, "seccomp", "1");
  b9_json_edit_set_member (member.edit, 1, "Seccomp", "2");
  assert_not_applied (&member, B9_ERROR_FAILED, "doc: linux would get the member Seccomp twice (line 1)");
  b9_json_edit_set_entry (entry.edit, B9_JSON_ROOT, "a", "1");
  b9_json_edit_set_entry (entry.edit, B9_JSON_ROOT, "a", "1");
  assert_not_applied (&entry, B9_ERROR_FAILED, "doc: the document would get the member a twice (line 1)");
}
END_TEST

START_TEST (refuses_to_set_a_member_that_is_there_twice)
{
  g_auto (Fixture) fixture = edit_of ("{\"a\":1,\n\"A\":2}");

  b9_json_edit_set_member (fixture.edit, B9_JSON_ROOT, "a", "3");
  assert_not_applied (
      &fixture, B9_ERROR_BAD_INPUT,
      "doc: the document has the same member twice: \"a\" (line 1) and \"A\" (line 2); keep one");
}
END_TEST

START_TEST (refuses_to_remove_the_document)
{
  g_auto (Fixture) fixture = edit_of ("[1]");

  b9_json_edit_remove (fixture.edit, B9_JSON_ROOT);
  assert_not_applied (&fixture, B9_ERROR_FAILED,
                      "doc: the document cannot be removed, only replaced (line 1)");
}
END_TEST

START_TEST (refuses_to_add_to_the_wrong_kind)
{
  g_auto (Fixture) object = edit_of ("{\"a\":{}}");
  g_auto (Fixture) array = edit_of ("[]");
  g_auto (Fixture) string = edit_of ("\"s\"");

  b9_json_edit_append (object.edit, 1, "1");
  assert_not_applied (&object, B9_ERROR_FAILED,
                      "doc: a is an object, not an array: nothing can be appended (line 1)");
  b9_json_edit_set_member (array.edit, B9_JSON_ROOT, "b", "1");
  assert_not_applied (&array, B9_ERROR_FAILED,
                      "doc: the document is an array, not an object: it cannot have the member b (line 1)");
  b9_json_edit_set_entry (string.edit, B9_JSON_ROOT, "b", "1");
  assert_not_applied (&string, B9_ERROR_FAILED,
                      "doc: the document is a string, not an object: it cannot have the member b (line 1)");
}
END_TEST

START_TEST (refuses_content_that_is_no_json)
{
  g_auto (Fixture) array = edit_of ("{\"args\":[1]}");
  g_auto (Fixture) member = edit_of ("{}");

  b9_json_edit_append (array.edit, 1, "2, 3");
  assert_not_applied (
      &array, B9_ERROR_BAD_INPUT,
      "doc: args: new content: line 1, column 2: expected the end of the document, found ','");
  b9_json_edit_set_member (member.edit, B9_JSON_ROOT, "a", "");
  assert_not_applied (
      &member, B9_ERROR_BAD_INPUT,
      "doc: the document, new member a: new content: line 1, column 1: the document is empty, "
      "expected a value");
}
END_TEST

START_TEST (reports_the_first_of_several_errors)
{
  g_auto (Fixture) fixture = edit_of ("[1]");

  b9_json_edit_remove (fixture.edit, B9_JSON_ROOT);
  b9_json_edit_append (fixture.edit, B9_JSON_ROOT, "x");
  b9_json_edit_append (fixture.edit, 1, "1");
  assert_not_applied (&fixture, B9_ERROR_FAILED,
                      "doc: the document cannot be removed, only replaced (line 1)");
}
END_TEST

START_TEST (refuses_to_make_the_document_too_deep)
{
  g_autofree char *opening = g_strnfill (B9_JSON_MAX_DEPTH, '[');
  g_autofree char *closing = g_strnfill (B9_JSON_MAX_DEPTH, ']');
  g_autofree char *json = g_strconcat (opening, closing, NULL);
  g_auto (Fixture) fixture = edit_of ("[0]");

  b9_json_edit_replace (fixture.edit, 1, json);
  assert_not_applied (
      &fixture, B9_ERROR_BAD_INPUT,
      "doc: line 1, column 129: nested too deep: expected at most 128 containers in each other");
}
END_TEST

START_TEST (refuses_to_make_the_document_too_large)
{
  g_autofree char *json = g_strnfill (B9_JSON_MAX_BYTES / 2, '1');
  g_auto (Fixture) fixture = edit_of ("[0]");

  b9_json_edit_append (fixture.edit, B9_JSON_ROOT, json);
  b9_json_edit_append (fixture.edit, B9_JSON_ROOT, json);
  assert_not_applied (&fixture, B9_ERROR_BAD_INPUT, "doc: larger than 16 MiB (16777221 bytes)");
}
END_TEST

static TCase *
change_case (void)
{
  TCase *tcase = tcase_create ("changes");

  tcase_add_test (tcase, changes_nothing_without_edits);
  tcase_add_test (tcase, replaces_values_and_keeps_every_other_byte);
  tcase_add_test (tcase, replaces_the_document);
  tcase_add_test (tcase, may_be_applied_twice);
  tcase_add_test (tcase, removes_any_elements);
  tcase_add_test (tcase, removes_members_with_their_names);
  tcase_add_test (tcase, appends_in_the_style_of_the_array);
  tcase_add_test (tcase, appends_in_the_order_of_the_calls);
  tcase_add_test (tcase, does_not_repeat_endless_space);
  tcase_add_test (tcase, appends_and_removes_in_one_container);
  tcase_add_test (tcase, edits_inside_and_around_each_other);
  tcase_add_test (tcase, sets_a_new_member_in_the_style_of_the_object);
  tcase_add_test (tcase, sets_a_member_of_an_empty_object_in_the_style_around_it);
  tcase_add_test (tcase, sets_a_member_that_is_there_in_any_case_or_null);
  tcase_add_test (tcase, sets_an_entry_by_its_exact_name);
  return tcase;
}

static TCase *
refusal_case (void)
{
  TCase *tcase = tcase_create ("refusals");

  tcase_add_test (tcase, refuses_two_edits_of_one_value);
  tcase_add_test (tcase, refuses_an_edit_inside_a_removed_value);
  tcase_add_test (tcase, refuses_to_append_to_a_replaced_value);
  tcase_add_test (tcase, refuses_to_add_a_member_twice);
  tcase_add_test (tcase, refuses_to_set_a_member_that_is_there_twice);
  tcase_add_test (tcase, refuses_to_remove_the_document);
  tcase_add_test (tcase, refuses_to_add_to_the_wrong_kind);
  tcase_add_test (tcase, refuses_content_that_is_no_json);
  tcase_add_test (tcase, reports_the_first_of_several_errors);
  tcase_add_test (tcase, refuses_to_make_the_document_too_deep);
  tcase_add_test (tcase, refuses_to_make_the_document_too_large);
  return tcase;
}

int
main (void)
{
  TCase *const cases[] = {change_case (), refusal_case (), NULL};

  return run_cases ("json-edit", cases);
}
