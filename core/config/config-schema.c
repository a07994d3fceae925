/* SPDX-License-Identifier: Apache-2.0
 *
 * config-schema.c: the one table of the keys, and the checks of a file against it.
 *
 * config-print.c prints the table as defaults and as the man page's list.
 */
#include "config.h"

#include <string.h>

#include <b9run/b9-error.h>

#include "core/config/config-private.h"

static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};
static const char *const annotations[] = {"run.b9.backend", "run.b9.pool", NULL};
static const char *const gpu_annotations[] = {"cdi.k8s.io/", NULL};
static const char *const container_runtimes[] = {"runc", "gvisor", "runsc", NULL};

/* A key belongs behind the others of its section: the printers go through the table in order. */
static const B9ConfigRow rows[] = {
    {.path = "backend",
     .type = B9_CONFIG_STRING,
     .example = "runsc",
     .summary = "The backend of new containers, where neither the command line nor the name that b9run was "
                "called by "
                "says which; runc where nothing does."},
    {.path = "state-directory",
     .type = B9_CONFIG_PATH,
     .fallback = "/run/b9run",
     .example = "/run/b9run",
     .summary =
         "Where b9run remembers each container's backend, root and flags, and keeps the specs it edited."},
    {.path = "plugin-directories",
     .type = B9_CONFIG_LIST,
     .paths = TRUE,
     .example = "[/usr/local/lib/b9run/plugins]",
     .summary = "Directories with plugins, besides b9run's own."},
    {.path = "monitor",
     .type = B9_CONFIG_BOOLEAN,
     .fallback = "true",
     .example = "true",
     .summary = "Whether run --detach leaves a process behind that sees how the container ends."},
    {.path = "log.file",
     .type = B9_CONFIG_PATH,
     .example = "/var/log/b9run.log",
     .summary = "The file that b9run's own messages are added to; --log gets the one that tells the caller "
                "of an error."},
    {.path = "log.level",
     .type = B9_CONFIG_CHOICE,
     .fallback = "info",
     .choices = log_levels,
     .example = "info",
     .summary = "The least grave of b9run's own messages that are written."},
    {.path = "annotations.allowed",
     .type = B9_CONFIG_LIST,
     .choices = annotations,
     .example = "[run.b9.backend, run.b9.pool]",
     .summary = "The annotations of a container that may choose its backend or pool.  Whoever may start "
                "containers can "
                "set them, so none is followed unless it stands here."},
    {.path = "backends.*.path",
     .type = B9_CONFIG_PATH,
     .example = "/usr/local/bin/runsc",
     .summary = "The backend's program, where PATH is not to be searched."},
    {.path = "backends.*.root",
     .type = B9_CONFIG_PATH,
     .example = "/run/runsc",
     .summary = "The backend's own state directory, where the command line has no --root."},
    {.path = "backends.*.flags",
     .type = B9_CONFIG_LIST,
     .example = "[--net-raw]",
     .summary = "Flags that are put before the backend's command."},
    {.path = "gpu.annotations",
     .type = B9_CONFIG_LIST,
     .fallback = "[cdi.k8s.io/]",
     .list = gpu_annotations,
     .example = "[cdi.k8s.io/]",
     .summary =
         "How the names of annotations begin that may ask for a GPU.  For a container without one of these, "
         "and without linux.devices, no GPU detector is loaded."},
    {.path = "worker.pools.*.runtime",
     .type = B9_CONFIG_STRING,
     .example = "nvidia",
     .summary = "The pods' RuntimeClass.  b9run keeps it and does nothing with it."},
    {.path = "worker.pools.*.containerRuntime",
     .type = B9_CONFIG_CHOICE,
     .choices = container_runtimes,
     .example = "gvisor",
     .summary = "The backend of the pool's containers: runc, or gvisor, which is runsc."},
    {.path = "worker.pools.*.containerRuntimeConfig.gvisorPlatform",
     .type = B9_CONFIG_STRING,
     .example = "systrap",
     .summary = "In the pool, backends.runsc.platform."},
    {.path = "worker.pools.*.containerRuntimeConfig.gvisorRoot",
     .type = B9_CONFIG_PATH,
     .example = "/run/gvisor",
     .summary = "In the pool, backends.runsc.root."},
    {.path = "worker.pools.*.containerRuntimeConfig.gvisorExtraArgs",
     .type = B9_CONFIG_LIST,
     .example = "[--net-raw]",
     .summary = "In the pool, added to backends.runsc.flags."},
    {.path = "worker.pools.*.containerRuntimeConfig.debug",
     .type = B9_CONFIG_BOOLEAN,
     .example = "true",
     .summary = "In the pool, backends.runsc.debug."},
    {.path = "worker.pools.*.gpuType",
     .type = B9_CONFIG_STRING,
     .example = "A100",
     .summary = "The GPU that the pool's hosts have (A100, A100-40, RTX4090).  A container that asks for an "
                "NVIDIA GPU "
                "is refused where it would get another one."},
    {.path = NULL},
};

