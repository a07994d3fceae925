/* SPDX-License-Identifier: Apache-2.0
 *
 * test-provider.c: GPU detectors and checkpoint providers opened by name and by kind, and their sections of
 * the configuration.
 */
#include "config.h"

#include "core/plugin/provider.h"
#include "tests/plugin-testing.h"

static B9Registry *registry;
static B9Config *config;

static void
open_with (const char *text)
{
  g_autofree char *path = below (top, "b9run.yaml");
  g_autoptr (GError) error = NULL;

  ck_assert (g_file_set_contents (path, text, -1, NULL));
  config = b9_config_load (path, &error);
  ck_assert_msg (config != NULL, "%s", error != NULL ? error->message : "no error");
  registry = b9_registry_new (directories);
}

static void
close_all (void)
{
  g_clear_pointer (&registry, b9_registry_free);
  g_clear_pointer (&config, b9_config_free);
  remove_directories ();
}

static void
assert_refused_config (const char *text, const char *message)
{
  g_autofree char *path = below (top, "bad.yaml");
  g_autofree char *expected = g_strdup_printf ("%s:%s", path, message);
  g_autoptr (B9Config) loaded = NULL;
  g_autoptr (GError) error = NULL;

  ck_assert (g_file_set_contents (path, text, -1, NULL));
  loaded = b9_config_load (path, &error);
  ck_assert_ptr_null (loaded);
  ck_assert_str_eq (error->message, expected);
}

START_TEST (opens_a_detector_with_its_section)
{
  g_autoptr (B9OpenProvider) provider = NULL;
  g_autoptr (GError) error = NULL;

  install ("b9-gpu-good");
  open_with ("gpu:\n  good:\n    colour: red\n");
  provider = b9_provider_open (registry, config, "/state", B9_PROVIDER_GPU, "good", &error);
  ck_assert_msg (provider != NULL, "%s", error != NULL ? error->message : "");
  ck_assert_str_eq (provider->section, "gpu.good");
  ck_assert_str_eq (provider->host.config_string (&provider->host, "colour"), "red");
  ck_assert_str_eq (provider->data.state_directory, "/state");
  ck_assert (g_str_has_suffix (provider->module, "/plugins/b9-gpu-good.so"));
}
END_TEST

START_TEST (refuses_a_key_that_the_detector_does_not_declare)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = g_strdup_printf (
      "%s/b9run.yaml:3: unknown key \"gpu.good.color\"; did you mean \"gpu.good.colour\"?", top);

  install ("b9-gpu-good");
  open_with ("gpu:\n  good:\n    color: red\n");
  ck_assert_ptr_null (b9_provider_open_all (registry, config, NULL, B9_PROVIDER_GPU, &error));
  ck_assert_str_eq (error->message, expected);
}
END_TEST

START_TEST (one_bad_plugin_does_not_stop_the_rest)
{
  g_autoptr (GPtrArray) opened = NULL;

  install ("b9-gpu-good");
  install ("no-detect");
  install ("unresolved");
  open_with ("{}\n");
  opened = b9_provider_open_all (registry, config, NULL, B9_PROVIDER_GPU, NULL);
  ck_assert_uint_eq (opened->len, 1);
  ck_assert_str_eq (((B9OpenProvider *)opened->pdata[0])->name, "good");
}
END_TEST

START_TEST (files_called_after_another_kind_stay_closed)
{
  g_autoptr (GPtrArray) opened = NULL;
  g_autofree char *seen = NULL;

  install ("b9-gpu-good");
  install ("b9-backend-good");
  open_with ("{}\n");
  opened = b9_provider_open_all (registry, config, NULL, B9_PROVIDER_GPU, NULL);
  ck_assert_uint_eq (opened->len, 1);
  ck_assert (g_file_get_contents (witness, &seen, NULL, NULL));
  ck_assert_ptr_null (strstr (seen, "b9_backend_good"));
  ck_assert_uint_eq (b9_registry_load_all (registry)->len, 2);
}
END_TEST

START_TEST (there_may_be_none)
{
  g_autoptr (GPtrArray) opened = NULL;
  g_autoptr (GError) error = NULL;

  open_with ("{}\n");
  opened = b9_provider_open_all (registry, config, NULL, B9_PROVIDER_CHECKPOINT, NULL);
  ck_assert_uint_eq (opened->len, 0);
  ck_assert_ptr_null (b9_provider_open (registry, config, NULL, B9_PROVIDER_CHECKPOINT, "criu", &error));
  ck_assert (g_str_has_prefix (error->message, "no plugin provides the checkpoint \"criu\""));
}
END_TEST

START_TEST (refuses_detectors_with_a_flaw)
{
  install ("no-detect");
  install ("bad-gpu-key");
  open_with ("{}\n");
  assert_refused (find_module (b9_registry_load_all (registry), "no-detect"),
                  "its gpu \"flawed\" lacks \"detect\", which every gpu must have; set it in its "
                  "B9GpuDetector");
  assert_refused (find_module (b9_registry_load_all (registry), "bad-gpu-key"),
                  "its gpu \"flawed\" has a configuration key called \"Colour\"; names are of a-z, 0-9 and "
                  "\"-\", and begin with a letter");
}
END_TEST

START_TEST (sections_of_plugins_hold_names_with_keys)
{
  open_with ("gpu: {cdi: {spec-directories: [/etc/cdi]}}\ncheckpoint:\n  criu:\n    path: /x\n");
  ck_assert_str_eq (b9_config_string (config, "checkpoint.criu.path"), "/x");
  assert_refused_config (
      "gpu: {CDI: {x: y}}\n",
      "1: gpu: \"CDI\" cannot be the name of a plugin: write small letters, digits and -, a "
      "letter first, 64 at most");
  assert_refused_config ("checkpoint: {criu: {Path: y}}\n",
                         "1: unknown key \"checkpoint.criu.Path\"; the keys here are those of its plugin");
  assert_refused_config ("gpus: {cdi: {x: y}}\n", "1: unknown key \"gpus\"; did you mean \"gpu\"?");
}
END_TEST

int
main (void)
{
  TCase *tests = tcase_create ("provider");
  TCase *const cases[] = {tests, NULL};

  tcase_add_checked_fixture (tests, make_directories, close_all);
  tcase_set_timeout (tests, 60);
  tcase_add_test (tests, opens_a_detector_with_its_section);
  tcase_add_test (tests, refuses_a_key_that_the_detector_does_not_declare);
  tcase_add_test (tests, one_bad_plugin_does_not_stop_the_rest);
  tcase_add_test (tests, files_called_after_another_kind_stay_closed);
  tcase_add_test (tests, there_may_be_none);
  tcase_add_test (tests, refuses_detectors_with_a_flaw);
  tcase_add_test (tests, sections_of_plugins_hold_names_with_keys);
  return run_cases ("provider", cases);
}
