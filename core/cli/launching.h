/* SPDX-License-Identifier: Apache-2.0
 *
 * launching.h: from the command line of create, run and restore to a claimed container that the launcher
 * (core/run/launch.h) brings to life.
 */
#ifndef B9_LAUNCHING_H
#define B9_LAUNCHING_H

#include "core/cli/app.h"
#include "core/run/launch.h"

G_BEGIN_DECLS

/* All that a launch borrows. */
typedef struct {
  B9Bundle *bundle;
  B9Target target;
  B9Prepared prepared;
  char *given_bundle; /* to the backend */
  B9AppRequest request;
  B9Launch launch;
} B9Launching;

void b9_launching_clear (B9Launching *launching);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9Launching, b9_launching_clear)

/* Everything that can be refused before the id is claimed. */
gboolean b9_launching_prepare (B9Launching *launching, B9App *app, const B9Line *line, B9Operation operation,
                               gboolean detached, GError **error);

/* Makes the id ours, and the bundle that the backend is given. */
gboolean b9_launching_claim (B9Launching *launching, B9App *app, GError **error);

/* Runs the claimed container as the command line wants it; its exit status, or -1. */
int b9_launching_run (B9Launching *launching, B9App *app, const B9Line *line, gboolean detached,
                      GError **error);

G_END_DECLS

#endif /* B9_LAUNCHING_H */
