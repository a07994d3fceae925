/* SPDX-License-Identifier: Apache-2.0
 *
 * test-files.c: files and directories that nobody else may have a hand in.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "core/sys/files.h"
#include "tests/directory-testing.h"

START_TEST (makes_a_directory_for_itself_alone)
{
  g_autofree char *path = at_top ("a/b/c");
  g_autofree char *parent = at_top ("a");
  struct stat info;

  ck_assert (b9_make_private_directory (path, NULL));
  ck_assert_int_eq (stat (path, &info), 0);
  ck_assert_uint_eq (info.st_mode, S_IFDIR | 0700);
  ck_assert_int_eq (stat (parent, &info), 0);
  ck_assert_uint_eq (info.st_mode, S_IFDIR | 0700);
  ck_assert (b9_make_private_directory (path, NULL));
}
END_TEST

START_TEST (refuses_a_directory_that_others_can_write)
{
  g_autofree char *path = at_top ("open");
  g_autofree char *message = g_strdup_printf ("TOP/open can be written by others (owner %u, mode 0777); "
                                              "b9run keeps its state only where nobody else can",
                                              (unsigned)geteuid ());
  g_autoptr (GError) error = NULL;

  make_directory ("open");
  ck_assert_int_eq (g_chmod (path, 0777), 0);
  ck_assert (!b9_make_private_directory (path, &error));
  assert_failure_at_top (error, B9_ERROR_PERMISSION, message);
}
END_TEST

START_TEST (refuses_what_stands_in_the_place_of_a_directory)
{
  g_autofree char *file = at_top ("file");
  g_autofree char *link = at_top ("link");
  g_autofree char *below = at_top ("file/x");
  g_autoptr (GError) at_file = NULL;
  g_autoptr (GError) at_link = NULL;
  g_autoptr (GError) at_below = NULL;

  put_file ("file", "");
  ck_assert_int_eq (symlink (top, link), 0);
  ck_assert (!b9_make_private_directory (file, &at_file));
  assert_failure_at_top (at_file, B9_ERROR_IO, "TOP/file is in the way: b9run needs a directory there");
  ck_assert (!b9_make_private_directory (link, &at_link));
  assert_failure_at_top (at_link, B9_ERROR_IO, "TOP/link is in the way: b9run needs a directory there");
  ck_assert (!b9_make_private_directory (below, &at_below));
  assert_failure_at_top (at_below, B9_ERROR_IO,
                         "cannot make the directory TOP/file/x: a part of the path is no directory");
}
END_TEST

START_TEST (opens_no_directory_behind_a_link)
{
  g_autofree char *link = at_top ("link");
  g_autofree char *none = at_top ("none");
  g_autoptr (GError) at_link = NULL;
  g_autoptr (GError) at_none = NULL;
  b9_autofd fd = b9_open_directory (top, NULL);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (symlink (top, link), 0);
  ck_assert_int_eq (b9_open_directory (link, &at_link), -1);
  assert_failure_at_top (at_link, B9_ERROR_IO,
                         "cannot open the directory TOP/link: a part of the path is no directory");
  ck_assert_int_eq (b9_open_directory (none, &at_none), -1);
  assert_failure_at_top (at_none, B9_ERROR_IO, "cannot open the directory TOP/none: it does not exist");
}
END_TEST

static guint
count_files (void)
{
  g_autoptr (GDir) directory = g_dir_open (top, 0, NULL);
  guint count = 0;

  while (g_dir_read_name (directory) != NULL)
    count++;
  return count;
}

START_TEST (replaces_a_file_whole)
{
  b9_autofd directory = b9_open_directory (top, NULL);
  g_autofree char *path = at_top ("f");
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  struct stat info;

  ck_assert (b9_replace_file (directory, "f", "one", 3, 0640, NULL));
  first = get_file ("f");
  ck_assert_str_eq (first, "one");
  ck_assert (b9_replace_file (AT_FDCWD, path, "second", 6, 0600, NULL));
  second = get_file ("f");
  ck_assert_str_eq (second, "second");
  ck_assert_int_eq (stat (path, &info), 0);
  ck_assert_uint_eq (info.st_mode, S_IFREG | 0600);
  ck_assert_uint_eq (count_files (), 1);
}
END_TEST

START_TEST (a_link_is_replaced_and_not_followed)
{
  g_autofree char *link = at_top ("link");
  g_autofree char *kept = NULL;

  put_file ("target", "kept");
  ck_assert_int_eq (symlink ("target", link), 0);
  ck_assert (b9_replace_file (AT_FDCWD, link, "new", 3, 0600, NULL));
  kept = get_file ("target");
  ck_assert_str_eq (kept, "kept");
  ck_assert (!g_file_test (link, G_FILE_TEST_IS_SYMLINK));
}
END_TEST

START_TEST (a_failed_replacement_leaves_nothing)
{
  g_autofree char *taken = at_top ("taken");
  g_autofree char *nowhere = at_top ("none/f");
  g_autoptr (GError) at_taken = NULL;
  g_autoptr (GError) at_nowhere = NULL;

  make_directory ("taken");
  ck_assert (!b9_replace_file (AT_FDCWD, taken, "x", 1, 0600, &at_taken));
  assert_failure_at_top (at_taken, B9_ERROR_IO, "cannot write TOP/taken: Is a directory");
  ck_assert (!b9_replace_file (AT_FDCWD, nowhere, "x", 1, 0600, &at_nowhere));
  assert_failure_at_top (at_nowhere, B9_ERROR_IO, "cannot write TOP/none/f: it does not exist");
  ck_assert_uint_eq (count_files (), 1);
}
END_TEST

START_TEST (reads_a_file_up_to_its_limit)
{
  g_autofree char *path = at_top ("f");
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  gsize size = 0;

  put_file ("f", "12345");
  content = b9_read_file (AT_FDCWD, path, 5, &size, NULL);
  ck_assert_str_eq (content, "12345");
  ck_assert_uint_eq (size, 5);
  ck_assert_ptr_null (b9_read_file (AT_FDCWD, path, 4, &size, &error));
  assert_failure_at_top (error, B9_ERROR_IO, "TOP/f is larger than 4 bytes");
}
END_TEST

START_TEST (reads_a_file_that_is_larger_than_a_first_guess)
{
  g_autofree char *path = at_top ("large");
  g_autofree char *content = g_strnfill (70000, 'x');
  g_autofree char *read = NULL;
  gsize size = 0;

  put_file ("large", content);
  read = b9_read_file (AT_FDCWD, path, 70000, &size, NULL);
  ck_assert_uint_eq (size, 70000);
  ck_assert_str_eq (read, content);
  ck_assert_ptr_null (b9_read_file (AT_FDCWD, path, 69999, NULL, NULL));
}
END_TEST

START_TEST (reads_files_of_proc)
{
  gsize size = 0;
  g_autofree char *content = b9_read_file (AT_FDCWD, "/proc/self/stat", 4096, &size, NULL);

  ck_assert_ptr_nonnull (content);
  ck_assert_uint_gt (size, 10);
}
END_TEST

START_TEST (tells_a_missing_file_from_other_failures)
{
  g_autofree char *none = at_top ("none");
  g_autofree char *fifo = at_top ("fifo");
  g_autofree char *link = at_top ("link");
  g_autoptr (GError) at_none = NULL;
  g_autoptr (GError) at_fifo = NULL;
  g_autoptr (GError) at_link = NULL;
  g_autoptr (GError) at_directory = NULL;

  ck_assert_int_eq (mkfifo (fifo, 0600), 0);
  ck_assert_int_eq (symlink ("fifo", link), 0);
  ck_assert_ptr_null (b9_read_file (AT_FDCWD, none, 9, NULL, &at_none));
  assert_failure_at_top (at_none, B9_ERROR_NOT_FOUND, "TOP/none does not exist");
  ck_assert_ptr_null (b9_read_file (AT_FDCWD, fifo, 9, NULL, &at_fifo));
  assert_failure_at_top (at_fifo, B9_ERROR_IO, "TOP/fifo is no regular file");
  ck_assert_ptr_null (b9_read_file (AT_FDCWD, link, 9, NULL, &at_link));
  assert_failure_at_top (at_link, B9_ERROR_IO,
                         "cannot open TOP/link: it is a symbolic link, or there are too many of them");
  ck_assert_ptr_null (b9_read_file (AT_FDCWD, top, 9, NULL, &at_directory));
  assert_failure_at_top (at_directory, B9_ERROR_IO, "TOP is no regular file");
}
END_TEST

START_TEST (removes_a_tree_and_follows_nothing)
{
  g_autofree char *tree = at_top ("tree");
  g_autofree char *link = at_top ("tree/a/link");
  g_autofree char *kept = NULL;

  make_directory ("tree/a/b");
  make_directory ("outside");
  put_file ("outside/kept", "kept");
  put_file ("tree/a/b/f", "");
  ck_assert_int_eq (symlink ("../../outside", link), 0);
  ck_assert (b9_remove_tree (tree, NULL));
  ck_assert (!is_there ("tree"));
  kept = get_file ("outside/kept");
  ck_assert_str_eq (kept, "kept");
  ck_assert (b9_remove_tree (tree, NULL));
}
END_TEST

START_TEST (removes_no_tree_by_way_of_a_link)
{
  g_autofree char *link = at_top ("link");
  g_autofree char *file = at_top ("file");
  g_autoptr (GError) at_link = NULL;
  g_autoptr (GError) at_file = NULL;

  make_directory ("real/a");
  put_file ("file", "");
  ck_assert_int_eq (symlink ("real", link), 0);
  ck_assert (!b9_remove_tree (link, &at_link));
  assert_failure_at_top (at_link, B9_ERROR_IO, "cannot remove TOP/link: a part of the path is no directory");
  ck_assert (!b9_remove_tree (file, &at_file));
  ck_assert (is_there ("real/a"));
  ck_assert (is_there ("file"));
}
END_TEST

START_TEST (removes_no_tree_that_is_deeper_than_its_own)
{
  g_autofree char *tree = at_top ("tree");
  g_autoptr (GString) path = g_string_new ("tree");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 20; i++)
    g_string_append (path, "/d");
  make_directory (path->str);
  ck_assert (!b9_remove_tree (tree, &error));
  assert_failure_at_top (error, B9_ERROR_IO,
                         "cannot remove TOP/tree: what is in it is too deep, or on another file system");
}
END_TEST

START_TEST (makes_paths_absolute_without_looking)
{
  static const struct {
    const char *path, *base, *expected;
  } rows[] = {
      {"/a/./b/../c", NULL, "/a/c"}, {"b", "/a", "/a/b"},   {"../b", "/a", "/b"}, {".", "/a", "/a"},
      {"/a/", "/b", "/a"},           {"/../..", NULL, "/"},
  };
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *expected = g_build_filename (here, "x", NULL);
  g_autofree char *relative = b9_absolute_path ("./x", NULL);

  ck_assert_str_eq (relative, expected);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = b9_absolute_path (rows[i].path, rows[i].base);

    ck_assert_str_eq (path, rows[i].expected);
  }
}
END_TEST

START_TEST (writing_to_a_full_device_fails)
{
  b9_autofd full = open ("/dev/full", O_WRONLY | O_CLOEXEC);

  ck_assert_int_ge (full, 0);
  ck_assert (!b9_write_all (full, "x", 1));
  ck_assert_int_eq (errno, ENOSPC);
  ck_assert (b9_write_all (full, "", 0));
}
END_TEST

START_TEST (closing_a_descriptor_keeps_errno)
{
  B9Fd fd = 1000000; /* open in no test */

  errno = ENOSPC;
  b9_fd_close (&fd);
  ck_assert_int_eq (errno, ENOSPC);
  ck_assert_int_eq (fd, -1);
}
END_TEST

