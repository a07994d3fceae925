/* SPDX-License-Identifier: Apache-2.0
 *
 * test-runc-probe.c: what the runc plugin says of a runc, from what the real release 1.1.5 printed
 * (tests/data/runc-1.1.5).
 */
#include "config.h"

#include "plugins/backends/runc/runc-features.h"
#include "plugins/backends/runc/runc-probe.h"
#include "tests/backend-testing.h"
#include "tests/probe-testing.h"

#define DATA "runc-1.1.5/"

static FakeHost *fake;

static void
make_host (void)
{
  fake = fake_host_new ();
  answer_from_file (fake, "features", DATA "features.json");
  answer_from_file (fake, "--help", DATA "help.txt");
  answer_from_file (fake, "checkpoint --help", DATA "help-checkpoint.txt");
  answer (fake, "--version", "runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\n");
}

static void
remove_host (void)
{
  g_clear_pointer (&fake, fake_host_free);
}

static void
probe (void)
{
  runc_probe (&fake->host, "/usr/sbin/runc", "/run/runc");
}

/* --- the features document --- */

START_TEST (reads_the_features_document_by_places)
{
  g_autoptr (GHashTable) found = runc_features_parse (
      "{\"hooks\":[\"a\",\"b\"], \"linux\" : "
      "{\"cgroup\":{\"v1\":true,\"v2\":false}},\"n\":-1.5E+3,\"e\":[]}\n");

  ck_assert_ptr_nonnull (found);
  ck_assert (g_hash_table_contains (found, "/hooks=b"));
  ck_assert_str_eq (g_hash_table_lookup (found, "/linux/cgroup/v1"), "true");
  ck_assert_str_eq (g_hash_table_lookup (found, "/linux/cgroup/v2"), "false");
  ck_assert_str_eq (g_hash_table_lookup (found, "/n"), "-1.5E+3");
  ck_assert_uint_eq (g_hash_table_size (found), 5);
}
END_TEST

