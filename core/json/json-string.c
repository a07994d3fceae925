/* SPDX-License-Identifier: Apache-2.0
 *
 * json-string.c: JSON strings: decode, compare, show and quote them.
 *
 * The strings read here were accepted by json-scan.c, so escapes are complete, surrogates come in pairs and
 * all of it is UTF-8.
 */
#include "config.h"

#include "core/json/json-private.h"

#include <string.h>

/* How many characters of a name a message shows. */
#define SHOWN_CHARACTERS 64

static gunichar
hex_unit (const char *at)
{
  gunichar unit = 0;

  for (int i = 0; i < 4; i++)
    unit = unit * 16 + (gunichar)g_ascii_xdigit_value (at[i]);
  return unit;
}

/* At the u of \uXXXX. */
static gunichar
unicode_escape (const char **at)
{
  gunichar unit = hex_unit (*at + 1);

  *at += 5;
  if (unit < 0xd800 || unit > 0xdfff)
    return unit;
  unit = 0x10000 + ((unit - 0xd800) << 10) + (hex_unit (*at + 2) - 0xdc00);
  *at += 6;
  return unit;
}

gunichar
b9_json_string_step (const char **at)
{
  static const char escapes[] = "bfnrt";
  static const char meanings[] = "\b\f\n\r\t";
  gunichar character;
  const char *escape;

  if (**at != '\\') {
    character = g_utf8_get_char (*at);
    *at = g_utf8_next_char (*at);
    return character;
  }
  *at += 1;
  if (**at == 'u')
    return unicode_escape (at);
  escape = strchr (escapes, **at);
  character = (guchar)(escape != NULL ? meanings[escape - escapes] : **at);
  *at += 1;
  return character;
}

char *
b9_json_string_decode (const B9JsonText *text, guint32 offset)
{
  const char *at = text->data + offset + 1;
  g_autoptr (GString) decoded = g_string_new (NULL);

  while (*at != '"') {
    gunichar character = b9_json_string_step (&at);

    if (character == 0)
      return NULL;
    g_string_append_unichar (decoded, character);
  }
  return g_string_free (g_steal_pointer (&decoded), FALSE);
}

/* Go folds by Unicode's simple folding, in which just two characters beyond ASCII meet an ASCII letter.
 * Every name of a structure is ASCII. */
static gunichar
fold_character (gunichar character)
{
  if (character == 0x212a) /* KELVIN SIGN */
    return 'k';
  if (character == 0x17f) /* LATIN SMALL LETTER LONG S */
    return 's';
  return character < 0x80 ? (gunichar)g_ascii_tolower ((char)character) : character;
}

gboolean
b9_json_string_matches (const B9JsonText *text, guint32 offset, const char *name, gboolean fold)
{
  const char *at = text->data + offset + 1;

  for (; *at != '"' && *name != '\0'; name = g_utf8_next_char (name)) {
    gunichar ours = b9_json_string_step (&at);
    gunichar theirs = g_utf8_get_char (name);

    if (ours != theirs && (!fold || fold_character (ours) != fold_character (theirs)))
      return FALSE;
  }
  return *at == '"' && *name == '\0';
}

char *
b9_json_string_show (const B9JsonText *text, guint32 offset)
{
  const char *at = text->data + offset + 1;
  GString *shown = g_string_new ("\"");

  for (int i = 0; *at != '"'; i++) {
    gunichar character = b9_json_string_step (&at);

    if (i == SHOWN_CHARACTERS) {
      g_string_append (shown, "…");
      break;
    }
    if (g_unichar_isprint (character))
      g_string_append_unichar (shown, character);
    else
      g_string_append_printf (shown, "\\u%04x", character);
  }
  g_string_append_c (shown, '"');
  return g_string_free (shown, FALSE);
}

static void
append_quoted (GString *quoted, char character)
{
  static const char meanings[] = "\"\\\b\f\n\r\t";
  static const char escapes[] = "\"\\bfnrt";
  const char *meaning = strchr (meanings, character);

  if (meaning != NULL)
    g_string_append_printf (quoted, "\\%c", escapes[meaning - meanings]);
  else if ((guint8)character < 0x20)
    g_string_append_printf (quoted, "\\u%04x", (guint8)character);
  else
    g_string_append_c (quoted, character);
}

char *
b9_json_quote (const char *string)
{
  g_autofree char *valid = g_utf8_make_valid (string, -1);
  GString *quoted = g_string_new ("\"");

  for (const char *at = valid; *at != '\0'; at++)
    append_quoted (quoted, *at);
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}
