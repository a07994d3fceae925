/* SPDX-License-Identifier: Apache-2.0
 *
 * json-text.c: open a document, look values up in it and convert them.
 *
 * json-scan.c has checked the text before anything here reads it.
 */
#include "config.h"

#include "core/json/json-private.h"

#include <b9run/b9-error.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is read at once from a file whose size is not known; /proc gives some files in one piece only. */
#define LEAST_READ 4096

gboolean
b9_json_check_size (guint64 size, const char *what, GError **error)
{
  if (size <= B9_JSON_MAX_BYTES)
    return TRUE;
  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: larger than %d MiB (%" G_GUINT64_FORMAT " bytes)",
               what, B9_JSON_MAX_BYTES / (1024 * 1024), size);
  return FALSE;
}

B9JsonText *
b9_json_text_new (GBytes *bytes, const char *what, GError **error)
{
  g_autoptr (B9JsonText) text = NULL;
  gsize length = 0;

  if (!b9_json_check_size (g_bytes_get_size (bytes), what, error))
    return NULL;
  text = g_new0 (B9JsonText, 1);
  text->bytes = g_bytes_ref (bytes);
  text->data = g_bytes_get_data (bytes, &length);
  if (text->data == NULL) /* an empty GBytes may have no data at all */
    text->data = "";
  text->length = (guint32)length;
  text->what = g_strdup (what);
  return b9_json_scan (text, error) ? g_steal_pointer (&text) : NULL;
}

void
b9_json_text_free (B9JsonText *text)
{
  if (text == NULL)
    return;
  g_bytes_unref (text->bytes);
  g_free (text->what);
  g_free (text->tokens);
  g_free (text);
}

/* Always FALSE. */
static gboolean
refuse_file (const char *doing, const char *what, int reason, GError **error)
{
  gboolean denied = reason == EACCES || reason == EPERM;
  g_autofree char *message = g_strdup (g_strerror (reason));

  message[0] = g_ascii_tolower (message[0]);
  g_set_error (error, B9_ERROR, denied ? B9_ERROR_PERMISSION : B9_ERROR_IO, "cannot %s %s: %s", doing, what,
               message);
  return FALSE;
}

static const char *
file_kind_name (mode_t mode)
{
  switch (mode & S_IFMT) {
  case S_IFDIR:
    return "a directory";
  case S_IFIFO:
    return "a FIFO";
  case S_IFCHR:
  case S_IFBLK:
    return "a device";
  default:
    return "a special file";
  }
}

static gboolean
check_file (int fd, const char *what, guint64 *size, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0)
    return refuse_file ("read", what, errno, error);
  if (!S_ISREG (status.st_mode)) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: %s, not a regular file", what,
                 file_kind_name (status.st_mode));
    return FALSE;
  }
  *size = (guint64)status.st_size;
  return b9_json_check_size (*size, what, error);
}

/* Reads to the end, wherever that is by now: the size is a first guess, since the file may be written
 * meanwhile. */
static GBytes *
read_file (int fd, const char *what, guint64 size, GError **error)
{
  gsize capacity = MAX ((gsize)size + 1, LEAST_READ);
  g_autofree char *buffer = g_malloc (capacity);
  gsize length = 0;
  ssize_t count;

  while ((count = read (fd, buffer + length, capacity - length)) != 0) {
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0) {
      refuse_file ("read", what, errno, error);
      return NULL;
    }
    length += (gsize)count;
    if (!b9_json_check_size (length, what, error))
      return NULL;
    if (length == capacity) {
      capacity *= 2;
      buffer = g_realloc (buffer, capacity);
    }
  }
  return g_bytes_new_take (g_steal_pointer (&buffer), length);
}

/* Without O_NONBLOCK, a FIFO would wait for its writer before it can be refused. */
static int
open_file (const char *path, const char *what, int more_flags, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | more_flags);

  if (fd >= 0)
    return fd;
  if (errno == ENXIO) /* what open() says to a socket */
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: a special file, not a regular file", what);
  else if (errno == ELOOP && (more_flags & O_NOFOLLOW) != 0)
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: a symbolic link, which is not followed", what);
  else
    refuse_file ("open", what, errno, error);
  return -1;
}

