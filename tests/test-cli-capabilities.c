/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cli-capabilities.c: `b9run capabilities`, and the refusals that the matrix makes, with the fake
 * runtime and a fake of a backend that says what a test wants (tests/bad-plugins/fixture-probe.h).
 */
#include "config.h"

#include "tests/cli-testing.h"

#define ASKED "--config TOP/b9run.yaml --backend=asked "

static void
set_up (void)
{
  const char *fixtures = g_getenv ("B9_TEST_FIXTURES");
  g_autofree char *module = g_build_filename (fixtures != NULL ? fixtures : "tests/bad-plugins",
                                              "b9-backend-asked.so", NULL);
  const char *sources = g_getenv ("srcdir");
  g_autofree char *data = g_build_filename (sources != NULL ? sources : "..", "data", NULL);

  set_up_cli ();
  g_setenv ("B9RUN_DATA_DIR", data, TRUE);
  g_setenv ("B9_TEST_CELLS", top, TRUE);
  g_unsetenv ("B9RUN_HOST_ROOT"); /* the fake reads its cells by their whole path */
  copy_file (module, "plugins/b9-backend-asked.so");
  put_config (A_CONFIG "  asked:\n    path: TOP/bin/runc\n    root: TOP/asked\n");
  put_file ("backend", "exec|1|seen|||\npause|2|tried|slow||\nupdate|4|looked|no flag|use another|\n"
                       "moon.phase|3|sky|clouds||\n");
}

static void
expect_lines (const char *line, const char *const *expected)
{
  g_auto (Result) result = call (line);

  ck_assert_msg (result.status == 0, "%s", result.error);
  for (guint i = 0; expected[i] != NULL; i++)
    ck_assert_msg (strstr (result.output, expected[i]) != NULL, "no\n%s\nin\n%s", expected[i], result.output);
}

START_TEST (shows_states_and_reasons_of_one_backend)
{
  static const char *const lines[] = {"CAPABILITY                 asked\n",
                                      "\nexec                       supported\n",
                                      "\nmoon.phase                 unknown      clouds\n",
                                      "\npause                      conditional  slow\n",
                                      "\nps                         unknown      backend asked does not say "
                                      "whether it can\n",
                                      "\nupdate                     unsupported  no flag\n",
                                      NULL};

  expect_lines (ASKED "capabilities", lines);
}
END_TEST

START_TEST (shows_all_backends_and_those_that_are_not_there)
{
  static const char *const lines[] = {
      "CAPABILITY                 asked        runc         runsc\n",
      "\nexec                       supported    ", "  -\n",
      "\n\nrunsc: backend runsc: TOP/bin/none (set by TOP/b9run.yaml:6) is no "
      "program that can be executed\n",
      NULL};

  put_config ("backends:\n  asked:\n    path: TOP/bin/runc\n    root: TOP/asked\n  runsc:\n    path: "
              "TOP/bin/none\n  runc:\n    path: TOP/bin/runc\n");
  expect_lines ("--config TOP/b9run.yaml capabilities", lines);
}
END_TEST

START_TEST (gives_json_for_one_capability)
{
  g_auto (Result) result = call (ASKED "capabilities --json --why update");

  expect_result (
      &result, 0,
      "{\n  \"backends\": [\n    {\n      \"name\": \"asked\",\n      \"program\": "
      "\"TOP/bin/runc\",\n      \"root\": \"TOP/asked\",\n      \"problem\": null,\n      "
      "\"capabilities\": [\n        {\n          \"id\": \"update\",\n          \"state\": "
      "\"unsupported\",\n          \"provider\": \"backend asked\",\n          \"evidenceKind\": "
      "\"probe\",\n          \"evidence\": \"looked\",\n          \"reason\": \"no flag\",\n       "
      "   \"remedy\": \"use another\",\n          \"answers\": [\n            {\n              "
      "\"id\": \"update\",\n              \"state\": \"unsupported\",\n              "
      "\"provider\": \"backend asked\",\n              \"evidenceKind\": \"probe\",\n              "
      "\"evidence\": \"looked\",\n              \"reason\": \"no flag\",\n              "
      "\"remedy\": \"use another\"\n            }\n          ]\n        }\n      ]\n    }\n  "
      "]\n}\n",
      "");
}
END_TEST

START_TEST (says_why)
{
  g_auto (Result) result = call (ASKED "capabilities --why update");

  expect_result (&result, 0,
                 "update: Can the limits of a running container be changed?\n"
                 "Required by b9run update.\n\n"
                 "asked: unsupported\n"
                 "  Meaning:  b9run update is refused.\n"
                 "  Reason:   no flag\n"
                 "  Evidence: looked (probe, by backend asked)\n"
                 "  Remedy:   use another\n"
                 "  Answers:\n"
                 "    backend asked, update: unsupported (probe: looked)\n"
                 "      no flag\n",
                 "");
}
END_TEST

