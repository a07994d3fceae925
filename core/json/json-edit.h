/* SPDX-License-Identifier: Apache-2.0
 *
 * json-edit.h: change a few values of a scanned document and keep every other byte.
 *
 * Edits are collected against the values of one B9JsonText and applied at once, so that they may be given
 * in any order.  New content is JSON text and goes in as it is, without the space around it; what is added to
 * a container is set apart from its neighbours as the last value there was.
 *
 * A call that cannot be met is remembered, and the first of them is what b9_json_edit_apply() reports:
 * content that is no JSON, a member set in what is no object, the document itself removed, one new member
 * twice.  Two edits of one value, or of a value inside a replaced or removed one, are refused when applied.
 */
#ifndef B9_JSON_EDIT_H
#define B9_JSON_EDIT_H

#include "core/json/json-text.h"

G_BEGIN_DECLS

typedef struct _B9JsonEdit B9JsonEdit;

B9JsonEdit *b9_json_edit_new (const B9JsonText *text); /* borrows @text */
void b9_json_edit_free (B9JsonEdit *edit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9JsonEdit, b9_json_edit_free)

void b9_json_edit_replace (B9JsonEdit *edit, B9JsonValue value, const char *json);
void b9_json_edit_remove (B9JsonEdit *edit, B9JsonValue value); /* an element, or a member with its name */
/* A structure's member: replaces the one of that name (in any case, as b9_json_get finds it; also null), or
 * appends it.  An object that has it twice is refused. */
void b9_json_edit_set_member (B9JsonEdit *edit, B9JsonValue object, const char *name, const char *json);
/* An entry of a map with free keys (annotations): as above for the exact name.  Where the map has it several
 * times, the last is replaced and the others are removed, so that all readers see this one. */
void b9_json_edit_set_entry (B9JsonEdit *edit, B9JsonValue map, const char *name, const char *json);
void b9_json_edit_append (B9JsonEdit *edit, B9JsonValue array, const char *json);

/* The changed document, checked by scanning it again; without edits, the bytes it was.  Errors:
 * B9_ERROR_FAILED for edits that contradict each other or the document, B9_ERROR_BAD_INPUT where new content
 * is no JSON or the document has become too large or too deep.  May be called again. */
GBytes *b9_json_edit_apply (const B9JsonEdit *edit, GError **error);

/* The same, scanned. */
B9JsonText *b9_json_edit_apply_text (const B9JsonEdit *edit, GError **error);

G_END_DECLS

#endif /* B9_JSON_EDIT_H */
