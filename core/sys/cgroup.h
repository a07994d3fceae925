/* SPDX-License-Identifier: Apache-2.0
 *
 * cgroup.h: the control groups of a container, on cgroup v1, v2 and the hybrid of both (cgroups(7)).
 */
#ifndef B9_CGROUP_H
#define B9_CGROUP_H

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* The directories that a container's cgroups will have, one a hierarchy or two; they need not exist.
 * @cgroups_path: linux.cgroupsPath; absolute, relative (to our own cgroup in each hierarchy) or, with
 * @systemd, "slice:prefix:name"; NULL or "": the runtimes' defaults, made of @id.  Owned strings.  To be
 * asked once, when the container is made: later callers may live in another cgroup. */
GPtrArray *b9_cgroup_directories (const char *cgroups_path, const char *id, gboolean systemd);

/* Those that a process is in; NULL-ended, g_strfreev(). */
char **b9_cgroup_of_process (pid_t pid);

/* Whether one of them is there. */
gboolean b9_cgroup_any_exists (const char *const *directories);

/* Kills every process in them and below, and removes them once they are empty.  For the remains of a
 * container whose runtime was killed.  FALSE when processes stay. */
gboolean b9_cgroup_sweep (const char *const *directories);

/* Removes those that are empty. */
void b9_cgroup_remove_empty (const char *const *directories);

G_END_DECLS

#endif /* B9_CGROUP_H */
