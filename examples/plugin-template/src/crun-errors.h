/* SPDX-License-Identifier: Apache-2.0
 *
 * crun-errors.h: what crun's failures mean.
 */
#ifndef CRUN_ERRORS_H
#define CRUN_ERRORS_H

#include <b9run/b9-backend.h>

G_BEGIN_DECLS

void crun_explain_failure (const B9Host *host, const B9Request *request, int exit_status, const char *message,
                           GError **error);

G_END_DECLS

#endif /* CRUN_ERRORS_H */
