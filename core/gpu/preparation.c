/* SPDX-License-Identifier: Apache-2.0
 *
 * preparation.c: see preparation.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-gpu"

#include "core/gpu/preparation.h"

#include <string.h>

#include <b9run/b9-checkpoint.h>

#include "core/gpu/gpu-type.h"
#include "core/plugin/provider.h"
#include "core/sys/failure.h"

#define PASSTHROUGH "gpu.passthrough"

void
b9_prepared_clear (B9Prepared *prepared)
{
  b9_spec_copy_free (prepared->copy);
  g_clear_pointer (&prepared->requests, g_ptr_array_unref);
  g_clear_pointer (&prepared->detectors, g_ptr_array_unref);
  g_clear_pointer (&prepared->added, g_ptr_array_unref);
  g_clear_pointer (&prepared->required, g_ptr_array_unref);
  g_free (prepared->trigger);
  memset (prepared, 0, sizeof *prepared);
}

/* Whether the name of an annotation is one that asks for devices. */
static gboolean
is_request (const B9Config *config, const char *name)
{
  const char *const *prefixes = b9_config_list (config, "gpu.annotations");

  for (; name != NULL && *prefixes != NULL; prefixes++) {
    if (g_str_has_prefix (name, *prefixes))
      return TRUE;
  }
  return FALSE;
}

/* The annotations of the caller's spec that ask for devices, as messages name them. */
static gboolean
find_annotations (const B9PreparationInput *input, GPtrArray *names, GError **error)
{
  B9JsonValue annotations;

  if (!b9_json_find (input->spec, B9_JSON_ROOT, &annotations, error, "annotations", NULL))
    return FALSE;
  if (annotations == B9_JSON_NONE || b9_json_kind (input->spec, annotations) != B9_JSON_OBJECT)
    return TRUE;
  for (B9JsonValue entry = b9_json_first (input->spec, annotations); entry != B9_JSON_NONE;
       entry = b9_json_next (input->spec, entry)) {
    g_autofree char *name = b9_json_member_name (input->spec, entry);

    if (b9_json_kind (input->spec, entry) != B9_JSON_NULL && is_request (input->config, name))
      g_ptr_array_add (names, g_steal_pointer (&name));
  }
  return TRUE;
}

static char *
annotation_source (const char *name)
{
  g_autofree char *quoted = b9_json_quote (name);

  return g_strdup_printf ("annotations[%s]", quoted);
}

/* Why detectors have to look at the spec; *trigger is NULL where they need not. */
static gboolean
find_trigger (const B9PreparationInput *input, const GPtrArray *annotations, char **trigger, GError **error)
{
  B9JsonValue devices;

  if (!b9_json_find (input->spec, B9_JSON_ROOT, &devices, error, "linux", "devices", NULL))
    return FALSE;
  if (annotations->len > 0)
    *trigger = annotation_source (g_ptr_array_index (annotations, 0));
  else if (devices != B9_JSON_NONE && b9_json_kind (input->spec, devices) == B9_JSON_ARRAY &&
           b9_json_first (input->spec, devices) != B9_JSON_NONE)
    *trigger = g_strdup ("linux.devices");
  return TRUE;
}

static gboolean
detector_failed (const B9OpenProvider *detector, GError *failure, GError **error)
{
  if (failure == NULL)
    return b9_fail (error, B9_ERROR_PLUGIN, "GPU detector %s failed and does not say why", detector->name);
  g_propagate_prefixed_error (error, failure, "GPU detector %s: ", detector->name);
  return FALSE;
}

