/* SPDX-License-Identifier: Apache-2.0
 *
 * json-edit.c: change a few values of a scanned document and keep every other byte.
 *
 * Each call becomes one Change.  Applying them turns the changes into cuts, spans of the old document with
 * what takes their place, and copies the document around the cuts.
 */
#include "config.h"

#include "core/json/json-edit.h"
#include "core/json/json-private.h"

#include <b9run/b9-error.h>
#include <string.h>

/* Space between two values that is longer than this is no indentation, and not repeated. */
#define LONGEST_GAP 256

typedef enum {
  CHANGE_REPLACE,
  CHANGE_REMOVE,
  CHANGE_ADD,
} ChangeKind;

typedef struct {
  ChangeKind kind;
  B9JsonValue value; /* CHANGE_ADD: the container */
  char *name;        /* CHANGE_ADD to an object: of the new member */
  char *json;        /* the new content; CHANGE_REMOVE: NULL */
  guint order;       /* of the calls */
} Change;

struct _B9JsonEdit {
  const B9JsonText *text;
  GPtrArray *changes;
  GError *error; /* of the first call that cannot be met */
};

/* The bytes from start to before end give way to content. */
typedef struct {
  guint32 start;
  guint32 end;
  char *content; /* NULL: nothing */
} Cut;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_free (change->name);
  g_free (change->json);
  g_free (change);
}

static void
cut_clear (gpointer data)
{
  g_free (((Cut *)data)->content);
}

B9JsonEdit *
b9_json_edit_new (const B9JsonText *text)
{
  B9JsonEdit *edit = g_new0 (B9JsonEdit, 1);

  edit->text = text;
  edit->changes = g_ptr_array_new_with_free_func (change_free);
  return edit;
}

void
b9_json_edit_free (B9JsonEdit *edit)
{
  if (edit == NULL)
    return;
  g_ptr_array_unref (edit->changes);
  g_clear_error (&edit->error);
  g_free (edit);
}

static void fail (B9JsonEdit *edit, B9JsonValue value, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Remembers that a call on @value cannot be met. */
static void
fail (B9JsonEdit *edit, B9JsonValue value, const char *format, ...)
{
  g_autofree char *place = b9_json_place (edit->text, value);
  g_autofree char *reason = NULL;
  va_list arguments;

  if (edit->error != NULL)
    return;
  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (&edit->error, B9_ERROR, B9_ERROR_FAILED, "%s: %s %s (line %u)", edit->text->what, place,
               reason, b9_json_line (edit->text, value));
}

/* The value in @json without the space around it.  NULL: it is no JSON, which is remembered.  Checking the
 * whole document later would not do: "1, 2" is content that fits into an array. */
static char *
check_content (B9JsonEdit *edit, B9JsonValue value, const char *name, const char *json)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (json, strlen (json));
  g_autoptr (GError) error = NULL;
  g_autoptr (B9JsonText) content = b9_json_text_new (bytes, "new content", &error);
  g_autofree char *place = NULL;
  const char *raw;
  gsize length = 0;

  if (content != NULL) {
    raw = b9_json_raw (content, B9_JSON_ROOT, &length);
    return g_strndup (raw, length);
  }
  if (edit->error != NULL)
    return NULL;
  place = b9_json_place (edit->text, value);
  g_prefix_error (&error, "%s: %s%s%s: ", edit->text->what, place, name != NULL ? ", new member " : "",
                  name != NULL ? name : "");
  g_propagate_error (&edit->error, g_steal_pointer (&error));
  return NULL;
}

static void
add_change (B9JsonEdit *edit, ChangeKind kind, B9JsonValue value, const char *name, const char *json)
{
  g_autofree char *content = json != NULL ? check_content (edit, value, name, json) : NULL;
  Change *change;

  if (content == NULL && json != NULL)
    return;
  change = g_new0 (Change, 1);
  change->kind = kind;
  change->value = value;
  change->name = g_strdup (name);
  change->json = g_steal_pointer (&content);
  change->order = edit->changes->len;
  g_ptr_array_add (edit->changes, change);
}

