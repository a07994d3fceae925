/* SPDX-License-Identifier: Apache-2.0
 *
 * test-launch.c: a claimed container is brought to life, or nothing stays of it.
 */
#include "config.h"

#include "core/container/exit-status.h"
#include "core/run/launch.h"
#include "tests/run-testing.h"

static const B9RequestOption *const no_options[] = {NULL};

static B9Launch
claimed (B9Target *target)
{
  *target = new_target ("c1");
  ck_assert (claim (target, NULL));
  scripts[B9_OPERATION_DELETE] = "rm \"$1/$2\"";
  return (B9Launch){.index = state_index, .target = target, .bundle = "/bundle", .options = no_options};
}

static void
expect_nothing_left (void)
{
  ck_assert (!is_there ("root/c1"));
  ck_assert (!is_there ("state/containers/c1"));
}

START_TEST (creates_a_container)
{
  g_auto (B9Target) target = {0};
  B9Launch launch = claimed (&target);
  g_autoptr (B9Record) record = NULL;
  g_autofree char *pid_file = at_top ("p");
  g_autofree char *published = NULL;

  launch.pid_file = pid_file;
  scripts[B9_OPERATION_CREATE] = "touch \"$1/$2\"; printf 4711 >\"$3\"";
  ck_assert (b9_launch_create (&launch, NULL));
  published = get_file ("p");
  ck_assert_str_eq (published, "4711");
  record = b9_record_load (target.record->directory, NULL);
  ck_assert_int_eq (record->phase, B9_PHASE_CREATED);
  ck_assert_int_eq (record->pid, 4711);
}
END_TEST

static const struct {
  const char *script;
  B9Error code;
  const char *message;
  const char *said;
} failures[] = {
    {NULL, B9_ERROR_UNSUPPORTED, NULL, NULL},
    {"touch \"$1/$2\"; exit 1", B9_ERROR_BACKEND_FAILED, "/bin/sh ended with status 1 and gave no reason (1)",
     NULL},
    {"touch \"$1/$2\"; kill -9 $$", B9_ERROR_BACKEND_FAILED,
     "/bin/sh was killed by signal 9 (Killed) and gave no reason (137)", NULL},
    {"echo '{\"level\":\"error\",\"msg\":\"why\"}' >\"$4\"; exit 2", B9_ERROR_BACKEND_FAILED, "why (2)",
     "why"},
    {"echo '{\"level\":\"error\",\"msg\":\"mute\"}' >\"$4\"; exit 2", B9_ERROR_BACKEND_FAILED, "mute",
     "mute"},
    {"touch \"$1/$2\"", B9_ERROR_BACKEND_FAILED, "/bin/sh said that container c1 is made, but wrote no PID",
     NULL},
    {"touch \"$1/$2\"; echo rubbish >\"$3\"", B9_ERROR_BACKEND_FAILED,
     "/bin/sh said that container c1 is made, but wrote no PID", NULL},
};

START_TEST (a_failed_create_leaves_nothing)
{
  g_auto (B9Target) target = {0};
  B9Launch launch = claimed (&target);
  g_autoptr (GError) error = NULL;

  scripts[B9_OPERATION_CREATE] = failures[_i].script;
  ck_assert (!b9_launch_create (&launch, &error));
  assert_failure (error, failures[_i].code,
                  failures[_i].message != NULL ? failures[_i].message
                                               : "the tested backend has no operation 1");
  ck_assert_pstr_eq (launch.said, failures[_i].said);
  g_free (launch.said);
  expect_nothing_left ();
}
END_TEST

START_TEST (a_failed_detached_run_leaves_nothing)
{
  g_auto (B9Target) target = {0};
  B9Launch launch = claimed (&target);
  g_autoptr (GError) error = NULL;

  scripts[B9_OPERATION_RUN] = failures[_i].script;
  ck_assert (!b9_launch_detached (&launch, FALSE, &error));
  g_free (launch.said);
  assert_failure (error, failures[_i].code,
                  failures[_i].message != NULL ? failures[_i].message
                                               : "the tested backend has no operation 3");
  expect_nothing_left ();
}
END_TEST

START_TEST (a_pid_file_that_cannot_be_written_leaves_nothing)
{
  g_auto (B9Target) target = {0};
  B9Launch launch = claimed (&target);
  g_autofree char *pid_file = at_top ("none/p");
  g_autoptr (GError) error = NULL;

  launch.pid_file = pid_file;
  scripts[B9_OPERATION_CREATE] = "touch \"$1/$2\"; printf 4711 >\"$3\"";
  ck_assert (!b9_launch_create (&launch, &error));
  assert_failure_at_top (
      error, B9_ERROR_IO,
      "the container's PID could not be given to the caller: cannot write TOP/none/p: it does not exist");
  expect_nothing_left ();
}
END_TEST

