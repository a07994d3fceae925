/* SPDX-License-Identifier: Apache-2.0
 *
 * needs.h: which capabilities a new container needs, as far as its spec and the command line tell.
 *
 * What every container has (its own namespaces, limits, the device nodes of the runtime spec) is no need: a
 * plain bundle has none, and costs no look-up.  GPUs and checkpoints are asked for where they are dealt with.
 */
#ifndef B9_NEEDS_H
#define B9_NEEDS_H

#include <b9run/b9-backend.h>

#include "core/json/json-text.h"

G_BEGIN_DECLS

typedef struct {
  const char *capability; /* static */
  char *what;             /* what needs it, for messages: "process.terminal" */
} B9Need;

/* GPtrArray of B9Need, owned, each capability once; NULL with B9_ERROR_BAD_INPUT where the spec has another
 * kind of value there than the runtime spec wants.  @options: of create or run, NULL-ended. */
GPtrArray *b9_needs (const B9JsonText *spec, const B9RequestOption *const *options, gboolean systemd_cgroup,
                     GError **error);

/* Those of the options alone, as for exec. */
GPtrArray *b9_needs_of_options (const B9RequestOption *const *options);

G_END_DECLS

#endif /* B9_NEEDS_H */
