/* SPDX-License-Identifier: Apache-2.0
 *
 * host-cache.c: what a provider may keep for its next call, in STATE/cache/SECTION-NAME.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-plugin"

#include "core/plugin/host-private.h"

#include <string.h>

#include "core/sys/cache-file.h"

/* @name has no dots, so that no provider's file can be another's, or the matrix's. */
static char *
file_name (const B9HostData *data, const char *name)
{
  if (data->state_directory == NULL || *name == '\0' ||
      name[strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-")] != '\0')
    return NULL;
  return g_strdup_printf ("%s-%s", data->section, name);
}

GBytes *
b9_host_service_cache_read (const B9Host *host, const char *name)
{
  const B9HostData *data = host->data;
  g_autofree char *file = file_name (data, name);

  return file != NULL ? b9_cache_file_read (data->state_directory, file) : NULL;
}

gboolean
b9_host_service_cache_write (const B9Host *host, const char *name, GBytes *content)
{
  const B9HostData *data = host->data;
  g_autofree char *file = file_name (data, name);
  g_autoptr (GError) problem = NULL;
  gsize size = 0;
  const char *bytes = g_bytes_get_data (content, &size);

  if (file == NULL)
    return FALSE;
  if (b9_cache_file_write (data->state_directory, file, bytes != NULL ? bytes : "", size, &problem))
    return TRUE;
  g_debug ("%s: %s is not cached: %s", data->section, name, problem->message);
  return FALSE;
}
