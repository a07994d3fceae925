/* SPDX-License-Identifier: Apache-2.0
 *
 * b9-capability.h: what a provider says about itself and this host, with its evidence.
 *
 * A provider answers for itself alone, from what it has seen on this host, through the `report` and `finding`
 * services of its B9Host (b9-host.h).  The core joins the answers of several providers by the weakest cell,
 * which keeps its reason.
 */
#ifndef B9RUN_CAPABILITY_H
#define B9RUN_CAPABILITY_H

#include <glib.h>

G_BEGIN_DECLS

/**
 * B9CapabilityState:
 * @B9_CAPABILITY_SUPPORTED: it works here; the evidence was seen.
 * @B9_CAPABILITY_CONDITIONAL: it works, but for what the reason names.
 * @B9_CAPABILITY_UNKNOWN: nothing on this host tells.
 * @B9_CAPABILITY_UNSUPPORTED: it does not work here, and what needs it is refused.
 *
 * The weaker, the greater the number.
 *
 * Since: 0.1
 */
typedef enum {
  B9_CAPABILITY_SUPPORTED = 1,
  B9_CAPABILITY_CONDITIONAL,
  B9_CAPABILITY_UNKNOWN,
  B9_CAPABILITY_UNSUPPORTED,
} B9CapabilityState;

/**
 * B9EvidenceKind:
 * @B9_EVIDENCE_PROBE: something was run, and this is what it answered.
 * @B9_EVIDENCE_VERSION: a version that is known to have it or not.
 * @B9_EVIDENCE_FILE: a file was there, or was not, or held this.
 * @B9_EVIDENCE_DECLARED: the provider's own code does it, or leaves it out.
 *
 * Since: 0.1
 */
typedef enum {
  B9_EVIDENCE_PROBE = 1,
  B9_EVIDENCE_VERSION,
  B9_EVIDENCE_FILE,
  B9_EVIDENCE_DECLARED,
} B9EvidenceKind;

/**
 * B9Cell:
 * @struct_size: `sizeof (B9Cell)` of the plugin's build.
 * @capability: the id: lower-case words joined by dots ("gpu.nvproxy", "checkpoint.leave-running").  One that
 * no file of data/capabilities describes is shown as it is.
 * @state: a #B9CapabilityState.
 * @evidence_kind: a #B9EvidenceKind.
 * @evidence: what was seen ("runsc flags: -nvproxy"); required.
 * @reason: why the state is not better, a sentence without a full stop; required unless the state is
 * #B9_CAPABILITY_SUPPORTED.
 * @remedy: what to do about it, in the imperative, or %NULL.
 * @needs: what others have to be able to do for it, as "KIND:CAPABILITY" ("checkpoint:checkpoint",
 * "gpu:gpu.driver", "host:cgroup.memory"; kinds are "host", "gpu", "checkpoint"), %NULL-ended, or %NULL.  Of
 * several providers of the kind the best one counts; where none answers, the need is UNSUPPORTED.
 *
 * One answer.  All of it is copied when it is reported.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  const char *capability;
  guint32 state;
  guint32 evidence_kind;
  const char *evidence;
  const char *reason;
  const char *remedy;
  const char *const *needs;
} B9Cell;

/**
 * B9FindingLevel:
 * @B9_FINDING_OK: as it should be.
 * @B9_FINDING_WARNING: it works, but something is missing or will not last.
 * @B9_FINDING_PROBLEM: containers will fail because of it.
 *
 * Since: 0.1
 */
typedef enum {
  B9_FINDING_OK = 1,
  B9_FINDING_WARNING,
  B9_FINDING_PROBLEM,
} B9FindingLevel;

/**
 * B9Finding:
 * @struct_size: `sizeof (B9Finding)` of the plugin's build.
 * @level: a #B9FindingLevel.
 * @id: a stable name for programs: lower-case words joined by dots ("cdi.file", "nvidia.driver").  The last
 * word "absent" says that something is not there which a host may well do without ("nvidia.absent"): with a
 * detector's, and with ids that begin with "gpu.", `doctor --gpu` makes a problem of it, for which it needs a
 * remedy too.
 * @message: one line: what was found, and where; required.
 * @remedy: what to do, in the imperative; required for a problem, else may be %NULL.
 *
 * One line of `b9run doctor`.  All of it is copied.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  guint32 level;
  const char *id;
  const char *message;
  const char *remedy;
} B9Finding;

G_END_DECLS

#endif /* B9RUN_CAPABILITY_H */
