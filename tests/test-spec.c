/* SPDX-License-Identifier: Apache-2.0
 *
 * test-spec.c: core/spec: pointers into a spec, edits that keep every other byte, and what is remembered of
 * them.
 */
#include "config.h"

#include "core/spec/spec.h"

#include <string.h>

#include "tests/suite-testing.h"

/* A spec in the hand of a human: unknown members, odd digits and spacing, names in the wrong case. */
static const char document[] =
    "{\n"
    "  \"ociVersion\": \"1.0.2\",\n"
    "  \"x-unknown\": {\"big\": 12345678901234567890, \"exp\": 1.50e+3},\n"
    "  \"process\": {\"ARGS\": [\"sh\"], \"env\": [\"A=1\", \"B=2\"], \"user\": null},\n"
    "  \"linux\": {\n"
    "    \"devices\": [{\"path\": \"/dev/nvidia0\", \"major\": 195, \"shared\": true}],\n"
    "    \"sysctl\": {\"net.a/b\": \"1\", \"NET.A/b\": \"2\"}\n"
    "  },\n"
    "  \"annotations\": {\"a/b\": \"one\", \"A/b\": \"two\", \"m~n\": \"three\", \"a/b\": \"last\"}\n"
    "}\n";

typedef struct {
  B9JsonText *text;
  B9SpecCopy *copy;
  B9Spec *spec;
} Fixture;

static Fixture
open_spec (const char *json)
{
  g_autoptr (GBytes) bytes = g_bytes_new (json, strlen (json));
  g_autoptr (GError) error = NULL;
  Fixture fixture = {.text = b9_json_text_new (bytes, "config.json", &error)};

  ck_assert_msg (fixture.text != NULL, "%s", error != NULL ? error->message : "");
  fixture.copy = b9_spec_copy_new (fixture.text);
  fixture.spec = b9_spec_copy_interface (fixture.copy);
  return fixture;
}

static void
fixture_clear (Fixture *fixture)
{
  b9_spec_copy_free (fixture->copy);
  b9_json_text_free (fixture->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static void
assert_document (const Fixture *fixture, const char *expected)
{
  GBytes *bytes = b9_json_text_bytes (b9_spec_copy_text (fixture->copy));
  g_autofree char *found = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  ck_assert_str_eq (found, expected);
}

static void
set (Fixture *fixture, const char *pointer, const char *json)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = fixture->spec->set (fixture->spec, pointer, json, "test", &error);

  ck_assert_msg (ok, "%s: %s", pointer, error != NULL ? error->message : "");
}

static void
take_away (Fixture *fixture, const char *pointer)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = fixture->spec->remove (fixture->spec, pointer, "test", &error);

  ck_assert_msg (ok, "%s: %s", pointer, error != NULL ? error->message : "");
}

