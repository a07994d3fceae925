/* SPDX-License-Identifier: Apache-2.0
 *
 * test-matrix.c: cells joined from what fakes of providers answer (fixture-probe.h), kept answers, and the
 * refusal of what is unsupported.
 */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/capability/cache.h"
#include "core/capability/matrix.h"
#include "core/sys/failure.h"
#include "tests/plugin-testing.h"

static char *state; /* the state directory */
static char *tool;  /* the backend's program */
static char *config_file;
static B9Config *config;
static B9Registry *registry;
static B9Runtime *runtime;
static B9Matrix *matrix;

static void
put (const char *name, const char *content)
{
  g_autofree char *path = below (top, name);

  ck_assert (g_file_set_contents (path, content, -1, NULL));
}

static void
put_program (const char *name, const char *content)
{
  g_autofree char *path = below (top, name);

  put (name, content);
  ck_assert_int_eq (g_chmod (path, 0755), 0);
}

static void
close_matrix (void)
{
  g_clear_pointer (&matrix, b9_matrix_free);
  g_clear_pointer (&runtime, b9_runtime_free);
  g_clear_pointer (&registry, b9_registry_free);
  g_clear_pointer (&config, b9_config_free);
}

/* As a new b9run would. */
static void
open_matrix (void)
{
  g_autoptr (GError) error = NULL;

  close_matrix ();
  config = b9_config_load (config_file, &error);
  ck_assert_msg (config != NULL, "%s", error != NULL ? error->message : "no error");
  registry = b9_registry_new (directories);
  runtime = b9_runtime_open (registry, config, "asked", NULL, &error);
  ck_assert_msg (runtime != NULL, "%s", error != NULL ? error->message : "no error");
  matrix = b9_matrix_new (registry, config, state);
}

static void
set_up (void)
{
  make_directories ();
  g_setenv ("B9_TEST_CELLS", top, TRUE);
  state = below (top, "state");
  tool = below (top, "tool");
  config_file = below (top, "b9run.yaml");
  install ("b9-backend-asked");
  put ("b9run.yaml", "{}\n");
  put_program ("tool", "not a script");
}

static void
tear_down (void)
{
  close_matrix ();
  g_clear_pointer (&state, g_free);
  g_clear_pointer (&tool, g_free);
  g_clear_pointer (&config_file, g_free);
  remove_directories ();
}

static const B9MatrixCell *
cell_of (const char *capability)
{
  return b9_matrix_cell (matrix, runtime, tool, "/root", capability);
}

/* "STATE PROVIDER: EVIDENCE: REASON: REMEDY" */
static void
assert_cell (const B9MatrixCell *cell, const char *expected)
{
  g_autofree char *shown = g_strdup_printf (
      "%s %s: %s: %s: %s", b9_capability_state_name (cell->state), cell->provider, cell->evidence,
      cell->reason != NULL ? cell->reason : "-", cell->remedy != NULL ? cell->remedy : "-");

  ck_assert_str_eq (shown, expected);
}

static guint
times_asked (const char *name)
{
  g_autofree char *file = g_strconcat (name, ".asked", NULL);
  g_autofree char *path = below (top, file);
  g_autofree char *text = NULL;
  guint times = 0;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  for (const char *p = text; *p != '\0'; p++)
    times += *p == '\n';
  return times;
}

/* ---- the join ---- */

START_TEST (a_cell_is_the_backends_own_answer)
{
  put ("backend", "exec|1|seen|||\npause|3|tried|nothing tells|try it|\n");
  open_matrix ();
  assert_cell (cell_of ("exec"), "supported backend asked: seen: -: -");
  assert_cell (cell_of ("pause"), "unknown backend asked: tried: nothing tells: try it");
  ck_assert_ptr_eq (cell_of ("exec"), cell_of ("exec"));
}
END_TEST

