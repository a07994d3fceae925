/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue.h: the capabilities that b9run knows, one file each in PKGDATADIR/capabilities: the question, and
 * what each state means.  Only people and --why read them; what cannot be read is left out.
 */
#ifndef B9_CATALOGUE_H
#define B9_CATALOGUE_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  char *id;
  char *question;
  char *meaning; /* of the state that was asked for */
  char *use;     /* what it is for */
} B9CatalogueEntry;

void b9_catalogue_entry_free (B9CatalogueEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9CatalogueEntry, b9_catalogue_entry_free)

/* All ids, sorted; g_strfreev().  Also those that have no file. */
char **b9_catalogue_ids (void);

/* The file of @id, @state being a B9CapabilityState; NULL where there is none. */
B9CatalogueEntry *b9_catalogue_read (const char *id, guint32 state);

/* Whether only a backend can answer for it, so that what others say is not enough. */
gboolean b9_catalogue_is_the_backends (const char *id);

/* The directory: B9RUN_DATA_DIR (for a tree that is not installed; not read in a program with raised
 * privileges) or where it was installed, and "/capabilities".  Owned. */
char *b9_catalogue_directory (void);

G_END_DECLS

#endif /* B9_CATALOGUE_H */
