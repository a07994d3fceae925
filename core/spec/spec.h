/* SPDX-License-Identifier: Apache-2.0
 *
 * spec.h: a copy of a container's spec that plugins edit through b9run/b9-spec.h, and what became of it.
 */
#ifndef B9_CORE_SPEC_H
#define B9_CORE_SPEC_H

#include <b9run/b9-spec.h>

#include "core/json/json-text.h"

G_BEGIN_DECLS

typedef struct _B9SpecCopy B9SpecCopy;

/* One edit, or one thing left alone on purpose, in the order in which they were made. */
typedef struct {
  char *pointer;
  char *action; /* "added", "replaced", "removed", or a note's own words */
  char *cause;
} B9SpecChange;

/* Copies nothing before the first edit; @text is borrowed. */
B9SpecCopy *b9_spec_copy_new (const B9JsonText *text);
void b9_spec_copy_free (B9SpecCopy *copy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9SpecCopy, b9_spec_copy_free)

B9Spec *b9_spec_copy_interface (B9SpecCopy *copy);            /* for plugins; borrowed */
gboolean b9_spec_copy_is_edited (const B9SpecCopy *copy);     /* notes are no edits */
const B9JsonText *b9_spec_copy_text (const B9SpecCopy *copy); /* as it is now; borrowed until the next edit */
const GPtrArray *b9_spec_copy_changes (const B9SpecCopy *copy); /* of B9SpecChange */

G_END_DECLS

#endif /* B9_CORE_SPEC_H */
