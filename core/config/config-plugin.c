/* SPDX-License-Identifier: Apache-2.0
 *
 * config-plugin.c: checks a plugin's section against the keys that the plugin declares.
 *
 * Reading the files lets every key below backends.NAME, gpu.NAME and checkpoint.NAME pass, since no plugin is
 * loaded then.
 */
#include "config.h"

#include <string.h>

#include <b9run/b9-error.h>

#include "core/config/config-private.h"

static const B9ConfigKey *
declared (const B9ConfigKey *const *keys, const char *name)
{
  for (; keys != NULL && *keys != NULL; keys++)
    if (g_str_equal ((*keys)->name, name))
      return *keys;
  return NULL;
}

static const char *
example_of (const B9ConfigKey *key)
{
  if (B9_STRUCT_HAS (key, fallback))
    return key->fallback;
  switch (key->type) {
  case B9_CONFIG_PATH:
    return "/absolute/path";
  case B9_CONFIG_BOOLEAN:
    return "true";
  case B9_CONFIG_LIST:
    return "[one, two]";
  case B9_CONFIG_CHOICE:
    return B9_STRUCT_HAS (key, choices) ? key->choices[0] : NULL;
  default:
    return NULL;
  }
}

static gboolean
check_declared (const B9ConfigValue *value, const B9ConfigKey *key, GError **error)
{
  const B9ConfigRow row = {
      .path = key->name,
      .type = key->type,
      .choices = B9_STRUCT_HAS (key, choices) ? key->choices : NULL,
      .example = example_of (key),
  };
  GError *local = NULL;

  if (b9_config_check_value (value, &row, &local))
    return TRUE;
  if (value->pool != NULL)
    g_prefix_error (&local, "pool %s: ", value->pool);
  g_propagate_error (error, local);
  return FALSE;
}

static void
fail_undeclared (const B9ConfigValue *value, const char *section, const char *name,
                 const B9ConfigKey *const *keys, GError **error)
{
  g_autofree char *kind = g_strndup (section, strcspn (section, "."));
  g_autofree char *pattern = g_strconcat (kind, ".*", NULL);
  g_autoptr (GPtrArray) known = b9_config_keys_below (pattern);

  for (; keys != NULL && *keys != NULL; keys++)
    g_ptr_array_add (known, g_strdup ((*keys)->name));
  b9_config_unknown_key (value->file, value->line, section, name, known, error);
}

gboolean
b9_config_check_plugin (const B9Config *config, const char *section, const B9ConfigKey *const *keys,
                        GError **error)
{
  g_autofree char *prefix = g_strconcat (section, ".", NULL);

  for (guint i = 0; i < config->order->len; i++) {
    const B9ConfigValue *value = config->order->pdata[i];
    if (!g_str_has_prefix (value->path, prefix) || b9_config_row (value->path) != NULL)
      continue;
    const char *name = value->path + strlen (prefix);
    const B9ConfigKey *key = declared (keys, name);
    if (key != NULL && check_declared (value, key, error))
      continue;
    if (key == NULL)
      fail_undeclared (value, section, name, keys, error);
    return FALSE;
  }
  return TRUE;
}

char *
b9_config_section (const B9Config *config, const char *section)
{
  g_autofree char *prefix = g_strconcat (section, ".", NULL);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < config->order->len; i++) {
    const B9ConfigValue *value = config->order->pdata[i];

    if (!g_str_has_prefix (value->path, prefix))
      continue;
    g_string_append_printf (text, "%s=%s", value->path, value->text != NULL ? value->text : "");
    for (char **item = value->list; item != NULL && *item != NULL; item++)
      g_string_append_printf (text, "\n  %s", *item);
    g_string_append_c (text, '\n');
  }
  return g_string_free (text, FALSE);
}
