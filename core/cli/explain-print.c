/* SPDX-License-Identifier: Apache-2.0
 *
 * explain-print.c: an explanation as text, as JSON and as a diff (explain.h).
 */
#include "config.h"

#include <string.h>

#include "core/cli/explain.h"
#include "core/json/json-pretty.h"
#include "core/plugin/provider.h"
#include "core/spec/diff.h"
#include "core/sys/failure.h"
#include "core/sys/words.h"

/* An argument as a shell would need it, for people to copy. */
static void
append_argument (GString *out, const char *argument)
{
  gboolean plain = *argument != '\0';
  g_autofree char *quoted = NULL;

  for (const char *at = argument; plain && *at != '\0'; at++)
    plain = g_ascii_isalnum (*at) || strchr ("-_./=:,+@%", *at) != NULL;
  quoted = plain ? g_strdup (argument) : g_shell_quote (argument);
  g_string_append (out, quoted);
}

static void
append_detectors (GString *out, const B9Prepared *prepared)
{
  g_string_append (out, "detectors   ");
  if (prepared->trigger == NULL) {
    g_string_append (out,
                     "none loaded: the bundle has no linux.devices, and no annotation of gpu.annotations\n");
    return;
  }
  for (guint i = 0; i < prepared->detectors->len; i++)
    g_string_append_printf (out, "%s%s", i > 0 ? ", " : "",
                            ((const B9OpenProvider *)g_ptr_array_index (prepared->detectors, i))->name);
  g_string_append_printf (out, "%s, loaded for %s\n", prepared->detectors->len == 0 ? "none" : "",
                          prepared->trigger);
}

static void
append_requests (GString *out, const B9Prepared *prepared)
{
  guint count = b9_gpu_requests_count (prepared->requests);

  g_string_append (out, count > 0 ? "\nasked for\n" : "\nasked for   no GPU\n");
  for (guint i = 0; i < count; i++) {
    const B9GpuRequest *request = b9_gpu_requests_get (prepared->requests, i);

    g_string_append_printf (out, "  %-14s  %-24s  %s, by %s (%s)\n", b9_gpu_class_name (request->gpu_class),
                            request->device, request->source, request->detector, request->vendor);
    if (request->missing != NULL)
      g_string_append_printf (out, "  %-14s  missing: %s\n", "", request->missing);
  }
}

static void
append_cells (GString *out, const GPtrArray *cells)
{
  if (cells->len > 0)
    g_string_append (out, "\ncapabilities\n");
  for (guint i = 0; i < cells->len; i++) {
    const B9MatrixCell *cell = g_ptr_array_index (cells, i);

    g_string_append_printf (out, "  %-16s  %-11s  %s: %s\n", cell->capability,
                            b9_capability_state_name (cell->state), cell->provider, cell->evidence);
    if (cell->reason != NULL)
      g_string_append_printf (out, "  %-16s  since %s\n", "", cell->reason);
    if (cell->remedy != NULL)
      g_string_append_printf (out, "  %-16s  %s\n", "", cell->remedy);
  }
}

/* The changes in their order; a cause is said once for all that follow it. */
static void
append_changes (GString *out, const B9Prepared *prepared)
{
  const GPtrArray *changes = b9_spec_copy_changes (prepared->copy);
  const char *cause = NULL;

  g_string_append (out, changes->len > 0 ? "\nchanges of the spec\n" : "\nchanges     none\n");
  for (guint i = 0; i < changes->len; i++) {
    const B9SpecChange *change = g_ptr_array_index (changes, i);
    g_autofree char *pointer = NULL;
    g_autofree char *action = NULL;

    if (g_strcmp0 (cause, change->cause) != 0)
      g_string_append_printf (out, "  %s\n", change->cause);
    cause = change->cause;
    pointer = b9_printable (*change->pointer != '\0' ? change->pointer : "/", FALSE);
    action = b9_printable (change->action, FALSE);
    g_string_append_printf (out, "    %-32s  %s\n", pointer, action);
  }
}

static void
append_outcome (GString *out, const B9Explanation *explanation)
{
  if (explanation->refusal != NULL) {
    g_string_append_printf (
        out, "\nrefused     %s\n            %s\n",
        explanation->refusal->domain == B9_ERROR ? b9_error_name (explanation->refusal->code) : "failed",
        explanation->refusal->message);
    return;
  }
  g_string_append_printf (out, "\ngiven       %s%s\ncommand     ", explanation->given_bundle,
                          b9_spec_copy_is_edited (explanation->prepared.copy) ? " (a copy with these changes)"
                                                                              : " (the caller's own)");
  for (guint i = 0; explanation->command[i] != NULL; i++) {
    g_string_append (out, i > 0 ? " " : "");
    append_argument (out, explanation->command[i]);
  }
  g_string_append_c (out, '\n');
}

char *
b9_explain_text (const B9Explanation *explanation)
{
  const B9Target *target = &explanation->target;
  g_autoptr (GString) out = g_string_new (NULL);

  g_string_append_printf (out, "operation   %s\nbackend     %s, %s, root %s\nbundle      %s\n",
                          explanation->operation, target->runtime->name, target->program, target->root,
                          explanation->bundle->path);
  append_detectors (out, &explanation->prepared);
  append_requests (out, &explanation->prepared);
  append_cells (out, explanation->cells);
  append_changes (out, &explanation->prepared);
  append_outcome (out, explanation);
  return b9_printable (out->str, TRUE);
}

