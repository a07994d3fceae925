/* SPDX-License-Identifier: Apache-2.0
 *
 * runc-args.h: runc's command line, ids, state directory and error texts, apart from the plugin's descriptor.
 */
#ifndef B9_RUNC_ARGS_H
#define B9_RUNC_ARGS_H

#include <b9run/b9-backend.h>

B9Way runc_way (const B9Host *host, B9Operation operation, const B9RequestOption *const *options);

/* Starts nothing, reads nothing; the array is the caller's. */
char **runc_build_argv (const B9Host *host, const B9Request *request, GError **error);

gboolean runc_check_id (const B9Host *host, const char *root, const char *id, GError **error);

gboolean runc_find (const B9Host *host, const char *root, const char *id);

/* What is below ROOT/ID now, the deepest first and ROOT/ID last. */
char **runc_leftovers (const B9Host *host, const B9Request *request, const char *rootfs);

/* runc-state.c: "running", "paused", or NULL where runc has to be asked. */
char *runc_peek_status (const B9Host *host, const B9Request *request, int pid, const char *const *cgroups);

void runc_explain_failure (const B9Host *host, const B9Request *request, int exit_status, const char *message,
                           GError **error);

#endif /* B9_RUNC_ARGS_H */
