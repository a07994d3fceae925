/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-document.c: a tree of YAML as CDI's structures, by the tables of cdi-model.c.
 *
 * As the reference implementation reads it: names of members in any case, unknown and repeated ones refused,
 * null as good as absent, typed words made text where text is wanted.  A merge key ("<<") brings in the
 * members of another mapping, and a member that is there already is refused as a repeated one.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-document.h"

#include <stdarg.h>
#include <string.h>

#include <b9run/b9-error.h>

#include "plugins/gpu/cdi/cdi-scalars.h"
#include "plugins/gpu/cdi/cdi-tree.h"
#include "plugins/gpu/cdi/cdi-validate.h"

/* Aliases can make a small file large, and a merge key can lead to itself. */
#define MAX_VALUES (1024 * 1024)
#define MAX_MERGES 16
#define MOST_MESSAGE 1000

typedef struct {
  const CdiTree *tree;
  const char *what;
  CdiArena *arena;
  guint values;
} Decoder;

static gboolean fail (const Decoder *decoder, const CdiNode *node, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

static gboolean
fail (const Decoder *decoder, const CdiNode *node, GError **error, const char *format, ...)
{
  va_list arguments;
  g_autofree char *reason = NULL;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s:%u: %s", decoder->what, node->line, reason);
  return FALSE;
}

/* The node at @index, or what it stands for.  An alias never leads to another one. */
static const CdiNode *
node_at (const Decoder *decoder, guint32 index)
{
  const CdiNode *node = cdi_tree_node (decoder->tree, index);

  return node->kind == CDI_NODE_ALIAS ? cdi_tree_node (decoder->tree, node->first) : node;
}

static gboolean
count_value (Decoder *decoder, const CdiNode *node, GError **error)
{
  if (++decoder->values > MAX_VALUES)
    return fail (decoder, node, error, "with its aliases written out the file has more than %d values",
                 MAX_VALUES);
  return TRUE;
}

/* Whether YAML's types apply to a scalar, and it is not text in any case. */
static gboolean
is_typed (const CdiNode *node)
{
  return node->tag != CDI_TAG_STRING && (node->plain || node->tag == CDI_TAG_CORE);
}

static CdiScalar
resolve (const CdiNode *node)
{
  return is_typed (node) ? cdi_scalar_resolve (node->text, node->length)
                         : (CdiScalar){.kind = CDI_SCALAR_STRING};
}

static gboolean
is_null (const CdiNode *node)
{
  return node->kind == CDI_NODE_SCALAR && is_typed (node) && cdi_scalar_is_null (node->text, node->length);
}

static const char *
kind_name (const CdiNode *node)
{
  static const char *const names[] = {"null", "true or false", "a number", "a number", "a number", "text"};

  if (node->kind == CDI_NODE_SCALAR)
    return names[resolve (node).kind];
  return node->kind == CDI_NODE_MAPPING ? "a mapping" : "a list";
}

/* @name of a member, or NULL for an element of a list. */
static gboolean
refuse_kind (const Decoder *decoder, const CdiNode *node, const char *name, const char *wanted,
             GError **error)
{
  return fail (decoder, node, error, "%s has to be %s, and is %s", name, wanted, kind_name (node));
}

/* *@text is NULL for null. */
static gboolean
decode_text (Decoder *decoder, const CdiNode *node, const char *name, const char **text, GError **error)
{
  CdiScalar scalar;
  g_autofree char *typed = NULL;

  if (node->kind != CDI_NODE_SCALAR)
    return refuse_kind (decoder, node, name, "text", error);
  *text = node->text;
  if (!is_typed (node))
    return TRUE;
  scalar = resolve (node);
  if (scalar.kind == CDI_SCALAR_STRING)
    return TRUE;
  *text = NULL;
  if (scalar.kind == CDI_SCALAR_NULL)
    return TRUE;
  typed = cdi_scalar_text (&scalar);
  *text = cdi_arena_text (decoder->arena, typed, strlen (typed));
  return TRUE;
}

static gboolean
decode_number (Decoder *decoder, const CdiNode *node, const char *name, CdiFieldKind kind, gint64 *value,
               GError **error)
{
  CdiScalar scalar;

  if (node->kind != CDI_NODE_SCALAR)
    return refuse_kind (decoder, node, name, "a number", error);
  scalar = resolve (node);
  if (kind == CDI_BOOLEAN) {
    if (scalar.kind != CDI_SCALAR_BOOLEAN)
      return refuse_kind (decoder, node, name, "true or false", error);
    *value = scalar.boolean;
    return TRUE;
  }
  if (scalar.kind == CDI_SCALAR_STRING || scalar.kind == CDI_SCALAR_BOOLEAN || scalar.kind == CDI_SCALAR_NULL)
    return refuse_kind (decoder, node, name, node->plain ? "a number" : "a number without quotes", error);
  if (!cdi_scalar_integer (&scalar, value))
    return fail (decoder, node, error, "%s: \"%s\" is no whole number of 64 bits", name, node->text);
  if (kind != CDI_INTEGER && (*value < 0 || *value > G_MAXUINT32))
    return fail (decoder, node, error, "%s: %" G_GINT64_FORMAT " is outside of 0 to 4294967295", name,
                 *value);
  return TRUE;
}

static guint32
count_children (const Decoder *decoder, const CdiNode *node)
{
  guint32 count = 0;

  for (guint32 child = node->first; child != CDI_NO_NODE; count++)
    child = cdi_tree_node (decoder->tree, child)->next;
  return count;
}

/* --- members of a mapping --- */

typedef gboolean (*MemberFunc) (Decoder *decoder, const CdiNode *key, const CdiNode *value, gpointer data,
                                GError **error);

static gboolean each_member (Decoder *decoder, const CdiNode *mapping, guint merges, MemberFunc take,
                             gpointer data, GError **error);

static gboolean
merge (Decoder *decoder, const CdiNode *value, guint merges, MemberFunc take, gpointer data, GError **error)
{
  if (merges == MAX_MERGES)
    return fail (decoder, value, error, "merge keys (\"<<\") are nested deeper than %d levels", MAX_MERGES);
  if (value->kind == CDI_NODE_MAPPING)
    return each_member (decoder, value, merges + 1, take, data, error);
  if (value->kind != CDI_NODE_SEQUENCE)
    return fail (decoder, value, error, "a merge key (\"<<\") takes a mapping or a list of mappings");
  for (guint32 child = value->first; child != CDI_NO_NODE;
       child = cdi_tree_node (decoder->tree, child)->next) {
    const CdiNode *merged = node_at (decoder, child);

    if (merged->kind != CDI_NODE_MAPPING)
      return fail (decoder, merged, error, "a merge key (\"<<\") takes a mapping or a list of mappings");
    if (!each_member (decoder, merged, merges + 1, take, data, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
each_member (Decoder *decoder, const CdiNode *mapping, guint merges, MemberFunc take, gpointer data,
             GError **error)
{
  guint32 next;

  for (guint32 child = mapping->first; child != CDI_NO_NODE; child = next) {
    guint32 second = cdi_tree_node (decoder->tree, child)->next;
    const CdiNode *key = node_at (decoder, child);
    const CdiNode *value = node_at (decoder, second);

    next = cdi_tree_node (decoder->tree, second)->next;
    if (key->kind != CDI_NODE_SCALAR)
      return fail (decoder, key, error, "a key has to be text, and is %s", kind_name (key));
    if (!count_value (decoder, key, error))
      return FALSE;
    if (key->plain && key->tag == CDI_TAG_NONE && strcmp (key->text, "<<") == 0) {
      if (!merge (decoder, value, merges, take, data, error))
        return FALSE;
    } else if (!take (decoder, key, value, data, error)) {
      return FALSE;
    }
  }
  return TRUE;
}

/* --- maps with free keys --- */

typedef struct {
  GArray *pairs;
  GHashTable *keys;
} Pairs;

static gboolean
take_pair (Decoder *decoder, const CdiNode *key, const CdiNode *value, gpointer data, GError **error)
{
  Pairs *pairs = data;
  CdiPair pair = {.line = key->line};

  if (!decode_text (decoder, key, "a key", &pair.key, error) ||
      !decode_text (decoder, value, "an annotation's value", &pair.value, error))
    return FALSE;
  if (pair.key == NULL)
    return fail (decoder, key, error, "a key has to be text, and is null");
  if (!g_hash_table_add (pairs->keys, (gpointer)pair.key))
    return fail (decoder, key, error, "the key \"%s\" stands here twice", pair.key);
  pair.value = pair.value != NULL ? pair.value : "";
  g_array_append_val (pairs->pairs, pair);
  return TRUE;
}

static gboolean
decode_pairs (Decoder *decoder, const CdiNode *node, const char *name, CdiList *list, GError **error)
{
  g_autoptr (GArray) array = g_array_new (FALSE, FALSE, sizeof (CdiPair));
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);
  Pairs pairs = {array, keys};

  if (node->kind != CDI_NODE_MAPPING)
    return refuse_kind (decoder, node, name, "a mapping", error);
  if (!each_member (decoder, node, 0, take_pair, &pairs, error))
    return FALSE;
  list->given = TRUE;
  list->count = array->len;
  list->items = cdi_arena_alloc (decoder->arena, array->len * sizeof (CdiPair));
  if (array->len > 0)
    memcpy (list->items, array->data, array->len * sizeof (CdiPair));
  return TRUE;
}

/* --- structures --- */

static gboolean decode_struct (Decoder *decoder, const CdiNode *node, const char *name, const CdiType *type,
                               gpointer object, GError **error);

static gboolean
decode_element (Decoder *decoder, const CdiNode *node, const CdiField *field, gpointer item, GError **error)
{
  const char *text;

  switch (field->kind) {
  case CDI_TEXTS:
    if (!decode_text (decoder, node, field->name, &text, error))
      return FALSE;
    *(const char **)item = text != NULL ? text : "";
    return TRUE;
  case CDI_NUMBERS:
    if (is_null (node)) /* as the reference implementation has it */
      return TRUE;
    return decode_number (decoder, node, field->name, CDI_UNSIGNED, item, error);
  default:
    if (is_null (node) && !field->type->null_is_empty)
      return fail (decoder, node, error, "%s holds a null where %s has to be", field->name,
                   field->type->name);
    return is_null (node) || decode_struct (decoder, node, field->name, field->type, item, error);
  }
}

static gboolean
decode_list (Decoder *decoder, const CdiNode *node, const CdiField *field, CdiList *list, GError **error)
{
  gsize size = cdi_item_size (field);
  char *item;

  if (node->kind != CDI_NODE_SEQUENCE)
    return refuse_kind (decoder, node, field->name, "a list", error);
  list->given = TRUE;
  list->count = count_children (decoder, node);
  list->items = item = cdi_arena_alloc (decoder->arena, list->count * size);
  for (guint32 child = node->first; child != CDI_NO_NODE;
       child = cdi_tree_node (decoder->tree, child)->next, item += size) {
    const CdiNode *element = node_at (decoder, child);

    if (!count_value (decoder, element, error) || !decode_element (decoder, element, field, item, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
decode_field (Decoder *decoder, const CdiNode *node, const CdiField *field, gpointer object, GError **error)
{
  CdiNumber *number;
  gpointer *optional;

  if (is_null (node))
    return TRUE;
  switch (field->kind) {
  case CDI_TEXT:
    return decode_text (decoder, node, field->name, CDI_FIELD (object, field, const char *), error);
  case CDI_INTEGER:
  case CDI_UNSIGNED:
  case CDI_BOOLEAN:
    number = CDI_FIELD (object, field, CdiNumber);
    number->given = TRUE;
    return decode_number (decoder, node, field->name, field->kind, &number->value, error);
  case CDI_PAIRS:
    return decode_pairs (decoder, node, field->name, CDI_FIELD (object, field, CdiList), error);
  case CDI_STRUCT:
    return decode_struct (decoder, node, field->name, field->type, CDI_FIELD (object, field, char), error);
  case CDI_OPTIONAL:
    optional = CDI_FIELD (object, field, gpointer);
    *optional = cdi_arena_alloc (decoder->arena, field->type->size);
    return decode_struct (decoder, node, field->name, field->type, *optional, error);
  default:
    return decode_list (decoder, node, field, CDI_FIELD (object, field, CdiList), error);
  }
}

typedef struct {
  const CdiType *type;
  gpointer object;
  guint32 seen; /* a bit for each field */
} Struct;

static const CdiField *
find_field (const CdiType *type, const char *key)
{
  for (const CdiField *field = type->fields; field->name != NULL; field++)
    if (field->name[0] == key[0] && strcmp (field->name, key) == 0)
      return field;
  for (const CdiField *field = type->fields; field->name != NULL; field++)
    if (g_ascii_strcasecmp (field->name, key) == 0)
      return field;
  return NULL;
}

static gboolean
refuse_key (const Decoder *decoder, const CdiNode *key, const CdiType *type, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);
  g_autofree char *name = cdi_shown (key->text, 60);

  for (const CdiField *field = type->fields; field->name != NULL; field++)
    g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "", field->name);
  return fail (decoder, key, error, "unknown field \"%s\": %s has %s", name, type->name, known->str);
}

static gboolean
take_member (Decoder *decoder, const CdiNode *key, const CdiNode *value, gpointer data, GError **error)
{
  Struct *structure = data;
  const CdiField *field = find_field (structure->type, key->text);
  guint32 bit;

  if (field == NULL)
    return refuse_key (decoder, key, structure->type, error);
  bit = 1u << (field - structure->type->fields);
  if ((structure->seen & bit) != 0)
    return fail (decoder, key, error, "the key \"%s\" stands here twice", field->name);
  structure->seen |= bit;
  return decode_field (decoder, value, field, structure->object, error);
}

static gboolean
decode_struct (Decoder *decoder, const CdiNode *node, const char *name, const CdiType *type, gpointer object,
               GError **error)
{
  Struct structure = {.type = type, .object = object};

  if (node->kind != CDI_NODE_MAPPING)
    return refuse_kind (decoder, node, name, "a mapping", error);
  *(guint32 *)object = node->line;
  return each_member (decoder, node, 0, take_member, &structure, error);
}

static CdiSpec *
parse (const char *text, gsize length, const char *what, CdiArena *arena, GError **error)
{
  g_autoptr (CdiTree) tree = cdi_tree_parse (text, length, what, arena, error);
  Decoder decoder = {.tree = tree, .what = what, .arena = arena};
  CdiSpec *spec;

  if (tree == NULL)
    return NULL;
  if (tree->nodes->len == 0 || is_null (cdi_tree_node (tree, 0))) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: it is empty: no CDI data", what);
    return NULL;
  }
  spec = cdi_arena_alloc (arena, sizeof *spec);
  if (!decode_struct (&decoder, cdi_tree_node (tree, 0), "the document", &cdi_spec_type, spec, error))
    return NULL;
  return cdi_validate (spec, what, error) ? spec : NULL;
}

/* A message may hold any text of the file: a text with line ends in it, or one of a megabyte. */
CdiSpec *
cdi_document_parse (const char *text, gsize length, const char *what, CdiArena *arena, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autofree char *message = NULL;
  CdiSpec *spec = parse (text, length, what, arena, &problem);

  if (spec != NULL)
    return spec;
  message = cdi_shown (problem->message, MOST_MESSAGE);
  g_set_error_literal (error, problem->domain, problem->code, message);
  return NULL;
}
