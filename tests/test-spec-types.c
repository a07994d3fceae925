/* SPDX-License-Identifier: Apache-2.0
 *
 * test-spec-types.c: which members of a spec are refused for their type, and which are the runtime's to
 * judge.
 */
#include "config.h"

#include "core/spec/types.h"
#include "tests/json-testing.h"

static void
assert_type (const char *json, const char *message)
{
  g_autoptr (B9JsonText) spec = parse (json);
  g_autoptr (GError) error = NULL;

  ck_assert (!b9_spec_check_types (spec, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
}

static void
assert_no_objection (const char *json)
{
  g_autoptr (B9JsonText) spec = parse (json);
  GError *error = NULL;

  ck_assert_msg (b9_spec_check_types (spec, &error), "%s: %s", json, error != NULL ? error->message : "");
}

START_TEST (another_kind_is_refused_with_its_place)
{
  assert_type ("[]", "doc: the document is an array, not an object (line 1)");
  assert_type ("{\"ociVersion\":1}", "doc: ociVersion is a number, not a string (line 1)");
  assert_type ("{\"process\":{\n\"args\":\"sh\"}}", "doc: process.args is a string, not an array (line 2)");
  assert_type ("{\"process\":{\"args\":[\"sh\",\n1]}}",
               "doc: process.args[1] is a number, not a string (line 2)");
  assert_type ("{\"process\":{\"terminal\":\"no\"}}",
               "doc: process.terminal is a string, not a boolean (line 1)");
  assert_type ("{\"process\":{\"user\":\"root\"}}", "doc: process.user is a string, not an object (line 1)");
  assert_type ("{\"process\":{\"user\":{\"uid\":\"0\"}}}",
               "doc: process.user.uid is a string, not a number (line 1)");
  assert_type ("{\"mounts\":{}}", "doc: mounts is an object, not an array (line 1)");
  assert_type ("{\"mounts\":[{},{\"options\":\"ro\"}]}",
               "doc: mounts[1].options is a string, not an array (line 1)");
  assert_type ("{\"annotations\":{\"a.b\":1}}",
               "doc: annotations[\"a.b\"] is a number, not a string (line 1)");
  assert_type ("{\"hooks\":{\"prestart\":[{\"path\":[]}]}}",
               "doc: hooks.prestart[0].path is an array, not a string (line 1)");
  assert_type ("{\"linux\":{\"seccomp\":{\"syscalls\":[{\"args\":[{\"value\":\"1\"}]}]}}}",
               "doc: linux.seccomp.syscalls[0].args[0].value is a string, not a number (line 1)");
  assert_type ("{\"linux\":{\"sysctl\":[]}}", "doc: linux.sysctl is an array, not an object (line 1)");
}
END_TEST

/* As encoding/json of Go takes numbers for the types of specs-go. */
START_TEST (a_number_has_to_fit)
{
  assert_type ("{\"process\":{\"user\":{\"uid\":-1}}}",
               "doc: process.user.uid is -1, not a whole number from 0 to 4294967295 (line 1)");
  assert_type ("{\"process\":{\"user\":{\"uid\":4294967296}}}",
               "doc: process.user.uid is 4294967296, not a whole number from 0 to 4294967295 (line 1)");
  assert_type (
      "{\"process\":{\"user\":{\"additionalGids\":[1.5]}}}",
      "doc: process.user.additionalGids[0] is 1.5, not a whole number from 0 to 4294967295 (line 1)");
  assert_type ("{\"process\":{\"oomScoreAdj\":1e3}}",
               "doc: process.oomScoreAdj is 1e3, not a whole number of 64 bits (line 1)");
  assert_type ("{\"process\":{\"rlimits\":[{\"hard\":18446744073709551616}]}}",
               "doc: process.rlimits[0].hard is 18446744073709551616, not a whole number from 0 to "
               "18446744073709551615 (line 1)");
  assert_no_objection ("{\"process\":{\"rlimits\":[{\"hard\":18446744073709551615}],"
                       "\"user\":{\"uid\":4294967295},\"oomScoreAdj\":-1000},"
                       "\"linux\":{\"resources\":{\"memory\":{\"limit\":-1}}}}");
}
END_TEST

START_TEST (an_endless_number_is_shown_in_part)
{
  g_autofree char *digits = g_strnfill (100000, '9');
  g_autofree char *json = g_strdup_printf ("{\"linux\":{\"resources\":{\"pids\":{\"limit\":%s}}}}", digits);
  g_autofree char *message = g_strdup_printf (
      "doc: linux.resources.pids.limit is %.37s..., not a whole number of 64 bits (line 1)", digits);

  assert_type (json, message);
}
END_TEST

/* null is as good as absent, for an element too; what the specification does not know is none of ours. */
START_TEST (what_is_not_known_is_passed_over)
{
  assert_no_objection ("{}");
  assert_no_objection (
      "{\"process\":null,\"mounts\":[null],\"annotations\":{\"a\":null},\"linux\":{\"devices\":null}}");
  assert_no_objection ("{\"windows\":7,\"process\":{\"later\":[]},\"linux\":{\"intelRdt\":{\"closID\":1}}}");
}
END_TEST

START_TEST (a_member_in_any_case_is_meant)
{
  assert_type ("{\"Process\":{\"ARGS\":1}}", "doc: Process.ARGS is a number, not an array (line 1)");
}
END_TEST

int
main (void)
{
  TCase *types = tcase_create ("types");

  tcase_add_test (types, another_kind_is_refused_with_its_place);
  tcase_add_test (types, a_number_has_to_fit);
  tcase_add_test (types, an_endless_number_is_shown_in_part);
  tcase_add_test (types, what_is_not_known_is_passed_over);
  tcase_add_test (types, a_member_in_any_case_is_meant);
  return run_cases ("spec-types", (TCase *[]){types, NULL});
}
