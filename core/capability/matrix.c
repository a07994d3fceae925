/* SPDX-License-Identifier: Apache-2.0
 *
 * matrix.c: see matrix.h.
 *
 * A cell of a backend stands or falls with what it needs of others, and they with what they need in turn; of
 * several providers of a kind the best one counts.  Where the backend says nothing, what others say of the
 * capability counts only if it is theirs to say (catalogue.h).
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-capability"

#include "core/capability/matrix.h"

#include <string.h>

#include "core/capability/ask.h"
#include "core/capability/catalogue.h"
#include "core/plugin/provider.h"
#include "core/sys/failure.h"

#define MAX_DEPTH 4

struct _B9Matrix {
  B9Registry *registry;
  const B9Config *config;
  const char *state_directory;
  GHashTable *asked;       /* section, program and root -> B9Asked */
  GPtrArray *providers[4]; /* of B9OpenProvider, by kind; NULL until needed */
  GHashTable *cells;       /* backend, program, root and capability -> B9MatrixCell */
  GPtrArray *made;         /* of B9MatrixCell, all that were handed out */
};

static void
cell_free (gpointer data)
{
  B9MatrixCell *cell = data;

  g_free (cell->capability);
  g_free (cell->provider);
  g_free (cell->evidence);
  g_free (cell->reason);
  g_free (cell->remedy);
  g_free (cell);
}

B9Matrix *
b9_matrix_new (B9Registry *registry, const B9Config *config, const char *state_directory)
{
  B9Matrix *matrix = g_new0 (B9Matrix, 1);

  matrix->registry = registry;
  matrix->config = config;
  matrix->state_directory = state_directory;
  matrix->asked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)b9_asked_free);
  matrix->cells = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  matrix->made = g_ptr_array_new_with_free_func (cell_free);
  return matrix;
}

void
b9_matrix_free (B9Matrix *matrix)
{
  if (matrix == NULL)
    return;
  g_hash_table_unref (matrix->cells);
  g_ptr_array_unref (matrix->made);
  g_hash_table_unref (matrix->asked);
  for (guint i = 0; i < G_N_ELEMENTS (matrix->providers); i++)
    g_clear_pointer (&matrix->providers[i], g_ptr_array_unref);
  g_free (matrix);
}

/* ---- whom there is to ask ---- */

/* What the backend at @program answers; borrowed. */
static const B9Asked *
ask_backend (B9Matrix *matrix, const B9Runtime *runtime, const char *program, const char *root)
{
  g_autofree char *key = g_strdup_printf ("%s\n%s\n%s", runtime->section, program, root);
  B9Asked *asked = g_hash_table_lookup (matrix->asked, key);

  if (asked == NULL) {
    asked = b9_ask_backend (matrix->registry, runtime, program, root, matrix->state_directory);
    g_hash_table_insert (matrix->asked, g_steal_pointer (&key), asked);
  }
  return asked;
}

static const B9Asked *
ask_provider (B9Matrix *matrix, const B9OpenProvider *provider)
{
  B9Asked *asked = g_hash_table_lookup (matrix->asked, provider->section);

  if (asked == NULL) {
    asked = b9_ask_provider (provider);
    g_hash_table_insert (matrix->asked, g_strdup (provider->section), asked);
  }
  return asked;
}

static const B9Asked *
ask_host (B9Matrix *matrix)
{
  B9Asked *asked = g_hash_table_lookup (matrix->asked, "host");

  if (asked == NULL) {
    asked = b9_ask_host (matrix->config, matrix->state_directory);
    g_hash_table_insert (matrix->asked, g_strdup ("host"), asked);
  }
  return asked;
}

/* A provider whose section is wrong answers nothing, and the others go on. */
static GPtrArray *
open_kind (B9Matrix *matrix, B9ProviderKind kind)
{
  GPtrArray *opened = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_provider_free);
  g_autoptr (GPtrArray) found = NULL;

  b9_registry_load_kind (matrix->registry, kind);
  found = b9_registry_providers (matrix->registry, kind);
  for (guint i = 0; i < found->len; i++) {
    const B9Provider *provider = g_ptr_array_index (found, i);
    g_autoptr (GError) problem = NULL;
    B9OpenProvider *open = b9_provider_open (matrix->registry, matrix->config, matrix->state_directory, kind,
                                             provider->name, &problem);

    if (open != NULL)
      g_ptr_array_add (opened, open);
    else
      g_warning ("%s %s is not asked what it can do: %s", b9_provider_kind_name (kind), provider->name,
                 problem->message);
  }
  return opened;
}

