/* SPDX-License-Identifier: Apache-2.0
 *
 * test-config.c: which files are read and which are refused, what each key may hold, pools, and the printed
 * forms.
 *
 * Needs B9RUN_LIBEXEC_DIR: the directory with the modules just built.
 */
#include "config.h"

#include <string.h>

#include "core/config/config-private.h"
#include "tests/suite-testing.h"

static const char *const platforms[] = {"systrap", "kvm", "ptrace", NULL};
static const B9ConfigKey platform_key = {
    .struct_size = sizeof (B9ConfigKey), .name = "platform", .type = B9_CONFIG_CHOICE, .choices = platforms};
static const B9ConfigKey debug_key = {
    .struct_size = sizeof (B9ConfigKey), .name = "debug", .type = B9_CONFIG_BOOLEAN, .fallback = "false"};
static const B9ConfigKey debug_log_key = {
    .struct_size = sizeof (B9ConfigKey), .name = "debug-log", .type = B9_CONFIG_PATH};
static const B9ConfigKey ignore_key = {
    .struct_size = sizeof (B9ConfigKey), .name = "ignore-cgroups", .type = B9_CONFIG_BOOLEAN};
static const B9ConfigKey network_key = {
    .struct_size = sizeof (B9ConfigKey), .name = "network", .type = B9_CONFIG_STRING};
static const B9ConfigKey mounts_key = {
    .struct_size = sizeof (B9ConfigKey), .name = "mounts", .type = B9_CONFIG_LIST};
static const B9ConfigKey *const fake_keys[] = {
    &platform_key, &debug_key, &debug_log_key, &ignore_key, &network_key, &mounts_key, NULL};

/* A file below the test's directory; its path is owned by the caller. */
static B9Config *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9Config) config = b9_config_new ();
  gboolean parsed = b9_config_add_text (config, text, strlen (text), "f.yaml", &error);
  ck_assert_msg (parsed, "%s", error != NULL ? error->message : "no error");
  return g_steal_pointer (&config);
}

static void
assert_refused (const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9Config) config = b9_config_new ();
  ck_assert (!b9_config_add_text (config, text, strlen (text), "f.yaml", &error));
  ck_assert_ptr_nonnull (error);
  ck_assert_str_eq (error->message, message);
  ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_CONFIG));
}

/* Not b9_config_load: it refuses a source tree of another user, or with a group that may write. */
static B9Config *
load (const char *file)
{
  g_autofree char *text = NULL;
  g_autoptr (B9Config) config = b9_config_new ();
  g_autoptr (GError) error = NULL;
  gsize length = 0;
  ck_assert (g_file_get_contents (file, &text, &length, NULL));
  gboolean added = b9_config_add_text (config, text, length, file, &error);
  ck_assert_msg (added, "%s", error != NULL ? error->message : "no error");
  return g_steal_pointer (&config);
}

static void
assert_origin (const B9Config *config, const char *path, const char *expected)
{
  g_autofree char *origin = b9_config_origin (config, path);
  ck_assert_str_eq (origin, expected);
}

static void
assert_list (const B9Config *config, const char *path, const char *joined)
{
  g_autofree char *list = g_strjoinv (" ", (char **)b9_config_list (config, path));
  ck_assert_str_eq (list, joined);
}

/* ---- keys and values ---- */

START_TEST (reads_every_key)
{
  g_autoptr (B9Config) config = load (B9_TEST_DATA "/config/full.yaml");
  ck_assert_str_eq (b9_config_string (config, "backend"), "runsc");
  ck_assert_str_eq (b9_config_string (config, "state-directory"), "/run/b9run-test");
  assert_list (config, "plugin-directories", "/opt/b9run/plugins /srv/plugins");
  ck_assert (!b9_config_boolean (config, "monitor"));
  ck_assert_str_eq (b9_config_string (config, "log.file"), "/var/log/b9run.log");
  ck_assert_str_eq (b9_config_string (config, "log.level"), "debug");
  assert_list (config, "annotations.allowed", "run.b9.pool");
  ck_assert_str_eq (b9_config_string (config, "backends.runsc.path"), "/opt/gvisor/runsc");
  ck_assert_str_eq (b9_config_string (config, "backends.runsc.root"), "/run/runsc");
  assert_list (config, "backends.runsc.flags", "--net-raw --overlay2=none");
  ck_assert_str_eq (b9_config_string (config, "backends.runsc.platform"), "kvm");
  ck_assert (b9_config_boolean (config, "backends.runsc.ignore-cgroups"));
  ck_assert_str_eq (b9_config_string (config, "backends.runc.path"), "/usr/sbin/runc");
  ck_assert_ptr_null (b9_config_string (config, "backends.runsc.flags"));
  assert_list (config, "backends.runsc.path", "");
  ck_assert (b9_config_check_plugin (config, "backends.runsc", fake_keys, NULL));
  ck_assert (b9_config_check_plugin (config, "backends.runc", NULL, NULL));
}
END_TEST

