/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml-module.c: b9run-yaml.so, a YAML document as a tree of B9YamlNode through libyaml's events.
 *
 * What makes YAML dangerous or surprising is refused rather than read: anchors and aliases (a few lines
 * that grow without bound), tags, merge keys, duplicate keys, more than one document.  The stack of open
 * collections is ours, so depth costs no C stack.  It may use nothing of the core but format-module.h and
 * yaml-node.c.
 */
#include "config.h"

#include <stdarg.h>
#include <string.h>

#include <yaml.h>

#include <b9run/b9-error.h>
#include <b9run/b9-plugin.h>

#include "core/formats/format-module.h"

#define MAX_BYTES (1024 * 1024)
#define MAX_NODES 100000
#define MAX_DEPTH 32

/* A collection that is still open. */
typedef struct {
  B9YamlNode *node; /* borrowed: the tree owns it */
  GHashTable *
      keys; /* of a mapping: each key, borrowed from the child, to find duplicates without a quadratic walk */
  char *key; /* of a mapping: the key whose value comes next */
  guint key_line;
} Frame;

typedef struct {
  yaml_parser_t parser;
  const char *what;
  const char *text;
  gsize length;
  B9YamlNode *root;
  Frame frames[MAX_DEPTH];
  guint depth;
  guint nodes;
  guint documents;
} Reader;

static gboolean fail (const Reader *reader, yaml_mark_t mark, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

static gboolean
fail (const Reader *reader, yaml_mark_t mark, GError **error, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s:%zu:%zu: %s", reader->what, mark.line + 1,
               mark.column + 1, reason);
  return FALSE;
}

/* A key as messages show it: one line, no control characters, not endless. */
static char *
shown (const char *key)
{
  GString *text = g_string_new (NULL);

  for (const char *p = key; *p != '\0' && text->len < 60; p = g_utf8_next_char (p)) {
    gunichar character = g_utf8_get_char (p);
    g_string_append_unichar (text, g_unichar_isprint (character) ? character : '?');
  }
  return g_string_free (text, FALSE);
}

/* libyaml's reader knows the byte only, its other parts line and column. */
static gboolean
fail_in_libyaml (const Reader *reader, GError **error)
{
  const yaml_parser_t *parser = &reader->parser;

  if (parser->error == YAML_MEMORY_ERROR)
    return fail (reader, parser->mark, error, "out of memory");
  if (parser->error != YAML_READER_ERROR)
    return fail (reader, parser->problem_mark, error, "%s%s%s",
                 parser->problem != NULL ? parser->problem : "no valid YAML",
                 parser->context != NULL ? " " : "", parser->context != NULL ? parser->context : "");

  yaml_mark_t mark = {0};
  for (gsize i = 0; i < parser->problem_offset && i < reader->length; i++) {
    gboolean line_ends = reader->text[i] == '\n';
    mark.line += line_ends ? 1 : 0;
    mark.column = line_ends ? 0 : mark.column + 1;
  }
  return fail (reader, mark, error, "%s", parser->problem);
}

static B9YamlNode *
node_new (B9YamlKind kind, guint line)
{
  B9YamlNode *node = g_new0 (B9YamlNode, 1);
  node->kind = kind;
  node->line = line;
  if (kind != B9_YAML_SCALAR)
    node->children = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_yaml_node_free);
  return node;
}

/* Takes @node, a finished scalar or an opened collection, into the collection that is open. */
static void
attach (Reader *reader, B9YamlNode *node)
{
  if (reader->depth == 0) {
    reader->root = node;
    return;
  }
  Frame *frame = &reader->frames[reader->depth - 1];
  if (frame->node->kind == B9_YAML_MAPPING) {
    node->key = g_steal_pointer (&frame->key);
    node->line = frame->key_line;
    g_hash_table_insert (frame->keys, node->key, node);
  }
  g_ptr_array_add (frame->node->children, node);
}

static gboolean
expects_key (const Reader *reader)
{
  if (reader->depth == 0)
    return FALSE;
  const Frame *frame = &reader->frames[reader->depth - 1];
  return frame->node->kind == B9_YAML_MAPPING && frame->key == NULL;
}

/* What holds for every node that begins: counted, and without anchor and tag. */
static gboolean
begin_node (Reader *reader, const yaml_event_t *event, const yaml_char_t *anchor, const yaml_char_t *tag,
            GError **error)
{
  if (anchor != NULL)
    return fail (reader, event->start_mark, error, "the anchor \"&%s\" is not supported: write the value out",
                 (const char *)anchor);
  if (tag != NULL)
    return fail (reader, event->start_mark, error, "the tag \"%s\" is not supported: leave it out",
                 (const char *)tag);
  if (++reader->nodes > MAX_NODES)
    return fail (reader, event->start_mark, error, "the document has more than %d values", MAX_NODES);
  return TRUE;
}

