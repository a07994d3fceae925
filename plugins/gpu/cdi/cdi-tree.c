/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-tree.c: libyaml's events as a flat tree.
 *
 * The stack of open collections is ours, so depth costs no C stack.  Reading stops behind the first document,
 * as the reference implementation does.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-tree.h"

#include <stdarg.h>
#include <string.h>

#include <yaml.h>

#include <b9run/b9-error.h>

#define MAX_NODES (1024 * 1024)
#define MAX_DEPTH 64

/* A collection that is still open. */
typedef struct {
  guint32 node;
  guint32 last; /* child, or CDI_NO_NODE */
} Frame;

typedef struct {
  yaml_parser_t parser;
  const char *what;
  CdiArena *arena;
  GArray *nodes;
  GHashTable *anchors; /* name -> node + 1; NULL before the first */
  Frame frames[MAX_DEPTH];
  guint depth;
  gboolean ended;
} Reader;

static gboolean fail (const Reader *reader, yaml_mark_t mark, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

static gboolean
fail (const Reader *reader, yaml_mark_t mark, GError **error, const char *format, ...)
{
  va_list arguments;
  g_autofree char *reason = NULL;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s:%zu: %s", reader->what, mark.line + 1, reason);
  return FALSE;
}

char *
cdi_shown (const char *text, gsize most)
{
  GString *clean = g_string_new (NULL);
  gsize left = strlen (text);

  while (left > 0 && clean->len < most) {
    gunichar character = g_utf8_get_char_validated (text, (gssize)left);
    gboolean whole = character < (gunichar)-2;
    gsize length = whole ? (gsize)(g_utf8_next_char (text) - text) : 1;

    g_string_append_unichar (clean, whole && g_unichar_isprint (character) ? character : '?');
    text += length;
    left -= length;
  }
  if (left > 0)
    g_string_append (clean, "…");
  return g_string_free (clean, FALSE);
}

static gboolean
fail_in_libyaml (const Reader *reader, GError **error)
{
  const yaml_parser_t *parser = &reader->parser;

  if (parser->error == YAML_MEMORY_ERROR)
    return fail (reader, parser->mark, error, "out of memory");
  if (parser->error == YAML_READER_ERROR) { /* which knows the byte alone */
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: no YAML text: %s at byte %zu", reader->what,
                 parser->problem, parser->problem_offset);
    return FALSE;
  }
  return fail (reader, parser->problem_mark, error, "no valid YAML: %s%s%s",
               parser->problem != NULL ? parser->problem : "the syntax is wrong",
               parser->context != NULL ? " " : "", parser->context != NULL ? parser->context : "");
}

/* Adds @node below the collection that is open; its index. */
static guint32
attach (Reader *reader, const CdiNode *node)
{
  guint32 index = reader->nodes->len;
  Frame *frame = reader->depth > 0 ? &reader->frames[reader->depth - 1] : NULL;

  g_array_append_vals (reader->nodes, node, 1);
  if (frame == NULL)
    return index;
  if (frame->last == CDI_NO_NODE)
    g_array_index (reader->nodes, CdiNode, frame->node).first = index;
  else
    g_array_index (reader->nodes, CdiNode, frame->last).next = index;
  frame->last = index;
  return index;
}

static void
remember_anchor (Reader *reader, const yaml_char_t *anchor, guint32 index)
{
  if (anchor == NULL)
    return;
  if (reader->anchors == NULL)
    reader->anchors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_replace (reader->anchors, g_strdup ((const char *)anchor), GUINT_TO_POINTER (index + 1));
}

static gboolean
read_tag (const Reader *reader, const yaml_event_t *event, const yaml_char_t *given, guint8 *tag,
          GError **error)
{
  static const char *const core[] = {YAML_NULL_TAG, YAML_BOOL_TAG, YAML_INT_TAG, YAML_FLOAT_TAG,
                                     YAML_SEQ_TAG,  YAML_MAP_TAG,  NULL};
  g_autofree char *name = NULL;

  *tag = CDI_TAG_NONE;
  if (given == NULL)
    return TRUE;
  if (strcmp ((const char *)given, YAML_STR_TAG) == 0 || strcmp ((const char *)given, "!") == 0) {
    *tag = CDI_TAG_STRING;
    return TRUE;
  }
  *tag = CDI_TAG_CORE;
  if (g_strv_contains (core, (const char *)given))
    return TRUE;
  name = cdi_shown ((const char *)given, 60);
  return fail (reader, event->start_mark, error, "the tag \"%s\" is not supported: leave it out", name);
}

