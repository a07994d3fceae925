/* SPDX-License-Identifier: Apache-2.0
 *
 * pointer.h: JSON pointers (RFC 6901) into an OCI spec.
 *
 * It knows which of the spec's objects are maps with free keys ("annotations"), where a name counts as it is
 * written; everywhere else a name is found whatever its case, as the runtimes find it.
 */
#ifndef B9_POINTER_H
#define B9_POINTER_H

#include "core/json/json-text.h"

G_BEGIN_DECLS

typedef struct {
  char **steps; /* decoded, NULL-ended */
  guint count;
} B9Pointer;

void b9_pointer_clear (B9Pointer *pointer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9Pointer, b9_pointer_clear)

/* @what names the document in messages.  B9_ERROR_BAD_INPUT. */
gboolean b9_pointer_parse (B9Pointer *pointer, const char *string, const char *what, GError **error);

/* Goes as far as there are values: @steps tells how many steps lead to @value, all of them where it is there.
 * A step into what is neither array nor object, and a member that is there twice, are refused. */
gboolean b9_pointer_follow (const B9Pointer *pointer, const B9JsonText *text, B9JsonValue *value,
                            guint *steps, GError **error);

/* Whether step number @step names an entry of a map with free keys. */
gboolean b9_pointer_in_map (const B9Pointer *pointer, guint step);

/* Whether step number @step, where nothing is yet, stands for the end of an array. */
gboolean b9_pointer_appends (const B9Pointer *pointer, guint step);

/* The pointer again, as a later reader has to write it once its value is there: the first @steps of it lead
 * to something with @length elements, and from there on each "-" is the number of the element that it makes.
 * Owned. */
char *b9_pointer_resolve (const B9Pointer *pointer, guint steps, guint length);

G_END_DECLS

#endif /* B9_POINTER_H */
