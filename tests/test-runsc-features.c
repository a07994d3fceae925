/* SPDX-License-Identifier: Apache-2.0
 *
 * test-runsc-features.c: the features document that the runsc plugin puts together, or passes on.
 */
#include "config.h"

#include "core/json/json-text.h"
#include "plugins/backends/runsc/runsc-features.h"

#include "tests/examine-testing.h"

#define PROGRAM "/opt/bin/runsc"

static const char *
answer_of_2024 (const char *argv, int *status)
{
  *status = 0;
  if (strcmp (argv, PROGRAM " --version") == 0)
    return "runsc version 0.0~20240729.0\nspec: 1.0.2-dev\n";
  if (strcmp (argv, PROGRAM " flags") == 0)
    return "Top-level flags:\n  -oci-seccomp\n    \tload it\n  -systemd-cgroups\n";
  *status = 128;
  return "";
}

static const char *
answer_of_2026 (const char *argv, int *status)
{
  *status = strcmp (argv, PROGRAM " help features") == 0 || strcmp (argv, PROGRAM " features") == 0 ? 0 : 1;
  return *status == 0 ? "{\"ociVersionMin\": \"1.0.0\"}" : "";
}

static const char *
answer_of_another (const char *argv, int *status)
{
  *status = strstr (argv, "help") != NULL ? 1 : 0;
  return "something 1.2\nspec: \"1.0\"\n";
}

#define HEAD                                                                                              \
  "{\n  \"ociVersionMin\": \"1.0.0\",\n  \"ociVersionMax\": \"1.0.2-dev\",\n  \"hooks\": [\"prestart\", " \
  "\"createRuntime\", \"poststart\", \"poststop\"],\n  \"mountOptions\": [\"acl\", "
#define TAIL                                                                                            \
  "    \"apparmor\": {\"enabled\": false},\n    \"selinux\": {\"enabled\": false},\n    \"intelRdt\": " \
  "{\"enabled\": false},\n    \"mountExtensions\": {\"idmap\": {\"enabled\": false}}\n  },\n  "         \
  "\"annotations\": {\n    \"run.b9.runsc.version\": \"0.0~20240729.0\"\n  },\n  "                      \
  "\"potentiallyUnsafeConfigAnnotations\": [\"dev.gvisor.\", \"run.b9.\"]\n}\n"

static char *
features (Witness *witness, const char *(*answer) (const char *argv, int *status))
{
  g_autoptr (GError) error = NULL;
  char *document;

  witness->answer = answer;
  document = runsc_features (&witness->host, PROGRAM, "/run/gvisor", &error);
  ck_assert_msg (document != NULL, "%s", error != NULL ? error->message : "no error");
  return document;
}

/* Strict JSON with the member of that name in its "linux". */
static char *
member_of_linux (const char *document, const char *name)
{
  g_autoptr (GBytes) bytes = g_bytes_new (document, strlen (document));
  g_autoptr (GError) error = NULL;
  g_autoptr (B9JsonText) text = b9_json_text_new (bytes, "features", &error);
  B9JsonValue value = B9_JSON_NONE;
  gsize length;
  const char *raw;

  ck_assert_msg (text != NULL, "%s", error != NULL ? error->message : "no error");
  ck_assert (b9_json_find (text, B9_JSON_ROOT, &value, NULL, "linux", name, NULL));
  ck_assert_uint_ne (value, B9_JSON_NONE);
  raw = b9_json_raw (text, value, &length);
  return g_strndup (raw, length);
}

START_TEST (puts_together_what_an_old_runsc_honours)
{
  g_autoptr (Witness) witness = witness_new ();
  g_autofree char *document = features (witness, answer_of_2024);
  g_autofree char *seccomp = member_of_linux (document, "seccomp");
  g_autofree char *cgroup = member_of_linux (document, "cgroup");

  ck_assert (g_str_has_prefix (document, HEAD));
  ck_assert (g_str_has_suffix (document, TAIL));
  ck_assert_str_eq (seccomp, "{\"enabled\": false}");
  ck_assert_str_eq (cgroup,
                    "{\"v1\": true, \"v2\": true, \"systemd\": false, \"systemdUser\": false, \"rdma\": "
                    "false}");
}
END_TEST

START_TEST (lists_no_mount_option_that_is_taken_without_effect)
{
  static const char *const words[] = {"rro",    "nosymfollow", "idmap",  "tmpcopyup",
                                      "shared", "rshared",     "remount"};
  g_autoptr (Witness) witness = witness_new ();
  g_autofree char *document = features (witness, answer_of_2024);

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    g_autofree char *quoted = g_strdup_printf ("\"%s\"%s", words[i],
                                               strcmp (words[i], "idmap") == 0 ? "," : "");

    ck_assert_msg (strstr (document, quoted) == NULL, "%s is listed", words[i]);
  }
}
END_TEST

START_TEST (has_seccomp_where_it_is_switched_on)
{
  g_autoptr (Witness) witness = witness_new ();
  g_autofree char *document = NULL;
  g_autofree char *seccomp = NULL;

  witness->config = TRUE;
  document = features (witness, answer_of_2024);
  seccomp = member_of_linux (document, "seccomp");
  ck_assert (g_str_has_prefix (
      seccomp, "{\"enabled\": true, \"actions\": [\"SCMP_ACT_ALLOW\", \"SCMP_ACT_ERRNO\", "
               "\"SCMP_ACT_KILL\", \"SCMP_ACT_TRACE\", \"SCMP_ACT_TRAP\"], \"operators\": ["));
}
END_TEST

START_TEST (passes_on_what_a_newer_runsc_says)
{
  g_autoptr (Witness) witness = witness_new ();
  g_autofree char *document = features (witness, answer_of_2026);

  ck_assert_str_eq (document, "{\"ociVersionMin\": \"1.0.0\"}");
}
END_TEST

START_TEST (refuses_a_program_that_is_no_runsc)
{
  g_autoptr (Witness) witness = witness_new ();
  g_autoptr (GError) error = NULL;

  witness->answer = answer_of_another;
  ck_assert_ptr_null (runsc_features (&witness->host, PROGRAM, "/run/gvisor", &error));
  assert_failure (error, B9_ERROR_BACKEND_FAILED,
                  PROGRAM " --version says no \"version\" or no \"spec\"; is it runsc?");
}
END_TEST

int
main (void)
{
  TCase *document = directory_case ("document");
  TCase *const cases[] = {document, NULL};

  tcase_add_test (document, puts_together_what_an_old_runsc_honours);
  tcase_add_test (document, lists_no_mount_option_that_is_taken_without_effect);
  tcase_add_test (document, has_seccomp_where_it_is_switched_on);
  tcase_add_test (document, passes_on_what_a_newer_runsc_says);
  tcase_add_test (document, refuses_a_program_that_is_no_runsc);
  return run_cases ("runsc-features", cases);
}
