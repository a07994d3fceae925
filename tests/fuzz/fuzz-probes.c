/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-probes.c: any bytes as what runc or runsc prints about itself.
 *
 * Sources besides: plugins/backends/runc/runc-features.c, plugins/backends/runsc/runsc-text.c.  A list of
 * drivers is in order and holds versions alone; what is read of a features document has a place and a value.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/backends/runc/runc-features.h"
#include "plugins/backends/runsc/runsc-text.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_drivers (const char *text)
{
  g_auto (GStrv) drivers = runsc_text_drivers (text);

  for (guint i = 0; drivers[i] != NULL; i++) {
    if (!runsc_is_driver_version (drivers[i]) ||
        (i > 0 && runsc_compare_versions (drivers[i - 1], drivers[i]) > 0))
      abort ();
  }
}

static void
check_version (const char *text)
{
  g_autofree char *version = runsc_text_version (text);
  guint release = runsc_text_release (text);

  if (version != NULL && (*version == '\0' || strlen (version) > 64))
    abort ();
  if (release != 0 && (version == NULL || release < 20000101 || release > 20991231))
    abort ();
}

static void
check_features (const char *text)
{
  g_autoptr (GHashTable) found = runc_features_parse (text);
  GHashTableIter iter;
  gpointer place, value;

  if (found == NULL)
    return;
  g_hash_table_iter_init (&iter, found);
  while (g_hash_table_iter_next (&iter, &place, &value)) {
    if (*(char *)place != '/' || value == NULL)
      abort ();
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);

  check_drivers (text);
  check_version (text);
  check_features (text);
  if (runsc_text_has_flag (text, "nvproxy") && !runsc_text_has_flags (text))
    abort ();
  if (runsc_text_has_command (text, "run") && strstr (text, "\trun ") == NULL)
    abort ();
  return 0;
}
