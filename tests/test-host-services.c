/* SPDX-License-Identifier: Apache-2.0
 *
 * test-host-services.c: what a provider may have done by its host: programs run within bounds, files read,
 * cells and findings taken, things kept for the next call.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>

#include "core/plugin/host.h"
#include "tests/directory-testing.h"

static B9Config *config;
static GString *seen; /* what the watch was told */
static B9HostWatch watch;
static B9HostData data;
static B9Host host;

static void
see_cell (gpointer user G_GNUC_UNUSED, const B9Cell *cell)
{
  g_string_append_printf (seen, "%s %u %s|%s|%s", cell->capability, cell->state, cell->evidence,
                          cell->reason != NULL ? cell->reason : "-",
                          cell->remedy != NULL ? cell->remedy : "-");
  for (guint i = 0; cell->needs != NULL && cell->needs[i] != NULL; i++)
    g_string_append_printf (seen, "|%s", cell->needs[i]);
  g_string_append_c (seen, '\n');
}

static void
see_finding (gpointer user G_GNUC_UNUSED, const B9Finding *finding)
{
  g_string_append_printf (seen, "%u %s %s|%s\n", finding->level, finding->id, finding->message,
                          finding->remedy != NULL ? finding->remedy : "-");
}

static void
see_file (gpointer user G_GNUC_UNUSED, const char *path)
{
  g_string_append_printf (seen, "file %s\n", path);
}

static void
see_program (gpointer user G_GNUC_UNUSED, const char *path)
{
  g_string_append_printf (seen, "program %s\n", path);
}

static void
see_search (gpointer user G_GNUC_UNUSED, const char *name, const char *found)
{
  g_string_append_printf (seen, "search %s %s\n", name, found != NULL ? found : "-");
}

static void
see_cut_off (gpointer user G_GNUC_UNUSED)
{
  g_string_append (seen, "cut off\n");
}

static void
open_host (void)
{
  make_top ();
  config = b9_config_built_in ();
  seen = g_string_new (NULL);
  watch = (B9HostWatch){NULL, see_cell, see_finding, see_file, see_program, see_search, see_cut_off};
  data = (B9HostData){.config = config, .section = "gpu.fake", .state_directory = top, .watch = &watch};
  b9_host_init (&host, &data);
}

static void
close_host (void)
{
  g_unsetenv ("B9RUN_HOST_ROOT");
  b9_config_free (config);
  g_string_free (seen, TRUE);
  remove_top ();
}

static gboolean
run_shell (const char *script, const char *const *environment, guint timeout_ms, gsize max_output,
           B9RunResult *result, GError **error)
{
  const char *const argv[] = {"/bin/sh", "-c", script, NULL};
  const B9Run run = {.struct_size = sizeof run,
                     .argv = argv,
                     .environment = environment,
                     .timeout_ms = timeout_ms,
                     .max_output = max_output};

  *result = (B9RunResult){.struct_size = sizeof *result};
  return host.run (&host, &run, result, error);
}

static void
clear_result (B9RunResult *result)
{
  g_free (result->output);
  g_free (result->error_output);
}

START_TEST (a_program_gives_both_streams_and_its_status)
{
  B9RunResult result;

  ck_assert (run_shell ("echo out; echo err >&2; exit 3", NULL, 0, 0, &result, NULL));
  ck_assert_int_eq (result.exit_status, 3);
  ck_assert_str_eq (result.output, "out\n");
  ck_assert_str_eq (result.error_output, "err\n");
  ck_assert_str_eq (seen->str, "program /bin/sh\n");
  clear_result (&result);
}
END_TEST

START_TEST (a_signal_is_128_and_its_number)
{
  B9RunResult result;

  ck_assert (run_shell ("kill -9 $$", NULL, 0, 0, &result, NULL));
  ck_assert_int_eq (result.exit_status, 137);
  ck_assert_str_eq (seen->str, "program /bin/sh\ncut off\n");
  clear_result (&result);
}
END_TEST

