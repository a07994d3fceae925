/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-prepare-gpu.c: what a container with a GPU needs besides its devices, and NVIDIA's hooks.
 *
 * runsc knows two ways to a GPU.  One begins with the device nodes, and is b9run's.  The other begins with a
 * hook of NVIDIA's and NVIDIA_VISIBLE_DEVICES in the environment: runsc then calls nvidia-container-cli
 * itself.  Images have that variable, so the second way can be taken by accident; it is closed here.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-prepare.h"

#include <string.h>
#include <sys/stat.h>

#include "runsc-release.h"

#define VISIBLE "NVIDIA_VISIBLE_DEVICES="

/* --- which GPU --- */

static gboolean
check_request (const B9GpuRequest *request, GError **error)
{
  if (request->gpu_class == B9_GPU_DEVICE && g_strcmp0 (request->vendor, "nvidia") != 0)
    return runsc_refuse (error,
                         "gpu.passthrough: %s asks for %s, a GPU of %s, and runsc passes on NVIDIA's only: "
                         "use --backend=runc",
                         request->source, request->device, request->vendor);
  /* A device node is judged by its path; this is something that CDI was asked for by name. */
  if (request->gpu_class == B9_GPU_COMPANION && strchr (request->device, '=') != NULL)
    return runsc_refuse (error,
                         "gpu.passthrough: %s asks for %s, which runsc does not pass on: use --backend=runc, "
                         "or leave it out",
                         request->source, request->device);
  return TRUE;
}

gboolean
runsc_find_gpu (RunscWork *work, GError **error)
{
  const B9GpuRequest *const *gpus = work->preparation->gpus;

  for (guint i = 0; gpus != NULL && gpus[i] != NULL; i++) {
    if (!check_request (gpus[i], error))
      return FALSE;
    work->gpu = work->gpu || gpus[i]->gpu_class == B9_GPU_DEVICE;
  }
  return TRUE;
}

/* --- the environment --- */

static gboolean
read_entry (const B9Spec *spec, guint index, char **entry, GError **error)
{
  g_autofree char *pointer = g_strdup_printf ("/process/env/%u", index);

  return spec->string (spec, pointer, entry, error);
}

/* Whether the legacy way would be taken: the last entry decides. */
static gboolean
is_visible (const RunscWork *work, gboolean *visible, GError **error)
{
  guint count = work->spec->length (work->spec, "/process/env");

  *visible = FALSE;
  for (guint i = 0; i < count; i++) {
    g_autofree char *entry = NULL;

    if (!read_entry (work->spec, i, &entry, error))
      return FALSE;
    if (entry != NULL && g_str_has_prefix (entry, VISIBLE))
      *visible = entry[strlen (VISIBLE)] != '\0' && strcmp (entry, VISIBLE "void") != 0;
  }
  return TRUE;
}

/* Leaves one entry, "void": with a hook of CDI's runsc passes over a "void" that follows another value. */
static gboolean
settle_visible (RunscWork *work, GError **error)
{
  static const char cause[] = "runsc: the GPU comes by its device nodes, not by NVIDIA's legacy hook";
  gboolean seen = FALSE;

  for (guint i = 0; i < work->spec->length (work->spec, "/process/env");) {
    g_autofree char *pointer = g_strdup_printf ("/process/env/%u", i);
    g_autofree char *entry = NULL;

    if (!read_entry (work->spec, i, &entry, error))
      return FALSE;
    if (entry == NULL || !g_str_has_prefix (entry, VISIBLE)) {
      i++;
      continue;
    }
    if (seen) {
      if (!work->spec->remove (work->spec, pointer, cause, error))
        return FALSE;
      continue;
    }
    seen = TRUE;
    i++;
    if (strcmp (entry, VISIBLE "void") != 0 &&
        !work->spec->set (work->spec, pointer, "\"" VISIBLE "void\"", cause, error))
      return FALSE;
  }
  return TRUE;
}

/* --- hooks --- */

/* One hook; args[0] is the program's name. */
typedef struct {
  char *path;
  GPtrArray *args;
} Hook;

