/* SPDX-License-Identifier: Apache-2.0
 *
 * json-module.c: b9run-json.so, a GVariant as JSON text through json-glib.
 *
 * It may use nothing of the core but the declarations in format-module.h.
 */
#include "config.h"

#include <math.h>

#include <json-glib/json-glib.h>

#include <b9run/b9-error.h>
#include <b9run/b9-plugin.h>

#include "core/formats/format-module.h"

/* What json-glib would write wrongly without a word: u64 above G_MAXINT64 come out negative, and
 * infinities and NaN as the bare words inf and nan, which no JSON reader takes. */
static gboolean
check_number (GVariant *document, GError **error)
{
  if (g_variant_is_of_type (document, G_VARIANT_TYPE_UINT64) &&
      g_variant_get_uint64 (document) > G_MAXINT64) {
    g_set_error (error, B9_ERROR, B9_ERROR_FAILED,
                 "%" G_GUINT64_FORMAT " is too large a number for JSON output",
                 g_variant_get_uint64 (document));
    return FALSE;
  }
  if (g_variant_is_of_type (document, G_VARIANT_TYPE_DOUBLE) && !isfinite (g_variant_get_double (document))) {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_FAILED, "JSON has no infinity and no NaN");
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_numbers (GVariant *document, GError **error)
{
  if (!g_variant_is_container (document))
    return check_number (document, error);
  for (gsize i = 0; i < g_variant_n_children (document); i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (document, i);
    if (!check_numbers (child, error))
      return FALSE;
  }
  return TRUE;
}

/* json-glib's indented output has a space before the colon; scripts that grep a runtime's output expect
 * Go's `"key": value`.  Outside of strings " :" stands nowhere else. */
static void
close_up_colons (char *text)
{
  gboolean in_string = FALSE;
  char *to = text;

  for (const char *from = text; *from != '\0'; from++) {
    if (*from == '"')
      in_string = !in_string;
    if (!in_string && from[0] == ' ' && from[1] == ':')
      continue;
    if (in_string && from[0] == '\\' && from[1] != '\0')
      *to++ = *from++;
    *to++ = *from;
  }
  *to = '\0';
}

static char *
json_text (GVariant *document, gboolean pretty, GError **error)
{
  if (!check_numbers (document, error))
    return NULL;

  g_autoptr (JsonNode) root = json_gvariant_serialize (document);
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, pretty);
  json_generator_set_indent (generator, 2);

  char *text = json_generator_to_data (generator, NULL);
  if (pretty)
    close_up_colons (text);
  return text;
}

extern B9_EXPORT const B9FormatModule b9_format_module;
const B9FormatModule b9_format_module = {
    .struct_size = sizeof (B9FormatModule),
    .version = PACKAGE_VERSION,
    .json = json_text,
};
