/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-registry.c: loads the files, from the cache where none has changed, and finds who has which device.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-registry.h"

#include <string.h>

#include "plugins/gpu/cdi/cdi-cache.h"
#include "plugins/gpu/cdi/cdi-document.h"

static CdiRegistry *
registry_new (void)
{
  CdiRegistry *registry = g_new0 (CdiRegistry, 1);

  registry->arena = cdi_arena_new ();
  registry->ignored = g_ptr_array_new_with_free_func (g_free);
  registry->problems = cdi_problems_new ();
  registry->devices = g_hash_table_new (g_str_hash, g_str_equal);
  return registry;
}

void
cdi_registry_free (CdiRegistry *registry)
{
  if (registry == NULL)
    return;
  g_hash_table_unref (registry->devices);
  g_ptr_array_unref (registry->problems);
  g_ptr_array_unref (registry->ignored);
  g_clear_pointer (&registry->files, g_ptr_array_unref);
  g_clear_pointer (&registry->kept, g_bytes_unref);
  cdi_arena_free (registry->arena);
  g_free (registry);
}

static void
parse_files (const B9Host *host, CdiRegistry *registry)
{
  for (guint i = 0; i < registry->files->len; i++) {
    CdiFile *file = registry->files->pdata[i];
    gsize length = 0;
    g_autofree char *text = cdi_file_read (host, file, &length);
    g_autoptr (GError) error = NULL;

    if (text == NULL)
      continue;
    file->spec = cdi_document_parse (text, length, file->path, registry->arena, &error);
    if (file->spec == NULL)
      file->problem = g_strdup (error->message);
  }
}

static void
report_conflict (CdiRegistry *registry, const CdiEntry *entry, const CdiFile *file)
{
  const char *const paths[] = {file->path, entry->file->path};

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autofree char *message = g_strdup_printf (
        "%s: conflicting device \"%s\" (specs \"%s\", \"%s\"): nobody gets it before one of them goes",
        paths[i], entry->name, paths[0], paths[1]);

    cdi_problems_add (registry->problems, paths[i], message);
  }
}

/* KIND=NAME, without the price of a format: there are hundreds. */
static char *
qualified_name (CdiArena *arena, const char *kind, const char *device)
{
  gsize kind_length = strlen (kind), device_length = strlen (device);
  char *name = cdi_arena_text (arena, NULL, kind_length + 1 + device_length);

  memcpy (name, kind, kind_length);
  name[kind_length] = '=';
  memcpy (name + kind_length + 1, device, device_length);
  return name;
}

static void
add_device (CdiRegistry *registry, const CdiFile *file, const CdiDevice *device, GHashTable *conflicts)
{
  char *name = qualified_name (registry->arena, file->spec->kind, device->name);
  CdiEntry *entry = g_hash_table_lookup (registry->devices, name);

  if (entry != NULL && entry->file->directory == file->directory) {
    report_conflict (registry, entry, file);
    g_hash_table_add (conflicts, name);
    return;
  }
  if (entry == NULL) {
    entry = cdi_arena_alloc (registry->arena, sizeof *entry);
    entry->name = name;
    g_hash_table_insert (registry->devices, name, entry);
  }
  entry->file = file;
  entry->device = device;
}

/* Files are in ascending priority.  A conflict below is not resolved by a file above it, as in the reference
 * implementation. */
static void
index_devices (CdiRegistry *registry)
{
  g_autoptr (GHashTable) conflicts = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iterator;
  gpointer name;

  for (guint i = 0; i < registry->files->len; i++) {
    const CdiFile *file = registry->files->pdata[i];

    if (file->problem != NULL)
      cdi_problems_add (registry->problems, file->path, file->problem);
    for (guint j = 0; file->spec != NULL && j < file->spec->devices.count; j++)
      add_device (registry, file, CDI_ITEM (file->spec->devices, CdiDevice, j), conflicts);
  }
  g_hash_table_iter_init (&iterator, conflicts);
  while (g_hash_table_iter_next (&iterator, &name, NULL))
    g_hash_table_remove (registry->devices, name);
}

CdiRegistry *
cdi_registry_load (const B9Host *host, const char *const *directories)
{
  CdiRegistry *registry = registry_new ();

  registry->files = cdi_files_list (host, directories, registry->problems, registry->ignored);
  registry->from_cache = cdi_cache_read (host, registry);
  if (!registry->from_cache) {
    parse_files (host, registry);
    cdi_cache_write (host, registry);
  }
  index_devices (registry);
  return registry;
}

const CdiEntry *
cdi_registry_find (const CdiRegistry *registry, const char *name)
{
  return g_hash_table_lookup (registry->devices, name);
}

static gint
compare_entries (gconstpointer a, gconstpointer b)
{
  const CdiEntry *const *first = a;
  const CdiEntry *const *second = b;

  return strcmp ((*first)->name, (*second)->name);
}

GPtrArray *
cdi_registry_sorted (const CdiRegistry *registry)
{
  GPtrArray *entries = g_ptr_array_sized_new (g_hash_table_size (registry->devices));
  GHashTableIter iterator;
  gpointer entry;

  g_hash_table_iter_init (&iterator, registry->devices);
  while (g_hash_table_iter_next (&iterator, NULL, &entry))
    g_ptr_array_add (entries, entry);
  g_ptr_array_sort (entries, compare_entries);
  return entries;
}
