/* SPDX-License-Identifier: Apache-2.0
 *
 * test-bundle-command.c: which commands are refused before a container is made, in which words, and where
 * b9run holds its tongue.  Refusals need openat2(2), Linux 5.6.
 */
#include "config.h"

#include "core/container/bundle-command.h"
#include "tests/directory-testing.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define START "unable to start container process: exec: "
#define ROOT "\"root\":{\"path\":\"rootfs\"}"
#define PATH_IS_BIN "[\"A=b\",\"PATH=/bin\"]"

static void
put_program (const char *name, int mode)
{
  g_autofree char *path = at_top (name);

  put_file (name, "");
  ck_assert_int_eq (chmod (path, (mode_t)mode), 0);
}

static void
put_link (const char *name, const char *target)
{
  g_autofree char *path = at_top (name);

  ck_assert_int_eq (symlink (target, path), 0);
}

static void
make_rootfs (void)
{
  make_top ();
  make_directory ("outside");
  make_directory ("rootfs/bin");
  make_directory ("rootfs/data");
  make_directory ("rootfs/usr/lib");
  put_program ("outside/program", 0755);
  put_program ("rootfs/bin/program", 0755);
  put_program ("rootfs/bin/plain", 0644);
  put_program ("rootfs/usr/lib/deep", 0711);
}

static gboolean
check_config (const char *config, GError **error)
{
  g_autoptr (B9Bundle) bundle = NULL;

  put_file ("config.json", config);
  bundle = b9_bundle_open (top, NULL);
  ck_assert_ptr_nonnull (bundle);
  return b9_bundle_check_command (bundle, error);
}

static void
expect_silence_at (const char *config)
{
  g_autoptr (GError) error = NULL;

  ck_assert_msg (check_config (config, &error), "%s: %s", config, error != NULL ? error->message : "");
  ck_assert_ptr_null (error);
}

static void
expect_refusal_at (const char *config, const char *message)
{
  g_autoptr (GError) error = NULL;

  ck_assert_msg (!check_config (config, &error), "%s", config);
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
}

/* @command and @environment are JSON; @more is "" or begins with a comma. */
static char *
config_of (const char *command, const char *environment, const char *more)
{
  return g_strdup_printf ("{" ROOT ",\"process\":{\"args\":[%s,\"x\"],\"cwd\":\"/usr\",\"env\":%s}%s}",
                          command, environment, more);
}

static void
expect_silence (const char *command, const char *environment, const char *more)
{
  g_autofree char *config = config_of (command, environment, more);

  expect_silence_at (config);
}

static void
expect_refusal (const char *command, const char *environment, const char *more, const char *message)
{
  g_autofree char *config = config_of (command, environment, more);

  expect_refusal_at (config, message);
}

START_TEST (says_nothing_of_a_command_that_is_there)
{
  expect_silence ("\"/bin/program\"", "[]", "");
  expect_silence ("\"program\"", PATH_IS_BIN, "");
  expect_silence ("\"/usr/lib/deep\"", "[]", "");
  expect_silence ("\"//bin/../bin/./program\"", "[]", "");
  expect_silence ("\"/../../bin/program\"", "[]", "");
}
END_TEST

START_TEST (refuses_a_missing_path)
{
  expect_refusal ("\"/no\"", "[]", "", START "\"/no\": stat /no: no such file or directory");
  expect_refusal ("\"/no/where\"", "[]", "",
                  START "\"/no/where\": stat /no/where: no such file or directory");
  expect_refusal ("\"//bin//../no\"", "[]", "",
                  START "\"//bin//../no\": stat //bin//../no: no such file or directory");
  expect_refusal ("\"/bin/program/x\"", "[]", "",
                  START "\"/bin/program/x\": stat /bin/program/x: not a directory");
}
END_TEST

START_TEST (refuses_what_nobody_may_execute)
{
  expect_refusal ("\"/bin/plain\"", "[]", "", START "\"/bin/plain\": permission denied");
  expect_refusal ("\"/usr\"", "[]", "", START "\"/usr\": permission denied");
}
END_TEST

