/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda-host.c: what this host has of NVIDIA's driver, cuda-checkpoint and CRIU's plugin.
 */
#include "config.h"

#include "cuda.h"

#include <string.h>

#define MAX_PROC_FILE 65536

static const char *const library_places[] = {
    "/usr/lib/x86_64-linux-gnu/libcuda.so.1",  "/usr/lib64/libcuda.so.1",
    "/usr/lib/aarch64-linux-gnu/libcuda.so.1", "/usr/lib/libcuda.so.1",
    "/usr/local/nvidia/lib64/libcuda.so.1",    "/run/opengl-driver/lib/libcuda.so.1",
};

/* CRIU's own directory for plugins first (PLUGINDIR of its build), then those of distributions. */
static const char *const plugin_places[] = {
    "/usr/lib/criu/cuda_plugin.so",         "/usr/local/lib/criu/cuda_plugin.so",
    "/usr/lib64/criu/cuda_plugin.so",       "/usr/lib/x86_64-linux-gnu/criu/cuda_plugin.so",
    "/usr/local/lib64/criu/cuda_plugin.so",
};

void
cuda_host_clear (CudaHost *cuda)
{
  g_clear_pointer (&cuda->driver, g_free);
  g_clear_pointer (&cuda->library, g_free);
  g_clear_pointer (&cuda->program, g_free);
  g_clear_pointer (&cuda->plugin, g_free);
}

/* "570.86.10" begins with a digit and has a dot, as nothing before it in the line does. */
char *
cuda_parse_driver (const char *text)
{
  g_autofree char *line = g_strndup (text, strcspn (text, "\n"));
  g_auto (GStrv) words = g_strsplit_set (line, " \t", -1);

  if (!g_str_has_prefix (line, "NVRM version:"))
    return NULL;
  for (guint i = 2; words[i] != NULL; i++) {
    gsize length = strspn (words[i], "0123456789.");

    if (length > 3 && length < 32 && words[i][length] == '\0' && g_ascii_isdigit (words[i][0]) &&
        strchr (words[i], '.') != NULL)
      return g_strdup (words[i]);
  }
  return NULL;
}

static gboolean
is_there (const B9Host *host, const char *path)
{
  g_autofree char *real = host->path (host, path);

  if (host->depends_on != NULL)
    host->depends_on (host, path);
  return g_file_test (real, G_FILE_TEST_IS_REGULAR);
}

static char *
find_place (const B9Host *host, const char *key, const char *const *places, gsize n)
{
  const char *configured = host->config_string (host, key);

  if (configured != NULL)
    return g_strdup (configured);
  for (gsize i = 0; i < n; i++) {
    if (is_there (host, places[i]))
      return host->path (host, places[i]);
  }
  return NULL;
}

static char *
find_plugin (const B9Host *host)
{
  const char *directory = host->config_string (host, "plugin-directory");
  g_autofree char *configured = directory != NULL ? g_build_filename (directory, "cuda_plugin.so", NULL)
                                                  : NULL;

  if (configured != NULL)
    return g_file_test (configured, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer (&configured) : NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (plugin_places); i++) {
    if (is_there (host, plugin_places[i]))
      return host->path (host, plugin_places[i]);
  }
  return NULL;
}

void
cuda_host_look (const B9Host *host, CudaHost *cuda)
{
  g_autofree char *version = host->read_file (host, "/proc/driver/nvidia/version", MAX_PROC_FILE, NULL, NULL);
  const char *configured = host->config_string (host, "path");

  *cuda = (CudaHost){0};
  cuda->driver = version != NULL ? cuda_parse_driver (version) : NULL;
  if (cuda->driver != NULL)
    cuda->driver_major = (guint)g_ascii_strtoull (cuda->driver, NULL, 10);
  cuda->library = find_place (host, "library", library_places, G_N_ELEMENTS (library_places));
  cuda->program = configured != NULL ? g_strdup (configured) : host->find_program (host, "cuda-checkpoint");
  cuda->plugin = find_plugin (host);
}