static gboolean
edit_and_detect (B9Prepared *prepared, const char *backend, GError **error)
{
  B9Spec *spec = b9_spec_copy_interface (prepared->copy);
  GError *failure = NULL;
  B9GpuAdder adder;

  for (guint i = 0; i < prepared->detectors->len; i++) {
    const B9OpenProvider *detector = g_ptr_array_index (prepared->detectors, i);
    const B9GpuDetector *vtable = detector->vtable;

    b9_gpu_adder_init (&adder, prepared->requests, detector->name);
    if (B9_STRUCT_HAS (vtable, edit) &&
        !vtable->edit (&detector->host, backend, spec, &adder.interface, &failure))
      return detector_failed (detector, failure, error);
  }
  for (guint i = 0; i < prepared->detectors->len; i++) {
    const B9OpenProvider *detector = g_ptr_array_index (prepared->detectors, i);
    const B9GpuDetector *vtable = detector->vtable;

    b9_gpu_adder_init (&adder, prepared->requests, detector->name);
    if (!vtable->detect (&detector->host, spec, &adder.interface, &failure))
      return detector_failed (detector, failure, error);
  }
  return TRUE;
}

/* The JSON pointer of an annotation. */
static char *
annotation_pointer (const char *name)
{
  GString *pointer = g_string_new ("/annotations/");

  for (; *name != '\0'; name++) {
    if (*name == '~' || *name == '/')
      g_string_append (pointer, *name == '~' ? "~0" : "~1");
    else
      g_string_append_c (pointer, *name);
  }
  return g_string_free (pointer, FALSE);
}

/* Whether a detector has made a request of the annotation, or has noted or changed it. */
static gboolean
was_taken (const B9Prepared *prepared, const char *name)
{
  const GPtrArray *changes = b9_spec_copy_changes (prepared->copy);
  g_autofree char *source = annotation_source (name);
  g_autofree char *pointer = annotation_pointer (name);

  for (guint i = 0; i < b9_gpu_requests_count (prepared->requests); i++) {
    if (strcmp (b9_gpu_requests_get (prepared->requests, i)->source, source) == 0)
      return TRUE;
  }
  for (guint i = 0; i < changes->len; i++) {
    if (strcmp (((const B9SpecChange *)g_ptr_array_index (changes, i))->pointer, pointer) == 0)
      return TRUE;
  }
  return FALSE;
}

/* An annotation that nobody takes would leave the container without its device, and nobody would tell. */
static gboolean
check_annotations (const B9Prepared *prepared, const GPtrArray *annotations, GError **error)
{
  for (guint i = 0; i < annotations->len; i++) {
    const char *name = g_ptr_array_index (annotations, i);

    if (!was_taken (prepared, name))
      return b9_fail (
          error, B9_ERROR_UNSUPPORTED,
          "the annotation %s asks for devices, and no GPU detector takes it: %s; install the plugin for "
          "it (b9run plugins shows those there are and those refused), or take it out of "
          "gpu.annotations in the configuration",
          name, prepared->detectors->len > 0 ? "those that are here leave it alone" : "there is none");
  }
  return TRUE;
}

/* A container gets all of a GPU or is refused. */
static gboolean
check_request (const B9PreparationInput *input, const B9GpuRequest *request, GPtrArray *required,
               GError **error)
{
  if (request->gpu_class != B9_GPU_DEVICE)
    return TRUE;
  if (request->missing != NULL)
    return b9_fail (
        error, B9_ERROR_UNSUPPORTED,
        "the container asks for the GPU %s (%s) and would not get all of it: %s; add what is missing, or "
        "load the driver's modules (b9run doctor --gpu)",
        request->device, request->source, request->missing);
  /* The cell is about NVIDIA's driver; of the others nothing is known here. */
  if (required->len > 0 || strcmp (request->vendor, "nvidia") != 0 || input->require == NULL)
    return TRUE;
  g_ptr_array_add (required, g_strdup (PASSTHROUGH));
  return input->require (input->data, PASSTHROUGH, request->source, error);
}

static gboolean
check_requests (const B9PreparationInput *input, const B9Prepared *prepared, GError **error)
{
  for (guint i = 0; i < b9_gpu_requests_count (prepared->requests); i++) {
    if (!check_request (input, b9_gpu_requests_get (prepared->requests, i), prepared->required, error))
      return FALSE;
  }
  return b9_gpu_type_check (input->config, prepared->requests, error);
}

