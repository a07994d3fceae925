/* SPDX-License-Identifier: Apache-2.0
 *
 * processes.c: see processes.h.
 *
 * cgroup.procs names processes as our PID namespace sees them, 0 for those it cannot see.
 */
#include "config.h"

#include "core/checkpoint/processes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/files.h"
#include "core/sys/process.h"

#define MAX_DEPTH 16
#define MAX_LIST (4 * 1024 * 1024)

/* Whether @pid leads its thread group: v1's `cgroup.procs` of a kernel before 4.14 may list others. */
static gboolean
leads_its_group (pid_t pid)
{
  char path[64];
  g_autofree char *status = NULL;
  const char *line;

  snprintf (path, sizeof path, "/proc/%d/status", (int)pid);
  status = b9_read_file (AT_FDCWD, path, 65536, NULL, NULL);
  line = status != NULL ? strstr (status, "\nTgid:") : NULL;
  return line != NULL && atoi (line + strlen ("\nTgid:")) == (int)pid;
}

static void
add_process (GArray *processes, pid_t pid)
{
  B9ContainerProcess process = {.pid = pid};
  char state = 0;

  for (guint i = 0; i < processes->len; i++) {
    if (g_array_index (processes, B9ContainerProcess, i).pid == pid)
      return;
  }
  if (pid <= 0 || !b9_process_look (pid, &process.start_time, &state) || state == 'Z' || state == 'X')
    return;
  if (leads_its_group (pid))
    g_array_append_val (processes, process);
}

static void
add_members (GArray *processes, const char *directory)
{
  g_autofree char *file = g_build_filename (directory, "cgroup.procs", NULL);
  g_autofree char *text = b9_read_file (AT_FDCWD, file, MAX_LIST, NULL, NULL);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    add_process (processes, atoi (lines[i]));
}

/* A cgroup's directory holds scores of files; by its links it tells that no directory is among them. */
static gboolean
has_children (const char *directory)
{
  struct stat info;

  return stat (directory, &info) == 0 && info.st_nlink != 2;
}

static void
add_tree (GArray *processes, const char *directory, guint depth)
{
  gboolean deeper = depth < MAX_DEPTH && has_children (directory);
  g_autoptr (GDir) entries = deeper ? g_dir_open (directory, 0, NULL) : NULL;
  const char *name;

  add_members (processes, directory);
  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL) {
    g_autofree char *path = g_build_filename (directory, name, NULL);
    struct stat info;

    if (lstat (path, &info) == 0 && S_ISDIR (info.st_mode))
      add_tree (processes, path, depth + 1);
  }
}

static int
by_pid (gconstpointer a, gconstpointer b)
{
  const B9ContainerProcess *one = a, *other = b;

  return one->pid < other->pid ? -1 : one->pid > other->pid;
}

GArray *
b9_container_processes (const char *const *cgroups, pid_t init_pid)
{
  GArray *processes = g_array_new (FALSE, FALSE, sizeof (B9ContainerProcess));

  for (; cgroups != NULL && *cgroups != NULL; cgroups++)
    add_tree (processes, *cgroups, 0);
  add_process (processes, init_pid);
  g_array_sort (processes, by_pid);
  return processes;
}
