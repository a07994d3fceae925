/* SPDX-License-Identifier: Apache-2.0
 *
 * registry.c: which modules there are, which of them are loaded, and whose a name is.
 *
 * A provider NAME of kind KIND is at home in b9-KIND-NAME.so, so that a command that wants one opens one
 * file.  Where such a file stands in a plugin directory, no other module gets the name: what `b9run` uses
 * must not depend on which modules an earlier step happened to load.  Otherwise the first module in order
 * gets it.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-plugin"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <dlfcn.h>
#include <sys/stat.h>

#include <b9run/b9-error.h>

#include "core/plugin/module-private.h"
#include "core/plugin/registry.h"
#include "core/sys/words.h"

struct _B9Registry {
  GPtrArray *directories; /* char *, those that exist */
  GPtrArray *modules;     /* Entry, in the order of loading until all are loaded */
  gboolean complete;
};

/* A B9Module as callers see it, its path byte for byte, and its place in the order. */
typedef struct {
  B9Module module;
  char *path;
  guint directory;
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->path);
  g_free (entry->module.path);
  g_ptr_array_unref (entry->module.providers);
  g_free (entry->module.refusal);
  g_free (entry->module.note);
  g_free (entry);
}

static gboolean
is_same_directory (const char *path, const struct stat *status)
{
  struct stat other;

  return stat (path, &other) == 0 && other.st_dev == status->st_dev && other.st_ino == status->st_ino;
}

/* One that exists and cannot be read stays, to be reported. */
static void
add_directory (GPtrArray *directories, const char *path)
{
  struct stat status;

  if (stat (path, &status) < 0) {
    if (errno != ENOENT)
      g_ptr_array_add (directories, g_strdup (path));
    return;
  }
  for (guint i = 0; i < directories->len; i++) {
    if (is_same_directory (directories->pdata[i], &status))
      return;
  }
  g_ptr_array_add (directories, g_strdup (path));
}

B9Registry *
b9_registry_new (const char *const *directories)
{
  B9Registry *registry = g_new0 (B9Registry, 1);

  registry->directories = g_ptr_array_new_with_free_func (g_free);
  registry->modules = g_ptr_array_new_with_free_func (entry_free);
  for (guint i = 0; directories != NULL && directories[i] != NULL; i++)
    add_directory (registry->directories, directories[i]);
  return registry;
}

void
b9_registry_free (B9Registry *registry)
{
  if (registry == NULL)
    return;
  g_ptr_array_unref (registry->directories);
  g_ptr_array_unref (registry->modules);
  g_free (registry);
}

static Entry *
add_entry (B9Registry *registry, guint directory, const char *path)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->path = g_strdup (path);
  entry->module.path = b9_printable (path, FALSE);
  entry->module.providers = g_ptr_array_new ();
  entry->directory = directory;
  g_ptr_array_add (registry->modules, entry);
  return entry;
}

static void
refuse_entry (Entry *entry, const GError *error)
{
  g_ptr_array_set_size (entry->module.providers, 0);
  g_clear_pointer (&entry->module.note, g_free);
  entry->module.descriptor = NULL;
  entry->module.refusal = b9_printable (error->message, FALSE);
  g_debug ("refused %s: %s", entry->module.path, entry->module.refusal);
}

static Entry *
find_entry (B9Registry *registry, const char *path)
{
  for (guint i = 0; i < registry->modules->len; i++) {
    Entry *entry = registry->modules->pdata[i];
    if (g_str_equal (entry->path, path))
      return entry;
  }
  return NULL;
}

static const B9Provider *
find_in_module (const B9Module *module, guint32 kind, const char *name)
{
  for (guint i = 0; i < module->providers->len; i++) {
    const B9Provider *provider = module->providers->pdata[i];
    if (provider->kind == kind && g_str_equal (provider->name, name))
      return provider;
  }
  return NULL;
}

static const B9Provider *
find_loaded (B9Registry *registry, guint32 kind, const char *name, const B9Module **module)
{
  for (guint i = 0; i < registry->modules->len; i++) {
    const B9Module *candidate = registry->modules->pdata[i];
    const B9Provider *provider = find_in_module (candidate, kind, name);
    if (provider == NULL)
      continue;
    if (module != NULL)
      *module = candidate;
    return provider;
  }
  return NULL;
}

static char *
home_name (guint32 kind, const char *name)
{
  return g_strdup_printf ("b9-%s-%s.so", b9_provider_kind_name (kind), name);
}

/* The first file that stands where the provider is at home, or NULL. */
static char *
find_home (B9Registry *registry, guint32 kind, const char *name)
{
  g_autofree char *file = home_name (kind, name);

  for (guint i = 0; i < registry->directories->len; i++) {
    g_autofree char *path = g_build_filename (registry->directories->pdata[i], file, NULL);
    struct stat status;
    if (lstat (path, &status) == 0)
      return g_steal_pointer (&path);
  }
  return NULL;
}

