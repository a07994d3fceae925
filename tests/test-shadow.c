/* SPDX-License-Identifier: Apache-2.0
 *
 * test-shadow.c: core/container/shadow.c: a bundle of b9run's own, and what its spec has to say to mean the
 * same.
 */
#include "config.h"

#include "core/container/shadow.h"

#include <string.h>
#include <sys/stat.h>

#include "tests/directory-testing.h"
#include "tests/suite-testing.h"

/* The bundle below `top` with that config.json. */
static B9Bundle *
open_bundle (const char *json)
{
  g_autofree char *path = at_top ("caller");
  g_autoptr (GError) error = NULL;
  B9Bundle *bundle;

  make_directory ("caller");
  put_file ("caller/config.json", json);
  bundle = b9_bundle_open (path, &error);
  ck_assert_msg (bundle != NULL, "%s", error != NULL ? error->message : "");
  return bundle;
}

/* What settling makes of the document, once one edit has been made; TOP stands for `top` in @expected. */
static void
assert_settled (const char *json, const char *expected)
{
  g_autoptr (B9Bundle) bundle = open_bundle (json);
  g_autoptr (B9SpecCopy) copy = b9_spec_copy_new (bundle->config);
  B9Spec *spec = b9_spec_copy_interface (copy);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) parts = g_strsplit (expected, "TOP", -1);
  g_autofree char *wanted = g_strjoinv (top, parts);
  g_autofree char *found = NULL;

  ck_assert_msg (b9_shadow_settle (bundle, "/ours", copy, &error), "%s", error != NULL ? error->message : "");
  found = spec->json (spec, "");
  ck_assert_str_eq (found, wanted);
}

/* A program directory with a b9run-hook in it. */
static void
install_hook_program (void)
{
  g_autofree char *program = at_top ("libexec/b9run-hook");
  g_autofree char *directory = at_top ("libexec");

  make_directory ("libexec");
  put_file ("libexec/b9run-hook", "");
  ck_assert_int_eq (chmod (program, 0700), 0);
  g_setenv ("B9RUN_LIBEXEC_DIR", directory, TRUE);
}

static void
uninstall_hook_program (void)
{
  g_autofree char *directory = at_top ("nowhere");

  g_setenv ("B9RUN_LIBEXEC_DIR", directory, TRUE);
}

START_TEST (makes_relative_paths_absolute)
{
  uninstall_hook_program ();
  assert_settled (
      "{\"root\": {\"path\": \"rootfs\"}, \"linux\": {\"seccomp\": {\"listenerPath\": \"run/../s\"}}, "
      "\"mounts\": [{\"source\": \"data\", \"type\": \"bind\"}, {\"source\": \"./x\", \"options\": "
      "[\"ro\", \"rbind\"]}, {\"source\": \"tmpfs\", \"type\": \"tmpfs\"}, {\"source\": \"/a\", "
      "\"type\": \"bind\"}, {\"source\": \"\", \"type\": \"bind\"}, {\"type\": \"bind\"}]}",
      "{\"root\": {\"path\": \"TOP/caller/rootfs\"}, \"linux\": {\"seccomp\": {\"listenerPath\": "
      "\"TOP/caller/s\"}}, "
      "\"mounts\": [{\"source\": \"TOP/caller/data\", \"type\": \"bind\"}, {\"source\": \"TOP/caller/x\", "
      "\"options\": "
      "[\"ro\", \"rbind\"]}, {\"source\": \"tmpfs\", \"type\": \"tmpfs\"}, {\"source\": \"/a\", "
      "\"type\": \"bind\"}, {\"source\": \"\", \"type\": \"bind\"}, {\"type\": \"bind\"}]}");
}
END_TEST

START_TEST (refuses_a_bundle_that_json_cannot_name)
{
  g_autoptr (B9Bundle) bundle = open_bundle ("{\"root\": {\"path\": \"rootfs\"}}");
  g_autoptr (B9SpecCopy) copy = b9_spec_copy_new (bundle->config);
  g_autoptr (GError) error = NULL;

  g_free (bundle->path);
  bundle->path = g_strdup ("/bundles/\377");
  ck_assert (!b9_shadow_settle (bundle, "/ours", copy, &error));
  ck_assert_str_eq (error->message,
                    "the spec has to be edited, and the path of the bundle, /bundles/\377, is not UTF-8, so "
                    "it cannot be written into it: rename the directory");
}
END_TEST

START_TEST (stands_before_the_callers_hooks)
{
  install_hook_program ();
  assert_settled (
      "{\"hooks\": {\"poststop\": [{\"path\": \"/h\", \"args\": [\"h\", \"\\u00e9\"], \"timeout\": 3}, "
      "{\"path\": \"/i\"}]}}",
      "{\"hooks\": {\"poststop\": [{\"path\": \"TOP/libexec/b9run-hook\", \"args\": "
      "[\"TOP/libexec/b9run-hook\", \"TOP/caller\", \"/ours\", \"/h\", \"h\", \"\\u00e9\"], \"timeout\": 3}, "
      "{\"path\": \"TOP/libexec/b9run-hook\",\"args\": [\"TOP/libexec/b9run-hook\", \"TOP/caller\", "
      "\"/ours\", \"/i\"]}]}}");
}
END_TEST