const B9ConfigRow *
b9_config_rows (void)
{
  return rows;
}

gboolean
b9_config_path_matches (const char *pattern, const char *path)
{
  g_auto (GStrv) wanted = g_strsplit (pattern, ".", -1);
  g_auto (GStrv) given = g_strsplit (path, ".", -1);

  if (g_strv_length (wanted) != g_strv_length (given))
    return FALSE;
  for (gsize i = 0; wanted[i] != NULL; i++)
    if (!g_str_equal (wanted[i], "*") && !g_str_equal (wanted[i], given[i]))
      return FALSE;
  return TRUE;
}

const B9ConfigRow *
b9_config_row (const char *path)
{
  for (const B9ConfigRow *row = rows; row->path != NULL; row++)
    if (b9_config_path_matches (row->path, path))
      return row;
  return NULL;
}

/* Where the walk through a file is: the path of a mapping, and the same with "*" for free names. */
typedef struct {
  B9Config *config;
  const char *file;
  const char *path;
  const char *pattern;
} Place;

static char *
join (const char *parent, const char *key)
{
  return *parent == '\0' ? g_strdup (key) : g_strconcat (parent, ".", key, NULL);
}

static const B9ConfigRow *
exact_row (const char *pattern)
{
  for (const B9ConfigRow *row = rows; row->path != NULL; row++)
    if (g_str_equal (row->path, pattern))
      return row;
  return NULL;
}

static gboolean
is_section (const char *pattern)
{
  g_autofree char *prefix = g_strconcat (pattern, ".", NULL);

  for (const B9ConfigRow *row = rows; row->path != NULL; row++)
    if (g_str_has_prefix (row->path, prefix))
      return TRUE;
  return FALSE;
}

/* Where plugins' names stand, and their keys below these. */
static const char *const plugin_sections[] = {"backends", "gpu", "checkpoint", NULL};

static gboolean
holds_plugins (const char *pattern)
{
  return g_strv_contains (plugin_sections, pattern);
}

static gboolean
is_of_plugin (const char *pattern)
{
  const char *star = strstr (pattern, ".*");
  g_autofree char *above = star != NULL && star[2] == '\0' ? g_strndup (pattern, (gsize)(star - pattern))
                                                           : NULL;

  return above != NULL && holds_plugins (above);
}

/* The keys that the table has right below @pattern. */
GPtrArray *
b9_config_keys_below (const char *pattern)
{
  GPtrArray *keys = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *prefix = join (pattern, "");

  for (const B9ConfigRow *row = rows; row->path != NULL; row++) {
    if (!g_str_has_prefix (row->path, prefix))
      continue;
    const char *rest = row->path + strlen (prefix);
    g_autofree char *key = g_strndup (rest, strcspn (rest, "."));
    if (!g_ptr_array_find_with_equal_func (keys, key, g_str_equal, NULL))
      g_ptr_array_add (keys, g_steal_pointer (&key));
  }
  return keys;
}

/* Names of backends and plugins' keys are `[a-z][a-z0-9-]*`; a pool may be called A100-40GB.  No dots: they
 * separate the parts of a path. */
static gboolean
is_name (const char *text, gboolean pool)
{
  if (strlen (text) > 64 || (!g_ascii_islower (*text) && !(pool && g_ascii_isalnum (*text))))
    return FALSE;
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_islower (*p) && !g_ascii_isdigit (*p) && *p != '-' &&
        !(pool && (g_ascii_isupper (*p) || *p == '_')))
      return FALSE;
  return TRUE;
}

static gboolean
check_free_name (const Place *place, const B9YamlNode *node, GError **error)
{
  gboolean pool = g_str_equal (place->pattern, "worker.pools");

  if (is_name (node->key, pool))
    return TRUE;
  g_autofree char *key = b9_config_quote (node->key);
  g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "%s:%u: %s: %s cannot be the name of a %s: write %s",
               place->file, node->line, place->path, key,
               pool                                       ? "pool"
               : g_str_equal (place->pattern, "backends") ? "backend"
                                                          : "plugin",
               pool ? "letters, digits, - and _, 64 at most"
                    : "small letters, digits and -, a letter first, 64 at most");
  return FALSE;
}

