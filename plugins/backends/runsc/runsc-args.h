/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-args.h: the parts of the runsc plugin: command line (runsc-args.c, runsc-options.c), state directory
 * (runsc-state.c), what it says of a container (runsc-status.c) and error texts (runsc-errors.c).  The
 * descriptor is in runsc-plugin.c.
 */
#ifndef B9_RUNSC_ARGS_H
#define B9_RUNSC_ARGS_H

#include <b9run/b9-backend.h>

/* runsc-args.c */
B9Way runsc_way (const B9Host *host, B9Operation operation, const B9RequestOption *const *options);
char **runsc_new_flags (const B9Host *host, GError **error);
char **runsc_build_argv (const B9Host *host, const B9Request *request, GError **error);

/* How many descriptors a service manager has given us (sd_listen_fds(3)), from 3 upwards. */
guint runsc_listen_fds (void);

/* runsc-options.c: adds to @argv what runsc has for each option of @request. */
gboolean runsc_add_options (GPtrArray *argv, const B9Request *request, GError **error);

/* Go's duration ("1m30s", "100ms") as whole seconds, rounded up and at least 1; 0 where it is none. */
guint64 runsc_interval_seconds (const char *duration);

/* runsc-checkpoint.c */
#define RUNSC_IMAGE_FILE "checkpoint.img"
extern const char *const runsc_image_patterns[];
gboolean runsc_holds_rootfs (const B9Host *host, const B9Request *request);
void runsc_speed_up (const B9Host *host, const B9Request *request, GPtrArray *arguments);

/* runsc-state.c */
gboolean runsc_check_id (const B9Host *host, const char *root, const char *id, GError **error);
gboolean runsc_find (const B9Host *host, const char *root, const char *id);
gboolean runsc_ids_collide (const B9Host *host, const char *a, const char *b);
char *runsc_colliding_id (const B9Host *host, const char *root, const char *id);
char **runsc_leftovers (const B9Host *host, const B9Request *request, const char *rootfs);
gboolean runsc_owns_process (const B9Host *host, const B9Request *request, const char *const *command_line);

/* runsc-status.c */
char *runsc_peek_status (const B9Host *host, const B9Request *request, int pid, const char *const *cgroups);
char *runsc_keep_status (const B9Host *host, const B9Request *request);
gboolean runsc_amend_status (const B9Host *host, const B9Request *request, int pid, const char *wanted,
                             const char *kept, GError **error);

/* runsc-errors.c */
void runsc_explain_failure (const B9Host *host, const B9Request *request, int exit_status,
                            const char *message, GError **error);

#endif /* B9_RUNSC_ARGS_H */
