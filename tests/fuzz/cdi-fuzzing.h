/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-fuzzing.h: what must hold of any CDI file, whatever it was made of.
 *
 * Read: a specification or an error in UTF-8.  Kept and read back: the same.  Injected, all its devices into
 * an empty spec: done or an error, and a spec that is JSON.
 */
#ifndef B9_CDI_FUZZING_H
#define B9_CDI_FUZZING_H

#include <string.h>
#include <sys/sysmacros.h>

#include "core/spec/spec.h"
#include "plugins/gpu/cdi/cdi-cache.h"
#include "plugins/gpu/cdi/cdi-document.h"
#include "plugins/gpu/cdi/cdi-inject.h"
#include "plugins/gpu/cdi/cdi-kinds.h"

#define MOST_DEVICES 50

/* Every path is /dev/null, but one that ends in x, which is not there. */
static inline int
look_anywhere (gpointer data G_GNUC_UNUSED, const char *path, struct stat *status)
{
  if (g_str_has_suffix (path, "x"))
    return 2;
  memset (status, 0, sizeof *status);
  status->st_mode = S_IFCHR | 0666;
  status->st_rdev = makedev (1, 3);
  return 0;
}

/* A registry of one file, as if it had been read. */
static inline CdiRegistry *
registry_of (CdiFile *file)
{
  CdiRegistry *registry = g_new0 (CdiRegistry, 1);

  registry->arena = cdi_arena_new ();
  registry->files = g_ptr_array_new ();
  registry->ignored = g_ptr_array_new ();
  registry->problems = cdi_problems_new ();
  registry->devices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_ptr_array_add (registry->files, file);
  return registry;
}

static inline void
index_file (CdiRegistry *registry, const CdiFile *file)
{
  for (guint i = 0; i < MIN (file->spec->devices.count, MOST_DEVICES); i++) {
    const CdiDevice *device = CDI_ITEM (file->spec->devices, CdiDevice, i);
    CdiEntry *entry = g_new0 (CdiEntry, 1);
    char *name = g_strdup_printf ("%s=%s", file->spec->kind, device->name);

    *entry = (CdiEntry){.name = name, .file = file, .device = device};
    g_hash_table_replace (registry->devices, name, entry);
  }
}

static inline void
inject_all (const CdiRegistry *registry)
{
  static const char empty[] = "{\"process\":{\"env\":[\"A=1\"]},\"mounts\":[{\"destination\":\"/a/b\"}]}";
  static const char *const directories[] = {"/etc/cdi", NULL};
  const CdiHostNodes nodes = {look_anywhere, NULL};
  const CdiInjector injector = {registry, directories, &nodes, "runc"};
  g_autoptr (GBytes) bytes = g_bytes_new_static (empty, sizeof empty - 1);
  g_autoptr (B9JsonText) text = b9_json_text_new (bytes, "config.json", NULL);
  g_autoptr (B9SpecCopy) copy = b9_spec_copy_new (text);
  g_autoptr (CdiRequests) requests = cdi_requests_new ();
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) entries = cdi_registry_sorted (registry);
  g_autoptr (GError) error = NULL;
  gboolean done;

  for (guint i = 0; i < entries->len; i++) {
    const CdiEntry *entry = entries->pdata[i];
    g_autofree char *vendor = cdi_vendor (entry->name);

    cdi_requests_add (requests, entry->name, NULL);
    g_assert (cdi_gpu_class (entry->name, entry) <= B9_GPU_COMPANION && *vendor != '\0');
  }
  done = cdi_inject (&injector, requests, b9_spec_copy_interface (copy), warnings, &error);
  g_assert (done == (error == NULL));
  g_assert (done || g_utf8_validate (error->message, -1, NULL));
}

/* Kept, read back and kept again, it is the same bytes. */
static inline void
keep_and_read (const CdiRegistry *registry, const CdiFile *file)
{
  g_autoptr (GBytes) kept = cdi_cache_encode (registry);
  g_autoptr (GBytes) again = NULL;
  CdiFile other = {.path = file->path, .is_known = TRUE};
  g_autoptr (CdiRegistry) read = registry_of (&other);

  g_assert (cdi_cache_decode (kept, read));
  again = cdi_cache_encode (read);
  g_assert (g_bytes_equal (kept, again));
  g_free (other.problem);
}

static inline void
try_file (CdiRegistry *registry, CdiFile *file)
{
  keep_and_read (registry, file);
  index_file (registry, file);
  inject_all (registry);
}

#endif /* B9_CDI_FUZZING_H */
