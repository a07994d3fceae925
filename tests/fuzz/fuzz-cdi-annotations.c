/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-cdi-annotations.c: any text as an annotation that asks for CDI devices, and as the parts of a key.
 *
 * The first zero byte ends the key.  What a value was read as, written again, must be read as the same.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "plugins/gpu/cdi/cdi-annotations.h"
#include "plugins/gpu/cdi/cdi-kinds.h"
#include "plugins/gpu/cdi/cdi-names.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
write_again (const CdiRequests *requests)
{
  g_autoptr (GPtrArray) devices = g_ptr_array_new ();
  g_autoptr (CdiRequests) again = cdi_requests_new ();
  g_autofree char *value = NULL;

  for (guint i = 0; i < requests->requests->len; i++) {
    const char *device = ((const CdiRequest *)requests->requests->pdata[i])->device;
    g_auto (CdiName) name = {0};
    g_autofree char *vendor = cdi_vendor (device);

    g_assert (cdi_name_parse (device, &name, NULL));
    g_assert (cdi_gpu_class (device, NULL) <= B9_GPU_COMPANION);
    g_ptr_array_add (devices, (gpointer)device);
  }
  g_ptr_array_add (devices, NULL);
  value = cdi_annotation_value ((const char *const *)devices->pdata, NULL);
  g_assert (value != NULL && cdi_annotation_parse ("k", value, again, NULL));
  g_assert (again->requests->len == requests->requests->len);
}

static void
make_key (const char *plugin, const char *device_id)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = cdi_annotation_key (plugin, device_id, &error);

  g_assert ((key == NULL) == (error != NULL));
  g_assert (key == NULL ||
            (cdi_annotation_matches (key) && strlen (key) <= strlen (CDI_ANNOTATION_PREFIX) + 63));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *key = g_strndup ((const char *)data, size);
  gsize skipped = MIN (strlen (key) + 1, size);
  g_autofree char *value = g_strndup ((const char *)data + skipped, size - skipped);
  g_autoptr (CdiRequests) requests = cdi_requests_new ();
  g_autoptr (GError) error = NULL;
  gboolean parsed;

  /* The spec that it comes from is UTF-8. */
  if (!g_utf8_validate (key, -1, NULL) || !g_utf8_validate (value, -1, NULL))
    return 0;
  parsed = cdi_annotation_parse (key, value, requests, &error);
  g_assert (parsed == (error == NULL));
  g_assert (parsed || g_utf8_validate (error->message, -1, NULL));
  g_assert (parsed == (requests->requests->len > 0));
  if (parsed)
    write_again (requests);
  make_key (key, value);
  return 0;
}
