/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-cdi-json.c: JSON as a CDI file, which is read by the YAML parser.
 *
 * What both that and the strict JSON reader take must say the same: the kind is compared, and the name of
 * each device.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "tests/fuzz/cdi-fuzzing.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* A text, unless the JSON has it in another way: as a number, or with a NUL. */
static void
compare_text (const B9JsonText *json, B9JsonValue object, const char *name, const char *read)
{
  B9JsonValue value = B9_JSON_NONE;
  g_autofree char *text = NULL;

  if (!b9_json_get (json, object, name, &value, NULL) || value == B9_JSON_NONE ||
      b9_json_kind (json, value) != B9_JSON_STRING)
    return;
  text = b9_json_string (json, value, NULL, NULL);
  g_assert (text == NULL || strcmp (text, read != NULL ? read : "") == 0);
}

static void
compare (const B9JsonText *json, const CdiSpec *spec)
{
  B9JsonValue devices = B9_JSON_NONE;
  guint index = 0;

  compare_text (json, B9_JSON_ROOT, "kind", spec->kind);
  if (!b9_json_get (json, B9_JSON_ROOT, "devices", &devices, NULL) || devices == B9_JSON_NONE)
    return;
  g_assert (b9_json_length (json, devices) == spec->devices.count);
  for (B9JsonValue device = b9_json_first (json, devices); device != B9_JSON_NONE;
       device = b9_json_next (json, device))
    compare_text (json, device, "name", CDI_ITEM (spec->devices, CdiDevice, index++)->name);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  CdiFile file = {.path = (char *)"f.json", .is_known = TRUE};
  g_autoptr (CdiRegistry) registry = registry_of (&file);
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (B9JsonText) json = b9_json_text_new (bytes, "f.json", NULL);
  g_autoptr (GError) error = NULL;

  if (json == NULL)
    return 0;
  file.spec = cdi_document_parse ((const char *)data, size, "f.json", registry->arena, &error);
  g_assert ((file.spec == NULL) == (error != NULL));
  if (file.spec == NULL) {
    g_assert (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  compare (json, file.spec);
  try_file (registry, &file);
  return 0;
}