START_TEST (refuses_unknown_keys_with_the_nearest)
{
  assert_refused ("monitor: true\n\nbakend: runc\n",
                  "f.yaml:3: unknown key \"bakend\"; did you mean \"backend\"?");
  assert_refused ("log:\n  lvel: info\n", "f.yaml:2: unknown key \"log.lvel\"; did you mean \"log.level\"?");
  assert_refused ("State_Directory: /x\n",
                  "f.yaml:1: unknown key \"State_Directory\"; did you mean \"state-directory\"?");
  assert_refused ("worker:\n  pools:\n    gpu:\n      container_runtime: runc\n",
                  "f.yaml:4: unknown key \"worker.pools.gpu.container_runtime\"; did you mean "
                  "\"worker.pools.gpu.containerRuntime\"?");
  assert_refused (
      "pools:\n  gpu:\n    containerRuntimeConfig: {gvisorPlatfrom: kvm}\n",
      "f.yaml:3: unknown key \"worker.pools.gpu.containerRuntimeConfig.gvisorPlatfrom\"; did you mean "
      "\"worker.pools.gpu.containerRuntimeConfig.gvisorPlatform\"?");
}
END_TEST

START_TEST (refuses_unknown_keys_with_a_list_where_none_is_near)
{
  assert_refused ("colour: red\n",
                  "f.yaml:1: unknown key \"colour\"; the keys here are backend, state-directory, "
                  "plugin-directories, monitor, log, annotations, backends, gpu, worker, checkpoint");
  assert_refused ("log: {colour: red}\n",
                  "f.yaml:1: unknown key \"log.colour\"; the keys here are file, level");
  assert_refused ("backends: {runc: {Colour: 1}}\n",
                  "f.yaml:1: unknown key \"backends.runc.Colour\"; the keys here are path, root, flags");
  assert_refused ("\"\": 1\n",
                  "f.yaml:1: unknown key \"\"; the keys here are backend, state-directory, "
                  "plugin-directories, monitor, log, annotations, backends, gpu, worker, checkpoint");
}
END_TEST

START_TEST (shows_unknown_keys_in_one_line_and_cut)
{
  assert_refused ("log: {\"a\\nb\\e[1m\": 1}\n",
                  "f.yaml:1: unknown key \"log.a?b?[1m\"; the keys here are file, level");
  assert_refused (
      "log: {aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg: 1}\n",
      "f.yaml:1: unknown key "
      "\"log.aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff…\"; the keys here are file, "
      "level");
}
END_TEST

START_TEST (says_that_dotted_keys_are_nested)
{
  assert_refused (
      "log.level: info\n",
      "f.yaml:1: log.level: keys are nested: write each part on a line of its own, below the one before");
  assert_refused (
      "backends:\n  runsc.path: /x\n",
      "f.yaml:2: backends: \"runsc.path\" cannot be the name of a backend: write small letters, digits "
      "and -, a letter first, 64 at most");
}
END_TEST

START_TEST (refuses_names_that_cannot_be)
{
  assert_refused (
      "backends: {'*': {path: /x}}\n",
      "f.yaml:1: backends: \"*\" cannot be the name of a backend: write small letters, digits and -, a "
      "letter first, 64 at most");
  assert_refused (
      "pools: {a b: {}}\n",
      "f.yaml:1: worker.pools: \"a b\" cannot be the name of a pool: write letters, digits, - and _, 64 at "
      "most");
}
END_TEST

