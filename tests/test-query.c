/* SPDX-License-Identifier: Apache-2.0
 *
 * test-query.c: what is made of a runtime's answers and failures.
 */
#include "config.h"

#include "core/run/outcome.h"
#include "core/run/query.h"
#include "tests/run-testing.h"

static B9State *
parse_state (const char *json, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (json, strlen (json));
  g_autoptr (B9JsonText) text = b9_json_text_new (bytes, "doc", NULL);

  ck_assert_ptr_nonnull (text);
  return b9_state_parse (text, B9_JSON_ROOT, error);
}

START_TEST (reads_a_state)
{
  g_autofree char *json = g_strdup_printf ("{\"id\":\"c1\",\"status\":\"running\",\"pid\":%d,\"bundle\":\"/"
                                           "b\",\"created\":\"T\",\"rootfs\":\"/r\",\"owner\":\"o\","
                                           "\"annotations\":{\"a\":\"1\",\"n\":7}}",
                                           (int)getpid ());
  g_autoptr (B9State) state = parse_state (json, NULL);

  ck_assert_ptr_nonnull (state);
  ck_assert_str_eq (state->id, "c1");
  ck_assert_str_eq (state->status, "running");
  ck_assert_int_eq (state->pid, getpid ());
  ck_assert_str_eq (state->bundle, "/b");
  ck_assert_str_eq (state->created, "T");
  ck_assert_str_eq (state->rootfs, "/r");
  ck_assert_str_eq (state->owner, "o");
  ck_assert_uint_eq (g_hash_table_size (state->annotations), 1);
  ck_assert_str_eq (g_hash_table_lookup (state->annotations, "a"), "1");
  b9_state_free (NULL);
}
END_TEST

static const struct {
  const char *json, *status;
} corrections[] = {
    {"{\"id\":\"c\",\"status\":\"running\",\"pid\":0}", "stopped"},
    {"{\"id\":\"c\",\"status\":\"paused\",\"pid\":2147483647}", "stopped"},
    {"{\"id\":\"c\",\"status\":\"running\"}", "stopped"},
    {"{\"id\":\"c\",\"status\":\"stopped\",\"pid\":-1}", "stopped"},
    {"{\"id\":\"c\",\"status\":\"creating\",\"pid\":-1}", "creating"},
    {"{\"id\":\"c\",\"status\":\"stopped\",\"pid\":1}", "stopped"},
};

START_TEST (believes_the_kernel)
{
  g_autoptr (B9State) state = parse_state (corrections[_i].json, NULL);

  ck_assert_ptr_nonnull (state);
  ck_assert_str_eq (state->status, corrections[_i].status);
  ck_assert_int_eq (state->pid, 0);
}
END_TEST

static const struct {
  const char *json;
  B9Error code;
  const char *message;
} refusals[] = {
    {"[]", B9_ERROR_BACKEND_FAILED, "doc holds no container state"},
    {"{}", B9_ERROR_BACKEND_FAILED, "doc holds no container state (id, status and pid)"},
    {"{\"id\":\"c\"}", B9_ERROR_BACKEND_FAILED, "doc holds no container state (id, status and pid)"},
    {"{\"id\":\"c\",\"status\":\"running\",\"pid\":2147483648}", B9_ERROR_BACKEND_FAILED,
     "doc holds no container state (id, status and pid)"},
    {"{\"id\":\"c\",\"status\":\"running\",\"pid\":-4294967295}", B9_ERROR_BACKEND_FAILED,
     "doc holds no container state (id, status and pid)"},
    {"{\"id\":7,\"status\":\"running\",\"pid\":1}", B9_ERROR_BAD_INPUT,
     "doc: id is a number, not a string (line 1)"},
    {"{\"id\":\"c\",\"status\":\"running\",\"pid\":\"1\"}", B9_ERROR_BAD_INPUT,
     "doc: pid is a string, not a number (line 1)"},
};

START_TEST (refuses_what_is_no_state)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (parse_state (refusals[_i].json, &error));
  assert_failure (error, refusals[_i].code, refusals[_i].message);
}
END_TEST

START_TEST (asks_for_a_state)
{
  g_auto (B9Target) target = new_target ("c1");
  g_autoptr (B9JsonText) text = NULL;
  g_autoptr (B9State) state = NULL;

  scripts[B9_OPERATION_STATE] = "echo '{\"id\":\"'$2'\",\"status\":\"stopped\",\"pid\":0}'; echo noise >&2";
  state = b9_query_state (&target, &text, NULL);
  ck_assert_ptr_nonnull (state);
  ck_assert_str_eq (state->id, "c1");
  ck_assert_ptr_nonnull (text);
}
END_TEST