void
b9_json_edit_replace (B9JsonEdit *edit, B9JsonValue value, const char *json)
{
  g_return_if_fail (value < edit->text->count && json != NULL);

  add_change (edit, CHANGE_REPLACE, value, NULL, json);
}

void
b9_json_edit_remove (B9JsonEdit *edit, B9JsonValue value)
{
  g_return_if_fail (value < edit->text->count);

  if (value == B9_JSON_ROOT)
    fail (edit, value, "cannot be removed, only replaced");
  else
    add_change (edit, CHANGE_REMOVE, value, NULL, NULL);
}

/* Whether an earlier call adds a member that a reader could take for this one. */
static gboolean
is_added (const B9JsonEdit *edit, B9JsonValue object, const char *name, gboolean fold)
{
  for (guint i = 0; i < edit->changes->len; i++) {
    const Change *change = g_ptr_array_index (edit->changes, i);

    if (change->kind != CHANGE_ADD || change->value != object)
      continue;
    if (fold ? g_ascii_strcasecmp (change->name, name) == 0 : strcmp (change->name, name) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
add_member (B9JsonEdit *edit, B9JsonValue object, const char *name, const char *json, gboolean fold)
{
  if (is_added (edit, object, name, fold))
    fail (edit, object, "would get the member %s twice", name);
  else
    add_change (edit, CHANGE_ADD, object, name, json);
}

/* Remembers, for what is no object, that it has no members. */
static gboolean
is_object (B9JsonEdit *edit, B9JsonValue object, const char *name)
{
  B9JsonKind kind = b9_json_kind (edit->text, object);

  if (kind == B9_JSON_OBJECT)
    return TRUE;
  fail (edit, object, "is %s, not an object: it cannot have the member %s", b9_json_kind_name (kind), name);
  return FALSE;
}

void
b9_json_edit_set_member (B9JsonEdit *edit, B9JsonValue object, const char *name, const char *json)
{
  g_autoptr (GError) error = NULL;
  B9JsonValue member;

  g_return_if_fail (object < edit->text->count && name != NULL && json != NULL);

  if (!is_object (edit, object, name))
    return;
  if (!b9_json_get_member (edit->text, object, name, &member, &error)) {
    if (edit->error == NULL)
      edit->error = g_steal_pointer (&error);
    return;
  }
  if (member != B9_JSON_NONE)
    add_change (edit, CHANGE_REPLACE, member, NULL, json);
  else
    add_member (edit, object, name, json, TRUE);
}

void
b9_json_edit_set_entry (B9JsonEdit *edit, B9JsonValue map, const char *name, const char *json)
{
  const B9JsonText *text = edit->text;
  B9JsonValue last;

  g_return_if_fail (map < text->count && name != NULL && json != NULL);

  if (!is_object (edit, map, name))
    return;
  last = b9_json_map_get (text, map, name);
  if (last == B9_JSON_NONE) {
    add_member (edit, map, name, json, FALSE);
    return;
  }
  for (B9JsonValue member = b9_json_first (text, map); member != last; member = b9_json_next (text, member)) {
    if (b9_json_string_matches (text, text->tokens[member].name, name, FALSE))
      add_change (edit, CHANGE_REMOVE, member, NULL, NULL);
  }
  add_change (edit, CHANGE_REPLACE, last, NULL, json);
}

void
b9_json_edit_append (B9JsonEdit *edit, B9JsonValue array, const char *json)
{
  B9JsonKind kind;

  g_return_if_fail (array < edit->text->count && json != NULL);

  kind = b9_json_kind (edit->text, array);
  if (kind != B9_JSON_ARRAY)
    fail (edit, array, "is %s, not an array: nothing can be appended", b9_json_kind_name (kind));
  else
    add_change (edit, CHANGE_ADD, array, NULL, json);
}

/* The first byte of an element, or of a member's name. */
static guint32
begin_of (const B9JsonText *text, B9JsonValue value)
{
  const B9JsonToken *token = &text->tokens[value];

  return token->name != 0 ? token->name : token->start;
}

/* The space before an offset. */
static char *
space_before (const B9JsonText *text, guint32 offset)
{
  guint32 start = offset;

  while (start > 0 && strchr (" \t\r\n", text->data[start - 1]) != NULL)
    start--;
  if (offset - start > LONGEST_GAP)
    return g_strdup ("");
  return g_strndup (text->data + start, offset - start);
}

/* The space after the colon of a new member: as in the last member, or else before the object itself. */
static char *
space_after_colon (const B9JsonText *text, B9JsonValue object, B9JsonValue last)
{
  if (last != B9_JSON_NONE)
    return space_before (text, text->tokens[last].start);
  if (text->tokens[object].name != 0)
    return space_before (text, text->tokens[object].start);
  return g_strdup (" ");
}

static void
add_cut (GArray *cuts, guint32 start, guint32 end, const char *content)
{
  Cut cut = {start, end, g_strdup (content)};

  if (start < end || content != NULL)
    g_array_append_val (cuts, cut);
  else
    cut_clear (&cut);
}

/* The structural changes of one container: those that @changes begins with, removals first, in the order
 * of the document, then additions, in the order of the calls. */
typedef struct {
  const B9JsonText *text;
  B9JsonValue container;
  Change *const *changes;
  guint n_removals;
  guint n_changes;
  B9JsonValue last_kept; /* of the children; B9_JSON_NONE */
  B9JsonValue last;      /* the last child of all; B9_JSON_NONE */
} Group;

/* What is added, as text: the values with @gap between them. */
static char *
added_text (const Group *group, const char *gap)
{
  GString *added = g_string_new (NULL);
  g_autofree char *space = NULL;

  if (group->n_removals == group->n_changes)
    return g_string_free (added, TRUE);
  space = space_after_colon (group->text, group->container, group->last);
  for (guint i = group->n_removals; i < group->n_changes; i++) {
    g_autofree char *name = NULL;

    if (i > group->n_removals || group->last_kept != B9_JSON_NONE)
      g_string_append_printf (added, ",%s", gap);
    if (group->changes[i]->name != NULL) {
      name = b9_json_quote (group->changes[i]->name);
      g_string_append_printf (added, "%s:%s", name, space);
    }
    g_string_append (added, group->changes[i]->json);
  }
  return g_string_free (added, FALSE);
}

/* The end of a container: what is removed after the last child that stays, and all that is added. */
static void
cut_end (const Group *group, GArray *cuts)
{
  const B9JsonText *text = group->text;
  const B9JsonToken *token = &text->tokens[group->container];
  guint32 gap_end = group->last != B9_JSON_NONE ? begin_of (text, group->last) : token->end - 1;
  g_autofree char *gap = space_before (text, gap_end);
  g_autofree char *added = added_text (group, gap);

  if (group->last_kept != B9_JSON_NONE) {
    add_cut (cuts, text->tokens[group->last_kept].end, text->tokens[group->last].end, added);
  } else if (added == NULL) {
    add_cut (cuts, token->start + 1, token->end - 1, NULL);
  } else if (group->last != B9_JSON_NONE) {
    add_cut (cuts, begin_of (text, b9_json_first (text, group->container)), text->tokens[group->last].end,
             added);
  } else {
    g_autofree char *content = g_strconcat (gap, added, gap, NULL);

    add_cut (cuts, token->start + 1, token->end - 1, content);
  }
}

/* A removed child goes with everything up to the next that stays, so that the first one keeps what stands
 * before it. */
static void
cut_group (Group *group, GArray *cuts)
{
  const B9JsonText *text = group->text;
  B9JsonValue pending = B9_JSON_NONE;
  guint removals = 0;

  for (B9JsonValue child = b9_json_first (text, group->container); child != B9_JSON_NONE;
       child = b9_json_next (text, child)) {
    group->last = child;
    if (removals < group->n_removals && group->changes[removals]->value == child) {
      removals++;
      pending = pending == B9_JSON_NONE ? child : pending;
      continue;
    }
    if (pending != B9_JSON_NONE)
      add_cut (cuts, begin_of (text, pending), begin_of (text, child), NULL);
    pending = B9_JSON_NONE;
    group->last_kept = child;
  }
  cut_end (group, cuts);
}

/* The container that a change takes from or adds to; a replacement leaves its container as it is. */
static B9JsonValue
container_of (const B9JsonText *text, const Change *change)
{
  if (change->kind == CHANGE_REPLACE)
    return B9_JSON_NONE;
  return change->kind == CHANGE_REMOVE ? text->tokens[change->value].parent : change->value;
}

/* By container, removals first. */
static int
compare_structure (gconstpointer a, gconstpointer b, gpointer text)
{
  const Change *one = *(const Change *const *)a;
  const Change *other = *(const Change *const *)b;
  B9JsonValue container = container_of (text, one);
  B9JsonValue other_container = container_of (text, other);

  if (container != other_container)
    return container < other_container ? -1 : 1;
  if (one->kind != other->kind)
    return one->kind < other->kind ? -1 : 1;
  if (one->value != other->value)
    return one->value < other->value ? -1 : 1;
  return one->order < other->order ? -1 : one->order > other->order;
}

/* By value, what replaces or removes it first. */
static int
compare_value (gconstpointer a, gconstpointer b)
{
  const Change *one = *(const Change *const *)a;
  const Change *other = *(const Change *const *)b;

  if (one->value != other->value)
    return one->value < other->value ? -1 : 1;
  if (one->kind != other->kind)
    return one->kind < other->kind ? -1 : 1;
  return one->order < other->order ? -1 : one->order > other->order;
}

static int
compare_cuts (gconstpointer a, gconstpointer b)
{
  const Cut *one = a;
  const Cut *other = b;

  return one->start < other->start ? -1 : one->start > other->start;
}

/* Always FALSE. */
static gboolean
refuse_contradiction (const B9JsonText *text, const Change *outer, const Change *inner, GError **error)
{
  g_autofree char *place = b9_json_place (text, outer->value);
  g_autofree char *inner_place = b9_json_place (text, inner->value);
  const char *done = outer->kind == CHANGE_REMOVE ? "removed" : "replaced";

  if (outer->value == inner->value)
    g_set_error (error, B9_ERROR, B9_ERROR_FAILED, "%s: two edits of %s (line %u) contradict each other",
                 text->what, place, b9_json_line (text, outer->value));
  else
    g_set_error (error, B9_ERROR, B9_ERROR_FAILED, "%s: %s is edited, but %s around it is %s (line %u)",
                 text->what, inner_place, place, done, b9_json_line (text, outer->value));
  return FALSE;
}

/* @sorted: by value, which is the order of the document, so that what is inside a value comes behind it. */
static gboolean
check_contradictions (const B9JsonText *text, const GPtrArray *sorted, GError **error)
{
  const Change *outer = NULL;

  for (guint i = 0; i < sorted->len; i++) {
    const Change *change = g_ptr_array_index (sorted, i);

    if (outer != NULL && text->tokens[change->value].start < text->tokens[outer->value].end)
      return refuse_contradiction (text, outer, change, error);
    if (change->kind != CHANGE_ADD)
      outer = change;
  }
  return TRUE;
}

/* The changes again, in an array that may be sorted. */
static GPtrArray *
list_changes (const B9JsonEdit *edit)
{
  GPtrArray *list = g_ptr_array_sized_new (edit->changes->len);

  for (guint i = 0; i < edit->changes->len; i++)
    g_ptr_array_add (list, g_ptr_array_index (edit->changes, i));
  return list;
}

/* The group that begins at @first of the changes sorted by structure. */
static Group
group_at (const B9JsonText *text, const GPtrArray *sorted, guint first)
{
  Group group = {
      .text = text,
      .container = container_of (text, g_ptr_array_index (sorted, first)),
      .changes = (Change *const *)sorted->pdata + first,
      .last_kept = B9_JSON_NONE,
      .last = B9_JSON_NONE,
  };

  for (guint i = first; i < sorted->len; i++) {
    const Change *change = g_ptr_array_index (sorted, i);

    if (container_of (text, change) != group.container)
      break;
    group.n_changes++;
    if (change->kind == CHANGE_REMOVE)
      group.n_removals++;
  }
  return group;
}

/* All cuts, in the order of the document; they do not overlap. */
static GArray *
make_cuts (const B9JsonText *text, GPtrArray *changes)
{
  GArray *cuts = g_array_new (FALSE, FALSE, sizeof (Cut));
  guint i = 0;

  g_array_set_clear_func (cuts, cut_clear);
  g_ptr_array_sort_with_data (changes, compare_structure, (gpointer)text);
  while (i < changes->len) {
    const Change *change = g_ptr_array_index (changes, i);

    if (change->kind == CHANGE_REPLACE) {
      add_cut (cuts, text->tokens[change->value].start, text->tokens[change->value].end, change->json);
      i++;
    } else {
      Group group = group_at (text, changes, i);

      cut_group (&group, cuts);
      i += group.n_changes;
    }
  }
  g_array_sort (cuts, compare_cuts);
  return cuts;
}

static guint64
changed_length (const B9JsonText *text, const GArray *cuts)
{
  guint64 length = text->length;

  for (guint i = 0; i < cuts->len; i++) {
    const Cut *cut = &g_array_index (cuts, Cut, i);

    length -= cut->end - cut->start;
    length += cut->content != NULL ? strlen (cut->content) : 0;
  }
  return length;
}

static GBytes *
apply_cuts (const B9JsonText *text, const GArray *cuts)
{
  GByteArray *changed = g_byte_array_sized_new ((guint)changed_length (text, cuts));
  guint32 copied = 0;

  for (guint i = 0; i < cuts->len; i++) {
    const Cut *cut = &g_array_index (cuts, Cut, i);

    g_byte_array_append (changed, (const guint8 *)text->data + copied, cut->start - copied);
    if (cut->content != NULL)
      g_byte_array_append (changed, (const guint8 *)cut->content, (guint)strlen (cut->content));
    copied = cut->end;
  }
  g_byte_array_append (changed, (const guint8 *)text->data + copied, text->length - copied);
  return g_byte_array_free_to_bytes (changed);
}

B9JsonText *
b9_json_edit_apply_text (const B9JsonEdit *edit, GError **error)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (GArray) cuts = NULL;
  g_autoptr (GBytes) changed = NULL;

  if (edit->error != NULL) {
    g_propagate_error (error, g_error_copy (edit->error));
    return NULL;
  }
  changes = list_changes (edit);
  g_ptr_array_sort (changes, compare_value);
  if (!check_contradictions (edit->text, changes, error))
    return NULL;
  cuts = make_cuts (edit->text, changes);
  if (!b9_json_check_size (changed_length (edit->text, cuts), edit->text->what, error))
    return NULL;
  changed = apply_cuts (edit->text, cuts);
  return b9_json_text_new (changed, edit->text->what, error);
}

GBytes *
b9_json_edit_apply (const B9JsonEdit *edit, GError **error)
{
  g_autoptr (B9JsonText) changed = NULL;

  if (edit->error == NULL && edit->changes->len == 0)
    return g_bytes_ref (edit->text->bytes);
  changed = b9_json_edit_apply_text (edit, error);
  return changed != NULL ? g_bytes_ref (changed->bytes) : NULL;
}