START_TEST (refuses_other_words_for_booleans)
{
  const char *const words[] = {"yes", "no", "on", "off", "True", "1", NULL};
  for (const char *const *word = words; *word != NULL; word++) {
    g_autofree char *text = g_strdup_printf ("monitor: %s\n", *word);
    g_autofree char *message = g_strdup_printf ("f.yaml:1: monitor: expected true or false (yes, no, on and "
                                                "off are not read as such), found \"%s\"; for "
                                                "example \"monitor: true\"",
                                                *word);
    assert_refused (text, message);
  }
  assert_refused (
      "monitor: \"true\"\n",
      "f.yaml:1: monitor: expected true or false (yes, no, on and off are not read as such), found "
      "\"true\" in quotes; for example \"monitor: true\"");
}
END_TEST

START_TEST (refuses_values_of_another_type)
{
  assert_refused ("backend: [runc]\n",
                  "f.yaml:1: backend: expected text, found a list; for example \"backend: runsc\"");
  assert_refused ("backend:\n  name: runc\n",
                  "f.yaml:1: backend: expected text, found keys below it; for example \"backend: runsc\"");
  assert_refused ("backend:\n",
                  "f.yaml:1: backend: expected text, found nothing; for example \"backend: runsc\"");
  assert_refused ("backend: ~\n",
                  "f.yaml:1: backend: expected text, found nothing; for example \"backend: runsc\"");
  assert_refused ("\nstate-directory: run/b9run\n",
                  "f.yaml:2: state-directory: expected an absolute path, found \"run/b9run\"; for example "
                  "\"state-directory: /run/b9run\"");
  assert_refused (
      "plugin-directories: /x\n",
      "f.yaml:1: plugin-directories: expected a list of absolute paths, found \"/x\"; for example "
      "\"plugin-directories: [/usr/local/lib/b9run/plugins]\"");
  assert_refused ("log: debug\n", "f.yaml:1: log: expected keys below it (file, level), found \"debug\"");
  assert_refused ("log: [debug]\n", "f.yaml:1: log: expected keys below it (file, level), found a list");
  assert_refused (
      "backends: {runsc: /usr/bin/runsc}\n",
      "f.yaml:1: backends.runsc: expected keys below it (path, root, flags), found \"/usr/bin/runsc\"");
  assert_refused ("backends: {runsc: {platform: {name: kvm}}}\n",
                  "f.yaml:1: backends.runsc.platform: expected text or a list of texts, found keys below it");
  assert_refused ("- backend\n", "f.yaml:1: expected keys such as \"backend: runsc\", found a list");
  assert_refused ("runsc\n", "f.yaml:1: expected keys such as \"backend: runsc\", found \"runsc\"");
}
END_TEST

START_TEST (refuses_members_of_lists_that_do_not_fit)
{
  assert_refused (
      "plugin-directories:\n  - /x\n  - y\n",
      "f.yaml:1: plugin-directories: expected a list of absolute paths, found \"y\" in it; for example "
      "\"plugin-directories: [/usr/local/lib/b9run/plugins]\"");
  assert_refused (
      "backends:\n  runsc:\n    flags:\n      - --a\n      - {b: c}\n",
      "f.yaml:5: backends.runsc.flags: expected a list of texts, found keys below it in it; for example "
      "\"flags: [--net-raw]\"");
  assert_refused (
      "backends:\n  runsc:\n    flags:\n      -\n",
      "f.yaml:4: backends.runsc.flags: expected a list of texts, found nothing in it; for example "
      "\"flags: [--net-raw]\"");
  assert_refused ("annotations: {allowed: [run.b9.root]}\n",
                  "f.yaml:1: annotations.allowed: expected a list of run.b9.backend, run.b9.pool, found "
                  "\"run.b9.root\" in it; for example \"allowed: [run.b9.backend, run.b9.pool]\"");
}
END_TEST

START_TEST (refuses_words_that_are_no_choice)
{
  assert_refused (
      "log:\n  level: verbose\n",
      "f.yaml:2: log.level: expected one of error, warning, info, debug, found \"verbose\"; for example "
      "\"level: info\"");
  assert_refused (
      "pools:\n  gpu:\n    containerRuntime: kata\n",
      "f.yaml:3: worker.pools.gpu.containerRuntime: expected one of runc, gvisor, runsc, found \"kata\"; "
      "for example \"containerRuntime: gvisor\"");
}
END_TEST

