/* SPDX-License-Identifier: Apache-2.0
 *
 * preparation.h: from a bundle's spec to the one that the backend gets, and the flags that go with it.
 *
 * Detectors edit a copy and say which GPUs it asks for; the capabilities that these need are required; the
 * backend makes the copy fit for its runtime.  A container that asks for a GPU gets all of it or is refused
 * here, before anything is started.  For a spec that asks for no device no detector is loaded.
 */
#ifndef B9_GPU_PREPARATION_H
#define B9_GPU_PREPARATION_H

#include "core/gpu/requests.h"
#include "core/run/runtime.h"
#include "core/spec/spec.h"

G_BEGIN_DECLS

/* What is prepared, and by whom; all of it borrowed. */
typedef struct {
  B9Registry *registry;
  const B9Config *config;
  const char *state_directory; /* for what plugins cache; NULL: nothing is */
  const B9Target *target;      /* runtime, program, and the flags so far */
  B9Operation operation;       /* create, run or restore */
  const char *bundle;          /* the caller's */
  const B9JsonText *spec;      /* its config.json */
  /* As b9_matrix_require(). */
  gboolean (*require) (gpointer data, const char *capability, const char *what, GError **error);
  gpointer data;
} B9PreparationInput;

typedef struct {
  B9SpecCopy *copy;
  GPtrArray *requests;  /* requests.h */
  GPtrArray *detectors; /* of B9OpenProvider; empty where none was needed */
  char *trigger;        /* why they were: "linux.devices", "annotations[\"cdi.k8s.io/gpu\"]"; NULL */
  GPtrArray *required;  /* char *: the capabilities that were required */
  GPtrArray *added;     /* char *: the global flags that the backend asks for besides */
} B9Prepared;

/* After a failure @prepared tells how far it came.  Errors say what asks for what, and what to do. */
gboolean b9_prepare (const B9PreparationInput *input, B9Prepared *prepared, GError **error);

/* The flags so far and those added; g_strfreev(). */
char **b9_prepared_flags (const B9Prepared *prepared, const B9Target *target);

void b9_prepared_clear (B9Prepared *prepared);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9Prepared, b9_prepared_clear)

G_END_DECLS

#endif /* B9_GPU_PREPARATION_H */
