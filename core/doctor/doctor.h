/* SPDX-License-Identifier: Apache-2.0
 *
 * doctor.h: what `b9run doctor` looks at itself; the rest is the providers' examinations.
 *
 * Nothing is changed: no directory is made, no cgroup, nothing is cached.
 */
#ifndef B9_DOCTOR_H
#define B9_DOCTOR_H

#include "core/config/config.h"
#include "core/container/index.h"
#include "core/doctor/checkup.h"
#include "core/plugin/host.h"
#include "core/plugin/registry.h"

G_BEGIN_DECLS

/* Each file of the configuration by itself, and the whole.  The configuration to go on with: the built-in one
 * where the files are wrong.  @file, @pool: --config and --pool, or NULL. */
B9Config *b9_doctor_config (B9Checkup *checkup, const char *file, const char *pool);

/* Loads every plugin. */
void b9_doctor_plugins (B9Checkup *checkup, B9Registry *registry, const char *const *directories);

/* The state directory and the records in it. */
void b9_doctor_state (B9Checkup *checkup, const B9Index *index);

/* Kernel, cgroups, memory limits, user namespaces, security modules; an examination as a plugin's. */
void b9_doctor_host (const B9Host *host);

/* Whose host services report into @checkup; fills @host in, with @data as a copy of the provider's. */
typedef struct {
  B9Host host;
  B9HostData data;
  B9HostWatch watch;
} B9Examination;

void b9_examination_init (B9Examination *examination, const B9HostData *data, B9Checkup *checkup);

G_END_DECLS

#endif /* B9_DOCTOR_H */
