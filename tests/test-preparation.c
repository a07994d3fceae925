/* SPDX-License-Identifier: Apache-2.0
 *
 * test-preparation.c: core/gpu/preparation.c with a fake detector (tests/bad-plugins/b9-gpu-flow.c), a fake
 * backend and a fake matrix.
 */
#include "config.h"

#include "core/gpu/preparation.h"

#include "tests/plugin-testing.h"

static const char *required;       /* "CAPABILITY for WHAT", of the last requirement */
static gboolean refuse_capability; /* what the fake matrix answers */
static guint times_prepared;
static guint gpus_seen;

typedef struct {
  B9Registry *registry;
  B9Config *config;
  B9JsonText *text;
  B9Runtime runtime;
  B9Backend backend;
  B9Target target;
  B9Prepared prepared;
} Fixture;

static gboolean
require (gpointer data G_GNUC_UNUSED, const char *capability, const char *what, GError **error)
{
  g_autofree char *asked = g_strdup_printf ("%s for %s", capability, what);

  required = g_intern_string (asked);
  if (refuse_capability)
    g_set_error_literal (error, B9_ERROR, B9_ERROR_CAPABILITY, "the cell's reason");
  return !refuse_capability;
}

static gboolean
prepare_backend (const B9Host *host G_GNUC_UNUSED, const B9Preparation *preparation, B9Spec *spec,
                 GPtrArray *flags, GError **error)
{
  times_prepared++;
  for (gpus_seen = 0; preparation->gpus[gpus_seen] != NULL; gpus_seen++)
    continue;
  if (gpus_seen > 0)
    g_ptr_array_add (flags, g_strdup ("--gpu"));
  return gpus_seen == 0 || spec->remove (spec, "/linux/seccomp", "backend", error);
}

static void
setup (void)
{
  make_directories ();
  required = NULL;
  refuse_capability = FALSE;
  times_prepared = 0;
  gpus_seen = 0;
}

static Fixture *
fixture_new (const char *json)
{
  static char *flags[] = {(char *)"--given", NULL};
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autoptr (GBytes) bytes = g_bytes_new (json, strlen (json));

  fixture->text = b9_json_text_new (bytes, "config.json", NULL);
  ck_assert_ptr_nonnull (fixture->text);
  fixture->config = b9_config_built_in ();
  fixture->registry = b9_registry_new (directories);
  fixture->backend = (B9Backend){.struct_size = sizeof (B9Backend), .prepare = prepare_backend};
  fixture->runtime = (B9Runtime){.name = "tested", .backend = &fixture->backend};
  fixture->target = (B9Target){
      .runtime = &fixture->runtime, .program = (char *)"/bin/tested", .flags = flags};
  return fixture;
}