START_TEST (refuses_a_name_that_is_not_in_path)
{
  expect_refusal ("\"no\"", PATH_IS_BIN, "", START "\"no\": executable file not found in $PATH");
  expect_refusal ("\"plain\"", PATH_IS_BIN, "", START "\"plain\": executable file not found in $PATH");
  expect_refusal ("\"lib\"", "[\"PATH=/usr\"]", "", START "\"lib\": executable file not found in $PATH");
  expect_refusal ("\"\"", PATH_IS_BIN, "", START "\"\": executable file not found in $PATH");
  expect_refusal ("\"a\\\"b\\nc\"", PATH_IS_BIN, "",
                  START "\"a\\\"b\\nc\": executable file not found in $PATH");
}
END_TEST

START_TEST (searches_path_as_the_container_does)
{
  expect_silence ("\"deep\"", "[\"PATH=/no:/bin/plain:/usr/lib\"]", "");
  expect_silence ("\"deep\"", "[\"PATH=/bin\",\"PATH=/usr/lib\"]", "");
  expect_refusal ("\"deep\"", "[\"PATH=/usr/lib\",\"PATH=/bin\"]", "",
                  START "\"deep\": executable file not found in $PATH");
  expect_refusal ("\"program\"", "[]", "", START "\"program\": executable file not found in $PATH");
  expect_refusal ("\"program\"", "null", "", START "\"program\": executable file not found in $PATH");
  expect_refusal ("\"program\"", "[\"PATH=\"]", "", START "\"program\": executable file not found in $PATH");
  expect_refusal ("\"program\"", "[\"MYPATH=/bin\",\"path=/bin\"]", "",
                  START "\"program\": executable file not found in $PATH");
}
END_TEST

START_TEST (takes_relative_paths_from_the_working_directory)
{
  expect_silence ("\"lib/deep\"", "[]", "");
  expect_silence ("\"./lib/deep\"", "[]", "");
  expect_silence ("\"deep\"", "[\"PATH=lib\"]", "");
  expect_refusal ("\"./deep\"", "[]", "", START "\"./deep\": stat ./deep: no such file or directory");
  expect_refusal ("\"bin/program\"", "[]", "",
                  START "\"bin/program\": stat bin/program: no such file or directory");
  expect_refusal ("\"deep\"", "[\"PATH=:/bin\"]", "", START "\"deep\": executable file not found in $PATH");
  /* runsc takes ".." out before it looks. */
  expect_silence ("\"../no\"", "[]", "");
  expect_silence ("\"no\"", "[\"PATH=../no\"]", "");
}
END_TEST

START_TEST (needs_a_working_directory_for_relative_paths)
{
  expect_silence_at ("{" ROOT ",\"process\":{\"args\":[\"./no\"]}}");
  expect_silence_at ("{" ROOT ",\"process\":{\"args\":[\"./no\"],\"cwd\":\"usr\"}}");
  expect_silence_at ("{" ROOT ",\"process\":{\"args\":[\"./no\"],\"cwd\":\"/usr/..\"}}");
  expect_silence_at ("{" ROOT ",\"process\":{\"args\":[\"./no\"],\"cwd\":7}}");
}
END_TEST

START_TEST (follows_links_within_the_root_file_system)
{
  put_link ("rootfs/bin/absolute", "/usr/lib/deep");
  put_link ("rootfs/bin/relative", "../usr/lib/deep");
  put_link ("rootfs/bin/upwards", "../../../../../../usr/lib/deep");
  put_link ("rootfs/bin/chain", "absolute");
  put_link ("rootfs/sbin", "bin");
  expect_silence ("\"absolute\"", PATH_IS_BIN, "");
  expect_silence ("\"/bin/relative\"", "[]", "");
  expect_silence ("\"/bin/upwards\"", "[]", "");
  expect_silence ("\"/sbin/chain\"", "[]", "");
  expect_refusal ("\"/sbin/no\"", "[]", "", START "\"/sbin/no\": stat /sbin/no: no such file or directory");
}
END_TEST

