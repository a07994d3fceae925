/* SPDX-License-Identifier: Apache-2.0
 *
 * directory-testing.h: a directory of its own for each test.
 */
#ifndef B9_DIRECTORY_TESTING_H
#define B9_DIRECTORY_TESTING_H

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/suite-testing.h"

static char *top; /* of the test that runs */

static void
make_top (void)
{
  umask (022);
  top = g_dir_make_tmp ("b9-test-XXXXXX", NULL);
  ck_assert_ptr_nonnull (top);
}

static void
remove_top (void)
{
  const char *const argv[] = {"/bin/rm", "-rf", top, NULL};

  ck_assert (g_spawn_sync (NULL, (char **)argv, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL));
  g_clear_pointer (&top, g_free);
}

static inline char *
at_top (const char *name)
{
  return g_build_filename (top, name, NULL);
}

static inline void
put_file (const char *name, const char *content)
{
  g_autofree char *path = at_top (name);

  ck_assert (g_file_set_contents (path, content, -1, NULL));
}

/* "" for a file that is not there. */
static inline char *
get_file (const char *name)
{
  g_autofree char *path = at_top (name);
  char *content = NULL;

  return g_file_get_contents (path, &content, NULL, NULL) ? content : g_strdup ("");
}

static inline gboolean
is_there (const char *name)
{
  g_autofree char *path = at_top (name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static inline void
make_directory (const char *name)
{
  g_autofree char *path = at_top (name);

  ck_assert_int_eq (g_mkdir_with_parents (path, 0700), 0);
}

static inline void
make_link (const char *target, const char *name)
{
  g_autofree char *path = at_top (name);

  ck_assert_int_eq (symlink (target, path), 0);
}

/* The error, its TOP being the test's directory. */
static inline void
assert_failure_at_top (const GError *error, B9Error code, const char *message)
{
  g_auto (GStrv) parts = g_strsplit (message, "TOP", -1);
  g_autofree char *expected = g_strjoinv (top, parts);

  assert_failure (error, code, expected);
}

static inline TCase *
directory_case (const char *name)
{
  TCase *test_case = tcase_create (name);

  tcase_add_checked_fixture (test_case, make_top, remove_top);
  tcase_set_timeout (test_case, 60);
  return test_case;
}

#endif /* B9_DIRECTORY_TESTING_H */
