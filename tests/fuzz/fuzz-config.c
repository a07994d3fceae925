/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-config.c: any bytes as a configuration file: read, checked against a plugin's keys, printed, laid
 * under a pool.
 *
 * Needs B9RUN_LIBEXEC_DIR: the directory with b9run-yaml.so, built with -fsanitize=fuzzer-no-link too.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/config-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const char *const platforms[] = {"systrap", "kvm", NULL};
static const B9ConfigKey platform = {
    .struct_size = sizeof (B9ConfigKey), .name = "platform", .type = B9_CONFIG_CHOICE, .choices = platforms};
static const B9ConfigKey debug = {
    .struct_size = sizeof (B9ConfigKey), .name = "debug", .type = B9_CONFIG_BOOLEAN};
static const B9ConfigKey *const keys[] = {&platform, &debug, NULL};

/* What every result must hold: an error exactly on failure, in UTF-8. */
static void
check (gboolean done, GError *error)
{
  if (done == (error != NULL) || (error != NULL && !g_utf8_validate (error->message, -1, NULL)))
    abort ();
  g_clear_error (&error);
}

/* Text that is shown can be read again by libyaml. */
static void
check_shown (const B9Config *config)
{
  g_autofree char *shown = b9_config_show (config, TRUE);
  g_autoptr (GError) error = NULL;

  if (strlen (shown) > 512 * 1024)
    return;
  g_autoptr (B9YamlNode) root = b9_format_yaml (shown, strlen (shown), "shown", &error);
  if (root == NULL)
    g_error ("%s in\n%s", error != NULL ? error->message : "nothing", shown);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (B9Config) config = b9_config_new ();
  GError *error = NULL;

  gboolean taken = b9_config_add_text (config, (const char *)data, size, "fuzz.yaml", &error);
  check (taken, error);
  if (!taken)
    return 0;

  error = NULL;
  check (b9_config_check_plugin (config, "backends.runsc", keys, &error), error);
  if (config->pools->len > 0) {
    error = NULL;
    check (b9_config_use_pool (config, ((B9ConfigValue *)config->pools->pdata[0])->text, &error), error);
  }
  error = NULL;
  check (b9_config_check_plugin (config, "backends.runsc", keys, &error), error);
  check_shown (config);
  return 0;
}
