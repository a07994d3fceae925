/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-explain.c: `explain`: what create, run or restore would make of a bundle, and why.  Starts no container
 * and writes nothing but what a probe keeps.
 *
 * It goes the way of cmd-run.c up to where that claims the id.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/capability/needs.h"
#include "core/cli/explain.h"
#include "core/container/shadow.h"
#include "core/run/launch.h"
#include "core/sys/failure.h"

#define EXAMPLE_ID "ID"

static const struct {
  const char *name;
  B9Operation operation;
} operations[] = {
    {"run", B9_OPERATION_RUN}, {"create", B9_OPERATION_CREATE}, {"restore", B9_OPERATION_RESTORE}};

static void
explanation_clear (B9Explanation *explanation)
{
  g_clear_error (&explanation->refusal);
  g_strfreev (explanation->command);
  g_free (explanation->given_bundle);
  g_clear_pointer (&explanation->cells, g_ptr_array_unref);
  b9_prepared_clear (&explanation->prepared);
  b9_target_clear (&explanation->target);
  b9_bundle_free (explanation->bundle);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9Explanation, explanation_clear)

static gboolean
find_operation (const B9Line *line, B9Explanation *explanation, B9Operation *operation, GError **error)
{
  const char *name = line->arguments->len > 0 ? b9_line_argument (line, 0) : operations[0].name;

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++) {
    if (strcmp (operations[i].name, name) == 0) {
      explanation->operation = operations[i].name;
      *operation = operations[i].operation;
      return TRUE;
    }
  }
  return b9_fail (error, B9_ERROR_USAGE, "explain: \"%s\" makes no container; write create, run or restore",
                  name);
}

/* --backend may stand behind the command too. */
static gboolean
take_backend (B9App *app, const B9Line *line, GError **error)
{
  const char *backend = b9_line_value (line, "backend");
  const char *before = b9_app_global (app, "backend");

  if (backend == NULL)
    return TRUE;
  if (before != NULL && strcmp (before, backend) != 0)
    return b9_fail (error, B9_ERROR_CONFLICT, "--backend=%s and --backend=%s contradict each other", before,
                    backend);
  app->invoked_as = backend;
  return TRUE;
}

static void
add_cell (GPtrArray *cells, const B9MatrixCell *cell)
{
  for (guint i = 0; i < cells->len; i++) {
    const B9MatrixCell *other = g_ptr_array_index (cells, i);

    if (strcmp (other->capability, cell->capability) == 0 && strcmp (other->provider, cell->provider) == 0)
      return;
  }
  g_ptr_array_add (cells, (gpointer)cell);
}

/* The cells that were required, each with those that it rests on. */
static void
collect_cells (B9App *app, B9Explanation *explanation, const GPtrArray *required)
{
  const B9Target *target = &explanation->target;
  B9Matrix *matrix = required != NULL && required->len > 0 ? b9_app_matrix (app, NULL) : NULL;

  for (guint i = 0; matrix != NULL && i < required->len; i++) {
    const char *capability = g_ptr_array_index (required, i);
    g_autoptr (GPtrArray) parts = b9_matrix_parts (matrix, target->runtime, target->program, target->root,
                                                   capability);

    add_cell (explanation->cells,
              b9_matrix_cell (matrix, target->runtime, target->program, target->root, capability));
    for (guint j = 0; j < parts->len; j++)
      add_cell (explanation->cells, g_ptr_array_index (parts, j));
  }
}

/* What the backend would be given and called with. */
static gboolean
settle (B9App *app, B9Explanation *explanation, B9Operation operation, GError **error)
{
  static const B9RequestOption image = {.struct_size = sizeof image, .name = "image-path", .value = "IMAGE"};
  static const B9RequestOption *const none[] = {NULL};
  static const B9RequestOption *const with_image[] = {&image, NULL};
  B9Target *target = &explanation->target;
  B9Record *record = b9_record_new (target->id, target->runtime->name, target->root);
  g_autofree char *shadow = NULL;
  B9Launch launch = {.target = target, .options = operation == B9_OPERATION_RESTORE ? with_image : none};

  target->record = record;
  b9_index_place (app->index, record);
  shadow = b9_record_file (record, "bundle");
  if (b9_spec_copy_is_edited (explanation->prepared.copy) &&
      !b9_shadow_settle (explanation->bundle, shadow, explanation->prepared.copy, error))
    return FALSE;
  explanation->given_bundle = b9_spec_copy_is_edited (explanation->prepared.copy)
                                  ? g_steal_pointer (&shadow)
                                  : g_strdup (explanation->bundle->path);
  launch.bundle = explanation->given_bundle;
  explanation->command = b9_launch_command (&launch, operation, error);
  return explanation->command != NULL;
}

/* What the spec needs besides, as enforce.c requires it of a container that is made. */
static gboolean
require_needs (B9App *app, B9Explanation *explanation, GPtrArray *required, GError **error)
{
  static const B9RequestOption *const none[] = {NULL};
  const B9Target *target = &explanation->target;
  g_autoptr (GPtrArray) needs = b9_needs (explanation->bundle->config, none, target->systemd_cgroup, error);
  gboolean met = needs != NULL;

  for (guint i = 0; met && i < needs->len; i++) {
    const B9Need *need = g_ptr_array_index (needs, i);

    g_ptr_array_add (required, g_strdup (need->capability));
    met = b9_app_require (app, target, need->capability, need->what, error);
  }
  return met;
}

/* FALSE where not even the question makes sense; what would be refused is in the explanation. */
static gboolean
explain (B9App *app, const B9Line *line, B9Explanation *explanation, GError **error)
{
  const char *id = b9_line_value (line, "id");
  g_autoptr (GPtrArray) required = g_ptr_array_new_with_free_func (g_free);
  B9Operation operation = B9_OPERATION_RUN;

  if (!find_operation (line, explanation, &operation, error) || !take_backend (app, line, error) ||
      (id != NULL && !b9_check_id (id, error)))
    return FALSE;
  explanation->bundle = b9_bundle_open (b9_line_value (line, "bundle"), error);
  if (explanation->bundle == NULL ||
      !b9_app_new_target (app, explanation->bundle, id != NULL ? id : EXAMPLE_ID, &explanation->target,
                          error))
    return FALSE;
  explanation->cells = g_ptr_array_new ();
  if (b9_app_prepare (app, explanation->bundle, &explanation->target, operation, &explanation->prepared,
                      &explanation->refusal) &&
      require_needs (app, explanation, required, &explanation->refusal))
    settle (app, explanation, operation, &explanation->refusal);
  collect_cells (app, explanation, explanation->prepared.required);
  collect_cells (app, explanation, required);
  return TRUE;
}

int
b9_cmd_explain (B9App *app, const B9Line *line, GError **error)
{
  g_auto (B9Explanation) explanation = {0};
  g_autofree char *text = NULL;

  if (!explain (app, line, &explanation, error))
    return -1;
  if (b9_line_flag (line, "json"))
    text = b9_explain_json (&explanation);
  else if (b9_line_flag (line, "diff") && explanation.refusal == NULL)
    text = b9_explain_diff (&explanation);
  else
    text = b9_explain_text (&explanation);
  fputs (text, stdout);
  return explanation.refusal == NULL ? 0 : 1;
}
