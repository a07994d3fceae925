/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-probe.h: the capabilities of runsc on this host (runsc-probe.c), those of its GPU proxy
 * (runsc-nvproxy.c), and what `b9run doctor` says of both (runsc-examine.c).
 */
#ifndef B9_RUNSC_PROBE_H
#define B9_RUNSC_PROBE_H

#include <b9run/b9-host.h>

#include "runsc-release.h"

void runsc_probe (const B9Host *host, const char *program, const char *root);
void runsc_examine (const B9Host *host, const char *program, const char *root);

/* One answer in pieces; all but the capability's name are the maker's. */
typedef struct {
  guint32 state;         /* B9CapabilityState */
  guint32 evidence_kind; /* B9EvidenceKind */
  char *evidence;
  char *reason; /* NULL where it is supported */
  char *remedy;
} RunscVerdict;

void runsc_verdict_clear (RunscVerdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RunscVerdict, runsc_verdict_clear)

void runsc_report (const B9Host *host, const char *capability, const RunscVerdict *verdict,
                   const char *const *needs);

/* runsc-probe.c: "none", "host" or "sandbox": what containers get. */
const char *runsc_network (const B9Host *host);

/* Whether --network=sandbox fails with this release on this kernel; *@evidence is g_free()d, also set where
 * it does not. */
gboolean runsc_network_is_broken (RunscRelease *release, char **evidence);

/* runsc-nvproxy.c: the driver's version as the host has it, or NULL; *@file is where it was read. */
char *runsc_host_driver (const B9Host *host, const char **file);

/* gpu.nvproxy: whether this release knows the driver. */
void runsc_judge_nvproxy (RunscRelease *release, RunscVerdict *verdict);

/* Reports gpu.nvproxy, gpu.passthrough and gpu.mig. */
void runsc_probe_gpu (RunscRelease *release);

#endif /* B9_RUNSC_PROBE_H */
