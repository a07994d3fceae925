/* SPDX-License-Identifier: Apache-2.0
 *
 * crun-args.h: crun's command line.
 */
#ifndef CRUN_ARGS_H
#define CRUN_ARGS_H

#include <b9run/b9-backend.h>

G_BEGIN_DECLS

B9Way crun_way (const B9Host *host, B9Operation operation, const B9RequestOption *const *options);
char **crun_build_argv (const B9Host *host, const B9Request *request, GError **error);

G_END_DECLS

#endif /* CRUN_ARGS_H */