static B9JsonText *
load (const char *path, int more_flags, GError **error)
{
  g_autofree char *what = g_utf8_make_valid (path, -1);
  g_autoptr (GBytes) bytes = NULL;
  guint64 size = 0;
  int fd = open_file (path, what, more_flags, error);

  if (fd < 0)
    return NULL;
  if (check_file (fd, what, &size, error))
    bytes = read_file (fd, what, size, error);
  close (fd);
  return bytes != NULL ? b9_json_text_new (bytes, what, error) : NULL;
}

B9JsonText *
b9_json_text_load (const char *path, GError **error)
{
  return load (path, 0, error);
}

B9JsonText *
b9_json_text_load_no_link (const char *path, GError **error)
{
  return load (path, O_NOFOLLOW, error);
}

const char *
b9_json_text_what (const B9JsonText *text)
{
  return text->what;
}

GBytes *
b9_json_text_bytes (const B9JsonText *text)
{
  return text->bytes;
}

B9JsonKind
b9_json_kind (const B9JsonText *text, B9JsonValue value)
{
  g_return_val_if_fail (value < text->count, B9_JSON_NULL);

  switch (text->data[text->tokens[value].start]) {
  case '{':
    return B9_JSON_OBJECT;
  case '[':
    return B9_JSON_ARRAY;
  case '"':
    return B9_JSON_STRING;
  case 't':
  case 'f':
    return B9_JSON_BOOLEAN;
  case 'n':
    return B9_JSON_NULL;
  default:
    return B9_JSON_NUMBER;
  }
}

const char *
b9_json_kind_name (B9JsonKind kind)
{
  static const char *const names[] = {
      [B9_JSON_NULL] = "null",       [B9_JSON_BOOLEAN] = "a boolean", [B9_JSON_NUMBER] = "a number",
      [B9_JSON_STRING] = "a string", [B9_JSON_ARRAY] = "an array",    [B9_JSON_OBJECT] = "an object",
  };

  return names[kind];
}

guint
b9_json_line (const B9JsonText *text, B9JsonValue value)
{
  guint line, column;

  g_return_val_if_fail (value < text->count, 0);
  b9_json_position (text, text->tokens[value].start, &line, &column);
  return line;
}

const char *
b9_json_raw (const B9JsonText *text, B9JsonValue value, gsize *length)
{
  g_return_val_if_fail (value < text->count, NULL);

  *length = text->tokens[value].end - text->tokens[value].start;
  return text->data + text->tokens[value].start;
}

B9JsonValue
b9_json_first (const B9JsonText *text, B9JsonValue container)
{
  guint32 child = container + 1;

  g_return_val_if_fail (container < text->count, B9_JSON_NONE);
  return child < text->count && text->tokens[child].parent == container ? child : B9_JSON_NONE;
}

B9JsonValue
b9_json_next (const B9JsonText *text, B9JsonValue element)
{
  g_return_val_if_fail (element < text->count, B9_JSON_NONE);

  return text->tokens[element].next;
}

B9JsonValue
b9_json_parent (const B9JsonText *text, B9JsonValue value)
{
  g_return_val_if_fail (value < text->count, B9_JSON_NONE);

  return text->tokens[value].parent;
}

guint
b9_json_length (const B9JsonText *text, B9JsonValue container)
{
  guint length = 0;

  for (B9JsonValue child = b9_json_first (text, container); child != B9_JSON_NONE;
       child = b9_json_next (text, child))
    length++;
  return length;
}

char *
b9_json_member_name (const B9JsonText *text, B9JsonValue member)
{
  g_return_val_if_fail (member < text->count && text->tokens[member].name != 0, NULL);

  return b9_json_string_decode (text, text->tokens[member].name);
}

/* A name that needs no quotes in a place: a letter or underscore, then those, digits and dashes. */
static gboolean
is_plain_name (const char *shown)
{
  gsize length = strlen (shown);

  if (length < 3 || g_ascii_isdigit (shown[1]))
    return FALSE;
  for (gsize i = 1; i < length - 1; i++) {
    if (!g_ascii_isalnum (shown[i]) && shown[i] != '_' && shown[i] != '-')
      return FALSE;
  }
  return TRUE;
}