static char *
explain_driver (const CudaHost *cuda, guint needed, const char *what)
{
  if (cuda->driver == NULL)
    return g_strdup ("no NVIDIA driver is loaded");
  if (cuda->driver_major < CUDA_DRIVER_TOGGLE)
    return g_strdup_printf ("driver %s cannot suspend CUDA processes at all; %u is the first that can",
                            cuda->driver, CUDA_DRIVER_TOGGLE);
  return g_strdup_printf ("driver %s is older than %u, the first with %s", cuda->driver, needed, what);
}

CudaMethod
cuda_choose_method (const B9Host *host, const CudaHost *cuda, char **reason)
{
  const char *method = host->config_string (host, "method");
  gboolean api = g_strcmp0 (method, "binary") != 0, binary = g_strcmp0 (method, "api") != 0;

  *reason = NULL;
  if (cuda->driver_major < CUDA_DRIVER_ACTIONS) {
    /* 550 to 554 know --toggle alone, which tells no state, so nothing could be undone for certain. */
    *reason = explain_driver (cuda, CUDA_DRIVER_ACTIONS, "actions that can be undone");
    return CUDA_METHOD_NONE;
  }
  if (api && cuda->library != NULL && cuda->driver_major >= CUDA_DRIVER_API)
    return CUDA_METHOD_API;
  if (binary && cuda->program != NULL)
    return CUDA_METHOD_BINARY;
  if (!binary)
    *reason = cuda->library == NULL
                  ? g_strdup ("libcuda.so.1 was not found")
                  : explain_driver (cuda, CUDA_DRIVER_API, "checkpoint functions in libcuda");
  else
    *reason = g_strdup (cuda->driver_major >= CUDA_DRIVER_API
                            ? "neither libcuda.so.1 nor the cuda-checkpoint program was found"
                            : "the cuda-checkpoint program was not found, and libcuda has its functions from "
                              "driver 570 on");
  return CUDA_METHOD_NONE;
}

gboolean
cuda_plugin_works (const CudaHost *cuda, char **reason)
{
  *reason = NULL;
  if (cuda->plugin == NULL)
    *reason = g_strdup ("CRIU's cuda_plugin.so was not found");
  else if (cuda->driver_major < CUDA_DRIVER_ACTIONS)
    *reason = explain_driver (cuda, CUDA_DRIVER_ACTIONS, "the actions that CRIU's plugin calls");
  else if (cuda->program == NULL)
    *reason = g_strdup ("the cuda-checkpoint program, which CRIU's plugin calls, was not found");
  return *reason == NULL;
}

/* The value of "Model: \t\t NVIDIA H100" in /proc/driver/nvidia/gpus/…/information. */
static char *
field_of (const char *text, const char *name)
{
  const char *line = strstr (text, name);
  char *value;

  if (line == NULL || (line != text && line[-1] != '\n'))
    return g_strdup ("unknown");
  line += strlen (name);
  value = g_strndup (line, strcspn (line, "\n"));
  return g_strstrip (value);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
list_addresses (const B9Host *host)
{
  g_autofree char *path = host->path (host, "/proc/driver/nvidia/gpus");
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  GPtrArray *addresses = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    g_ptr_array_add (addresses, g_strdup (name));
  g_ptr_array_sort (addresses, compare_texts);
  return addresses;
}

GPtrArray *
cuda_list_gpus (const B9Host *host)
{
  g_autoptr (GPtrArray) addresses = list_addresses (host);
  GPtrArray *gpus = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < addresses->len; i++) {
    const char *address = g_ptr_array_index (addresses, i);
    g_autofree char *path = g_strdup_printf ("/proc/driver/nvidia/gpus/%s/information", address);
    g_autofree char *text = host->read_file (host, path, MAX_PROC_FILE, NULL, NULL);
    g_autofree char *uuid = field_of (text != NULL ? text : "", "GPU UUID:");
    g_autofree char *model = field_of (text != NULL ? text : "", "Model:");

    g_ptr_array_add (gpus, g_strdup_printf ("%s %s (%s)", uuid, model, address));
  }
  return gpus;
}
