/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-array.h: one array of a container's spec while it is edited.
 *
 * Each element is kept as the text that it was, so that what is not edited keeps every byte, and the whole
 * array goes back in one edit, since each edit of a spec scans it again.
 */
#ifndef CDI_ARRAY_H
#define CDI_ARRAY_H

#include <b9run/b9-spec.h>

#include "plugins/gpu/cdi/cdi-model.h"

G_BEGIN_DECLS

typedef struct {
  char *json;
  char *key; /* what elements are told apart by, or NULL */
  int index; /* in the spec; -1 for a new one */
} CdiElement;

typedef struct {
  char *pointer;
  GPtrArray *elements; /* of CdiElement */
  gboolean changed;
} CdiArray;

/* The array at @pointer of @spec, empty where it is absent.  @key_member names the member of each element
 * that is its key; "" means that the elements are texts; NULL: there are no keys. */
CdiArray *cdi_array_load (const B9Spec *spec, const char *pointer, const char *key_member, GError **error);
void cdi_array_free (CdiArray *array);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CdiArray, cdi_array_free)

CdiElement *cdi_array_at (const CdiArray *array, guint index);
void cdi_array_add (CdiArray *array, const char *key, char *json); /* takes @json */
void cdi_array_remove (CdiArray *array, guint index);

/* The place of the next element from @from on that has @key, or -1. */
int cdi_array_find (const CdiArray *array, const char *key, guint from);

char *cdi_array_json (const CdiArray *array);

/* What stands in a member of an element that the spec had: "/mounts/3/source". */
gboolean cdi_element_has_text (const B9Spec *spec, const CdiArray *array, const CdiElement *element,
                               const char *member, const char *text);
gboolean cdi_element_has_number (const B9Spec *spec, const CdiArray *array, const CdiElement *element,
                                 const char *member, const CdiNumber *number);
gboolean cdi_element_has_texts (const B9Spec *spec, const CdiArray *array, const CdiElement *element,
                                const char *member, const CdiList *texts);

G_END_DECLS

#endif /* CDI_ARRAY_H */
