/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cuda-strategies.c: which strategy the cuda-checkpoint provider chooses for a container, and what it
 * prepares for the ones that others carry out: runsc in the sandbox, and CRIU's plugin.
 */
#include "config.h"

#include "core/spec/spec.h"
#include "tests/cuda-testing.h"

/* --- choices --- */

typedef struct {
  const char *driver, *backend, *wanted, *method, *plugin, *chosen;
  const char *message;
} Choice;

static const Choice choices[] = {
    {"580.65.06", "runc", NULL, NULL, NULL, "host", NULL},
    {"555.42.02", "runc", NULL, NULL, NULL, "host", NULL},
    {"555.42.02", "runc", NULL, "api", NULL, NULL,
     "the container's CUDA state cannot be saved: driver 555.42.02 is older than 570, the first with "
     "checkpoint "
     "functions in libcuda"},
    {"550.90.07", "runc", NULL, NULL, NULL, NULL,
     "the container's CUDA state cannot be saved: driver 550.90.07 is older than 555, the first with actions "
     "that "
     "can be undone"},
    {"535.104.12", "runc", NULL, NULL, NULL, NULL,
     "the container's CUDA state cannot be saved: driver 535.104.12 cannot suspend CUDA processes at all; "
     "550 is "
     "the first that can"},
    {NULL, "runc", NULL, NULL, NULL, NULL,
     "the container's CUDA state cannot be saved: no NVIDIA driver is loaded"},
    {"580.65.06", "runc", "plugin", NULL, "yes", "plugin", NULL},
    {"580.65.06", "runc", "plugin", NULL, NULL, NULL,
     "CRIU's CUDA plugin cannot be used: CRIU's cuda_plugin.so was not found"},
    {"580.65.06", "runc", "sandbox", NULL, NULL, NULL,
     "the strategy sandbox is runsc's; containers of runc take host or plugin"},
    {"580.65.06", "runc", "toggle", NULL, NULL, NULL,
     "\"toggle\" is no strategy of cuda-checkpoint; it has host, plugin and sandbox"},
    {"580.65.06", "runsc", "host", NULL, NULL, "host", NULL},
    {"580.65.06", "runsc", "plugin", NULL, "yes", NULL,
     "the strategy plugin is CRIU's, and runsc does not save with CRIU; it takes sandbox"},
    {"580.65.06", "runsc", NULL, NULL, NULL, NULL,
     "/opt/bin/runtime cannot save CUDA state: it has no --cuda-checkpoint-path, which runsc has from "
     "release "
     "20260608 on"},
};

START_TEST (chooses_what_works_here)
{
  const Choice *choice = &choices[_i];
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, choice->backend, choice->wanted);
  g_autofree char *version = at_top ("proc/driver/nvidia/version");
  g_autoptr (GError) error = NULL;
  g_autofree char *chosen = NULL;

  if (choice->driver != NULL)
    put_driver (choice->driver);
  else
    unlink (version);
  if (choice->method != NULL)
    set ("method", choice->method);
  if (choice->plugin != NULL) {
    make_directory ("usr/lib/criu");
    put_file ("usr/lib/criu/cuda_plugin.so", "");
  }
  witness->program_output = "USAGE: runtime checkpoint\n";
  chosen = cuda_choose (&witness->host, &job, &error);
  ck_assert_msg (g_strcmp0 (chosen, choice->chosen) == 0, "%s: %s", chosen,
                 error != NULL ? error->message : "");
  if (choice->message != NULL)
    assert_failure (error, g_strcmp0 (choice->wanted, "toggle") == 0 ? B9_ERROR_USAGE : B9_ERROR_UNSUPPORTED,
                    choice->message);
}
END_TEST

/* --- the program inside a sandbox --- */

/* A spec of a container, as the core hands it out. */
typedef struct {
  B9JsonText *text;
  B9SpecCopy *copy;
} Spec;