START_TEST (a_program_gets_no_input_and_no_descriptor_of_ours)
{
  B9RunResult result;
  int fd = open ("/", O_RDONLY); /* no O_CLOEXEC, as a client's may be */

  ck_assert (
      run_shell ("cat; for f in /proc/self/fd/*; do :; done; ls /proc/$$/fd", NULL, 0, 0, &result, NULL));
  ck_assert_str_eq (result.output, "0\n1\n2\n");
  close (fd);
  clear_result (&result);
}
END_TEST

START_TEST (the_environment_is_laid_over_ours)
{
  static const char *const over[] = {"B9_OURS=theirs", "B9_NEW=new", NULL};
  B9RunResult result;

  g_setenv ("B9_OURS", "ours", TRUE);
  g_setenv ("B9_KEPT", "kept", TRUE);
  g_setenv ("NOTIFY_SOCKET", "/nowhere", TRUE);
  ck_assert (run_shell ("echo $B9_OURS $B9_KEPT $B9_NEW ${NOTIFY_SOCKET-none}", over, 0, 0, &result, NULL));
  ck_assert_str_eq (result.output, "theirs kept new none\n");
  clear_result (&result);
}
END_TEST

START_TEST (a_program_without_a_path_gets_the_usual_one)
{
  B9RunResult result;

  g_unsetenv ("PATH");
  ck_assert (run_shell ("env | grep ^PATH=", NULL, 0, 0, &result, NULL));
  ck_assert_str_eq (result.output, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
  clear_result (&result);
}
END_TEST

START_TEST (what_takes_too_long_is_killed_with_its_group)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *script = g_strdup_printf ("sleep 1000 & echo $! >%s/pid; wait", top);
  g_autofree char *pid = NULL;
  B9RunResult result;

  ck_assert (!run_shell (script, NULL, 1500, 0, &result, &error));
  assert_failure (error, B9_ERROR_TIMEOUT, "/bin/sh did not end within 1.5 s and was killed");
  ck_assert_str_eq (seen->str, "program /bin/sh\ncut off\n");
  ck_assert_ptr_null (result.output);
  pid = get_file ("pid");
  ck_assert_int_gt (atoi (pid), 1);
  /* Its parent is dead too; whoever reaps it may take a moment. */
  for (guint i = 0; i < 500 && kill (atoi (pid), 0) == 0; i++) {
    g_autofree char *path = g_strdup_printf ("/proc/%d/stat", atoi (pid));
    g_autofree char *stat = NULL;

    if (!g_file_get_contents (path, &stat, NULL, NULL) || strstr (stat, ") Z ") != NULL)
      break;
    ck_assert_int_lt ((int)i, 499);
    g_usleep (10000);
  }
}
END_TEST

START_TEST (what_holds_the_pipe_after_the_end_is_not_waited_for)
{
  B9RunResult result;

  ck_assert (run_shell ("sleep 1000 & echo done", NULL, 50000, 0, &result, NULL));
  ck_assert_str_eq (result.output, "done\n");
  clear_result (&result);
}
END_TEST

START_TEST (output_beyond_the_bound_is_read_and_dropped)
{
  B9RunResult result;

  ck_assert (
      run_shell ("head -c 3000000 /dev/zero | tr '\\0' x; echo e >&2; exit 4", NULL, 0, 1000, &result, NULL));
  ck_assert_uint_eq (strlen (result.output), 1000);
  ck_assert_int_eq (result.exit_status, 4);
  ck_assert_str_eq (result.error_output, "e\n");
  clear_result (&result);
}
END_TEST

static gboolean
always (void)
{
  return TRUE;
}

