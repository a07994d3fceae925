/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-request.c: from annotations to requests, and from requests to an edited spec.
 *
 * The annotations stay: a container's state shows them.  What was injected for them is named in one of our
 * own (CDI_MARK).  Where an engine has injected before and left its annotations, cdi-inject.c finds all of it
 * there and changes nothing.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-request.h"

#include <errno.h>
#include <string.h>

#include "plugins/gpu/cdi/cdi-annotations.h"
#include "plugins/gpu/cdi/cdi-inject.h"
#include "plugins/gpu/cdi/cdi-json.h"
#include "plugins/gpu/cdi/cdi-kinds.h"

#define ANNOTATIONS "/annotations"

/* The host knows no fallback for a list. */
const char *const *
cdi_directories (const B9Host *host)
{
  static const char *const usual[] = {"/etc/cdi", "/var/run/cdi", NULL};
  const char *const *configured = host->config_list (host, "spec-dirs");

  return configured[0] != NULL ? configured : usual;
}

static int
look (gpointer data, const char *path, struct stat *status)
{
  const B9Host *host = data;
  g_autofree char *place = host->path (host, path);

  return lstat (place, status) == 0 ? 0 : errno;
}

CdiHostNodes
cdi_host_nodes (const B9Host *host)
{
  return (CdiHostNodes){.look = look, .data = (gpointer)host};
}

static char *
annotation_pointer (const char *key)
{
  g_autofree char *part = cdi_json_pointer_part (key);

  return g_strconcat (ANNOTATIONS "/", part, NULL);
}

static gint
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* The annotations that ask for CDI devices, sorted; of char *. */
static GPtrArray *
find_keys (const B9Spec *spec)
{
  GPtrArray *keys = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0, count = spec->length (spec, ANNOTATIONS); i < count; i++) {
    g_autofree char *key = spec->member_name (spec, ANNOTATIONS, i);

    if (key != NULL && cdi_annotation_matches (key))
      g_ptr_array_add (keys, g_steal_pointer (&key));
  }
  g_ptr_array_sort (keys, compare_texts);
  return keys;
}

/* What they ask for, in their order. */
static CdiRequests *
read_requests (const B9Spec *spec, const GPtrArray *keys, GError **error)
{
  g_autoptr (CdiRequests) requests = cdi_requests_new ();

  for (guint i = 0; i < keys->len; i++) {
    g_autofree char *pointer = annotation_pointer (keys->pdata[i]);
    g_autofree char *value = NULL;

    if (!spec->string (spec, pointer, &value, error))
      return NULL;
    if (value != NULL && !cdi_annotation_parse (keys->pdata[i], value, requests, error))
      return NULL;
  }
  return g_steal_pointer (&requests);
}

/* The devices that the mark names; of char *. */
static gboolean
read_mark (const B9Spec *spec, GHashTable **marked, GError **error)
{
  g_autofree char *pointer = annotation_pointer (CDI_MARK);
  g_autofree char *value = NULL;
  g_auto (GStrv) devices = NULL;

  *marked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!spec->string (spec, pointer, &value, error))
    return FALSE;
  devices = g_strsplit (value != NULL ? value : "", ",", -1);
  for (char **device = devices; *device != NULL; device++)
    g_hash_table_add (*marked, g_strdup (*device));
  return TRUE;
}

