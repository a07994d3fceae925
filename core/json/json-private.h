/* SPDX-License-Identifier: Apache-2.0
 *
 * json-private.h: what the files of core/json share: the token list of a scanned document.
 *
 * json-scan.c fills it, json-string.c reads the strings in it, json-text.c looks up and converts, and
 * json-edit.c cuts by it.  Nothing outside core/json includes this.
 */
#ifndef B9_JSON_PRIVATE_H
#define B9_JSON_PRIVATE_H

#include "core/json/json-text.h"

G_BEGIN_DECLS

/* One value.  Offsets are into the document; tokens stand in document order, so that the first child of a
 * container, if it has any, is the token after it. */
typedef struct {
  guint32 start;  /* the first byte of the value */
  guint32 end;    /* the byte after its last */
  guint32 name;   /* the opening quote of its member name; 0: it is not a member */
  guint32 parent; /* the container around it; B9_JSON_NONE for the document itself */
  guint32 next;   /* the value after it in the same container; B9_JSON_NONE for the last */
} B9JsonToken;

struct _B9JsonText {
  GBytes *bytes;
  const char *data; /* of bytes */
  guint32 length;   /* of bytes */
  char *what;
  B9JsonToken *tokens;
  guint32 count;
};

/* Refuses what is larger than B9_JSON_MAX_BYTES. */
gboolean b9_json_check_size (guint64 size, const char *what, GError **error);

/* Fills the tokens of @text, or says why the document is none. */
gboolean b9_json_scan (B9JsonText *text, GError **error);

/* The line and column of an offset, both from 1.  Columns count characters. */
void b9_json_position (const B9JsonText *text, guint32 offset, guint *line, guint *column);

/* The character at *at within a scanned string, decoded; *at moves behind it.  Not to be called at the
 * closing quote. */
gunichar b9_json_string_step (const char **at);

/* The scanned string that begins with the quote at @offset, decoded; NULL: it has a NUL inside. */
char *b9_json_string_decode (const B9JsonText *text, guint32 offset);

/* Whether the scanned string at @offset is @name; @fold: whatever the case, as Go matches names. */
gboolean b9_json_string_matches (const B9JsonText *text, guint32 offset, const char *name, gboolean fold);

/* The scanned string at @offset for a message: in quotes, shortened, nothing in it that moves a cursor. */
char *b9_json_string_show (const B9JsonText *text, guint32 offset);

/* As b9_json_get(), but a null member is found like any other. */
gboolean b9_json_get_member (const B9JsonText *text, B9JsonValue object, const char *name,
                             B9JsonValue *member, GError **error);

G_END_DECLS

#endif /* B9_JSON_PRIVATE_H */