static void
append_step (const B9JsonText *text, B9JsonValue value, GString *place)
{
  const B9JsonToken *token = &text->tokens[value];
  g_autofree char *shown = NULL;
  guint index = 0;

  if (token->name == 0) {
    for (B9JsonValue child = b9_json_first (text, token->parent); child != value;
         child = b9_json_next (text, child))
      index++;
    g_string_append_printf (place, "[%u]", index);
    return;
  }
  shown = b9_json_string_show (text, token->name);
  if (!is_plain_name (shown)) {
    g_string_append_printf (place, "[%s]", shown);
    return;
  }
  if (place->len > 0)
    g_string_append_c (place, '.');
  g_string_append_len (place, shown + 1, (gssize)strlen (shown) - 2);
}

char *
b9_json_place (const B9JsonText *text, B9JsonValue value)
{
  B9JsonValue steps[B9_JSON_MAX_DEPTH + 1];
  GString *place;
  int count = 0;

  g_return_val_if_fail (value < text->count, g_strdup ("nothing"));
  if (value == B9_JSON_ROOT)
    return g_strdup ("the document");

  for (; value != B9_JSON_ROOT; value = text->tokens[value].parent)
    steps[count++] = value;
  place = g_string_new (NULL);
  while (count > 0)
    append_step (text, steps[--count], place);
  return g_string_free (place, FALSE);
}

gboolean
b9_json_refuse (const B9JsonText *text, B9JsonValue value, const char *place, const char *reason,
                GError **error)
{
  g_autofree char *found = place == NULL ? b9_json_place (text, value) : g_strdup (place);

  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: %s %s (line %u)", text->what, found, reason,
               b9_json_line (text, value));
  return FALSE;
}

gboolean
b9_json_refuse_kind (const B9JsonText *text, B9JsonValue value, const char *place, B9JsonKind wanted,
                     GError **error)
{
  g_autofree char *reason = g_strdup_printf ("is %s, not %s", b9_json_kind_name (b9_json_kind (text, value)),
                                             b9_json_kind_name (wanted));

  return b9_json_refuse (text, value, place, reason, error);
}

B9JsonValue
b9_json_map_get (const B9JsonText *text, B9JsonValue object, const char *name)
{
  B9JsonValue found = B9_JSON_NONE;

  if (b9_json_kind (text, object) != B9_JSON_OBJECT)
    return B9_JSON_NONE;
  for (B9JsonValue member = b9_json_first (text, object); member != B9_JSON_NONE;
       member = b9_json_next (text, member)) {
    if (b9_json_string_matches (text, text->tokens[member].name, name, FALSE))
      found = member;
  }
  return found;
}

/* Always FALSE. */
static gboolean
refuse_duplicate (const B9JsonText *text, B9JsonValue first, B9JsonValue second, GError **error)
{
  const B9JsonToken *one = &text->tokens[first];
  const B9JsonToken *other = &text->tokens[second];
  g_autofree char *place = b9_json_place (text, one->parent);
  g_autofree char *name = b9_json_string_show (text, one->name);
  g_autofree char *other_name = b9_json_string_show (text, other->name);
  guint line, other_line, column;

  b9_json_position (text, one->name, &line, &column);
  b9_json_position (text, other->name, &other_line, &column);
  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT,
               "%s: %s has the same member twice: %s (line %u) and %s (line %u); keep one", text->what, place,
               name, line, other_name, other_line);
  return FALSE;
}

gboolean
b9_json_get_member (const B9JsonText *text, B9JsonValue object, const char *name, B9JsonValue *member,
                    GError **error)
{
  B9JsonValue found = B9_JSON_NONE;

  *member = B9_JSON_NONE;
  if (b9_json_kind (text, object) != B9_JSON_OBJECT)
    return b9_json_refuse_kind (text, object, NULL, B9_JSON_OBJECT, error);
  for (B9JsonValue child = b9_json_first (text, object); child != B9_JSON_NONE;
       child = b9_json_next (text, child)) {
    if (!b9_json_string_matches (text, text->tokens[child].name, name, TRUE))
      continue;
    if (found != B9_JSON_NONE)
      return refuse_duplicate (text, found, child, error);
    found = child;
  }
  *member = found;
  return TRUE;
}