/* Whose the name is: another module's that has it already, or that is called like it. */
static char *
other_owner (B9Registry *registry, const char *path, const B9Provider *provider)
{
  const B9Module *module = NULL;
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *home = home_name (provider->kind, provider->name);

  if (find_loaded (registry, provider->kind, provider->name, &module) != NULL)
    return g_strdup (module->path);
  return g_str_equal (base, home) ? NULL : find_home (registry, provider->kind, provider->name);
}

static gboolean
check_names (B9Registry *registry, const char *path, GPtrArray *providers, GError **error)
{
  for (guint i = 0; i < providers->len; i++) {
    const B9Provider *provider = providers->pdata[i];
    g_autofree char *other = other_owner (registry, path, provider);
    if (other != NULL)
      return b9_module_refuse (error, "its %s \"%s\" is provided by %s already; remove one of the two files",
                               b9_provider_kind_name (provider->kind), provider->name, other);
  }
  return TRUE;
}

/* @providers is filled only here, so a module under examination never stands in its own way. */
static gboolean
open_module (B9Registry *registry, Entry *entry, const char *resolved, void **probe, GError **error)
{
  B9Module *module = &entry->module;
  g_autoptr (GPtrArray) providers = g_ptr_array_new ();
  gsize size = 0;
  const B9PluginDescriptor *descriptor = b9_module_probe (resolved, &size, probe, error);

  if (descriptor == NULL || !b9_module_check (descriptor, size, providers, &module->note, error) ||
      !check_names (registry, entry->path, providers, error) || !b9_module_keep (resolved, descriptor, error))
    return FALSE;
  module->descriptor = descriptor;
  g_ptr_array_extend (module->providers, providers, NULL, NULL);
  return TRUE;
}

static void
load (B9Registry *registry, guint directory, const char *path)
{
  Entry *entry = add_entry (registry, directory, path);
  g_autoptr (GError) error = NULL;
  g_autofree char *resolved = b9_module_check_file (path, &error);
  void *probe = NULL;

  if (resolved == NULL || !open_module (registry, entry, resolved, &probe, &error))
    refuse_entry (entry, error);
  if (probe != NULL)
    dlclose (probe);
}

static void
load_unless_loaded (B9Registry *registry, guint directory, const char *file)
{
  g_autofree char *path = g_build_filename (registry->directories->pdata[directory], file, NULL);
  struct stat status;

  if (find_entry (registry, path) == NULL && lstat (path, &status) == 0)
    load (registry, directory, path);
}

/* Whether the file is called after another kind than @kind; 0 is every kind. */
static gboolean
is_of_another_kind (const char *file, guint32 kind)
{
  for (guint32 other = B9_PROVIDER_BACKEND; b9_provider_kind_name (other) != NULL; other++) {
    g_autofree char *prefix = g_strdup_printf ("b9-%s-", b9_provider_kind_name (other));

    if (g_str_has_prefix (file, prefix))
      return kind != 0 && other != kind;
  }
  return FALSE;
}

static void
load_directory (B9Registry *registry, guint directory, guint32 kind)
{
  const char *path = registry->directories->pdata[directory];
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) listing = g_dir_open (path, 0, &error);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  const char *name = NULL;

  if (listing == NULL && find_entry (registry, path) != NULL)
    return;
  if (listing == NULL) {
    refuse_entry (add_entry (registry, directory, path), error);
    return;
  }
  while ((name = g_dir_read_name (listing)) != NULL) {
    if (name[0] != '.' && g_str_has_suffix (name, ".so") && !is_of_another_kind (name, kind))
      g_ptr_array_add (files, g_strdup (name));
  }
  g_ptr_array_sort (files, b9_compare_words);
  for (guint i = 0; i < files->len; i++)
    load_unless_loaded (registry, directory, files->pdata[i]);
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *first = *(const Entry *const *)a;
  const Entry *second = *(const Entry *const *)b;

  if (first->directory != second->directory)
    return first->directory < second->directory ? -1 : 1;
  return strcmp (first->path, second->path);
}

const GPtrArray *
b9_registry_load_all (B9Registry *registry)
{
  if (registry->complete)
    return registry->modules;
  for (guint i = 0; i < registry->directories->len; i++)
    load_directory (registry, i, 0);
  g_ptr_array_sort (registry->modules, compare_entries);
  registry->complete = TRUE;
  return registry->modules;
}

void
b9_registry_load_kind (B9Registry *registry, B9ProviderKind kind)
{
  guint known = registry->modules->len;

  for (guint i = 0; !registry->complete && i < registry->directories->len; i++)
    load_directory (registry, i, kind);
  for (guint i = known; i < registry->modules->len; i++) {
    const B9Module *module = registry->modules->pdata[i];

    if (module->refusal != NULL)
      g_warning ("refused %s: %s", module->path, module->refusal);
  }
}

