/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-json.h: writes the JSON that goes into a container's spec.
 */
#ifndef CDI_JSON_H
#define CDI_JSON_H

#include "plugins/gpu/cdi/cdi-model.h"

G_BEGIN_DECLS

/* @text with its quotes; bytes that are no UTF-8 become U+FFFD. */
void cdi_json_text (GString *out, const char *text);

/* Members of the object that is open at the end of @out; what is NULL or not given is left out. */
void cdi_json_member_text (GString *out, const char *name, const char *text);
void cdi_json_member_number (GString *out, const char *name, gint64 number);
void cdi_json_member_optional (GString *out, const char *name, const CdiNumber *number);
void cdi_json_member_texts (GString *out, const char *name, const CdiList *texts);
void cdi_json_member_raw (GString *out, const char *name, const char *json);

/* One part of a JSON pointer, with "~" and "/" written as they have to be; g_free(). */
char *cdi_json_pointer_part (const char *name);

G_END_DECLS

#endif /* CDI_JSON_H */