static gboolean
fail_unknown (const Place *place, const B9YamlNode *node, GError **error)
{
  g_autofree char *path = join (place->path, node->key);

  /* `config show` prints paths with dots, so people write them. */
  if (strchr (node->key, '.') != NULL && b9_config_row (path) != NULL) {
    g_set_error (error, B9_ERROR, B9_ERROR_CONFIG,
                 "%s:%u: %s: keys are nested: write each part on a line of its own, below the one before",
                 place->file, node->line, path);
    return FALSE;
  }
  g_autoptr (GPtrArray) known = b9_config_keys_below (place->pattern);
  for (const char *const *section = plugin_sections; *place->pattern == '\0' && *section != NULL; section++)
    if (!g_ptr_array_find_with_equal_func (known, *section, g_str_equal, NULL))
      g_ptr_array_add (known, g_strdup (*section));
  b9_config_unknown_key (place->file, node->line, place->path, node->key, known, error);
  return FALSE;
}

static gboolean
is_null (const B9YamlNode *node)
{
  static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
  return node->kind == B9_YAML_SCALAR && !node->quoted && g_strv_contains (nulls, node->scalar);
}

/* What stands in the file, for a message. */
static char *
found (const B9YamlNode *node)
{
  if (is_null (node))
    return g_strdup ("nothing");
  if (node->kind == B9_YAML_SCALAR)
    return b9_config_quote (node->scalar);
  return g_strdup (node->kind == B9_YAML_SEQUENCE ? "a list" : "keys below it");
}

static gboolean
fail_type (const char *file, guint line, const char *path, const B9ConfigRow *row, const char *found,
           GError **error)
{
  g_autofree char *expected = b9_config_expected (row);
  const char *leaf = strrchr (path, '.') != NULL ? strrchr (path, '.') + 1 : path;
  g_autofree char *example = row->example != NULL
                                 ? g_strdup_printf ("; for example \"%s: %s\"", leaf, row->example)
                                 : g_strdup ("");

  g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "%s:%u: %s: expected %s, found %s%s", file, line, path,
               expected, found, example);
  return FALSE;
}

static gboolean
in_choices (const B9ConfigRow *row, const char *text)
{
  return row->choices == NULL || g_strv_contains (row->choices, text);
}

static gboolean
check_list (const B9ConfigValue *value, const B9ConfigRow *row, GError **error)
{
  for (char **item = value->list; *item != NULL; item++) {
    if ((!row->paths || g_path_is_absolute (*item)) && in_choices (row, *item))
      continue;
    g_autofree char *shown = b9_config_quote (*item);
    g_autofree char *in_list = g_strconcat (shown, " in it", NULL);
    return fail_type (value->file, value->line, value->path, row, in_list, error);
  }
  return TRUE;
}

static gboolean
fits (const B9ConfigValue *value, const B9ConfigRow *row)
{
  switch (row->type) {
  case B9_CONFIG_PATH:
    return g_path_is_absolute (value->text);
  case B9_CONFIG_BOOLEAN:
    return !value->quoted && (g_str_equal (value->text, "true") || g_str_equal (value->text, "false"));
  case B9_CONFIG_CHOICE:
    return in_choices (row, value->text);
  default:
    return TRUE;
  }
}

gboolean
b9_config_check_value (const B9ConfigValue *value, const B9ConfigRow *row, GError **error)
{
  if (value->list != NULL && row->type == B9_CONFIG_LIST)
    return check_list (value, row, error);
  if (value->text != NULL && row->type != B9_CONFIG_LIST && fits (value, row))
    return TRUE;

  g_autofree char *shown = value->list != NULL ? g_strdup ("a list") : b9_config_quote (value->text);
  g_autofree char *found = g_strconcat (
      shown, value->quoted && row->type == B9_CONFIG_BOOLEAN ? " in quotes" : "", NULL);
  return fail_type (value->file, value->line, value->path, row, found, error);
}

/* A list's members must be texts: there is nothing that nests. */
static char **
list_of (const Place *place, const B9YamlNode *node, const char *path, const B9ConfigRow *row, GError **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < node->children->len; i++) {
    const B9YamlNode *item = node->children->pdata[i];
    if (item->kind != B9_YAML_SCALAR || is_null (item)) {
      g_autofree char *shown = found (item);
      g_autofree char *in_list = g_strconcat (shown, " in it", NULL);
      fail_type (place->file, item->line, path, row, in_list, error);
      return NULL;
    }
    g_ptr_array_add (items, g_strdup (item->scalar));
  }
  g_ptr_array_add (items, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&items), FALSE);
}