const char *
b9_registry_module_path (B9Registry *registry, const B9Provider *provider)
{
  for (guint i = 0; i < registry->modules->len; i++) {
    const B9Module *module = registry->modules->pdata[i];

    if (g_ptr_array_find (module->providers, provider, NULL))
      return module->path;
  }
  return NULL;
}

GPtrArray *
b9_registry_providers (B9Registry *registry, B9ProviderKind kind)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < registry->modules->len; i++) {
    const B9Module *module = registry->modules->pdata[i];
    for (guint j = 0; j < module->providers->len; j++) {
      const B9Provider *provider = module->providers->pdata[j];
      if (provider->kind == kind)
        g_ptr_array_add (found, module->providers->pdata[j]);
    }
  }
  return found;
}

static void
append_names (B9Registry *registry, B9ProviderKind kind, GString *message)
{
  g_autoptr (GPtrArray) providers = b9_registry_providers (registry, kind);

  g_string_append (message, providers->len > 0 ? "; there is: " : "; there is none");
  for (guint i = 0; i < providers->len; i++)
    g_string_append_printf (message, "%s%s", i > 0 ? ", " : "",
                            ((const B9Provider *)providers->pdata[i])->name);
}

static void
append_refusals (B9Registry *registry, GString *message)
{
  for (guint i = 0; i < registry->modules->len; i++) {
    const B9Module *module = registry->modules->pdata[i];
    if (module->refusal != NULL)
      g_string_append_printf (message, "; refused: %s: %s", module->path, module->refusal);
  }
}

static void
append_directories (B9Registry *registry, GString *message)
{
  g_string_append (message,
                   registry->directories->len > 0 ? "; looked in: " : "; no plugin directory exists");
  for (guint i = 0; i < registry->directories->len; i++) {
    g_autofree char *path = b9_printable (registry->directories->pdata[i], FALSE);
    g_string_append_printf (message, "%s%s", i > 0 ? ", " : "", path);
  }
}

static void
set_unknown (B9Registry *registry, B9ProviderKind kind, const char *name, GError **error)
{
  g_autoptr (GString) message = g_string_new (NULL);
  g_autofree char *wanted = b9_printable (name, FALSE);
  const char *kind_name = b9_provider_kind_name (kind);

  g_string_printf (message, "no plugin provides the %s \"%s\"", kind_name != NULL ? kind_name : "provider",
                   wanted);
  append_names (registry, kind, message);
  append_refusals (registry, message);
  append_directories (registry, message);
  g_set_error_literal (error, B9_ERROR,
                       kind == B9_PROVIDER_BACKEND ? B9_ERROR_BACKEND_UNKNOWN : B9_ERROR_PLUGIN,
                       message->str);
}

/* Opens b9-KIND-NAME.so, in each directory until one provides it. */
static const B9Provider *
find_at_home (B9Registry *registry, B9ProviderKind kind, const char *name)
{
  g_autofree char *file = home_name (kind, name);
  const B9Provider *provider = NULL;

  for (guint i = 0; provider == NULL && i < registry->directories->len; i++) {
    load_unless_loaded (registry, i, file);
    provider = find_loaded (registry, kind, name, NULL);
  }
  return provider;
}

const B9Provider *
b9_registry_find (B9Registry *registry, B9ProviderKind kind, const char *name, GError **error)
{
  const B9Provider *provider = find_loaded (registry, kind, name, NULL);

  if (provider == NULL && b9_provider_kind_name (kind) != NULL && b9_module_name_is_good (name))
    provider = find_at_home (registry, kind, name);
  if (provider == NULL) {
    b9_registry_load_all (registry);
    provider = find_loaded (registry, kind, name, NULL);
  }
  if (provider == NULL)
    set_unknown (registry, kind, name, error);
  return provider;
}

static void
append_absolute (GPtrArray *directories, const char *const *paths)
{
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++) {
    if (g_path_is_absolute (paths[i]))
      g_ptr_array_add (directories, g_strdup (paths[i]));
  }
}

char **
b9_plugin_directories (const char *const *configured)
{
  const char *instead = secure_getenv ("B9RUN_PLUGIN_DIR");
  const char *const built_in[] = {instead != NULL ? instead : B9_PLUGINDIR, NULL};
  const char *value = secure_getenv ("B9RUN_PLUGIN_PATH");
  g_auto (GStrv) from_environment = value != NULL ? g_strsplit (value, ":", -1) : NULL;
  g_autoptr (GPtrArray) directories = g_ptr_array_new ();

  append_absolute (directories, (const char *const *)from_environment);
  append_absolute (directories, configured);
  append_absolute (directories, built_in);
  g_ptr_array_add (directories, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&directories), FALSE);
}

int
b9_compare_providers (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const B9Provider *const *)a)->name, (*(const B9Provider *const *)b)->name);
}