static void
hook_clear (Hook *hook)
{
  g_free (hook->path);
  g_clear_pointer (&hook->args, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Hook, hook_clear)

static gboolean
read_hook (const B9Spec *spec, const char *place, Hook *hook, GError **error)
{
  g_autofree char *path = g_strconcat (place, "/path", NULL);
  g_autofree char *list = g_strconcat (place, "/args", NULL);
  guint count = spec->length (spec, list);

  hook->args = g_ptr_array_new_with_free_func (g_free);
  if (!spec->string (spec, path, &hook->path, error))
    return FALSE;
  for (guint i = 0; i < count; i++) {
    g_autofree char *pointer = g_strdup_printf ("%s/%u", list, i);
    char *argument = NULL;

    if (!spec->string (spec, pointer, &argument, error))
      return FALSE;
    g_ptr_array_add (hook->args, argument != NULL ? argument : g_strdup (""));
  }
  return TRUE;
}

static gboolean
is_called (const Hook *hook, const char *name)
{
  g_autofree char *base = hook->path != NULL ? g_path_get_basename (hook->path) : NULL;

  return g_strcmp0 (base, name) == 0;
}

/* Both names that NVIDIA's toolkit has had for it. */
static gboolean
is_legacy (const Hook *hook)
{
  return is_called (hook, "nvidia-container-runtime-hook") || is_called (hook, "nvidia-container-toolkit");
}

static gboolean
has_argument (const Hook *hook, guint index, const char *wanted)
{
  return index < hook->args->len && strcmp (g_ptr_array_index (hook->args, index), wanted) == 0;
}

/* "nvidia-cdi-hook disable-…" and the older "nvidia-ctk hook disable-…": gVisor does it itself, and runsc
 * passes over the first form alone. */
static gboolean
is_needless (const Hook *hook)
{
  static const char name[] = "disable-device-node-modification";

  return (is_called (hook, "nvidia-cdi-hook") && has_argument (hook, 1, name)) ||
         (is_called (hook, "nvidia-ctk") && has_argument (hook, 1, "hook") && has_argument (hook, 2, name));
}

typedef gboolean (*HookTest) (const Hook *hook);

/* Calls @test for each hook of @stage; those that it holds for are counted in *@found, and taken out where
 * there is a @cause. */
static gboolean
walk_hooks (RunscWork *work, const char *stage, HookTest test, const char *cause, guint *found,
            GError **error)
{
  g_autofree char *list = g_strconcat ("/hooks/", stage, NULL);

  for (guint i = 0; i < work->spec->length (work->spec, list);) {
    g_autofree char *place = g_strdup_printf ("%s/%u", list, i);
    g_auto (Hook) hook = {0};
    gboolean holds;

    if (!read_hook (work->spec, place, &hook, error))
      return FALSE;
    holds = test (&hook);
    *found += holds;
    if (holds && cause != NULL) {
      if (!work->spec->remove (work->spec, place, cause, error))
        return FALSE;
    } else {
      i++;
    }
  }
  return TRUE;
}

/* Engines put it there for `--gpus` and for images with NVIDIA_VISIBLE_DEVICES. */
static gboolean
settle_legacy (RunscWork *work, GError **error)
{
  static const char *const stages[] = {"prestart", "createRuntime"};
  const char *cause = work->gpu ? "runsc: the GPU comes by its device nodes, not by this hook" : NULL;
  gboolean visible;
  guint found = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (stages); i++) {
    if (!walk_hooks (work, stages[i], is_legacy, cause, &found, error))
      return FALSE;
  }
  if (found == 0 || work->gpu)
    return found == 0 || settle_visible (work, error);
  if (!is_visible (work, &visible, error))
    return FALSE;
  /* Who switches nvproxy on in the flags has chosen runsc's own way. */
  return !visible || runsc_flag_is_set (work->preparation->flags, "nvproxy") ||
         runsc_refuse (error,
                       "gpu.passthrough: the bundle asks for GPUs by NVIDIA's legacy hook and "
                       "NVIDIA_VISIBLE_DEVICES, which does not work with runsc: ask by CDI (podman and "
                       "docker: --device nvidia.com/gpu=all), or set NVIDIA_VISIBLE_DEVICES=void for none");
}

/* runsc says nothing about the hooks that it passes over. */
static gboolean
report_skipped (RunscWork *work)
{
  g_auto (RunscRelease) release = {0};
  g_autofree char *evidence = NULL;
  g_autofree char *line = NULL;
  guint count = work->spec->length (work->spec, "/hooks/createContainer");

  if (count == 0)
    return TRUE;
  runsc_release_init (&release, work->host, work->preparation->program);
  if (runsc_release_runs_hooks (&release, &evidence) != RUNSC_NO)
    return TRUE;
  line = g_strdup_printf (
      "this runsc passes over the %u createContainer hooks of the bundle%s: use a release "
      "of 2026-05-20 or later if they matter",
      count, work->gpu ? ", so no links and no loader's cache are made for the driver's libraries" : "");
  work->host->log (work->host, B9_LOG_WARNING, line);
  work->spec->note (work->spec, "/hooks/createContainer", "left, but this runsc does not run them", evidence);
  return TRUE;
}

gboolean
runsc_prepare_hooks (RunscWork *work, GError **error)
{
  guint found = 0;

  return settle_legacy (work, error) &&
         walk_hooks (work, "createContainer", is_needless,
                     "runsc: gVisor does this itself, and the hook fails in its sandbox", &found, error) &&
         report_skipped (work);
}

