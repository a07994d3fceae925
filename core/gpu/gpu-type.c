/* SPDX-License-Identifier: Apache-2.0
 *
 * gpu-type.c: see gpu-type.h; the models are what NVIDIA's driver tells in /proc/driver/nvidia/gpus.
 */
#include "config.h"

#include "core/gpu/gpu-type.h"

#include <fcntl.h>
#include <string.h>

#include "core/gpu/requests.h"
#include "core/plugin/host.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

#define GPUS "/proc/driver/nvidia/gpus"
#define MOST_INFORMATION 65536

/* One GPU of this host. */
typedef struct {
  char *model;
  char *device; /* "/dev/nvidia3" */
} HostGpu;

static void
host_gpu_free (gpointer data)
{
  HostGpu *gpu = data;

  g_free (gpu->model);
  g_free (gpu->device);
  g_free (gpu);
}

/* The letters and digits of @text in small letters, cut at everything else. */
static char **
words_of (const char *text)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  while (*text != '\0') {
    gsize length = 0;

    while (g_ascii_isalnum (text[length]))
      length++;
    if (length > 0)
      g_ptr_array_add (words, g_ascii_strdown (text, (gssize)length));
    text += length > 0 ? length : 1;
  }
  g_ptr_array_add (words, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&words), FALSE);
}

/* Whether the words from @words on, run together, are @part, or @part in gigabytes. */
static gboolean
begins_with_part (char **words, const char *part)
{
  for (; *words != NULL; words++) {
    gsize length = strlen (*words);

    if (strcmp (*words, part) == 0)
      return TRUE;
    if (g_ascii_isdigit (*part) && g_str_has_prefix (*words, part) &&
        strcmp (*words + strlen (part), "gb") == 0)
      return TRUE;
    if (strncmp (*words, part, length) != 0)
      return FALSE;
    part += length;
  }
  return FALSE;
}

static gboolean
has_part (char **words, const char *part)
{
  for (; *words != NULL; words++) {
    if (begins_with_part (words, part))
      return TRUE;
  }
  return FALSE;
}

gboolean
b9_gpu_type_matches (const char *type, const char *model)
{
  g_auto (GStrv) parts = words_of (type);
  g_auto (GStrv) words = words_of (model);

  for (char **part = parts; *part != NULL; part++) {
    if (!has_part (words, *part))
      return FALSE;
  }
  return parts[0] != NULL;
}

/* The value of "KEY:  value" in one of the driver's files; owned, or NULL. */
static char *
value_of (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++) {
    gsize length = strlen (key);

    if (strncmp (*line, key, length) == 0 && (*line)[length] == ':')
      return g_strstrip (g_utf8_make_valid (*line + length + 1, -1));
  }
  return NULL;
}

static HostGpu *
read_gpu (const char *directory, const char *name)
{
  g_autofree char *file = g_build_filename (directory, name, "information", NULL);
  g_autofree char *text = b9_read_file (AT_FDCWD, file, MOST_INFORMATION, NULL, NULL);
  g_autofree char *minor = text != NULL ? value_of (text, "Device Minor") : NULL;
  g_autofree char *model = text != NULL ? value_of (text, "Model") : NULL;
  HostGpu *gpu;

  if (model == NULL)
    return NULL;
  gpu = g_new0 (HostGpu, 1);
  gpu->model = g_steal_pointer (&model);
  gpu->device = g_strdup_printf ("/dev/nvidia%s", minor != NULL ? minor : "?");
  return gpu;
}

static int
compare_gpus (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(HostGpu *const *)a)->device, (*(HostGpu *const *)b)->device);
}

static GPtrArray *
read_gpus (void)
{
  GPtrArray *gpus = g_ptr_array_new_with_free_func (host_gpu_free);
  g_autofree char *directory = b9_host_path (GPUS);
  g_autoptr (GDir) entries = g_dir_open (directory, 0, NULL);
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL) {
    HostGpu *gpu = read_gpu (directory, name);

    if (gpu != NULL)
      g_ptr_array_add (gpus, gpu);
  }
  g_ptr_array_sort (gpus, compare_gpus);
  return gpus;
}

/* "/dev/nvidia0 NVIDIA A100-SXM4-40GB, …" */
static char *
list_gpus (const GPtrArray *gpus)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < gpus->len; i++) {
    const HostGpu *gpu = g_ptr_array_index (gpus, i);

    g_string_append_printf (list, "%s%s %s", i > 0 ? ", " : "", gpu->device, gpu->model);
  }
  return g_string_free (list, FALSE);
}

static const HostGpu *
gpu_of (const GPtrArray *gpus, const char *device)
{
  for (guint i = 0; i < gpus->len; i++) {
    const HostGpu *gpu = g_ptr_array_index (gpus, i);

    if (strcmp (gpu->device, device) == 0)
      return gpu;
  }
  return NULL;
}

static gboolean
host_has_type (const GPtrArray *gpus, const char *type)
{
  for (guint i = 0; i < gpus->len; i++) {
    if (b9_gpu_type_matches (type, ((const HostGpu *)g_ptr_array_index (gpus, i))->model))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_nvidia_gpu (const B9GpuRequest *request)
{
  return request->gpu_class == B9_GPU_DEVICE && strcmp (request->vendor, "nvidia") == 0;
}

static gboolean
check_host (const B9Config *config, const char *type, const GPtrArray *gpus, GError **error)
{
  const char *pool = b9_config_string (config, "pool.name");
  g_autofree char *origin = b9_config_origin (config, "pool.gpu-type");
  g_autofree char *list = list_gpus (gpus);

  if (gpus->len == 0)
    return b9_fail (error, B9_ERROR_UNSUPPORTED,
                    "pool %s is for GPUs of type %s (gpuType, %s), and this host shows no NVIDIA GPU (" GPUS
                    "); load NVIDIA's driver, or use another pool",
                    pool, type, origin);
  if (!host_has_type (gpus, type))
    return b9_fail (
        error, B9_ERROR_UNSUPPORTED,
        "pool %s is for GPUs of type %s (gpuType, %s), and this host has %s; use another pool, or correct "
        "gpuType",
        pool, type, origin, list);
  return TRUE;
}

gboolean
b9_gpu_type_check (const B9Config *config, const GPtrArray *requests, GError **error)
{
  const char *type = b9_config_string (config, "pool.gpu-type");
  g_autoptr (GPtrArray) gpus = NULL;

  if (type == NULL || *type == '\0')
    return TRUE;
  for (guint i = 0; i < b9_gpu_requests_count (requests); i++) {
    const B9GpuRequest *request = b9_gpu_requests_get (requests, i);
    const HostGpu *gpu;

    if (!is_nvidia_gpu (request))
      continue;
    if (gpus == NULL) {
      gpus = read_gpus ();
      if (!check_host (config, type, gpus, error))
        return FALSE;
    }
    gpu = gpu_of (gpus, request->device);
    if (gpu != NULL && !b9_gpu_type_matches (type, gpu->model))
      return b9_fail (
          error, B9_ERROR_UNSUPPORTED,
          "pool %s is for GPUs of type %s (gpuType), and %s, which %s asks for, is %s; ask for another "
          "GPU, or use another pool",
          b9_config_string (config, "pool.name"), type, request->device, request->source, gpu->model);
  }
  return TRUE;
}
