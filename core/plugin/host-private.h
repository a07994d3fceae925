/* SPDX-License-Identifier: Apache-2.0
 *
 * host-private.h: the services of a B9Host that have files of their own; private to this room.
 */
#ifndef B9_HOST_PRIVATE_H
#define B9_HOST_PRIVATE_H

#include "core/plugin/host.h"

G_BEGIN_DECLS

/* host-files.c */
char *b9_host_service_path (const B9Host *host, const char *path);
char *b9_host_service_find_program (const B9Host *host, const char *name);
char *b9_host_service_read_file (const B9Host *host, const char *path, gsize max, gsize *length,
                                 GError **error);
void b9_host_service_depends_on (const B9Host *host, const char *path);

/* host-run.c */
gboolean b9_host_service_run (const B9Host *host, const B9Run *run, B9RunResult *result, GError **error);

/* host-keep.c: for a run with keep alone.  TRUE with @result filled in where its answer was kept. */
gboolean b9_host_kept_find (const B9Host *host, const B9Run *run, B9RunResult *result);
void b9_host_keep (const B9Host *host, const B9Run *run, const B9RunResult *result);

/* host-report.c */
void b9_host_service_report (const B9Host *host, const B9Cell *cell);
void b9_host_service_finding (const B9Host *host, const B9Finding *finding);

/* host-cache.c */
GBytes *b9_host_service_cache_read (const B9Host *host, const char *name);
gboolean b9_host_service_cache_write (const B9Host *host, const char *name, GBytes *content);

G_END_DECLS

#endif /* B9_HOST_PRIVATE_H */
