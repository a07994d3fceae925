/* SPDX-License-Identifier: Apache-2.0
 *
 * matrix.h: what a backend can do here together with the detectors, the providers and the host.
 *
 * A cell is probed when it is first asked for, and the answers of each provider are cached (cache.h).  The
 * cells of a backend name what they need of others ("gpu:gpu.driver"); joined, the weakest one wins and keeps
 * its reason.
 */
#ifndef B9_MATRIX_H
#define B9_MATRIX_H

#include <b9run/b9-capability.h>

#include "core/run/runtime.h"

G_BEGIN_DECLS

typedef struct _B9Matrix B9Matrix;

/* A cell after the join; owned by the matrix. */
typedef struct {
  char *capability;
  char *provider; /* whose answer it is: "backend runsc", "gpu cdi", "host" */
  guint32 state;  /* B9CapabilityState */
  guint32 evidence_kind;
  char *evidence;
  char *reason; /* NULL where it is supported */
  char *remedy; /* or NULL */
} B9MatrixCell;

/* Probes nothing.  @state_directory: where the answers are cached, or NULL for nowhere.  All is borrowed and
 * must outlive the matrix. */
B9Matrix *b9_matrix_new (B9Registry *registry, const B9Config *config, const char *state_directory);
void b9_matrix_free (B9Matrix *matrix);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Matrix, b9_matrix_free)

/* The joined cell of @capability for the backend; a capability that nobody answers for is UNKNOWN.  Never
 * NULL.
 * @program, @root: as in b9_runtime_program() and b9_runtime_root(). */
const B9MatrixCell *b9_matrix_cell (B9Matrix *matrix, const B9Runtime *runtime, const char *program,
                                    const char *root, const char *capability);

/* All that went into that cell: the backend's own answer, and that of each provider which it needs; GPtrArray
 * of borrowed B9MatrixCell. */
GPtrArray *b9_matrix_parts (B9Matrix *matrix, const B9Runtime *runtime, const char *program, const char *root,
                            const char *capability);

/* Every capability that the backend, the catalogue or another provider names; GPtrArray of borrowed
 * B9MatrixCell, by id. */
GPtrArray *b9_matrix_cells (B9Matrix *matrix, const B9Runtime *runtime, const char *program,
                            const char *root);

/* Whether the container may go ahead: UNSUPPORTED is B9_ERROR_CAPABILITY with capability, reason, evidence
 * and remedy; CONDITIONAL and UNKNOWN leave a notice in b9run's own log.  @what: what needs it, for the
 * message
 * ("--preserve-fds", "linux.devices[0]"). */
gboolean b9_matrix_require (B9Matrix *matrix, const B9Runtime *runtime, const char *program, const char *root,
                            const char *capability, const char *what, GError **error);

const char *b9_capability_state_name (guint32 state); /* "supported", … */

G_END_DECLS

#endif /* B9_MATRIX_H */
