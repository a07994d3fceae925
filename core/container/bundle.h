/* SPDX-License-Identifier: Apache-2.0
 *
 * bundle.h: an OCI bundle as its caller left it, and the few things of it that b9run needs to know.
 */
#ifndef B9_BUNDLE_H
#define B9_BUNDLE_H

#include "core/json/json-text.h"

G_BEGIN_DECLS

typedef struct {
  char *path;              /* absolute, links resolved */
  B9JsonText *config;      /* config.json */
  char *rootfs;            /* absolute; NULL where the spec has no root */
  char *cgroups_path;      /* linux.cgroupsPath; NULL or "" where the runtime chooses */
  gboolean terminal;       /* process.terminal */
  gboolean memory_limited; /* by linux.resources.memory.limit */
} B9Bundle;

/* @path: the bundle, or NULL for the working directory.  Reads and checks config.json; runtime-spec
 * bundle.md. */
B9Bundle *b9_bundle_open (const char *path, GError **error);
void b9_bundle_free (B9Bundle *bundle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Bundle, b9_bundle_free)

/* The value of an annotation; NULL where it is missing or no string.  Owned. */
char *b9_bundle_annotation (const B9Bundle *bundle, const char *name);

G_END_DECLS

#endif /* B9_BUNDLE_H */
