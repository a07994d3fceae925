/* SPDX-License-Identifier: Apache-2.0
 *
 * runc-probe.h: the capabilities of runc on this host, and what `b9run doctor` says of it.
 */
#ifndef B9_RUNC_PROBE_H
#define B9_RUNC_PROBE_H

#include <b9run/b9-host.h>

void runc_probe (const B9Host *host, const char *program, const char *root);
void runc_examine (const B9Host *host, const char *program, const char *root);

#endif /* B9_RUNC_PROBE_H */