START_TEST (says_why_without_a_catalogue)
{
  g_auto (Result) result = call (ASKED "capabilities --why moon.phase");

  expect_result (&result, 0,
                 "moon.phase\n\n"
                 "asked: unknown\n"
                 "  Reason:   clouds\n"
                 "  Evidence: sky (probe, by backend asked)\n"
                 "  Answers:\n"
                 "    backend asked, moon.phase: unknown (probe: sky)\n"
                 "      clouds\n",
                 "");
}
END_TEST

START_TEST (refuses_a_capability_that_nobody_knows)
{
  g_auto (Result) near = call (ASKED "capabilities --why updat");
  g_auto (Result) far = call (ASKED "capabilities --why ../../etc/passwd");

  expect_result (&near, 1, "",
                 "b9run: capabilities: there is no capability \"updat\"; did you mean update?\n");
  expect_result (&far, 1, "",
                 "b9run: capabilities: there is no capability \"../../etc/passwd\"; b9run capabilities lists "
                 "them\n");
}
END_TEST

/* ---- enforcement ---- */

static void
put_spec (const char *members)
{
  g_autofree char *spec = g_strdup_printf ("{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"},%s}",
                                           members);

  put_file ("bundle/config.json", spec);
}

#define REFUSED                                                                                       \
  "process.selinuxLabel needs the capability selinux, which backend runsc does not have here: runsc " \
  "refuses "                                                                                          \
  "a bundle with process.selinuxLabel (backend runsc: gVisor's source, runsc/specutils); make the "   \
  "container "                                                                                        \
  "without a label (podman: --security-opt label=disable); b9run capabilities --backend runsc --why " \
  "selinux "                                                                                          \
  "tells more"

START_TEST (refuses_what_is_unsupported_before_anything_is_started)
{
  g_autofree char *log = NULL;
  g_auto (Result) result = {0};

  put_spec ("\"process\":{\"args\":[\"/sh\"],\"selinuxLabel\":\"a:b\"}");
  ask_before ();
  result = call ("--config TOP/b9run.yaml --backend=runsc --log TOP/log --log-format json create -b "
                 "TOP/bundle new");
  expect_result (&result, 1, "", "b9run: " REFUSED "\n");
  log = steady (get_file ("log"));
  ck_assert_str_eq (log, "{\"level\":\"error\",\"msg\":\"" REFUSED
                         "\",\"time\":\"NOW\",\"code\":\"capability-unsupported\",\"capability\":\"selinux\"}"
                         "\n");
  expect_argv ("");
  expect_nothing_left ();
}
END_TEST

START_TEST (goes_ahead_with_one_notice_in_its_own_log)
{
  g_autofree char *log = NULL;
  g_autofree char *notice = NULL;

  put_config (A_CONFIG "log: {file: TOP/own.log}\n");
  put_spec ("\"process\":{\"args\":[\"/sh\"],\"apparmorProfile\":\"p\"}");
  expect ("--backend=runsc create -b TOP/bundle new", 0, "", "");
  log = get_file ("own.log");
  notice = strstr (log, "process.apparmorProfile: ") != NULL
               ? g_strndup (strstr (log, "process.apparmorProfile: "),
                            strcspn (strstr (log, "process.apparmorProfile: "), "\n"))
               : g_strdup (log);
  ck_assert_str_eq (notice, "process.apparmorProfile: capability apparmor of backend runsc is conditional: "
                            "runsc passes over the bundle's profile; there is no AppArmor inside the sandbox "
                            "(backend runsc: gVisor's source, runsc/specutils)");
}
END_TEST

START_TEST (a_plain_bundle_asks_nothing)
{
  expect ("create -b TOP/bundle new", 0, "", "");
  ck_assert (!is_there ("state/cache"));
}
END_TEST

START_TEST (an_operation_that_a_backend_lacks_is_refused_with_the_reason)
{
  g_auto (Result) known = call (ASKED "update --memory 1 c1");
  g_auto (Result) unknown = call (ASKED "resume c1");

  expect_result (&known, 1, "",
                 "b9run: update needs the capability update, which backend asked does not have here: no flag "
                 "(backend asked: looked); use another; b9run capabilities --backend asked --why update "
                 "tells more\n");
  expect_result (&unknown, 1, "", "b9run: backend asked has no resume\n");
}
END_TEST

int
main (void)
{
  TCase *tests = tcase_create ("capabilities");

  tcase_add_checked_fixture (tests, set_up, tear_down_cli);
  tcase_set_timeout (tests, 120);
  tcase_add_test (tests, shows_states_and_reasons_of_one_backend);
  tcase_add_test (tests, shows_all_backends_and_those_that_are_not_there);
  tcase_add_test (tests, gives_json_for_one_capability);
  tcase_add_test (tests, says_why);
  tcase_add_test (tests, says_why_without_a_catalogue);
  tcase_add_test (tests, refuses_a_capability_that_nobody_knows);
  tcase_add_test (tests, refuses_what_is_unsupported_before_anything_is_started);
  tcase_add_test (tests, goes_ahead_with_one_notice_in_its_own_log);
  tcase_add_test (tests, a_plain_bundle_asks_nothing);
  tcase_add_test (tests, an_operation_that_a_backend_lacks_is_refused_with_the_reason);
  return run_cases ("cli-capabilities", (TCase *[]){tests, NULL});
}
