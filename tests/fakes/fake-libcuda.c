/* SPDX-License-Identifier: Apache-2.0
 *
 * fake-libcuda.c: a fake libcuda.so.1 that has the checkpoint functions alone; see fake-cuda.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake-cuda.h"

#define FAKE __attribute__ ((visibility ("default")))

FAKE int cuInit (unsigned flags);
FAKE int cuDriverGetVersion (int *version);
FAKE int cuGetErrorName (int code, const char **name);
FAKE int cuCheckpointProcessGetState (int pid, int *state);
FAKE int cuCheckpointProcessGetRestoreThreadId (int pid, int *tid);
FAKE int cuCheckpointProcessLock (int pid, const void *arguments);
FAKE int cuCheckpointProcessCheckpoint (int pid, const void *arguments);
FAKE int cuCheckpointProcessRestore (int pid, const void *arguments);
FAKE int cuCheckpointProcessUnlock (int pid, const void *arguments);

int
cuInit (unsigned flags)
{
  char path[4096];
  int code = 0;
  FILE *file;

  snprintf (path, sizeof path, "%s/init", fake_cuda_directory ());
  file = fopen (path, "re");
  if (file == NULL)
    return (int)flags;
  if (fscanf (file, "%d", &code) != 1)
    code = 999;
  fclose (file);
  return code;
}

int
cuDriverGetVersion (int *version)
{
  *version = 13000;
  return 0;
}

int
cuGetErrorName (int code, const char **name)
{
  static const struct {
    int code;
    const char *name;
  } names[] = {
      {1, "CUDA_ERROR_INVALID_VALUE"},      {2, "CUDA_ERROR_OUT_OF_MEMORY"},
      {304, "CUDA_ERROR_OPERATING_SYSTEM"}, {401, "CUDA_ERROR_ILLEGAL_STATE"},
      {600, "CUDA_ERROR_NOT_READY"},        {801, "CUDA_ERROR_NOT_SUPPORTED"},
      {100, "CUDA_ERROR_NO_DEVICE"},
  };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (names[i].code == code) {
      *name = names[i].name;
      return 0;
    }
  }
  return 1;
}

int
cuCheckpointProcessGetState (int pid, int *state)
{
  return fake_cuda_act ("state", pid, state);
}

int
cuCheckpointProcessGetRestoreThreadId (int pid, int *tid)
{
  *tid = pid;
  return fake_cuda_act ("thread", pid, NULL);
}

int
cuCheckpointProcessLock (int pid, const void *arguments)
{
  return arguments != NULL ? fake_cuda_act ("lock", pid, NULL) : 1;
}

int
cuCheckpointProcessCheckpoint (int pid, const void *arguments)
{
  return arguments != NULL ? fake_cuda_act ("checkpoint", pid, NULL) : 1;
}

/* CUcheckpointRestoreArgs begins with the pairs and their number; the log tells the first pair. */
int
cuCheckpointProcessRestore (int pid, const void *arguments)
{
  const struct {
    const unsigned char *pairs;
    unsigned n;
  } *restore = arguments;
  char path[4096];
  FILE *file;

  if (restore->n > 0) {
    snprintf (path, sizeof path, "%s/pairs", fake_cuda_directory ());
    file = fopen (path, "ae");
    if (file != NULL) {
      fprintf (file, "%d %u %02x %02x\n", pid, restore->n, restore->pairs[0], restore->pairs[16]);
      fclose (file);
    }
  }
  return fake_cuda_act ("restore", pid, NULL);
}

int
cuCheckpointProcessUnlock (int pid, const void *arguments)
{
  return arguments != NULL ? fake_cuda_act ("unlock", pid, NULL) : 1;
}