static void
assert_set_refused (const char *json, const char *pointer, const char *content, const char *message)
{
  g_auto (Fixture) fixture = open_spec (json);
  g_autoptr (GError) error = NULL;

  ck_assert (!fixture.spec->set (fixture.spec, pointer, content, "test", &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
  ck_assert (!b9_spec_copy_is_edited (fixture.copy));
  ck_assert_uint_eq (b9_spec_copy_changes (fixture.copy)->len, 0);
  assert_document (&fixture, json);
}

static void
assert_change (const Fixture *fixture, guint index, const char *pointer, const char *action,
               const char *cause)
{
  const GPtrArray *changes = b9_spec_copy_changes (fixture->copy);
  const B9SpecChange *change;

  ck_assert_uint_lt (index, changes->len);
  change = g_ptr_array_index (changes, index);
  ck_assert_str_eq (change->pointer, pointer);
  ck_assert_str_eq (change->action, action);
  ck_assert_str_eq (change->cause, cause);
}

static void
assert_string (const Fixture *fixture, const char *pointer, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *value = NULL;
  gboolean ok = fixture->spec->string (fixture->spec, pointer, &value, &error);

  ck_assert_msg (ok, "%s: %s", pointer, error != NULL ? error->message : "");
  ck_assert_pstr_eq (value, expected);
}

START_TEST (tells_what_stands_where)
{
  static const struct {
    const char *pointer;
    B9SpecKind kind;
    guint length;
  } cases[] = {
      {"", B9_SPEC_OBJECT, 5},
      {"/process", B9_SPEC_OBJECT, 3},
      {"/process/env", B9_SPEC_ARRAY, 2},
      {"/process/env/0", B9_SPEC_STRING, 0},
      {"/process/env/2", B9_SPEC_ABSENT, 0},
      {"/process/env/-", B9_SPEC_ABSENT, 0},
      {"/process/env/00", B9_SPEC_ABSENT, 0},
      {"/process/env/+1", B9_SPEC_ABSENT, 0},
      {"/process/env/99999999999999999999", B9_SPEC_ABSENT, 0},
      {"/process/user", B9_SPEC_ABSENT, 0},
      {"/process/user/uid", B9_SPEC_ABSENT, 0},
      {"/process/env/0/x", B9_SPEC_ABSENT, 0},
      {"/linux/devices/0/major", B9_SPEC_NUMBER, 0},
      {"/linux/devices/0/shared", B9_SPEC_BOOLEAN, 0},
      {"/nothing/at/all", B9_SPEC_ABSENT, 0},
      {"process", B9_SPEC_ABSENT, 0},
      {"/", B9_SPEC_ABSENT, 0},
  };
  g_auto (Fixture) fixture = open_spec (document);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    ck_assert_msg (fixture.spec->kind (fixture.spec, cases[i].pointer) == cases[i].kind, "%s",
                   cases[i].pointer);
    ck_assert_msg (fixture.spec->length (fixture.spec, cases[i].pointer) == cases[i].length, "%s",
                   cases[i].pointer);
  }
}
END_TEST

START_TEST (finds_members_of_structures_in_any_case)
{
  g_auto (Fixture) fixture = open_spec (document);

  assert_string (&fixture, "/process/args/0", "sh");
  assert_string (&fixture, "/LINUX/Devices/0/PATH", "/dev/nvidia0");
}
END_TEST

START_TEST (finds_entries_of_maps_by_their_exact_name)
{
  g_auto (Fixture) fixture = open_spec (document);

  assert_string (&fixture, "/annotations/a~1b", "last");
  assert_string (&fixture, "/annotations/A~1b", "two");
  assert_string (&fixture, "/Annotations/m~0n", "three");
  assert_string (&fixture, "/annotations/M~0n", NULL);
  assert_string (&fixture, "/linux/sysctl/net.a~1b", "1");
  assert_string (&fixture, "/linux/sysctl/NET.A~1b", "2");
}
END_TEST

START_TEST (names_members_in_order)
{
  g_auto (Fixture) fixture = open_spec (document);
  g_autofree char *second = fixture.spec->member_name (fixture.spec, "/annotations", 1);
  g_autofree char *last = fixture.spec->member_name (fixture.spec, "/annotations", 3);

  ck_assert_str_eq (second, "A/b");
  ck_assert_str_eq (last, "a/b");
  ck_assert_ptr_null (fixture.spec->member_name (fixture.spec, "/annotations", 4));
  ck_assert_ptr_null (fixture.spec->member_name (fixture.spec, "/process/env", 0));
  ck_assert_ptr_null (fixture.spec->member_name (fixture.spec, "/absent", 0));
}
END_TEST

START_TEST (gives_values_byte_for_byte)
{
  g_auto (Fixture) fixture = open_spec (document);
  g_autofree char *unknown = fixture.spec->json (fixture.spec, "/x-unknown");

  ck_assert_str_eq (unknown, "{\"big\": 12345678901234567890, \"exp\": 1.50e+3}");
  ck_assert_ptr_null (fixture.spec->json (fixture.spec, "/process/user"));
}
END_TEST

START_TEST (converts_numbers_and_booleans)
{
  g_auto (Fixture) fixture = open_spec (document);
  gint64 major = -1;
  gboolean shared = FALSE;

  ck_assert (fixture.spec->integer (fixture.spec, "/linux/devices/0/major", &major, NULL));
  ck_assert_int_eq (major, 195);
  ck_assert (fixture.spec->integer (fixture.spec, "/linux/devices/0/minor", &major, NULL));
  ck_assert_int_eq (major, 195);
  ck_assert (fixture.spec->boolean (fixture.spec, "/linux/devices/0/shared", &shared, NULL));
  ck_assert (shared);
}
END_TEST

START_TEST (refuses_another_kind_by_place_and_line)
{
  g_auto (Fixture) fixture = open_spec (document);
  g_autoptr (GError) error = NULL;
  g_autofree char *value = NULL;
  gint64 integer;

  ck_assert (!fixture.spec->string (fixture.spec, "/linux/devices/0/major", &value, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT,
                  "config.json: linux.devices[0].major is a number, not a string (line 6)");
  g_clear_error (&error);
  ck_assert (!fixture.spec->integer (fixture.spec, "/x-unknown/exp", &integer, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, "config.json: x-unknown.exp is not a whole number (line 3)");
  g_clear_error (&error);
  ck_assert (!fixture.spec->string (fixture.spec, "/process/env/0/x", &value, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT,
                  "config.json: process.env[0] is a string, so it has no \"x\" (line 4)");
}
END_TEST

START_TEST (refuses_what_is_no_pointer)
{
  assert_set_refused (document, "linux/devices", "1",
                      "config.json: \"linux/devices\" is no JSON pointer: it has to begin with \"/\"");
  assert_set_refused (document, "/annotations/a~2b", "1",
                      "config.json: \"/annotations/a~2b\" is no JSON pointer: a \"~\" in a name is written "
                      "\"~0\", a \"/\" \"~1\"");
  assert_set_refused (document, "/annotations/a~", "1",
                      "config.json: \"/annotations/a~\" is no JSON pointer: a \"~\" in a name is written "
                      "\"~0\", a \"/\" \"~1\"");
  assert_set_refused (document, NULL, "1", "config.json: a JSON pointer into it is missing or no UTF-8");
  assert_set_refused (document, "/\xff", "1", "config.json: a JSON pointer into it is missing or no UTF-8");
}
END_TEST

START_TEST (refuses_a_member_that_is_there_twice)
{
  assert_set_refused ("{\"linux\": {\"devices\": [],\n\"Devices\": []}}", "/linux/devices/-", "1",
                      "config.json: linux has the same member twice: \"devices\" (line 1) and \"Devices\" "
                      "(line 2); keep one");
}
END_TEST

START_TEST (refuses_an_edit_that_cannot_be)
{
  assert_set_refused (document, "/process/env/7", "\"C=3\"",
                      "config.json: process.env has 2 elements: \"7\" is none of them, \"-\" appends");
  assert_set_refused (document, "/process/env/0/x", "1",
                      "config.json: process.env[0] is a string, so it has no \"x\" (line 4)");
  assert_set_refused (document, "/process/-", "1",
                      "config.json: process is an object, not an array: nothing can be appended (line 4)");
  assert_set_refused (
      document, "/process/env/-", "1, 2",
      "config.json: new content for /process/env/-: line 1, column 2: expected the end of the "
      "document, found ','");
  assert_set_refused (document, "/absent/-", "1, 2",
                      "config.json: new content for /absent/-: line 1, column 2: expected the end of the "
                      "document, found ','");
  assert_set_refused (document, "", "[]", "config.json: the document can only be replaced by an object");
  assert_set_refused (document, "/hostname", NULL, "config.json: new content for /hostname: there is none");
}
END_TEST

START_TEST (refuses_an_edit_without_a_cause)
{
  g_auto (Fixture) fixture = open_spec (document);
  g_autoptr (GError) error = NULL;

  ck_assert (!fixture.spec->set (fixture.spec, "/hostname", "\"a\"", "", &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, "config.json: the edit of /hostname names no cause");
  g_clear_error (&error);
  ck_assert (!fixture.spec->remove (fixture.spec, "/hostname", NULL, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, "config.json: the edit of /hostname names no cause");
}
END_TEST

START_TEST (never_takes_the_document_away)
{
  g_auto (Fixture) fixture = open_spec (document);
  g_autoptr (GError) error = NULL;

  ck_assert (!fixture.spec->remove (fixture.spec, "", "test", &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, "config.json: the document itself cannot be removed");
}
END_TEST

START_TEST (keeps_every_byte_that_is_not_edited)
{
  g_auto (Fixture) fixture = open_spec (document);
  g_autofree char *expected = NULL;
  g_auto (GStrv) parts = g_strsplit (document, "\"B=2\"", 2);

  set (&fixture, "/process/env/-", "\"C=3\"");
  expected = g_strconcat (parts[0], "\"B=2\", \"C=3\"", parts[1], NULL);
  assert_document (&fixture, expected);
  take_away (&fixture, "/process/env/2");
  assert_document (&fixture, document);
}
END_TEST

START_TEST (copies_nothing_before_the_first_edit)
{
  g_auto (Fixture) fixture = open_spec (document);

  take_away (&fixture, "/absent");
  take_away (&fixture, "/process/user");
  take_away (&fixture, "/process/env/9");
  set (&fixture, "/linux/devices/0/major", "195");
  fixture.spec->note (fixture.spec, "/hooks", "left alone", "test");
  ck_assert (!b9_spec_copy_is_edited (fixture.copy));
  ck_assert_ptr_eq (b9_spec_copy_text (fixture.copy), fixture.text);
  ck_assert_uint_eq (b9_spec_copy_changes (fixture.copy)->len, 1);
}
END_TEST

START_TEST (makes_what_is_missing_on_the_way)
{
  g_auto (Fixture) fixture = open_spec ("{}");

  set (&fixture, "/linux/resources/devices/-", "{\"allow\": true}");
  set (&fixture, "/process/user/uid", "7");
  set (&fixture, "/annotations/-", "\"a name like any other\"");
  set (&fixture, "/mounts/-/destination", "\"/a\"");
  set (&fixture, "/mounts/-/destination", "\"/b\"");
  assert_document (&fixture, "{\"linux\": {\"resources\": {\"devices\": [{\"allow\": true}]}},"
                             "\"process\": {\"user\": {\"uid\": 7}},"
                             "\"annotations\": {\"-\": \"a name like any other\"},"
                             "\"mounts\": [{\"destination\": \"/a\"},{\"destination\": \"/b\"}]}");
  assert_change (&fixture, 0, "/linux/resources/devices/0", "added", "test");
  assert_change (&fixture, 2, "/annotations/-", "added", "test");
  assert_change (&fixture, 3, "/mounts/0/destination", "added", "test");
  assert_change (&fixture, 4, "/mounts/1/destination", "added", "test");
}
END_TEST

START_TEST (takes_null_for_nothing)
{
  g_auto (Fixture)
      fixture = open_spec ("{\"linux\": null, \"mounts\": [null], \"annotations\": {\"a\": null}}");

  set (&fixture, "/linux/devices/-", "1");
  set (&fixture, "/mounts/0/type", "\"bind\"");
  set (&fixture, "/annotations/a", "\"b\"");
  assert_document (&fixture, "{\"linux\": {\"devices\": [1]}, \"mounts\": [{\"type\": \"bind\"}], "
                             "\"annotations\": {\"a\": \"b\"}}");
  assert_change (&fixture, 2, "/annotations/a", "added", "test");
}
END_TEST

START_TEST (replaces_in_place_whatever_the_case)
{
  g_auto (Fixture) fixture = open_spec ("{\"Process\": {\"ARGS\" : [1]}}");

  set (&fixture, "/process/args", "[2]");
  set (&fixture, "/process/cwd", "\"/\"");
  assert_document (&fixture, "{\"Process\": {\"ARGS\" : [2],\"cwd\": \"/\"}}");
  assert_change (&fixture, 0, "/process/args", "replaced", "test");
}
END_TEST

START_TEST (leaves_one_entry_of_a_map_that_had_several)
{
  g_auto (Fixture) fixture = open_spec ("{\"annotations\": {\"a\": \"1\", \"A\": \"2\", \"a\": \"3\"}}");

  set (&fixture, "/annotations/a", "\"4\"");
  assert_document (&fixture, "{\"annotations\": {\"A\": \"2\", \"a\": \"4\"}}");
}
END_TEST

START_TEST (removes_all_entries_of_a_name)
{
  g_auto (Fixture) fixture = open_spec ("{\"annotations\": {\"a\": \"1\", \"A\": \"2\", \"a\": \"3\"}}");

  take_away (&fixture, "/annotations/a");
  assert_document (&fixture, "{\"annotations\": {\"A\": \"2\"}}");
  assert_change (&fixture, 0, "/annotations/a", "removed", "test");
}
END_TEST

START_TEST (moves_later_elements_down)
{
  g_auto (Fixture) fixture = open_spec ("{\"mounts\": [1, 2, 3]}");

  take_away (&fixture, "/mounts/0");
  take_away (&fixture, "/mounts/0");
  assert_document (&fixture, "{\"mounts\": [3]}");
}
END_TEST

START_TEST (remembers_changes_in_order_with_their_causes)
{
  g_auto (Fixture) fixture = open_spec (document);
  g_autoptr (GError) error = NULL;

  ck_assert (fixture.spec->set (fixture.spec, "/hostname", "\"a\"", "cdi: /etc/cdi/nvidia.yaml", &error));
  ck_assert (fixture.spec->set (fixture.spec, "/hostname", "\"b\"", "runsc", &error));
  fixture.spec->note (fixture.spec, "/hooks/createContainer/1", "dropped hook", "runsc: it fails there");
  ck_assert (fixture.spec->remove (fixture.spec, "/linux/devices/0", "runsc", &error));
  assert_change (&fixture, 0, "/hostname", "added", "cdi: /etc/cdi/nvidia.yaml");
  assert_change (&fixture, 1, "/hostname", "replaced", "runsc");
  assert_change (&fixture, 2, "/hooks/createContainer/1", "dropped hook", "runsc: it fails there");
  assert_change (&fixture, 3, "/linux/devices/0", "removed", "runsc");
  ck_assert (b9_spec_copy_is_edited (fixture.copy));
}
END_TEST

int
main (void)
{
  TCase *reading = tcase_create ("reading");
  TCase *editing = tcase_create ("editing");
  TCase *const cases[] = {reading, editing, NULL};

  tcase_add_test (reading, tells_what_stands_where);
  tcase_add_test (reading, finds_members_of_structures_in_any_case);
  tcase_add_test (reading, finds_entries_of_maps_by_their_exact_name);
  tcase_add_test (reading, names_members_in_order);
  tcase_add_test (reading, gives_values_byte_for_byte);
  tcase_add_test (reading, converts_numbers_and_booleans);
  tcase_add_test (reading, refuses_another_kind_by_place_and_line);
  tcase_add_test (editing, refuses_what_is_no_pointer);
  tcase_add_test (editing, refuses_a_member_that_is_there_twice);
  tcase_add_test (editing, refuses_an_edit_that_cannot_be);
  tcase_add_test (editing, refuses_an_edit_without_a_cause);
  tcase_add_test (editing, never_takes_the_document_away);
  tcase_add_test (editing, keeps_every_byte_that_is_not_edited);
  tcase_add_test (editing, copies_nothing_before_the_first_edit);
  tcase_add_test (editing, makes_what_is_missing_on_the_way);
  tcase_add_test (editing, takes_null_for_nothing);
  tcase_add_test (editing, replaces_in_place_whatever_the_case);
  tcase_add_test (editing, leaves_one_entry_of_a_map_that_had_several);
  tcase_add_test (editing, removes_all_entries_of_a_name);
  tcase_add_test (editing, moves_later_elements_down);
  tcase_add_test (editing, remembers_changes_in_order_with_their_causes);
  return run_cases ("spec", cases);
}