START_TEST (refuses_what_is_no_document)
{
  static const char *const texts[] = {"",
                                      "[]",
                                      "{",
                                      "{\"a\"",
                                      "{\"a\":",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{\"a\":\"",
                                      "{\"a\":\"\\",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":1} x",
                                      "{a:1}",
                                      "{\"a\":[1,]}",
                                      "{\"a\":[1 2]}",
                                      "null"};

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    ck_assert_msg (runc_features_parse (texts[i]) == NULL, "%s", texts[i]);
}
END_TEST

START_TEST (refuses_what_is_too_deep_or_too_long)
{
  g_autofree char *brackets = g_strnfill (60000, '[');
  g_autofree char *deep = g_strconcat ("{\"a\":", brackets, NULL);
  g_autofree char *blanks = g_strnfill (300000, ' ');
  g_autofree char *longer = g_strconcat ("{}", blanks, NULL);
  g_autofree char *name = g_strnfill (600, 'n');
  g_autofree char *place = g_strconcat ("{\"", name, "\":[1,2]}", NULL);

  ck_assert_ptr_null (runc_features_parse (deep));
  ck_assert_ptr_null (runc_features_parse (longer));
  ck_assert_ptr_null (runc_features_parse (place));
}
END_TEST

/* --- cells --- */

START_TEST (answers_for_each_capability_in_three_starts)
{
  probe ();
  expect_whole_catalogue (fake);
  ck_assert_uint_eq (fake->starts, 3);
}
END_TEST

START_TEST (says_what_release_1_1_5_can)
{
  probe ();
  expect_cell (fake, "checkpoint", "supported probe runc --help: checkpoint | - | - | checkpoint:checkpoint");
  expect_cell (fake, "checkpoint.lazy-pages",
               "supported probe runc checkpoint --help: --lazy-pages | - | - | "
               "checkpoint:checkpoint.lazy-pages");
  expect_cell (fake, "checkpoint.cuda",
               "supported probe runc --help: checkpoint | - | - | checkpoint:checkpoint.cuda");
  expect_cell (fake, "hooks.createContainer",
               "supported probe runc features: /hooks=createContainer | - | - | -");
  expect_cell (fake, "netns.join", "supported probe runc features: /linux/namespaces=network | - | - | -");
  expect_cell (fake, "idmap",
               "unsupported probe runc features: no /linux/mountExtensions/idmap/enabled | this runc was "
               "built without it, or is older than it | use a newer runc | -");
  expect_cell (fake, "gpu.passthrough",
               "supported declared runc makes each device node of linux.devices | - | - | gpu:gpu.driver");
  expect_cell (fake, "oom.events", "supported probe runc --help: events | - | - | host:cgroup.memory");
  expect_state (fake, "gpu.nvproxy", "unsupported");
  expect_state (fake, "rootless", "conditional");
}
END_TEST

START_TEST (asks_the_host_for_what_runc_alone_cannot)
{
  probe ();
  expect_state (fake, "systemd-cgroup", "unsupported");
  expect_state (fake, "seccomp", "unsupported");
  expect_state (fake, "apparmor", "unsupported");
  expect_state (fake, "selinux", "unsupported");
  g_hash_table_remove_all (fake->cells);
  put_file (fake, "/run/systemd/system/x", "");
  put_file (fake, "/proc/sys/kernel/seccomp/actions_avail", "kill\n");
  put_file (fake, "/sys/module/apparmor/parameters/enabled", "Y\n");
  put_file (fake, "/sys/fs/selinux/enforce", "1");
  put_file (fake, "/proc/sys/user/max_user_namespaces", "0\n");
  probe ();
  expect_cell (fake, "systemd-cgroup", "supported probe runc features: /linux/cgroup/systemd | - | - | -");
  expect_state (fake, "seccomp", "supported");
  expect_state (fake, "apparmor", "supported");
  expect_state (fake, "selinux", "supported");
  expect_state (fake, "rootless", "unsupported");
}
END_TEST

START_TEST (does_not_know_what_an_old_runc_does_not_say)
{
  answer (fake, "features", "!");
  g_hash_table_remove (fake->answers, "checkpoint --help");
  probe ();
  expect_whole_catalogue (fake);
  expect_cell (fake, "cgroup.v2",
               "unknown probe runc features: no answer | runc lists its features since release 1.1 | - | -");
  expect_cell (
      fake, "checkpoint.tcp",
      "unknown probe runc checkpoint --help: no answer | runc did not say whether it has it | - | -");
}
END_TEST

START_TEST (lacks_what_another_build_lacks)
{
  answer (fake, "--help", "COMMANDS:\n   run   create and run\n   state  checkpoint\n");
  probe ();
  expect_cell (fake, "checkpoint",
               "unsupported probe runc --help: no checkpoint | this runc does not have it | use a newer runc "
               "| -");
}
END_TEST

START_TEST (tells_the_doctor_its_version)
{
  runc_examine (&fake->host, "/usr/sbin/runc", "/run/runc");
  ck_assert_str_eq (fake->findings->str, "ok runc.version runc 1.1.5+ds1, /usr/sbin/runc | -\n");
  g_string_truncate (fake->findings, 0);
  answer (fake, "--version", "crun version 1.8.1\n");
  runc_examine (&fake->host, "/usr/sbin/runc", "/run/runc");
  ck_assert_str_eq (fake->findings->str,
                    "problem runc.version /usr/sbin/runc does not say its version as runc does | install "
                    "runc, or set backends.runc.path to it\n");
}
END_TEST

static TCase *
document_case (void)
{
  TCase *tcase = tcase_create ("features");

  tcase_add_test (tcase, reads_the_features_document_by_places);
  tcase_add_test (tcase, refuses_what_is_no_document);
  tcase_add_test (tcase, refuses_what_is_too_deep_or_too_long);
  return tcase;
}

static TCase *
probe_case (void)
{
  TCase *tcase = tcase_create ("probe");

  tcase_add_checked_fixture (tcase, make_host, remove_host);
  tcase_add_test (tcase, answers_for_each_capability_in_three_starts);
  tcase_add_test (tcase, says_what_release_1_1_5_can);
  tcase_add_test (tcase, asks_the_host_for_what_runc_alone_cannot);
  tcase_add_test (tcase, does_not_know_what_an_old_runc_does_not_say);
  tcase_add_test (tcase, lacks_what_another_build_lacks);
  tcase_add_test (tcase, tells_the_doctor_its_version);
  return tcase;
}

int
main (void)
{
  TCase *const cases[] = {document_case (), probe_case (), NULL};

  return run_cases ("runc-probe", cases);
}