START_TEST (a_cancelled_run_is_killed)
{
  g_autoptr (GError) error = NULL;
  B9RunResult result;

  ck_assert (!host.cancelled (&host));
  data.cancelled = always;
  ck_assert (host.cancelled (&host));
  ck_assert (!run_shell ("sleep 1000", NULL, 0, 0, &result, &error));
  assert_failure (error, B9_ERROR_FAILED, "/bin/sh was killed: the work was cancelled");
}
END_TEST

START_TEST (refuses_what_cannot_be_run)
{
  static const char *const argvs[][2] = {{"sh", NULL}, {"/no/such/program", NULL}};
  static const char *const messages[] = {"gpu.fake asks for a program without its absolute path",
                                         "cannot execute /no/such/program: it does not exist"};

  for (guint i = 0; i < G_N_ELEMENTS (argvs); i++) {
    const B9Run run = {.struct_size = sizeof run, .argv = argvs[i]};
    B9RunResult result = {.struct_size = sizeof result};
    g_autoptr (GError) error = NULL;

    ck_assert (!host.run (&host, &run, &result, &error));
    ck_assert_str_eq (error->message, messages[i]);
  }
}
END_TEST

START_TEST (an_older_plugins_run_has_bounds_too)
{
  static const char *const argv[] = {"/bin/sh", "-c", "echo old", NULL};
  const B9Run run = {.struct_size = G_STRUCT_OFFSET (B9Run, environment), .argv = argv, .timeout_ms = 1};
  B9RunResult result = {.struct_size = sizeof result};

  ck_assert (host.run (&host, &run, &result, NULL));
  ck_assert_str_eq (result.output, "old\n");
  clear_result (&result);
}
END_TEST

/* What `date +%N` says when it is called as @name, below the top. */
static char *
ask_date (const char *name, gboolean keep)
{
  g_autofree char *path = at_top (name);
  const char *const argv[] = {path, "+%N", NULL};
  const B9Run run = {.struct_size = sizeof run, .argv = argv, .keep = keep};
  B9RunResult result = {.struct_size = sizeof result};

  ck_assert (host.run (&host, &run, &result, NULL));
  ck_assert_int_eq (result.exit_status, 0);
  ck_assert_str_eq (result.error_output, "");
  g_free (result.error_output);
  return result.output;
}

static void
shell_at_top (const char *script)
{
  const char *const argv[] = {"/bin/sh", "-c", script, NULL};
  int status = -1;

  ck_assert (g_spawn_sync (top, (char **)argv, NULL, 0, NULL, NULL, NULL, NULL, &status, NULL));
  ck_assert_int_eq (status, 0);
}

START_TEST (an_answer_is_kept_for_as_long_as_the_program_is_the_same)
{
  shell_at_top ("cp /bin/date clock");
  g_autofree char *first = ask_date ("clock", TRUE);
  g_autofree char *kept = ask_date ("clock", TRUE);
  g_autofree char *asked = ask_date ("clock", FALSE);

  ck_assert_str_eq (first, kept);
  ck_assert_str_ne (first, asked);
  shell_at_top ("cp /bin/date new && mv new clock");
  g_autofree char *of_new = ask_date ("clock", TRUE);

  ck_assert_str_ne (first, of_new);
}
END_TEST

START_TEST (the_answer_of_a_script_is_never_kept)
{
  shell_at_top ("printf '#!/bin/sh\\nexec date \"$@\"\\n' >clock && chmod 755 clock");
  g_autofree char *first = ask_date ("clock", TRUE);
  g_autofree char *second = ask_date ("clock", TRUE);

  ck_assert_str_ne (first, second);
}
END_TEST

START_TEST (a_failure_is_not_kept)
{
  static const char *const argv[] = {"/bin/false", NULL};
  const B9Run run = {.struct_size = sizeof run, .argv = argv, .keep = TRUE};
  B9RunResult result = {.struct_size = sizeof result};

  ck_assert (host.run (&host, &run, &result, NULL));
  ck_assert_int_ne (result.exit_status, 0);
  clear_result (&result);
  ck_assert (!is_there ("cache"));
}
END_TEST

