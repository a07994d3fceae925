/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-capabilities.c: `capabilities`: what each backend can do here, and why.
 *
 * Probes what no earlier call has probed; it asks programs and reads files, and changes nothing.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/capability/catalogue.h"
#include "core/capability/table.h"
#include "core/cli/app.h"
#include "core/formats/formats.h"
#include "core/sys/failure.h"
#include "core/sys/words.h"

/* One backend with what the matrix is asked for it by. */
typedef struct {
  char *name;
  char *problem; /* it cannot be asked; or NULL */
  const B9Runtime *runtime;
  char *program, *root;
} Backend;

static void
backend_free (Backend *backend)
{
  g_free (backend->name);
  g_free (backend->problem);
  g_free (backend->program);
  g_free (backend->root);
  g_free (backend);
}

static Backend *
open_backend (B9App *app, const char *name)
{
  Backend *backend = g_new0 (Backend, 1);
  g_autofree char *root = b9_app_explicit_root (app);
  g_autoptr (GError) problem = NULL;

  backend->name = g_strdup (name);
  backend->runtime = b9_app_runtime (app, name, &problem);
  if (backend->runtime != NULL) {
    backend->program = b9_runtime_program (backend->runtime, &problem);
    backend->root = b9_runtime_root (backend->runtime, root);
  }
  if (problem != NULL)
    backend->problem = g_strdup (problem->message);
  return backend;
}

/* The one that was named, or all; GPtrArray of Backend. */
static GPtrArray *
open_backends (B9App *app, GError **error)
{
  B9Registry *registry = b9_app_registry (app, error);
  const char *named = b9_app_explicit_backend (app);
  g_autofree char *of_pool = NULL;
  g_autoptr (GPtrArray) providers = NULL;
  g_autoptr (GPtrArray) backends = g_ptr_array_new_with_free_func ((GDestroyNotify)backend_free);

  if (registry == NULL)
    return NULL;
  if (named == NULL && b9_app_global (app, "pool") != NULL)
    named = of_pool = b9_app_choose_backend (app, NULL, error);
  if (named != NULL) {
    if (b9_app_runtime (app, named, error) == NULL)
      return NULL;
    g_ptr_array_add (backends, open_backend (app, named));
    return g_steal_pointer (&backends);
  }
  b9_registry_load_kind (registry, B9_PROVIDER_BACKEND);
  providers = b9_registry_providers (registry, B9_PROVIDER_BACKEND);
  g_ptr_array_sort (providers, b9_compare_providers);
  for (guint i = 0; i < providers->len; i++)
    g_ptr_array_add (backends,
                     open_backend (app, ((const B9Provider *)g_ptr_array_index (providers, i))->name));
  if (backends->len > 0)
    return g_steal_pointer (&backends);
  b9_fail (error, B9_ERROR_PLUGIN, "there is no plugin of a backend; b9run plugins says what there is");
  return NULL;
}

/* ---- for people ---- */

static gboolean
is_utf8 (void)
{
  static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++) {
    const char *value = getenv (variables[i]);

    if (value != NULL && *value != '\0')
      return strcasestr (value, "utf-8") != NULL || strcasestr (value, "utf8") != NULL;
  }
  return FALSE;
}

/* Colour and symbols on a terminal alone; https://no-color.org. */
static B9TableStyle
choose_style (void)
{
  const char *no_color = getenv ("NO_COLOR");
  const char *term = getenv ("TERM");
  gboolean dumb = term == NULL || strcmp (term, "dumb") == 0;
  B9TableStyle style = {0};
  struct winsize size = {0};

  if (!isatty (STDOUT_FILENO))
    return style;
  style.colour = !dumb && (no_color == NULL || *no_color == '\0');
  style.symbols = is_utf8 ();
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
    style.width = size.ws_col;
  return style;
}

static void
print_table (B9Matrix *matrix, const GPtrArray *backends)
{
  g_autoptr (GPtrArray) columns = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_table_column_free);
  const B9TableStyle style = choose_style ();
  g_autofree char *text = NULL;

  for (guint i = 0; i < backends->len; i++) {
    const Backend *backend = g_ptr_array_index (backends, i);
    B9TableColumn *column = b9_table_column_new (backend->name);

    column->problem = g_strdup (backend->problem);
    if (backend->problem == NULL)
      column->cells = b9_matrix_cells (matrix, backend->runtime, backend->program, backend->root);
    g_ptr_array_add (columns, column);
  }
  text = b9_table (columns, &style);
  fputs (text, stdout);
}

