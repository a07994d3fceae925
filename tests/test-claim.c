/* SPDX-License-Identifier: Apache-2.0
 *
 * test-claim.c: ids are claimed before the runtime hears of them, given back, and mended.
 */
#include "config.h"

#include "tests/run-testing.h"

START_TEST (a_claim_writes_the_record_first)
{
  g_auto (B9Target) target = new_target ("c1");
  g_autoptr (B9Record) record = NULL;
  g_autofree char *root = at_top ("root");

  ck_assert (claim (&target, NULL));
  ck_assert_ptr_nonnull (target.record);
  ck_assert (b9_index_find (state_index, &(B9Query){.id = "c1"}, &record, NULL));
  ck_assert_str_eq (record->backend, "tested");
  ck_assert_str_eq (record->root, root);
  ck_assert_str_eq (record->runtime_root, root);
  ck_assert_str_eq (record->program, "/bin/sh");
  ck_assert_str_eq (record->bundle, "/bundle");
  ck_assert_str_eq (record->rootfs, top);
  ck_assert_str_eq (record->cgroups_path, "/b9run-test/nowhere");
  ck_assert (record->cgroups_ours);
  ck_assert_int_eq (record->phase, B9_PHASE_CREATING);
}
END_TEST

START_TEST (a_claimed_id_is_taken)
{
  g_auto (B9Target) first = new_target ("c1");
  g_auto (B9Target) second = new_target ("c1");
  g_autoptr (GError) error = NULL;

  ck_assert (claim (&first, NULL));
  ck_assert (!claim (&second, &error));
  assert_failure_at_top (error, B9_ERROR_EXISTS,
                         "container with given ID already exists: c1 (root TOP/root)");
  ck_assert_ptr_null (second.record);
}
END_TEST

START_TEST (an_id_of_somebody_elses_container_is_taken)
{
  g_auto (B9Target) target = new_target ("c1");
  g_autoptr (GError) error = NULL;

  put_file ("root/c1", "");
  ck_assert (!claim (&target, &error));
  assert_failure_at_top (error, B9_ERROR_EXISTS,
                         "container with given ID already exists: c1 (root TOP/root; not made by b9run)");
  ck_assert (!is_there ("state/containers"));
}
END_TEST

START_TEST (an_id_of_another_backend_in_the_same_root_is_taken)
{
  g_auto (B9Target) first = new_target ("c1");
  g_auto (B9Target) second = new_target ("c1");
  g_autoptr (GError) error = NULL;

  ck_assert (claim (&first, NULL));
  runtime.name = "other";
  ck_assert (!claim (&second, &error));
  runtime.name = "tested";
  assert_failure_at_top (error, B9_ERROR_EXISTS,
                         "container with given ID already exists: c1 (root TOP/root, backend tested)");
}
END_TEST