START_TEST (files_of_the_host_are_read_below_the_redirected_root)
{
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *place = at_top ("proc/version");
  gsize length = 0;

  make_directory ("proc");
  put_file ("proc/version", "fake\n");
  g_setenv ("B9RUN_HOST_ROOT", top, TRUE);
  text = host.read_file (&host, "/proc/version", 5, &length, NULL);
  ck_assert_str_eq (text, "fake\n");
  ck_assert_uint_eq (length, 5);
  path = host.path (&host, "/proc/version");
  ck_assert_str_eq (path, place);
  host.depends_on (&host, "/dev/nvidiactl");
  expected = g_strdup_printf ("file %s\nfile %s/dev/nvidiactl\n", place, top);
  ck_assert_str_eq (seen->str, expected);
}
END_TEST

START_TEST (a_file_of_proc_is_read_whatever_size_it_tells)
{
  g_autofree char *text = host.read_file (&host, "/proc/self/status", 65536, NULL, NULL);

  ck_assert_ptr_nonnull (text);
  ck_assert (g_str_has_prefix (text, "Name:"));
}
END_TEST

START_TEST (refuses_files_that_cannot_be_read)
{
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) large = NULL;
  g_autoptr (GError) fifo = NULL;
  g_autofree char *fifo_path = at_top ("fifo");

  put_file ("large", "12345");
  ck_assert_int_eq (mkfifo (fifo_path, 0600), 0);
  g_setenv ("B9RUN_HOST_ROOT", top, TRUE);
  ck_assert_ptr_null (host.read_file (&host, "/missing", 4, NULL, &missing));
  assert_failure_at_top (missing, B9_ERROR_NOT_FOUND, "TOP/missing does not exist");
  ck_assert_ptr_null (host.read_file (&host, "/large", 4, NULL, &large));
  assert_failure_at_top (large, B9_ERROR_IO, "TOP/large is larger than 4 bytes");
  ck_assert_ptr_null (host.read_file (&host, "/fifo", 4, NULL, &fifo));
  assert_failure_at_top (fifo, B9_ERROR_IO, "TOP/fifo is no regular file");
}
END_TEST

START_TEST (programs_are_found_in_path_then_in_the_usual_places)
{
  g_autofree char *own = at_top ("b9-tool");
  g_autofree char *found = NULL;
  g_autofree char *shell = NULL;
  g_autofree char *expected = g_strdup_printf (
      "search b9-tool %s/b9-tool\nsearch b9-missing -\nsearch ../sh -\n", top);

  put_file ("b9-tool", "#!/bin/sh\n");
  ck_assert_int_eq (g_chmod (own, 0755), 0);
  g_setenv ("PATH", top, TRUE);
  found = host.find_program (&host, "b9-tool");
  ck_assert_str_eq (found, own);
  ck_assert_ptr_null (host.find_program (&host, "b9-missing"));
  ck_assert_ptr_null (host.find_program (&host, "../sh"));
  ck_assert_str_eq (seen->str, expected);
  shell = host.find_program (&host, "sh");
  ck_assert (g_str_has_suffix (shell, "/sh"));
}
END_TEST

#define CELL(...)                                                                            \
  {                                                                                          \
    .struct_size = sizeof (B9Cell), .capability = "gpu.mig", .state = B9_CAPABILITY_UNKNOWN, \
    .evidence_kind = B9_EVIDENCE_PROBE, .evidence = "seen", .reason = "because", __VA_ARGS__ \
  }

#pragma GCC diagnostic ignored "-Woverride-init"
static const char *const good_needs[] = {"host:cgroup.memory", "checkpoint:checkpoint", NULL};
static const char *const bad_needs[] = {"moon:cheese", NULL};

