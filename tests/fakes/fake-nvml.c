/* SPDX-License-Identifier: Apache-2.0
 *
 * fake-nvml.c: a fake libnvidia-ml.so.1 with one GPU and the processes of FAKE_CUDA_DIR/memory; see
 * fake-cuda.h.
 *
 * Its first answer is always that the list was too short, as a real one's may be.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake-cuda.h"

#define FAKE __attribute__ ((visibility ("default")))
#define INSUFFICIENT_SIZE 7

typedef struct {
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance, compute_instance;
} Process;

FAKE int nvmlInit_v2 (void);
FAKE int nvmlShutdown (void);
FAKE int nvmlDeviceGetCount_v2 (unsigned *n);
FAKE int nvmlDeviceGetHandleByIndex_v2 (unsigned index, void **device);
FAKE int nvmlDeviceGetComputeRunningProcesses_v3 (void *device, unsigned *n, Process *list);

int
nvmlInit_v2 (void)
{
  return 0;
}

int
nvmlShutdown (void)
{
  return 0;
}

int
nvmlDeviceGetCount_v2 (unsigned *n)
{
  *n = 1;
  return 0;
}

int
nvmlDeviceGetHandleByIndex_v2 (unsigned index, void **device)
{
  *device = (void *)"gpu";
  return index == 0 ? 0 : 2;
}

/* Every process has @bytes. */
static unsigned
list_all (unsigned long long bytes, unsigned room, Process *list)
{
  DIR *stream = opendir ("/proc");
  struct dirent *entry;
  unsigned have = 0;

  while (stream != NULL && have < room && (entry = readdir (stream)) != NULL) {
    if (isdigit ((unsigned char)entry->d_name[0]))
      list[have++] = (Process){.pid = (unsigned)atoi (entry->d_name), .used_memory = bytes};
  }
  if (stream != NULL)
    closedir (stream);
  return have;
}

int
nvmlDeviceGetComputeRunningProcesses_v3 (void *device, unsigned *n, Process *list)
{
  unsigned room = *n, have = 0, pid;
  unsigned long long bytes;
  char path[4096];
  FILE *file;

  if (strcmp (device, "gpu") != 0)
    return 2;
  if (room < 100) {
    *n = 100;
    return INSUFFICIENT_SIZE;
  }
  snprintf (path, sizeof path, "%s/memory", fake_cuda_directory ());
  file = fopen (path, "re");
  while (file != NULL && have < room && fscanf (file, "%u %llu", &pid, &bytes) == 2) {
    if (pid == 0)
      have += list_all (bytes, room - have, list + have);
    else
      list[have++] = (Process){.pid = pid, .used_memory = bytes};
  }
  if (file != NULL)
    fclose (file);
  *n = have;
  return 0;
}
