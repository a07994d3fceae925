/* SPDX-License-Identifier: Apache-2.0
 *
 * json-scan.c: check a document against RFC 8259 and note where each value stands.
 *
 * One pass and no recursion: a container that is open is found again through its token's parent, so the
 * depth of a hostile document costs no stack.  Whatever this accepts, json-string.c and json-text.c may
 * read without checking again.
 */
#include "config.h"

#include "core/json/json-private.h"

#include <b9run/b9-error.h>
#include <string.h>

typedef struct {
  B9JsonText *text;
  const char *at;
  const char *end;
  guint32 capacity; /* of text->tokens */
  guint32 parent;   /* the innermost open container */
  guint32 last;     /* the latest complete value in it */
  guint32 name;     /* the member name whose value comes next; 0: none */
  guint depth;
} Scanner;

void
b9_json_position (const B9JsonText *text, guint32 offset, guint *line, guint *column)
{
  *line = 1;
  *column = 1;
  for (guint32 i = 0; i < offset; i++) {
    guint8 byte = (guint8)text->data[i];

    if (byte == '\n') {
      *line += 1;
      *column = 1;
    } else if ((byte & 0xc0) != 0x80) { /* the bytes that continue a character are not counted */
      *column += 1;
    }
  }
}

static gboolean refuse (const Scanner *scanner, const char *at, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

/* Always FALSE. */
static gboolean
refuse (const Scanner *scanner, const char *at, GError **error, const char *format, ...)
{
  g_autofree char *reason = NULL;
  guint line, column;
  va_list arguments;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  b9_json_position (scanner->text, (guint32)(at - scanner->text->data), &line, &column);
  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: line %u, column %u: %s", scanner->text->what, line,
               column, reason);
  return FALSE;
}

/* A letter, digit or word that stands where something else should. */
static char *
describe_ascii (const char *at, const char *end)
{
  int length = 1;

  if (g_ascii_isalnum (*at)) {
    while (length < 16 && at + length < end && g_ascii_isalnum (at[length]))
      length++;
  }
  if (*at == '/')
    return g_strdup ("'/' (JSON has no comments)");
  if (g_ascii_isprint (*at))
    return g_strdup_printf ("'%.*s'", length, at);
  return g_strdup_printf ("the byte 0x%02x", (guint8)*at);
}

static char *
describe (const Scanner *scanner)
{
  const char *at = scanner->at;
  gunichar character;

  if (at == scanner->end)
    return g_strdup ("the end of the document");
  if ((guint8)*at < 0x80)
    return describe_ascii (at, scanner->end);

  character = g_utf8_get_char_validated (at, scanner->end - at);
  if (character >= (gunichar)-2)
    return g_strdup_printf ("the byte 0x%02x, which is not UTF-8", (guint8)*at);
  if (character == 0xfeff)
    return g_strdup ("a byte order mark");
  return g_strdup_printf ("the character U+%04X", character);
}

/* Always FALSE.  For a document that ends too early, it says which container is still open. */
static gboolean
refuse_expected (const Scanner *scanner, const char *expected, GError **error)
{
  g_autofree char *found = describe (scanner);
  const char *opened;
  guint line, column;

  if (scanner->at != scanner->end || scanner->parent == B9_JSON_NONE)
    return refuse (scanner, scanner->at, error, "expected %s, found %s", expected, found);

  opened = scanner->text->data + scanner->text->tokens[scanner->parent].start;
  b9_json_position (scanner->text, (guint32)(opened - scanner->text->data), &line, &column);
  return refuse (scanner, scanner->at, error, "expected %s, found %s; the %s of line %u is not closed",
                 expected, found, *opened == '{' ? "object" : "array", line);
}