static const struct {
  B9Cell cell;
  const char *seen; /* "" where it is passed over */
} cells[] = {
    {CELL (.remedy = "do", .needs = good_needs),
     "gpu.mig 3 seen|because|do|host:cgroup.memory|checkpoint:checkpoint\n"},
    {CELL (.state = B9_CAPABILITY_SUPPORTED), "gpu.mig 1 seen|-|-\n"},
    {CELL (.evidence = "two\nlines\t\x1b[31m\xff"), "gpu.mig 3 two lines  [31m\xef\xbf\xbd|because|-\n"},
    {CELL (.struct_size = G_STRUCT_OFFSET (B9Cell, needs), .needs = bad_needs), "gpu.mig 3 seen|because|-\n"},
    {CELL (.capability = "Gpu Mig"), ""},
    {CELL (.capability = NULL), ""},
    {CELL (.state = 0), ""},
    {CELL (.state = 5), ""},
    {CELL (.evidence_kind = 9), ""},
    {CELL (.evidence = NULL), ""},
    {CELL (.evidence = " \n"), ""},
    {CELL (.reason = NULL), ""},
    {CELL (.needs = bad_needs), ""},
    {CELL (.struct_size = sizeof (gsize)), ""},
};

START_TEST (takes_whole_cells_and_passes_over_the_others)
{
  host.report (&host, &cells[_i].cell);
  ck_assert_str_eq (seen->str, cells[_i].seen);
}
END_TEST

START_TEST (takes_whole_findings_and_passes_over_the_others)
{
  const B9Finding findings[] = {
      {.struct_size = sizeof (B9Finding), .level = B9_FINDING_OK, .id = "cdi.file", .message = "there"},
      {.struct_size = sizeof (B9Finding), .level = B9_FINDING_PROBLEM, .id = "cdi.file", .message = "none"},
      {.struct_size = sizeof (B9Finding),
       .level = B9_FINDING_PROBLEM,
       .id = "cdi.file",
       .message = "none",
       .remedy = "make one"},
      {.struct_size = sizeof (B9Finding), .level = 7, .id = "cdi.file", .message = "none"},
      {.struct_size = sizeof (B9Finding), .level = B9_FINDING_OK, .id = NULL, .message = "none"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (findings); i++)
    host.finding (&host, &findings[i]);
  ck_assert_str_eq (seen->str, "1 cdi.file there|-\n3 cdi.file none|make one\n");
}
END_TEST

START_TEST (reports_where_nobody_listens_are_passed_over)
{
  const B9Finding finding = {
      .struct_size = sizeof finding, .level = B9_FINDING_OK, .id = "x", .message = "there"};

  data.watch = NULL;
  host.report (&host, &cells[0].cell);
  host.finding (&host, &finding);
  host.depends_on (&host, "/x");
  ck_assert_str_eq (seen->str, "");
}
END_TEST

START_TEST (keeps_what_a_provider_wants_kept)
{
  g_autoptr (GBytes) content = g_bytes_new ("a\0b", 3);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) back = NULL;
  g_autoptr (GBytes) none = NULL;

  ck_assert_ptr_null (host.cache_read (&host, "specs"));
  ck_assert (host.cache_write (&host, "specs", content));
  ck_assert (is_there ("cache/gpu.fake-specs"));
  back = host.cache_read (&host, "specs");
  ck_assert (g_bytes_equal (content, back));
  ck_assert (host.cache_write (&host, "none", empty));
  none = host.cache_read (&host, "none");
  ck_assert_uint_eq (g_bytes_get_size (none), 0);
}
END_TEST

START_TEST (keeps_nothing_under_names_that_are_paths_or_without_a_place)
{
  g_autoptr (GBytes) content = g_bytes_new ("x", 1);
  static const char *const names[] = {"", "../x", "a/b", "a.b", "a b"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    ck_assert (!host.cache_write (&host, names[i], content));
    ck_assert_ptr_null (host.cache_read (&host, names[i]));
  }
  data.state_directory = NULL;
  ck_assert (!host.cache_write (&host, "x", content));
  ck_assert_ptr_null (host.cache_read (&host, "x"));
}
END_TEST

