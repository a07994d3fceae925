/* SPDX-License-Identifier: Apache-2.0
 *
 * test-log.c: the line for the caller of --log, the runtime's own log read back, and b9run's own log.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-test"

#include "core/log/client-log.h"
#include "core/log/own-log.h"
#include "tests/directory-testing.h"

static void
steady (char **text)
{
  g_autoptr (GRegex) time = g_regex_new ("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z", 0, 0, NULL);
  g_autoptr (GRegex) pid = g_regex_new ("\\[\\d+\\]", 0, 0, NULL);
  g_autofree char *timed = g_regex_replace_literal (time, *text, -1, 0, "NOW", 0, NULL);

  g_free (*text);
  *text = g_regex_replace_literal (pid, timed, -1, 0, "[PID]", 0, NULL);
}

static void
expect_file (const char *name, const char *expected)
{
  g_autofree char *content = get_file (name);

  steady (&content);
  ck_assert_str_eq (content, expected);
}

START_TEST (adds_one_json_line)
{
  g_autofree char *path = at_top ("log");

  put_file ("log", "before\n");
  b9_client_log_append (path, TRUE, "a \"b\"\n\\ \001\303\244", "failed", NULL);
  expect_file ("log", "before\n{\"level\":\"error\",\"msg\":\"a \\\"b\\\"\\n\\\\ "
                      "\\u0001\303\244\",\"time\":\"NOW\",\"code\":\"failed\"}\n");
}
END_TEST

START_TEST (names_the_capability_that_is_missing)
{
  g_autofree char *path = at_top ("log");

  b9_client_log_append (path, TRUE, "x", "capability-unsupported", "exec");
  b9_client_log_append (path, FALSE, "x", "capability-unsupported", "exec");
  expect_file ("log", "{\"level\":\"error\",\"msg\":\"x\",\"time\":\"NOW\",\"code\":\"capability-"
                      "unsupported\",\"capability\":\"exec\"}\ntime=\"NOW\" level=error msg=\"x\" "
                      "code=capability-unsupported capability=exec\n");
}
END_TEST

START_TEST (adds_one_text_line)
{
  g_autofree char *path = at_top ("log");

  b9_client_log_append (path, FALSE, "a\nb", "usage", NULL);
  expect_file ("log", "time=\"NOW\" level=error msg=\"a\\nb\" code=usage\n");
}
END_TEST

START_TEST (a_log_that_cannot_be_written_is_no_failure)
{
  g_autofree char *path = at_top ("none/log");

  b9_client_log_append (path, TRUE, "x", "failed", NULL);
  ck_assert (!is_there ("none"));
}
END_TEST

static void
expect_backend_error (const char *content, const char *expected)
{
  g_autofree char *path = at_top ("backend.log");
  g_autofree char *message = NULL;

  put_file ("backend.log", content);
  message = b9_backend_log_error (path);
  if (expected == NULL)
    ck_assert_ptr_null (message);
  else
    ck_assert_str_eq (message, expected);
}

START_TEST (finds_the_last_error_of_a_runtime)
{
  expect_backend_error ("{\"level\":\"error\",\"msg\":\"one\"}\n{\"level\":\"error\",\"msg\":\"two\"}\n"
                        "{\"level\":\"warning\",\"msg\":\"three\"}\nrubbish\n{broken\n",
                        "two");
  expect_backend_error ("{\"msg\":\"f\",\"level\":\"fatal\"}", "f");
  expect_backend_error ("{\"msg\":\"p\",\"level\":\"panic\"}\n", "p");
}
END_TEST

START_TEST (finds_no_error_where_there_is_none)
{
  expect_backend_error ("", NULL);
  expect_backend_error ("{\"level\":\"warning\",\"msg\":\"w\"}\n", NULL);
  expect_backend_error ("{\"level\":\"error\"}\n{\"msg\":\"m\"}\n{\"level\":7,\"msg\":\"m\"}\n{\"level\":"
                        "\"error\",\"msg\":[]}\n",
                        NULL);
  ck_assert_ptr_null (b9_backend_log_error ("/nowhere/at/all"));
}
END_TEST

static const struct {
  const char *output, *words;
} last_words[] = {
    {"", NULL},
    {"\n  \n\n", NULL},
    {"one\ntwo\n\n", "two"},
    {"  spaces \n", "spaces"},
    {"{\"level\":\"error\",\"msg\":\"json\"}\n", "json"},
    {"time=\"t\" level=error msg=\"a \\\"quoted\\\" word\"\n", "a \"quoted\" word"},
    {"time=\"t\" level=error msg=unquoted\n", "time=\"t\" level=error msg=unquoted"},
    {"x msg=\"unfinished\n", "x msg=\"unfinished"},
    {"{\"level\":\"info\",\"msg\":\"info\"}", "{\"level\":\"info\",\"msg\":\"info\"}"},
    {"bad \377 byte", "bad \357\277\275 byte"},
    {"warning\npanic: runtime error: index out of range [recovered]\n\tpanic: again\n[signal SIGSEGV: "
     "x]\n\ngoroutine 1 [running]:\nmain.main()\n\tmain.go:3 +0x1d\n\ngoroutine 22 [IO "
     "wait]:\nx()\n\tx.go:4\nexit status 2\n",
     "panic: runtime error: index out of range [recovered]"},
    {"fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select]:\nx()\n",
     "fatal error: all goroutines are asleep - deadlock!"},
    {"SIGQUIT: quit\nPC=0x1 m=0 sigcode=0\n\ngoroutine 0 [idle]:\nx()\n", "SIGQUIT: quit"},
    {"one\nrestoring: no descriptor :\ngoroutine 6 [running]:\nx()\n", "restoring: no descriptor"},
    {"{\"level\":\"error\",\"msg\":\"restoring:\\ngoroutine 6 [running]:\\nx()\"}\n", "restoring"},
    {"goroutine 6 [running]:\nx()\n", "goroutine 6 [running]:"},
    {"a\ngoroutine leak\n", "goroutine leak"},
};

START_TEST (reads_the_last_words_of_a_runtime)
{
  g_autofree char *words = b9_last_words (last_words[_i].output);

  if (last_words[_i].words == NULL)
    ck_assert_ptr_null (words);
  else
    ck_assert_str_eq (words, last_words[_i].words);
}
END_TEST

/* GLib takes a writer once in the life of a process. */
static void
use_own_log (const char *file, const char *level)
{
  static gboolean installed;

  if (!installed)
    b9_own_log_install ();
  installed = TRUE;
  b9_own_log_configure (file, level);
}