static void
spec_clear (Spec *spec)
{
  b9_spec_copy_free (spec->copy);
  b9_json_text_free (spec->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Spec, spec_clear)

/* "TOP" in @json is the test's directory. */
static Spec
spec_of (const char *json)
{
  g_auto (GStrv) parts = g_strsplit (json, "TOP", -1);
  char *text = g_strjoinv (top, parts);
  g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));
  Spec spec = {.text = b9_json_text_new (bytes, "config.json", NULL)};

  ck_assert_ptr_nonnull (spec.text);
  spec.copy = b9_spec_copy_new (spec.text);
  return spec;
}

static gboolean
mount_is_wanted (const B9Host *host G_GNUC_UNUSED, const char *key)
{
  return strcmp (key, "mount") == 0 && g_hash_table_contains (settings, "mount");
}

static void
log_nothing (const B9Host *host G_GNUC_UNUSED, B9LogLevel level G_GNUC_UNUSED,
             const char *message G_GNUC_UNUSED)
{
}

static void
prepare_for (Spec *spec, const char *backend)
{
  const B9Preparation preparation = {
      .struct_size = sizeof preparation, .program = "/opt/bin/runtime", .bundle = top};

  witness->host.config_boolean = mount_is_wanted;
  witness->host.log = log_nothing;
  ck_assert (cuda_prepare (&witness->host, backend, &preparation, b9_spec_copy_interface (spec->copy), NULL));
}

typedef struct {
  const char *backend, *help, *path, *spec;
  gboolean wanted;
  const char *note; /* the cause of the only change */
  gboolean mounts;
} Mounting;

#define HAS_FLAG "  -cuda-checkpoint-path string\n"
#define ADDED                                                         \
  "cuda-checkpoint: runsc runs it in the sandbox to save CUDA state " \
  "(checkpoint.cuda-checkpoint.mount is true)"

static const Mounting mountings[] = {
    {"runsc", HAS_FLAG, NULL, "{\"mounts\":[]}", TRUE, ADDED, TRUE},
    {"runsc", HAS_FLAG, NULL, "{}", TRUE, ADDED, TRUE},
    {"runsc", HAS_FLAG, NULL, "{\"mounts\":[]}", FALSE, NULL, FALSE},
    {"runc", HAS_FLAG, NULL, "{\"mounts\":[]}", TRUE, NULL, FALSE},
    {"runsc", "USAGE\n", NULL, "{\"mounts\":[]}", TRUE,
     "this runsc has no --cuda-checkpoint-path; release 20260608 is the first", FALSE},
    {"runsc", HAS_FLAG, "/nonexistent", "{\"mounts\":[]}", TRUE,
     "the program was not found; name it by checkpoint.cuda-checkpoint.path", FALSE},
    {"runsc", HAS_FLAG, NULL,
     "{\"mounts\":[{\"destination\":\"/usr/bin/cuda-checkpoint\",\"type\":\"bind\",\"source\":\"TOP/"
     "mine\"}]}",
     TRUE, NULL, FALSE},
};

START_TEST (mounts_the_program_where_that_is_wanted_and_of_use)
{
  const Mounting *what = &mountings[_i];
  g_auto (Spec) spec = spec_of (what->spec);
  const GPtrArray *changes;

  put_file ("mine", "");
  witness->program_output = what->help;
  if (what->wanted)
    set ("mount", "true");
  if (what->path != NULL)
    set ("path", what->path);
  prepare_for (&spec, what->backend);
  changes = b9_spec_copy_changes (spec.copy);
  ck_assert_uint_eq (changes->len, what->note != NULL ? 1 : 0);
  if (what->note != NULL)
    ck_assert_str_eq (((const B9SpecChange *)g_ptr_array_index (changes, 0))->cause, what->note);
  ck_assert_int_eq (b9_spec_copy_is_edited (spec.copy), what->mounts);
  if (what->mounts) {
    g_autofree char *mount = NULL;

    mount = b9_spec_copy_interface (spec.copy)->json (b9_spec_copy_interface (spec.copy), "/mounts/0");
    ck_assert_str_eq (mount,
                      "{\"destination\":\"/usr/bin/cuda-checkpoint\",\"type\":\"bind\",\"source\":\"" FAKES
                      "/fake-cuda-checkpoint\",\"options\":[\"bind\",\"ro\",\"nosuid\",\"nodev\"]}");
  }
}
END_TEST