/* Those of a kind that answer; GPtrArray of borrowed B9Asked. */
static GPtrArray *
ask_kind (B9Matrix *matrix, B9ProviderKind kind)
{
  GPtrArray *all = g_ptr_array_new ();

  if (matrix->providers[kind] == NULL)
    matrix->providers[kind] = open_kind (matrix, kind);
  for (guint i = 0; i < matrix->providers[kind]->len; i++)
    g_ptr_array_add (all, (gpointer)ask_provider (matrix, g_ptr_array_index (matrix->providers[kind], i)));
  return all;
}

static GPtrArray *
ask_for_need (B9Matrix *matrix, const char *need)
{
  GPtrArray *host;

  if (g_str_has_prefix (need, "gpu:"))
    return ask_kind (matrix, B9_PROVIDER_GPU);
  if (g_str_has_prefix (need, "checkpoint:"))
    return ask_kind (matrix, B9_PROVIDER_CHECKPOINT);
  host = g_ptr_array_new ();
  g_ptr_array_add (host, (gpointer)ask_host (matrix));
  return host;
}

/* ---- the join ---- */

static B9MatrixCell *
new_cell (B9Matrix *matrix, const char *capability, const char *provider, const B9Answered *answer)
{
  B9MatrixCell *cell = g_new0 (B9MatrixCell, 1);

  cell->capability = g_strdup (capability);
  cell->provider = g_strdup (provider);
  cell->state = answer->state;
  cell->evidence_kind = answer->evidence_kind;
  cell->evidence = g_strdup (answer->evidence);
  cell->reason = g_strdup (answer->reason);
  cell->remedy = g_strdup (answer->remedy);
  g_ptr_array_add (matrix->made, cell);
  return cell;
}

/* What somebody else says, as the answer to what was asked. */
static B9MatrixCell *
answer_as (B9Matrix *matrix, B9MatrixCell *cell, const char *capability)
{
  const B9Answered same = {.state = cell->state,
                           .evidence_kind = cell->evidence_kind,
                           .evidence = cell->evidence,
                           .reason = cell->reason,
                           .remedy = cell->remedy};

  return strcmp (cell->capability, capability) == 0 ? cell
                                                    : new_cell (matrix, capability, cell->provider, &same);
}

/* The weaker of the two; where they are equal, the first. */
static B9MatrixCell *
weaker (B9MatrixCell *first, B9MatrixCell *second)
{
  return second->state > first->state ? second : first;
}

static void
note_part (GPtrArray *parts, B9MatrixCell *cell)
{
  if (parts != NULL)
    g_ptr_array_add (parts, cell);
}

static B9MatrixCell *join_need (B9Matrix *matrix, const char *need, guint depth, GPtrArray *parts);

/* One provider's answer with all that it needs. */
static B9MatrixCell *
join_answer (B9Matrix *matrix, const B9Asked *asked, const B9Answered *answer, guint depth, GPtrArray *parts)
{
  B9MatrixCell *cell = new_cell (matrix, answer->capability, asked->provider, answer);

  note_part (parts, cell);
  for (guint i = 0; depth < MAX_DEPTH && answer->needs[i] != NULL; i++)
    cell = weaker (cell, join_need (matrix, answer->needs[i], depth + 1, parts));
  return cell;
}

/* The best of @asked that answer for @capability, or NULL; its parts are those that count. */
static B9MatrixCell *
join_best (B9Matrix *matrix, const GPtrArray *asked, const char *capability, guint depth, GPtrArray *parts)
{
  g_autoptr (GPtrArray) best_parts = g_ptr_array_new ();
  B9MatrixCell *best = NULL;

  for (guint i = 0; i < asked->len; i++) {
    const B9Asked *one = g_ptr_array_index (asked, i);
    const B9Answered *answer = b9_answers_find (one->answers, capability);
    g_autoptr (GPtrArray) its_parts = g_ptr_array_new ();
    B9MatrixCell *cell;

    if (answer == NULL)
      continue;
    cell = join_answer (matrix, one, answer, depth, its_parts);
    if (best != NULL && cell->state >= best->state)
      continue;
    best = cell;
    g_ptr_array_set_size (best_parts, 0);
    g_ptr_array_extend (best_parts, its_parts, NULL, NULL);
  }
  if (parts != NULL)
    g_ptr_array_extend (parts, best_parts, NULL, NULL);
  return best;
}