int
main (void)
{
  TCase *files = directory_case ("files");

  tcase_add_test (files, makes_a_directory_for_itself_alone);
  tcase_add_test (files, refuses_a_directory_that_others_can_write);
  tcase_add_test (files, refuses_what_stands_in_the_place_of_a_directory);
  tcase_add_test (files, opens_no_directory_behind_a_link);
  tcase_add_test (files, replaces_a_file_whole);
  tcase_add_test (files, a_link_is_replaced_and_not_followed);
  tcase_add_test (files, a_failed_replacement_leaves_nothing);
  tcase_add_test (files, reads_a_file_up_to_its_limit);
  tcase_add_test (files, reads_a_file_that_is_larger_than_a_first_guess);
  tcase_add_test (files, reads_files_of_proc);
  tcase_add_test (files, tells_a_missing_file_from_other_failures);
  tcase_add_test (files, removes_a_tree_and_follows_nothing);
  tcase_add_test (files, removes_no_tree_by_way_of_a_link);
  tcase_add_test (files, removes_no_tree_that_is_deeper_than_its_own);
  tcase_add_test (files, makes_paths_absolute_without_looking);
  tcase_add_test (files, writing_to_a_full_device_fails);
  tcase_add_test (files, closing_a_descriptor_keeps_errno);
  return run_cases ("files", (TCase *[]){files, NULL});
}