/* What somebody may have made of a kept file. */
static const char *const spoilers[] = {
    "printf 'b9run-cache 1 another-boot 1\\nx' >cache/gpu.fake-x",
    "printf x >>cache/gpu.fake-x",
    "printf '' >cache/gpu.fake-x",
    "head -c 40 cache/gpu.fake-x >t && cat t >cache/gpu.fake-x",
    "chmod 640 cache/gpu.fake-x",
    "chmod 755 cache",
    "mv cache/gpu.fake-x t && ln -s ../t cache/gpu.fake-x",
    "ln cache/gpu.fake-x t",
    "mv cache t && ln -s t cache",
    "rm cache/gpu.fake-x && mkfifo -m 600 cache/gpu.fake-x",
    "rm cache/gpu.fake-x && mkdir -m 700 cache/gpu.fake-x",
};

START_TEST (what_is_odd_is_not_there)
{
  g_autoptr (GBytes) content = g_bytes_new ("x", 1);
  g_autoptr (GBytes) back = NULL;
  const char *argv[] = {"/bin/sh", "-c", spoilers[_i], NULL};
  int status = -1;

  ck_assert (host.cache_write (&host, "x", content));
  back = host.cache_read (&host, "x");
  ck_assert_ptr_nonnull (back);
  ck_assert (g_spawn_sync (top, (char **)argv, NULL, 0, NULL, NULL, NULL, NULL, &status, NULL));
  ck_assert_int_eq (status, 0);
  ck_assert_ptr_null (host.cache_read (&host, "x"));
}
END_TEST

int
main (void)
{
  TCase *tests = tcase_create ("services");

  tcase_add_checked_fixture (tests, open_host, close_host);
  tcase_set_timeout (tests, 120);
  tcase_add_test (tests, a_program_gives_both_streams_and_its_status);
  tcase_add_test (tests, a_signal_is_128_and_its_number);
  tcase_add_test (tests, a_program_gets_no_input_and_no_descriptor_of_ours);
  tcase_add_test (tests, the_environment_is_laid_over_ours);
  tcase_add_test (tests, a_program_without_a_path_gets_the_usual_one);
  tcase_add_test (tests, what_takes_too_long_is_killed_with_its_group);
  tcase_add_test (tests, what_holds_the_pipe_after_the_end_is_not_waited_for);
  tcase_add_test (tests, output_beyond_the_bound_is_read_and_dropped);
  tcase_add_test (tests, a_cancelled_run_is_killed);
  tcase_add_test (tests, refuses_what_cannot_be_run);
  tcase_add_test (tests, an_older_plugins_run_has_bounds_too);
  tcase_add_test (tests, an_answer_is_kept_for_as_long_as_the_program_is_the_same);
  tcase_add_test (tests, the_answer_of_a_script_is_never_kept);
  tcase_add_test (tests, a_failure_is_not_kept);
  tcase_add_test (tests, files_of_the_host_are_read_below_the_redirected_root);
  tcase_add_test (tests, a_file_of_proc_is_read_whatever_size_it_tells);
  tcase_add_test (tests, refuses_files_that_cannot_be_read);
  tcase_add_test (tests, programs_are_found_in_path_then_in_the_usual_places);
  tcase_add_loop_test (tests, takes_whole_cells_and_passes_over_the_others, 0, G_N_ELEMENTS (cells));
  tcase_add_test (tests, takes_whole_findings_and_passes_over_the_others);
  tcase_add_test (tests, reports_where_nobody_listens_are_passed_over);
  tcase_add_test (tests, keeps_what_a_provider_wants_kept);
  tcase_add_test (tests, keeps_nothing_under_names_that_are_paths_or_without_a_place);
  tcase_add_loop_test (tests, what_is_odd_is_not_there, 0, G_N_ELEMENTS (spoilers));
  return run_cases ("host-services", (TCase *[]){tests, NULL});
}
