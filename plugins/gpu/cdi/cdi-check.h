/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-check.h: what is wrong with this host's CDI files: `b9run cdi check`, and its summary for
 * `b9run doctor` and for the capability cells.
 */
#ifndef CDI_CHECK_H
#define CDI_CHECK_H

#include <b9run/b9-gpu.h>

G_BEGIN_DECLS

void cdi_check (const B9Host *host);
void cdi_examine (const B9Host *host);
void cdi_probe (const B9Host *host);

G_END_DECLS

#endif /* CDI_CHECK_H */
