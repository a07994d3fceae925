/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-checkpoint-info.c: `checkpoint-info DIR`: what an image is, and whether it can be restored here.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/checkpoint/manifest.h"
#include "core/cli/app.h"
#include "core/cli/checkpointing.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

static gboolean
print_json (const char *directory, GError **error)
{
  g_autoptr (B9JsonText) text = b9_manifest_load (directory, error);
  gsize size;
  const char *content;

  if (text == NULL)
    return FALSE;
  content = g_bytes_get_data (b9_json_text_bytes (text), &size);
  fwrite (content, 1, size, stdout);
  return TRUE;
}

int
b9_cmd_checkpoint_info (B9App *app G_GNUC_UNUSED, const B9Line *line, GError **error)
{
  g_autofree char *directory = b9_absolute_path (b9_line_argument (line, 0), NULL);
  g_autoptr (B9Manifest) manifest = b9_manifest_read (directory, error);

  if (manifest == NULL)
    return -1;
  if (b9_line_flag (line, "json")) {
    if (!print_json (directory, error))
      return -1;
  } else {
    g_autofree char *text = b9_manifest_describe (manifest);

    fputs (text, stdout);
  }
  if (b9_line_flag (line, "check-host") && !b9_manifest_check_host (manifest, error))
    return -1;
  if ((b9_line_flag (line, "check-host") || b9_line_flag (line, "verify-digests")) &&
      !b9_manifest_check_files (manifest, directory, b9_line_flag (line, "verify-digests"), NULL, NULL,
                                error))
    return -1;
  return 0;
}