static gboolean
is_of_nvidia (const Hook *hook)
{
  return is_called (hook, "nvidia-cdi-hook") || is_called (hook, "nvidia-ctk");
}

/* What is left of the ways to switch the legacy way on. */
static gboolean
close_legacy (RunscWork *work, GError **error)
{
  guint found = 0;

  if (!walk_hooks (work, "createContainer", is_of_nvidia, NULL, &found, error))
    return FALSE;
  return (found == 0 && !runsc_flag_is_set (work->preparation->flags, "nvproxy-docker")) ||
         settle_visible (work, error);
}

/* --- seccomp and sockets --- */

static gboolean
drop_seccomp (RunscWork *work, GError **error)
{
  if (work->spec->kind (work->spec, "/linux/seccomp") == B9_SPEC_ABSENT ||
      runsc_flag_is_set (work->preparation->flags, "oci-seccomp"))
    return TRUE;
  return work->spec->remove (work->spec, "/linux/seccomp",
                             "runsc: it passes over the filter unless oci-seccomp is set", error);
}

/* NVIDIA's daemons on the host talk over these; the sandbox has no way to them. */
static gboolean
is_socket_of_nvidia (const RunscWork *work, const char *source, const char *destination)
{
  g_autofree char *path = NULL;
  struct stat info;

  if (source == NULL || destination == NULL || strstr (destination, "nvidia") == NULL)
    return FALSE;
  path = g_canonicalize_filename (source, work->preparation->bundle);
  return stat (path, &info) == 0 && S_ISSOCK (info.st_mode);
}

static gboolean
drop_sockets (RunscWork *work, GError **error)
{
  const char *allowed = runsc_flag_value (work->preparation->flags, "host-uds");

  if (allowed != NULL && strcmp (allowed, "none") != 0)
    return TRUE;
  for (guint i = 0; i < work->spec->length (work->spec, "/mounts");) {
    g_autofree char *place = g_strdup_printf ("/mounts/%u", i);
    g_autofree char *source_place = g_strconcat (place, "/source", NULL);
    g_autofree char *destination_place = g_strconcat (place, "/destination", NULL);
    g_autofree char *source = NULL;
    g_autofree char *destination = NULL;

    if (!work->spec->string (work->spec, source_place, &source, error) ||
        !work->spec->string (work->spec, destination_place, &destination, error))
      return FALSE;
    if (!is_socket_of_nvidia (work, source, destination))
      i++;
    else if (!work->spec->remove (work->spec, place,
                                  "runsc: a socket of the host cannot be used in the sandbox (host-uds is "
                                  "none)",
                                  error))
      return FALSE;
  }
  return TRUE;
}

/* --- flags --- */

static gboolean
add_flags (RunscWork *work, GPtrArray *flags, GError **error)
{
  const char *const *given = work->preparation->flags;
  const char *version = work->host->config_string (work->host, "nvproxy-driver-version");

  if (runsc_flag_value (given, "nvproxy") != NULL && !runsc_flag_is_set (given, "nvproxy"))
    return runsc_refuse (error,
                         "gpu.nvproxy: a GPU is asked for, and nvproxy is switched off in the flags of "
                         "runsc: leave it out of backends.runsc.flags");
  if (!runsc_flag_is_set (given, "nvproxy"))
    g_ptr_array_add (flags, g_strdup ("--nvproxy=true"));
  if (version != NULL && runsc_flag_value (given, "nvproxy-driver-version") == NULL)
    g_ptr_array_add (flags, g_strdup_printf ("--nvproxy-driver-version=%s", version));
  return TRUE;
}

static void
log_devices (const RunscWork *work)
{
  const char *id = B9_STRUCT_HAS (work->preparation, id) ? work->preparation->id : NULL;
  g_autoptr (GString) line = g_string_new ("starting container with nvproxy: ");
  const B9GpuRequest *const *gpus = work->preparation->gpus;

  if (id != NULL)
    g_string_append_printf (line, "%s, ", id);
  g_string_append (line, "devices");
  for (guint i = 0; gpus[i] != NULL; i++) {
    if (gpus[i]->gpu_class == B9_GPU_DEVICE)
      g_string_append_printf (line, " %s", gpus[i]->device);
  }
  work->host->log (work->host, B9_LOG_INFO, line->str);
}

gboolean
runsc_prepare_gpu (RunscWork *work, GPtrArray *flags, GError **error)
{
  if (!close_legacy (work, error) || !drop_seccomp (work, error) || !drop_sockets (work, error) ||
      !add_flags (work, flags, error))
    return FALSE;
  log_devices (work);
  return TRUE;
}
