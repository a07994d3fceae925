/* SPDX-License-Identifier: Apache-2.0
 *
 * test-man-keys.c: prints the list of keys as b9run.yaml(5) must have it, for check-man.sh.
 */
#include "config.h"

#include <stdio.h>

#include "core/config/config.h"

int
main (void)
{
  g_autofree char *keys = b9_config_keys_roff ();

  return fputs (keys, stdout) >= 0 ? 0 : 1;
}
