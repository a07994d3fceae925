/* SPDX-License-Identifier: Apache-2.0
 *
 * config.c: finds the configuration files, keeps their values and answers for them.
 *
 * config-file.c reads a file, config-schema.c checks it, config-pool.c lays a worker pool over it,
 * config-print.c shows it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <b9run/b9-error.h>

#include "core/config/config-private.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/words.h"

B9ConfigValue *
b9_config_value_new (const char *path, const char *file, guint line)
{
  B9ConfigValue *value = g_new0 (B9ConfigValue, 1);
  value->path = g_strdup (path);
  value->file = g_strdup (file);
  value->line = line;
  return value;
}

void
b9_config_value_free (B9ConfigValue *value)
{
  if (value == NULL)
    return;
  g_free (value->path);
  g_free (value->file);
  g_free (value->pool);
  g_free (value->text);
  g_strfreev (value->list);
  g_free (value);
}

B9Config *
b9_config_new (void)
{
  B9Config *config = g_new0 (B9Config, 1);
  config->order = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_config_value_free);
  config->values = g_hash_table_new (g_str_hash, g_str_equal);
  config->pools = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_config_value_free);
  return config;
}

void
b9_config_free (B9Config *config)
{
  if (config == NULL)
    return;
  g_hash_table_unref (config->values);
  g_ptr_array_unref (config->order);
  g_ptr_array_unref (config->pools);
  g_free (config->pool);
  g_free (config);
}

B9ConfigValue *
b9_config_lookup (const B9Config *config, const char *path)
{
  return g_hash_table_lookup (config->values, path);
}

void
b9_config_set (B9Config *config, B9ConfigValue *value)
{
  B9ConfigValue *earlier = b9_config_lookup (config, value->path);

  if (earlier == NULL) {
    g_ptr_array_add (config->order, value);
    g_hash_table_insert (config->values, value->path, value);
    return;
  }
  /* In place, so that the order of the first file stays; the table's key stays too. */
  g_free (value->path);
  value->path = g_steal_pointer (&earlier->path);
  B9ConfigValue swap = *earlier;
  *earlier = *value;
  *value = swap;
  b9_config_value_free (value);
}

gboolean
b9_config_add_text (B9Config *config, const char *text, gsize length, const char *file, GError **error)
{
  GError *local = NULL;
  g_autoptr (B9YamlNode) root = b9_format_yaml (text, length, file, &local);

  if (local != NULL) {
    if (g_error_matches (local, B9_ERROR, B9_ERROR_BAD_INPUT))
      local->code = B9_ERROR_CONFIG;
    g_propagate_error (error, local);
    return FALSE;
  }
  return root == NULL || b9_config_take_tree (config, root, file, error);
}

static gboolean
add_file (B9Config *config, const char *file, GError **error)
{
  gsize length = 0;
  g_autofree char *text = b9_config_read_file (file, &length, error);

  return text != NULL && b9_config_add_text (config, text, length, file, error);
}

/* The files of a drop-in directory, added to @files by name. */
static gboolean
list_drop_ins (GPtrArray *files, const char *directory, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  g_autoptr (DIR) entries = opendir (directory);

  if (entries == NULL)
    return errno == ENOENT ||
           b9_fail (error, B9_ERROR_CONFIG, "the configuration directory %s cannot be read: %s", directory,
                    b9_errno_text (errno));
  for (const struct dirent *entry = readdir (entries); entry != NULL; entry = readdir (entries))
    if (entry->d_name[0] != '.' && g_str_has_suffix (entry->d_name, ".yaml"))
      g_ptr_array_add (found, g_build_filename (directory, entry->d_name, NULL));
  g_ptr_array_sort (found, b9_compare_words);
  g_ptr_array_extend_and_steal (files, g_steal_pointer (&found));
  return TRUE;
}

/* A variable of the environment, NULL when it is empty, and for a program with raised privileges. */
static const char *
environment (const char *name)
{
  const char *value = secure_getenv (name);
  return value != NULL && *value != '\0' ? value : NULL;
}

