/* SPDX-License-Identifier: Apache-2.0
 *
 * cli-testing.h: calls of the built b9run with the fake runtime (tests/fakes/fake-runtime.c) in the place of
 * runc and runsc.
 *
 * Each test has a directory of its own with everything that b9run reads and writes; in what is compared it is
 * called TOP, and the parts that chance or a checksum made are called KEY.  Needs B9RUN, the path of b9run in
 * the build tree.
 */
#ifndef B9_CLI_TESTING_H
#define B9_CLI_TESTING_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/directory-testing.h"

static char *program;     /* b9run */
static GArray *stand_ins; /* of pid_t: the processes of containers that b9run has not made */

/* What a call of b9run came to. */
typedef struct {
  int status; /* as a shell has it */
  char *output, *error;
} Result;

static inline void
result_clear (Result *result)
{
  g_clear_pointer (&result->output, g_free);
  g_clear_pointer (&result->error, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

static inline void
copy_file (const char *from, const char *to)
{
  g_autofree char *content = NULL;
  g_autofree char *path = at_top (to);
  gsize size;

  ck_assert_msg (g_file_get_contents (from, &content, &size, NULL), "%s is missing", from);
  ck_assert (g_file_set_contents (path, content, (gssize)size, NULL));
  ck_assert_int_eq (g_chmod (path, 0755), 0);
}

static inline void
replace_all (char **text, const char *pattern, const char *by)
{
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_RAW, 0, NULL);
  char *replaced = g_regex_replace (regex, *text, -1, 0, by, 0, NULL);

  ck_assert_ptr_nonnull (replaced);
  g_free (*text);
  *text = replaced;
}

/* Takes @text; what can be compared. */
static inline char *
steady (char *text)
{
  g_autofree char *pattern = g_regex_escape_string (top, -1);

  replace_all (&text, pattern, "TOP");
  replace_all (&text, "(containers/[^/ ]+)/[0-9a-f]{16}", "\\1/KEY");
  replace_all (&text, "exec-[0-9]+-[A-Za-z0-9]{6}", "exec-KEY");
  replace_all (&text, "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z", "NOW");
  return text;
}

/* Takes @text; the opposite, for what goes in. */
static inline char *
with_top (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "TOP", -1);

  return g_strjoinv (top, parts);
}

/* The files are written where containers may go on holding them. */
static inline void
open_as (const char *name, int flags, int fd)
{
  g_autofree char *path = at_top (name);
  int opened = open (path, flags, 0644);

  if (opened < 0 || dup2 (opened, fd) < 0)
    _exit (96);
}

static inline pid_t
start_b9run (const char *name, char **words)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  pid_t pid;

  g_ptr_array_add (argv, (gpointer)name);
  for (guint i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, words[i]);
  g_ptr_array_add (argv, NULL);
  pid = fork ();
  if (pid == 0) {
    open_as ("input", O_RDONLY | O_CREAT, STDIN_FILENO);
    open_as ("output", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDOUT_FILENO);
    open_as ("error", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDERR_FILENO);
    execv (name, (char **)argv->pdata);
    _exit (97);
  }
  return pid;
}

static inline Result
finish_b9run (pid_t pid)
{
  Result result = {0};
  int status;

  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  result.status = WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
  result.output = steady (get_file ("output"));
  result.error = steady (get_file ("error"));
  return result;
}

/* @line: a command line as a shell has it, with TOP; @name: what b9run is called. */
static inline pid_t
start_as (const char *name, const char *line)
{
  g_autofree char *whole = with_top (line);
  g_auto (GStrv) words = NULL;

  if (*line != '\0')
    ck_assert_msg (g_shell_parse_argv (whole, NULL, &words, NULL), "%s", line);
  return start_b9run (name, words != NULL ? words : (char *[]){NULL});
}

static inline Result
call (const char *line)
{
  return finish_b9run (start_as (program, line));
}

/* With --config, which every test but those of the configuration itself needs. */
static inline Result
b9run (const char *line)
{
  g_autofree char *whole = g_strconcat ("--config TOP/b9run.yaml ", line, NULL);

  return call (whole);
}