static gboolean
read_key (Reader *reader, const yaml_event_t *event, gboolean quoted, GError **error)
{
  Frame *frame = &reader->frames[reader->depth - 1];
  const char *key = (const char *)event->data.scalar.value;

  if (!quoted && strcmp (key, "<<") == 0)
    return fail (reader, event->start_mark, error,
                 "the merge key \"<<\" is not supported: write the keys out");
  const B9YamlNode *earlier = g_hash_table_lookup (frame->keys, key);
  if (earlier != NULL) {
    g_autofree char *name = shown (key);
    return fail (reader, event->start_mark, error, "the key \"%s\" stands here twice, first in line %u", name,
                 earlier->line);
  }
  frame->key = g_strdup (key);
  frame->key_line = (guint)event->start_mark.line + 1;
  return TRUE;
}

static gboolean
read_scalar (Reader *reader, const yaml_event_t *event, GError **error)
{
  gboolean quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  const char *text = (const char *)event->data.scalar.value;

  if (!begin_node (reader, event, event->data.scalar.anchor, event->data.scalar.tag, error))
    return FALSE;
  if (strlen (text) != event->data.scalar.length)
    return fail (reader, event->start_mark, error, "a text holds a NUL character");
  if (expects_key (reader))
    return read_key (reader, event, quoted, error);

  B9YamlNode *node = node_new (B9_YAML_SCALAR, (guint)event->start_mark.line + 1);
  node->scalar = g_strdup (text);
  node->quoted = quoted;
  attach (reader, node);
  return TRUE;
}

static gboolean
open_collection (Reader *reader, const yaml_event_t *event, GError **error)
{
  gboolean mapping = event->type == YAML_MAPPING_START_EVENT;
  const yaml_char_t *anchor = mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
  const yaml_char_t *tag = mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;

  if (!begin_node (reader, event, anchor, tag, error))
    return FALSE;
  if (expects_key (reader))
    return fail (reader, event->start_mark, error, "a key must be text, not a %s",
                 mapping ? "mapping" : "list");
  if (reader->depth == MAX_DEPTH)
    return fail (reader, event->start_mark, error, "the document is nested deeper than %d levels", MAX_DEPTH);

  B9YamlNode *node = node_new (mapping ? B9_YAML_MAPPING : B9_YAML_SEQUENCE,
                               (guint)event->start_mark.line + 1);
  attach (reader, node);
  reader->frames[reader->depth++] = (Frame){
      .node = node, .keys = mapping ? g_hash_table_new (g_str_hash, g_str_equal) : NULL};
  return TRUE;
}

static void
close_collection (Reader *reader)
{
  Frame *frame = &reader->frames[--reader->depth];
  g_clear_pointer (&frame->keys, g_hash_table_unref);
  g_clear_pointer (&frame->key, g_free);
}

static gboolean
read_event (Reader *reader, const yaml_event_t *event, GError **error)
{
  switch (event->type) {
  case YAML_DOCUMENT_START_EVENT:
    if (++reader->documents > 1)
      return fail (reader, event->start_mark, error, "a second document begins here: only one is read");
    return TRUE;
  case YAML_ALIAS_EVENT:
    return fail (reader, event->start_mark, error, "the alias \"*%s\" is not supported: write the value out",
                 (const char *)event->data.alias.anchor);
  case YAML_SCALAR_EVENT:
    return read_scalar (reader, event, error);
  case YAML_SEQUENCE_START_EVENT:
  case YAML_MAPPING_START_EVENT:
    return open_collection (reader, event, error);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    close_collection (reader);
    return TRUE;
  default:
    return TRUE;
  }
}

static gboolean
read_events (Reader *reader, GError **error)
{
  gboolean more = TRUE;

  while (more) {
    yaml_event_t event;
    if (!yaml_parser_parse (&reader->parser, &event))
      return fail_in_libyaml (reader, error);
    more = event.type != YAML_STREAM_END_EVENT;
    gboolean read = read_event (reader, &event, error);
    yaml_event_delete (&event);
    if (!read)
      return FALSE;
  }
  return TRUE;
}

/* `---` alone, or nothing but comments. */
static gboolean
is_empty (const B9YamlNode *node)
{
  return node->kind == B9_YAML_SCALAR && !node->quoted && *node->scalar == '\0';
}

static B9YamlNode *
yaml_tree (const char *text, gsize length, const char *what, GError **error)
{
  Reader reader = {.what = what, .text = text, .length = length};

  if (length > MAX_BYTES) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s has %zu bytes: a YAML file may have %d", what,
                 length, MAX_BYTES);
    return NULL;
  }
  if (!yaml_parser_initialize (&reader.parser)) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s: out of memory", what);
    return NULL;
  }
  /* Without this a byte order mark would switch to UTF-16, and marks in messages to another unit. */
  yaml_parser_set_encoding (&reader.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string (&reader.parser, (const unsigned char *)text, length);

  gboolean read = read_events (&reader, error);
  while (reader.depth > 0)
    close_collection (&reader);
  yaml_parser_delete (&reader.parser);

  g_autoptr (B9YamlNode) root = reader.root;
  return read && root != NULL && !is_empty (root) ? g_steal_pointer (&root) : NULL;
}

extern B9_EXPORT const B9FormatModule b9_format_module;
const B9FormatModule b9_format_module = {
    .struct_size = sizeof (B9FormatModule),
    .version = PACKAGE_VERSION,
    .yaml = yaml_tree,
};
