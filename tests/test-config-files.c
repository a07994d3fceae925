/* SPDX-License-Identifier: Apache-2.0
 *
 * test-config-files.c: which configuration files are read, in which order, and which are refused.
 *
 * Needs B9RUN_LIBEXEC_DIR: the directory with the modules just built.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config/config-private.h"
#include "core/sys/trust.h"
#include "tests/suite-testing.h"

static char *directory; /* of the test that runs */

static void
make_directory (void)
{
  umask (022);
  directory = g_dir_make_tmp ("b9-config-XXXXXX", NULL);
  ck_assert_ptr_nonnull (directory);
  g_unsetenv ("B9RUN_CONFIG");
  g_setenv ("B9RUN_CONFIG_DIR", directory, TRUE);
}

static void
remove_directory (void)
{
  const char *const argv[] = {"rm", "-rf", directory, NULL};
  ck_assert (
      g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_clear_pointer (&directory, g_free);
}

static char *
put (const char *name, const char *text)
{
  char *path = g_build_filename (directory, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  ck_assert_int_eq (g_mkdir_with_parents (parent, 0755), 0);
  ck_assert (g_file_set_contents (path, text, -1, NULL));
  ck_assert_int_eq (g_chmod (path, 0644), 0);
  return path;
}

static void
put_away (const char *name, const char *text)
{
  g_free (put (name, text));
}

static B9Config *
load (const char *file)
{
  g_autoptr (GError) error = NULL;
  B9Config *config = b9_config_load (file, &error);
  ck_assert_msg (config != NULL, "%s", error != NULL ? error->message : "no error");
  return config;
}

G_GNUC_PRINTF (2, 3)
static void
assert_load_refused (const char *file, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  ck_assert_ptr_null (b9_config_load (file, &error));
  ck_assert_ptr_nonnull (error);
  ck_assert_str_eq (error->message, message);
}

static void
assert_origin (const B9Config *config, const char *path, const char *expected)
{
  g_autofree char *origin = b9_config_origin (config, path);
  ck_assert_str_eq (origin, expected);
}

static void
assert_list (const B9Config *config, const char *path, const char *joined)
{
  g_autofree char *list = g_strjoinv (" ", (char **)b9_config_list (config, path));
  ck_assert_str_eq (list, joined);
}

START_TEST (has_defaults_without_any_file)
{
  g_autofree char *modules = g_strdup (g_getenv ("B9RUN_LIBEXEC_DIR"));
  g_setenv ("B9RUN_CONFIG_DIR", "/nonexistent", TRUE);
  g_setenv ("B9RUN_LIBEXEC_DIR", "/nonexistent", TRUE); /* no module is needed */
  g_autoptr (B9Config) config = load (NULL);
  g_setenv ("B9RUN_LIBEXEC_DIR", modules, TRUE);
  ck_assert_ptr_null (b9_config_string (config, "backend"));
  ck_assert_str_eq (b9_config_string (config, "state-directory"), "/run/b9run");
  ck_assert_str_eq (b9_config_string (config, "log.level"), "info");
  ck_assert (b9_config_boolean (config, "monitor"));
  ck_assert_ptr_null (b9_config_set_string (config, "log.level"));
  ck_assert_ptr_null (b9_config_string (config, "no.such.key"));
  assert_list (config, "plugin-directories", "");
  assert_origin (config, "backend", "built-in");
}
END_TEST

START_TEST (an_empty_directory_is_no_error)
{
  g_autoptr (B9Config) config = load (NULL);
  ck_assert_ptr_null (b9_config_string (config, "backend"));
}
END_TEST

START_TEST (later_files_override_key_by_key_in_the_order_of_their_names)
{
  put_away ("b9run.yaml", "backend: runc\nlog:\n  level: debug\n  file: /a\n");
  g_autofree char *b = put ("conf.d/20-b.yaml", "backend: crun\nplugin-directories: [/two]\n");
  g_autofree char *c = put ("conf.d/10-a.yaml",
                            "backend: runsc\nlog: {level: error}\nplugin-directories: [/one]\n");
  g_autoptr (B9Config) config = load (NULL);
  ck_assert_str_eq (b9_config_string (config, "backend"), "crun");
  ck_assert_str_eq (b9_config_string (config, "log.level"), "error");
  ck_assert_str_eq (b9_config_string (config, "log.file"), "/a");
  assert_list (config, "plugin-directories", "/two");
  g_autofree char *backend = g_strdup_printf ("%s:1", b);
  g_autofree char *level = g_strdup_printf ("%s:2", c);
  assert_origin (config, "backend", backend);
  assert_origin (config, "log.level", level);
}
END_TEST

START_TEST (reads_no_hidden_and_no_other_files_in_conf_d)
{
  put_away ("conf.d/.hidden.yaml", "bad: [");
  put_away ("conf.d/x.yaml~", "bad: [");
  put_away ("conf.d/.yaml", "bad: [");
  put_away ("conf.d/y.yaml", "backend: x\n");
  g_autoptr (B9Config) config = load (NULL);
  ck_assert_str_eq (b9_config_string (config, "backend"), "x");
}
END_TEST

START_TEST (an_explicit_file_replaces_all_others)
{
  put_away ("b9run.yaml", "backend: a\nmonitor: false\n");
  g_autofree char *b = put ("other.yaml", "backend: b\n");
  g_autofree char *c = put ("third.yaml", "backend: c\n");
  g_setenv ("B9RUN_CONFIG", b, TRUE);
  g_autoptr (B9Config) environment = load (NULL);
  ck_assert_str_eq (b9_config_string (environment, "backend"), "b");
  ck_assert (b9_config_boolean (environment, "monitor"));
  g_autoptr (B9Config) option = load (c);
  ck_assert_str_eq (b9_config_string (option, "backend"), "c");
}
END_TEST

START_TEST (refuses_a_missing_explicit_file)
{
  assert_load_refused ("/nonexistent/x.yaml",
                       "the configuration file /nonexistent/x.yaml cannot be read: it does not exist");
}
END_TEST

START_TEST (refuses_files_that_others_can_write)
{
  g_autofree char *file = put ("b9run.yaml", "backend: a\n");
  ck_assert_int_eq (g_chmod (file, 0664), 0);
  assert_load_refused (
      NULL,
      "the configuration file %s can be changed by others than its owner (mode 0664): run chmod go-w "
      "%s",
      file, file);
  ck_assert_int_eq (g_chmod (file, 0646), 0);
  assert_load_refused (
      file,
      "the configuration file %s can be changed by others than its owner (mode 0646): run chmod go-w "
      "%s",
      file, file);
}
END_TEST

START_TEST (refuses_directories_that_others_can_write)
{
  put_away ("conf.d/a.yaml", "backend: a\n");
  g_autofree char *drop_ins = g_build_filename (directory, "conf.d", NULL);
  ck_assert_int_eq (g_chmod (drop_ins, 0777), 0);
  assert_load_refused (
      NULL, "the directory %s can be changed by others than its owner (mode 0777): run chmod go-w %s",
      drop_ins, drop_ins);
}
END_TEST

START_TEST (takes_own_files_in_a_sticky_directory)
{
  g_autofree char *file = put ("shared/a.yaml", "backend: a\n");
  g_autofree char *shared = g_build_filename (directory, "shared", NULL);
  ck_assert_int_eq (g_chmod (shared, 01777), 0);
  g_autoptr (B9Config) config = load (file);
  ck_assert_str_eq (b9_config_string (config, "backend"), "a");
}
END_TEST

START_TEST (refuses_files_of_other_users)
{
  g_autofree char *file = put ("b9run.yaml", "backend: a\n");
  if (geteuid () != 0)
    return; /* the owner cannot be changed; trusts_root_the_caller_and_who_owns_the_top tests the rule */
  ck_assert_int_eq (chown (file, 4711, 4711), 0);
  assert_load_refused (
      NULL, "the configuration file %s belongs to user 4711, not to root or the caller: run chown root %s",
      file, file);
}
END_TEST

START_TEST (trusts_root_the_caller_and_who_owns_the_top)
{
  ck_assert (b9_owner_is_trusted (0, 1000, 0));
  ck_assert (b9_owner_is_trusted (1000, 1000, 0));
  ck_assert (!b9_owner_is_trusted (1001, 1000, 0));
  ck_assert (!b9_owner_is_trusted (65534, 0, 0));
  /* The unmapped root of a rootless engine. */
  ck_assert (b9_owner_is_trusted (65534, 0, 65534));
  ck_assert (!b9_owner_is_trusted (1001, 0, 65534));
}
END_TEST

START_TEST (refuses_a_directory_above_that_others_can_change)
{
  g_autofree char *file = put ("open/closed/a.yaml", "backend: a\n");
  g_autofree char *open_one = g_build_filename (directory, "open", NULL);

  ck_assert_int_eq (g_chmod (open_one, 0777), 0);
  assert_load_refused (
      file, "the directory %s can be changed by others than its owner (mode 0777): run chmod go-w %s",
      open_one, open_one);
  ck_assert_int_eq (g_chmod (open_one, 01777), 0);
  g_autoptr (B9Config) config = load (file);
  ck_assert_str_eq (b9_config_string (config, "backend"), "a");
}
END_TEST

START_TEST (follows_links_into_safe_directories_only)
{
  put_away ("real/a.yaml", "backend: a\n");
  g_autofree char *real = g_build_filename (directory, "real", NULL);
  g_autofree char *link = g_build_filename (directory, "b9run.yaml", NULL);
  ck_assert_int_eq (symlink ("real/a.yaml", link), 0);
  g_autoptr (B9Config) config = load (NULL);
  ck_assert_str_eq (b9_config_string (config, "backend"), "a");
  g_autofree char *origin = g_strconcat (link, ":1", NULL);
  assert_origin (config, "backend", origin);

  ck_assert_int_eq (g_chmod (real, 0777), 0);
  assert_load_refused (
      NULL, "the directory %s can be changed by others than its owner (mode 0777): run chmod go-w %s", real,
      real);
}
END_TEST

START_TEST (refuses_a_dangling_link)
{
  g_autofree char *link = g_build_filename (directory, "b9run.yaml", NULL);
  ck_assert_int_eq (symlink ("nowhere", link), 0);
  assert_load_refused (NULL, "the configuration file %s cannot be read: it does not exist", link);
}
END_TEST

START_TEST (refuses_what_is_no_regular_file_without_waiting)
{
  g_autofree char *fifo = g_build_filename (directory, "b9run.yaml", NULL);
  ck_assert_int_eq (mkfifo (fifo, 0644), 0);
  assert_load_refused (NULL, "the configuration file %s is not a regular file", fifo);
  assert_load_refused (directory, "the configuration file %s is not a regular file", directory);
}
END_TEST

START_TEST (refuses_files_larger_than_a_mebibyte)
{
  g_autofree char *text = g_strnfill (1024 * 1024 + 1, '#');
  g_autofree char *file = put ("b9run.yaml", text);
  assert_load_refused (NULL, "the configuration file %s is larger than 1 MiB", file);
}
END_TEST

START_TEST (takes_empty_files)
{
  put_away ("b9run.yaml", "");
  put_away ("conf.d/a.yaml", "# nothing\n");
  g_autoptr (B9Config) config = load (NULL);
  ck_assert_ptr_null (b9_config_string (config, "backend"));
}
END_TEST

START_TEST (checks_a_file_by_itself)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *good = put ("good.yaml", "backend: a\n");
  g_autofree char *bad = put ("bad.yaml", "backend: a\nbakend: b\n");
  g_autofree char *expected = g_strdup_printf ("%s:2: unknown key \"bakend\"; did you mean \"backend\"?",
                                               bad);
  ck_assert (b9_config_check_file (good, NULL));
  ck_assert (!b9_config_check_file (bad, &error));
  ck_assert_str_eq (error->message, expected);
}
END_TEST

static void
add_file_tests (TCase *files)
{
  tcase_add_test (files, has_defaults_without_any_file);
  tcase_add_test (files, an_empty_directory_is_no_error);
  tcase_add_test (files, later_files_override_key_by_key_in_the_order_of_their_names);
  tcase_add_test (files, reads_no_hidden_and_no_other_files_in_conf_d);
  tcase_add_test (files, an_explicit_file_replaces_all_others);
  tcase_add_test (files, refuses_a_missing_explicit_file);
  tcase_add_test (files, refuses_files_that_others_can_write);
  tcase_add_test (files, refuses_directories_that_others_can_write);
  tcase_add_test (files, takes_own_files_in_a_sticky_directory);
  tcase_add_test (files, refuses_files_of_other_users);
  tcase_add_test (files, trusts_root_the_caller_and_who_owns_the_top);
  tcase_add_test (files, refuses_a_directory_above_that_others_can_change);
  tcase_add_test (files, follows_links_into_safe_directories_only);
  tcase_add_test (files, refuses_a_dangling_link);
  tcase_add_test (files, refuses_what_is_no_regular_file_without_waiting);
  tcase_add_test (files, refuses_files_larger_than_a_mebibyte);
  tcase_add_test (files, takes_empty_files);
  tcase_add_test (files, checks_a_file_by_itself);
}

int
main (void)
{
  TCase *files = tcase_create ("files");
  TCase *const cases[] = {files, NULL};

  tcase_add_checked_fixture (files, make_directory, remove_directory);
  add_file_tests (files);
  return run_cases ("config-files", cases);
}