static inline void
expect_result (const Result *result, int status, const char *output, const char *error)
{
  ck_assert_str_eq (result->error, error);
  ck_assert_str_eq (result->output, output);
  ck_assert_int_eq (result->status, status);
}

static inline void
expect (const char *line, int status, const char *output, const char *error)
{
  g_auto (Result) result = b9run (line);

  expect_result (&result, status, output, error);
}

/* What the fake was given since the last look, one call a line. */
static inline char *
take_argv (void)
{
  char *recorded = steady (get_file ("argv"));

  put_file ("argv", "");
  return recorded;
}

static inline void
expect_argv (const char *expected)
{
  g_autofree char *recorded = take_argv ();

  ck_assert_str_eq (recorded, expected);
}

/* Lets b9run ask the fakes what they can, so that what follows asks them nothing. */
static inline void
ask_before (void)
{
  g_auto (Result) result = b9run ("capabilities");

  ck_assert_msg (result.status == 0, "%s", result.error);
  put_file ("argv", "");
}

static inline pid_t
start_stand_in (void)
{
  pid_t pid = fork ();

  if (pid == 0) {
    signal (SIGTERM, SIG_DFL); /* Check has a handler that ends the whole group */
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
      pause ();
  }
  g_array_append_val (stand_ins, pid);
  return pid;
}

static inline void
end_stand_ins (void)
{
  for (guint i = 0; i < stand_ins->len; i++) {
    kill (g_array_index (stand_ins, pid_t, i), SIGKILL);
    waitpid (g_array_index (stand_ins, pid_t, i), NULL, 0);
  }
  g_clear_pointer (&stand_ins, g_array_unref);
}

/* A container of the fake that b9run has not made. */
static inline void
put_container (const char *backend, const char *root, const char *id, const char *status)
{
  gboolean is_runc = strcmp (backend, "runc") == 0;
  g_autofree char *directory = is_runc ? g_strdup_printf ("%s/%s", root, id) : g_strdup (root);
  g_autofree char *name = is_runc ? g_strdup_printf ("%s/state.json", directory)
                                  : g_strdup_printf ("%s/%s_sandbox:%s.state", root, id, id);
  g_autofree char *content = g_strdup_printf ("%d %s\n", (int)start_stand_in (), status);

  make_directory (directory);
  put_file (name, content);
}

static inline gboolean
state_is_empty (const char *root)
{
  g_autofree char *path = at_top (root);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);

  return directory == NULL || g_dir_read_name (directory) == NULL;
}

/* Nothing of any container, neither in b9run's state nor in a runtime's. */
static inline void
expect_nothing_left (void)
{
  ck_assert (state_is_empty ("state/containers"));
  ck_assert (state_is_empty ("runc"));
  ck_assert (state_is_empty ("runsc"));
}

#define A_BUNDLE                                                                                           \
  "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"terminal\":false,\"args\":[\"/" \
  "sh\"]}}"
#define A_CONFIG                                                     \
  "backends:\n  runc:\n    path: TOP/bin/runc\n    root: TOP/runc\n" \
  "  runsc:\n    path: TOP/bin/runsc\n    root: TOP/runsc\n    network: none\n"

static inline void
put_config (const char *text)
{
  g_autofree char *whole = with_top (text);

  put_file ("b9run.yaml", whole);
}

static inline void
set_environment (void)
{
  g_autofree char *modules = at_top ("libexec");
  g_autofree char *plugins = at_top ("plugins");
  g_autofree char *state = at_top ("state");
  g_autofree char *argv = at_top ("argv");
  g_autofree char *gate = at_top ("gate");
  g_autofree char *host = at_top ("host"); /* one on which systemd runs, and nothing else */

  make_directory ("host/run/systemd/system");
  g_setenv ("B9RUN_LIBEXEC_DIR", modules, TRUE);
  g_setenv ("B9RUN_PLUGIN_PATH", plugins, TRUE);
  /* Not the ones of an installation of this prefix. */
  g_setenv ("B9RUN_PLUGIN_DIR", plugins, TRUE);
  g_setenv ("B9RUN_STATE_DIR", state, TRUE);
  g_setenv ("B9_FAKE_ARGV", argv, TRUE);
  g_setenv ("B9_FAKE_GATE", gate, TRUE);
  g_setenv ("B9RUN_HOST_ROOT", host, TRUE);
  g_setenv ("PATH", "/nowhere", TRUE);
  g_unsetenv ("B9_FAKE");
  g_unsetenv ("B9_FAKE_CONTAINER");
  g_unsetenv ("B9_FAKE_EXIT");
  g_unsetenv ("B9RUN_CONFIG");
  g_unsetenv ("B9RUN_CONFIG_DIR");
  g_unsetenv ("XDG_RUNTIME_DIR");
}

