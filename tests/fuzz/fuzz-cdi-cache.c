/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-cdi-cache.c: any bytes as what the cache has kept of a CDI file, with a good checksum and a good head.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "tests/fuzz/cdi-fuzzing.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The head that an entry without a problem has: what stands before the specification itself. */
static GByteArray *
make_head (const CdiRegistry *registry)
{
  static const CdiSpec nothing = {0};
  GByteArray *head = g_byte_array_new ();
  CdiFile *file = registry->files->pdata[0];
  g_autoptr (GBytes) with = NULL, without = NULL;

  without = cdi_cache_encode (registry);
  file->spec = &nothing;
  with = cdi_cache_encode (registry);
  file->spec = NULL;
  g_assert (g_bytes_get_size (with) > g_bytes_get_size (without));
  g_byte_array_append (head, g_bytes_get_data (without, NULL), (guint)g_bytes_get_size (without));
  return head;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  CdiFile file = {.path = (char *)"f.yaml", .is_known = TRUE};
  g_autoptr (CdiRegistry) registry = registry_of (&file);
  g_autoptr (GByteArray) content = make_head (registry);
  g_autoptr (GBytes) kept = NULL;
  guint64 sum;

  g_byte_array_append (content, data, (guint)size);
  sum = cdi_cache_checksum (content->data + sizeof sum, content->len - sizeof sum);
  memcpy (content->data, &sum, sizeof sum);
  kept = g_bytes_new (content->data, content->len);
  if (cdi_cache_decode (kept, registry) && file.spec != NULL)
    try_file (registry, &file);
  g_free (file.problem);
  return 0;
}