static const struct {
  const char *script;
  B9Error code;
  const char *message;
} failures[] = {
    {NULL, B9_ERROR_UNSUPPORTED, "the tested backend has no operation 4"},
    {"echo first >&2; echo last >&2; exit 3", B9_ERROR_BACKEND_FAILED, "last (3)"},
    {"echo '{\"level\":\"error\",\"msg\":\"json\"}' >&2; exit 3", B9_ERROR_BACKEND_FAILED, "json (3)"},
    {"exit 3", B9_ERROR_BACKEND_FAILED, "/bin/sh ended with status 3 and gave no reason (3)"},
    {"kill -9 $$", B9_ERROR_BACKEND_FAILED,
     "/bin/sh was killed by signal 9 (Killed) and gave no reason (137)"},
    {"echo gone >&2; exit 1", B9_ERROR_NOT_FOUND, "container does not exist: c1"},
    {"echo mute >&2; exit 1", B9_ERROR_BACKEND_FAILED, "mute"},
    {":", B9_ERROR_BACKEND_FAILED,
     "the answer of tested state: line 1, column 1: the document is empty, expected a value; is it really "
     "tested?"},
    {"echo nonsense", B9_ERROR_BACKEND_FAILED,
     "the answer of tested state: line 1, column 1: expected a value, found 'nonsense'; is it really "
     "tested?"},
};

START_TEST (explains_why_there_is_no_state)
{
  g_auto (B9Target) target = new_target ("c1");
  g_autoptr (GError) error = NULL;

  scripts[B9_OPERATION_STATE] = failures[_i].script;
  ck_assert_ptr_null (b9_query_state (&target, NULL, &error));
  assert_failure (error, failures[_i].code, failures[_i].message);
}
END_TEST

START_TEST (gives_up_on_a_runtime_that_hangs)
{
  g_auto (B9Target) target = new_target ("c1");
  B9Request request = b9_target_request (&target, B9_OPERATION_STATE);
  g_autoptr (GError) error = NULL;

  scripts[B9_OPERATION_STATE] = "exec sleep 100";
  ck_assert_ptr_null (b9_query (&runtime, &request, 1, &error));
  assert_failure (error, B9_ERROR_TIMEOUT, "/bin/sh did not answer within 1 s and was killed");
}
END_TEST

static const struct {
  const char *answer;
  int count;
  const char *message;
} lists[] = {
    {"null", 0, NULL},
    {"[]", 0, NULL},
    {"[{\"id\":\"a\",\"status\":\"stopped\"},{\"id\":\"b\",\"status\":\"stopped\"}]", 2, NULL},
    {"[{\"id\":\"a\",\"status\":\"stopped\"},7]", -1, "the answer of tested list holds no container state"},
    {"{}", -1, "the answer of tested list holds no list of containers"},
    {"7", -1, "the answer of tested list holds no list of containers"},
};

START_TEST (asks_for_a_list)
{
  g_autofree char *script = g_strdup_printf ("echo '%s'", lists[_i].answer);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) states = NULL;

  scripts[B9_OPERATION_LIST] = script;
  states = b9_query_list (&runtime, "/bin/sh", top, &error);
  if (lists[_i].message == NULL) {
    ck_assert_ptr_nonnull (states);
    ck_assert_int_eq ((int)states->len, lists[_i].count);
  } else {
    ck_assert_ptr_null (states);
    assert_failure (error, B9_ERROR_BACKEND_FAILED, lists[_i].message);
  }
}
END_TEST

START_TEST (a_list_that_fails_is_explained)
{
  g_autoptr (GError) error = NULL;

  scripts[B9_OPERATION_LIST] = "echo no >&2; exit 1";
  ck_assert_ptr_null (b9_query_list (&runtime, "/bin/sh", top, &error));
  assert_failure (error, B9_ERROR_BACKEND_FAILED, "no (1)");
}
END_TEST

START_TEST (a_backend_without_explanations_fails_in_its_own_words)
{
  const B9Request request = {.program = "/p"};
  g_autoptr (GError) error = NULL;

  backend.explain_failure = NULL;
  ck_assert (!b9_outcome_failed (&runtime, &request, 1 << 8, "words", &error));
  assert_failure (error, B9_ERROR_BACKEND_FAILED, "words");
}
END_TEST

START_TEST (the_contract_has_words_for_three_codes)
{
  ck_assert_str_eq (b9_contract_text (B9_ERROR_NOT_FOUND), "container does not exist");
  ck_assert_str_eq (b9_contract_text (B9_ERROR_EXISTS), "container with given ID already exists");
  ck_assert_str_eq (b9_contract_text (B9_ERROR_NOT_RUNNING), "container not running");
  ck_assert_ptr_null (b9_contract_text (B9_ERROR_WRONG_STATE));
}
END_TEST

int
main (void)
{
  TCase *parsing = tcase_create ("parsing");
  TCase *asking = run_case ("asking");

  tcase_add_test (parsing, reads_a_state);
  tcase_add_loop_test (parsing, believes_the_kernel, 0, G_N_ELEMENTS (corrections));
  tcase_add_loop_test (parsing, refuses_what_is_no_state, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (parsing, the_contract_has_words_for_three_codes);
  tcase_add_test (asking, asks_for_a_state);
  tcase_add_loop_test (asking, explains_why_there_is_no_state, 0, G_N_ELEMENTS (failures));
  tcase_add_test (asking, gives_up_on_a_runtime_that_hangs);
  tcase_add_loop_test (asking, asks_for_a_list, 0, G_N_ELEMENTS (lists));
  tcase_add_test (asking, a_list_that_fails_is_explained);
  tcase_add_test (asking, a_backend_without_explanations_fails_in_its_own_words);
  return run_cases ("query", (TCase *[]){parsing, asking, NULL});
}