static B9ConfigValue *
value_of (const Place *place, const B9YamlNode *node, const char *path, const B9ConfigRow *row,
          GError **error)
{
  g_autoptr (B9ConfigValue) value = b9_config_value_new (path, place->file, node->line);

  if (node->kind == B9_YAML_MAPPING || is_null (node)) {
    g_autofree char *shown = found (node);
    fail_type (place->file, node->line, path, row, shown, error);
    return NULL;
  }
  if (node->kind == B9_YAML_SCALAR) {
    value->text = g_strdup (node->scalar);
    value->quoted = node->quoted;
    return g_steal_pointer (&value);
  }
  value->list = list_of (place, node, path, row, error);
  return value->list != NULL ? g_steal_pointer (&value) : NULL;
}

/* @row: the table's, or NULL for a key that a plugin will have to declare. */
static gboolean
take_value (const Place *place, const B9YamlNode *node, const B9ConfigRow *row, GError **error)
{
  static const B9ConfigRow any = {.path = ""};
  g_autofree char *path = join (place->path, node->key);
  g_autoptr (B9ConfigValue) value = value_of (place, node, path, row != NULL ? row : &any, error);

  if (value == NULL || (row != NULL && !b9_config_check_value (value, row, error)))
    return FALSE;
  const B9ConfigValue *earlier = b9_config_lookup (place->config, path);
  if (earlier != NULL && g_str_equal (earlier->file, place->file)) {
    g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "%s:%u: %s is set twice, first in line %u", place->file,
                 node->line, path, earlier->line);
    return FALSE;
  }
  b9_config_set (place->config, g_steal_pointer (&value));
  return TRUE;
}

static void
note_pool (const Place *place, const B9YamlNode *node)
{
  if (b9_config_pool (place->config, node->key) != NULL)
    return;
  B9ConfigValue *pool = b9_config_value_new ("pool.name", place->file, node->line);
  pool->text = g_strdup (node->key);
  g_ptr_array_add (place->config->pools, pool);
}

static gboolean take_mapping (const Place *place, const B9YamlNode *node, GError **error);

static gboolean
take_section (const Place *place, const B9YamlNode *node, const char *pattern, GError **error)
{
  g_autofree char *path = join (place->path, node->key);
  const Place below = {place->config, place->file, path, pattern};

  if (g_str_equal (pattern, "worker.pools.*"))
    note_pool (place, node);
  /* A section whose keys are all commented out. */
  if (is_null (node))
    return TRUE;
  if (node->kind == B9_YAML_MAPPING)
    return take_mapping (&below, node, error);

  g_autofree char *shown = found (node);
  g_autoptr (GPtrArray) keys = b9_config_keys_below (pattern);
  g_autofree char *known = b9_config_words (keys);
  g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "%s:%u: %s: expected keys below it (%s), found %s",
               place->file, node->line, path, known, shown);
  return FALSE;
}

static gboolean
take_child (const Place *place, const B9YamlNode *node, GError **error)
{
  g_autofree char *pattern = join (place->pattern, node->key);
  g_autofree char *any_name = join (place->pattern, "*");

  /* A key of our own beside plugins' names has a row; what else has keys below it is a plugin. */
  if ((is_section (any_name) || holds_plugins (place->pattern)) && exact_row (pattern) == NULL)
    return check_free_name (place, node, error) && take_section (place, node, any_name, error);
  if (strchr (node->key, '.') != NULL || *node->key == '\0')
    return fail_unknown (place, node, error);
  if (is_section (pattern) || holds_plugins (pattern))
    return take_section (place, node, pattern, error);

  const B9ConfigRow *row = exact_row (pattern);
  gboolean of_plugin = is_of_plugin (place->pattern) && is_name (node->key, FALSE);
  if (row == NULL && !of_plugin)
    return fail_unknown (place, node, error);
  return take_value (place, node, row, error);
}

static gboolean
take_mapping (const Place *place, const B9YamlNode *node, GError **error)
{
  for (guint i = 0; i < node->children->len; i++) {
    const B9YamlNode *child = node->children->pdata[i];
    /* Operators' files have the pools both under `worker:` and at the top. */
    const Place worker = {place->config, place->file, "worker", "worker"};
    gboolean alias = *place->pattern == '\0' && g_str_equal (child->key, "pools");
    if (!take_child (alias ? &worker : place, child, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
b9_config_take_tree (B9Config *config, const B9YamlNode *root, const char *file, GError **error)
{
  const Place top = {config, file, "", ""};

  if (root->kind == B9_YAML_MAPPING)
    return take_mapping (&top, root, error);
  g_autofree char *shown = found (root);
  g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "%s:%u: expected keys such as \"backend: runsc\", found %s",
               file, root->line, shown);
  return FALSE;
}
