/* SPDX-License-Identifier: Apache-2.0
 *
 * test-words.c: guesses at mistyped words, and errors made from errno.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/sys/failure.h"
#include "core/sys/words.h"
#include "tests/suite-testing.h"

static const char *const names[] = {"create", "start", "state", "delete", "ps", NULL};

START_TEST (guesses_what_was_meant)
{
  ck_assert_str_eq (b9_nearest ("creat", names), "create");
  ck_assert_str_eq (b9_nearest ("craete", names), "create");
  ck_assert_str_eq (b9_nearest ("stat", names), "start");
  ck_assert_str_eq (b9_nearest ("p", names), "ps");
  ck_assert_str_eq (b9_nearest ("delete", names), "delete");
}
END_TEST

START_TEST (guesses_nothing_where_nothing_is_near)
{
  static const char *const none[] = {NULL};

  ck_assert_ptr_null (b9_nearest ("frobnicate", names));
  ck_assert_ptr_null (b9_nearest ("create", none));
  ck_assert_ptr_null (b9_nearest ("", names));
}
END_TEST

START_TEST (passes_over_endless_words)
{
  g_autofree char *word = g_strnfill (100000, 'c');

  ck_assert_ptr_null (b9_nearest (word, names));
}
END_TEST

/* podman and docker take these for the failure of the container's command. */
START_TEST (no_errno_reads_like_a_failed_command)
{
  for (int number = 1; number < 134; number++) {
    g_autofree char *text = g_ascii_strdown (b9_errno_text (number), -1);

    ck_assert_ptr_null (strstr (text, "no such file or directory"));
    ck_assert_ptr_null (strstr (text, "permission denied"));
    ck_assert_ptr_null (strstr (text, "operation not permitted"));
  }
}
END_TEST

START_TEST (says_what_errno_means)
{
  static const struct {
    int number;
    B9Error code;
    const char *message;
  } rows[] = {
      {ENOENT, B9_ERROR_IO, "cannot read 7: it does not exist"},
      {EACCES, B9_ERROR_PERMISSION, "cannot read 7: access was refused"},
      {EPERM, B9_ERROR_PERMISSION, "cannot read 7: access was refused"},
      {ENOTDIR, B9_ERROR_IO, "cannot read 7: a part of the path is no directory"},
      {ELOOP, B9_ERROR_IO, "cannot read 7: it is a symbolic link, or there are too many of them"},
      {ENOSPC, B9_ERROR_IO, "cannot read 7: No space left on device"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    ck_assert (!b9_fail_errno (&error, rows[i].number, "cannot read %d", 7));
    assert_failure (error, rows[i].code, rows[i].message);
  }
}
END_TEST

START_TEST (a_message_is_taken_as_it_is)
{
  g_autoptr (GError) error = NULL;

  ck_assert (!b9_fail (&error, B9_ERROR_USAGE, "%s", "100%s"));
  assert_failure (error, B9_ERROR_USAGE, "100%s");
  ck_assert (!b9_fail (NULL, B9_ERROR_USAGE, "nobody asks"));
}
END_TEST

START_TEST (every_code_has_a_name_of_its_own)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (int code = 0; code <= B9_ERROR_UNOBSERVED; code++)
    ck_assert (g_hash_table_add (seen, (gpointer)b9_error_name (code)));
  ck_assert_str_eq (b9_error_name (B9_ERROR_NOT_FOUND), "container-not-found");
  ck_assert_str_eq (b9_error_name (B9_ERROR_UNOBSERVED), "exit-unobserved");
  ck_assert_str_eq (b9_error_name (-1), "failed");
  ck_assert_str_eq (b9_error_name (10000), "failed");
}
END_TEST

START_TEST (shows_no_control_characters)
{
  static const struct {
    const char *text, *line, *lines;
  } cases[] = {
      {"plain", "plain", "plain"},
      {"\033[31mred\r\n\tx", "?[31mred???x", "?[31mred?\n\tx"},
      {"\302\233 \303\244 \377", "? \303\244 \357\277\275", "? \303\244 \357\277\275"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *line = b9_printable (cases[i].text, FALSE);
    g_autofree char *lines = b9_printable (cases[i].text, TRUE);

    ck_assert_str_eq (line, cases[i].line);
    ck_assert_str_eq (lines, cases[i].lines);
  }
}
END_TEST

int
main (void)
{
  TCase *words = tcase_create ("words");

  tcase_add_test (words, guesses_what_was_meant);
  tcase_add_test (words, guesses_nothing_where_nothing_is_near);
  tcase_add_test (words, passes_over_endless_words);
  tcase_add_test (words, no_errno_reads_like_a_failed_command);
  tcase_add_test (words, says_what_errno_means);
  tcase_add_test (words, a_message_is_taken_as_it_is);
  tcase_add_test (words, every_code_has_a_name_of_its_own);
  tcase_add_test (words, shows_no_control_characters);
  return run_cases ("words", (TCase *[]){words, NULL});
}