static inline void
install_from_build (void)
{
  g_autofree char *build = g_path_get_dirname (program);
  g_autofree char *json = g_build_filename (build, ".libs/b9run-json.so", NULL);
  g_autofree char *yaml = g_build_filename (build, ".libs/b9run-yaml.so", NULL);
  g_autofree char *monitor = g_build_filename (build, "b9run-monitor", NULL);
  g_autofree char *runc = g_build_filename (build, ".libs/b9-backend-runc.so", NULL);
  g_autofree char *runsc = g_build_filename (build, ".libs/b9-backend-runsc.so", NULL);
  g_autofree char *fake = g_build_filename (build, "tests/fakes/fake-runtime", NULL);

  make_link (json, "libexec/b9run-json.so");
  make_link (yaml, "libexec/b9run-yaml.so");
  make_link (monitor, "libexec/b9run-monitor");
  make_link (fake, "bin/runc");
  make_link (fake, "bin/runsc");
  copy_file (runc, "plugins/b9-backend-runc.so");
  copy_file (runsc, "plugins/b9-backend-runsc.so");
}

static inline void
set_up_cli (void)
{
  static const char *const names[] = {"libexec", "plugins", "bin", "bundle"};
  g_autofree char *made = NULL;
  g_autofree char *sh = NULL;
  const char *built = g_getenv ("B9RUN");

  ck_assert_msg (built != NULL, "B9RUN has to name the built b9run");
  umask (022);
  stand_ins = g_array_new (FALSE, FALSE, sizeof (pid_t));
  program = realpath (built, NULL);
  ck_assert_ptr_nonnull (program);
  made = g_dir_make_tmp ("b9-cli-XXXXXX", NULL);
  ck_assert_ptr_nonnull (made);
  top = realpath (made, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    make_directory (names[i]);
  install_from_build ();
  set_environment ();
  put_file ("argv", "");
  put_file ("bundle/config.json", A_BUNDLE);
  make_directory ("bundle/rootfs");
  put_file ("bundle/rootfs/sh", "");
  sh = at_top ("bundle/rootfs/sh");
  ck_assert_int_eq (g_chmod (sh, 0755), 0);
  put_config (A_CONFIG);
}

/* The containers end when they miss the file of command lines. */
static inline void
tear_down_cli (void)
{
  const char *const argv[] = {"/bin/rm", "-rf", top, NULL};
  g_autofree char *witness = at_top ("argv");
  int status = -1;

  g_unlink (witness);
  end_stand_ins ();
  for (guint round = 0; round < 200 && status != 0; round++) {
    ck_assert (g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                             &status, NULL));
    if (status != 0)
      g_usleep (10000);
  }
  ck_assert_int_eq (status, 0);
  g_clear_pointer (&top, free);
  g_clear_pointer (&program, free);
}

static inline TCase *
cli_case (const char *name)
{
  TCase *test_case = tcase_create (name);

  tcase_add_checked_fixture (test_case, set_up_cli, tear_down_cli);
  tcase_set_timeout (test_case, 120);
  return test_case;
}

/* Waits for a file that a process is to write. */
static inline gboolean
appears (const char *name)
{
  for (guint round = 0; round < 2000; round++) {
    g_autofree char *content = get_file (name);

    if (*content != '\0')
      return TRUE;
    g_usleep (5000);
  }
  return FALSE;
}

#endif /* B9_CLI_TESTING_H */