typedef struct {
  const char *spec;
  gboolean has;
} Place;

static const Place places[] = {
    {"{}", FALSE},
    {"{\"root\":{\"path\":\"rootfs\"}}", TRUE},
    {"{\"root\":{\"path\":\"TOP/rootfs\"}}", TRUE},
    {"{\"root\":{\"path\":\"elsewhere\"}}", FALSE},
    {"{\"root\":{\"path\":\"rootfs\"},\"mounts\":[{\"destination\":\"/opt\",\"source\":\"TOP/empty\"}]}",
     FALSE},
    {"{\"root\":{\"path\":\"rootfs\"},\"mounts\":[{\"destination\":\"/op\",\"source\":\"TOP/empty\"}]}",
     TRUE},
    {"{\"mounts\":[{\"destination\":\"/opt/\",\"source\":\"TOP/rootfs/opt\"}]}", TRUE},
    {"{\"mounts\":[{\"destination\":\"/opt\",\"source\":\"TOP/rootfs/opt\"},"
     "{\"destination\":\"/opt\",\"source\":\"tmpfs\",\"type\":\"tmpfs\"}]}",
     FALSE},
    {"{\"mounts\":[{\"destination\":\"/opt/cuda\",\"source\":\"TOP/rootfs/opt/cuda\"}]}", TRUE},
};

START_TEST (knows_whether_the_program_is_in_the_sandbox)
{
  const Place *what = &places[_i];
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runsc", NULL);
  g_auto (Spec) spec = spec_of (what->spec);
  g_autoptr (GError) error = NULL;
  g_autofree char *chosen = NULL;

  make_directory ("rootfs/opt");
  make_directory ("empty");
  put_file ("rootfs/opt/cuda", "");
  witness->program_output = HAS_FLAG;
  set ("sandbox-path", "/opt/cuda");
  job.bundle = top;
  job.spec = b9_spec_copy_interface (spec.copy);
  chosen = cuda_choose (&witness->host, &job, &error);
  if (what->has) {
    ck_assert_str_eq (chosen, "sandbox");
    return;
  }
  assert_failure (
      error, B9_ERROR_UNSUPPORTED,
      "the container's CUDA state cannot be saved: runsc runs cuda-checkpoint inside the sandbox, "
      "and the container has none at /opt/cuda; have its bundle mount it there, or set "
      "checkpoint.cuda-checkpoint.mount: true, and start it anew");
}
END_TEST

START_TEST (a_restore_needs_the_program_where_the_image_had_it)
{
  static const B9CheckpointFact fact = {sizeof fact, "cuda-checkpoint.sandbox-path", "/opt/cuda"};
  static const B9CheckpointFact *const facts[] = {&fact, NULL};
  B9CheckpointJob job = make_job (B9_OPERATION_RESTORE, "runsc", "sandbox");
  g_auto (Spec) spec = spec_of ("{\"root\":{\"path\":\"rootfs\"}}");
  g_autoptr (GError) error = NULL;

  job.bundle = top;
  job.facts = facts;
  job.spec = b9_spec_copy_interface (spec.copy);
  ck_assert (!cuda_check_image (&witness->host, &job, &error));
  assert_failure (
      error, B9_ERROR_START_COLD,
      "program-missing: the image was made with cuda-checkpoint at /opt/cuda of the container, and "
      "this bundle has none there; have it mount it, or set checkpoint.cuda-checkpoint.mount: true");
  make_directory ("rootfs/opt");
  put_file ("rootfs/opt/cuda", "");
  ck_assert (cuda_check_image (&witness->host, &job, NULL));
}
END_TEST