START_TEST (the_backend_may_refuse_an_id)
{
  g_auto (B9Target) target = new_target ("much-too-long");
  g_autoptr (GError) error = NULL;

  ck_assert (!claim (&target, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, "the id much-too-long is too long");
  ck_assert (!is_there ("state"));
}
END_TEST

START_TEST (a_colliding_id_gets_a_root_of_its_own)
{
  g_auto (B9Target) target = new_target ("q1");
  g_autofree char *root = at_top ("root");
  g_autofree char *own = at_top ("root/b9-c75de8c1b7c3");

  put_file ("root/q10", "");
  ck_assert (claim (&target, NULL));
  ck_assert_str_eq (target.root, own);
  ck_assert_str_eq (target.record->root, root);
  ck_assert_str_eq (target.record->runtime_root, own);
  ck_assert (is_there ("root/b9-c75de8c1b7c3"));
  b9_disclaim (state_index, &target);
  ck_assert (!is_there ("root/b9-c75de8c1b7c3"));
  ck_assert (!is_there ("state/containers/q1"));
}
END_TEST

START_TEST (an_id_that_collides_with_one_being_made_gets_a_root_of_its_own)
{
  g_auto (B9Target) first = new_target ("q10");
  g_auto (B9Target) second = new_target ("q1");
  g_auto (B9Target) third = new_target ("x");
  g_autofree char *own = at_top ("root/b9-c75de8c1b7c3");
  g_autofree char *root = at_top ("root");

  ck_assert (claim (&first, NULL));
  ck_assert (claim (&second, NULL));
  ck_assert (claim (&third, NULL));
  ck_assert_str_eq (first.root, root);
  ck_assert_str_eq (second.root, own);
  ck_assert_str_eq (third.root, root);
}
END_TEST

START_TEST (an_id_in_its_own_root_is_taken_too)
{
  g_auto (B9Target) target = new_target ("q1");
  g_autoptr (GError) error = NULL;

  put_file ("root/q10", "");
  make_directory ("root/b9-c75de8c1b7c3");
  put_file ("root/b9-c75de8c1b7c3/q1", "");
  ck_assert (!claim (&target, &error));
  assert_failure_at_top (error, B9_ERROR_EXISTS,
                         "container with given ID already exists: q1 (root TOP/root/b9-c75de8c1b7c3; its "
                         "record was lost, and b9run index rebuild makes another)");
  ck_assert (!is_there ("state/containers"));
}
END_TEST

START_TEST (an_id_in_its_own_root_is_taken_when_nothing_collides_any_more)
{
  g_auto (B9Target) target = new_target ("q1");

  make_directory ("root/b9-c75de8c1b7c3");
  put_file ("root/b9-c75de8c1b7c3/q1", "");
  ck_assert (!claim (&target, NULL));
}
END_TEST

START_TEST (a_container_without_a_record_is_found_in_its_own_root)
{
  g_auto (B9Target) target = new_target ("q1");
  g_auto (B9Target) other = new_target ("q2");
  g_autofree char *root = at_top ("root");
  g_autofree char *own = at_top ("root/b9-c75de8c1b7c3");

  make_directory ("root/b9-c75de8c1b7c3");
  put_file ("root/b9-c75de8c1b7c3/q1", "");
  put_file ("root/b9-c75de8c1b7c3/q2", "");
  ck_assert (!b9_find_in_own_root (&other));
  ck_assert_str_eq (other.root, root);
  ck_assert (b9_find_in_own_root (&target));
  ck_assert_str_eq (target.root, own);
  b9_leave_own_root (&target);
  ck_assert (is_there ("root/b9-c75de8c1b7c3/q1"));
}
END_TEST

START_TEST (an_own_root_goes_with_its_container)
{
  g_auto (B9Target) target = new_target ("q1");

  make_directory ("root/b9-c75de8c1b7c3");
  b9_leave_own_root (&target);
  ck_assert (is_there ("root"));
  g_free (target.root);
  target.root = at_top ("root/b9-c75de8c1b7c3");
  b9_leave_own_root (&target);
  ck_assert (!is_there ("root/b9-c75de8c1b7c3"));
}
END_TEST

START_TEST (without_optional_functions_an_id_is_taken_as_it_is)
{
  g_auto (B9Target) target = new_target ("much-too-long");

  backend.struct_size = G_STRUCT_OFFSET (B9Backend, check_id);
  ck_assert (claim (&target, NULL));
  b9_disclaim (state_index, &target);
  ck_assert (!is_there ("state/containers/much-too-long"));
}
END_TEST

START_TEST (a_claim_that_cannot_be_written_is_none)
{
  g_auto (B9Target) target = new_target ("c1");
  g_autoptr (GError) error = NULL;

  make_directory ("state");
  put_file ("state/containers", "");
  ck_assert (!claim (&target, &error));
  assert_failure_at_top (error, B9_ERROR_IO,
                         "TOP/state/containers is in the way: b9run needs a directory there");
  ck_assert_ptr_null (target.record);
}
END_TEST

START_TEST (giving_back_removes_what_the_runtime_left)
{
  g_auto (B9Target) target = new_target ("c1");

  ck_assert (claim (&target, NULL));
  put_file ("root/c1.left", "");
  make_directory ("left");
  b9_disclaim (state_index, &target);
  ck_assert (!is_there ("root/c1.left"));
  ck_assert (!is_there ("left"));
  ck_assert (!is_there ("state/containers/c1"));
}
END_TEST

START_TEST (giving_back_leaves_what_the_runtime_still_has)
{
  g_auto (B9Target) target = new_target ("c1");

  ck_assert (claim (&target, NULL));
  put_file ("root/c1", "");
  put_file ("root/c1.left", "");
  b9_disclaim (state_index, &target);
  ck_assert (is_there ("root/c1.left"));
}
END_TEST

/* A later container of that name stands in its place. */
START_TEST (giving_back_leaves_a_later_container_alone)
{
  g_auto (B9Target) target = new_target ("c1");

  ck_assert (claim (&target, NULL));
  g_free (target.record->created);
  target.record->created = g_strdup ("2001-01-01T00:00:00Z");
  b9_disclaim (state_index, &target);
  ck_assert (is_there ("state/containers/c1"));
}
END_TEST

/* As if its b9run had been killed. */
static void
orphan (B9Record *record)
{
  record->creator_start++;
  ck_assert (b9_record_save (record, NULL));
}

START_TEST (mending_leaves_what_somebody_is_at)
{
  g_auto (B9Target) target = new_target ("c1");

  ck_assert (claim (&target, NULL));
  ck_assert (b9_needs_mending (&target));
  ck_assert_int_eq (b9_mend (state_index, &target), B9_MEND_KEPT);
}
END_TEST

START_TEST (mending_leaves_what_a_monitor_is_at)
{
  g_auto (B9Target) target = new_target ("c1");
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;

  ck_assert (claim (&target, NULL));
  text = g_strdup_printf ("%d@%" G_GUINT64_FORMAT "\n", (int)target.record->creator,
                          target.record->creator_start);
  path = b9_record_file (target.record, "monitor");
  ck_assert (g_file_set_contents (path, text, -1, NULL));
  orphan (target.record);
  ck_assert_int_eq (b9_mend (state_index, &target), B9_MEND_KEPT);
}
END_TEST

START_TEST (mending_leaves_another_namespaces_container_alone)
{
  g_auto (B9Target) target = new_target ("c1");

  ck_assert (claim (&target, NULL));
  target.record->pid_namespace++;
  orphan (target.record);
  ck_assert_int_eq (b9_mend (state_index, &target), B9_MEND_FOREIGN);
  ck_assert (is_there ("state/containers/c1"));
}
END_TEST

START_TEST (mending_removes_what_is_gone)
{
  g_auto (B9Target) target = new_target ("c1");

  ck_assert (claim (&target, NULL));
  put_file ("root/c1.left", "");
  orphan (target.record);
  ck_assert_int_eq (b9_mend (state_index, &target), B9_MEND_REMOVED);
  ck_assert (!is_there ("root/c1.left"));
  ck_assert (!is_there ("state/containers/c1"));
  ck_assert_int_eq (b9_mend (state_index, &target), B9_MEND_REMOVED);
}
END_TEST

START_TEST (mending_completes_what_was_made)
{
  g_auto (B9Target) target = new_target ("c1");
  g_autoptr (B9Record) record = NULL;
  g_autofree char *path = NULL;

  ck_assert (claim (&target, NULL));
  put_file ("root/c1", "");
  path = b9_record_file (target.record, "pid");
  ck_assert (g_file_set_contents (path, "4711", -1, NULL));
  orphan (target.record);
  ck_assert_int_eq (b9_mend (state_index, &target), B9_MEND_KEPT);
  ck_assert (!b9_needs_mending (&target));
  record = b9_record_load (target.record->directory, NULL);
  ck_assert_int_eq (record->phase, B9_PHASE_CREATED);
  ck_assert_int_eq (record->pid, 4711);
}
END_TEST

START_TEST (an_orphan_makes_room)
{
  g_auto (B9Target) first = new_target ("c1");
  g_auto (B9Target) second = new_target ("c1");

  ck_assert (claim (&first, NULL));
  orphan (first.record);
  ck_assert (claim (&second, NULL));
}
END_TEST

START_TEST (a_target_remembers_what_the_record_says)
{
  g_auto (B9Target) target = {0};
  B9Record *record = b9_record_new ("c1", "tested", "/r");

  record->program = g_strdup ("/bin/sh");
  record->rootless = g_strdup ("auto");
  record->systemd_cgroup = TRUE;
  ck_assert (b9_target_from_record (&target, &runtime, record, NULL));
  ck_assert_str_eq (target.id, "c1");
  ck_assert_str_eq (target.root, "/r");
  ck_assert_str_eq (target.program, "/bin/sh");
  ck_assert_str_eq (target.rootless, "auto");
  ck_assert (target.systemd_cgroup);
  B9Request request = b9_target_request (&target, B9_OPERATION_STATE);
  ck_assert_uint_eq (request.struct_size, sizeof request);
  ck_assert_uint_eq (request.operation, B9_OPERATION_STATE);
  ck_assert_str_eq (request.rootless, "auto");
  ck_assert_ptr_null (request.options[0]);
  ck_assert_ptr_null (request.arguments[0]);
}
END_TEST

static TCase *
mend_case (void)
{
  TCase *mend = run_case ("mending");

  tcase_add_test (mend, mending_leaves_what_somebody_is_at);
  tcase_add_test (mend, mending_leaves_what_a_monitor_is_at);
  tcase_add_test (mend, mending_leaves_another_namespaces_container_alone);
  tcase_add_test (mend, mending_removes_what_is_gone);
  tcase_add_test (mend, mending_completes_what_was_made);
  tcase_add_test (mend, an_orphan_makes_room);
  tcase_add_test (mend, a_target_remembers_what_the_record_says);
  return mend;
}

int
main (void)
{
  TCase *claims = run_case ("claims");

  tcase_add_test (claims, a_claim_writes_the_record_first);
  tcase_add_test (claims, a_claimed_id_is_taken);
  tcase_add_test (claims, an_id_of_somebody_elses_container_is_taken);
  tcase_add_test (claims, an_id_of_another_backend_in_the_same_root_is_taken);
  tcase_add_test (claims, the_backend_may_refuse_an_id);
  tcase_add_test (claims, a_colliding_id_gets_a_root_of_its_own);
  tcase_add_test (claims, an_id_that_collides_with_one_being_made_gets_a_root_of_its_own);
  tcase_add_test (claims, an_id_in_its_own_root_is_taken_too);
  tcase_add_test (claims, an_id_in_its_own_root_is_taken_when_nothing_collides_any_more);
  tcase_add_test (claims, a_container_without_a_record_is_found_in_its_own_root);
  tcase_add_test (claims, an_own_root_goes_with_its_container);
  tcase_add_test (claims, without_optional_functions_an_id_is_taken_as_it_is);
  tcase_add_test (claims, a_claim_that_cannot_be_written_is_none);
  tcase_add_test (claims, giving_back_removes_what_the_runtime_left);
  tcase_add_test (claims, giving_back_leaves_what_the_runtime_still_has);
  tcase_add_test (claims, giving_back_leaves_a_later_container_alone);
  return run_cases ("claim", (TCase *[]){claims, mend_case (), NULL});
}
