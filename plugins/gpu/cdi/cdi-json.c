/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-json.c: JSON texts, members and pointers.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-json.h"

#include <string.h>

static void
append_character (GString *out, gunichar character)
{
  if (character == '"' || character == '\\') {
    g_string_append_c (out, '\\');
    g_string_append_c (out, (char)character);
  } else if (character < 0x20 || character == 0x7f) {
    g_string_append_printf (out, "\\u%04x", character);
  } else {
    g_string_append_unichar (out, character);
  }
}

void
cdi_json_text (GString *out, const char *text)
{
  gsize left = strlen (text);

  g_string_append_c (out, '"');
  while (left > 0) {
    gunichar character = g_utf8_get_char_validated (text, (gssize)left);
    gsize length = 1;

    if (character >= (gunichar)-2)
      character = 0xfffd;
    else
      length = (gsize)(g_utf8_next_char (text) - text);
    append_character (out, character);
    text += length;
    left -= length;
  }
  g_string_append_c (out, '"');
}

static void
begin_member (GString *out, const char *name)
{
  if (out->len > 0 && out->str[out->len - 1] != '{')
    g_string_append_c (out, ',');
  cdi_json_text (out, name);
  g_string_append_c (out, ':');
}

void
cdi_json_member_text (GString *out, const char *name, const char *text)
{
  if (text == NULL)
    return;
  begin_member (out, name);
  cdi_json_text (out, text);
}

void
cdi_json_member_number (GString *out, const char *name, gint64 number)
{
  begin_member (out, name);
  g_string_append_printf (out, "%" G_GINT64_FORMAT, number);
}

void
cdi_json_member_optional (GString *out, const char *name, const CdiNumber *number)
{
  if (number->given)
    cdi_json_member_number (out, name, number->value);
}

void
cdi_json_member_texts (GString *out, const char *name, const CdiList *texts)
{
  if (texts->count == 0)
    return;
  begin_member (out, name);
  for (guint i = 0; i < texts->count; i++) {
    g_string_append_c (out, i == 0 ? '[' : ',');
    cdi_json_text (out, CDI_TEXT_ITEM (*texts, i));
  }
  g_string_append_c (out, ']');
}

void
cdi_json_member_raw (GString *out, const char *name, const char *json)
{
  begin_member (out, name);
  g_string_append (out, json);
}

char *
cdi_json_pointer_part (const char *name)
{
  GString *part = g_string_new (NULL);

  for (; *name != '\0'; name++)
    if (*name == '~')
      g_string_append (part, "~0");
    else if (*name == '/')
      g_string_append (part, "~1");
    else
      g_string_append_c (part, *name);
  return g_string_free (part, FALSE);
}
