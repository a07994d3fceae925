/* SPDX-License-Identifier: Apache-2.0
 *
 * host.h: the B9Host that a provider's functions are given (b9run/b9-host.h).
 */
#ifndef B9_CORE_HOST_H
#define B9_CORE_HOST_H

#include <b9run/b9-backend.h>

#include "core/config/config.h"

G_BEGIN_DECLS

/* What stands behind a B9Host; borrowed, and must outlive it. */
typedef struct {
  const B9Config *config;
  const char *section;            /* "backends.runsc" */
  const B9ConfigKey *const *keys; /* declared by the provider; may be NULL */
  const GPtrArray *options;       /* of B9RequestOption: `--KEY=VALUE` of the command line; may be NULL */
} B9HostData;

/* Fills @host in. */
void b9_host_init (B9Host *host, B9HostData *data);

/* Whether every option of the command line is a key that the provider declares, with a value of its type. */
gboolean b9_host_check_options (const B9HostData *data, const char *provider, GError **error);

G_END_DECLS

#endif /* B9_CORE_HOST_H */