START_TEST (the_weakest_of_what_is_needed_wins_and_keeps_its_reason)
{
  install ("b9-gpu-asked");
  install ("b9-checkpoint-asked");
  put ("backend", "checkpoint.cuda|2|a flag|only here||checkpoint:checkpoint.cuda gpu:gpu.driver\n");
  put ("gpu-asked", "gpu.driver|1|550|||\n");
  put ("checkpoint", "checkpoint.cuda|4|looked|no cuda-checkpoint|install it|\n");
  open_matrix ();
  assert_cell (cell_of ("checkpoint.cuda"),
               "unsupported checkpoint asked: looked: no cuda-checkpoint: install it");
}
END_TEST

START_TEST (equals_keep_the_backends_reason)
{
  install ("b9-gpu-asked");
  put ("backend", "gpu.mig|2|b|of the backend||gpu:gpu.mig\n");
  put ("gpu-asked", "gpu.mig|2|g|of the detector||\n");
  open_matrix ();
  assert_cell (cell_of ("gpu.mig"), "conditional backend asked: b: of the backend: -");
}
END_TEST

START_TEST (of_several_providers_the_best_counts)
{
  install ("b9-gpu-asked");
  install ("b9-gpu-other");
  put ("backend", "gpu.passthrough|1|b|||gpu:gpu.driver\n");
  put ("gpu-asked", "gpu.driver|4|none|no driver||\n");
  put ("gpu-other", "gpu.driver|2|old|an old driver|update|\n");
  open_matrix ();
  assert_cell (cell_of ("gpu.passthrough"), "conditional gpu other: old: an old driver: update");
  ck_assert_str_eq (cell_of ("gpu.passthrough")->capability, "gpu.passthrough");
}
END_TEST

START_TEST (what_is_needed_may_need_more_in_turn)
{
  install ("b9-gpu-asked");
  install ("b9-checkpoint-asked");
  put ("backend", "restore|1|b|||checkpoint:restore\n");
  put ("checkpoint", "restore|1|c|||gpu:gpu.driver\n");
  put ("gpu-asked", "gpu.driver|4|g|no driver||\n");
  open_matrix ();
  assert_cell (cell_of ("restore"), "unsupported gpu asked: g: no driver: -");
}
END_TEST

START_TEST (what_needs_itself_ends)
{
  install ("b9-gpu-asked");
  put ("backend", "gpu.mig|1|b|||gpu:gpu.mig\n");
  put ("gpu-asked", "gpu.mig|1|g|||gpu:gpu.mig gpu:gpu.mig gpu:gpu.mig\n");
  open_matrix ();
  assert_cell (cell_of ("gpu.mig"), "supported backend asked: b: -: -");
}
END_TEST

START_TEST (a_need_that_nobody_answers_is_unsupported)
{
  put ("backend", "checkpoint|1|b|||checkpoint:checkpoint\noom.events|1|b|||host:moon.phase\n");
  open_matrix ();
  assert_cell (cell_of ("checkpoint"),
               "unsupported checkpoint: 0 checkpoint plugins asked: it needs checkpoint, and no plugin "
               "answers for that: install a checkpoint plugin that does (b9run plugins lists those there "
               "are)");
  assert_cell (cell_of ("oom.events"),
               "unsupported host: what b9run looks at on this host: it needs moon.phase, and nothing on this "
               "host answers for that: -");
}
END_TEST

START_TEST (a_silent_backend_is_unknown_whatever_others_say)
{
  install ("b9-checkpoint-asked");
  install ("b9-gpu-asked");
  put ("backend", "");
  put ("checkpoint", "checkpoint|1|c|||\n");
  put ("gpu-asked", "gpu.driver|1|g|||\nacme.fan|1|spins|||\n");
  open_matrix ();
  assert_cell (cell_of ("checkpoint"), "unknown backend asked: its plugin reports nothing of it: backend "
                                       "asked does not say whether it can: -");
  assert_cell (cell_of ("gpu.driver"), "supported gpu asked: g: -: -");
  assert_cell (cell_of ("acme.fan"), "supported gpu asked: spins: -: -");
  assert_cell (cell_of ("acme.moon"), "unknown backend asked: its plugin reports nothing of it: backend "
                                      "asked does not say whether it can: -");
}
END_TEST