START_TEST (finds_nothing_outside_the_root_file_system)
{
  g_autofree char *program = at_top ("outside/program");

  put_link ("rootfs/bin/absolute", program);
  put_link ("rootfs/bin/relative", "../../outside/program");
  put_link ("rootfs/out", "../outside");
  expect_refusal ("\"absolute\"", PATH_IS_BIN, "", START "\"absolute\": executable file not found in $PATH");
  expect_refusal ("\"/bin/relative\"", "[]", "",
                  START "\"/bin/relative\": stat /bin/relative: no such file or directory");
  expect_refusal ("\"/out/program\"", "[]", "",
                  START "\"/out/program\": stat /out/program: no such file or directory");
  expect_refusal ("\"/../outside/program\"", "[]", "",
                  START "\"/../outside/program\": stat /../outside/program: no such file or directory");
}
END_TEST

START_TEST (says_nothing_of_links_in_a_circle)
{
  put_link ("rootfs/bin/circle", "circle");
  expect_silence ("\"/bin/circle\"", "[]", "");
}
END_TEST

#define MOUNT(members) ",\"mounts\":[{\"destination\":\"/else\"},{" members "}]"

START_TEST (says_nothing_of_what_a_mount_may_hold)
{
  expect_silence ("\"/data/no\"", "[]", MOUNT ("\"destination\":\"/data\""));
  expect_silence ("\"/data/a/b/no\"", "[]", MOUNT ("\"destination\":\"/data/a\""));
  expect_silence ("\"/data/no\"", "[]", MOUNT ("\"destination\":\"/data/no\""));
  expect_silence ("\"/data/no\"", "[]", MOUNT ("\"destination\":\"data//\""));
  expect_silence ("\"no\"", "[\"PATH=/bin:/data\"]", MOUNT ("\"destination\":\"/data\""));
  expect_silence ("\"/bin/plain\"", "[]", MOUNT ("\"destination\":\"/bin/plain\""));
  expect_silence ("\"/no\"", "[]", MOUNT ("\"destination\":\"/\""));
  expect_silence ("\"lib/no\"", "[]", MOUNT ("\"destination\":\"/usr\""));
  expect_refusal ("\"/data/no\"", "[]", MOUNT ("\"destination\":\"/dat\""),
                  START "\"/data/no\": stat /data/no: no such file or directory");
  expect_refusal ("\"/data/no\"", "[]", MOUNT ("\"destination\":\"/data/no/x\""),
                  START "\"/data/no\": stat /data/no: no such file or directory");
}
END_TEST

START_TEST (says_nothing_of_links_into_a_mount)
{
  put_link ("rootfs/bin/into", "/data/no");
  put_link ("rootfs/bin/through", "/data/../bin/no");
  put_link ("rootfs/bin/twice", "into");
  expect_silence ("\"into\"", PATH_IS_BIN, MOUNT ("\"destination\":\"/data\""));
  expect_silence ("\"/bin/through\"", "[]", MOUNT ("\"destination\":\"/data\""));
  expect_silence ("\"/bin/twice\"", "[]", MOUNT ("\"destination\":\"/data\""));
}
END_TEST

START_TEST (knows_where_a_mount_really_is)
{
  put_link ("rootfs/link", "data");
  expect_silence ("\"/data/no\"", "[]", MOUNT ("\"destination\":\"/link\""));
  expect_silence ("\"/data/a/no\"", "[]", MOUNT ("\"destination\":\"/link/a\""));
  expect_silence ("\"/link/no\"", "[]", MOUNT ("\"destination\":\"/data\""));
}
END_TEST

/* What is bound at /else may hold a link to anywhere, and a file system made anew does not. */
START_TEST (says_nothing_where_a_mount_is_within_another)
{
  expect_silence ("\"/bin/no\"", "[]", MOUNT ("\"destination\":\"/else/a\""));
  expect_silence ("\"/no\"", "[]",
                  ",\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"tmpcopyup\"]},"
                  "{\"destination\":\"/a/b\"}]");
  expect_refusal ("\"/no\"", "[]",
                  ",\"mounts\":[{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"options\":[\"nosuid\"]},"
                  "{\"destination\":\"/dev/shm\",\"type\":\"bind\",\"options\":[\"bind\"]}]",
                  START "\"/no\": stat /no: no such file or directory");
}
END_TEST

START_TEST (says_nothing_of_file_systems_that_a_runtime_adds)
{
  expect_silence ("\"/proc/self/exe\"", "[]", "");
  expect_silence ("\"/dev/no\"", "[]", "");
  expect_silence ("\"/sys/no\"", "[]", "");
}
END_TEST

