/* SPDX-License-Identifier: Apache-2.0
 *
 * json-pretty.c: see json-pretty.h.  The depth of a scanned document is bounded, so that recursion is.
 */
#include "config.h"

#include "core/json/json-pretty.h"

#include "core/json/json-private.h"

static void
append_indent (GString *out, guint depth)
{
  g_string_append_printf (out, "\n%*s", (int)depth * 2, "");
}

/* The name of a member from quote to quote: what stands between it and the value is space and one colon. */
static void
append_name (GString *out, const B9JsonText *text, B9JsonValue member)
{
  const B9JsonToken *token = &text->tokens[member];
  guint32 end = token->start;

  while (text->data[end - 1] != '"')
    end--;
  g_string_append_len (out, text->data + token->name, end - token->name);
  g_string_append (out, ": ");
}

static void
append_value (GString *out, const B9JsonText *text, B9JsonValue value, guint depth)
{
  B9JsonKind kind = b9_json_kind (text, value);
  B9JsonValue first = kind == B9_JSON_ARRAY || kind == B9_JSON_OBJECT ? b9_json_first (text, value)
                                                                      : B9_JSON_NONE;
  gsize length;
  const char *raw = b9_json_raw (text, value, &length);

  if (first == B9_JSON_NONE) {
    g_string_append (out, kind == B9_JSON_ARRAY ? "[]" : kind == B9_JSON_OBJECT ? "{}" : "");
    if (kind != B9_JSON_ARRAY && kind != B9_JSON_OBJECT)
      g_string_append_len (out, raw, (gssize)length);
    return;
  }
  g_string_append_c (out, *raw);
  for (B9JsonValue child = first; child != B9_JSON_NONE; child = b9_json_next (text, child)) {
    append_indent (out, depth + 1);
    if (kind == B9_JSON_OBJECT)
      append_name (out, text, child);
    append_value (out, text, child, depth + 1);
    if (b9_json_next (text, child) != B9_JSON_NONE)
      g_string_append_c (out, ',');
  }
  append_indent (out, depth);
  g_string_append_c (out, raw[length - 1]);
}

char *
b9_json_pretty (const B9JsonText *text)
{
  GString *out = g_string_new (NULL);

  append_value (out, text, B9_JSON_ROOT, 0);
  g_string_append_c (out, '\n');
  return g_string_free (out, FALSE);
}
