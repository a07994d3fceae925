/* SPDX-License-Identifier: Apache-2.0
 *
 * host.c: see host.h.
 *
 * A key's value is looked for on the command line, then in the configuration (where a pool has been laid over
 * the files), then in what the provider declared as its fallback.  The other services have files of their own
 * (host-private.h).
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-plugin"

#include "core/plugin/host-private.h"

#include <string.h>

#include "core/sys/failure.h"
#include "core/sys/words.h"

static const B9ConfigKey *
find_key (const B9HostData *data, const char *name)
{
  for (guint i = 0; data->keys != NULL && data->keys[i] != NULL; i++) {
    if (strcmp (data->keys[i]->name, name) == 0)
      return data->keys[i];
  }
  return NULL;
}

static const char *
command_line_value (const B9HostData *data, const char *key)
{
  for (guint i = data->options != NULL ? data->options->len : 0; i > 0; i--) {
    const B9RequestOption *option = g_ptr_array_index (data->options, i - 1);

    if (strcmp (option->name, key) == 0)
      return option->value;
  }
  return NULL;
}

static const char *
config_string (const B9Host *host, const char *key)
{
  const B9HostData *data = host->data;
  g_autofree char *path = g_strdup_printf ("%s.%s", data->section, key);
  const char *value = command_line_value (data, key);
  const B9ConfigKey *declared = find_key (data, key);

  if (value == NULL)
    value = b9_config_set_string (data->config, path);
  if (value == NULL && declared != NULL)
    value = declared->fallback;
  return value;
}

static gboolean
config_boolean (const B9Host *host, const char *key)
{
  return g_strcmp0 (config_string (host, key), "true") == 0;
}

static const char *const *
config_list (const B9Host *host, const char *key)
{
  const B9HostData *data = host->data;
  g_autofree char *path = g_strdup_printf ("%s.%s", data->section, key);

  return b9_config_list (data->config, path);
}

static void
host_log (const B9Host *host, B9LogLevel level, const char *message)
{
  const B9HostData *data = host->data;

  if (level <= B9_LOG_WARNING)
    g_warning ("%s: %s", data->section, message);
  else if (level == B9_LOG_INFO)
    g_info ("%s: %s", data->section, message);
  else
    g_debug ("%s: %s", data->section, message);
}

static gboolean
host_cancelled (const B9Host *host)
{
  const B9HostData *data = host->data;

  return data->cancelled != NULL && data->cancelled ();
}

void
b9_host_init (B9Host *host, B9HostData *data)
{
  *host = (B9Host){
      .struct_size = sizeof *host,
      .abi_minor = B9_ABI_MINOR,
      .data = data,
      .config_string = config_string,
      .config_boolean = config_boolean,
      .config_list = config_list,
      .log = host_log,
      .path = b9_host_service_path,
      .run = b9_host_service_run,
      .find_program = b9_host_service_find_program,
      .read_file = b9_host_service_read_file,
      .depends_on = b9_host_service_depends_on,
      .report = b9_host_service_report,
      .finding = b9_host_service_finding,
      .cancelled = host_cancelled,
      .cache_read = b9_host_service_cache_read,
      .cache_write = b9_host_service_cache_write,
  };
}

static gboolean
fail_unknown_option (const B9HostData *data, const char *provider, const char *name, GError **error)
{
  static const char *const own[] = {"backend", "root",           "config",   "log",  "log-format",
                                    "debug",   "systemd-cgroup", "rootless", "pool", "state-directory",
                                    "version", "help",           NULL};
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *list = NULL;
  const char *nearest;

  for (guint i = 0; data->keys != NULL && data->keys[i] != NULL; i++)
    g_ptr_array_add (names, (gpointer)data->keys[i]->name);
  g_ptr_array_add (names, NULL);
  list = g_strjoinv (", --", (char **)names->pdata);
  nearest = b9_nearest (name, (const char *const *)names->pdata);
  nearest = nearest != NULL ? nearest : b9_nearest (name, own);
  if (nearest != NULL)
    return b9_fail (error, B9_ERROR_USAGE, "unknown global option --%s; did you mean --%s?", name, nearest);
  return b9_fail (error, B9_ERROR_USAGE,
                  "unknown global option --%s; backend %s %s%s (see b9run --help for those of b9run; "
                  "a command's own go behind it)",
                  name, provider, *list != '\0' ? "has --" : "has none of its own", list);
}

gboolean
b9_host_check_options (const B9HostData *data, const char *provider, GError **error)
{
  for (guint i = 0; data->options != NULL && i < data->options->len; i++) {
    const B9RequestOption *option = g_ptr_array_index (data->options, i);
    const B9ConfigKey *key = find_key (data, option->name);

    if (key == NULL)
      return fail_unknown_option (data, provider, option->name, error);
    if (key->type == B9_CONFIG_BOOLEAN && strcmp (option->value, "true") != 0 &&
        strcmp (option->value, "false") != 0)
      return b9_fail (error, B9_ERROR_USAGE, "--%s takes true or false, not \"%s\"", key->name,
                      option->value);
    if (key->type == B9_CONFIG_CHOICE && !g_strv_contains (key->choices, option->value)) {
      g_autofree char *choices = g_strjoinv (", ", (char **)key->choices);

      return b9_fail (error, B9_ERROR_USAGE, "--%s=%s: %s knows %s (the value follows a \"=\")", key->name,
                      option->value, provider, choices);
    }
  }
  return TRUE;
}
