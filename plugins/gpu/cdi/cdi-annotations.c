/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-annotations.c: reads and writes the annotations that ask for CDI devices.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-annotations.h"

#include <string.h>

#include <b9run/b9-error.h>

#include "plugins/gpu/cdi/cdi-names.h"
#include "plugins/gpu/cdi/cdi-tree.h"

#define LONGEST_NAME 63

static void
request_free (CdiRequest *request)
{
  g_free (request->device);
  g_free (request->annotation);
  g_free (request);
}

CdiRequests *
cdi_requests_new (void)
{
  CdiRequests *requests = g_new0 (CdiRequests, 1);

  requests->requests = g_ptr_array_new_with_free_func ((GDestroyNotify)request_free);
  return requests;
}

void
cdi_requests_free (CdiRequests *requests)
{
  if (requests == NULL)
    return;
  g_ptr_array_unref (requests->requests);
  g_free (requests);
}

void
cdi_requests_add (CdiRequests *requests, const char *device, const char *annotation)
{
  CdiRequest *request;

  for (guint i = 0; i < requests->requests->len; i++)
    if (strcmp (((CdiRequest *)requests->requests->pdata[i])->device, device) == 0)
      return;
  request = g_new0 (CdiRequest, 1);
  request->device = g_strdup (device);
  request->annotation = g_strdup (annotation);
  g_ptr_array_add (requests->requests, request);
}

gboolean
cdi_annotation_matches (const char *key)
{
  return g_str_has_prefix (key, CDI_ANNOTATION_PREFIX);
}

gboolean
cdi_annotation_parse (const char *key, const char *value, CdiRequests *requests, GError **error)
{
  g_auto (GStrv) devices = g_strsplit (value, ",", -1);
  static const char *const nothing[] = {"", NULL};
  const char *const *items = devices[0] != NULL ? (const char *const *)devices : nothing;

  for (const char *const *item = items; *item != NULL; item++) {
    g_auto (CdiName) name = {0};
    g_autoptr (GError) problem = NULL;

    if (!cdi_name_parse (*item, &name, &problem)) {
      g_autofree char *shown = cdi_shown (*item, 200);
      g_autofree char *reason = cdi_shown (problem->message, 400);

      g_set_error (
          error, B9_ERROR, B9_ERROR_BAD_INPUT,
          "annotations[\"%s\"]: invalid CDI device name \"%s\": %s; write VENDOR/CLASS=NAME, several "
          "with commas and no blanks between them",
          key, shown, reason);
      return FALSE;
    }
  }
  for (const char *const *item = items; *item != NULL; item++)
    cdi_requests_add (requests, *item, key);
  return TRUE;
}

static gboolean
check_key_name (const char *name, GError **error)
{
  char last = name[strlen (name) - 1];

  if (!g_ascii_isalnum (name[0])) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT,
                 "invalid name \"%s\", first '%c' should be alphanumeric", name, name[0]);
    return FALSE;
  }
  for (const char *p = name + 1; p[0] != '\0' && p[1] != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr ("_-.", *p) == NULL) {
      g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "invalid name \"%s\", invalid character '%c'", name,
                   *p);
      return FALSE;
    }
  if (!g_ascii_isalnum (last)) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "invalid name \"%s\", last '%c' should be alphanumeric",
                 name, last);
    return FALSE;
  }
  return TRUE;
}

char *
cdi_annotation_key (const char *plugin, const char *device_id, GError **error)
{
  g_autofree char *name = NULL;

  if (*plugin == '\0' || *device_id == '\0') {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_BAD_INPUT,
                         *plugin == '\0' ? "invalid plugin name, empty" : "invalid deviceID, empty");
    return NULL;
  }
  name = g_strdup_printf ("%s_%s", plugin, device_id);
  g_strdelimit (name + strlen (plugin), "/", '_');
  if (strlen (name) > LONGEST_NAME) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "invalid plugin+deviceID \"%s\", too long", name);
    return NULL;
  }
  return check_key_name (name, error) ? g_strconcat (CDI_ANNOTATION_PREFIX, name, NULL) : NULL;
}

char *
cdi_annotation_value (const char *const *devices, GError **error)
{
  for (const char *const *device = devices; *device != NULL; device++) {
    g_auto (CdiName) name = {0};

    if (!cdi_name_parse (*device, &name, error))
      return NULL;
  }
  return g_strjoinv (",", (char **)devices);
}

gboolean
cdi_annotation_add (GHashTable *annotations, const char *plugin, const char *device_id,
                    const char *const *devices, GError **error)
{
  g_autofree char *key = cdi_annotation_key (plugin, device_id, error);
  g_autofree char *value = NULL;

  if (key == NULL) {
    g_prefix_error (error, "CDI annotation failed: ");
    return FALSE;
  }
  if (g_hash_table_contains (annotations, key)) {
    g_set_error (error, B9_ERROR, B9_ERROR_EXISTS, "CDI annotation failed, key \"%s\" used", key);
    return FALSE;
  }
  value = cdi_annotation_value (devices, error);
  if (value == NULL) {
    g_prefix_error (error, "CDI annotation failed: ");
    return FALSE;
  }
  g_hash_table_insert (annotations, g_steal_pointer (&key), g_steal_pointer (&value));
  return TRUE;
}
