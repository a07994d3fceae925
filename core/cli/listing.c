/* SPDX-License-Identifier: Apache-2.0
 *
 * listing.c: see listing.h.
 */
#include "config.h"

#include "core/cli/listing.h"

#include <string.h>
#include <unistd.h>

#include "core/checkpoint/journal.h"
#include "core/cli/app.h"
#include "core/run/claim.h"
#include "core/sys/process.h"

/* One root of one backend, and the records that say they are in it. */
typedef struct {
  char *backend, *root, *runtime_root, *program;
  gboolean ours_only; /* other containers there were not asked for */
  GPtrArray *records; /* of B9Record, borrowed */
} Place;

static void
place_free (Place *place)
{
  g_free (place->backend);
  g_free (place->root);
  g_free (place->runtime_root);
  g_free (place->program);
  g_ptr_array_unref (place->records);
  g_free (place);
}

static void
listed_free (B9Listed *listed)
{
  b9_state_free (listed->state);
  b9_record_free (listed->record);
  g_free (listed->backend);
  g_free (listed->root);
  g_free (listed->runtime_root);
  g_free (listed);
}

void
b9_listing_free (B9Listing *listing)
{
  if (listing == NULL)
    return;
  g_ptr_array_unref (listing->containers);
  g_ptr_array_unref (listing->places);
  g_ptr_array_unref (listing->problems);
  g_free (listing);
}

static Place *
place_for (GHashTable *places, const char *backend, const char *root, const char *runtime_root)
{
  g_autofree char *key = g_strdup_printf ("%s %s", backend, runtime_root);
  Place *place = g_hash_table_lookup (places, key);

  if (place != NULL)
    return place;
  place = g_new0 (Place, 1);
  place->backend = g_strdup (backend);
  place->root = g_strdup (root);
  place->runtime_root = g_strdup (runtime_root);
  place->ours_only = TRUE;
  place->records = g_ptr_array_new ();
  g_hash_table_insert (places, g_steal_pointer (&key), place);
  return place;
}

/* Whether the command line leaves this record in. */
static gboolean
is_wanted (const B9App *app, const B9Record *record, const char *root)
{
  const char *backend = b9_app_global (app, "backend");

  return (backend == NULL || strcmp (backend, record->backend) == 0) &&
         (root == NULL || strcmp (root, record->root) == 0);
}

/* The root where a new container would go; containers that others made there are listed too. */
static gboolean
add_chosen_place (B9App *app, GHashTable *places, GError **error)
{
  g_auto (B9Target) target = {0};
  g_autoptr (GError) problem = NULL;
  Place *place;

  if (!b9_app_new_target (app, NULL, NULL, &target, &problem)) {
    gboolean asked = b9_app_explicit_backend (app) != NULL ||
                     !g_error_matches (problem, B9_ERROR, B9_ERROR_BACKEND_MISSING);

    if (asked)
      g_propagate_error (error, g_steal_pointer (&problem));
    return !asked;
  }
  place = place_for (places, target.runtime->name, target.root, target.root);
  place->ours_only = FALSE;
  if (place->program == NULL)
    place->program = g_strdup (target.program);
  return TRUE;
}

/* The default root of every backend that is here, where none was asked for: who has lost the index does not
 * know what was in it. */
static void
add_other_places (B9App *app, GHashTable *places)
{
  g_autoptr (GPtrArray) here = NULL;

  if (b9_app_explicit_backend (app) != NULL)
    return;
  here = b9_app_runtimes_here (app);
  for (guint i = 0; i < here->len; i++) {
    const B9Runtime *runtime = g_ptr_array_index (here, i);
    g_autofree char *root = b9_runtime_root (runtime, NULL);
    Place *place;

    if (root == NULL || !g_file_test (root, G_FILE_TEST_IS_DIR))
      continue;
    place = place_for (places, runtime->name, root, root);
    if (place->program == NULL)
      place->program = b9_runtime_program (runtime, NULL);
  }
}

static B9Listed *
listed_new (const Place *place, B9State *state, B9Record *record)
{
  B9Listed *listed = g_new0 (B9Listed, 1);

  listed->backend = g_strdup (place->backend);
  listed->root = g_strdup (place->root);
  listed->runtime_root = g_strdup (place->runtime_root);
  listed->state = state;
  listed->record = record;
  return listed;
}

/* A container on its way: the runtime does not know it yet, but its b9run lives. */
static B9State *
state_in_creation (const B9Record *record)
{
  B9State *state;

  if (!b9_record_is_ours (record) || record->phase != B9_PHASE_CREATING ||
      !b9_process_alive (record->creator, record->creator_start))
    return NULL;
  state = g_new0 (B9State, 1);
  state->id = g_strdup (record->id);
  state->status = g_strdup ("creating");
  state->bundle = g_strdup (record->bundle);
  state->created = g_strdup (record->created);
  return state;
}

/* A runtime passes over a state file that it cannot read, and its container would vanish without a word. */
static void
say_if_alive (B9Listing *listing, const Place *place, const B9Record *record)
{
  if (record->pid > 0 && b9_record_is_ours (record) && b9_process_alive (record->pid, record->pid_start))
    g_ptr_array_add (
        listing->problems,
        g_strdup_printf (
            "container %s lives (PID %d), but %s does not list it in %s: its state there may be damaged",
            record->id, (int)record->pid, place->backend, place->runtime_root));
}

/* What the record knows better, or alone. */
static void
complete (B9State *state, const B9Record *record)
{
  g_free (state->bundle);
  state->bundle = g_strdup (record->bundle);
  if (state->created == NULL)
    state->created = g_strdup (record->created);
  if (state->rootfs == NULL)
    state->rootfs = g_strdup (record->rootfs);
  if (b9_journal_exists (record->directory))
    b9_app_correct_state (record, state);
}

