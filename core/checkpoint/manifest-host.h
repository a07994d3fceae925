/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest-host.h: what the processor offers to a program that looks.
 */
#ifndef B9_MANIFEST_HOST_H
#define B9_MANIFEST_HOST_H

#include <glib.h>

G_BEGIN_DECLS

/* The instruction sets that a program may have found and used, sorted; g_strfreev(). */
char **b9_cpu_features (void);

G_END_DECLS

#endif /* B9_MANIFEST_HOST_H */
