/* SPDX-License-Identifier: Apache-2.0
 *
 * test-bundle.c: what is read of a bundle, and each way in which it can be wrong.
 */
#include "config.h"

#include "core/container/bundle.h"
#include "tests/directory-testing.h"

static B9Bundle *
open_bundle (const char *name, GError **error)
{
  g_autofree char *path = at_top (name);

  return b9_bundle_open (path, error);
}

static void
expect_refused (const char *config, const char *message)
{
  g_autoptr (GError) error = NULL;

  put_file ("config.json", config);
  ck_assert_ptr_null (b9_bundle_open (top, &error));
  assert_failure_at_top (error, B9_ERROR_BAD_INPUT, message);
}

START_TEST (reads_what_b9run_needs)
{
  g_autoptr (B9Bundle) bundle = NULL;
  g_autofree char *rootfs = at_top ("rootfs");

  put_file ("config.json", "{\"root\":{\"path\":\"rootfs\"},\"linux\":{\"cgroupsPath\":\"/a/"
                           "b\"},\"process\":{\"terminal\":true}}");
  bundle = b9_bundle_open (top, NULL);
  ck_assert_ptr_nonnull (bundle);
  ck_assert_str_eq (bundle->path, top);
  ck_assert_str_eq (bundle->rootfs, rootfs);
  ck_assert_str_eq (bundle->cgroups_path, "/a/b");
  ck_assert (bundle->terminal);
  b9_bundle_free (NULL);
}
END_TEST

START_TEST (sees_a_limit_of_memory)
{
  static const struct {
    const char *memory;
    gboolean limited;
  } rows[] = {{"{\"limit\":1048576}", TRUE},
              {"{\"limit\":-1}", FALSE},
              {"{\"limit\":0}", FALSE},
              {"{\"limit\":\"1\"}", FALSE},
              {"{}", FALSE},
              {"null", FALSE}};

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *config = g_strdup_printf ("{\"linux\":{\"resources\":{\"memory\":%s}}}", rows[i].memory);
    g_autoptr (B9Bundle) bundle = NULL;

    put_file ("config.json", config);
    bundle = b9_bundle_open (top, NULL);
    ck_assert_ptr_nonnull (bundle);
    ck_assert_int_eq (bundle->memory_limited, rows[i].limited);
  }
}
END_TEST

START_TEST (does_without_what_is_not_there)
{
  g_autoptr (B9Bundle) bundle = NULL;

  put_file ("config.json", "{}");
  bundle = b9_bundle_open (top, NULL);
  ck_assert_ptr_null (bundle->rootfs);
  ck_assert_ptr_null (bundle->cgroups_path);
  ck_assert (!bundle->terminal);
  ck_assert_ptr_null (b9_bundle_annotation (bundle, "a"));
}
END_TEST

START_TEST (is_the_working_directory_where_none_is_named)
{
  g_autoptr (B9Bundle) bundle = NULL;

  put_file ("config.json", "{\"root\":{\"path\":\"/absolute\"}}");
  ck_assert_int_eq (chdir (top), 0);
  bundle = b9_bundle_open (NULL, NULL);
  ck_assert_int_eq (chdir ("/"), 0);
  ck_assert_str_eq (bundle->path, top);
  ck_assert_str_eq (bundle->rootfs, "/absolute");
}
END_TEST

START_TEST (resolves_links)
{
  g_autofree char *link = at_top ("link");
  g_autofree char *real = at_top ("real");
  g_autoptr (B9Bundle) bundle = NULL;

  make_directory ("real");
  put_file ("real/config.json", "{}");
  ck_assert_int_eq (symlink ("real", link), 0);
  bundle = b9_bundle_open (link, NULL);
  ck_assert_str_eq (bundle->path, real);
}
END_TEST

START_TEST (refuses_what_is_no_directory)
{
  g_autofree char *link = at_top ("link");
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) file = NULL;
  g_autoptr (GError) dangling = NULL;

  put_file ("file", "");
  ck_assert_int_eq (symlink ("nowhere", link), 0);
  ck_assert_ptr_null (open_bundle ("none", &missing));
  assert_failure_at_top (missing, B9_ERROR_IO, "cannot find the bundle TOP/none: it does not exist");
  ck_assert_ptr_null (open_bundle ("file", &file));
  assert_failure_at_top (file, B9_ERROR_BAD_INPUT,
                         "the bundle TOP/file is no directory; give the directory that holds config.json");
  ck_assert_ptr_null (open_bundle ("link", &dangling));
  assert_failure_at_top (dangling, B9_ERROR_BAD_INPUT, "the bundle TOP/link is a link that leads nowhere");
}
END_TEST