START_TEST (says_nothing_where_a_hook_may_bring_the_command)
{
  const char *refused = START "\"no\": executable file not found in $PATH";

  expect_silence ("\"no\"", PATH_IS_BIN, ",\"hooks\":{\"prestart\":[{\"path\":\"/x\"}]}");
  expect_silence ("\"no\"", PATH_IS_BIN, ",\"hooks\":{\"createRuntime\":[{\"path\":\"/x\"}]}");
  expect_silence ("\"no\"", PATH_IS_BIN, ",\"hooks\":{\"createContainer\":[{\"path\":\"/x\"}]}");
  expect_silence ("\"no\"", PATH_IS_BIN, ",\"hooks\":{\"startContainer\":[{\"path\":\"/x\"}]}");
  expect_refusal ("\"no\"", PATH_IS_BIN, ",\"hooks\":{\"prestart\":[],\"poststop\":[{\"path\":\"/x\"}]}",
                  refused);
  expect_refusal ("\"no\"", PATH_IS_BIN, ",\"hooks\":null", refused);
}
END_TEST

START_TEST (says_nothing_where_an_annotation_changes_the_root)
{
  expect_silence ("\"/no\"", "[]", ",\"annotations\":{\"dev.gvisor.spec.rootfs.type\":\"erofs\"}");
  expect_refusal ("\"/no\"", "[]", ",\"annotations\":{\"a\":\"rootfs\"}",
                  START "\"/no\": stat /no: no such file or directory");
}
END_TEST

static void
expect_rootfs (const char *path, const char *more, const char *reason)
{
  g_autofree char *config = g_strdup_printf (
      "{\"root\":{\"path\":\"%s\"},\"process\":{\"args\":[\"/no\"]}%s}", path, more);
  g_autofree char *message = g_strdup_printf ("invalid rootfs: stat %s/%s: %s", top, path,
                                              reason != NULL ? reason : "");
  g_autoptr (GError) error = NULL;

  if (reason == NULL) {
    expect_silence_at (config);
    return;
  }
  ck_assert_msg (!check_config (config, &error), "%s", config);
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
}

/* runsc says "waiting for sandbox to start: EOF". */
START_TEST (refuses_a_root_file_system_that_is_not_there)
{
  expect_rootfs ("nowhere", "", "no such file or directory");
  expect_rootfs ("config.json", "", "not a directory");
  expect_rootfs ("config.json/a", "", "not a directory");
  expect_rootfs ("nowhere", ",\"hooks\":{\"createRuntime\":[{\"path\":\"/x\"}]}", NULL);
  expect_rootfs ("nowhere", ",\"annotations\":{\"dev.gvisor.spec.rootfs.type\":\"erofs\"}", NULL);
}
END_TEST

START_TEST (refuses_a_spec_without_a_process_a_command_or_a_root)
{
  static const char no_process[] = "process property must not be empty: config.json has no process";
  static const char no_command[] = "args must not be empty: process.args of config.json has no command";

  expect_refusal_at ("{}", no_process);
  expect_refusal_at ("{" ROOT "}", no_process);
  expect_refusal_at ("{" ROOT ",\"process\":null}", no_process);
  expect_refusal_at ("{" ROOT ",\"process\":{}}", no_command);
  expect_refusal_at ("{" ROOT ",\"process\":{\"args\":[]}}", no_command);
  expect_refusal_at ("{" ROOT ",\"process\":{\"args\":null}}", no_command);
  expect_refusal_at ("{\"process\":{\"args\":[\"/no\"]}}",
                     "root must be specified: config.json has no root, and so no root.path");
}
END_TEST

