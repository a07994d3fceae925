/* SPDX-License-Identifier: Apache-2.0
 *
 * listing.h: all containers that b9run knows of, as `list` prints them and `index rebuild` records them.
 */
#ifndef B9_LISTING_H
#define B9_LISTING_H

#include "core/cli/app.h"
#include "core/run/query.h"

G_BEGIN_DECLS

/* One container: what the runtime says, and the record where there is one.  A record without a state is a
 * container that its runtime does not know (status "creating" while its b9run lives, else it is left out). */
typedef struct {
  B9State *state;
  B9Record *record;
  char *backend;
  char *root;
  char *runtime_root;
} B9Listed;

typedef struct {
  GPtrArray *containers; /* of B9Listed, by id */
  GPtrArray *places;     /* of char *: "--backend=B --root R", where was looked */
  GPtrArray *problems;   /* of char *: what could not be asked */
} B9Listing;

void b9_listing_free (B9Listing *listing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Listing, b9_listing_free)

/* Asks each runtime once for each root that a record names, and for the root that the command line and the
 * configuration choose, with the sub-roots that b9run made there.  With an explicit root, that one alone.
 * @everything: containers that have no record too, in each of these roots and in their sub-roots. */
B9Listing *b9_listing_make (B9App *app, gboolean everything, GError **error);

G_END_DECLS

#endif /* B9_LISTING_H */
