/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-features.h: what runsc makes of a spec, as the OCI features document.
 */
#ifndef B9_RUNSC_FEATURES_H
#define B9_RUNSC_FEATURES_H

#include <b9run/b9-host.h>

G_BEGIN_DECLS

/* B9Backend.features. */
char *runsc_features (const B9Host *host, const char *program, const char *root, GError **error);

G_END_DECLS

#endif /* B9_RUNSC_FEATURES_H */