static gboolean
read_scalar (Reader *reader, const yaml_event_t *event, GError **error)
{
  const char *text = (const char *)event->data.scalar.value;
  gsize length = event->data.scalar.length;
  CdiNode node = {.kind = CDI_NODE_SCALAR,
                  .plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
                  .line = (guint32)event->start_mark.line + 1,
                  .first = CDI_NO_NODE,
                  .next = CDI_NO_NODE,
                  .length = (guint32)length};

  if (memchr (text, '\0', length) != NULL)
    return fail (reader, event->start_mark, error, "a text holds a NUL character");
  if (event->data.scalar.tag != NULL && !read_tag (reader, event, event->data.scalar.tag, &node.tag, error))
    return FALSE;
  node.text = cdi_arena_text (reader->arena, text, length);
  remember_anchor (reader, event->data.scalar.anchor, attach (reader, &node));
  return TRUE;
}

static gboolean
open_collection (Reader *reader, const yaml_event_t *event, GError **error)
{
  gboolean mapping = event->type == YAML_MAPPING_START_EVENT;
  const yaml_char_t *anchor = mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
  const yaml_char_t *tag = mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
  CdiNode node = {.kind = mapping ? CDI_NODE_MAPPING : CDI_NODE_SEQUENCE,
                  .line = (guint32)event->start_mark.line + 1,
                  .first = CDI_NO_NODE,
                  .next = CDI_NO_NODE};
  guint32 index;

  if (reader->depth == MAX_DEPTH)
    return fail (reader, event->start_mark, error, "the document is nested deeper than %d levels", MAX_DEPTH);
  if (!read_tag (reader, event, tag, &node.tag, error))
    return FALSE;
  index = attach (reader, &node);
  remember_anchor (reader, anchor, index);
  reader->frames[reader->depth++] = (Frame){.node = index, .last = CDI_NO_NODE};
  return TRUE;
}

static gboolean
read_alias (Reader *reader, const yaml_event_t *event, GError **error)
{
  const char *name = (const char *)event->data.alias.anchor;
  gpointer target = reader->anchors != NULL ? g_hash_table_lookup (reader->anchors, name) : NULL;
  CdiNode node = {.kind = CDI_NODE_ALIAS, .line = (guint32)event->start_mark.line + 1, .next = CDI_NO_NODE};

  if (target == NULL) {
    g_autofree char *clean = cdi_shown (name, 60);

    return fail (reader, event->start_mark, error, "the alias \"*%s\" has no anchor before it", clean);
  }
  node.first = GPOINTER_TO_UINT (target) - 1;
  attach (reader, &node);
  return TRUE;
}

static gboolean
read_event (Reader *reader, const yaml_event_t *event, GError **error)
{
  if (reader->nodes->len >= MAX_NODES)
    return fail (reader, event->start_mark, error, "the document has more than %d values", MAX_NODES);
  switch (event->type) {
  case YAML_ALIAS_EVENT:
    return read_alias (reader, event, error);
  case YAML_SCALAR_EVENT:
    return read_scalar (reader, event, error);
  case YAML_SEQUENCE_START_EVENT:
  case YAML_MAPPING_START_EVENT:
    return open_collection (reader, event, error);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    reader->depth--;
    return TRUE;
  case YAML_DOCUMENT_END_EVENT:
  case YAML_STREAM_END_EVENT:
    reader->ended = TRUE;
    return TRUE;
  default:
    return TRUE;
  }
}

static gboolean
read_events (Reader *reader, GError **error)
{
  while (!reader->ended) {
    yaml_event_t event;
    gboolean read;

    if (!yaml_parser_parse (&reader->parser, &event))
      return fail_in_libyaml (reader, error);
    read = read_event (reader, &event, error);
    yaml_event_delete (&event);
    if (!read)
      return FALSE;
  }
  return TRUE;
}

CdiTree *
cdi_tree_parse (const char *text, gsize length, const char *what, CdiArena *arena, GError **error)
{
  g_autofree Reader *reader = g_new0 (Reader, 1);
  g_autoptr (CdiTree) tree = g_new0 (CdiTree, 1);
  gboolean read;

  tree->nodes = g_array_sized_new (FALSE, FALSE, sizeof (CdiNode), (guint)MIN (length / 16 + 16, MAX_NODES));
  if (length > CDI_MAX_BYTES) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: it has %zu bytes, and a CDI file may have %d",
                 what, length, CDI_MAX_BYTES);
    return NULL;
  }
  if (!yaml_parser_initialize (&reader->parser)) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: out of memory", what);
    return NULL;
  }
  reader->what = what;
  reader->arena = arena;
  reader->nodes = tree->nodes;
  yaml_parser_set_input_string (&reader->parser, (const unsigned char *)text, length);
  read = read_events (reader, error);
  g_clear_pointer (&reader->anchors, g_hash_table_unref);
  yaml_parser_delete (&reader->parser);
  return read ? g_steal_pointer (&tree) : NULL;
}

void
cdi_tree_free (CdiTree *tree)
{
  if (tree == NULL)
    return;
  g_array_unref (tree->nodes);
  g_free (tree);
}
