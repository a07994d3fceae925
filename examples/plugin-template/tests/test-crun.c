/* SPDX-License-Identifier: Apache-2.0
 *
 * test-crun.c: what crun is told, word by word, and what its answers are taken for.  Needs no crun.
 */
#include "config.h"

#include "crun-args.h"
#include "crun-errors.h"

#define OPTION(option_name, option_value) \
  (&(const B9RequestOption){              \
      .struct_size = sizeof (B9RequestOption), .name = (option_name), .value = (option_value)})
#define OPTIONS(...) ((const B9RequestOption *const[]){__VA_ARGS__, NULL})
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define REQUEST(what) \
  .struct_size = sizeof (B9Request), .operation = (what), .program = "/usr/bin/crun", .root = "/run/crun"

static void
assert_argv (const B9Request *request, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = crun_build_argv (NULL, request, &error);
  g_autofree char *line = NULL;

  g_assert_no_error (error);
  line = g_strjoinv (" ", argv);
  g_assert_cmpstr (line, ==, expected);
}

static void
assert_unsupported (const B9Request *request, const char *expected)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (crun_build_argv (NULL, request, &error));
  g_assert_error (error, B9_ERROR, (int)B9_ERROR_UNSUPPORTED);
  g_assert_cmpstr (error->message, ==, expected);
}

static void
writes_create_with_globals_first (void)
{
  B9Request request = {REQUEST (B9_OPERATION_CREATE),
                       .id = "c1",
                       .bundle = "/b",
                       .pid_file = "/p",
                       .log = "/l",
                       .log_format = "json",
                       .systemd_cgroup = TRUE,
                       .flags = WORDS ("--cgroup-manager=disabled"),
                       .options = OPTIONS (OPTION ("no-pivot", "true"), OPTION ("no-new-keyring", "false"),
                                           OPTION ("preserve-fds", "2"))};

  assert_argv (&request,
               "/usr/bin/crun --root=/run/crun --log=/l --log-format=json --systemd-cgroup "
               "--cgroup-manager=disabled create --bundle=/b --pid-file=/p --no-pivot --preserve-fds=2 c1");
}

static void
leaves_the_arguments_of_exec_alone (void)
{
  B9Request request = {REQUEST (B9_OPERATION_EXEC), .id = "c1",
                       .options = OPTIONS (OPTION ("env", "A=b"), OPTION ("env", "C=d")),
                       .arguments = WORDS ("sh", "--", "-c", "true")};

  assert_argv (&request, "/usr/bin/crun --root=/run/crun exec --env=A=b --env=C=d c1 sh -- -c true");
}

static void
asks_for_the_version_without_globals (void)
{
  B9Request request = {REQUEST (B9_OPERATION_VERSION), .debug = TRUE};

  assert_argv (&request, "/usr/bin/crun --version");
}

static void
refuses_options_that_crun_has_not (void)
{
  B9Request run = {REQUEST (B9_OPERATION_RUN), .id = "c1", .options = OPTIONS (OPTION ("keep", "true"))};
  B9Request ps = {REQUEST (B9_OPERATION_PS), .id = "c1", .arguments = WORDS ("-ef")};
  B9Request events = {REQUEST (B9_OPERATION_EVENTS), .id = "c1"};

  assert_unsupported (&run, "crun run has no --keep; leave it out, or use another backend");
  assert_unsupported (&ps, "crun ps takes no options for ps(1); give --format=table or --format=json alone");
  assert_unsupported (&events, "crun has no operation 13");
  g_assert_cmpint (crun_way (NULL, B9_OPERATION_EVENTS, NULL), ==, B9_WAY_UNSUPPORTED);
}

static void
knows_what_crun_means (void)
{
  static const struct {
    guint32 operation;
    int status;
    const char *message;
    B9Error code;
    const char *words;
  } cases[] = {
      {B9_OPERATION_STATE, 1, "error opening file `/run/crun/c1/status`: No such file or directory",
       B9_ERROR_NOT_FOUND, NULL},
      {B9_OPERATION_CREATE, 1, "container `c1` already exists", B9_ERROR_EXISTS, NULL},
      {B9_OPERATION_KILL, 1, "kill container: No such process", B9_ERROR_NOT_RUNNING, NULL},
      {B9_OPERATION_EXEC, 1, "the container `c1` is not running", B9_ERROR_NOT_RUNNING, NULL},
      {B9_OPERATION_EXEC, 1, "setns(pid=29341, CLONE_NEWUSER): No such process", B9_ERROR_NOT_RUNNING, NULL},
      {B9_OPERATION_EXEC, 1, "the container `c1` is paused", B9_ERROR_WRONG_STATE,
       "cannot exec in a paused container; resume it first"},
      {B9_OPERATION_START, 1, "cannot open `/run/crun/c1/exec.fifo`: No such file or directory",
       B9_ERROR_WRONG_STATE, "cannot start a container that was started already"},
      {B9_OPERATION_DELETE, 1, "the container `c1` is not in `created` or `stopped` state",
       B9_ERROR_WRONG_STATE,
       "cannot delete a container that is not stopped; stop it first, or use delete --force"},
      {B9_OPERATION_PS, 139, "crun was killed by signal 11", B9_ERROR_NOT_RUNNING, "container not running"},
      {B9_OPERATION_RUN, 1, "unknown version specified", B9_ERROR_BACKEND_FAILED,
       "unknown version specified (this crun does not know the ociVersion of config.json; set it to 1.0.2, "
       "or install a newer "
       "crun)"},
      {B9_OPERATION_RUN, 1, "executable file `/nope` not found in $PATH: No such file or directory",
       B9_ERROR_BACKEND_FAILED, NULL},
      {B9_OPERATION_START, 3, "", B9_ERROR_BACKEND_FAILED,
       "crun failed with exit status 3 and said nothing; try again with --debug"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    B9Request request = {REQUEST (cases[i].operation), .id = "c1"};
    g_autoptr (GError) error = NULL;

    crun_explain_failure (NULL, &request, cases[i].status, cases[i].message, &error);
    g_assert_error (error, B9_ERROR, (int)cases[i].code);
    g_assert_cmpstr (error->message, ==, cases[i].words != NULL ? cases[i].words : cases[i].message);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/crun/writes-create-with-globals-first", writes_create_with_globals_first);
  g_test_add_func ("/crun/leaves-the-arguments-of-exec-alone", leaves_the_arguments_of_exec_alone);
  g_test_add_func ("/crun/asks-for-the-version-without-globals", asks_for_the_version_without_globals);
  g_test_add_func ("/crun/refuses-options-that-crun-has-not", refuses_options_that_crun_has_not);
  g_test_add_func ("/crun/knows-what-crun-means", knows_what_crun_means);
  return g_test_run ();
}