static void
say_everything (void)
{
  g_debug ("debug");
  g_info ("info");
  g_message ("message\nof two lines");
  g_warning ("warning");
}

START_TEST (writes_what_matters_enough)
{
  static const struct {
    const char *level, *expected;
  } rows[] = {
      {"debug", "NOW debug b9run-test[PID]: debug\nNOW info b9run-test[PID]: info\n"
                "NOW info b9run-test[PID]: message of two lines\nNOW warning b9run-test[PID]: warning\n"},
      {"info", "NOW info b9run-test[PID]: info\nNOW info b9run-test[PID]: message of two lines\n"
               "NOW warning b9run-test[PID]: warning\n"},
      {NULL, "NOW info b9run-test[PID]: info\nNOW info b9run-test[PID]: message of two lines\n"
             "NOW warning b9run-test[PID]: warning\n"},
      {"warning", "NOW warning b9run-test[PID]: warning\n"},
      {"error", ""},
  };
  g_autofree char *path = at_top ("own.log");

  use_own_log (path, rows[_i].level);
  say_everything ();
  b9_own_log_configure (NULL, "error");
  expect_file ("own.log", rows[_i].expected);
}
END_TEST

START_TEST (can_be_read_by_nobody_else)
{
  g_autofree char *path = at_top ("own.log");
  struct stat info;

  use_own_log (path, "info");
  g_info ("x");
  b9_own_log_configure (NULL, "error");
  ck_assert_int_eq (stat (path, &info), 0);
  ck_assert_uint_eq (info.st_mode, S_IFREG | 0600);
}
END_TEST

int
main (void)
{
  TCase *client = directory_case ("client log");
  TCase *own = directory_case ("own log");

  tcase_add_test (client, adds_one_json_line);
  tcase_add_test (client, names_the_capability_that_is_missing);
  tcase_add_test (client, adds_one_text_line);
  tcase_add_test (client, a_log_that_cannot_be_written_is_no_failure);
  tcase_add_test (client, finds_the_last_error_of_a_runtime);
  tcase_add_test (client, finds_no_error_where_there_is_none);
  tcase_add_loop_test (client, reads_the_last_words_of_a_runtime, 0, G_N_ELEMENTS (last_words));
  tcase_add_loop_test (own, writes_what_matters_enough, 0, 5);
  tcase_add_test (own, can_be_read_by_nobody_else);
  return run_cases ("log", (TCase *[]){client, own, NULL});
}
