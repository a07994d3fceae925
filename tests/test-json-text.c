/* SPDX-License-Identifier: Apache-2.0
 *
 * test-json-text.c: what json-text.h looks up, converts and loads, and the message of each refusal.
 */
#include "config.h"

#include "core/json/json-text.h"
#include "tests/json-testing.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static B9JsonValue
get (const B9JsonText *text, B9JsonValue object, const char *name)
{
  g_autoptr (GError) error = NULL;
  B9JsonValue member;

  ck_assert (b9_json_get (text, object, name, &member, &error));
  ck_assert_ptr_null (error);
  return member;
}

/* --- strings --- */

static char *
decode (const char *json)
{
  g_autoptr (B9JsonText) text = parse (json);

  return b9_json_string (text, B9_JSON_ROOT, "place", NULL);
}

START_TEST (decodes_every_escape)
{
  g_autofree char *simple = decode ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"");
  g_autofree char *unicode = decode ("\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"");
  g_autofree char *raw = decode ("\"\xc3\xa9\xf0\x9f\x98\x80\x7f\"");
  g_autofree char *empty = decode ("\"\"");

  ck_assert_str_eq (simple, "a\"\\/\b\f\n\r\tz");
  ck_assert_str_eq (unicode, "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  ck_assert_str_eq (raw, "\xc3\xa9\xf0\x9f\x98\x80\x7f");
  ck_assert_str_eq (empty, "");
}
END_TEST

START_TEST (decodes_member_names)
{
  g_autoptr (B9JsonText) text = parse ("{\"\\u0070rocess\":1,\"a\\u0000b\":2}");
  B9JsonValue first = b9_json_first (text, B9_JSON_ROOT);
  g_autofree char *name = b9_json_member_name (text, first);

  ck_assert_str_eq (name, "process");
  ck_assert_ptr_null (b9_json_member_name (text, b9_json_next (text, first)));
}
END_TEST

START_TEST (refuses_a_nul_in_a_string)
{
  g_autoptr (B9JsonText) text = parse ("{\"process\":\n {\"cwd\": \"/a\\u0000b\"}}");
  g_autoptr (GError) error = NULL;
  g_autofree char *cwd = NULL;

  ck_assert (!b9_json_find_string (text, B9_JSON_ROOT, &cwd, &error, "process", "cwd", NULL));
  ck_assert_ptr_null (cwd);
  assert_failure (error, B9_ERROR_BAD_INPUT, "doc: process.cwd has a NUL character (\\u0000) in it (line 2)");
}
END_TEST

START_TEST (quotes_strings)
{
  g_autofree char *plain = b9_json_quote ("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f");
  g_autofree char *unicode = b9_json_quote ("\xc3\xa9");
  g_autofree char *broken = b9_json_quote ("a\xff"
                                           "b");

  ck_assert_str_eq (plain, "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
  ck_assert_str_eq (unicode, "\"\xc3\xa9\"");
  ck_assert_str_eq (broken, "\"a\xef\xbf\xbd"
                            "b\"");
}
END_TEST

START_TEST (reads_back_what_it_quotes)
{
  char all[128];

  for (int i = 0; i < 127; i++)
    all[i] = (char)(i + 1);
  all[127] = '\0';

  g_autofree char *quoted = b9_json_quote (all);
  g_autofree char *decoded = decode (quoted);

  ck_assert_str_eq (decoded, all);
}
END_TEST

/* --- look-ups --- */

START_TEST (finds_a_structure_member_in_any_case)
{
  g_autoptr (B9JsonText) text = parse ("{\"x\":0,\"PROCESS\":1,\"\\u006C\\u0069nux\":2}");

  assert_raw (text, get (text, B9_JSON_ROOT, "process"), "1");
  assert_raw (text, get (text, B9_JSON_ROOT, "Process"), "1");
  assert_raw (text, get (text, B9_JSON_ROOT, "linux"), "2");
  ck_assert_uint_eq (get (text, B9_JSON_ROOT, "proces"), B9_JSON_NONE);
  ck_assert_uint_eq (get (text, B9_JSON_ROOT, "processes"), B9_JSON_NONE);
}
END_TEST

/* U+212A KELVIN SIGN and U+017F LONG S: the two that Go folds to ASCII letters. */
START_TEST (folds_the_two_odd_letters_that_go_folds)
{
  g_autoptr (B9JsonText) text = parse ("{\"hoo\xe2\x84\xaa\xc5\xbf\":1,\"rlimit\\u017f\":2,\"\xc4\xb0"
                                       "d\":3}");

  assert_raw (text, get (text, B9_JSON_ROOT, "hooks"), "1");
  assert_raw (text, get (text, B9_JSON_ROOT, "rlimits"), "2");
  ck_assert_uint_eq (get (text, B9_JSON_ROOT, "id"), B9_JSON_NONE); /* U+0130 does not fold */
}
END_TEST

START_TEST (does_not_take_a_name_with_a_nul_for_its_beginning)
{
  g_autoptr (B9JsonText) text = parse ("{\"linux\\u0000\":1,\"\\u0000\":2}");

  ck_assert_uint_eq (get (text, B9_JSON_ROOT, "linux"), B9_JSON_NONE);
  ck_assert_uint_eq (get (text, B9_JSON_ROOT, ""), B9_JSON_NONE);
  ck_assert_uint_eq (b9_json_map_get (text, B9_JSON_ROOT, "linux"), B9_JSON_NONE);
}
END_TEST

START_TEST (takes_null_for_absent)
{
  g_autoptr (B9JsonText) text = parse ("{\"linux\":null,\"root\":{\"path\":null}}");
  g_autofree char *path = NULL;
  B9JsonValue value;

  ck_assert_uint_eq (get (text, B9_JSON_ROOT, "linux"), B9_JSON_NONE);
  ck_assert (b9_json_find (text, B9_JSON_ROOT, &value, NULL, "linux", "resources", NULL));
  ck_assert_uint_eq (value, B9_JSON_NONE);
  ck_assert (b9_json_find_string (text, B9_JSON_ROOT, &path, NULL, "root", "path", NULL));
  ck_assert_ptr_null (path);
}
END_TEST

static void
assert_duplicate (const char *json, const char *name, const char *message)
{
  g_autoptr (B9JsonText) text = parse (json);
  g_autoptr (GError) error = NULL;
  B9JsonValue member;

  ck_assert (!b9_json_get (text, b9_json_first (text, B9_JSON_ROOT), name, &member, &error));
  ck_assert_uint_eq (member, B9_JSON_NONE);
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
}

START_TEST (refuses_a_structure_member_that_is_there_twice)
{
  assert_duplicate (
      "{\"linux\":{\n\"devices\": [],\n\"devices\": []}}", "devices",
      "doc: linux has the same member twice: \"devices\" (line 2) and \"devices\" (line 3); keep one");
  assert_duplicate (
      "{\"linux\":{\"devices\": null,\n\"De\\u0076ices\":\n[]}}", "devices",
      "doc: linux has the same member twice: \"devices\" (line 1) and \"Devices\" (line 2); keep one");
}
END_TEST

START_TEST (does_not_mind_duplicates_of_other_members)
{
  g_autoptr (B9JsonText) text = parse ("{\"a\":1,\"a\":2,\"b\":3}");

  assert_raw (text, get (text, B9_JSON_ROOT, "b"), "3");
}
END_TEST

START_TEST (reads_a_map_by_exact_name_and_last_duplicate)
{
  g_autoptr (B9JsonText) text = parse ("{\"a\":1,\"A\":2,\"\\u0061\":3,\"n\":null}");
  B9JsonValue last = b9_json_map_get (text, B9_JSON_ROOT, "a");

  assert_raw (text, last, "3");
  assert_raw (text, b9_json_map_get (text, B9_JSON_ROOT, "A"), "2");
  assert_raw (text, b9_json_map_get (text, B9_JSON_ROOT, "n"), "null");
  ck_assert_uint_eq (b9_json_map_get (text, B9_JSON_ROOT, "b"), B9_JSON_NONE);
  ck_assert_uint_eq (b9_json_map_get (text, last, "a"), B9_JSON_NONE);
}
END_TEST

START_TEST (finds_along_a_path)
{
  g_autoptr (B9JsonText) text = parse ("{\"process\":{\"terminal\":true,\"cwd\":\"/w\"}}");
  g_autofree char *cwd = NULL;
  gboolean terminal = FALSE;
  gboolean untouched = 7;
  B9JsonValue value;

  ck_assert (b9_json_find_string (text, B9_JSON_ROOT, &cwd, NULL, "process", "cwd", NULL));
  ck_assert_str_eq (cwd, "/w");
  ck_assert (b9_json_find_boolean (text, B9_JSON_ROOT, &terminal, NULL, "process", "terminal", NULL));
  ck_assert_int_eq (terminal, TRUE);
  ck_assert (b9_json_find_boolean (text, B9_JSON_ROOT, &untouched, NULL, "process", "tty", NULL));
  ck_assert_int_eq (untouched, 7);
  ck_assert (b9_json_find (text, B9_JSON_ROOT, &value, NULL, "hooks", "prestart", NULL));
  ck_assert_uint_eq (value, B9_JSON_NONE);
  ck_assert (b9_json_find (text, B9_JSON_ROOT, &value, NULL, NULL));
  ck_assert_uint_eq (value, B9_JSON_ROOT);
  ck_assert (b9_json_find (text, B9_JSON_NONE, &value, NULL, "process", NULL));
  ck_assert_uint_eq (value, B9_JSON_NONE);
}
END_TEST

START_TEST (refuses_a_path_through_what_is_no_object)
{
  g_autoptr (B9JsonText) text = parse ("{\"linux\":\n[1]}");
  g_autoptr (B9JsonText) array = parse ("[]");
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) root_error = NULL;
  B9JsonValue value;

  ck_assert (!b9_json_find (text, B9_JSON_ROOT, &value, &error, "linux", "devices", NULL));
  assert_failure (error, B9_ERROR_BAD_INPUT, "doc: linux is an array, not an object (line 2)");
  ck_assert (!b9_json_get (array, B9_JSON_ROOT, "linux", &value, &root_error));
  assert_failure (root_error, B9_ERROR_BAD_INPUT, "doc: the document is an array, not an object (line 1)");
}
END_TEST

START_TEST (names_places)
{
  g_autoptr (B9JsonText) text = parse (
      "{\"linux\":{\"devices\":[1,{\"path\":2}]},\"annotations\":{\"a.b/c\":3,\"\\u001b[2J\":4,\"\":5}}");
  const struct {
    B9JsonValue value;
    const char *place;
  } places[] = {
      {0, "the document"},          {2, "linux.devices"},          {3, "linux.devices[0]"},
      {5, "linux.devices[1].path"}, {7, "annotations[\"a.b/c\"]"}, {8, "annotations[\"\\u001b[2J\"]"},
      {9, "annotations[\"\"]"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autofree char *place = b9_json_place (text, places[i].value);

    ck_assert_str_eq (place, places[i].place);
  }
}
END_TEST

START_TEST (shortens_long_names_in_places)
{
  g_autofree char *name = g_strnfill (1000, 'x');
  g_autofree char *json = g_strdup_printf ("{\"%s\":1}", name);
  g_autoptr (B9JsonText) text = parse (json);
  g_autofree char *place = b9_json_place (text, 1);

  ck_assert_uint_lt (strlen (place), 100);
}
END_TEST

/* --- conversions --- */

START_TEST (refuses_to_convert_another_kind)
{
  g_autoptr (B9JsonText) text = parse ("{\"linux\":{\n\"cgroupsPath\":5}}");
  g_autoptr (GError) string_error = NULL;
  g_autoptr (GError) boolean_error = NULL;
  g_autoptr (GError) number_error = NULL;
  gboolean boolean;
  gint64 number;

  ck_assert_ptr_null (b9_json_string (text, 2, NULL, &string_error));
  assert_failure (string_error, B9_ERROR_BAD_INPUT,
                  "doc: linux.cgroupsPath is a number, not a string (line 2)");
  ck_assert (!b9_json_boolean (text, 2, "it", &boolean, &boolean_error));
  assert_failure (boolean_error, B9_ERROR_BAD_INPUT, "doc: it is a number, not a boolean (line 2)");
  ck_assert (!b9_json_int64 (text, 1, NULL, &number, &number_error));
  assert_failure (number_error, B9_ERROR_BAD_INPUT, "doc: linux is an object, not a number (line 1)");
}
END_TEST

START_TEST (names_every_kind)
{
  ck_assert_str_eq (b9_json_kind_name (B9_JSON_NULL), "null");
  ck_assert_str_eq (b9_json_kind_name (B9_JSON_BOOLEAN), "a boolean");
  ck_assert_str_eq (b9_json_kind_name (B9_JSON_NUMBER), "a number");
  ck_assert_str_eq (b9_json_kind_name (B9_JSON_STRING), "a string");
  ck_assert_str_eq (b9_json_kind_name (B9_JSON_ARRAY), "an array");
  ck_assert_str_eq (b9_json_kind_name (B9_JSON_OBJECT), "an object");
}
END_TEST

START_TEST (converts_booleans)
{
  g_autoptr (B9JsonText) text = parse ("[true,false]");
  gboolean yes = FALSE;
  gboolean no = TRUE;

  ck_assert (b9_json_boolean (text, 1, NULL, &yes, NULL));
  ck_assert (b9_json_boolean (text, 2, NULL, &no, NULL));
  ck_assert_int_eq (yes, TRUE);
  ck_assert_int_eq (no, FALSE);
}
END_TEST

START_TEST (converts_the_largest_integers)
{
  g_autoptr (B9JsonText) text = parse ("[9223372036854775807,-9223372036854775808,-0]");
  const gint64 numbers[] = {G_MAXINT64, G_MININT64, 0};

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    gint64 number = 1;

    ck_assert (b9_json_int64 (text, i + 1, NULL, &number, NULL));
    ck_assert (number == numbers[i]);
  }
}
END_TEST

static void
assert_no_int64 (const char *json, const char *message)
{
  g_autoptr (B9JsonText) text = parse (json);
  g_autoptr (GError) error = NULL;
  gint64 number;

  ck_assert (!b9_json_int64 (text, B9_JSON_ROOT, "uid", &number, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
}

START_TEST (refuses_numbers_that_are_no_int64)
{
  assert_no_int64 ("9223372036854775808", "doc: uid does not fit into 64 bits (line 1)");
  assert_no_int64 ("-9223372036854775809", "doc: uid does not fit into 64 bits (line 1)");
  assert_no_int64 ("1.0", "doc: uid is not a whole number (line 1)");
  assert_no_int64 ("\n1e3", "doc: uid is not a whole number (line 2)");
}
END_TEST

/* --- files --- */

static char *directory;

static void
make_directory (void)
{
  directory = g_dir_make_tmp ("test-json-text-XXXXXX", NULL);
  ck_assert_ptr_nonnull (directory);
}

static void
remove_directory (void)
{
  const char *const names[] = {"config.json", "link.json"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (directory, names[i], NULL);

    g_unlink (path);
  }
  g_rmdir (directory);
  g_clear_pointer (&directory, g_free);
}

static char *
file_path (const char *name)
{
  return g_build_filename (directory, name, NULL);
}

static void
assert_load_refused (const char *path, B9Error code, const char *format)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9JsonText) text = b9_json_text_load (path, &error);
  g_auto (GStrv) parts = g_strsplit (format, "PATH", -1);
  g_autofree char *message = g_strjoinv (path, parts);

  ck_assert_ptr_null (text);
  assert_failure (error, code, message);
}

START_TEST (loads_a_file)
{
  g_autofree char *path = file_path ("config.json");
  g_autoptr (GError) error = NULL;
  g_autoptr (B9JsonText) text = NULL;

  ck_assert (g_file_set_contents (path, "{\"a\": 1}\n", -1, NULL));
  text = b9_json_text_load (path, &error);
  ck_assert_ptr_nonnull (text);
  ck_assert_str_eq (b9_json_text_what (text), path);
  assert_raw (text, B9_JSON_ROOT, "{\"a\": 1}");
}
END_TEST

START_TEST (loads_a_large_file_through_a_link)
{
  g_autofree char *path = file_path ("config.json");
  g_autofree char *link = file_path ("link.json");
  g_autofree char *json = zeros (100000);
  g_autoptr (B9JsonText) text = NULL;

  ck_assert (g_file_set_contents (path, json, -1, NULL));
  ck_assert_int_eq (symlink ("config.json", link), 0);
  text = b9_json_text_load (link, NULL);
  ck_assert_ptr_nonnull (text);
  ck_assert_uint_eq (b9_json_length (text, B9_JSON_ROOT), 100000);
}
END_TEST

/* A file in /proc has the size 0, like any that grows after it was asked for its size. */
START_TEST (reads_a_file_that_is_longer_than_its_size)
{
  g_autoptr (B9JsonText) text = b9_json_text_load ("/proc/sys/kernel/pid_max", NULL);
  gint64 number = 0;

  ck_assert_ptr_nonnull (text);
  ck_assert (b9_json_int64 (text, B9_JSON_ROOT, "pid_max", &number, NULL));
  ck_assert_int_gt (number, 0);
}
END_TEST

START_TEST (refuses_a_missing_file)
{
  g_autofree char *path = file_path ("config.json");

  assert_load_refused (path, B9_ERROR_IO, "cannot open PATH: no such file or directory");
}
END_TEST

START_TEST (refuses_a_link_to_itself)
{
  g_autofree char *path = file_path ("link.json");

  ck_assert_int_eq (symlink ("link.json", path), 0);
  assert_load_refused (path, B9_ERROR_IO, "cannot open PATH: too many levels of symbolic links");
}
END_TEST

START_TEST (refuses_an_empty_file)
{
  g_autofree char *path = file_path ("config.json");

  ck_assert (g_file_set_contents (path, "", 0, NULL));
  assert_load_refused (path, B9_ERROR_BAD_INPUT,
                       "PATH: line 1, column 1: the document is empty, expected a value");
}
END_TEST

START_TEST (refuses_a_file_that_is_no_json)
{
  g_autofree char *path = file_path ("config.json");

  ck_assert (g_file_set_contents (path, "{\n  \"a\": 1,\n}\n", -1, NULL));
  assert_load_refused (path, B9_ERROR_BAD_INPUT,
                       "PATH: line 3, column 1: expected a member's name after the comma, found '}'");
}
END_TEST

START_TEST (refuses_a_huge_file_without_reading_it)
{
  g_autofree char *path = file_path ("config.json");
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (ftruncate (fd, 52428800), 0);
  close (fd);
  assert_load_refused (path, B9_ERROR_BAD_INPUT, "PATH: larger than 16 MiB (52428800 bytes)");
}
END_TEST

START_TEST (refuses_a_directory)
{
  assert_load_refused (directory, B9_ERROR_BAD_INPUT, "PATH: a directory, not a regular file");
}
END_TEST

START_TEST (refuses_a_fifo_without_waiting_for_its_writer)
{
  g_autofree char *path = file_path ("config.json");

  ck_assert_int_eq (mkfifo (path, 0600), 0);
  assert_load_refused (path, B9_ERROR_BAD_INPUT, "PATH: a FIFO, not a regular file");
}
END_TEST

START_TEST (refuses_a_device)
{
  assert_load_refused ("/dev/zero", B9_ERROR_BAD_INPUT, "PATH: a device, not a regular file");
}
END_TEST

START_TEST (refuses_a_socket)
{
  g_autofree char *path = file_path ("config.json");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  ck_assert_int_eq (bind (fd, (const struct sockaddr *)&address, sizeof address), 0);
  assert_load_refused (path, B9_ERROR_BAD_INPUT, "PATH: a special file, not a regular file");
  close (fd);
}
END_TEST

static TCase *
strings_case (void)
{
  TCase *tcase = tcase_create ("strings");

  tcase_add_test (tcase, decodes_every_escape);
  tcase_add_test (tcase, decodes_member_names);
  tcase_add_test (tcase, refuses_a_nul_in_a_string);
  tcase_add_test (tcase, quotes_strings);
  tcase_add_test (tcase, reads_back_what_it_quotes);
  return tcase;
}

static TCase *
look_up_case (void)
{
  TCase *tcase = tcase_create ("look-ups");

  tcase_add_test (tcase, finds_a_structure_member_in_any_case);
  tcase_add_test (tcase, folds_the_two_odd_letters_that_go_folds);
  tcase_add_test (tcase, does_not_take_a_name_with_a_nul_for_its_beginning);
  tcase_add_test (tcase, takes_null_for_absent);
  tcase_add_test (tcase, refuses_a_structure_member_that_is_there_twice);
  tcase_add_test (tcase, does_not_mind_duplicates_of_other_members);
  tcase_add_test (tcase, reads_a_map_by_exact_name_and_last_duplicate);
  tcase_add_test (tcase, finds_along_a_path);
  tcase_add_test (tcase, refuses_a_path_through_what_is_no_object);
  tcase_add_test (tcase, names_places);
  tcase_add_test (tcase, shortens_long_names_in_places);
  return tcase;
}

static TCase *
conversion_case (void)
{
  TCase *tcase = tcase_create ("conversions");

  tcase_add_test (tcase, refuses_to_convert_another_kind);
  tcase_add_test (tcase, names_every_kind);
  tcase_add_test (tcase, converts_booleans);
  tcase_add_test (tcase, converts_the_largest_integers);
  tcase_add_test (tcase, refuses_numbers_that_are_no_int64);
  return tcase;
}

static TCase *
file_case (void)
{
  TCase *tcase = tcase_create ("files");

  tcase_add_checked_fixture (tcase, make_directory, remove_directory);
  tcase_add_test (tcase, loads_a_file);
  tcase_add_test (tcase, loads_a_large_file_through_a_link);
  tcase_add_test (tcase, reads_a_file_that_is_longer_than_its_size);
  tcase_add_test (tcase, refuses_a_missing_file);
  tcase_add_test (tcase, refuses_a_link_to_itself);
  tcase_add_test (tcase, refuses_an_empty_file);
  tcase_add_test (tcase, refuses_a_file_that_is_no_json);
  tcase_add_test (tcase, refuses_a_huge_file_without_reading_it);
  tcase_add_test (tcase, refuses_a_directory);
  tcase_add_test (tcase, refuses_a_fifo_without_waiting_for_its_writer);
  tcase_add_test (tcase, refuses_a_device);
  tcase_add_test (tcase, refuses_a_socket);
  return tcase;
}

int
main (void)
{
  TCase *const cases[] = {strings_case (), look_up_case (), conversion_case (), file_case (), NULL};

  return run_cases ("json-text", cases);
}
