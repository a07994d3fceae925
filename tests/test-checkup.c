/* SPDX-License-Identifier: Apache-2.0
 *
 * test-checkup.c: the doctor's lines as people and programs get them, its status, and what it says of
 * configuration and state directory.
 */
#include "config.h"

#include <sys/statfs.h>

#include "core/doctor/doctor.h"
#include "core/formats/formats.h"

#include "tests/directory-testing.h"

#define TMPFS 0x01021994

static B9Checkup *
one_of_each (gboolean gpu)
{
  B9Checkup *checkup = b9_checkup_new (gpu);
  const B9Finding finding = {.struct_size = sizeof finding,
                             .level = B9_FINDING_OK,
                             .id = "nvidia.absent",
                             .message = "no driver",
                             .remedy = "load it"};

  b9_checkup_begin (checkup, "host", "");
  b9_checkup_add (checkup, B9_FINDING_OK, "host.a", "not shown", "all is %s", "well");
  b9_checkup_begin (checkup, "backend", "empty");
  b9_checkup_begin (checkup, "backend", "runc");
  b9_checkup_add (checkup, B9_FINDING_WARNING, "runc.b", NULL, "a \033[31mred\nline");
  b9_checkup_add (checkup, B9_FINDING_OK, "runc.absent", NULL, "nobody minds");
  b9_checkup_begin (checkup, "gpu", "device-path");
  b9_checkup_take (checkup, &finding);
  return checkup;
}

START_TEST (groups_and_counts)
{
  g_autoptr (B9Checkup) checkup = one_of_each (FALSE);
  g_autofree char *text = b9_checkup_text (checkup, FALSE);

  ck_assert_str_eq (text, "host\n  ok       all is well\n\n"
                          "backend runc\n  warning  a  [31mred line\n  ok       nobody minds\n\n"
                          "gpu device-path\n  ok       no driver\n\n"
                          "3 ok, 1 warning, 0 problems\n");
  ck_assert_int_eq (b9_checkup_status (checkup), 1);
}
END_TEST

START_TEST (misses_gpus_where_they_are_asked_for)
{
  g_autoptr (B9Checkup) checkup = one_of_each (TRUE);
  g_autofree char *text = b9_checkup_text (checkup, FALSE);

  ck_assert (g_str_has_suffix (text, "  ok       nobody minds\n\n"
                                     "gpu device-path\n  problem  no driver\n           -> load it\n\n"
                                     "2 ok, 1 warning, 1 problem\n"));
  ck_assert_int_eq (b9_checkup_status (checkup), 2);
}
END_TEST

START_TEST (is_content_with_nothing_but_ok)
{
  g_autoptr (B9Checkup) checkup = b9_checkup_new (FALSE);

  b9_checkup_begin (checkup, "host", "");
  ck_assert_int_eq (b9_checkup_status (checkup), 0);
  b9_checkup_add (checkup, B9_FINDING_OK, "host.a", NULL, "well");
  ck_assert_int_eq (b9_checkup_status (checkup), 0);
}
END_TEST

START_TEST (colours_the_level_alone)
{
  g_autoptr (B9Checkup) checkup = b9_checkup_new (FALSE);
  g_autofree char *text = NULL;

  b9_checkup_begin (checkup, "gpu", "cdi");
  b9_checkup_add (checkup, B9_FINDING_PROBLEM, "cdi.a", "do it", "bad");
  text = b9_checkup_text (checkup, TRUE);
  ck_assert_str_eq (text, "\033[1mgpu cdi\033[0m\n  \033[1;31mproblem\033[0m  bad\n           -> do it\n\n"
                          "0 ok, 0 warnings, 1 problem\n");
}
END_TEST

START_TEST (programs_get_every_section)
{
  g_autoptr (B9Checkup) checkup = one_of_each (TRUE);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = b9_format_json (b9_checkup_variant (checkup), FALSE, &error);

  ck_assert_str_eq (
      text,
      "{\"version\":\"" PACKAGE_VERSION "\",\"warnings\":1,\"problems\":1,\"sections\":["
      "{\"kind\":\"host\",\"findings\":[{\"level\":\"ok\",\"id\":\"host.a\",\"message\":\"all is well\"}]},"
      "{\"kind\":\"backend\",\"name\":\"empty\",\"findings\":[]},"
      "{\"kind\":\"backend\",\"name\":\"runc\",\"findings\":[{\"level\":\"warning\",\"id\":\"runc.b\","
      "\"message\":\"a  "
      "[31mred line\"},{\"level\":\"ok\",\"id\":\"runc.absent\",\"message\":\"nobody minds\"}]},"
      "{\"kind\":\"gpu\",\"name\":\"device-path\",\"findings\":[{\"level\":\"problem\",\"id\":\"nvidia."
      "absent\","
      "\"message\":\"no driver\",\"remedy\":\"load it\"}]}]}");
}
END_TEST