static const struct {
  const char *script;
  int status;
} ends[] = {
    {"printf 4194304 >\"$3\"; exit 0", 0},
    {"printf 4194304 >\"$3\"; exit 7", 7},
    {"touch \"$1/$2\"; printf 4194304 >\"$3\"; exit 7", 7},
    {"printf 4194304 >\"$3\"; echo '{\"level\":\"warning\",\"msg\":\"w\"}' >\"$4\"; exit 3", 3},
};

START_TEST (run_returns_the_status_and_leaves_nothing)
{
  g_auto (B9Target) target = {0};
  B9Launch launch = claimed (&target);

  scripts[B9_OPERATION_RUN] = ends[_i].script;
  ck_assert_int_eq (b9_launch_run (&launch, NULL), ends[_i].status);
  expect_nothing_left ();
}
END_TEST

START_TEST (a_runtime_that_fails_is_no_container_that_ended)
{
  g_auto (B9Target) target = {0};
  B9Launch launch = claimed (&target);
  g_autoptr (GError) error = NULL;

  scripts[B9_OPERATION_RUN] = "echo '{\"level\":\"error\",\"msg\":\"why\"}' >\"$4\"; exit 2";
  ck_assert_int_eq (b9_launch_run (&launch, &error), -1);
  g_free (launch.said);
  assert_failure (error, B9_ERROR_BACKEND_FAILED, "why (2)");
  expect_nothing_left ();
}
END_TEST

START_TEST (a_kept_container_stays_with_its_status)
{
  static const B9RequestOption keep = {sizeof keep, "keep", "true"};
  static const B9RequestOption *const options[] = {&keep, NULL};
  g_auto (B9Target) target = {0};
  B9Launch launch = claimed (&target);
  B9ExitStatus status = {0};

  launch.options = options;
  scripts[B9_OPERATION_RUN] = "touch \"$1/$2\"; printf 4194304 >\"$3\"; exit 7";
  ck_assert_int_eq (b9_launch_run (&launch, NULL), 7);
  ck_assert (is_there ("root/c1"));
  ck_assert (b9_exit_status_load (target.record, &status, NULL));
  ck_assert_int_eq (status.wait_status, 7 << 8);
}
END_TEST

START_TEST (what_cannot_be_deleted_keeps_nothing_of_ours)
{
  g_auto (B9Target) target = {0};
  B9Launch launch = claimed (&target);
  g_autoptr (GError) error = NULL;

  scripts[B9_OPERATION_DELETE] = NULL;
  scripts[B9_OPERATION_CREATE] = "touch \"$1/$2\"; exit 1";
  ck_assert (!b9_launch_create (&launch, &error));
  ck_assert (is_there ("root/c1"));
  ck_assert (!is_there ("state/containers/c1"));
}
END_TEST

static void
expect_pid_file_refused (const char *name, B9Error code, const char *message)
{
  g_autofree char *path = at_top (name);
  g_autoptr (GError) error = NULL;

  ck_assert (!b9_check_pid_file (path, &error));
  assert_failure_at_top (error, code, message);
}

START_TEST (looks_at_the_place_of_the_pid_file_first)
{
  g_autofree char *fine = at_top ("p");
  g_autofree char *link = at_top ("link");

  put_file ("file", "");
  make_directory ("directory");
  ck_assert_int_eq (symlink ("nowhere", link), 0);
  ck_assert (b9_check_pid_file (fine, NULL));
  ck_assert (b9_check_pid_file (link, NULL));
  expect_pid_file_refused ("none/p", B9_ERROR_IO,
                           "the PID file TOP/none/p cannot be written: TOP/none is no directory");
  expect_pid_file_refused ("file/p", B9_ERROR_IO,
                           "the PID file TOP/file/p cannot be written: TOP/file is no directory");
  expect_pid_file_refused (
      "directory", B9_ERROR_IO,
      "the PID file TOP/directory cannot be written: something that is no plain file stands there");
}
END_TEST

int
main (void)
{
  TCase *launch = run_case ("launch");

  tcase_add_test (launch, creates_a_container);
  tcase_add_loop_test (launch, a_failed_create_leaves_nothing, 0, G_N_ELEMENTS (failures));
  tcase_add_loop_test (launch, a_failed_detached_run_leaves_nothing, 0, G_N_ELEMENTS (failures));
  tcase_add_test (launch, a_pid_file_that_cannot_be_written_leaves_nothing);
  tcase_add_loop_test (launch, run_returns_the_status_and_leaves_nothing, 0, G_N_ELEMENTS (ends));
  tcase_add_test (launch, a_runtime_that_fails_is_no_container_that_ended);
  tcase_add_test (launch, a_kept_container_stays_with_its_status);
  tcase_add_test (launch, what_cannot_be_deleted_keeps_nothing_of_ours);
  tcase_add_test (launch, looks_at_the_place_of_the_pid_file_first);
  return run_cases ("launch", (TCase *[]){launch, NULL});
}