static gboolean
list_directory (GPtrArray *files, const char *directory, GError **error)
{
  /* Most hosts have no configuration: this one call is all that it costs them. */
  int fd = open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT)
    return TRUE;
  if (fd < 0) {
    g_set_error (error, B9_ERROR, errno == EACCES ? B9_ERROR_PERMISSION : B9_ERROR_CONFIG,
                 "the configuration directory %s cannot be read: %s", directory, b9_errno_text (errno));
    return FALSE;
  }
  close (fd);

  g_autofree char *file = g_build_filename (directory, "b9run.yaml", NULL);
  g_autofree char *drop_ins = g_build_filename (directory, "conf.d", NULL);
  struct stat status;
  if (lstat (file, &status) == 0 || errno != ENOENT)
    g_ptr_array_add (files, g_steal_pointer (&file));
  return list_drop_ins (files, drop_ins, error);
}

GPtrArray *
b9_config_files (const char *explicit_file, GError **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  const char *file = explicit_file != NULL ? explicit_file : environment ("B9RUN_CONFIG");
  const char *directory = environment ("B9RUN_CONFIG_DIR");

  if (file != NULL)
    g_ptr_array_add (files, g_strdup (file));
  else if (!list_directory (files, directory != NULL ? directory : B9_SYSCONFDIR "/b9run", error))
    return NULL;
  return g_steal_pointer (&files);
}

B9Config *
b9_config_load (const char *explicit_file, GError **error)
{
  g_autoptr (B9Config) config = b9_config_new ();
  g_autoptr (GPtrArray) files = b9_config_files (explicit_file, error);

  if (files == NULL)
    return NULL;
  for (guint i = 0; i < files->len; i++)
    if (!add_file (config, files->pdata[i], error))
      return NULL;
  return g_steal_pointer (&config);
}

B9Config *
b9_config_built_in (void)
{
  return b9_config_new ();
}

gboolean
b9_config_check_file (const char *file, GError **error)
{
  g_autoptr (B9Config) config = b9_config_new ();
  return add_file (config, file, error);
}

const char *
b9_config_set_string (const B9Config *config, const char *path)
{
  const B9ConfigValue *value = b9_config_lookup (config, path);
  return value != NULL ? value->text : NULL;
}

void
b9_config_set_default (B9Config *config, const char *path, const char *text)
{
  B9ConfigValue *value;

  if (b9_config_lookup (config, path) != NULL)
    return;
  value = b9_config_value_new (path, NULL, 0);
  value->text = g_strdup (text);
  b9_config_set (config, value);
}

const char *
b9_config_string (const B9Config *config, const char *path)
{
  const B9ConfigValue *value = b9_config_lookup (config, path);
  if (value != NULL)
    return value->text;

  const B9ConfigRow *row = b9_config_row (path);
  return row != NULL ? row->fallback : NULL;
}

gboolean
b9_config_boolean (const B9Config *config, const char *path)
{
  return g_strcmp0 (b9_config_string (config, path), "true") == 0;
}

const char *const *
b9_config_list (const B9Config *config, const char *path)
{
  static const char *const empty[] = {NULL};
  const B9ConfigValue *value = b9_config_lookup (config, path);
  const B9ConfigRow *row = value == NULL ? b9_config_row (path) : NULL;

  if (row != NULL && row->list != NULL)
    return row->list;
  return value != NULL && value->list != NULL ? (const char *const *)value->list : empty;
}

char *
b9_config_origin (const B9Config *config, const char *path)
{
  const B9ConfigValue *value = b9_config_lookup (config, path);

  if (value == NULL || value->file == NULL)
    return g_strdup ("built-in");
  if (value->pool != NULL)
    return g_strdup_printf ("pool %s (%s:%u)", value->pool, value->file, value->line);
  return g_strdup_printf ("%s:%u", value->file, value->line);
}