START_TEST (no_provider_is_asked_that_is_not_needed)
{
  install ("b9-gpu-asked");
  install ("b9-checkpoint-asked");
  put ("backend", "exec|1|b|||\ncheckpoint|1|b|||checkpoint:checkpoint\n");
  put ("checkpoint", "checkpoint|1|c|||\n");
  open_matrix ();
  cell_of ("exec");
  ck_assert_uint_eq (times_asked ("checkpoint"), 0);
  cell_of ("checkpoint");
  cell_of ("checkpoint");
  ck_assert_uint_eq (times_asked ("backend"), 1);
  ck_assert_uint_eq (times_asked ("checkpoint"), 1);
  ck_assert_uint_eq (times_asked ("gpu-asked"), 0);
}
END_TEST

START_TEST (a_set_up_that_the_host_lacks_is_unsupported_whatever_the_backend_can)
{
  g_autofree char *cgroups = below (top, "host/sys/fs/cgroup");
  g_autofree char *controllers = below (cgroups, "cgroup.controllers");
  g_autofree char *down = below (cgroups, "cgroup.subtree_control");
  g_autofree char *root = below (top, "host");

  put ("backend", "cgroup.v1|1|b|||\ncgroup.v2|2|b|untried||\n");
  ck_assert_int_eq (g_mkdir_with_parents (cgroups, 0755), 0);
  ck_assert (g_file_set_contents (controllers, "cpu memory\n", -1, NULL));
  ck_assert (g_file_set_contents (down, "cpu\n", -1, NULL));
  open_matrix ();
  b9_matrix_cell (matrix, runtime, tool, "/root", "exec"); /* the fake reads its file before the root moves */
  g_setenv ("B9RUN_HOST_ROOT", root, TRUE);
  assert_cell (cell_of ("cgroup.v1"), "unsupported host: /sys/fs/cgroup/cgroup.controllers is there: this "
                                      "host has cgroups of version 2: -");
  assert_cell (cell_of ("cgroup.v2"), "conditional backend asked: b: untried: -");
  assert_cell (cell_of ("cgroup.memory"),
               "conditional host: /sys/fs/cgroup/cgroup.subtree_control: no memory: the controller is not "
               "handed down; a runtime that may write there does it itself: echo +memory "
               ">/sys/fs/cgroup/cgroup.subtree_control");
  g_unsetenv ("B9RUN_HOST_ROOT");
}
END_TEST

START_TEST (parts_are_all_that_went_into_a_cell)
{
  g_autoptr (GPtrArray) parts = NULL;

  install ("b9-gpu-asked");
  install ("b9-gpu-other");
  put ("backend", "gpu.passthrough|1|b|||gpu:gpu.driver\n");
  put ("gpu-asked", "gpu.driver|4|none|no driver||\n");
  put ("gpu-other", "gpu.driver|1|good|||\n");
  open_matrix ();
  parts = b9_matrix_parts (matrix, runtime, tool, "/root", "gpu.passthrough");
  ck_assert_uint_eq (parts->len, 2);
  assert_cell (parts->pdata[0], "supported backend asked: b: -: -");
  assert_cell (parts->pdata[1], "supported gpu other: good: -: -");
}
END_TEST

