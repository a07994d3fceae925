/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-registry.h: all CDI devices of this host, from all files of all directories.
 *
 * A device of a later directory takes the place of the same in an earlier one.  In one directory the same
 * device twice is a conflict, and nobody gets it.  A bad file is remembered with its reason, and what it
 * would have hidden is served from below it.
 */
#ifndef CDI_REGISTRY_H
#define CDI_REGISTRY_H

#include "plugins/gpu/cdi/cdi-arena.h"
#include "plugins/gpu/cdi/cdi-files.h"

G_BEGIN_DECLS

/* A device and the file that it comes from. */
typedef struct {
  const char *name; /* qualified */
  const CdiFile *file;
  const CdiDevice *device;
} CdiEntry;

typedef struct {
  CdiArena *arena;
  GBytes *kept;        /* what texts of the cache point into, or NULL */
  GPtrArray *files;    /* of CdiFile */
  GPtrArray *ignored;  /* of char *: .yml files */
  GPtrArray *problems; /* of CdiProblem */
  GHashTable *devices; /* name -> CdiEntry */
  gboolean from_cache;
} CdiRegistry;

/* Never fails; what is wrong is in `problems`.  @directories in ascending priority. */
CdiRegistry *cdi_registry_load (const B9Host *host, const char *const *directories);
void cdi_registry_free (CdiRegistry *registry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CdiRegistry, cdi_registry_free)

/* NULL: no file has it. */
const CdiEntry *cdi_registry_find (const CdiRegistry *registry, const char *name);

/* All entries by name; of borrowed CdiEntry. */
GPtrArray *cdi_registry_sorted (const CdiRegistry *registry);

G_END_DECLS

#endif /* CDI_REGISTRY_H */
