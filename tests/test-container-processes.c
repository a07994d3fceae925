/* SPDX-License-Identifier: Apache-2.0
 *
 * test-container-processes.c: whose process is whose; on plain directories, since control groups take
 * privileges.
 */
#include "config.h"

#include <signal.h>
#include <sys/wait.h>

#include "core/checkpoint/processes.h"
#include "core/sys/process.h"
#include "tests/directory-testing.h"

static pid_t
start_sleeper (void)
{
  pid_t pid = fork ();

  ck_assert_int_ge (pid, 0);
  if (pid == 0) {
    pause ();
    _exit (0);
  }
  return pid;
}

static void
end_sleeper (pid_t pid)
{
  kill (pid, SIGKILL);
  ck_assert_int_eq (waitpid (pid, NULL, 0), pid);
}

static void
put_members (const char *cgroup, const pid_t *pids, guint n)
{
  g_autofree char *file = g_build_filename (cgroup, "cgroup.procs", NULL);
  GString *text = g_string_new (NULL);

  make_directory (cgroup);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%d\n", (int)pids[i]);
  put_file (file, text->str);
  g_string_free (text, TRUE);
}

static GArray *
find (const char *one, const char *other, pid_t init_pid)
{
  g_autofree char *first = at_top (one);
  g_autofree char *second = other != NULL ? at_top (other) : NULL;
  const char *cgroups[] = {first, second, NULL};

  return b9_container_processes (cgroups, init_pid);
}

static void
assert_found (GArray *found, const pid_t *pids, guint n)
{
  ck_assert_uint_eq (found->len, n);
  for (guint i = 0; i < n; i++)
    ck_assert_int_eq (g_array_index (found, B9ContainerProcess, i).pid, pids[i]);
}

START_TEST (finds_each_process_once_with_its_start_time)
{
  pid_t pids[] = {start_sleeper (), start_sleeper ()};
  guint64 start_time = 0;

  put_members ("memory/a", pids, 2);
  put_members ("freezer/a", pids, 2);
  g_autoptr (GArray) found = find ("memory/a", "freezer/a", pids[0]);

  assert_found (found, pids, 2);
  ck_assert (b9_process_look (pids[1], &start_time, NULL));
  ck_assert_uint_eq (g_array_index (found, B9ContainerProcess, 1).start_time, start_time);
  end_sleeper (pids[0]);
  end_sleeper (pids[1]);
}
END_TEST

START_TEST (leaves_out_a_container_whose_name_is_longer)
{
  pid_t pids[] = {start_sleeper (), start_sleeper ()};

  put_members ("memory/a", pids, 1);
  put_members ("memory/ab", pids + 1, 1);
  g_autoptr (GArray) found = find ("memory/a", NULL, 0);

  assert_found (found, pids, 1);
  end_sleeper (pids[0]);
  end_sleeper (pids[1]);
}
END_TEST

START_TEST (finds_what_moved_below_in_one_hierarchy_only)
{
  pid_t pids[] = {start_sleeper (), start_sleeper ()};

  put_members ("memory/a", pids, 1);
  put_members ("cpu/a", NULL, 0);
  put_members ("cpu/a/sub/deeper", pids + 1, 1);
  g_autoptr (GArray) found = find ("memory/a", "cpu/a", 0);

  assert_found (found, pids, 2);
  end_sleeper (pids[0]);
  end_sleeper (pids[1]);
}
END_TEST

START_TEST (leaves_out_the_dead_and_what_another_namespace_hides)
{
  pid_t pids[] = {start_sleeper (), 0, -1};
  siginfo_t info;

  put_members ("memory/a", pids, 3);
  kill (pids[0], SIGKILL);
  ck_assert_int_eq (waitid (P_PID, (id_t)pids[0], &info, WEXITED | WNOWAIT), 0);
  g_autoptr (GArray) found = find ("memory/a", "no/such", pids[0]);

  assert_found (found, NULL, 0);
  end_sleeper (pids[0]);
}
END_TEST

START_TEST (takes_the_first_process_where_no_cgroup_has_it)
{
  pid_t pids[] = {start_sleeper ()};
  g_autoptr (GArray) found = find ("memory/a", NULL, pids[0]);

  assert_found (found, pids, 1);
  end_sleeper (pids[0]);
}
END_TEST

int
main (void)
{
  TCase *membership = directory_case ("membership");

  tcase_add_test (membership, finds_each_process_once_with_its_start_time);
  tcase_add_test (membership, leaves_out_a_container_whose_name_is_longer);
  tcase_add_test (membership, finds_what_moved_below_in_one_hierarchy_only);
  tcase_add_test (membership, leaves_out_the_dead_and_what_another_namespace_hides);
  tcase_add_test (membership, takes_the_first_process_where_no_cgroup_has_it);
  TCase *cases[] = {membership, NULL};
  return run_cases ("container-processes", cases);
}
