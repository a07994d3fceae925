/* SPDX-License-Identifier: Apache-2.0
 *
 * host.h: the B9Host that a provider's functions are given (b9run/b9-host.h).
 */
#ifndef B9_CORE_HOST_H
#define B9_CORE_HOST_H

#include <b9run/b9-backend.h>

#include "core/config/config.h"

G_BEGIN_DECLS

/* Who listens while a provider probes or examines; a member may be NULL.  All that is passed on is borrowed
 * for the call; cells and findings are complete, of one line, and of bounded length. */
typedef struct {
  gpointer data;
  void (*cell) (gpointer data, const B9Cell *cell);
  void (*finding) (gpointer data, const B9Finding *finding);
  void (*file) (gpointer data, const char *path);    /* what was read, or looked for; of this host */
  void (*program) (gpointer data, const char *path); /* what was run */
  void (*search) (gpointer data, const char *name, const char *found); /* in PATH; @found: NULL for nothing */
  void (*cut_off) (gpointer data); /* a program that was run did not come to its end */
} B9HostWatch;

/* What stands behind a B9Host; borrowed, and must outlive it.  For one probe or examination a copy with a
 * @watch makes a host of its own. */
typedef struct {
  const B9Config *config;
  const char *section;            /* "backends.runsc" */
  const B9ConfigKey *const *keys; /* declared by the provider; may be NULL */
  const GPtrArray *options;       /* of B9RequestOption: `--KEY=VALUE` of the command line; may be NULL */
  const char *state_directory;    /* for what is cached; NULL: nothing is */
  const B9HostWatch *watch;       /* in a probe or an examination; else NULL */
  gboolean (*cancelled) (void);   /* NULL: never */
} B9HostData;

/* Fills @host in. */
void b9_host_init (B9Host *host, B9HostData *data);

/* Whether every option of the command line is a key that the provider declares, with a value of its type. */
gboolean b9_host_check_options (const B9HostData *data, const char *provider, GError **error);

/* @path below the directory that B9RUN_HOST_ROOT names, which stands for the host in tests; not read in a
 * program with raised privileges.  Owned. */
char *b9_host_path (const char *path);

G_END_DECLS

#endif /* B9_CORE_HOST_H */