START_TEST (leaves_wrong_types_to_the_runtime)
{
  static const char *const mores[] = {
      ",\"mounts\":{}",
      ",\"mounts\":[7]",
      ",\"mounts\":[{}]",
      ",\"mounts\":[{\"destination\":7}]",
      ",\"mounts\":[{\"destination\":\"/a\"}],\"Mounts\":[]",
      ",\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":7},{\"destination\":\"/a/b\"}]",
      ",\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[7]},{\"destination\":\"/a/b\"}]",
      ",\"hooks\":7",
      ",\"hooks\":{\"prestart\":{}}",
      ",\"annotations\":[7]",
      ",\"annotations\":[],\"Annotations\":[]",
      ",\"annotations\":{\"a\\u0000\":\"\"}",
      ",\"mounts\":[{\"destination\":\"/no/../a\"}]",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (mores); i++)
    expect_silence ("\"/no\"", "[]", mores[i]);
  expect_silence ("7", "[]", "");
  expect_silence ("[]", "[]", "");
  expect_silence ("\"a\\u0000b\"", "[]", "");
  expect_silence ("\"no\"", "7", "");
  expect_silence ("\"no\"", "[7]", "");
  expect_silence ("\"no\"", "[\"PATH=\\u0000\"]", "");
  expect_silence_at ("{" ROOT ",\"process\":{\"args\":{\"a\":\"/no\"}}}");
}
END_TEST

START_TEST (says_nothing_of_a_path_that_is_too_long)
{
  g_autofree char *name = g_strnfill (300, 'a');
  g_autofree char *command = g_strdup_printf ("\"/%s\"", name);

  expect_silence (command, "[]", "");
}
END_TEST

static gboolean
forbid_openat2 (void)
{
  struct sock_filter filter[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = G_N_ELEMENTS (filter), .filter = filter};

  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

START_TEST (says_nothing_where_the_kernel_is_too_old)
{
  g_autoptr (B9Bundle) bundle = NULL;
  int status;
  pid_t child;

  put_file ("config.json", "{" ROOT ",\"process\":{\"args\":[\"/no\"]}}");
  bundle = b9_bundle_open (top, NULL);
  ck_assert (!b9_bundle_check_command (bundle, NULL));
  child = fork ();
  if (child == 0)
    _exit (forbid_openat2 () && b9_bundle_check_command (bundle, NULL) ? 5 : 1);
  ck_assert_int_eq (waitpid (child, &status, 0), child);
  ck_assert (WIFEXITED (status));
  ck_assert_int_eq (WEXITSTATUS (status), 5);
}
END_TEST

static TCase *
rootfs_case (const char *name)
{
  TCase *test_case = tcase_create (name);

  tcase_add_checked_fixture (test_case, make_rootfs, remove_top);
  return test_case;
}

int
main (void)
{
  TCase *found = rootfs_case ("found and refused");
  TCase *links = rootfs_case ("links");
  TCase *uncertain = rootfs_case ("uncertain");
  TCase *const cases[] = {found, links, uncertain, NULL};

  tcase_add_test (found, says_nothing_of_a_command_that_is_there);
  tcase_add_test (found, refuses_a_missing_path);
  tcase_add_test (found, refuses_what_nobody_may_execute);
  tcase_add_test (found, refuses_a_name_that_is_not_in_path);
  tcase_add_test (found, searches_path_as_the_container_does);
  tcase_add_test (found, takes_relative_paths_from_the_working_directory);
  tcase_add_test (found, needs_a_working_directory_for_relative_paths);
  tcase_add_test (found, refuses_a_root_file_system_that_is_not_there);
  tcase_add_test (links, follows_links_within_the_root_file_system);
  tcase_add_test (links, finds_nothing_outside_the_root_file_system);
  tcase_add_test (links, says_nothing_of_links_in_a_circle);
  tcase_add_test (links, says_nothing_of_links_into_a_mount);
  tcase_add_test (links, knows_where_a_mount_really_is);
  tcase_add_test (uncertain, says_nothing_of_what_a_mount_may_hold);
  tcase_add_test (uncertain, says_nothing_where_a_mount_is_within_another);
  tcase_add_test (uncertain, says_nothing_of_file_systems_that_a_runtime_adds);
  tcase_add_test (uncertain, says_nothing_where_a_hook_may_bring_the_command);
  tcase_add_test (uncertain, says_nothing_where_an_annotation_changes_the_root);
  tcase_add_test (uncertain, refuses_a_spec_without_a_process_a_command_or_a_root);
  tcase_add_test (uncertain, leaves_wrong_types_to_the_runtime);
  tcase_add_test (uncertain, says_nothing_of_a_path_that_is_too_long);
  tcase_add_test (uncertain, says_nothing_where_the_kernel_is_too_old);
  return run_cases ("bundle-command", cases);
}
