/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-cdi-yaml.c: any bytes as a CDI file.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "tests/fuzz/cdi-fuzzing.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  CdiFile file = {.path = (char *)"f.yaml", .is_known = TRUE};
  g_autoptr (CdiRegistry) registry = registry_of (&file);
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr (GError) error = NULL;

  memcpy (text, data, size); /* zero bytes too */
  file.spec = cdi_document_parse (text, size, "f.yaml", registry->arena, &error);
  g_assert ((file.spec == NULL) == (error != NULL));
  if (file.spec != NULL)
    try_file (registry, &file);
  else
    g_assert (g_utf8_validate (error->message, -1, NULL));
  return 0;
}
