/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-config.c: `config show`, `config check FILE`, `config defaults`.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/cli/command.h"
#include "core/sys/failure.h"

static int
show (B9App *app, gboolean origin, GError **error)
{
  const B9Config *config = b9_app_config (app, error);
  g_autofree char *text = config != NULL ? b9_config_show (config, origin) : NULL;

  if (text == NULL)
    return -1;
  fputs (text, stdout);
  return 0;
}

static int
print_defaults (void)
{
  g_autofree char *text = b9_config_defaults ();

  fputs (text, stdout);
  return 0;
}

int
b9_cmd_config (B9App *app, const B9Line *line, GError **error)
{
  const char *what = b9_line_argument (line, 0);
  const char *file = b9_line_argument (line, 1);

  if (strcmp (what, "show") == 0)
    return show (app, b9_line_flag (line, "origin"), error);
  if (strcmp (what, "defaults") == 0)
    return print_defaults ();
  if (strcmp (what, "check") == 0 && file != NULL) {
    if (!b9_config_check_file (file, error))
      return -1;
    printf ("%s is a good configuration\n", file);
    return 0;
  }
  b9_fail (error, B9_ERROR_USAGE,
           "config: b9run config show [--origin], b9run config defaults, or b9run config check FILE, not \"%s\"", what);
  return -1;
}
