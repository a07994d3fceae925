/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-features.c: `features`: the OCI features document of the chosen backend, alone on standard output.
 *
 * containerd and CRI-O ask for it and read it strictly; CRI-O takes standard error for a part of it.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/cli/app.h"
#include "core/json/json-edit.h"
#include "core/run/spawn.h"
#include "core/sys/failure.h"

/* Where nothing is known of the runtime but that it is one: what is left out, the spec reads as unknown. */
#define LEAST "{\n  \"ociVersionMin\": \"1.0.0\",\n  \"ociVersionMax\": \"1.0.2\"\n}\n"

static int
hand_over (B9App *app, const B9Target *target, const B9Line *line, GError **error)
{
  g_auto (B9AppRequest) request = {0};
  g_auto (GStrv) argv = NULL;

  b9_app_request_init (&request, app, target, B9_OPERATION_FEATURES, line, 0);
  argv = target->runtime->backend->build_argv (&target->runtime->host, &request.request, error);
  if (argv != NULL)
    b9_hand_over (argv, error);
  return -1;
}

static void
add_annotation (B9JsonEdit *edit, B9JsonValue annotations, const char *name, const char *value)
{
  g_autofree char *json = b9_json_quote (value);

  b9_json_edit_set_entry (edit, annotations, name, json);
}

/* Who answered.  @annotations: the document's, or B9_JSON_NONE. */
static void
sign (B9JsonEdit *edit, B9JsonValue annotations, const char *backend)
{
  g_autofree char *name = b9_json_quote (backend);
  g_autofree char *both = g_strdup_printf (
      "{\"run.b9.backend\": %s, \"run.b9.version\": \"" PACKAGE_VERSION "\"}", name);

  if (annotations == B9_JSON_NONE) {
    b9_json_edit_set_member (edit, B9_JSON_ROOT, "annotations", both);
    return;
  }
  add_annotation (edit, annotations, "run.b9.backend", backend);
  add_annotation (edit, annotations, "run.b9.version", PACKAGE_VERSION);
}

/* Scanned and edited, so that what a client gets is certainly JSON. */
static GBytes *
finish_document (const char *document, const char *backend, GError **error)
{
  g_autofree char *what = g_strdup_printf ("the features of backend %s", backend);
  g_autoptr (GBytes) bytes = g_bytes_new (document, strlen (document));
  g_autoptr (B9JsonText) text = b9_json_text_new (bytes, what, error);
  g_autoptr (B9JsonEdit) edit = NULL;
  B9JsonValue annotations;

  if (text == NULL)
    return NULL;
  if (b9_json_kind (text, B9_JSON_ROOT) != B9_JSON_OBJECT) {
    b9_fail (error, B9_ERROR_BACKEND_FAILED, "%s are %s, not an object", what,
             b9_json_kind_name (b9_json_kind (text, B9_JSON_ROOT)));
    return NULL;
  }
  if (!b9_json_get (text, B9_JSON_ROOT, "annotations", &annotations, error))
    return NULL;
  edit = b9_json_edit_new (text);
  sign (edit, annotations, backend);
  return b9_json_edit_apply (edit, error);
}

static int
print_document (const char *document, const char *backend, GError **error)
{
  g_autoptr (GBytes) finished = finish_document (document, backend, error);
  gsize size;
  const char *text;

  if (finished == NULL)
    return -1;
  text = g_bytes_get_data (finished, &size);
  fwrite (text, 1, size, stdout);
  if (size > 0 && text[size - 1] != '\n')
    putchar ('\n');
  return 0;
}

int
b9_cmd_features (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Target) target = {0};
  g_autofree char *document = NULL;
  const B9Backend *backend;

  if (!b9_app_new_target (app, NULL, NULL, &target, error))
    return -1;
  backend = target.runtime->backend;
  if (B9_STRUCT_HAS (backend, features)) {
    document = backend->features (&target.runtime->host, target.program, target.root, error);
    return document != NULL ? print_document (document, target.runtime->name, error) : -1;
  }
  if (backend->way (&target.runtime->host, B9_OPERATION_FEATURES, NULL) != B9_WAY_UNSUPPORTED)
    return hand_over (app, &target, line, error);
  return print_document (LEAST, target.runtime->name, error);
}
