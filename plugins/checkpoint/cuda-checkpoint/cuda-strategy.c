/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda-strategy.c: who moves the device state, and what that takes.
 *
 *   - host: this provider does, around the runtime's save and restore, for runtimes whose processes are the
 *     host's;
 *   - sandbox: runsc does, inside (cuda-sandbox.c): the driver does not take a gVisor sandbox for a CUDA
 *     process;
 *   - plugin: CRIU's cuda_plugin.so does, one process after the other.
 *
 * "host" with runsc is kept for who asks for it; cuda_lock() refuses where the driver knows none of its
 * processes.
 */
#include "config.h"

#include "cuda.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define FACT_GPU "cuda-checkpoint.gpu"
#define FACT_DRIVER "cuda-checkpoint.driver"
#define FACT_PROGRAM "cuda-checkpoint.sandbox-path"

static gboolean fail (GError **error, B9Error code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail (GError **error, B9Error code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, B9_ERROR, (int)code, text);
  return FALSE;
}

/* --- does it apply? --- */

static gboolean
has_device_open (pid_t pid)
{
  char path[64];
  int directory;
  struct dirent *entry;
  gboolean found = FALSE;
  DIR *stream;

  snprintf (path, sizeof path, "/proc/%d/fd", (int)pid);
  directory = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  stream = directory >= 0 ? fdopendir (directory) : NULL;
  if (stream == NULL) {
    if (directory >= 0)
      close (directory);
    return FALSE;
  }
  while (!found && (entry = readdir (stream)) != NULL) {
    char target[64];
    ssize_t length = readlinkat (directory, entry->d_name, target, sizeof target - 1);

    target[MAX (length, 0)] = '\0';
    found = g_str_has_prefix (target, "/dev/nvidia");
  }
  closedir (stream);
  return found;
}

/* A suspended process has let go of its devices, but not of the library. */
static gboolean
has_libcuda (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/maps", (int)pid);
  g_autofree char *maps = NULL;

  return g_file_get_contents (path, &maps, NULL, NULL) && strstr (maps, "/libcuda.so") != NULL;
}

gboolean
cuda_process_uses_gpu (pid_t pid)
{
  return has_device_open (pid) || has_libcuda (pid);
}