/* --- configuration --- */

/* The lines, the test's directory called TOP. */
static char *
lines_of (const B9Checkup *checkup)
{
  g_autofree char *text = b9_checkup_text (checkup, FALSE);
  g_auto (GStrv) parts = g_strsplit (text, top, -1);

  return g_strjoinv ("TOP", parts);
}

static void
expect_config (const char *file, const char *pool, const char *expected)
{
  g_autoptr (B9Checkup) checkup = b9_checkup_new (FALSE);
  g_autofree char *path = file != NULL ? at_top (file) : NULL;
  g_autoptr (B9Config) config = b9_doctor_config (checkup, path, pool);
  g_autofree char *lines = lines_of (checkup);

  ck_assert_ptr_nonnull (config);
  ck_assert_str_eq (lines, expected);
}

START_TEST (does_without_a_configuration)
{
  g_autofree char *nowhere = at_top ("nowhere");

  g_setenv ("B9RUN_CONFIG_DIR", nowhere, TRUE);
  expect_config (NULL, NULL,
                 "configuration\n  ok       no configuration file; the built-in values are in force\n\n"
                 "1 ok, 0 warnings, 0 problems\n");
}
END_TEST

START_TEST (checks_each_file_of_the_configuration)
{
  g_setenv ("B9RUN_CONFIG_DIR", top, TRUE);
  make_directory ("conf.d");
  put_file ("b9run.yaml", "backend: runsc\n");
  put_file ("conf.d/a.yaml", "log:\n  levle: debug\n");
  put_file ("conf.d/b.yaml", "backend: runc\n");
  put_file ("conf.d/c.yaml", "backend: [\n");
  expect_config (
      NULL, NULL,
      "configuration\n  ok       TOP/b9run.yaml\n"
      "  problem  TOP/conf.d/a.yaml:2: unknown key \"log.levle\"; the keys here are file, level\n"
      "           -> correct it; b9run config check FILE checks one file, b9run config defaults shows all "
      "keys\n"
      "  ok       TOP/conf.d/b.yaml\n"
      "  problem  TOP/conf.d/c.yaml:2:1: did not find expected node content while parsing a flow node\n"
      "           -> correct it; b9run config check FILE checks one file, b9run config defaults shows all "
      "keys\n"
      "  warning  what follows goes by the built-in configuration\n\n"
      "2 ok, 1 warning, 2 problems\n");
}
END_TEST

START_TEST (tells_that_there_is_no_such_pool)
{
  put_file ("b9run.yaml", "worker:\n  pools:\n    gpu:\n      containerRuntime: runc\n");
  expect_config ("b9run.yaml", "gup",
                 "configuration\n  ok       TOP/b9run.yaml\n"
                 "  problem  there is no pool \"gup\"; the pools are gpu\n"
                 "           -> name a pool of the configuration\n\n"
                 "1 ok, 0 warnings, 1 problem\n");
}
END_TEST

/* --- state directory --- */

/* The tests' directory may be anywhere. */
static const char *
disk_warning (void)
{
  struct statfs info;

  ck_assert_int_eq (statfs (top, &info), 0);
  return info.f_type == TMPFS
             ? ""
             : "  warning  TOP/state is on a file system that survives a reboot, which containers "
               "do not\n           -> keep it below /run, on a tmpfs\n";
}

static void
expect_state (const char *before, const char *after)
{
  g_autoptr (B9Checkup) checkup = b9_checkup_new (FALSE);
  g_autofree char *directory = at_top ("state");
  g_autoptr (B9Index) index = b9_index_new (directory);
  g_autofree char *expected = g_strconcat ("state\n", before, disk_warning (), after, NULL);
  g_autofree char *lines = NULL;

  b9_doctor_state (checkup, index);
  lines = lines_of (checkup);
  *strstr (lines, "\n\n") = '\0';
  g_strchomp (expected);
  ck_assert_str_eq (lines, expected);
}