START_TEST (takes_numbers_as_text)
{
  g_autoptr (B9Config) config = parse ("backend: 42\nbackends: {runsc: {flags: [1, --x=2.50]}}\n");
  ck_assert_str_eq (b9_config_string (config, "backend"), "42");
  assert_list (config, "backends.runsc.flags", "1 --x=2.50");
}
END_TEST

START_TEST (takes_sections_without_keys)
{
  g_autoptr (B9Config) config = parse ("log:\nbackends:\n  runsc:\nworker: {}\n");
  ck_assert_str_eq (b9_config_string (config, "log.level"), "info");
}
END_TEST

START_TEST (refuses_a_key_in_both_spellings)
{
  assert_refused ("pools: {gpu: {gpuType: a}}\nworker:\n  pools: {gpu: {gpuType: b}}\n",
                  "f.yaml:3: worker.pools.gpu.gpuType is set twice, first in line 1");
}
END_TEST

START_TEST (passes_on_what_is_no_yaml)
{
  assert_refused ("backend: [\n", "f.yaml:2:1: did not find expected node content while parsing a flow node");
  assert_refused ("backend: a\nbackend: b\n",
                  "f.yaml:2:1: the key \"backend\" stands here twice, first in line 1");
}
END_TEST

/* ---- plugins' keys ---- */

static void
assert_plugin_refused (const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9Config) config = parse (text);
  ck_assert (!b9_config_check_plugin (config, "backends.runsc", fake_keys, &error));
  ck_assert_str_eq (error->message, message);
  ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_CONFIG));
}

START_TEST (checks_the_types_that_a_plugin_declares)
{
  assert_plugin_refused (
      "backends: {runsc: {platform: xen}}\n",
      "f.yaml:1: backends.runsc.platform: expected one of systrap, kvm, ptrace, found \"xen\"; for "
      "example \"platform: systrap\"");
  assert_plugin_refused (
      "backends: {runsc: {debug: on}}\n",
      "f.yaml:1: backends.runsc.debug: expected true or false (yes, no, on and off are not read as "
      "such), found \"on\"; for example \"debug: false\"");
  assert_plugin_refused (
      "backends: {runsc: {debug-log: x}}\n",
      "f.yaml:1: backends.runsc.debug-log: expected an absolute path, found \"x\"; for example "
      "\"debug-log: /absolute/path\"");
  assert_plugin_refused (
      "backends: {runsc: {mounts: x}}\n",
      "f.yaml:1: backends.runsc.mounts: expected a list of texts, found \"x\"; for example "
      "\"mounts: [one, two]\"");
  assert_plugin_refused ("backends: {runsc: {network: [x]}}\n",
                         "f.yaml:1: backends.runsc.network: expected text, found a list");
}
END_TEST

START_TEST (refuses_keys_that_the_plugin_does_not_declare)
{
  assert_plugin_refused ("backends:\n  runsc:\n    plattform: kvm\n",
                         "f.yaml:3: unknown key \"backends.runsc.plattform\"; did you mean "
                         "\"backends.runsc.platform\"?");
  assert_plugin_refused (
      "backends:\n  runsc:\n    colour: red\n",
      "f.yaml:3: unknown key \"backends.runsc.colour\"; the keys here are path, root, flags, "
      "platform, debug, debug-log, ignore-cgroups, network, mounts");
}
END_TEST

START_TEST (leaves_other_plugins_sections_alone)
{
  g_autoptr (B9Config) config = parse ("backends: {runsc-next: {colour: red}, runsc: {platform: kvm}}\n");
  ck_assert (b9_config_check_plugin (config, "backends.runsc", fake_keys, NULL));
  ck_assert (!b9_config_check_plugin (config, "backends.runsc-next", fake_keys, NULL));
}
END_TEST

START_TEST (refuses_any_key_of_a_plugin_that_declares_none)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9Config) config = parse ("backends: {runc: {path: /x, criu: /y}}\n");
  ck_assert (!b9_config_check_plugin (config, "backends.runc", NULL, &error));
  ck_assert_str_eq (error->message,
                    "f.yaml:1: unknown key \"backends.runc.criu\"; the keys here are path, root, flags");
}
END_TEST

/* ---- pools ---- */

