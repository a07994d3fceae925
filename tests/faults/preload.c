/* SPDX-License-Identifier: Apache-2.0
 *
 * preload.c: faults for b9run itself, put before the C library by LD_PRELOAD, so that b9run holds no code for
 * them.
 *
 * FAULT_KIND=b9run: b9run is killed right after the step FAULT_STEP is in its journal.
 * FAULT_KIND=disk: the manifest cannot be written, as on a full disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
ends_with (const char *text, const char *end)
{
  size_t length = strlen (text), of_end = strlen (end);

  return length >= of_end && strcmp (text + length - of_end, end) == 0;
}

/* Whether the journal at @path stands at the step where the fault is wanted. */
static int
is_at_step (const char *path)
{
  char text[4096] = "", wanted[64];
  const char *step = getenv ("FAULT_STEP");
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t size = fd >= 0 ? read (fd, text, sizeof text - 1) : -1;

  if (fd >= 0)
    close (fd);
  snprintf (wanted, sizeof wanted, "\nstep=%s\n", step != NULL ? step : "");
  return size > 0 && strstr (text, wanted) != NULL;
}

int
renameat (int from_directory, const char *from, int to_directory, const char *to)
{
  int (*real) (int, const char *, int, const char *) = dlsym (RTLD_NEXT, "renameat");
  const char *kind = getenv ("FAULT_KIND");
  int result;

  if (kind != NULL && strcmp (kind, "disk") == 0 && ends_with (to, "/manifest.json")) {
    errno = ENOSPC;
    return -1;
  }
  result = real (from_directory, from, to_directory, to);
  if (result == 0 && kind != NULL && strcmp (kind, "b9run") == 0 && ends_with (to, "/journal") &&
      is_at_step (to))
    kill (getpid (), SIGKILL);
  return result;
}