static void
fixture_free (Fixture *fixture)
{
  b9_prepared_clear (&fixture->prepared);
  b9_registry_free (fixture->registry);
  b9_config_free (fixture->config);
  b9_json_text_free (fixture->text);
  g_free (fixture);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

static gboolean
run_flow (Fixture *fixture, GError **error)
{
  const B9PreparationInput input = {.registry = fixture->registry,
                                    .config = fixture->config,
                                    .target = &fixture->target,
                                    .operation = B9_OPERATION_RUN,
                                    .bundle = "/bundle",
                                    .spec = fixture->text,
                                    .require = require};

  return b9_prepare (&input, &fixture->prepared, error);
}

static void
assert_refused_spec (const char *json, B9Error code, const char *message)
{
  g_autoptr (Fixture) fixture = fixture_new (json);
  g_autoptr (GError) error = NULL;

  ck_assert (!run_flow (fixture, &error));
  ck_assert_str_eq (error->message, message);
  ck_assert_int_eq (error->code, (int)code);
  ck_assert_uint_eq (times_prepared, 0);
}

START_TEST (loads_no_detector_where_nothing_asks_for_a_device)
{
  static const char *const specs[] = {
      "{}",
      "{\"linux\": {}}",
      "{\"linux\": {\"devices\": []}}",
      "{\"linux\": {\"devices\": null}, \"annotations\": null}",
      "{\"annotations\": {\"xcdi.k8s.io/a\": \"b\", \"cdi.k8s.io\": \"c\", \"CDI.k8s.io/a\": \"d\"}}",
  };

  install ("b9-gpu-flow");
  for (guint i = 0; i < G_N_ELEMENTS (specs); i++) {
    g_autoptr (Fixture) fixture = fixture_new (specs[i]);

    ck_assert (run_flow (fixture, NULL));
    ck_assert_ptr_null (fixture->prepared.trigger);
    ck_assert_uint_eq (fixture->prepared.detectors->len, 0);
    ck_assert (!b9_spec_copy_is_edited (fixture->prepared.copy));
    ck_assert_uint_eq (times_prepared, i + 1);
  }
  ck_assert (!g_file_test (witness, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST (edits_detects_requires_and_prepares)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Fixture) fixture = NULL;
  g_auto (GStrv) flags = NULL;
  g_autofree char *together = NULL;
  const B9GpuRequest *request;

  install ("b9-gpu-flow");
  fixture = fixture_new (
      "{\"linux\": {\"seccomp\": {}}, \"annotations\": {\"cdi.k8s.io/flow\": \"nvidia\"}}");
  ck_assert_msg (run_flow (fixture, &error), "%s", error != NULL ? error->message : "");
  ck_assert_str_eq (fixture->prepared.trigger, "annotations[\"cdi.k8s.io/flow\"]");
  ck_assert_str_eq (required, "gpu.passthrough for annotations[\"cdi.k8s.io/flow\"]");
  ck_assert_uint_eq (b9_gpu_requests_count (fixture->prepared.requests), 1);
  ck_assert_uint_eq (gpus_seen, 1);
  request = b9_gpu_requests_get (fixture->prepared.requests, 0);
  ck_assert_str_eq (request->detector, "flow");
  ck_assert_str_eq (request->device, "gpu 0 of many");
  ck_assert_uint_eq (b9_spec_copy_changes (fixture->prepared.copy)->len, 2);
  flags = b9_prepared_flags (&fixture->prepared, &fixture->target);
  together = g_strjoinv (" ", flags);
  ck_assert_str_eq (together, "--given --gpu");
}
END_TEST

START_TEST (asks_nvidias_cell_for_nvidias_gpus_alone)
{
  g_autoptr (Fixture) fixture = NULL;

  install ("b9-gpu-flow");
  refuse_capability = TRUE;
  fixture = fixture_new ("{\"annotations\": {\"cdi.k8s.io/flow\": \"amd\"}}");
  ck_assert (run_flow (fixture, NULL));
  ck_assert_ptr_null (required);
}
END_TEST

START_TEST (refuses_what_the_cell_refuses)
{
  install ("b9-gpu-flow");
  refuse_capability = TRUE;
  assert_refused_spec ("{\"annotations\": {\"cdi.k8s.io/flow\": \"nvidia\"}}", B9_ERROR_CAPABILITY,
                       "the cell's reason");
}
END_TEST

START_TEST (refuses_a_gpu_that_would_not_be_whole)
{
  install ("b9-gpu-flow");
  assert_refused_spec (
      "{\"linux\": {\"devices\": [{\"path\": \"/dev/half\"}]}}", B9_ERROR_UNSUPPORTED,
      "the container asks for the GPU /dev/half (linux.devices[0].path) and would not get all of it: "
      "its other half; add what is missing, or load the driver's modules (b9run doctor --gpu)");
}
END_TEST

START_TEST (passes_a_detectors_refusal_on)
{
  install ("b9-gpu-flow");
  assert_refused_spec ("{\"annotations\": {\"cdi.k8s.io/flow\": \"fail\"}}", B9_ERROR_BAD_INPUT,
                       "GPU detector flow: it was told to");
  assert_refused_spec ("{\"annotations\": {\"cdi.k8s.io/flow\": \"fail silently\"}}", B9_ERROR_PLUGIN,
                       "GPU detector flow failed and does not say why");
}
END_TEST

START_TEST (refuses_an_annotation_that_nobody_takes)
{
  assert_refused_spec (
      "{\"annotations\": {\"cdi.k8s.io/flow\": \"nvidia\"}}", B9_ERROR_UNSUPPORTED,
      "the annotation cdi.k8s.io/flow asks for devices, and no GPU detector takes it: there is none; "
      "install the plugin for it (b9run plugins shows those there are and those refused), or take it "
      "out of gpu.annotations in the configuration");
  install ("b9-gpu-flow");
  assert_refused_spec (
      "{\"annotations\": {\"cdi.k8s.io/flow\": \"ignore\"}}", B9_ERROR_UNSUPPORTED,
      "the annotation cdi.k8s.io/flow asks for devices, and no GPU detector takes it: those that are "
      "here leave it alone; install the plugin for it (b9run plugins shows those there are and those "
      "refused), or take it out of gpu.annotations in the configuration");
}
END_TEST

START_TEST (wants_each_annotation_taken)
{
  install ("b9-gpu-flow");
  assert_refused_spec (
      "{\"annotations\": {\"cdi.k8s.io/flow\": \"nvidia\", \"cdi.k8s.io/o~t/her\": \"x\"}}",
      B9_ERROR_UNSUPPORTED,
      "the annotation cdi.k8s.io/o~t/her asks for devices, and no GPU detector takes it: those that "
      "are here leave it alone; install the plugin for it (b9run plugins shows those there are and "
      "those refused), or take it out of gpu.annotations in the configuration");
}
END_TEST

START_TEST (refuses_a_spec_that_reads_two_ways)
{
  assert_refused_spec (
      "{\"linux\": {\"devices\": [], \"Devices\": [{\"path\": \"/dev/nvidia0\"}]}}", B9_ERROR_BAD_INPUT,
      "config.json: linux has the same member twice: \"devices\" (line 1) and \"Devices\" (line 1); "
      "keep one");
}
END_TEST

int
main (void)
{
  TCase *flow = tcase_create ("flow");
  TCase *const cases[] = {flow, NULL};

  tcase_add_checked_fixture (flow, setup, remove_directories);
  tcase_add_test (flow, loads_no_detector_where_nothing_asks_for_a_device);
  tcase_add_test (flow, edits_detects_requires_and_prepares);
  tcase_add_test (flow, asks_nvidias_cell_for_nvidias_gpus_alone);
  tcase_add_test (flow, refuses_what_the_cell_refuses);
  tcase_add_test (flow, refuses_a_gpu_that_would_not_be_whole);
  tcase_add_test (flow, passes_a_detectors_refusal_on);
  tcase_add_test (flow, refuses_an_annotation_that_nobody_takes);
  tcase_add_test (flow, wants_each_annotation_taken);
  tcase_add_test (flow, refuses_a_spec_that_reads_two_ways);
  return run_cases ("preparation", cases);
}