static gboolean
has_device (const B9Spec *spec, const char *path)
{
  for (guint i = 0, count = spec->length (spec, "/linux/devices"); i < count; i++) {
    g_autofree char *pointer = g_strdup_printf ("/linux/devices/%u/path", i);
    g_autofree char *there = NULL;

    if (spec->string (spec, pointer, &there, NULL) && g_strcmp0 (there, path) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Whether the spec has none of the GPU nodes of @entry.  Annotations travel: one that a container's state
 * shows can come back with a spec that nobody has edited.  Some of the nodes a backend may have taken out. */
static gboolean
lacks_its_gpu (const B9Spec *spec, const CdiEntry *entry)
{
  const CdiList *nodes = entry != NULL ? &entry->device->edits.nodes : NULL;
  gboolean has_any = FALSE;

  for (guint i = 0; nodes != NULL && i < nodes->count; i++) {
    const char *path = CDI_ITEM (*nodes, CdiDeviceNode, i)->path;

    if (!cdi_is_gpu_node (path))
      continue;
    if (has_device (spec, path))
      return FALSE;
    has_any = TRUE;
  }
  return has_any;
}

static void
report (B9GpuRequests *requests, const CdiRequest *request, const CdiEntry *entry)
{
  g_autofree char *vendor = cdi_vendor (request->device);
  g_autofree char *source = g_strdup_printf ("annotations[\"%s\"]", request->annotation);
  const B9GpuRequest told = {
      .struct_size = sizeof told,
      .gpu_class = cdi_gpu_class (request->device, entry),
      .vendor = vendor,
      .device = request->device,
      .source = source,
  };

  if (told.gpu_class != 0)
    requests->add (requests, &told);
}

/* Each annotation is answered for, also one whose devices another asks for too, or that are no GPUs: the core
 * refuses a container with an annotation that no detector has taken. */
static void
note_keys (B9Spec *spec, const GPtrArray *keys)
{
  for (guint i = 0; i < keys->len; i++) {
    g_autofree char *pointer = annotation_pointer (keys->pdata[i]);
    g_autofree char *value = NULL;
    g_autofree char *action = NULL;

    if (!spec->string (spec, pointer, &value, NULL))
      continue;
    action = g_strdup_printf ("resolved: %s", value != NULL ? value : "nothing");
    spec->note (spec, pointer, action, "cdi: an annotation that begins with " CDI_ANNOTATION_PREFIX);
  }
}

static gboolean
set_mark (B9Spec *spec, const CdiRequests *requests, GError **error)
{
  g_autofree char *pointer = annotation_pointer (CDI_MARK);
  g_autoptr (GString) value = g_string_new (NULL);
  g_autoptr (GString) json = g_string_new (NULL);

  for (guint i = 0; i < requests->requests->len; i++)
    g_string_append_printf (value, "%s%s", i > 0 ? "," : "",
                            ((const CdiRequest *)requests->requests->pdata[i])->device);
  cdi_json_text (json, value->str);
  return spec->set (spec, pointer, json->str, "cdi: names what was injected, so that it is not done twice",
                    error);
}

static void
tell (const B9Host *host, const CdiRegistry *registry, const CdiRequests *requests, const GPtrArray *warnings)
{
  for (guint i = 0; i < requests->requests->len; i++) {
    const CdiRequest *request = requests->requests->pdata[i];
    const CdiEntry *entry = cdi_registry_find (registry, request->device);
    g_autofree char *line = g_strdup_printf ("cdi: %s of %s, asked for by annotations[\"%s\"]", entry->name,
                                             entry->file->path, request->annotation);

    host->log (host, B9_LOG_INFO, line);
  }
  for (guint i = 0; i < warnings->len; i++)
    host->log (host, B9_LOG_WARNING, warnings->pdata[i]);
}

static gboolean
inject (const B9Host *host, const char *backend, const CdiRegistry *registry, const CdiRequests *wanted,
        const CdiRequests *all, B9Spec *spec, GError **error)
{
  const CdiHostNodes nodes = cdi_host_nodes (host);
  const CdiInjector injector = {
      .registry = registry, .directories = cdi_directories (host), .nodes = &nodes, .backend = backend};
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);

  if (wanted->requests->len == 0)
    return TRUE;
  if (!cdi_inject (&injector, wanted, spec, warnings, error) || !set_mark (spec, all, error))
    return FALSE;
  tell (host, registry, wanted, warnings);
  return TRUE;
}

gboolean
cdi_edit (const B9Host *host, const char *backend, B9Spec *spec, B9GpuRequests *requests, GError **error)
{
  g_autoptr (GPtrArray) keys = find_keys (spec);
  g_autoptr (CdiRequests) all = read_requests (spec, keys, error);
  g_autoptr (CdiRequests) wanted = cdi_requests_new ();
  g_autoptr (GHashTable) marked = NULL;
  g_autoptr (CdiRegistry) registry = NULL;

  if (all == NULL)
    return FALSE;
  if (all->requests->len == 0)
    return TRUE;
  if (!read_mark (spec, &marked, error))
    return FALSE;
  registry = cdi_registry_load (host, cdi_directories (host));
  for (guint i = 0; i < all->requests->len; i++) {
    const CdiRequest *request = all->requests->pdata[i];

    if (!g_hash_table_contains (marked, request->device) ||
        lacks_its_gpu (spec, cdi_registry_find (registry, request->device)))
      cdi_requests_add (wanted, request->device, request->annotation);
    else
      spec->note (spec, ANNOTATIONS, "left alone: injected by an earlier pass", request->device);
  }
  if (!inject (host, backend, registry, wanted, all, spec, error))
    return FALSE;
  note_keys (spec, keys);
  for (guint i = 0; i < all->requests->len; i++) {
    const CdiRequest *request = all->requests->pdata[i];

    report (requests, request, cdi_registry_find (registry, request->device));
  }
  return TRUE;
}

/* What is marked was reported by the edit that marked it. */
gboolean
cdi_detect (const B9Host *host, const B9Spec *spec, B9GpuRequests *requests, GError **error)
{
  g_autoptr (GPtrArray) keys = find_keys (spec);
  g_autoptr (CdiRequests) all = read_requests (spec, keys, error);
  g_autoptr (GHashTable) marked = NULL;

  (void)host;
  if (all == NULL || !read_mark (spec, &marked, error))
    return FALSE;
  for (guint i = 0; i < all->requests->len; i++) {
    const CdiRequest *request = all->requests->pdata[i];

    if (!g_hash_table_contains (marked, request->device))
      report (requests, request, NULL);
  }
  return TRUE;
}
