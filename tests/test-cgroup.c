/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cgroup.c: which directories are swept, and how; on plain directories, since control groups take
 * privileges.
 */
#include "config.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/sys/cgroup.h"
#include "tests/directory-testing.h"

/* Paths come from bundles, and what they name is swept. */
START_TEST (names_no_directory_outside_or_at_the_top)
{
  static const char *const paths[] = {"/", "//", "/.", ".", "..", "/../x", "/a/../..", "a/.."};
  static const char *const units[] = {"x.slice:y", ":", "a", "../x.slice:a:b"};

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GPtrArray) directories = b9_cgroup_directories (paths[i], "c1", FALSE);

    ck_assert_msg (directories->len == 0, "%s", paths[i]);
  }
  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    g_autoptr (GPtrArray) directories = b9_cgroup_directories (units[i], "c1", TRUE);

    ck_assert_msg (directories->len == 0, "%s", units[i]);
  }
}
END_TEST

static const struct {
  const char *path;
  gboolean systemd;
  const char *ending;
} places[] = {
    {"/a/b", FALSE, "/a/b"},
    {"a/b", FALSE, "/a/b"},
    {"odd:a:b", FALSE, "/odd:a:b"},
    {NULL, FALSE, "/c1"},
    {"", FALSE, "/c1"},
    {"a-b.slice:crio:x", TRUE, "/a.slice/a-b.slice/crio-x.scope"},
    {"machine.slice::x", TRUE, "/machine.slice/x.scope"},
    {":crio:x", TRUE, "/system.slice/crio-x.scope"},
    {NULL, TRUE, "/system.slice/runc-c1.scope"},
};

START_TEST (names_a_directory_in_each_hierarchy)
{
  g_autoptr (GPtrArray) directories = b9_cgroup_directories (places[_i].path, "c1", places[_i].systemd);

  ck_assert_uint_gt (directories->len, 0);
  for (guint i = 0; i < directories->len; i++) {
    const char *directory = g_ptr_array_index (directories, i);

    ck_assert (g_str_has_prefix (directory, "/sys/fs/cgroup/"));
    ck_assert_msg (g_str_has_suffix (directory, places[_i].ending), "%s", directory);
  }
}
END_TEST

START_TEST (knows_whether_one_is_there)
{
  const char *directories[] = {"/nowhere/at/all", top, NULL};

  ck_assert (b9_cgroup_any_exists (directories));
  directories[1] = NULL;
  ck_assert (!b9_cgroup_any_exists (directories));
  ck_assert (!b9_cgroup_any_exists (NULL));
}
END_TEST

START_TEST (removes_only_what_is_empty)
{
  g_autofree char *empty = at_top ("empty");
  g_autofree char *full = at_top ("full");
  const char *directories[] = {empty, full, "/nowhere/at/all", NULL};

  make_directory ("empty");
  make_directory ("full/x");
  b9_cgroup_remove_empty (directories);
  b9_cgroup_remove_empty (NULL);
  ck_assert (!is_there ("empty"));
  ck_assert (is_there ("full/x"));
}
END_TEST

/* The whole group, ended by NULL. */
static char **
one_directory (const char *name)
{
  char **directories = g_new0 (char *, 2);

  directories[0] = at_top (name);
  return directories;
}

START_TEST (sweeps_what_is_empty_at_all_levels)
{
  g_auto (GStrv) directories = one_directory ("group");

  make_directory ("group/a/b");
  make_directory ("group/c");
  ck_assert (b9_cgroup_sweep ((const char *const *)directories));
  ck_assert (!is_there ("group"));
  ck_assert (b9_cgroup_sweep ((const char *const *)directories));
}
END_TEST

START_TEST (kills_the_members_thaws_and_gives_up_in_the_end)
{
  g_auto (GStrv) directories = one_directory ("group");
  g_autofree char *members = NULL;
  g_autofree char *freezer = NULL;
  g_autofree char *freeze = NULL;
  int status = 0;
  pid_t pid = fork ();

  if (pid == 0) {
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
      pause ();
  }
  make_directory ("group/inner");
  /* Neither itself, nor the first process, nor what is no PID. */
  members = g_strdup_printf ("0\n1\n-1\nx\n%d\n%d\n", (int)getpid (), (int)pid);
  put_file ("group/inner/cgroup.procs", members);
  put_file ("group/freezer.state", "FROZEN");
  put_file ("group/cgroup.freeze", "1");
  ck_assert (!b9_cgroup_sweep ((const char *const *)directories));
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  freezer = get_file ("group/freezer.state");
  ck_assert_str_eq (freezer, "THAWED");
  freeze = get_file ("group/cgroup.freeze");
  ck_assert_str_eq (freeze, "0");
}
END_TEST

START_TEST (follows_no_link_below_a_group)
{
  g_auto (GStrv) directories = one_directory ("group");
  g_autofree char *link = at_top ("group/link");

  make_directory ("group");
  make_directory ("outside/inner");
  ck_assert_int_eq (symlink ("../outside", link), 0);
  ck_assert (!b9_cgroup_sweep ((const char *const *)directories));
  ck_assert (is_there ("outside/inner"));
}
END_TEST

int
main (void)
{
  TCase *cgroup = directory_case ("cgroup");

  tcase_add_test (cgroup, names_no_directory_outside_or_at_the_top);
  tcase_add_loop_test (cgroup, names_a_directory_in_each_hierarchy, 0, G_N_ELEMENTS (places));
  tcase_add_test (cgroup, knows_whether_one_is_there);
  tcase_add_test (cgroup, removes_only_what_is_empty);
  tcase_add_test (cgroup, sweeps_what_is_empty_at_all_levels);
  tcase_add_test (cgroup, kills_the_members_thaws_and_gives_up_in_the_end);
  tcase_add_test (cgroup, follows_no_link_below_a_group);
  return run_cases ("cgroup", (TCase *[]){cgroup, NULL});
}