static B9MatrixCell *
join_need (B9Matrix *matrix, const char *need, guint depth, GPtrArray *parts)
{
  const char *capability = strchr (need, ':') + 1;
  g_autofree char *kind = g_strndup (need, strcspn (need, ":"));
  g_autoptr (GPtrArray) asked = ask_for_need (matrix, need);
  B9MatrixCell *cell = join_best (matrix, asked, capability, depth, parts);
  g_autofree char *evidence = NULL;
  g_autofree char *reason = NULL;
  g_autofree char *remedy = NULL;
  B9Answered nobody = {.state = B9_CAPABILITY_UNSUPPORTED, .evidence_kind = B9_EVIDENCE_DECLARED};

  if (cell != NULL)
    return cell;
  evidence = g_strdup_printf ("%u %s plugin%s asked", asked->len, kind, asked->len == 1 ? "" : "s");
  reason = g_strdup_printf ("it needs %s, and %s answers for that", capability,
                            strcmp (kind, "host") == 0 ? "nothing on this host" : "no plugin");
  remedy = g_strdup_printf ("install a %s plugin that does (b9run plugins lists those there are)", kind);
  nobody.evidence = strcmp (kind, "host") == 0 ? (char *)"what b9run looks at on this host" : evidence;
  nobody.reason = reason;
  nobody.remedy = strcmp (kind, "host") == 0 ? NULL : remedy;
  cell = new_cell (matrix, capability, kind, &nobody);
  note_part (parts, cell);
  return cell;
}

/* What the kernel does or does not, whatever a backend makes of it. */
static gboolean
is_fact_of_the_host (const char *capability)
{
  return g_str_has_prefix (capability, "cgroup.") || strcmp (capability, "rootless") == 0 ||
         strcmp (capability, "idmap") == 0;
}

static B9MatrixCell *
join_others (B9Matrix *matrix, const char *capability, GPtrArray *parts)
{
  static const char *const kinds[] = {"host:", "gpu:", "checkpoint:"};
  B9MatrixCell *cell = NULL;

  for (guint i = 0; cell == NULL && i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (GPtrArray) asked = ask_for_need (matrix, kinds[i]);

    cell = join_best (matrix, asked, capability, 0, parts);
  }
  return cell;
}

/* The backend has not answered. */
static B9MatrixCell *
join_silence (B9Matrix *matrix, const B9Asked *backend, const char *capability, GPtrArray *parts)
{
  g_autofree char *reason = g_strdup_printf ("%s does not say whether it can", backend->provider);
  const B9Answered silence = {.state = B9_CAPABILITY_UNKNOWN,
                              .evidence_kind = B9_EVIDENCE_DECLARED,
                              .evidence = (char *)"its plugin reports nothing of it",
                              .reason = reason};
  B9MatrixCell *others = b9_catalogue_is_the_backends (capability) ? NULL
                                                                   : join_others (matrix, capability, parts);
  B9MatrixCell *cell;

  if (others != NULL)
    return others;
  cell = new_cell (matrix, capability, backend->provider, &silence);
  note_part (parts, cell);
  return cell;
}

static B9MatrixCell *
join (B9Matrix *matrix, const B9Runtime *runtime, const char *program, const char *root,
      const char *capability, GPtrArray *parts)
{
  const B9Asked *backend = ask_backend (matrix, runtime, program, root);
  const B9Answered *answer = b9_answers_find (backend->answers, capability);
  B9MatrixCell *cell;

  if (answer == NULL)
    return join_silence (matrix, backend, capability, parts);
  cell = join_answer (matrix, backend, answer, 0, parts);
  if (is_fact_of_the_host (capability)) {
    g_autofree char *need = g_strconcat ("host:", capability, NULL);

    cell = weaker (cell, join_need (matrix, need, 0, parts));
  }
  return cell;
}