START_TEST (all_cells_are_those_of_the_catalogue_and_of_everybody)
{
  g_autoptr (GPtrArray) cells = NULL;
  const char *before = "";
  guint found = 0;

  install ("b9-gpu-asked");
  put ("backend", "acme.oven|1|hot|||\n");
  put ("gpu-asked", "acme.fan|1|spins|||\n");
  open_matrix ();
  cells = b9_matrix_cells (matrix, runtime, tool, "/root");
  for (guint i = 0; i < cells->len; i++) {
    const B9MatrixCell *cell = cells->pdata[i];

    ck_assert_msg (strcmp (before, cell->capability) < 0, "%s after %s", cell->capability, before);
    before = cell->capability;
    found += strcmp (before, "acme.oven") == 0 || strcmp (before, "acme.fan") == 0 ||
             strcmp (before, "gpu.nvproxy") == 0 || strcmp (before, "cgroup.memory") == 0;
  }
  ck_assert_uint_eq (found, 4);
}
END_TEST

/* ---- what is required ---- */

START_TEST (what_is_unsupported_is_refused_with_all_that_is_known)
{
  g_autoptr (GError) error = NULL;

  put ("backend", "preserve-fds|4|no flag|this release has none|use a newer one|\n");
  open_matrix ();
  ck_assert (!b9_matrix_require (matrix, runtime, tool, "/root", "preserve-fds", "--preserve-fds", &error));
  ck_assert_int_eq (error->code, B9_ERROR_CAPABILITY);
  ck_assert_str_eq (
      error->message,
      "--preserve-fds needs the capability preserve-fds, which backend asked does not have here: this "
      "release "
      "has none (backend asked: no flag); use a newer one; b9run capabilities --backend asked --why "
      "preserve-fds tells more");
  ck_assert_str_eq (b9_error_capability (error), "preserve-fds");
  g_prefix_error (&error, "container c: ");
  ck_assert_str_eq (b9_error_capability (error), "preserve-fds");
}
END_TEST

START_TEST (what_is_not_known_goes_ahead_with_a_notice)
{
  put ("backend", "exec|1|s|||\npause|2|c|slow||\nps|3|u|who knows||\n");
  open_matrix ();
  ck_assert (b9_matrix_require (matrix, runtime, tool, "/root", "exec", "exec", NULL));
  ck_assert (b9_matrix_require (matrix, runtime, tool, "/root", "pause", "pause", NULL));
  ck_assert (b9_matrix_require (matrix, runtime, tool, "/root", "ps", "ps", NULL));
  ck_assert (b9_matrix_require (matrix, runtime, tool, "/root", "silent", "it", NULL));
}
END_TEST

START_TEST (other_errors_have_no_capability)
{
  g_autoptr (GError) ours = g_error_new (B9_ERROR, B9_ERROR_IO, "x");
  g_autoptr (GError) other = g_error_new (G_FILE_ERROR, G_FILE_ERROR_IO, "x");
  g_autoptr (GError) failure = NULL;
  g_autoptr (GError) copy = NULL;

  ck_assert_ptr_null (b9_error_capability (ours));
  ck_assert_ptr_null (b9_error_capability (other));
  b9_fail_capability (&failure, "exec", "m");
  copy = g_error_copy (failure);
  g_clear_error (&failure);
  ck_assert_str_eq (b9_error_capability (copy), "exec");
}
END_TEST

/* ---- kept answers ---- */

/* Asks as a new b9run, twice; how often the backend was asked by then. */
static guint
asked_after_two (void)
{
  for (guint i = 0; i < 2; i++) {
    open_matrix ();
    cell_of ("exec");
  }
  return times_asked ("backend");
}

START_TEST (answers_are_kept_with_all_their_parts)
{
  install ("b9-gpu-asked");
  put ("backend", "exec|2|seen\tx|because, well|do it|gpu:a gpu:b\n");
  put ("gpu-asked", "a|1|a|||\nb|1|b|||\n");
  ck_assert_uint_eq (asked_after_two (), 1);
  assert_cell (cell_of ("exec"), "conditional backend asked: seen x: because, well: do it");
  ck_assert_uint_eq (times_asked ("gpu-asked"), 1);
}
END_TEST