START_TEST (does_not_make_the_state_directory)
{
  expect_state ("  ok       TOP/state is not there; the first container makes it\n", "");
  ck_assert (!is_there ("state"));
}
END_TEST

START_TEST (is_content_with_a_private_state_directory)
{
  make_directory ("state");
  expect_state ("  ok       TOP/state, mode 0700\n", "  ok       0 containers on record\n");
}
END_TEST

START_TEST (tells_that_others_can_write_the_state_directory)
{
  g_autofree char *path = at_top ("state");

  make_directory ("state");
  ck_assert_int_eq (chmod (path, 0770), 0);
  expect_state ("  problem  TOP/state can be changed by others than its owner (mode 0770)\n"
                "           -> run chmod 0700 on it\n",
                "  ok       0 containers on record\n");
}
END_TEST

START_TEST (tells_that_the_state_directory_is_none)
{
  g_autoptr (B9Checkup) checkup = b9_checkup_new (FALSE);
  g_autofree char *directory = at_top ("state");
  g_autoptr (B9Index) index = b9_index_new (directory);
  g_autofree char *lines = NULL;

  ck_assert_int_eq (symlink ("elsewhere", directory), 0);
  b9_doctor_state (checkup, index);
  lines = lines_of (checkup);
  ck_assert_str_eq (lines,
                    "state\n  problem  TOP/state is a link, not a directory\n"
                    "           -> take it away, or name another place\n\n0 ok, 0 warnings, 1 problem\n");
}
END_TEST

START_TEST (names_damaged_records)
{
  g_autoptr (B9Checkup) checkup = b9_checkup_new (FALSE);
  g_autofree char *directory = at_top ("state");
  g_autoptr (B9Index) index = b9_index_new (directory);
  g_autofree char *lines = NULL;

  make_directory ("state/containers/c1/0123456789abcdef");
  put_file ("state/containers/c1/0123456789abcdef/record", "{");
  b9_doctor_state (checkup, index);
  lines = lines_of (checkup);
  ck_assert_ptr_nonnull (strstr (lines, "  warning  "));
  ck_assert_ptr_nonnull (
      strstr (lines, "           -> run b9run index rebuild\n  ok       0 containers on record\n"));
}
END_TEST

START_TEST (tells_who_cannot_make_the_state_directory)
{
  g_autoptr (B9Checkup) checkup = b9_checkup_new (FALSE);
  g_autoptr (B9Index) index = b9_index_new ("/proc/b9run-of-a-test/state");
  g_autofree char *lines = NULL;
  g_autofree char *expected = g_strdup_printf (
      "state\n  problem  /proc/b9run-of-a-test/state is not there, and uid %d cannot make it: /proc is not "
      "writable\n"
      "           -> set XDG_RUNTIME_DIR to a folder of yours, or name one with --state-directory\n\n"
      "0 ok, 0 warnings, 1 problem\n",
      (int)geteuid ());

  b9_doctor_state (checkup, index);
  lines = lines_of (checkup);
  ck_assert_str_eq (lines, expected);
}
END_TEST

int
main (void)
{
  TCase *output = directory_case ("output");
  TCase *config = directory_case ("configuration");
  TCase *state = directory_case ("state directory");
  TCase *const cases[] = {output, config, state, NULL};

  tcase_add_test (output, groups_and_counts);
  tcase_add_test (output, misses_gpus_where_they_are_asked_for);
  tcase_add_test (output, is_content_with_nothing_but_ok);
  tcase_add_test (output, colours_the_level_alone);
  tcase_add_test (output, programs_get_every_section);
  tcase_add_test (config, does_without_a_configuration);
  tcase_add_test (config, checks_each_file_of_the_configuration);
  tcase_add_test (config, tells_that_there_is_no_such_pool);
  tcase_add_test (state, does_not_make_the_state_directory);
  tcase_add_test (state, is_content_with_a_private_state_directory);
  tcase_add_test (state, tells_that_others_can_write_the_state_directory);
  tcase_add_test (state, tells_that_the_state_directory_is_none);
  tcase_add_test (state, names_damaged_records);
  if (geteuid () != 0) /* root may write anywhere */
    tcase_add_test (state, tells_who_cannot_make_the_state_directory);
  return run_cases ("checkup", cases);
}