gboolean
b9_json_get (const B9JsonText *text, B9JsonValue object, const char *name, B9JsonValue *member,
             GError **error)
{
  if (!b9_json_get_member (text, object, name, member, error))
    return FALSE;
  if (*member != B9_JSON_NONE && b9_json_kind (text, *member) == B9_JSON_NULL)
    *member = B9_JSON_NONE;
  return TRUE;
}

static gboolean
find_steps (const B9JsonText *text, B9JsonValue from, B9JsonValue *value, GError **error, va_list names)
{
  const char *name;

  *value = from;
  while (*value != B9_JSON_NONE && (name = va_arg (names, const char *)) != NULL) {
    if (!b9_json_get (text, *value, name, value, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
b9_json_find (const B9JsonText *text, B9JsonValue from, B9JsonValue *value, GError **error, ...)
{
  va_list names;
  gboolean ok;

  va_start (names, error);
  ok = find_steps (text, from, value, error, names);
  va_end (names);
  return ok;
}

char *
b9_json_string (const B9JsonText *text, B9JsonValue value, const char *place, GError **error)
{
  char *string;

  if (b9_json_kind (text, value) != B9_JSON_STRING) {
    b9_json_refuse_kind (text, value, place, B9_JSON_STRING, error);
    return NULL;
  }
  string = b9_json_string_decode (text, text->tokens[value].start);
  if (string == NULL)
    b9_json_refuse (text, value, place, "has a NUL character (\\u0000) in it", error);
  return string;
}

gboolean
b9_json_boolean (const B9JsonText *text, B9JsonValue value, const char *place, gboolean *result,
                 GError **error)
{
  if (b9_json_kind (text, value) != B9_JSON_BOOLEAN)
    return b9_json_refuse_kind (text, value, place, B9_JSON_BOOLEAN, error);
  *result = text->data[text->tokens[value].start] == 't';
  return TRUE;
}

/* A JSON number has no plus sign, space or leading zero, so an integer is long only where it is too large. */
gboolean
b9_json_int64 (const B9JsonText *text, B9JsonValue value, const char *place, gint64 *result, GError **error)
{
  g_autofree char *digits = NULL;
  const char *raw;
  gsize length = 0;

  if (b9_json_kind (text, value) != B9_JSON_NUMBER)
    return b9_json_refuse_kind (text, value, place, B9_JSON_NUMBER, error);
  raw = b9_json_raw (text, value, &length);
  digits = g_strndup (raw, length);
  if (strpbrk (digits, ".eE") != NULL)
    return b9_json_refuse (text, value, place, "is not a whole number", error);
  if (!g_ascii_string_to_signed (digits, 10, G_MININT64, G_MAXINT64, result, NULL))
    return b9_json_refuse (text, value, place, "does not fit into 64 bits", error);
  return TRUE;
}

gboolean
b9_json_find_string (const B9JsonText *text, B9JsonValue from, char **result, GError **error, ...)
{
  B9JsonValue value;
  va_list names;
  gboolean ok;

  *result = NULL;
  va_start (names, error);
  ok = find_steps (text, from, &value, error, names);
  va_end (names);
  if (!ok || value == B9_JSON_NONE)
    return ok;
  *result = b9_json_string (text, value, NULL, error);
  return *result != NULL;
}

gboolean
b9_json_find_boolean (const B9JsonText *text, B9JsonValue from, gboolean *result, GError **error, ...)
{
  B9JsonValue value;
  va_list names;
  gboolean ok;

  va_start (names, error);
  ok = find_steps (text, from, &value, error, names);
  va_end (names);
  if (!ok || value == B9_JSON_NONE)
    return ok;
  return b9_json_boolean (text, value, NULL, result, error);
}