START_TEST (loads_operators_pools_as_they_stand)
{
  g_autoptr (B9Config) config = load (B9_TEST_DATA "/config/gpu-pool.yaml");
  ck_assert (b9_config_use_pool (config, "gpu", NULL));
  ck_assert_str_eq (b9_config_string (config, "backend"), "runsc");
  ck_assert_str_eq (b9_config_string (config, "backends.runsc.platform"), "systrap");
  ck_assert_str_eq (b9_config_string (config, "backends.runsc.root"), "/run/gvisor");
  ck_assert_str_eq (b9_config_string (config, "pool.gpu-type"), "A100");
  ck_assert_str_eq (b9_config_string (config, "pool.runtime"), "nvidia");
  ck_assert_str_eq (b9_config_string (config, "pool.name"), "gpu");
  assert_origin (config, "backend", "pool gpu (" B9_TEST_DATA "/config/gpu-pool.yaml:9)");
  ck_assert (b9_config_check_plugin (config, "backends.runsc", fake_keys, NULL));
}
END_TEST

START_TEST (takes_pools_at_the_top)
{
  g_autoptr (B9Config) config = load (B9_TEST_DATA "/config/pools-at-top.yaml");
  ck_assert_str_eq (b9_config_string (config, "worker.pools.gpu.runtime"), "nvidia");
  ck_assert (b9_config_use_pool (config, "gpu", NULL));
  ck_assert_str_eq (b9_config_string (config, "backends.runsc.platform"), "systrap");

  g_autoptr (B9Config) runc = load (B9_TEST_DATA "/config/pool-runc.yaml");
  ck_assert (b9_config_use_pool (runc, "gpu", NULL));
  ck_assert_str_eq (b9_config_string (runc, "backend"), "runc");

  g_autoptr (B9Config) brief = load (B9_TEST_DATA "/config/pool-short.yaml");
  ck_assert (b9_config_use_pool (brief, "gpu", NULL));
  ck_assert_str_eq (b9_config_string (brief, "backend"), "runsc");
}
END_TEST

START_TEST (a_pool_lies_over_the_files_values)
{
  g_autoptr (B9Config) config = load (B9_TEST_DATA "/config/full.yaml");
  ck_assert (b9_config_use_pool (config, "gpu", NULL));
  ck_assert_str_eq (b9_config_string (config, "backend"), "runsc");
  ck_assert_str_eq (b9_config_string (config, "backends.runsc.platform"), "systrap");
  ck_assert_str_eq (b9_config_string (config, "backends.runsc.root"), "/run/gvisor");
  assert_list (config, "backends.runsc.flags", "--net-raw --overlay2=none --nvproxy-docker --strace");
  ck_assert (b9_config_boolean (config, "backends.runsc.debug"));
  ck_assert_str_eq (b9_config_set_string (config, "backends.runsc.debug"), "true");
  ck_assert_str_eq (b9_config_string (config, "backends.runsc.path"), "/opt/gvisor/runsc");
  ck_assert_str_eq (b9_config_string (config, "pool.gpu-type"), "H100");
  ck_assert (b9_config_check_plugin (config, "backends.runsc", fake_keys, NULL));
}
END_TEST

START_TEST (a_pool_may_be_empty)
{
  g_autoptr (B9Config) config = load (B9_TEST_DATA "/config/full.yaml");
  ck_assert (b9_config_use_pool (config, "A100_40GB", NULL));
  ck_assert_str_eq (b9_config_string (config, "backends.runsc.platform"), "kvm");
  ck_assert_str_eq (b9_config_string (config, "pool.name"), "A100_40GB");
  ck_assert_ptr_null (b9_config_string (config, "pool.gpu-type"));
}
END_TEST

START_TEST (refuses_an_unknown_pool_with_those_there_are)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) none = NULL;
  g_autoptr (B9Config) config = load (B9_TEST_DATA "/config/full.yaml");
  g_autoptr (B9Config) empty = parse ("");
  ck_assert (!b9_config_use_pool (config, "gpus", &error));
  ck_assert_str_eq (error->message, "there is no pool \"gpus\"; the pools are gpu, cpu, A100_40GB");
  ck_assert (!b9_config_use_pool (empty, "gpu", &none));
  ck_assert_str_eq (none->message, "there is no pool \"gpu\": the configuration has no pools (worker.pools)");
}
END_TEST