static gboolean
has_fact (const B9CheckpointJob *job, const char *name)
{
  for (const B9CheckpointFact *const *fact = job->facts; fact != NULL && *fact != NULL; fact++) {
    if (strcmp ((*fact)->name, name) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
cuda_applies (const B9Host *host, const B9CheckpointJob *job, const B9DeviceProcess *processes,
              guint n_processes)
{
  g_autofree char *version = NULL;

  if (job->operation == B9_OPERATION_RESTORE && (job->strategy != NULL || has_fact (job, FACT_DRIVER)))
    return TRUE;
  version = host->read_file (host, "/proc/driver/nvidia/version", 4096, NULL, NULL);
  if (version == NULL)
    return FALSE;
  /* An image of the bare runtime's says nothing; its processes will. */
  if (job->operation == B9_OPERATION_RESTORE && n_processes == 0)
    return job->facts == NULL;
  for (guint i = 0; i < n_processes; i++) {
    if (cuda_process_uses_gpu (processes[i].pid))
      return TRUE;
  }
  return FALSE;
}

/* --- which strategy? --- */

/* The spec is the container's own; without one, as for an image of the bare runtime's, nothing can be said.
 */
static gboolean
has_program (const B9Host *host, const B9CheckpointJob *job)
{
  return !B9_STRUCT_HAS (job, spec) || cuda_sandbox_has (job->spec, job->bundle, cuda_sandbox_path (host));
}

static gboolean
check_sandbox (const B9Host *host, const B9CheckpointJob *job, GError **error)
{
  if (strcmp (job->backend, CUDA_SANDBOX_RUNTIME) != 0)
    return fail (error, B9_ERROR_UNSUPPORTED,
                 "the strategy sandbox is runsc's; containers of %s take host or plugin", job->backend);
  if (!cuda_runtime_moves_cuda (host, job->program))
    return fail (error, B9_ERROR_UNSUPPORTED,
                 "%s cannot save CUDA state: it has no --cuda-checkpoint-path, which runsc has from release "
                 "20260608 on",
                 job->program);
  if (job->operation == B9_OPERATION_CHECKPOINT && !has_program (host, job))
    return fail (
        error, B9_ERROR_UNSUPPORTED,
        "the container's CUDA state cannot be saved: runsc runs cuda-checkpoint inside the sandbox, and "
        "the container has none at %s; have its bundle mount it there, or set "
        "checkpoint.cuda-checkpoint.mount: true, and start it anew",
        cuda_sandbox_path (host));
  return TRUE;
}

static gboolean
check_host (const B9Host *host, const CudaHost *cuda, GError **error)
{
  g_autofree char *reason = NULL;

  if (cuda_choose_method (host, cuda, &reason) != CUDA_METHOD_NONE)
    return TRUE;
  return fail (error, B9_ERROR_UNSUPPORTED, "the container's CUDA state cannot be saved: %s", reason);
}

static gboolean
check_plugin (const B9CheckpointJob *job, const CudaHost *cuda, GError **error)
{
  g_autofree char *reason = NULL;

  if (strcmp (job->backend, CUDA_SANDBOX_RUNTIME) == 0)
    return fail (error, B9_ERROR_UNSUPPORTED,
                 "the strategy plugin is CRIU's, and %s does not save with CRIU; it takes sandbox",
                 job->backend);
  return cuda_plugin_works (cuda, &reason) ||
         fail (error, B9_ERROR_UNSUPPORTED, "CRIU's CUDA plugin cannot be used: %s", reason);
}

char *
cuda_choose (const B9Host *host, const B9CheckpointJob *job, GError **error)
{
  const char *configured = host->config_string (host, "strategy");
  const char *wanted = job->strategy != NULL ? job->strategy : configured;
  g_auto (CudaHost) cuda = {0};
  g_autofree char *unused = NULL;
  gboolean good;

  cuda_host_look (host, &cuda);
  if (wanted == NULL && strcmp (job->backend, CUDA_SANDBOX_RUNTIME) == 0)
    wanted = B9_STRATEGY_SANDBOX;
  /* Host first: it suspends all processes at once, and what it did can be seen. */
  if (wanted == NULL)
    wanted = cuda_choose_method (host, &cuda, &unused) == CUDA_METHOD_NONE && cuda.plugin != NULL
                 ? B9_STRATEGY_PLUGIN
                 : B9_STRATEGY_HOST;
  if (strcmp (wanted, B9_STRATEGY_HOST) == 0)
    good = check_host (host, &cuda, error);
  else if (strcmp (wanted, B9_STRATEGY_PLUGIN) == 0)
    good = check_plugin (job, &cuda, error);
  else if (strcmp (wanted, B9_STRATEGY_SANDBOX) == 0)
    good = check_sandbox (host, job, error);
  else
    good = fail (error, B9_ERROR_USAGE,
                 "\"%s\" is no strategy of cuda-checkpoint; it has host, plugin and sandbox", wanted);
  return good ? g_strdup (wanted) : NULL;
}

/* --- what it takes --- */

static void
set_variable (GPtrArray *environment, const char *name, const char *value)
{
  g_autofree char *prefix = g_strconcat (name, "=", NULL);

  for (guint i = environment->len; i > 0; i--) {
    if (g_str_has_prefix (g_ptr_array_index (environment, i - 1), prefix))
      g_ptr_array_remove_index (environment, i - 1);
  }
  g_ptr_array_add (environment, g_strconcat (prefix, value, NULL));
}

/* Behind what is there: CRIU calls cuda-checkpoint by its name. */
static void
append_to_path (GPtrArray *environment, const char *directory)
{
  const char *path = g_getenv ("PATH");
  g_autofree char *longer = NULL;

  for (guint i = 0; i < environment->len; i++) {
    if (g_str_has_prefix (g_ptr_array_index (environment, i), "PATH="))
      path = (const char *)g_ptr_array_index (environment, i) + strlen ("PATH=");
  }
  longer = g_strconcat (path != NULL && *path != '\0' ? path : DEFAULT_PATH, ":", directory, NULL);
  set_variable (environment, "PATH", longer);
}

gboolean
cuda_equip (const B9Host *host, const B9CheckpointJob *job, GPtrArray *environment, GPtrArray *arguments,
            GError **error)
{
  g_autofree char *strategy = cuda_choose (host, job, error);
  g_auto (CudaHost) cuda = {0};

  if (strategy == NULL)
    return FALSE;
  if (strcmp (strategy, B9_STRATEGY_SANDBOX) == 0 && job->operation == B9_OPERATION_CHECKPOINT)
    g_ptr_array_add (arguments, g_strconcat ("--cuda-checkpoint-path=", cuda_sandbox_path (host), NULL));
  if (strcmp (strategy, B9_STRATEGY_PLUGIN) != 0)
    return TRUE;
  cuda_host_look (host, &cuda);
  g_autofree char *plugins = g_path_get_dirname (cuda.plugin);
  g_autofree char *programs = g_path_get_dirname (cuda.program);
  set_variable (environment, "CRIU_LIBS_DIR", plugins);
  append_to_path (environment, programs);
  return TRUE;
}

/* --- facts --- */

void
cuda_describe (const B9Host *host, const B9CheckpointJob *job, gpointer session G_GNUC_UNUSED,
               B9CheckpointFacts *facts)
{
  g_auto (CudaHost) cuda = {0};
  g_autoptr (GPtrArray) gpus = cuda_list_gpus (host);

  cuda_host_look (host, &cuda);
  if (cuda.driver != NULL)
    facts->add (facts, FACT_DRIVER, cuda.driver);
  for (guint i = 0; i < gpus->len; i++)
    facts->add (facts, FACT_GPU, g_ptr_array_index (gpus, i));
  if (g_strcmp0 (job->strategy, B9_STRATEGY_SANDBOX) == 0)
    facts->add (facts, FACT_PROGRAM, cuda_sandbox_path (host));
}

/* "UUID MODEL (PCI)" → its model. */
static char *
model_of (const char *gpu)
{
  const char *start = strchr (gpu, ' ');
  const char *end = strrchr (gpu, '(');

  if (start == NULL || end == NULL || end <= start)
    return g_strdup (gpu);
  return g_strstrip (g_strndup (start, (gsize)(end - start)));
}

static char *
uuid_of (const char *gpu)
{
  return g_strndup (gpu, strcspn (gpu, " "));
}

static gboolean
check_models (const char *const *recorded, const char *const *present, GError **error)
{
  guint n_recorded = g_strv_length ((char **)recorded), n_present = g_strv_length ((char **)present);

  if (n_recorded != n_present)
    return fail (error, B9_ERROR_START_COLD, "gpus-differ: the image was made with %u GPUs, and here are %u",
                 n_recorded, n_present);
  for (guint i = 0; i < n_recorded; i++) {
    g_autofree char *theirs = model_of (recorded[i]);
    g_autofree char *ours = model_of (present[i]);

    if (strcmp (theirs, ours) != 0)
      return fail (error, B9_ERROR_START_COLD,
                   "gpus-differ: the image was made with %s as GPU %u, and here it is %s", theirs, i, ours);
  }
  return TRUE;
}

char *
cuda_make_map (const char *const *recorded, const char *const *present, guint driver_major, GError **error)
{
  g_autoptr (GString) map = g_string_new (NULL);
  gboolean same = TRUE;

  if (!check_models (recorded, present, error))
    return NULL;
  for (guint i = 0; recorded[i] != NULL; i++) {
    g_autofree char *old_uuid = uuid_of (recorded[i]);
    g_autofree char *new_uuid = uuid_of (present[i]);

    same = same && strcmp (old_uuid, new_uuid) == 0;
    g_string_append_printf (map, "%s%s=%s", i > 0 ? "," : "", old_uuid, new_uuid);
  }
  if (same)
    return NULL;
  if (driver_major < CUDA_DRIVER_REMAP) {
    fail (
        error, B9_ERROR_START_COLD,
        "gpus-differ: the image was made with other GPUs of this model, and drivers before %u restore to the "
        "same ones only",
        CUDA_DRIVER_REMAP);
    return NULL;
  }
  return g_string_free (g_steal_pointer (&map), FALSE);
}

/* The values of a fact, borrowed, NULL-ended. */
static GPtrArray *
values_of (const B9CheckpointJob *job, const char *name)
{
  GPtrArray *values = g_ptr_array_new ();

  for (const B9CheckpointFact *const *fact = job->facts; fact != NULL && *fact != NULL; fact++) {
    if (strcmp ((*fact)->name, name) == 0)
      g_ptr_array_add (values, (gpointer)(*fact)->value);
  }
  g_ptr_array_add (values, NULL);
  return values;
}

/* runsc asks for it again by the path that it was saved with. */
static gboolean
check_program (const B9CheckpointJob *job, GError **error)
{
  g_autoptr (GPtrArray) paths = values_of (job, FACT_PROGRAM);
  const char *path = g_ptr_array_index (paths, 0);

  if (path == NULL || !B9_STRUCT_HAS (job, spec) || cuda_sandbox_has (job->spec, job->bundle, path))
    return TRUE;
  return fail (
      error, B9_ERROR_START_COLD,
      "program-missing: the image was made with cuda-checkpoint at %s of the container, and this bundle "
      "has none there; have it mount it, or set checkpoint.cuda-checkpoint.mount: true",
      path);
}

gboolean
cuda_check_image (const B9Host *host, const B9CheckpointJob *job, GError **error)
{
  g_autoptr (GPtrArray) drivers = values_of (job, FACT_DRIVER);
  g_autoptr (GPtrArray) recorded = values_of (job, FACT_GPU);
  g_autoptr (GPtrArray) present = NULL;
  const char *driver = g_ptr_array_index (drivers, 0);
  g_auto (CudaHost) cuda = {0};
  g_autofree char *map = NULL;
  GError *local = NULL;

  if (!check_program (job, error))
    return FALSE;
  if (driver == NULL)
    return TRUE;
  cuda_host_look (host, &cuda);
  if (cuda.driver == NULL)
    return fail (error, B9_ERROR_START_COLD,
                 "driver-missing: the image was made with NVIDIA driver %s, and none is loaded here", driver);
  if (strcmp (cuda.driver, driver) != 0)
    return fail (error, B9_ERROR_START_COLD,
                 "driver-differs: the image was made with NVIDIA driver %s, and here %s is loaded", driver,
                 cuda.driver);
  present = cuda_list_gpus (host);
  g_ptr_array_add (present, NULL);
  map = cuda_make_map ((const char *const *)recorded->pdata, (const char *const *)present->pdata,
                       cuda.driver_major, &local);
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, local);
  return FALSE;
}
