/* SPDX-License-Identifier: Apache-2.0
 *
 * json-text.h: read a foreign JSON document strictly and in bounds, without building a tree.
 *
 * The scanner checks the whole text (RFC 8259: UTF-8, no comments, no trailing commas, nothing after the
 * document; size and depth bounded) and remembers where each value starts and ends.  A value is named by
 * its position in that list, so numbers and unknown members are never converted and json-edit.h can write
 * a changed document in which everything else stands byte for byte as it stood.
 *
 * Every string of a scanned document can be decoded: half a surrogate pair ("\ud800") is refused by the scan,
 * with its place, because readers disagree about what it is (Go reads U+FFFD, others keep it).
 *
 * Every message begins with the document's name.
 *
 * json-glib is not used here: it loses numbers above 2^63, cuts strings at \u0000, takes comments and
 * crashes on deep nesting, and starting a program that links it costs 2 ms.
 */
#ifndef B9_JSON_TEXT_H
#define B9_JSON_TEXT_H

#include <glib.h>

G_BEGIN_DECLS

/* The bounds of any document that b9run reads.  A real config.json is under 1 MiB and 12 levels deep. */
#define B9_JSON_MAX_BYTES (16 * 1024 * 1024)
#define B9_JSON_MAX_DEPTH 128
#define B9_JSON_MAX_VALUES (1024 * 1024) /* 20 bytes of memory each */

typedef struct _B9JsonText B9JsonText;

/* A value within a B9JsonText; B9_JSON_ROOT is the document itself. */
typedef guint32 B9JsonValue;
#define B9_JSON_ROOT ((B9JsonValue)0)
#define B9_JSON_NONE ((B9JsonValue)G_MAXUINT32)

typedef enum {
  B9_JSON_NULL,
  B9_JSON_BOOLEAN,
  B9_JSON_NUMBER,
  B9_JSON_STRING,
  B9_JSON_ARRAY,
  B9_JSON_OBJECT,
} B9JsonKind;

/* Parses @bytes.  @what names the document in messages ("/b/config.json").  Errors are B9_ERROR_BAD_INPUT and
 * say what, the line and column, and what was expected.  Keeps a reference to @bytes. */
B9JsonText *b9_json_text_new (GBytes *bytes, const char *what, GError **error);

/* Opens @path (a regular file or a link to one, at most B9_JSON_MAX_BYTES) and parses it.  Never blocks on a
 * FIFO.  A file that cannot be opened or read is B9_ERROR_IO, or B9_ERROR_PERMISSION; one that is not
 * regular, too large or no JSON is B9_ERROR_BAD_INPUT. */
B9JsonText *b9_json_text_load (const char *path, GError **error);

/* The same for a file that may come from anybody: a symbolic link is B9_ERROR_BAD_INPUT. */
B9JsonText *b9_json_text_load_no_link (const char *path, GError **error);

void b9_json_text_free (B9JsonText *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9JsonText, b9_json_text_free)

const char *b9_json_text_what (const B9JsonText *text);
GBytes *b9_json_text_bytes (const B9JsonText *text); /* borrowed */

B9JsonKind b9_json_kind (const B9JsonText *text, B9JsonValue value);
const char *b9_json_kind_name (B9JsonKind kind); /* "an object", "a number" … */
guint b9_json_line (const B9JsonText *text, B9JsonValue value);
const char *b9_json_raw (const B9JsonText *text, B9JsonValue value,
                         gsize *length); /* borrowed, not NUL-ended */

/* Where @value stands, for messages: "linux.devices[2].path", annotations["a.b/c"]; "the document" for the
 * root. Owned; never NULL, and safe to print whatever the document holds. */
char *b9_json_place (const B9JsonText *text, B9JsonValue value);

/* Walk: the first element or member value of a container, then the next; B9_JSON_NONE at the end. */
B9JsonValue b9_json_first (const B9JsonText *text, B9JsonValue container);
B9JsonValue b9_json_next (const B9JsonText *text, B9JsonValue element);
B9JsonValue b9_json_parent (const B9JsonText *text, B9JsonValue value); /* B9_JSON_NONE for the root */
guint b9_json_length (const B9JsonText *text, B9JsonValue container);
char *b9_json_member_name (const B9JsonText *text, B9JsonValue member); /* decoded, owned; NULL: has a NUL */

/* A member of a map with free keys (annotations): the exact name.  The last of duplicates, as Go reads it.
 * B9_JSON_NONE: absent, or @object is no object.  A null member is found as it is. */
B9JsonValue b9_json_map_get (const B9JsonText *text, B9JsonValue object, const char *name);

/* A member of a structure (all of OCI's): the runtimes are written in Go, which matches names whatever
 * their case and lets the last one win.  So this finds the name in any case, and refuses an object that
 * has it twice, since two readers could then see two documents.
 * Absent or null: TRUE and *member is B9_JSON_NONE. */
gboolean b9_json_get (const B9JsonText *text, B9JsonValue object, const char *name, B9JsonValue *member,
                      GError **error);

/* The value at a path of structure members below @from, ended by NULL; each step but the last must be an
 * object. Absent or null at any step, or @from is B9_JSON_NONE: TRUE and B9_JSON_NONE. */
gboolean b9_json_find (const B9JsonText *text, B9JsonValue from, B9JsonValue *value, GError **error,
                       ...) G_GNUC_NULL_TERMINATED;

/* Reports of @value that it @reason ("is not a whole number"), with its place and line.  @place: its name, or
 * NULL for b9_json_place().  Always FALSE. */
gboolean b9_json_refuse (const B9JsonText *text, B9JsonValue value, const char *place, const char *reason,
                         GError **error);

/* Reports that @value is not of the kind @wanted.  Always FALSE. */
gboolean b9_json_refuse_kind (const B9JsonText *text, B9JsonValue value, const char *place, B9JsonKind wanted,
                              GError **error);

/* Conversions, each refusing another kind with a message that names the place ("/b/config.json:
 * linux.cgroupsPath is a number, not a string (line 12)").  @place is that name; NULL: b9_json_place().  A
 * string with a NUL inside, and a number with a fraction, an exponent or more than 64 bits, are refused too.
 */
char *b9_json_string (const B9JsonText *text, B9JsonValue value, const char *place, GError **error);
gboolean b9_json_boolean (const B9JsonText *text, B9JsonValue value, const char *place, gboolean *result,
                          GError **error);
gboolean b9_json_int64 (const B9JsonText *text, B9JsonValue value, const char *place, gint64 *result,
                        GError **error);

/* find + convert, for the common case.  Absent: TRUE, *result is NULL / untouched. */
gboolean b9_json_find_string (const B9JsonText *text, B9JsonValue from, char **result, GError **error,
                              ...) G_GNUC_NULL_TERMINATED;
gboolean b9_json_find_boolean (const B9JsonText *text, B9JsonValue from, gboolean *result, GError **error,
                               ...) G_GNUC_NULL_TERMINATED;

/* @string as a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
char *b9_json_quote (const char *string);

G_END_DECLS

#endif /* B9_JSON_TEXT_H */