START_TEST (refuses_a_second_pool)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9Config) config = load (B9_TEST_DATA "/config/full.yaml");
  ck_assert (b9_config_use_pool (config, "gpu", NULL));
  ck_assert (!b9_config_use_pool (config, "cpu", &error));
  ck_assert_str_eq (error->message, "the pool cpu cannot be used: the pool gpu is in use already");
}
END_TEST

START_TEST (a_plugins_refusal_names_the_pool)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9Config) config = parse (
      "pools:\n  gpu:\n    containerRuntimeConfig:\n      gvisorPlatform: xen\n");
  ck_assert (b9_config_use_pool (config, "gpu", NULL));
  ck_assert (!b9_config_check_plugin (config, "backends.runsc", fake_keys, &error));
  ck_assert_str_eq (
      error->message,
      "pool gpu: f.yaml:4: backends.runsc.platform: expected one of systrap, kvm, ptrace, found "
      "\"xen\"; for example \"platform: systrap\"");
}
END_TEST

/* ---- printed forms ---- */

START_TEST (shows_values_with_their_origin)
{
  g_autoptr (B9Config) config = parse (
      "backend: runsc\nlog: {file: '/a b'}\nplugin-directories: [/x, '/y,z']\n"
      "backends: {runsc: {platform: 'yes', flags: ['--a=\"b\"', -x, '']}}\n");
  g_autofree char *shown = b9_config_show (config, TRUE);
  ck_assert_str_eq (shown, "backend: runsc    # f.yaml:1\n"
                           "state-directory: /run/b9run    # built-in\n"
                           "plugin-directories: [/x, \"/y,z\"]    # f.yaml:3\n"
                           "monitor: true    # built-in\n"
                           "log.file: \"/a b\"    # f.yaml:2\n"
                           "log.level: info    # built-in\n"
                           "annotations.allowed: []    # built-in\n"
                           "gpu.annotations: [cdi.k8s.io/]    # built-in\n"
                           "backends.runsc.platform: \"yes\"    # f.yaml:4\n"
                           "backends.runsc.flags: [\"--a=\\\"b\\\"\", -x, \"\"]    # f.yaml:4\n");
}
END_TEST

START_TEST (shows_text_that_no_terminal_obeys)
{
  g_autoptr (B9Config) config = parse ("backend: \"\\e[1m\\n\\x85é\"\n");
  g_autofree char *shown = b9_config_show (config, FALSE);
  ck_assert (g_str_has_prefix (shown, "backend: \"\\U0000001B[1m\\U0000000A\\U00000085é\"\n"));
}
END_TEST

START_TEST (shows_what_a_pool_sets)
{
  g_autoptr (B9Config) config = parse ("pools: {gpu: {containerRuntime: gvisor, gpuType: T4}}\n");
  ck_assert (b9_config_use_pool (config, "gpu", NULL));
  g_autofree char *shown = b9_config_show (config, TRUE);
  g_autofree char *plain = b9_config_show (config, FALSE);
  ck_assert_ptr_nonnull (strstr (shown, "backend: runsc    # pool gpu (f.yaml:1)\n"));
  ck_assert_ptr_nonnull (strstr (shown, "pool.gpu-type: T4    # pool gpu (f.yaml:1)\n"));
  ck_assert_ptr_nonnull (strstr (plain, "backend: runsc\n"));
  ck_assert_ptr_null (strstr (plain, "#"));
}
END_TEST

START_TEST (defaults_load_and_change_nothing)
{
  g_autofree char *defaults = b9_config_defaults ();
  g_autoptr (B9Config) config = parse (defaults);
  g_autoptr (B9Config) empty = parse ("");
  g_autofree char *with = b9_config_show (config, FALSE);
  g_autofree char *without = b9_config_show (empty, FALSE);
  ck_assert_str_eq (with, without);
}
END_TEST

/* "#key: value" is an example, "# Text" a comment: an example's # goes. */
static char *
with_examples_live (const char *text)
{
  g_autoptr (GRegex) example = g_regex_new ("^#((?:  )*[A-Za-z-]+:(?: [^ ].*)?)$", G_REGEX_MULTILINE, 0,
                                            NULL);
  return g_regex_replace (example, text, -1, 0, "\\1", 0, NULL);
}

