/* SPDX-License-Identifier: Apache-2.0
 *
 * test-runc-args.c: runc's command line for each operation, its ids, its state directory and its error texts.
 */
#include "config.h"

#include "plugins/backends/runc/runc-args.h"
#include "tests/backend-testing.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BASE TESTED_PROGRAM " --root=" TESTED_ROOT " "

static void
expect (const B9Request *request, const char *expected)
{
  expect_argv (runc_build_argv, request, expected);
}

/* --- command lines --- */

START_TEST (passes_the_bundle_before_the_id)
{
  const B9Request request = REQUEST (CREATE, .id = "c1", .bundle = "/b", .pid_file = "/p");

  expect (&request, BASE "create --bundle=/b --pid-file=/p c1");
}
END_TEST

START_TEST (passes_global_options_before_the_command)
{
  const B9Request request = REQUEST (START, .id = "c1", .log = "/l", .log_format = "json", .debug = TRUE,
                                     .systemd_cgroup = TRUE, .rootless = "auto",
                                     .flags = WORDS ("--criu=/c", "--x"));

  expect (&request,
          BASE "--log=/l --log-format=json --debug --systemd-cgroup --rootless=auto --criu=/c --x start c1");
}
END_TEST

START_TEST (leaves_out_a_log_format_without_a_log)
{
  const B9Request request = REQUEST (START, .id = "c1", .log_format = "json");

  expect (&request, BASE "start c1");
}
END_TEST

START_TEST (passes_each_option_of_create)
{
  const B9Request request = REQUEST (
      CREATE, .id = "c1", .bundle = "/b",
      .options = OPTIONS (OPTION ("console-socket", "/s"), OPTION ("no-pivot", "true"),
                          OPTION ("no-new-keyring", "true"), OPTION ("preserve-fds", "2")));

  expect (&request,
          BASE "create --bundle=/b --console-socket=/s --no-pivot --no-new-keyring --preserve-fds=2 c1");
}
END_TEST

START_TEST (passes_each_option_of_run)
{
  const B9Request request = REQUEST (RUN, .id = "c1", .bundle = "/b", .pid_file = "/p",
                                     .options = OPTIONS (OPTION ("detach", "true"), OPTION ("keep", "true"),
                                                         OPTION ("no-subreaper", "true")));

  expect (&request, BASE "run --bundle=/b --pid-file=/p --detach --keep --no-subreaper c1");
}
END_TEST

START_TEST (passes_the_command_of_exec_behind_the_id)
{
  const B9Request request = REQUEST (EXEC, .id = "c1", .pid_file = "/p",
                                     .options = OPTIONS (OPTION ("tty", "true"), OPTION ("env", "A=b"),
                                                         OPTION ("env", "-e"), OPTION ("user", "1:2")),
                                     .arguments = WORDS ("ls", "-l", "--all"));

  expect (&request, BASE "exec --pid-file=/p --tty --env=A=b --env=-e --user=1:2 c1 ls -l --all");
}
END_TEST

START_TEST (passes_the_process_file_of_exec)
{
  const B9Request request = REQUEST (
      EXEC, .id = "c1", .options = OPTIONS (OPTION ("process", "/j"), OPTION ("detach", "true")));

  expect (&request, BASE "exec --process=/j --detach c1");
}
END_TEST

START_TEST (leaves_out_a_switch_that_is_off)
{
  const B9Request request = REQUEST (RUN, .id = "c1", .options = OPTIONS (OPTION ("detach", "false")));

  expect (&request, BASE "run c1");
}
END_TEST

START_TEST (passes_the_signal_behind_the_id)
{
  const B9Request plain = REQUEST (KILL, .id = "c1", .arguments = WORDS ("SIGTERM"));
  const B9Request all = REQUEST (KILL, .id = "c1", .options = OPTIONS (OPTION ("all", "true")),
                                 .arguments = WORDS ("9"));

  expect (&plain, BASE "kill c1 SIGTERM");
  expect (&all, BASE "kill --all c1 9");
}
END_TEST

