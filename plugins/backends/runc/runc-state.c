/* SPDX-License-Identifier: Apache-2.0
 *
 * runc-state.c: a container's status, without runc.
 *
 * runc writes no status down.  Its `state` looks whether the process lives, whether there is the FIFO that a
 * created container waits at, and at the freezer of the container's cgroup: of v1 where that is mounted, else
 * of v2 (libcontainer/container_linux.go, currentStatus; cgroups/fs/freezer.go, cgroups/fs2/freezer.go).
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runc"

#include "runc-args.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PROCS (4 * 1024 * 1024)

/* A file below a cgroup's directory, without the last newline; g_free(), or NULL. */
static char *
read_control (const B9Host *host, const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  char *text = host->read_file (host, path, MAX_PROCS, NULL, NULL);

  return text != NULL ? g_strchomp (text) : NULL;
}

/* Of two directories that go by the container's name one may be another's. */
static gboolean
holds_process (const B9Host *host, const char *directory, int pid)
{
  g_autofree char *text = read_control (host, directory, "cgroup.procs");

  for (const char *line = text; line != NULL; line = strchr (line, '\n')) {
    line += *line == '\n';
    if (atoi (line) == pid)
      return TRUE;
  }
  return FALSE;
}

/* What the file says in the cgroup of @pid; g_free(), or NULL where there is none. */
static char *
find_control (const B9Host *host, const char *const *cgroups, int pid, const char *name)
{
  for (; *cgroups != NULL; cgroups++) {
    g_autofree char *text = read_control (host, *cgroups, name);

    if (text != NULL && holds_process (host, *cgroups, pid))
      return g_steal_pointer (&text);
  }
  return NULL;
}

/* A v1 freezer that is still freezing, and anything unexpected, is for runc to judge. */
static char *
status_of_freezer (const char *said, const char *thawed, const char *frozen)
{
  if (strcmp (said, frozen) == 0)
    return g_strdup ("paused");
  return strcmp (said, thawed) == 0 ? g_strdup ("running") : NULL;
}

char *
runc_peek_status (const B9Host *host, const B9Request *request, int pid, const char *const *cgroups)
{
  g_autofree char *state = g_build_filename (request->root, request->id, "state.json", NULL);
  g_autofree char *fifo = g_build_filename (request->root, request->id, "exec.fifo", NULL);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  if (!g_file_test (state, G_FILE_TEST_EXISTS) || g_file_test (fifo, G_FILE_TEST_EXISTS))
    return NULL;
  first = find_control (host, cgroups, pid, "freezer.state");
  if (first != NULL)
    return status_of_freezer (first, "THAWED", "FROZEN");
  second = find_control (host, cgroups, pid, "cgroup.freeze");
  return second != NULL ? status_of_freezer (second, "0", "1") : NULL;
}
