/* SPDX-License-Identifier: Apache-2.0
 *
 * processes.h: which processes of the host are a container's.
 */
#ifndef B9_CHECKPOINT_PROCESSES_H
#define B9_CHECKPOINT_PROCESSES_H

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct {
  pid_t pid;
  guint64 start_time; /* with it the PID names one process for good (process.h) */
} B9ContainerProcess;

/* The live processes in @cgroups (absolute directories, as b9_cgroup_directories() makes them) and in every
 * cgroup below, each once, thread groups only, by PID.  The directories are the container's own, so one with
 * a longer name never counts.  On cgroup v1 a process may have moved in one hierarchy and not in another: to
 * be in one is enough.  @init_pid, where it is not 0 and alive, is always among them. */
GArray *b9_container_processes (const char *const *cgroups, pid_t init_pid);

G_END_DECLS

#endif /* B9_CHECKPOINT_PROCESSES_H */
