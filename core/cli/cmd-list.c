/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-list.c: `list`: every container that b9run made, whatever root it was made under, and all of the chosen
 * root.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/cli/listing.h"
#include "core/formats/formats.h"
#include "core/sys/failure.h"
#include "core/sys/words.h"

static GVariant *
annotations_variant (GHashTable *annotations)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GVariantBuilder builder;
  GHashTableIter iterator;
  gpointer name;

  g_hash_table_iter_init (&iterator, annotations);
  while (g_hash_table_iter_next (&iterator, &name, NULL))
    g_ptr_array_add (names, name);
  g_ptr_array_sort (names, b9_compare_words);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < names->len; i++) {
    name = g_ptr_array_index (names, i);
    g_variant_builder_add (&builder, "{sv}", name,
                           g_variant_new_string (g_hash_table_lookup (annotations, name)));
  }
  return g_variant_builder_end (&builder);
}

static void
add_text (GVariantBuilder *builder, const char *name, const char *value)
{
  g_autofree char *valid = value != NULL ? g_utf8_make_valid (value, -1) : NULL;

  if (valid != NULL)
    g_variant_builder_add (builder, "{sv}", name, g_variant_new_string (valid));
}

/* runc's members in runc's order (list.go), then ours. */
static GVariant *
container_variant (const B9Listed *listed)
{
  const B9State *state = listed->state;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_text (&builder, "ociVersion", "1.0.2-dev");
  add_text (&builder, "id", state->id);
  g_variant_builder_add (&builder, "{sv}", "pid", g_variant_new_int32 (state->pid));
  add_text (&builder, "status", state->status);
  add_text (&builder, "bundle", state->bundle != NULL ? state->bundle : "");
  add_text (&builder, "rootfs", state->rootfs != NULL ? state->rootfs : "");
  /* Clients read it as a time; the zero one says unknown. */
  add_text (&builder, "created", state->created != NULL ? state->created : "0001-01-01T00:00:00Z");
  if (state->annotations != NULL)
    g_variant_builder_add (&builder, "{sv}", "annotations", annotations_variant (state->annotations));
  add_text (&builder, "owner", state->owner != NULL ? state->owner : "");
  add_text (&builder, "backend", listed->backend);
  add_text (&builder, "root", listed->root);
  return g_variant_builder_end (&builder);
}

static int
print_json (const GPtrArray *containers, GError **error)
{
  g_autofree char *text = NULL;
  GVariantBuilder builder;

  if (containers->len == 0) {
    puts ("null"); /* as runc does */
    return 0;
  }
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < containers->len; i++)
    g_variant_builder_add_value (&builder, container_variant (g_ptr_array_index (containers, i)));
  text = b9_format_json (g_variant_builder_end (&builder), FALSE, error);
  if (text == NULL)
    return -1;
  puts (text);
  return 0;
}

typedef enum {
  COLUMN_ID,
  COLUMN_PID,
  COLUMN_STATUS,
  COLUMN_BACKEND,
  COLUMN_ROOT,
  COLUMN_BUNDLE,
  COLUMN_CREATED,
  COLUMNS
} Column;

static void
fill_row (const B9Listed *listed, char **row)
{
  row[COLUMN_ID] = g_strdup (listed->state->id);
  row[COLUMN_PID] = g_strdup_printf ("%d", (int)listed->state->pid);
  row[COLUMN_STATUS] = g_strdup (listed->state->status);
  row[COLUMN_BACKEND] = g_strdup (listed->backend);
  row[COLUMN_ROOT] = g_strdup (listed->root);
  row[COLUMN_BUNDLE] = g_strescape (listed->state->bundle != NULL ? listed->state->bundle : "", NULL);
  row[COLUMN_CREATED] = g_strdup (listed->state->created != NULL ? listed->state->created : "");
}

static void
print_table (const GPtrArray *containers)
{
  static const char *const header[] = {"ID", "PID", "STATUS", "BACKEND", "ROOT", "BUNDLE", "CREATED", NULL};
  guint rows = containers->len + 1;
  g_autofree char **cells = g_new0 (char *, rows *COLUMNS);
  gsize width[COLUMNS] = {0};

  for (guint column = 0; column < COLUMNS; column++)
    cells[column] = g_strdup (header[column]);
  for (guint i = 0; i < containers->len; i++)
    fill_row (g_ptr_array_index (containers, i), cells + (i + 1) * COLUMNS);
  for (guint cell = 0; cell < rows * COLUMNS; cell++)
    width[cell % COLUMNS] = MAX (width[cell % COLUMNS], strlen (cells[cell]));
  for (guint cell = 0; cell < rows * COLUMNS; cell++) {
    if (cell % COLUMNS == COLUMNS - 1)
      printf ("%s\n", cells[cell]);
    else
      printf ("%-*s", (int)width[cell % COLUMNS] + 2, cells[cell]);
    g_free (cells[cell]);
  }
}

static void
print_ids (const GPtrArray *containers)
{
  for (guint i = 0; i < containers->len; i++)
    puts (((const B9Listed *)g_ptr_array_index (containers, i))->state->id);
}

/* An empty list is most often a wrong root. */
static void
say_what_was_found (const B9Listing *listing)
{
  g_autofree char *places = NULL;

  for (guint i = 0; i < listing->problems->len; i++)
    fprintf (stderr, "b9run: %s\n", (const char *)g_ptr_array_index (listing->problems, i));
  if (listing->containers->len > 0)
    return;
  g_ptr_array_add (listing->places, NULL);
  places = g_strjoinv (", ", (char **)listing->places->pdata);
  fprintf (stderr, "b9run: no containers; looked in %s\n",
           *places != '\0' ? places : "no root, since there is no backend");
}

int
b9_cmd_list (B9App *app, const B9Line *line, GError **error)
{
  const char *format = b9_line_value (line, "format");
  g_autoptr (B9Listing) listing = NULL;
  int status = 0;

  if (format != NULL && strcmp (format, "table") != 0 && strcmp (format, "json") != 0) {
    b9_fail (error, B9_ERROR_USAGE, "invalid format option \"%s\": list knows table and json", format);
    return -1;
  }
  listing = b9_listing_make (app, FALSE, error);
  if (listing == NULL)
    return -1;
  if (b9_line_flag (line, "quiet"))
    print_ids (listing->containers);
  else if (g_strcmp0 (format, "json") == 0)
    status = print_json (listing->containers, error);
  else
    print_table (listing->containers);
  fflush (stdout);
  say_what_was_found (listing);
  return status == 0 && listing->problems->len > 0 ? 1 : status;
}