START_TEST (leaves_hooks_that_are_known_by_their_path)
{
  static const char spec[] = "{\"hooks\": {\"createContainer\": [{\"path\": \"/usr/bin/nvidia-cdi-hook\"}], "
                             "\"prestart\": [{\"path\": \"/usr/bin/nvidia-container-runtime-hook\"}], "
                             "\"startContainer\": [{\"path\": \"/in/the/container\"}]}}";

  install_hook_program ();
  assert_settled (spec, spec);
}
END_TEST

START_TEST (leaves_hooks_that_were_added_to_the_copy)
{
  g_autoptr (B9Bundle) bundle = NULL;
  g_autoptr (B9SpecCopy) copy = NULL;
  g_autofree char *path = NULL;
  B9Spec *spec;

  install_hook_program ();
  bundle = open_bundle ("{\"hooks\": {\"poststop\": []}}");
  copy = b9_spec_copy_new (bundle->config);
  spec = b9_spec_copy_interface (copy);
  ck_assert (spec->set (spec, "/hooks/poststop/-", "{\"path\": \"/added\"}", "test", NULL));
  ck_assert (b9_shadow_settle (bundle, "/ours", copy, NULL));
  ck_assert (spec->string (spec, "/hooks/poststop/0/path", &path, NULL));
  ck_assert_str_eq (path, "/added");
}
END_TEST

START_TEST (leaves_hooks_alone_without_its_program)
{
  static const char spec[] = "{\"hooks\": {\"poststop\": [{\"path\": \"/h\"}]}}";

  uninstall_hook_program ();
  assert_settled (spec, spec);
}
END_TEST

static B9Record *
record_here (void)
{
  B9Record *record = b9_record_new ("c1", "tested", "/root");

  make_directory ("record");
  g_free (record->directory);
  record->directory = at_top ("record");
  return record;
}

START_TEST (passes_the_callers_bundle_where_nothing_is_edited)
{
  g_autoptr (B9Record) record = record_here ();
  g_autoptr (B9Bundle) bundle = open_bundle ("{\"root\": {\"path\": \"rootfs\"}}");
  g_autoptr (B9SpecCopy) copy = b9_spec_copy_new (bundle->config);
  g_autofree char *path = b9_shadow_use (record, bundle, copy, NULL);

  ck_assert_str_eq (path, bundle->path);
  ck_assert (!b9_shadow_is_used (record));
  ck_assert (!b9_shadow_is_used (NULL));
}
END_TEST

START_TEST (writes_the_copy_with_the_callers_mode)
{
  g_autoptr (B9Record) record = record_here ();
  g_autoptr (B9Bundle) bundle = open_bundle ("{\"x\": 1.50}");
  g_autofree char *config = at_top ("caller/config.json");
  g_autoptr (B9SpecCopy) copy = b9_spec_copy_new (bundle->config);
  B9Spec *spec = b9_spec_copy_interface (copy);
  g_autofree char *path = NULL;
  g_autofree char *ours = at_top ("record/bundle");
  g_autofree char *written = NULL;
  g_autofree char *kept = NULL;
  g_autofree char *file = at_top ("record/bundle/config.json");
  struct stat info;

  uninstall_hook_program ();
  ck_assert_int_eq (chmod (config, 0604), 0);
  ck_assert (spec->set (spec, "/hostname", "\"a\"", "test", NULL));
  path = b9_shadow_use (record, bundle, copy, NULL);
  ck_assert_str_eq (path, ours);
  ck_assert (b9_shadow_is_used (record));
  written = get_file ("record/bundle/config.json");
  ck_assert_str_eq (written, "{\"x\": 1.50,\"hostname\": \"a\"}");
  kept = get_file ("caller/config.json");
  ck_assert_str_eq (kept, "{\"x\": 1.50}");
  ck_assert_int_eq (stat (file, &info), 0);
  ck_assert_uint_eq (info.st_mode & 07777, 0604);
  ck_assert_int_eq (stat (ours, &info), 0);
  ck_assert_uint_eq (info.st_mode & 07777, 0700);
}
END_TEST

int
main (void)
{
  TCase *settling = directory_case ("settling");
  TCase *writing = directory_case ("writing");
  TCase *const cases[] = {settling, writing, NULL};

  tcase_add_test (settling, makes_relative_paths_absolute);
  tcase_add_test (settling, refuses_a_bundle_that_json_cannot_name);
  tcase_add_test (settling, stands_before_the_callers_hooks);
  tcase_add_test (settling, leaves_hooks_that_are_known_by_their_path);
  tcase_add_test (settling, leaves_hooks_that_were_added_to_the_copy);
  tcase_add_test (settling, leaves_hooks_alone_without_its_program);
  tcase_add_test (writing, passes_the_callers_bundle_where_nothing_is_edited);
  tcase_add_test (writing, writes_the_copy_with_the_callers_mode);
  return run_cases ("shadow", cases);
}
