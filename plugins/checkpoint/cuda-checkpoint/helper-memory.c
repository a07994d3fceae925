/* SPDX-License-Identifier: Apache-2.0
 *
 * helper-memory.c: how much device memory each process uses: NVML's answer, or nvidia-smi's.
 *
 * It makes bounds grow and room be checked; which processes have CUDA state is the driver's to say, since a
 * suspended one is in neither list, and one that only watches GPUs may be in both.
 */
#include "config.h"

#include <dlfcn.h>
#include <string.h>

#include "helper.h"

#define NVML_SUCCESS 0
#define NVML_INSUFFICIENT_SIZE 7
#define UNKNOWN_MEMORY G_MAXUINT64 /* NVML_VALUE_NOT_AVAILABLE */
#define SMI_TIMEOUT_US (20 * G_USEC_PER_SEC)

typedef struct {
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance, compute_instance;
} NvmlProcess; /* nvmlProcessInfo_t of the functions _v2 and _v3 */

typedef struct {
  int (*init) (void);
  int (*shutdown) (void);
  int (*count) (unsigned *n);
  int (*handle) (unsigned index, void **device);
  int (*processes) (void *device, unsigned *n, NvmlProcess *list);
} Nvml;

void
cuda_add_memory (GHashTable *memory, pid_t pid, guint64 bytes)
{
  guint64 *known = g_hash_table_lookup (memory, GINT_TO_POINTER (pid));

  if (known == NULL) {
    known = g_new0 (guint64, 1);
    g_hash_table_insert (memory, GINT_TO_POINTER (pid), known);
  }
  *known += bytes;
}

static gboolean
find_function (void *library, const char *name, void *place)
{
  void *function = dlsym (library, name);

  memcpy (place, &function, sizeof function);
  return function != NULL;
}

static gboolean
open_nvml (Nvml *nvml)
{
  void *library = dlopen ("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);

  if (library == NULL)
    return FALSE;
  return find_function (library, "nvmlInit_v2", &nvml->init) &&
         find_function (library, "nvmlShutdown", &nvml->shutdown) &&
         find_function (library, "nvmlDeviceGetCount_v2", &nvml->count) &&
         find_function (library, "nvmlDeviceGetHandleByIndex_v2", &nvml->handle) &&
         (find_function (library, "nvmlDeviceGetComputeRunningProcesses_v3", &nvml->processes) ||
          find_function (library, "nvmlDeviceGetComputeRunningProcesses_v2", &nvml->processes));
}

/* A list may grow between two calls. */
static void
read_device (const Nvml *nvml, void *device, GHashTable *memory)
{
  g_autofree NvmlProcess *list = NULL;
  unsigned room = 64, n = 0;
  int result = NVML_INSUFFICIENT_SIZE;

  for (guint tries = 0; tries < 8 && result == NVML_INSUFFICIENT_SIZE; tries++, room = MAX (n, room) * 2) {
    g_free (list);
    list = g_new0 (NvmlProcess, room);
    n = room;
    result = nvml->processes (device, &n, list);
  }
  if (result != NVML_SUCCESS)
    return;
  for (unsigned i = 0; i < n; i++)
    cuda_add_memory (memory, (pid_t)list[i].pid,
                     list[i].used_memory == UNKNOWN_MEMORY ? 0 : (guint64)list[i].used_memory);
}

static gboolean
read_nvml (GHashTable *memory)
{
  Nvml nvml = {0};
  unsigned n = 0;

  if (!open_nvml (&nvml) || nvml.init () != NVML_SUCCESS)
    return FALSE;
  if (nvml.count (&n) != NVML_SUCCESS) {
    nvml.shutdown ();
    return FALSE;
  }
  for (unsigned i = 0; i < n; i++) {
    void *device = NULL;

    if (nvml.handle (i, &device) == NVML_SUCCESS)
      read_device (&nvml, device, memory);
  }
  nvml.shutdown ();
  return TRUE;
}

void
cuda_parse_smi (const char *output, GHashTable *memory)
{
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *end = NULL;
    guint64 pid = g_ascii_strtoull (lines[i], &end, 10), mib;

    if (end == lines[i] || *end != ',' || pid == 0 || pid > G_MAXINT)
      continue;
    end++;
    end += strspn (end, " \t");
    mib = g_ascii_isdigit (*end) ? g_ascii_strtoull (end, NULL, 10) : 0; /* "[N/A]" */
    cuda_add_memory (memory, (pid_t)pid, mib > (guint64)G_MAXINT64 >> 20 ? 0 : mib << 20);
  }
}

static void
read_smi (GHashTable *memory)
{
  g_autofree char *program = g_find_program_in_path ("nvidia-smi");
  const char *argv[] = {program, "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits",
                        NULL};
  g_autofree char *output = NULL;
  int status = 0;

  if (program != NULL && cuda_run (argv, g_get_monotonic_time () + SMI_TIMEOUT_US, &status, &output) &&
      status == 0)
    cuda_parse_smi (output, memory);
}

GHashTable *
cuda_read_memory (void)
{
  GHashTable *memory = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);

  if (!read_nvml (memory))
    read_smi (memory);
  return memory;
}
