/* SPDX-License-Identifier: Apache-2.0
 *
 * test-runsc-state.c: runsc's ids, and containers and leftovers in its state directory.
 */
#include "config.h"

#include "plugins/backends/runsc/runsc-args.h"
#include "tests/backend-testing.h"

#include <glib/gstdio.h>

static char *root;

static void
make_root (void)
{
  root = g_dir_make_tmp ("b9run-runsc-XXXXXX", NULL);
  ck_assert_ptr_nonnull (root);
}

static void
remove_root (void)
{
  g_autoptr (GDir) directory = g_dir_open (root, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = g_build_filename (root, name, NULL);

    ck_assert_int_eq (g_remove (path), 0);
  }
  ck_assert_int_eq (g_rmdir (root), 0);
  g_clear_pointer (&root, g_free);
}

static void
put (const char *name)
{
  g_autofree char *path = g_build_filename (root, name, NULL);

  ck_assert (g_file_set_contents (path, "", 0, NULL));
}

/* --- ids --- */

static void
expect_bad_id (const char *id, const char *message)
{
  g_autoptr (GError) error = NULL;

  ck_assert (!runsc_check_id (NULL, TESTED_ROOT, id, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
}

START_TEST (takes_ids_whose_socket_fits)
{
  g_autofree char *longest = g_strnfill (91, 'x');
  g_autofree char *longer = g_strnfill (92, 'x');

  ck_assert (runsc_check_id (NULL, TESTED_ROOT, longest, NULL));
  ck_assert (runsc_check_id (NULL, TESTED_ROOT, "aZ0_+.-", NULL));
  expect_bad_id (
      longer, "container id of 92 characters is too long: runsc takes 91 at most, or the path of its control "
              "socket does not fit");
}
END_TEST

START_TEST (refuses_ids_that_runsc_refuses)
{
  expect_bad_id ("", "container id cannot be empty");
  expect_bad_id ("a:b", "invalid container ID format: \"a:b\": runsc takes letters, digits and _ + . - only");
  expect_bad_id ("..", "invalid container ID format: \"..\": runsc takes letters, digits and _ + . - only");
  expect_bad_id ("-x", "invalid container ID format: \"-x\" begins like an option of the command line");
}
END_TEST

/* --- finding --- */

START_TEST (finds_a_container_by_its_exact_id)
{
  put ("q10_sandbox:q10.state");
  ck_assert (runsc_find (NULL, root, "q10"));
  ck_assert (!runsc_find (NULL, root, "q1"));
  ck_assert (!runsc_find (NULL, root, "q100"));
}
END_TEST

START_TEST (finds_a_container_in_the_sandbox_of_another)
{
  put ("pod_sandbox:pod.state");
  put ("second_sandbox:pod.state");
  ck_assert (runsc_find (NULL, root, "second"));
  ck_assert (runsc_find (NULL, root, "pod"));
}
END_TEST

START_TEST (takes_only_state_files_for_containers)
{
  put ("c1_sandbox:c1.lock");
  put ("runsc-c1.sock");
  put ("_sandbox:c1.state");
  put ("c1.state");
  ck_assert (!runsc_find (NULL, root, "c1"));
  ck_assert (!runsc_find (NULL, root, ""));
  ck_assert_ptr_null (runsc_colliding_id (NULL, root, "c"));
}
END_TEST

START_TEST (finds_nothing_in_a_missing_root)
{
  ck_assert (!runsc_find (NULL, "/nonexistent", "c1"));
  ck_assert_ptr_null (runsc_colliding_id (NULL, "/nonexistent", "c1"));
}
END_TEST

/* --- colliding ids --- */

static void
expect_collision (const char *id, const char *expected)
{
  g_autofree char *other = runsc_colliding_id (NULL, root, id);

  ck_assert_pstr_eq (other, expected);
}

START_TEST (sees_a_shorter_and_a_longer_id_as_colliding)
{
  put ("p10_sandbox:p10.state");
  expect_collision ("p1", "p10");
  expect_collision ("p100", "p10");
  expect_collision ("p10", NULL);
  expect_collision ("p2", NULL);
  expect_collision ("p11", NULL);
}
END_TEST

START_TEST (sees_a_collision_with_a_container_of_a_pod)
{
  put ("web-1_sandbox:pod.state");
  expect_collision ("web-10", "web-1");
  expect_collision ("po", NULL);
}
END_TEST

/* --- leftovers --- */

START_TEST (lists_what_a_killed_create_leaves)
{
  const B9Request request = {.struct_size = sizeof request, .root = root, .id = "c1"};
  g_autofree char *lock = g_build_filename (root, "c1_sandbox:c1.lock", NULL);
  g_autofree char *socket = g_build_filename (root, "runsc-c1.sock", NULL);
  g_auto (GStrv) paths = NULL;

  put ("c1_sandbox:c1.lock");
  put ("runsc-c1.sock");
  put ("c10_sandbox:c10.state");
  put ("c2_sandbox:c1.state");
  paths = runsc_leftovers (NULL, &request, "/rootfs");
  ck_assert_uint_eq (g_strv_length (paths), 3);
  ck_assert_str_eq (paths[0], lock);
  ck_assert_str_eq (paths[1], socket);
  ck_assert_str_eq (paths[2], "/rootfs/.gvisor.filestore.c1");
}
END_TEST

START_TEST (leaves_the_root_file_system_out_where_it_is_unknown)
{
  const B9Request request = {.struct_size = sizeof request, .root = root, .id = "c1"};
  g_autofree char *state = g_build_filename (root, "c1_sandbox:pod.state", NULL);
  g_auto (GStrv) paths = NULL;

  put ("c1_sandbox:pod.state");
  paths = runsc_leftovers (NULL, &request, NULL);
  ck_assert_uint_eq (g_strv_length (paths), 2);
  ck_assert_str_eq (paths[0], state);
}
END_TEST

static TCase *
id_case (void)
{
  TCase *tcase = tcase_create ("ids");

  tcase_add_test (tcase, takes_ids_whose_socket_fits);
  tcase_add_test (tcase, refuses_ids_that_runsc_refuses);
  return tcase;
}

static TCase *
root_case (void)
{
  TCase *tcase = tcase_create ("state directory");

  tcase_add_checked_fixture (tcase, make_root, remove_root);
  tcase_add_test (tcase, finds_a_container_by_its_exact_id);
  tcase_add_test (tcase, finds_a_container_in_the_sandbox_of_another);
  tcase_add_test (tcase, takes_only_state_files_for_containers);
  tcase_add_test (tcase, finds_nothing_in_a_missing_root);
  tcase_add_test (tcase, sees_a_shorter_and_a_longer_id_as_colliding);
  tcase_add_test (tcase, sees_a_collision_with_a_container_of_a_pod);
  tcase_add_test (tcase, lists_what_a_killed_create_leaves);
  tcase_add_test (tcase, leaves_the_root_file_system_out_where_it_is_unknown);
  return tcase;
}

int
main (void)
{
  TCase *const cases[] = {id_case (), root_case (), NULL};

  return run_cases ("runsc-state", cases);
}