const B9MatrixCell *
b9_matrix_cell (B9Matrix *matrix, const B9Runtime *runtime, const char *program, const char *root,
                const char *capability)
{
  g_autofree char *key = g_strdup_printf ("%s\n%s\n%s\n%s", runtime->section, program, root, capability);
  B9MatrixCell *cell = g_hash_table_lookup (matrix->cells, key);

  if (cell == NULL) {
    cell = answer_as (matrix, join (matrix, runtime, program, root, capability, NULL), capability);
    g_hash_table_insert (matrix->cells, g_steal_pointer (&key), cell);
  }
  return cell;
}

GPtrArray *
b9_matrix_parts (B9Matrix *matrix, const B9Runtime *runtime, const char *program, const char *root,
                 const char *capability)
{
  GPtrArray *parts = g_ptr_array_new ();

  join (matrix, runtime, program, root, capability, parts);
  return parts;
}

/* ---- all of them ---- */

static void
add_names (GHashTable *names, const B9Asked *asked)
{
  for (guint i = 0; i < asked->answers->cells->len; i++) {
    const B9Answered *answer = g_ptr_array_index (asked->answers->cells, i);

    g_hash_table_add (names, g_strdup (answer->capability));
  }
}

static void
add_names_of_kind (B9Matrix *matrix, B9ProviderKind kind, GHashTable *names)
{
  g_autoptr (GPtrArray) asked = ask_kind (matrix, kind);

  for (guint i = 0; i < asked->len; i++)
    add_names (names, g_ptr_array_index (asked, i));
}

static int
compare_cells (gconstpointer a, gconstpointer b)
{
  const B9MatrixCell *const *first = a;
  const B9MatrixCell *const *second = b;

  return strcmp ((*first)->capability, (*second)->capability);
}

GPtrArray *
b9_matrix_cells (B9Matrix *matrix, const B9Runtime *runtime, const char *program, const char *root)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) known = b9_catalogue_ids ();
  GPtrArray *cells = g_ptr_array_new ();
  GHashTableIter iterator;
  gpointer name;

  for (guint i = 0; known[i] != NULL; i++)
    g_hash_table_add (names, g_strdup (known[i]));
  add_names (names, ask_backend (matrix, runtime, program, root));
  add_names (names, ask_host (matrix));
  add_names_of_kind (matrix, B9_PROVIDER_GPU, names);
  add_names_of_kind (matrix, B9_PROVIDER_CHECKPOINT, names);
  g_hash_table_iter_init (&iterator, names);
  while (g_hash_table_iter_next (&iterator, &name, NULL))
    g_ptr_array_add (cells, (gpointer)b9_matrix_cell (matrix, runtime, program, root, name));
  g_ptr_array_sort (cells, compare_cells);
  return cells;
}

/* ---- enforcement ---- */

const char *
b9_capability_state_name (guint32 state)
{
  switch (state) {
  case B9_CAPABILITY_SUPPORTED:
    return "supported";
  case B9_CAPABILITY_CONDITIONAL:
    return "conditional";
  case B9_CAPABILITY_UNSUPPORTED:
    return "unsupported";
  default:
    return "unknown";
  }
}

gboolean
b9_matrix_require (B9Matrix *matrix, const B9Runtime *runtime, const char *program, const char *root,
                   const char *capability, const char *what, GError **error)
{
  const B9MatrixCell *cell = b9_matrix_cell (matrix, runtime, program, root, capability);

  if (cell->state == B9_CAPABILITY_SUPPORTED)
    return TRUE;
  if (cell->state != B9_CAPABILITY_UNSUPPORTED) {
    g_message ("%s: capability %s of backend %s is %s: %s (%s: %s)", what, capability, runtime->name,
               b9_capability_state_name (cell->state), cell->reason, cell->provider, cell->evidence);
    return TRUE;
  }
  return b9_fail_capability (error, capability,
                             "%s needs the capability %s, which backend %s does not have here: %s (%s: "
                             "%s)%s%s; b9run capabilities --backend %s --why %s tells more",
                             what, capability, runtime->name, cell->reason, cell->provider, cell->evidence,
                             cell->remedy != NULL ? "; " : "", cell->remedy != NULL ? cell->remedy : "",
                             runtime->name, capability);
}
