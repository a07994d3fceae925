/* SPDX-License-Identifier: Apache-2.0
 *
 * test-runc-state.c: whether a container of runc's is paused, told from files; on plain directories, since
 * control groups take privileges.
 */
#include "config.h"

#include "core/plugin/host.h"
#include "plugins/backends/runc/runc-args.h"
#include "tests/directory-testing.h"

static B9Config *config;
static B9HostData data;
static B9Host host;

static void
open_host (void)
{
  make_top ();
  config = b9_config_built_in ();
  data = (B9HostData){.config = config, .section = "backends.runc"};
  b9_host_init (&host, &data);
  make_directory ("root/c1");
  put_file ("root/c1/state.json", "{}");
}

static void
close_host (void)
{
  b9_config_free (config);
  remove_top ();
}

static void
put_cgroup (const char *name, const char *procs, const char *file, const char *content)
{
  g_autofree char *members = g_build_filename (name, "cgroup.procs", NULL);
  g_autofree char *control = g_build_filename (name, file, NULL);

  make_directory (name);
  put_file (members, procs);
  put_file (control, content);
}

static void
remove_file (const char *name)
{
  g_autofree char *path = at_top (name);

  ck_assert_int_eq (g_unlink (path), 0);
}

/* As the container c1 of process 7 in the cgroups "one" and "two". */
static void
assert_status (const char *expected)
{
  g_autofree char *root = at_top ("root");
  g_autofree char *one = at_top ("one");
  g_autofree char *two = at_top ("two");
  const char *const cgroups[] = {one, two, NULL};
  const B9Request request = {.struct_size = sizeof request, .root = root, .id = "c1"};
  g_autofree char *status = runc_peek_status (&host, &request, 7, cgroups);

  ck_assert_pstr_eq (status, expected);
}

START_TEST (tells_by_the_freezer_of_v1)
{
  put_cgroup ("one", "5\n7\n", "freezer.state", "THAWED\n");
  assert_status ("running");
  put_file ("one/freezer.state", "FROZEN\n");
  assert_status ("paused");
  put_file ("one/freezer.state", "FREEZING\n");
  assert_status (NULL);
}
END_TEST

START_TEST (tells_by_the_freezer_of_v2)
{
  put_cgroup ("one", "7\n", "cgroup.freeze", "0\n");
  assert_status ("running");
  put_file ("one/cgroup.freeze", "1\n");
  assert_status ("paused");
}
END_TEST

START_TEST (where_there_are_both_that_of_v1_tells)
{
  put_cgroup ("one", "7\n", "cgroup.freeze", "0\n");
  put_cgroup ("two", "7\n", "freezer.state", "FROZEN\n");
  assert_status ("paused");
}
END_TEST

START_TEST (a_cgroup_without_the_process_is_anothers)
{
  put_cgroup ("one", "77\n", "freezer.state", "FROZEN\n");
  assert_status (NULL);
  put_cgroup ("two", "7\n", "freezer.state", "THAWED\n");
  assert_status ("running");
}
END_TEST

START_TEST (tells_nothing_of_what_is_not_started_or_not_there)
{
  put_cgroup ("one", "7\n", "freezer.state", "THAWED\n");
  put_file ("root/c1/exec.fifo", "");
  assert_status (NULL);
  remove_file ("root/c1/exec.fifo");
  assert_status ("running");
  remove_file ("root/c1/state.json");
  assert_status (NULL);
}
END_TEST

int
main (void)
{
  TCase *tests = tcase_create ("status");
  TCase *const cases[] = {tests, NULL};

  tcase_add_checked_fixture (tests, open_host, close_host);
  tcase_add_test (tests, tells_by_the_freezer_of_v1);
  tcase_add_test (tests, tells_by_the_freezer_of_v2);
  tcase_add_test (tests, where_there_are_both_that_of_v1_tells);
  tcase_add_test (tests, a_cgroup_without_the_process_is_anothers);
  tcase_add_test (tests, tells_nothing_of_what_is_not_started_or_not_there);
  return run_cases ("runc-state", cases);
}
