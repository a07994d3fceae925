/* SPDX-License-Identifier: Apache-2.0
 *
 * preload.c: faults for b9run itself, put before the C library by LD_PRELOAD, so that b9run holds no code for
 * them.  What FAULT_DIR holds is in fault.sh.
 *
 * Right after the step FAULT_STEP is in the journal, and once:
 *   FAULT_KIND=b9run               b9run is killed
 *   FAULT_KIND=both                b9run-guardian is killed, then b9run
 *   FAULT_KIND=disk, state-disk    the disk FAULT_FILL is filled, to its last byte
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *
variable (const char *name)
{
  const char *value = getenv (name);

  return value != NULL ? value : "";
}

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
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t size = fd >= 0 ? read (fd, text, sizeof text - 1) : -1;

  if (fd >= 0)
    close (fd);
  snprintf (wanted, sizeof wanted, "\nstep=%s\n", variable ("FAULT_STEP"));
  return size > 0 && strstr (text, wanted) != NULL;
}

/* True the first time that it is called for this fault. */
static int
is_first (void)
{
  char path[4096];
  int fd;

  snprintf (path, sizeof path, "%s/armed", variable ("FAULT_DIR"));
  if (access (path, F_OK) != 0)
    return 0;
  snprintf (path, sizeof path, "%s/met", variable ("FAULT_DIR"));
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

/* Whether the process @pid, a folder of /proc, is the guardian of this b9run. */
static int
is_guardian (const char *pid)
{
  char path[300], text[256] = "";
  int fd, parent = 0;

  snprintf (path, sizeof path, "/proc/%s/stat", pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  if (read (fd, text, sizeof text - 1) > 0)
    sscanf (text, "%*d (b9run-guardian) %*c %d", &parent);
  close (fd);
  return parent == getpid ();
}

static void
kill_guardian (void)
{
  DIR *processes = opendir ("/proc");
  struct dirent *entry;

  while (processes != NULL && (entry = readdir (processes)) != NULL) {
    if (is_guardian (entry->d_name))
      kill (atoi (entry->d_name), SIGKILL);
  }
  if (processes != NULL)
    closedir (processes);
}

static void
fill_disk (void)
{
  static const char block[65536];
  char path[4096];
  size_t size = sizeof block;
  int fd;

  snprintf (path, sizeof path, "%s/fill", variable ("FAULT_FILL"));
  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  while (fd >= 0 && size > 0) {
    if (write (fd, block, size) <= 0)
      size /= 2;
  }
  if (fd >= 0)
    close (fd);
}

int
renameat (int from_directory, const char *from, int to_directory, const char *to)
{
  int (*real) (int, const char *, int, const char *) = dlsym (RTLD_NEXT, "renameat");
  const char *kind = variable ("FAULT_KIND");
  int result = real (from_directory, from, to_directory, to);

  if (result != 0 || !ends_with (to, "/journal") || !is_at_step (to))
    return result;
  if (strcmp (kind, "both") == 0 && is_first ()) {
    kill_guardian ();
    kill (getpid (), SIGKILL);
  }
  if (strcmp (kind, "b9run") == 0 && is_first ())
    kill (getpid (), SIGKILL);
  if (ends_with (kind, "disk") && is_first ())
    fill_disk ();
  return result;
}