START_TEST (of_many_that_ask_at_once_one_asks_and_the_others_read)
{
  pid_t asking[8];

  put ("backend", "exec|1|RUN|||\n");
  put_program ("backend.run", "#!/bin/sh\nsleep 0.5\necho ran\n");
  for (guint i = 0; i < G_N_ELEMENTS (asking); i++) {
    asking[i] = fork ();
    if (asking[i] != 0)
      continue;
    open_matrix ();
    _exit (strcmp (cell_of ("exec")->evidence, "ran") == 0 ? 0 : 1);
  }
  for (guint i = 0; i < G_N_ELEMENTS (asking); i++) {
    int status;

    ck_assert_int_eq (waitpid (asking[i], &status, 0), asking[i]);
    ck_assert_int_eq (status, 0);
  }
  ck_assert_uint_eq (times_asked ("backend"), 1);
}
END_TEST

START_TEST (who_has_the_turn_and_dies_keeps_nobody_waiting)
{
  const B9AnswersKey key = {.state_directory = state, .section = "backends.asked", .settings = ""};
  pid_t dying = fork ();

  if (dying == 0)
    _exit (b9_answers_turn (&key) >= 0 ? 0 : 1);
  ck_assert_int_eq (waitpid (dying, NULL, 0), dying);
  put ("backend", "exec|1|seen|||\n");
  ck_assert_uint_eq (asked_after_two (), 1);
}
END_TEST

/* What happens between the two, by a shell in the test's directory: asked anew each time. */
static const char *const changes[] = {
    "echo 'exec|3|new|new||' >backend", /* what the probe read */
    "cp backend b && mv b backend",     /* the same content in another file */
    "rm backend",
    "echo x >>tool", /* the program */
    "mv tool t && ln -s t tool",
    "echo 'backends: {asked: {colour: red}}' >b9run.yaml", /* the settings */
    "cp plugins/b9-backend-asked.so n && mv n plugins/b9-backend-asked.so",
    "rm state/cache/cells_*",
    "for f in state/cache/cells_*; do : >$f; done",
    "for f in state/cache/cells_*; do printf 'b9run-cells 1\\nend\\n' >$f; done",
    "for f in state/cache/cells_*; do head -c -1 $f >t && cat t >$f; done",
    "for f in state/cache/cells_*; do sed -i 's/supported/x/;s/^end$/END/' $f; done",
    "chmod 644 state/cache/cells_*",
    "chmod 777 state/cache",
    "for f in state/cache/cells_*; do mv $f t && ln -s ../../t $f; done",
};

START_TEST (answers_are_asked_for_anew_when_anything_changed)
{
  const char *argv[] = {"/bin/sh", "-c", changes[_i], NULL};
  int status = -1;

  put ("backend", "exec|1|seen|||\n");
  open_matrix ();
  cell_of ("exec");
  ck_assert (g_spawn_sync (top, (char **)argv, NULL, 0, NULL, NULL, NULL, NULL, &status, NULL));
  ck_assert_int_eq (status, 0);
  open_matrix ();
  cell_of ("exec");
  ck_assert_uint_eq (times_asked ("backend"), 2);
}
END_TEST