/* Joins what the runtime says with the records; records are moved into the listing.  @states: NULL where it
 * has not answered, which says nothing of its containers. */
static void
join (B9Listing *listing, Place *place, GPtrArray *states)
{
  g_autoptr (GHashTable) records = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iterator;
  gpointer record;

  for (guint i = 0; i < place->records->len; i++)
    g_hash_table_insert (records, ((B9Record *)g_ptr_array_index (place->records, i))->id,
                         g_ptr_array_index (place->records, i));
  for (guint i = 0; states != NULL && i < states->len; i++) {
    B9State *state = g_ptr_array_index (states, i);
    B9Record *known = g_hash_table_lookup (records, state->id);

    if (known == NULL && place->ours_only)
      continue;
    if (known != NULL) {
      complete (state, known);
      g_hash_table_remove (records, state->id);
    }
    g_ptr_array_index (states, i) = NULL;
    g_ptr_array_add (listing->containers, listed_new (place, state, known));
  }
  g_hash_table_iter_init (&iterator, records);
  while (g_hash_table_iter_next (&iterator, NULL, &record)) {
    B9State *state = state_in_creation (record);

    if (state != NULL) {
      g_ptr_array_add (listing->containers, listed_new (place, state, record));
      continue;
    }
    if (states != NULL)
      say_if_alive (listing, place, record);
    b9_record_free (record);
  }
}

static void
ask_place (B9App *app, B9Listing *listing, Place *place)
{
  const B9Record *first = place->records->len > 0 ? g_ptr_array_index (place->records, 0) : NULL;
  const char *recorded = first != NULL ? first->program : place->program;
  g_autofree char *program = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) states = NULL;
  const B9Runtime *runtime = b9_app_runtime (app, place->backend, &error);

  g_ptr_array_add (listing->places,
                   g_strdup_printf ("--backend=%s --root %s", place->backend, place->runtime_root));
  if (runtime != NULL && access (place->runtime_root, F_OK) != 0)
    states = g_ptr_array_new ();
  else if (runtime != NULL)
    program = recorded != NULL && access (recorded, X_OK) == 0 ? g_strdup (recorded)
                                                               : b9_runtime_program (runtime, &error);
  if (program != NULL)
    states = b9_query_list (runtime, program, place->runtime_root, &error);
  if (states == NULL)
    g_ptr_array_add (listing->problems,
                     g_strdup_printf ("%s in %s: %s", place->backend, place->runtime_root, error->message));
  join (listing, place, states);
}

static int
compare_listed (gconstpointer a, gconstpointer b)
{
  const B9Listed *first = *(B9Listed *const *)a, *second = *(B9Listed *const *)b;
  int order = strcmp (first->state->id, second->state->id);

  return order != 0 ? order : strcmp (first->root, second->root);
}

/* Sorts the records into their places; those that the command line leaves out are freed. */
static void
sort_records (const B9App *app, const GPtrArray *records, GHashTable *places)
{
  g_autofree char *root = b9_app_explicit_root (app);

  for (guint i = 0; i < records->len; i++) {
    B9Record *record = g_ptr_array_index (records, i);

    if (is_wanted (app, record, root))
      g_ptr_array_add (place_for (places, record->backend, record->root, record->runtime_root)->records,
                       record);
    else
      b9_record_free (record);
  }
}

/* The roots below roots that claim.c makes for ids which would collide.  One that no record names is looked
 * in where what others made in the root itself is listed too. */
static void
add_sub_roots (GHashTable *places, gboolean everything)
{
  g_autoptr (GList) known = g_hash_table_get_values (places);

  for (GList *item = known; item != NULL; item = item->next) {
    const Place *place = item->data;
    gboolean ours_only = place->ours_only && !everything;
    g_autoptr (GDir) directory = ours_only ? NULL : g_dir_open (place->root, 0, NULL);
    const char *name;

    while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
      g_autofree char *path = g_build_filename (place->root, name, NULL);

      if (g_str_has_prefix (name, B9_SUB_ROOT_PREFIX))
        place_for (places, place->backend, place->root, path)->ours_only = FALSE;
    }
  }
}

B9Listing *
b9_listing_make (B9App *app, gboolean everything, GError **error)
{
  g_autoptr (B9Listing) listing = g_new0 (B9Listing, 1);
  g_autoptr (GHashTable) places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                         (GDestroyNotify)place_free);
  const B9Index *index = b9_app_index (app, error);
  g_autoptr (GPtrArray) records = NULL;
  GHashTableIter iterator;
  gpointer place;

  listing->containers = g_ptr_array_new_with_free_func ((GDestroyNotify)listed_free);
  listing->places = g_ptr_array_new_with_free_func (g_free);
  listing->problems = g_ptr_array_new_with_free_func (g_free);
  if (index == NULL || !add_chosen_place (app, places, error))
    return NULL;
  records = b9_index_all (index, listing->problems);
  g_ptr_array_set_free_func (records, NULL);
  sort_records (app, records, places);
  if (everything)
    add_other_places (app, places);
  add_sub_roots (places, everything);
  g_hash_table_iter_init (&iterator, places);
  while (g_hash_table_iter_next (&iterator, NULL, &place)) {
    ((Place *)place)->ours_only = ((Place *)place)->ours_only && !everything;
    ask_place (app, listing, place);
  }
  g_ptr_array_sort (listing->containers, compare_listed);
  return g_steal_pointer (&listing);
}
