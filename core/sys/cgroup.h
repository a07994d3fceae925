/* SPDX-License-Identifier: Apache-2.0
 *
 * cgroup.h: the control groups of a container, on cgroup v1, v2 and the hybrid of both (cgroups(7)).
 */
#ifndef B9_CGROUP_H
#define B9_CGROUP_H

#include <glib.h>

G_BEGIN_DECLS

/* The directories that a container's cgroups can have, one a hierarchy, of which those that exist are returned.
 * @cgroups_path: linux.cgroupsPath; absolute, relative (to our own cgroup in each hierarchy) or systemd's "slice:prefix:name";
 * NULL or "": the runtime's default, @id.  Owned strings. */
GPtrArray *b9_cgroup_directories (const char *cgroups_path, const char *id);

/* Kills every process in them and below, and removes them once they are empty.  For the remains of a container whose runtime
 * is gone.  FALSE when processes stay after two seconds. */
gboolean b9_cgroup_sweep (const GPtrArray *directories);

G_END_DECLS

#endif /* B9_CGROUP_H */
