/* SPDX-License-Identifier: Apache-2.0
 *
 * config-pool.c: lays a worker pool over the configuration, in the words that operators of such workers use.
 *
 * One table says which key of a pool is which key of b9run.  The pool's values keep their file and line, so
 * that a plugin that refuses one can say where it stands.
 */
#include "config.h"

#include <b9run/b9-error.h>

#include "core/config/config-private.h"

typedef struct {
  const char *key; /* below worker.pools.NAME */
  const char *path;
} PoolKey;

static const PoolKey pool_keys[] = {
    {"containerRuntime", "backend"},
    {"containerRuntimeConfig.gvisorPlatform", "backends.runsc.platform"},
    {"containerRuntimeConfig.gvisorRoot", "backends.runsc.root"},
    {"containerRuntimeConfig.gvisorExtraArgs", "backends.runsc.flags"},
    {"containerRuntimeConfig.debug", "backends.runsc.debug"},
    {"gpuType", "pool.gpu-type"},
    {"runtime", "pool.runtime"},
};

B9ConfigValue *
b9_config_pool (const B9Config *config, const char *name)
{
  for (guint i = 0; i < config->pools->len; i++) {
    B9ConfigValue *pool = config->pools->pdata[i];
    if (g_str_equal (pool->text, name))
      return pool;
  }
  return NULL;
}

/* The lists @first and @second, either of which may be NULL, one behind the other. */
static char **
append_lists (char **first, char **second)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  for (char **item = first; item != NULL && *item != NULL; item++)
    g_ptr_array_add (all, g_strdup (*item));
  for (char **item = second; item != NULL && *item != NULL; item++)
    g_ptr_array_add (all, g_strdup (*item));
  g_ptr_array_add (all, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&all), FALSE);
}

static void
lay_over (B9Config *config, const char *pool, const B9ConfigValue *from, const char *path)
{
  B9ConfigValue *value = b9_config_value_new (path, from->file, from->line);
  const B9ConfigValue *below = b9_config_lookup (config, path);

  value->pool = g_strdup (pool);
  value->quoted = from->quoted;
  /* The project is called gVisor, its program, and so the backend, runsc. */
  value->text = g_strdup (g_str_equal (path, "backend") && g_str_equal (from->text, "gvisor") ? "runsc"
                                                                                              : from->text);
  if (from->list != NULL)
    value->list = append_lists (below != NULL ? below->list : NULL, from->list);
  b9_config_set (config, value);
}

static gboolean
check_pool (const B9Config *config, const char *name, GError **error)
{
  if (config->pool != NULL) {
    g_set_error (error, B9_ERROR, B9_ERROR_CONFLICT,
                 "the pool %s cannot be used: the pool %s is in use already", name, config->pool);
    return FALSE;
  }
  if (b9_config_pool (config, name) != NULL)
    return TRUE;

  g_autofree char *quoted = b9_config_quote (name);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  for (guint i = 0; i < config->pools->len; i++)
    g_ptr_array_add (names, ((B9ConfigValue *)config->pools->pdata[i])->text);
  g_autofree char *known = b9_config_words (names);
  if (config->pools->len == 0)
    g_set_error (error, B9_ERROR, B9_ERROR_CONFIG,
                 "there is no pool %s: the configuration has no pools (worker.pools)", quoted);
  else
    g_set_error (error, B9_ERROR, B9_ERROR_CONFIG, "there is no pool %s; the pools are %s", quoted, known);
  return FALSE;
}

gboolean
b9_config_use_pool (B9Config *config, const char *name, GError **error)
{
  if (!check_pool (config, name, error))
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (pool_keys); i++) {
    g_autofree char *path = g_strdup_printf ("worker.pools.%s.%s", name, pool_keys[i].key);
    const B9ConfigValue *value = b9_config_lookup (config, path);
    if (value != NULL)
      lay_over (config, name, value, pool_keys[i].path);
  }
  lay_over (config, name, b9_config_pool (config, name), "pool.name");
  config->pool = g_strdup (name);
  return TRUE;
}
