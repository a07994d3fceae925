/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-state.c: `state ID`, with the members of runc's for every backend.
 *
 * The runtime's own document is edited, so what it says beyond the runtime spec stays.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/cli/app.h"
#include "core/container/shadow.h"
#include "core/json/json-edit.h"
#include "core/run/query.h"

static void
set_text (B9JsonEdit *edit, const char *name, const char *value)
{
  g_autofree char *quoted = value != NULL ? b9_json_quote (value) : NULL;

  if (quoted != NULL)
    b9_json_edit_set_member (edit, B9_JSON_ROOT, name, quoted);
}

static int
print_corrected (const B9Target *target, const B9State *state, const B9JsonText *text, GError **error)
{
  g_autoptr (B9JsonEdit) edit = b9_json_edit_new (text);
  g_autofree char *pid = g_strdup_printf ("%d", (int)state->pid);
  g_autoptr (GBytes) document = NULL;
  const char *content;
  gsize size;

  b9_json_edit_set_member (edit, B9_JSON_ROOT, "pid", pid);
  set_text (edit, "status", state->status);
  if (target->record != NULL) {
    set_text (edit, "bundle", target->record->bundle);
    set_text (edit, "rootfs", state->rootfs != NULL ? NULL : target->record->rootfs);
    set_text (edit, "created", state->created != NULL ? NULL : target->record->created);
    set_text (edit, "owner", state->owner != NULL ? NULL : "");
  }
  document = b9_json_edit_apply (edit, error);
  if (document == NULL)
    return -1;
  content = g_bytes_get_data (document, &size);
  fwrite (content, 1, size, stdout);
  if (size == 0 || content[size - 1] != '\n')
    putchar ('\n');
  return 0;
}

int
b9_cmd_state (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};
  g_autoptr (B9State) state = NULL;
  g_autoptr (B9JsonText) text = NULL;

  if (!b9_app_find (app, b9_line_argument (line, 0), &target, error))
    return -1;
  if (target.runtime->backend->way (&target.runtime->host, B9_OPERATION_STATE, NULL) == B9_WAY_HAND_OVER &&
      !b9_shadow_is_used (target.record) && !app->is_busy)
    return b9_app_perform_on (app, &target, B9_OPERATION_STATE, line, error);
  state = b9_query_state (&target, &text, error);
  if (state != NULL && app->is_busy)
    b9_app_correct_state (target.record, state);
  return state != NULL ? print_corrected (&target, state, text, error) : -1;
}