START_TEST (writes_the_other_commands)
{
  const B9Request delete = REQUEST (DELETE, .id = "c1", .options = OPTIONS (OPTION ("force", "true")));
  const B9Request list = REQUEST (LIST,
                                  .options = OPTIONS (OPTION ("format", "json"), OPTION ("quiet", "true")));
  const B9Request ps = REQUEST (PS, .id = "c1", .options = OPTIONS (OPTION ("format", "table")),
                                .arguments = WORDS ("-ef"));
  const B9Request update = REQUEST (
      UPDATE, .id = "c1", .options = OPTIONS (OPTION ("resources", "-"), OPTION ("memory-swap", "-1")));
  const B9Request spec = REQUEST (SPEC, .bundle = "/b", .options = OPTIONS (OPTION ("rootless", "true")));
  const B9Request state = REQUEST (STATE, .id = "c1");
  const B9Request pause = REQUEST (PAUSE, .id = "c1");
  const B9Request resume = REQUEST (RESUME, .id = "c1");
  const B9Request features = REQUEST (FEATURES);

  expect (&delete, BASE "delete --force c1");
  expect (&list, BASE "list --format=json --quiet");
  expect (&ps, BASE "ps --format=table c1 -ef");
  expect (&update, BASE "update --resources=- --memory-swap=-1 c1");
  expect (&spec, BASE "spec --bundle=/b --rootless");
  expect (&state, BASE "state c1");
  expect (&pause, BASE "pause c1");
  expect (&resume, BASE "resume c1");
  expect (&features, BASE "features");
}
END_TEST

START_TEST (asks_for_the_version_without_global_options)
{
  const B9Request request = REQUEST (VERSION, .debug = TRUE);

  expect (&request, TESTED_PROGRAM " --version");
}
END_TEST