START_TEST (a_new_runsc_does_it_inside)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runsc", NULL);
  g_autoptr (GPtrArray) environment = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) arguments = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *chosen = NULL;

  witness->program_output = "  -cuda-checkpoint-path string\n";
  set ("sandbox-path", "/opt/cuda-checkpoint");
  chosen = cuda_choose (&witness->host, &job, NULL);
  ck_assert_str_eq (chosen, "sandbox");
  ck_assert (cuda_equip (&witness->host, &job, environment, arguments, NULL));
  ck_assert_uint_eq (arguments->len, 1);
  ck_assert_str_eq (g_ptr_array_index (arguments, 0), "--cuda-checkpoint-path=/opt/cuda-checkpoint");
  ck_assert_uint_eq (environment->len, 0);
  session = cuda_open (&witness->host, &job, NULL);
  ck_assert (LOCK (NULL) && SUSPEND (NULL) && RESUME (NULL));
}
END_TEST

START_TEST (tells_criu_where_its_plugin_is)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runc", "plugin");
  g_autoptr (GPtrArray) environment = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *directory = at_top ("plugins");
  g_autofree char *expected = g_strconcat ("CRIU_LIBS_DIR=", directory, NULL);

  make_directory ("plugins");
  put_file ("plugins/cuda_plugin.so", "");
  set ("plugin-directory", directory);
  g_ptr_array_add (environment, g_strdup ("PATH=/criu"));
  ck_assert (cuda_equip (&witness->host, &job, environment, NULL, NULL));
  ck_assert_uint_eq (environment->len, 2);
  ck_assert_str_eq (g_ptr_array_index (environment, 0), expected);
  ck_assert_str_eq (g_ptr_array_index (environment, 1), "PATH=/criu:" FAKES);
}
END_TEST

START_TEST (sees_a_process_by_its_library)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT, "runc", NULL);
  g_autofree char *library = at_top ("libcuda.so.580");
  g_autofree char *version = at_top ("proc/driver/nvidia/version");
  const char *argv[] = {FAKES "/fake-cuda-process", library, NULL};
  B9DeviceProcess process = {.struct_size = sizeof process};
  int output = -1;
  char word[8] = "";

  put_file ("libcuda.so.580", "text\n");
  add_process (FALSE);
  ck_assert (!cuda_applies (&witness->host, &job, processes, 1));
  ck_assert (g_spawn_async_with_pipes (NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                       &process.pid, NULL, &output, NULL, NULL));
  ck_assert_int_eq (read (output, word, 5), 5);
  ck_assert (cuda_applies (&witness->host, &job, &process, 1));
  ck_assert_int_eq (unlink (version), 0);
  ck_assert (!cuda_applies (&witness->host, &job, &process, 1));
  kill (process.pid, SIGKILL);
  ck_assert_int_eq (waitpid (process.pid, NULL, 0), process.pid);
  close (output);
}
END_TEST

int
main (void)
{
  TCase *strategies = cuda_case ("strategies");
  TCase *const cases[] = {strategies, NULL};

  tcase_add_loop_test (strategies, chooses_what_works_here, 0, G_N_ELEMENTS (choices));
  tcase_add_test (strategies, a_new_runsc_does_it_inside);
  tcase_add_loop_test (strategies, mounts_the_program_where_that_is_wanted_and_of_use, 0,
                       G_N_ELEMENTS (mountings));
  tcase_add_loop_test (strategies, knows_whether_the_program_is_in_the_sandbox, 0, G_N_ELEMENTS (places));
  tcase_add_test (strategies, a_restore_needs_the_program_where_the_image_had_it);
  tcase_add_test (strategies, tells_criu_where_its_plugin_is);
  tcase_add_test (strategies, sees_a_process_by_its_library);
  return run_cases ("cuda-strategies", cases);
}