/* The same file rewritten under a good header, by whoever may write there. */
static void
rewrite_kept (const char *from, const char *to)
{
  g_autofree char *cache = below (state, "cache");
  g_autoptr (GDir) directory = g_dir_open (cache, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = below (cache, name);
    g_autofree char *text = NULL;
    g_auto (GStrv) halves = NULL;
    g_autofree char *body = NULL;
    g_autofree char *whole = NULL;
    char *newline;

    if (!g_str_has_prefix (name, "cells_backends"))
      continue;
    ck_assert (g_file_get_contents (path, &text, NULL, NULL));
    newline = strchr (text, '\n');
    halves = g_strsplit (newline + 1, from, 2);
    ck_assert_msg (g_strv_length (halves) == 2, "%s is not in %s", from, text);
    body = g_strjoinv (to, halves);
    *newline = '\0';
    *strrchr (text, ' ') = '\0'; /* the length */
    whole = g_strdup_printf ("%s %zu\n%s", text, strlen (body), body);
    ck_assert (g_file_set_contents_full (path, whole, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  }
}

static const char *const forgeries[][2] = {
    {"cell\texec\t1", "cell\texec\t0"},
    {"cell\texec\t1", "cell\texec\t5"},
    {"cell\texec\t1", "cell\texec\t-1"},
    {"cell\texec\t1\t1", "cell\texec\t1\t9"},
    {"cell\texec\t1", "cell\t\t1"},
    {"cell\texec\t1", "cell\texec\t4"}, /* no reason */
    {"cell\texec", "cell\texec\tmore"},
    {"seen\t-\t-\t-", "seen\t-\t-\tcheese"},
    {"seen\t-\t-\t-", "seen\t-\t-\t:cheese"},
    {"seen\t-\t-\t-", "seen\t-\t-\tgpu:"},
    {"seen\t-\t-\t-", "seen\t-\t-\tgpu:a  gpu:b"},
    {"\ncell", "\nbogus\nbogus\ncell"},
    {"\ncell", "\nfile\trelative\ts\ncell"},
    {"\ncell", "\nsearch\tno-such-program\t/bin/it\ncell"},
    {"\ncell", "\nsearch\tb9\tc\td\ncell"},
    {"\ncell", "\nsince\t99999999999999\t300\ncell"}, /* the future */
    {"\ncell", "\nsince\t0\t999999999\ncell"},
    {"\ncell", "\nsince\tx\ty\ncell"},
    {"end\n", "end\nmore\n"},
    {"end\n", "end"},
    {"rests\t", "rests\tx"},
    {"b9run-cells 1", "b9run-cells 2"},
    {"seen", "se\xff"
             "en"},
};

START_TEST (forged_answers_are_not_believed)
{
  put ("backend", "exec|1|seen|||\n");
  open_matrix ();
  cell_of ("exec");
  rewrite_kept (forgeries[_i][0], forgeries[_i][1]);
  open_matrix ();
  assert_cell (cell_of ("exec"), "supported backend asked: seen: -: -");
  ck_assert_uint_eq (times_asked ("backend"), 2);
}
END_TEST

START_TEST (a_harmless_rewrite_is_believed_so_the_forgeries_test_the_content)
{
  put ("backend", "exec|1|seen|||\n");
  open_matrix ();
  cell_of ("exec");
  rewrite_kept ("seen", "SEEN");
  open_matrix ();
  assert_cell (cell_of ("exec"), "supported backend asked: SEEN: -: -");
  ck_assert_uint_eq (times_asked ("backend"), 1);
}
END_TEST

START_TEST (a_wrapper_counts_with_the_programs_that_it_names)
{
  g_autofree char *script = g_strdup_printf ("#!/bin/sh\nexec '%s/real' --flag \"$@\"\n", top);

  put_program ("tool", script);
  put_program ("real", "1");
  put ("backend", "exec|1|seen|||\n");
  ck_assert_uint_eq (asked_after_two (), 1);
  put_program ("real", "2");
  ck_assert_uint_eq (asked_after_two (), 2);
}
END_TEST

START_TEST (answers_through_a_script_grow_old)
{
  put_program ("tool", "#!/bin/sh\n");
  put ("backend", "exec|1|seen|||\n");
  ck_assert_uint_eq (asked_after_two (), 1);
  rewrite_kept ("\t300\n", "\t0\n");
  ck_assert_uint_eq (asked_after_two (), 2);
}
END_TEST

START_TEST (what_a_program_said_is_kept_while_it_is_the_same)
{
  put_program ("backend.run", "#!/bin/sh\necho one\n");
  put ("backend", "exec|1|RUN|||\n");
  ck_assert_uint_eq (asked_after_two (), 1);
  assert_cell (cell_of ("exec"), "supported backend asked: one: -: -");
  put_program ("backend.run", "#!/bin/sh\necho two\n");
  open_matrix ();
  assert_cell (cell_of ("exec"), "supported backend asked: two: -: -");
}
END_TEST

START_TEST (another_root_is_another_question)
{
  put ("backend", "exec|1|seen|||\n");
  open_matrix ();
  b9_matrix_cell (matrix, runtime, tool, "/one", "exec");
  b9_matrix_cell (matrix, runtime, tool, "/two", "exec");
  ck_assert_uint_eq (times_asked ("backend"), 2);
}
END_TEST

START_TEST (without_a_place_nothing_is_kept)
{
  put ("backend", "exec|1|seen|||\n");
  put ("state", "in the way");
  ck_assert_uint_eq (asked_after_two (), 2);
}
END_TEST

START_TEST (a_stamp_tells_kernel_files_by_their_content)
{
  g_autofree char *one = b9_evidence_stamp ("/proc/self/oom_score_adj");
  g_autofree char *again = NULL;
  g_autofree char *other = NULL;
  int fd;

  again = b9_evidence_stamp ("/proc/self/oom_score_adj");
  ck_assert_str_eq (one, again);
  fd = open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  ck_assert_int_eq ((int)write (fd, "777", 3), 3);
  close (fd);
  other = b9_evidence_stamp ("/proc/self/oom_score_adj");
  ck_assert_str_ne (one, other);
}
END_TEST

int
main (void)
{
  TCase *tests = tcase_create ("matrix");
  TCase *const cases[] = {tests, NULL};

  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_set_timeout (tests, 60);
  tcase_add_test (tests, a_cell_is_the_backends_own_answer);
  tcase_add_test (tests, the_weakest_of_what_is_needed_wins_and_keeps_its_reason);
  tcase_add_test (tests, equals_keep_the_backends_reason);
  tcase_add_test (tests, of_several_providers_the_best_counts);
  tcase_add_test (tests, what_is_needed_may_need_more_in_turn);
  tcase_add_test (tests, what_needs_itself_ends);
  tcase_add_test (tests, a_need_that_nobody_answers_is_unsupported);
  tcase_add_test (tests, a_silent_backend_is_unknown_whatever_others_say);
  tcase_add_test (tests, no_provider_is_asked_that_is_not_needed);
  tcase_add_test (tests, a_set_up_that_the_host_lacks_is_unsupported_whatever_the_backend_can);
  tcase_add_test (tests, parts_are_all_that_went_into_a_cell);
  tcase_add_test (tests, all_cells_are_those_of_the_catalogue_and_of_everybody);
  tcase_add_test (tests, what_is_unsupported_is_refused_with_all_that_is_known);
  tcase_add_test (tests, what_is_not_known_goes_ahead_with_a_notice);
  tcase_add_test (tests, other_errors_have_no_capability);
  tcase_add_test (tests, answers_are_kept_with_all_their_parts);
  tcase_add_test (tests, of_many_that_ask_at_once_one_asks_and_the_others_read);
  tcase_add_test (tests, who_has_the_turn_and_dies_keeps_nobody_waiting);
  tcase_add_loop_test (tests, answers_are_asked_for_anew_when_anything_changed, 0, G_N_ELEMENTS (changes));
  tcase_add_loop_test (tests, forged_answers_are_not_believed, 0, G_N_ELEMENTS (forgeries));
  tcase_add_test (tests, a_harmless_rewrite_is_believed_so_the_forgeries_test_the_content);
  tcase_add_test (tests, a_wrapper_counts_with_the_programs_that_it_names);
  tcase_add_test (tests, answers_through_a_script_grow_old);
  tcase_add_test (tests, what_a_program_said_is_kept_while_it_is_the_same);
  tcase_add_test (tests, another_root_is_another_question);
  tcase_add_test (tests, without_a_place_nothing_is_kept);
  tcase_add_test (tests, a_stamp_tells_kernel_files_by_their_content);
  return run_cases ("matrix", cases);
}