static void
skip_space (Scanner *scanner)
{
  const char *at = scanner->at;

  while (at < scanner->end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
    at++;
  scanner->at = at;
}

/* The byte at hand; 0 at the end, where no byte that JSON allows is 0. */
static char
peek (const Scanner *scanner)
{
  return scanner->at < scanner->end ? *scanner->at : '\0';
}

static int
hex_unit (const char *at, const char *end)
{
  int unit = 0;

  if (end - at < 4)
    return -1;
  for (int i = 0; i < 4; i++) {
    int digit = g_ascii_xdigit_value (at[i]);

    if (digit < 0)
      return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/* At the u of \uXXXX.  Half a surrogate pair is no character: readers disagree about what it is (RFC 8259,
 * section 8.2), so it is refused here, and every string of a scanned document can be decoded. */
static gboolean
scan_unicode_escape (Scanner *scanner, GError **error)
{
  const char *at = scanner->at;
  int unit = hex_unit (at + 1, scanner->end);
  int second;

  if (unit < 0)
    return refuse (scanner, at - 1, error, "expected four hexadecimal digits after \\u");
  scanner->at = at + 5;
  if (unit < 0xd800 || unit > 0xdfff)
    return TRUE;

  second = scanner->end - scanner->at > 2 && memcmp (scanner->at, "\\u", 2) == 0
               ? hex_unit (scanner->at + 2, scanner->end)
               : -1;
  if (unit > 0xdbff || second < 0xdc00 || second > 0xdfff)
    return refuse (scanner, at - 1, error, "\\u%.4s is half a character: expected a pair of surrogates",
                   at + 1);
  scanner->at += 6;
  return TRUE;
}

/* At the backslash. */
static gboolean
scan_escape (Scanner *scanner, GError **error)
{
  char escaped;

  scanner->at++;
  escaped = peek (scanner);
  if (escaped == 'u')
    return scan_unicode_escape (scanner, error);
  if (escaped == '\0' || strchr ("\"\\/bfnrt", escaped) == NULL)
    return refuse_expected (scanner, "one of \" \\ / b f n r t u after the backslash", error);
  scanner->at++;
  return TRUE;
}

/* Moves over plain characters.  The bits of all of them, together, tell whether any was not ASCII. */
static guint8
skip_plain (Scanner *scanner)
{
  const guint8 *at = (const guint8 *)scanner->at;
  const guint8 *end = (const guint8 *)scanner->end;
  guint8 bits = 0;

  while (at < end && *at >= 0x20 && *at != '"' && *at != '\\')
    bits |= *at++;
  scanner->at = (const char *)at;
  return bits;
}

static gboolean
check_utf8 (const Scanner *scanner, const char *start, GError **error)
{
  const char *bad;

  if (g_utf8_validate_len (start, (gsize)(scanner->at - start), &bad))
    return TRUE;
  return refuse (scanner, bad, error, "the byte 0x%02x is not UTF-8, expected a character", (guint8)*bad);
}

/* At the opening quote. */
static gboolean
scan_string (Scanner *scanner, GError **error)
{
  const char *opened = scanner->at++;
  guint8 bits = skip_plain (scanner);

  while (peek (scanner) == '\\') {
    if (!scan_escape (scanner, error))
      return FALSE;
    bits |= skip_plain (scanner);
  }
  if ((bits & 0x80) != 0 && !check_utf8 (scanner, opened + 1, error))
    return FALSE;
  if (scanner->at == scanner->end)
    return refuse (scanner, opened, error,
                   "expected '\"' at the end of this string, found the end of the "
                   "document");
  if (*scanner->at != '"')
    return refuse (scanner, scanner->at, error, "the control character 0x%02x in a string: expected \\u%04x",
                   (guint8)*scanner->at, (guint8)*scanner->at);
  scanner->at++;
  return TRUE;
}

static gboolean
scan_digits (Scanner *scanner, const char *expected, GError **error)
{
  if (!g_ascii_isdigit (peek (scanner)))
    return refuse_expected (scanner, expected, error);
  while (g_ascii_isdigit (peek (scanner)))
    scanner->at++;
  return TRUE;
}

static gboolean
scan_exponent (Scanner *scanner, GError **error)
{
  scanner->at++;
  if (peek (scanner) == '+' || peek (scanner) == '-')
    scanner->at++;
  return scan_digits (scanner, "a digit of the exponent", error);
}

static gboolean
scan_number (Scanner *scanner, GError **error)
{
  const char *digits;

  if (peek (scanner) == '-')
    scanner->at++;
  digits = scanner->at;
  if (!scan_digits (scanner, "a digit after '-'", error))
    return FALSE;
  if (*digits == '0' && scanner->at - digits > 1)
    return refuse (scanner, digits, error, "expected a number without leading zeros");
  if (peek (scanner) == '.') {
    scanner->at++;
    if (!scan_digits (scanner, "a digit after the decimal point", error))
      return FALSE;
  }
  if (peek (scanner) == 'e' || peek (scanner) == 'E')
    return scan_exponent (scanner, error);
  return TRUE;
}

static gboolean
scan_word (Scanner *scanner, const char *word, GError **error)
{
  gsize length = strlen (word);

  if ((gsize)(scanner->end - scanner->at) < length || memcmp (scanner->at, word, length) != 0)
    return refuse_expected (scanner, "a value", error);
  scanner->at += length;
  return TRUE;
}

static gboolean
scan_scalar (Scanner *scanner, GError **error)
{
  switch (peek (scanner)) {
  case '"':
    return scan_string (scanner, error);
  case 't':
    return scan_word (scanner, "true", error);
  case 'f':
    return scan_word (scanner, "false", error);
  case 'n':
    return scan_word (scanner, "null", error);
  default:
    if (peek (scanner) == '-' || g_ascii_isdigit (peek (scanner)))
      return scan_number (scanner, error);
    return refuse_expected (scanner, "a value", error);
  }
}

static gboolean
reserve_token (Scanner *scanner, GError **error)
{
  B9JsonText *text = scanner->text;

  if (text->count < scanner->capacity)
    return TRUE;
  if (text->count == B9_JSON_MAX_VALUES)
    return refuse (scanner, scanner->at, error, "more than %d values, expected a smaller document",
                   B9_JSON_MAX_VALUES);
  /* Real documents have a value for every 16 bytes or more; then this is done once. */
  scanner->capacity = scanner->capacity == 0 ? text->length / 16 + 16 : scanner->capacity * 2;
  scanner->capacity = MIN (scanner->capacity, B9_JSON_MAX_VALUES);
  text->tokens = g_renew (B9JsonToken, text->tokens, scanner->capacity);
  return TRUE;
}

static gboolean
begin_value (Scanner *scanner, GError **error)
{
  B9JsonText *text = scanner->text;

  if (!reserve_token (scanner, error))
    return FALSE;
  if (scanner->last != B9_JSON_NONE)
    text->tokens[scanner->last].next = text->count;
  text->tokens[text->count] = (B9JsonToken){
      .start = (guint32)(scanner->at - text->data),
      .name = scanner->name,
      .parent = scanner->parent,
      .next = B9_JSON_NONE,
  };
  scanner->last = text->count++;
  scanner->name = 0;
  return TRUE;
}

static char
closing (const Scanner *scanner)
{
  return scanner->text->data[scanner->text->tokens[scanner->parent].start] == '{' ? '}' : ']';
}

static gboolean
open_container (Scanner *scanner, GError **error)
{
  if (scanner->depth == B9_JSON_MAX_DEPTH)
    return refuse (scanner, scanner->at, error,
                   "nested too deep: expected at most %d containers in each other", B9_JSON_MAX_DEPTH);
  scanner->depth++;
  scanner->parent = scanner->last;
  scanner->last = B9_JSON_NONE;
  scanner->at++;
  skip_space (scanner);
  return TRUE;
}

static void
close_container (Scanner *scanner)
{
  B9JsonToken *token = &scanner->text->tokens[scanner->parent];

  scanner->at++;
  token->end = (guint32)(scanner->at - scanner->text->data);
  scanner->last = scanner->parent;
  scanner->parent = token->parent;
  scanner->depth--;
}

/* A member's name and its colon. */
static gboolean
scan_name (Scanner *scanner, const char *expected, GError **error)
{
  guint32 name = (guint32)(scanner->at - scanner->text->data);

  if (peek (scanner) != '"')
    return refuse_expected (scanner, expected, error);
  if (!scan_string (scanner, error))
    return FALSE;
  skip_space (scanner);
  if (peek (scanner) != ':')
    return refuse_expected (scanner, "':' after the member's name", error);
  scanner->at++;
  scanner->name = name;
  skip_space (scanner);
  return TRUE;
}

/* Descends to the next scalar or empty container; what closes the latter is left to scan_after(). */
static gboolean
scan_value (Scanner *scanner, GError **error)
{
  while (peek (scanner) == '{' || peek (scanner) == '[') {
    gboolean object = peek (scanner) == '{';

    if (!begin_value (scanner, error) || !open_container (scanner, error))
      return FALSE;
    if (peek (scanner) == closing (scanner))
      return TRUE;
    if (object && !scan_name (scanner, "a member's name or '}'", error))
      return FALSE;
  }
  if (!begin_value (scanner, error) || !scan_scalar (scanner, error))
    return FALSE;
  scanner->text->tokens[scanner->last].end = (guint32)(scanner->at - scanner->text->data);
  return TRUE;
}

/* At a comma. */
static gboolean
scan_comma (Scanner *scanner, GError **error)
{
  gboolean object = closing (scanner) == '}';

  scanner->at++;
  skip_space (scanner);
  if (object)
    return scan_name (scanner, "a member's name after the comma", error);
  if (peek (scanner) == ']')
    return refuse_expected (scanner, "a value after the comma", error);
  return TRUE;
}

/* Everything up to the next value: what closes, then a comma or the end. */
static gboolean
scan_after (Scanner *scanner, gboolean *ended, GError **error)
{
  skip_space (scanner);
  while (scanner->parent != B9_JSON_NONE && peek (scanner) == closing (scanner)) {
    close_container (scanner);
    skip_space (scanner);
  }
  *ended = scanner->parent == B9_JSON_NONE;
  if (*ended)
    return scanner->at == scanner->end || refuse_expected (scanner, "the end of the document", error);
  if (peek (scanner) != ',')
    return refuse_expected (scanner, closing (scanner) == '}' ? "',' or '}'" : "',' or ']'", error);
  return scan_comma (scanner, error);
}

gboolean
b9_json_scan (B9JsonText *text, GError **error)
{
  Scanner scanner = {
      .text = text,
      .at = text->data,
      .end = text->data + text->length,
      .parent = B9_JSON_NONE,
      .last = B9_JSON_NONE,
  };
  gboolean ended = FALSE;

  skip_space (&scanner);
  if (scanner.at == scanner.end)
    return refuse (&scanner, scanner.at, error, "the document is empty, expected a value");
  while (!ended) {
    if (!scan_value (&scanner, error) || !scan_after (&scanner, &ended, error))
      return FALSE;
  }
  return TRUE;
}