/* ---- for programs ---- */

static const char *
evidence_kind_name (guint32 kind)
{
  static const char *const names[] = {"", "probe", "version", "file", "declared"};

  return kind < G_N_ELEMENTS (names) ? names[kind] : "";
}

static GVariant *
text_or_null (const char *text)
{
  return g_variant_new_maybe (G_VARIANT_TYPE_VARIANT,
                              text != NULL ? g_variant_new_variant (g_variant_new_string (text)) : NULL);
}

/* The members that a cell has, in the array or object that is open. */
static void
add_cell (GVariantBuilder *list, const B9MatrixCell *cell, const GPtrArray *parts)
{
  g_variant_builder_open (list, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (list, "{sv}", "id", g_variant_new_string (cell->capability));
  g_variant_builder_add (list, "{sv}", "state",
                         g_variant_new_string (b9_capability_state_name (cell->state)));
  g_variant_builder_add (list, "{sv}", "provider", g_variant_new_string (cell->provider));
  g_variant_builder_add (list, "{sv}", "evidenceKind",
                         g_variant_new_string (evidence_kind_name (cell->evidence_kind)));
  g_variant_builder_add (list, "{sv}", "evidence", g_variant_new_string (cell->evidence));
  g_variant_builder_add (list, "{sv}", "reason", text_or_null (cell->reason));
  g_variant_builder_add (list, "{sv}", "remedy", text_or_null (cell->remedy));
  if (parts != NULL) {
    GVariantBuilder answers;

    g_variant_builder_init (&answers, G_VARIANT_TYPE ("aa{sv}"));
    for (guint i = 0; i < parts->len; i++)
      add_cell (&answers, g_ptr_array_index (parts, i), NULL);
    g_variant_builder_add (list, "{sv}", "answers", g_variant_builder_end (&answers));
  }
  g_variant_builder_close (list);
}

static void
add_cells (GVariantBuilder *member, B9Matrix *matrix, const Backend *backend, const char *why)
{
  g_autoptr (GPtrArray) cells = NULL;

  if (why != NULL) {
    g_autoptr (GPtrArray) parts = b9_matrix_parts (matrix, backend->runtime, backend->program, backend->root,
                                                   why);

    add_cell (member, b9_matrix_cell (matrix, backend->runtime, backend->program, backend->root, why), parts);
    return;
  }
  cells = b9_matrix_cells (matrix, backend->runtime, backend->program, backend->root);
  for (guint i = 0; i < cells->len; i++)
    add_cell (member, g_ptr_array_index (cells, i), NULL);
}

static void
add_backend (GVariantBuilder *list, B9Matrix *matrix, const Backend *backend, const char *why)
{
  GVariantBuilder cells;

  g_variant_builder_init (&cells, G_VARIANT_TYPE ("aa{sv}"));
  if (backend->problem == NULL)
    add_cells (&cells, matrix, backend, why);
  g_variant_builder_open (list, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (list, "{sv}", "name", g_variant_new_string (backend->name));
  g_variant_builder_add (list, "{sv}", "program", text_or_null (backend->program));
  g_variant_builder_add (list, "{sv}", "root", text_or_null (backend->root));
  g_variant_builder_add (list, "{sv}", "problem", text_or_null (backend->problem));
  g_variant_builder_add (list, "{sv}", "capabilities", g_variant_builder_end (&cells));
  g_variant_builder_close (list);
}

static int
print_json (B9Matrix *matrix, const GPtrArray *backends, const char *why, GError **error)
{
  g_autofree char *text = NULL;
  GVariantBuilder document, list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < backends->len; i++)
    add_backend (&list, matrix, g_ptr_array_index (backends, i), why);
  g_variant_builder_init (&document, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&document, "{sv}", "backends", g_variant_builder_end (&list));
  text = b9_format_json (g_variant_builder_end (&document), TRUE, error);
  if (text == NULL)
    return -1;
  puts (text);
  return 0;
}

/* ---- why ---- */

/* Whether the catalogue or any provider knows it. */
static gboolean
check_id (B9Matrix *matrix, const GPtrArray *backends, const char *id, GError **error)
{
  g_auto (GStrv) known = b9_catalogue_ids ();
  const char *nearest;

  if (g_strv_contains ((const char *const *)known, id))
    return TRUE;
  for (guint i = 0; i < backends->len; i++) {
    const Backend *backend = g_ptr_array_index (backends, i);
    g_autoptr (GPtrArray) cells = NULL;

    if (backend->problem != NULL)
      continue;
    cells = b9_matrix_cells (matrix, backend->runtime, backend->program, backend->root);
    for (guint j = 0; j < cells->len; j++) {
      if (strcmp (((const B9MatrixCell *)g_ptr_array_index (cells, j))->capability, id) == 0)
        return TRUE;
    }
  }
  nearest = b9_nearest (id, (const char *const *)known);
  return b9_fail (error, B9_ERROR_USAGE, "capabilities: there is no capability \"%s\"%s%s%s", id,
                  nearest != NULL ? "; did you mean " : "; b9run capabilities lists them",
                  nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
}

static void
print_part (const B9MatrixCell *part)
{
  printf ("    %s, %s: %s (%s: %s)\n", part->provider, part->capability,
          b9_capability_state_name (part->state), evidence_kind_name (part->evidence_kind), part->evidence);
  if (part->reason != NULL)
    printf ("      %s\n", part->reason);
}

static void
print_why (B9Matrix *matrix, const Backend *backend, const char *id, const B9TableStyle *style)
{
  const B9MatrixCell *cell;
  g_autoptr (B9CatalogueEntry) entry = NULL;
  g_autoptr (GPtrArray) parts = NULL;
  g_autofree char *state = NULL;
  B9TableStyle words = *style;

  if (backend->problem != NULL) {
    printf ("\n%s: %s\n", backend->name, backend->problem);
    return;
  }
  words.symbols = FALSE;
  cell = b9_matrix_cell (matrix, backend->runtime, backend->program, backend->root, id);
  parts = b9_matrix_parts (matrix, backend->runtime, backend->program, backend->root, id);
  entry = b9_catalogue_read (id, cell->state);
  state = b9_table_state (cell->state, &words, 0);
  printf ("\n%s: %s\n", backend->name, state);
  if (entry != NULL && entry->meaning != NULL)
    printf ("  Meaning:  %s\n", entry->meaning);
  if (cell->reason != NULL)
    printf ("  Reason:   %s\n", cell->reason);
  printf ("  Evidence: %s (%s, by %s)\n", cell->evidence, evidence_kind_name (cell->evidence_kind),
          cell->provider);
  if (cell->remedy != NULL)
    printf ("  Remedy:   %s\n", cell->remedy);
  printf ("  Answers:\n");
  for (guint i = 0; i < parts->len; i++)
    print_part (g_ptr_array_index (parts, i));
}

static void
print_whys (B9Matrix *matrix, const GPtrArray *backends, const char *id)
{
  g_autoptr (B9CatalogueEntry) entry = b9_catalogue_read (id, B9_CAPABILITY_SUPPORTED);
  const B9TableStyle style = choose_style ();

  if (entry != NULL && entry->question != NULL)
    printf ("%s: %s\n", id, entry->question);
  else
    printf ("%s\n", id);
  if (entry != NULL && entry->use != NULL)
    printf ("%s\n", entry->use);
  for (guint i = 0; i < backends->len; i++)
    print_why (matrix, g_ptr_array_index (backends, i), id, &style);
}

int
b9_cmd_capabilities (B9App *app, const B9Line *line, GError **error)
{
  B9Matrix *matrix = b9_app_matrix (app, error);
  const char *why = b9_line_value (line, "why");
  g_autoptr (GPtrArray) backends = matrix != NULL ? open_backends (app, error) : NULL;

  if (backends == NULL || (why != NULL && !check_id (matrix, backends, why, error)))
    return -1;
  if (b9_line_flag (line, "json"))
    return print_json (matrix, backends, why, error);
  if (why != NULL)
    print_whys (matrix, backends, why);
  else
    print_table (matrix, backends);
  return 0;
}