START_TEST (clamps_an_interval_of_zero_only)
{
  static const char *const intervals[][2] = {
      {"0s", "100ms"},    {"0", "100ms"}, {"0h0m", "100ms"}, {"5s", "5s"},
      {"100ms", "100ms"}, {"-5s", "-5s"}, {"x", "x"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (intervals); i++) {
    g_autofree char *expected = g_strconcat (BASE "events --interval=", intervals[i][1], " c1", NULL);
    const B9Request request = REQUEST (EVENTS, .id = "c1",
                                       .options = OPTIONS (OPTION ("interval", intervals[i][0])));

    expect (&request, expected);
  }
}
END_TEST

START_TEST (refuses_an_unknown_operation)
{
  const B9Request request = {.struct_size = sizeof request, .operation = 99, .program = TESTED_PROGRAM};

  expect_refusal (runc_build_argv, &request, B9_ERROR_UNSUPPORTED,
                  "the runc plugin does not know operation 99");
  ck_assert_int_eq (runc_way (NULL, 99, NULL), B9_WAY_UNSUPPORTED);
}
END_TEST

START_TEST (hands_over_what_the_core_has_no_work_after)
{
  for (int operation = B9_OPERATION_CREATE; operation <= B9_OPERATION_VERSION; operation++) {
    gboolean child = operation == B9_OPERATION_CREATE || operation == B9_OPERATION_RUN ||
                     operation == B9_OPERATION_DELETE;

    ck_assert_int_eq (runc_way (NULL, (B9Operation)operation, NULL), child ? B9_WAY_CHILD : B9_WAY_HAND_OVER);
  }
}
END_TEST

/* --- ids --- */

static void
expect_bad_id (const char *id, const char *message)
{
  g_autoptr (GError) error = NULL;

  ck_assert (!runc_check_id (NULL, TESTED_ROOT, id, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
}

START_TEST (takes_ids_as_long_as_a_file_name)
{
  g_autofree char *longest = g_strnfill (255, 'x');
  g_autofree char *longer = g_strnfill (256, 'x');

  ck_assert (runc_check_id (NULL, TESTED_ROOT, longest, NULL));
  ck_assert (runc_check_id (NULL, TESTED_ROOT, "aZ0_+.-", NULL));
  ck_assert (runc_check_id (NULL, TESTED_ROOT, "..a", NULL));
  expect_bad_id (
      longer,
      "container id of 256 characters is too long: runc takes 255 at most, the length of a file name");
}
END_TEST

START_TEST (refuses_ids_that_runc_refuses)
{
  expect_bad_id ("", "container id cannot be empty");
  expect_bad_id ("a/b", "invalid container ID format: \"a/b\": runc takes letters, digits and _ + . - only");
  expect_bad_id ("..", "invalid container ID format: \"..\": runc takes letters, digits and _ + . - only");
  expect_bad_id (".", "invalid container ID format: \".\": runc takes letters, digits and _ + . - only");
  expect_bad_id ("a\303\251",
                 "invalid container ID format: \"a\303\251\": runc takes letters, digits and _ + . - only");
  expect_bad_id ("-x", "invalid container ID format: \"-x\" begins like an option of the command line");
}
END_TEST

/* --- the state directory --- */

static char *root;

static void
make_root (void)
{
  g_autofree char *container = NULL;
  g_autofree char *notify = NULL;

  root = g_dir_make_tmp ("b9run-runc-XXXXXX", NULL);
  container = g_build_filename (root, "c1", NULL);
  notify = g_build_filename (container, "notify", NULL);
  ck_assert_int_eq (g_mkdir_with_parents (notify, 0700), 0);
}

static void
remove_root (void)
{
  const B9Request request = {.struct_size = sizeof request, .root = root, .id = "c1"};
  g_auto (GStrv) paths = runc_leftovers (NULL, &request, NULL);

  for (guint i = 0; paths[i] != NULL; i++)
    ck_assert_msg (g_remove (paths[i]) == 0, "%s is not empty when its turn comes", paths[i]);
  ck_assert_int_eq (g_rmdir (root), 0);
  g_clear_pointer (&root, g_free);
}

static void
put (const char *name)
{
  g_autofree char *path = g_build_filename (root, name, NULL);

  ck_assert (g_file_set_contents (path, "", 0, NULL));
}

START_TEST (finds_a_container_by_its_state_file)
{
  ck_assert (!runc_find (NULL, root, "c1"));
  put ("c1/state.json");
  ck_assert (runc_find (NULL, root, "c1"));
  ck_assert (!runc_find (NULL, root, "c"));
  ck_assert (!runc_find (NULL, "/nonexistent", "c1"));
}
END_TEST

START_TEST (lists_leftovers_so_that_each_can_be_removed_in_turn)
{
  const B9Request request = {.struct_size = sizeof request, .root = root, .id = "c1"};
  g_autofree char *container = g_build_filename (root, "c1", NULL);
  g_auto (GStrv) paths = NULL;

  put ("c1/state.json");
  put ("c1/notify/notify.sock");
  paths = runc_leftovers (NULL, &request, "/rootfs");
  ck_assert_uint_eq (g_strv_length (paths), 4);
  ck_assert_str_eq (paths[3], container);
}
END_TEST

START_TEST (follows_no_link_out_of_the_state_directory)
{
  const B9Request request = {.struct_size = sizeof request, .root = root, .id = "c1"};
  g_autofree char *link = g_build_filename (root, "c1", "link", NULL);
  g_auto (GStrv) paths = NULL;

  ck_assert_int_eq (symlink ("/etc", link), 0);
  paths = runc_leftovers (NULL, &request, NULL);
  ck_assert_uint_eq (g_strv_length (paths), 3);
  ck_assert (g_strv_contains ((const char *const *)paths, link));
}
END_TEST

/* A runc that was killed while it restored has left the container's root file system mounted there. */
START_TEST (lists_nothing_of_the_root_file_system_that_criu_was_shown)
{
  const B9Request request = {.struct_size = sizeof request, .root = root, .id = "c1"};
  g_autofree char *shown = g_build_filename (root, "c1", "criu-root", NULL);
  g_autofree char *file = g_build_filename (shown, "init", NULL);
  g_auto (GStrv) paths = NULL;

  ck_assert_int_eq (g_mkdir (shown, 0700), 0);
  put ("c1/criu-root/init");
  paths = runc_leftovers (NULL, &request, NULL);
  ck_assert (g_strv_contains ((const char *const *)paths, shown));
  ck_assert (!g_strv_contains ((const char *const *)paths, file));
  ck_assert_int_eq (g_remove (file), 0);
}
END_TEST

START_TEST (names_the_directory_of_a_container_that_is_gone)
{
  const B9Request request = {.struct_size = sizeof request, .root = root, .id = "c2"};
  g_autofree char *container = g_build_filename (root, "c2", NULL);
  g_auto (GStrv) paths = runc_leftovers (NULL, &request, NULL);

  ck_assert_uint_eq (g_strv_length (paths), 1);
  ck_assert_str_eq (paths[0], container);
}
END_TEST

/* --- error texts --- */

START_TEST (knows_what_runc_says)
{
  static const struct {
    B9Operation operation;
    const char *said;
    int code;
    const char *message;
  } rows[] = {
      {B9_OPERATION_DELETE, "container does not exist", B9_ERROR_NOT_FOUND, "container does not exist"},
      {B9_OPERATION_EXEC, "exec failed: container does not exist", B9_ERROR_NOT_FOUND,
       "container does not exist"},
      {B9_OPERATION_CREATE, "runc create failed: container with given ID already exists", B9_ERROR_EXISTS,
       "container with given ID already exists"},
      {B9_OPERATION_KILL, "container not running", B9_ERROR_NOT_RUNNING, "container not running"},
      {B9_OPERATION_RESUME, "container not paused", B9_ERROR_WRONG_STATE, "container not paused"},
      {B9_OPERATION_START, "cannot start an already running container", B9_ERROR_WRONG_STATE,
       "cannot start an already running container"},
      {B9_OPERATION_START, "cannot start a container that has stopped", B9_ERROR_WRONG_STATE,
       "cannot start a container that has stopped"},
      {B9_OPERATION_EXEC, "exec failed: cannot exec in a stopped container", B9_ERROR_WRONG_STATE,
       "cannot exec in a stopped container"},
      {B9_OPERATION_EXEC, "exec failed: cannot exec in a paused container (use --ignore-paused to override)",
       B9_ERROR_WRONG_STATE, "cannot exec in a paused container (use --ignore-paused to override)"},
      {B9_OPERATION_DELETE, "cannot delete container c1 that is not stopped: running", B9_ERROR_WRONG_STATE,
       "cannot delete container c1 that is not stopped: running"},
      {B9_OPERATION_CREATE, "runc create failed: unable to start container process: exec: \"/x\"",
       B9_ERROR_BACKEND_FAILED, "runc create failed: unable to start container process: exec: \"/x\""},
      {B9_OPERATION_CREATE, "", B9_ERROR_BACKEND_FAILED, "runc failed with exit status 128 and said nothing"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    expect_meaning (runc_explain_failure, rows[i].operation, rows[i].said, rows[i].code, rows[i].message);
}
END_TEST

static TCase *
argv_case (void)
{
  TCase *tcase = tcase_create ("argv");

  tcase_add_test (tcase, passes_the_bundle_before_the_id);
  tcase_add_test (tcase, passes_global_options_before_the_command);
  tcase_add_test (tcase, leaves_out_a_log_format_without_a_log);
  tcase_add_test (tcase, passes_each_option_of_create);
  tcase_add_test (tcase, passes_each_option_of_run);
  tcase_add_test (tcase, passes_the_command_of_exec_behind_the_id);
  tcase_add_test (tcase, passes_the_process_file_of_exec);
  tcase_add_test (tcase, leaves_out_a_switch_that_is_off);
  tcase_add_test (tcase, passes_the_signal_behind_the_id);
  tcase_add_test (tcase, writes_the_other_commands);
  tcase_add_test (tcase, asks_for_the_version_without_global_options);
  tcase_add_test (tcase, clamps_an_interval_of_zero_only);
  tcase_add_test (tcase, refuses_an_unknown_operation);
  tcase_add_test (tcase, hands_over_what_the_core_has_no_work_after);
  return tcase;
}

static TCase *
state_case (void)
{
  TCase *tcase = tcase_create ("state");

  tcase_add_checked_fixture (tcase, make_root, remove_root);
  tcase_add_test (tcase, finds_a_container_by_its_state_file);
  tcase_add_test (tcase, lists_nothing_of_the_root_file_system_that_criu_was_shown);
  tcase_add_test (tcase, lists_leftovers_so_that_each_can_be_removed_in_turn);
  tcase_add_test (tcase, follows_no_link_out_of_the_state_directory);
  tcase_add_test (tcase, names_the_directory_of_a_container_that_is_gone);
  return tcase;
}

static TCase *
text_case (void)
{
  TCase *tcase = tcase_create ("ids and errors");

  tcase_add_test (tcase, takes_ids_as_long_as_a_file_name);
  tcase_add_test (tcase, refuses_ids_that_runc_refuses);
  tcase_add_test (tcase, knows_what_runc_says);
  return tcase;
}

int
main (void)
{
  TCase *const cases[] = {argv_case (), state_case (), text_case (), NULL};

  return run_cases ("runc-args", cases);
}