/* "NAME": "TEXT", or null. */
static void
append_member (GString *out, const char *name, const char *text)
{
  g_autofree char *quoted = text != NULL ? b9_json_quote (text) : NULL;

  g_string_append_printf (out, "%s\"%s\": %s", out->str[out->len - 1] == '{' ? "" : ", ", name,
                          quoted != NULL ? quoted : "null");
}

static void
open_element (GString *out)
{
  g_string_append (out, out->str[out->len - 1] == '[' ? "{" : ", {");
}

static void
append_json_requests (GString *out, const B9Prepared *prepared)
{
  g_string_append (out, ", \"requests\": [");
  for (guint i = 0; i < b9_gpu_requests_count (prepared->requests); i++) {
    const B9GpuRequest *request = b9_gpu_requests_get (prepared->requests, i);

    open_element (out);
    append_member (out, "class", b9_gpu_class_name (request->gpu_class));
    append_member (out, "vendor", request->vendor);
    append_member (out, "device", request->device);
    append_member (out, "source", request->source);
    append_member (out, "detector", request->detector);
    append_member (out, "missing", request->missing);
    g_string_append_c (out, '}');
  }
  g_string_append_c (out, ']');
}

static void
append_json_cells (GString *out, const GPtrArray *cells)
{
  g_string_append (out, ", \"capabilities\": [");
  for (guint i = 0; i < cells->len; i++) {
    const B9MatrixCell *cell = g_ptr_array_index (cells, i);

    open_element (out);
    append_member (out, "capability", cell->capability);
    append_member (out, "state", b9_capability_state_name (cell->state));
    append_member (out, "provider", cell->provider);
    append_member (out, "evidence", cell->evidence);
    append_member (out, "reason", cell->reason);
    append_member (out, "remedy", cell->remedy);
    g_string_append_c (out, '}');
  }
  g_string_append_c (out, ']');
}

static void
append_json_changes (GString *out, const B9Prepared *prepared)
{
  const GPtrArray *changes = b9_spec_copy_changes (prepared->copy);

  g_string_append (out, ", \"changes\": [");
  for (guint i = 0; i < changes->len; i++) {
    const B9SpecChange *change = g_ptr_array_index (changes, i);

    open_element (out);
    append_member (out, "pointer", change->pointer);
    append_member (out, "action", change->action);
    append_member (out, "cause", change->cause);
    g_string_append_c (out, '}');
  }
  g_string_append_c (out, ']');
}

static void
append_json_texts (GString *out, const char *name, char **texts)
{
  g_string_append_printf (out, ", \"%s\": %s", name, texts != NULL ? "[" : "null");
  for (guint i = 0; texts != NULL && texts[i] != NULL; i++) {
    g_autofree char *quoted = b9_json_quote (texts[i]);

    g_string_append_printf (out, "%s%s", i > 0 ? ", " : "", quoted);
  }
  g_string_append (out, texts != NULL ? "]" : "");
}

static void
append_json_detectors (GString *out, const B9Prepared *prepared)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < prepared->detectors->len; i++)
    g_ptr_array_add (names,
                     (gpointer)((const B9OpenProvider *)g_ptr_array_index (prepared->detectors, i))->name);
  g_ptr_array_add (names, NULL);
  append_member (out, "trigger", prepared->trigger);
  append_json_texts (out, "detectors", (char **)names->pdata);
}

static void
append_json_refusal (GString *out, const GError *refusal)
{
  if (refusal == NULL) {
    append_member (out, "refusal", NULL);
    return;
  }
  g_string_append (out, ", \"refusal\": {");
  append_member (out, "code", refusal->domain == B9_ERROR ? b9_error_name (refusal->code) : "failed");
  append_member (out, "message", refusal->message);
  g_string_append_c (out, '}');
}

char *
b9_explain_json (const B9Explanation *explanation)
{
  const B9Target *target = &explanation->target;
  g_autoptr (GString) out = g_string_new ("{");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (B9JsonText) text = NULL;

  append_member (out, "operation", explanation->operation);
  append_member (out, "backend", target->runtime->name);
  append_member (out, "program", target->program);
  append_member (out, "root", target->root);
  append_member (out, "bundle", explanation->bundle->path);
  append_json_detectors (out, &explanation->prepared);
  append_json_requests (out, &explanation->prepared);
  append_json_cells (out, explanation->cells);
  append_json_changes (out, &explanation->prepared);
  g_string_append_printf (out, ", \"edited\": %s",
                          b9_spec_copy_is_edited (explanation->prepared.copy) ? "true" : "false");
  append_member (out, "given", explanation->given_bundle);
  append_json_texts (out, "command", explanation->command);
  append_json_refusal (out, explanation->refusal);
  g_string_append_c (out, '}');
  bytes = g_bytes_new (out->str, out->len);
  text = b9_json_text_new (bytes, "explanation", NULL);
  return text != NULL ? b9_json_pretty (text) : g_strdup_printf ("%s\n", out->str);
}

char *
b9_explain_diff (const B9Explanation *explanation)
{
  g_autofree char *before = b9_json_pretty (explanation->bundle->config);
  g_autofree char *after = b9_json_pretty (b9_spec_copy_text (explanation->prepared.copy));
  g_autofree char *old_name = g_build_filename (explanation->bundle->path, "config.json", NULL);
  g_autofree char *new_name = g_build_filename (explanation->given_bundle, "config.json", NULL);

  return b9_diff (before, after, old_name, new_name);
}