START_TEST (the_examples_in_the_defaults_are_good)
{
  g_autofree char *defaults = b9_config_defaults ();
  g_autofree char *live = with_examples_live (defaults);
  g_autoptr (B9Config) config = parse (live);
  for (const B9ConfigRow *row = b9_config_rows (); row->path != NULL; row++) {
    gboolean set = FALSE;
    for (guint i = 0; i < config->order->len; i++)
      set = set || b9_config_path_matches (row->path, ((B9ConfigValue *)config->order->pdata[i])->path);
    ck_assert_msg (set, "no example of %s", row->path);
  }
}
END_TEST

START_TEST (the_installed_file_is_the_defaults)
{
  g_autofree char *defaults = b9_config_defaults ();
  g_autofree char *installed = NULL;
  ck_assert (g_file_get_contents (B9_TOP_SRCDIR "/data/b9run.yaml", &installed, NULL, NULL));
  ck_assert_str_eq (installed, defaults);
}
END_TEST

START_TEST (the_man_pages_list_has_every_key)
{
  g_autofree char *roff = b9_config_keys_roff ();
  ck_assert (g_str_has_prefix (roff, ".TP\n\\fBbackend\\fR (text)\nThe backend of new containers,"));
  ck_assert_ptr_nonnull (
      strstr (roff, ".TP\n\\fBlog.level\\fR (one of error, warning, info, debug; default info)\n"));
  ck_assert_ptr_nonnull (
      strstr (roff, ".TP\n\\fBstate\\-directory\\fR (absolute path; default /run/b9run)\n"));
  ck_assert_ptr_nonnull (strstr (roff, ".TP\n\\fBbackends.\\fINAME\\fB.path\\fR (absolute path)\n"));
}
END_TEST

static void
add_key_tests (TCase *keys)
{
  tcase_add_test (keys, reads_every_key);
  tcase_add_test (keys, refuses_unknown_keys_with_the_nearest);
  tcase_add_test (keys, refuses_unknown_keys_with_a_list_where_none_is_near);
  tcase_add_test (keys, shows_unknown_keys_in_one_line_and_cut);
  tcase_add_test (keys, says_that_dotted_keys_are_nested);
  tcase_add_test (keys, refuses_names_that_cannot_be);
  tcase_add_test (keys, refuses_other_words_for_booleans);
  tcase_add_test (keys, refuses_values_of_another_type);
  tcase_add_test (keys, refuses_members_of_lists_that_do_not_fit);
  tcase_add_test (keys, refuses_words_that_are_no_choice);
  tcase_add_test (keys, takes_numbers_as_text);
  tcase_add_test (keys, takes_sections_without_keys);
  tcase_add_test (keys, refuses_a_key_in_both_spellings);
  tcase_add_test (keys, passes_on_what_is_no_yaml);
}

int
main (void)
{
  TCase *keys = tcase_create ("keys");
  TCase *plugins = tcase_create ("plugins");
  TCase *pools = tcase_create ("pools");
  TCase *printed = tcase_create ("printed");
  TCase *const cases[] = {keys, plugins, pools, printed, NULL};

  add_key_tests (keys);
  tcase_add_test (plugins, checks_the_types_that_a_plugin_declares);
  tcase_add_test (plugins, refuses_keys_that_the_plugin_does_not_declare);
  tcase_add_test (plugins, leaves_other_plugins_sections_alone);
  tcase_add_test (plugins, refuses_any_key_of_a_plugin_that_declares_none);
  tcase_add_test (pools, loads_operators_pools_as_they_stand);
  tcase_add_test (pools, takes_pools_at_the_top);
  tcase_add_test (pools, a_pool_lies_over_the_files_values);
  tcase_add_test (pools, a_pool_may_be_empty);
  tcase_add_test (pools, refuses_an_unknown_pool_with_those_there_are);
  tcase_add_test (pools, refuses_a_second_pool);
  tcase_add_test (pools, a_plugins_refusal_names_the_pool);
  tcase_add_test (printed, shows_values_with_their_origin);
  tcase_add_test (printed, shows_text_that_no_terminal_obeys);
  tcase_add_test (printed, shows_what_a_pool_sets);
  tcase_add_test (printed, defaults_load_and_change_nothing);
  tcase_add_test (printed, the_examples_in_the_defaults_are_good);
  tcase_add_test (printed, the_installed_file_is_the_defaults);
  tcase_add_test (printed, the_man_pages_list_has_every_key);
  return run_cases ("config", cases);
}