START_TEST (says_how_to_get_a_config)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (b9_bundle_open (top, &error));
  assert_failure_at_top (error, B9_ERROR_BAD_INPUT,
                         "the bundle TOP has no config.json; b9run spec --bundle TOP writes an example");
}
END_TEST

START_TEST (refuses_a_config_that_is_no_object)
{
  expect_refused ("[]", "TOP/config.json holds an array where the runtime spec wants an object");
  expect_refused ("null", "TOP/config.json holds null where the runtime spec wants an object");
  expect_refused ("7", "TOP/config.json holds a number where the runtime spec wants an object");
}
END_TEST

START_TEST (refuses_members_of_another_kind)
{
  expect_refused ("{\"root\":{\"path\":7}}", "TOP/config.json: root.path is a number, not a string (line 1)");
  expect_refused ("{\"linux\":[]}", "TOP/config.json: linux is an array, not an object (line 1)");
  expect_refused ("{\"process\":\n{\"terminal\":\"yes\"}}",
                  "TOP/config.json: process.terminal is a string, not a boolean (line 2)");
}
END_TEST

START_TEST (refuses_a_config_that_is_no_json)
{
  g_autofree char *deep = g_strnfill (60000, '[');
  g_autoptr (GError) empty = NULL;
  g_autoptr (GError) nested = NULL;
  g_autoptr (GError) latin = NULL;

  put_file ("config.json", "");
  ck_assert_ptr_null (b9_bundle_open (top, &empty));
  ck_assert (g_error_matches (empty, B9_ERROR, B9_ERROR_BAD_INPUT));
  put_file ("config.json", deep);
  ck_assert_ptr_null (b9_bundle_open (top, &nested));
  ck_assert (g_error_matches (nested, B9_ERROR, B9_ERROR_BAD_INPUT));
  put_file ("config.json", "{\"a\":\"\344\"}");
  ck_assert_ptr_null (b9_bundle_open (top, &latin));
  ck_assert (g_error_matches (latin, B9_ERROR, B9_ERROR_BAD_INPUT));
}
END_TEST

START_TEST (reads_annotations_that_are_strings)
{
  g_autoptr (B9Bundle) bundle = NULL;
  g_autofree char *value = NULL;

  put_file ("config.json", "{\"annotations\":{\"a\":\"x\\u00e4\",\"n\":7,\"A\":\"other\"}}");
  bundle = b9_bundle_open (top, NULL);
  value = b9_bundle_annotation (bundle, "a");
  ck_assert_str_eq (value, "x\303\244");
  ck_assert_ptr_null (b9_bundle_annotation (bundle, "n"));
  ck_assert_ptr_null (b9_bundle_annotation (bundle, "missing"));
}
END_TEST

START_TEST (takes_no_annotations_from_another_kind)
{
  g_autoptr (B9Bundle) bundle = NULL;

  put_file ("config.json", "{\"annotations\":[\"a\"]}");
  bundle = b9_bundle_open (top, NULL);
  ck_assert_ptr_null (b9_bundle_annotation (bundle, "a"));
}
END_TEST

int
main (void)
{
  TCase *bundle = directory_case ("bundle");

  tcase_add_test (bundle, reads_what_b9run_needs);
  tcase_add_test (bundle, sees_a_limit_of_memory);
  tcase_add_test (bundle, does_without_what_is_not_there);
  tcase_add_test (bundle, is_the_working_directory_where_none_is_named);
  tcase_add_test (bundle, resolves_links);
  tcase_add_test (bundle, refuses_what_is_no_directory);
  tcase_add_test (bundle, says_how_to_get_a_config);
  tcase_add_test (bundle, refuses_a_config_that_is_no_object);
  tcase_add_test (bundle, refuses_members_of_another_kind);
  tcase_add_test (bundle, refuses_a_config_that_is_no_json);
  tcase_add_test (bundle, reads_annotations_that_are_strings);
  tcase_add_test (bundle, takes_no_annotations_from_another_kind);
  return run_cases ("bundle", (TCase *[]){bundle, NULL});
}