static gboolean
look_for_gpus (const B9PreparationInput *input, B9Prepared *prepared, GError **error)
{
  g_autoptr (GPtrArray) annotations = g_ptr_array_new_with_free_func (g_free);
  GPtrArray *detectors;

  if (!find_annotations (input, annotations, error) ||
      !find_trigger (input, annotations, &prepared->trigger, error))
    return FALSE;
  if (prepared->trigger == NULL)
    return TRUE;
  detectors = b9_provider_open_all (input->registry, input->config, input->state_directory, B9_PROVIDER_GPU,
                                    error);
  if (detectors == NULL)
    return FALSE;
  g_ptr_array_unref (prepared->detectors);
  prepared->detectors = detectors;
  return edit_and_detect (prepared, input->target->runtime->name, error) &&
         check_annotations (prepared, annotations, error) && check_requests (input, prepared, error);
}

static B9Preparation
describe (const B9PreparationInput *input, const B9Prepared *prepared)
{
  static const char *const none[] = {NULL};
  const B9Target *target = input->target;

  return (B9Preparation){
      .struct_size = sizeof (B9Preparation),
      .operation = input->operation,
      .program = target->program,
      .bundle = input->bundle,
      .flags = target->flags != NULL ? (const char *const *)target->flags : none,
      .gpus = (const B9GpuRequest *const *)prepared->requests->pdata,
      .id = target->id,
  };
}

static gboolean
asks_for_gpu (const B9Prepared *prepared)
{
  for (guint i = 0; i < b9_gpu_requests_count (prepared->requests); i++) {
    if (b9_gpu_requests_get (prepared->requests, i)->gpu_class == B9_GPU_DEVICE)
      return TRUE;
  }
  return FALSE;
}

/* What a save of the container's device state will need in it. */
static gboolean
checkpoint_providers_prepare (const B9PreparationInput *input, B9Prepared *prepared, GError **error)
{
  const B9Preparation preparation = describe (input, prepared);
  g_autoptr (GPtrArray) providers = NULL;

  if (!asks_for_gpu (prepared))
    return TRUE;
  providers = b9_provider_open_all (input->registry, input->config, input->state_directory,
                                    B9_PROVIDER_CHECKPOINT, error);
  for (guint i = 0; providers != NULL && i < providers->len; i++) {
    const B9OpenProvider *provider = g_ptr_array_index (providers, i);
    const B9CheckpointProvider *vtable = provider->vtable;

    if (B9_STRUCT_HAS (vtable, prepare) &&
        !vtable->prepare (&provider->host, input->target->runtime->name, &preparation,
                          b9_spec_copy_interface (prepared->copy), error))
      return FALSE;
  }
  return providers != NULL;
}

static gboolean
backend_prepares (const B9PreparationInput *input, B9Prepared *prepared, GError **error)
{
  const B9Target *target = input->target;
  const B9Backend *backend = target->runtime->backend;
  const B9Preparation preparation = describe (input, prepared);

  if (!B9_STRUCT_HAS (backend, prepare))
    return TRUE;
  return backend->prepare (&target->runtime->host, &preparation, b9_spec_copy_interface (prepared->copy),
                           prepared->added, error);
}

gboolean
b9_prepare (const B9PreparationInput *input, B9Prepared *prepared, GError **error)
{
  prepared->copy = b9_spec_copy_new (input->spec);
  prepared->requests = b9_gpu_requests_new ();
  prepared->detectors = g_ptr_array_new ();
  prepared->added = g_ptr_array_new_with_free_func (g_free);
  prepared->required = g_ptr_array_new_with_free_func (g_free);
  return look_for_gpus (input, prepared, error) && checkpoint_providers_prepare (input, prepared, error) &&
         backend_prepares (input, prepared, error);
}

char **
b9_prepared_flags (const B9Prepared *prepared, const B9Target *target)
{
  GPtrArray *flags = g_ptr_array_new ();

  for (guint i = 0; target->flags != NULL && target->flags[i] != NULL; i++)
    g_ptr_array_add (flags, g_strdup (target->flags[i]));
  for (guint i = 0; i < prepared->added->len; i++)
    g_ptr_array_add (flags, g_strdup (g_ptr_array_index (prepared->added, i)));
  g_ptr_array_add (flags, NULL);
  return (char **)g_ptr_array_free (flags, FALSE);
}
