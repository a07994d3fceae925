/* SPDX-License-Identifier: Apache-2.0
 *
 * formats.h: the formats that need a library which is too slow to link into every command.
 *
 * json-glib brings GIO and GObject (2 ms of start-up), so the code that uses it is a module of our own,
 * b9run-json.so, dlopened by the first call; likewise b9run-yaml.so with libyaml.  The callers see GLib
 * types only.  Documents that b9run reads on the way to a container go through core/json instead.
 */
#ifndef B9_FORMATS_H
#define B9_FORMATS_H

#include <glib.h>

G_BEGIN_DECLS

/* @document as JSON text through json-glib, without a final newline: a{sv} is an object in its order, av and
 * a? arrays, s b i u x t d scalars, "mv" Nothing is null.  A floating @document is sunk.  u64 above
 * G_MAXINT64 are refused, since json-glib would turn them negative. */
char *b9_format_json (GVariant *document, gboolean pretty, GError **error);

typedef enum {
  B9_YAML_SCALAR,
  B9_YAML_SEQUENCE,
  B9_YAML_MAPPING,
} B9YamlKind;

/* One node of a YAML document.  Children of a mapping have a key. */
typedef struct _B9YamlNode B9YamlNode;
struct _B9YamlNode {
  B9YamlKind kind;
  char *key;           /* NULL outside of mappings */
  char *scalar;        /* SCALAR only, as written */
  gboolean quoted;     /* a quoted or block scalar is always a string */
  guint line;          /* of the key, from 1 */
  GPtrArray *children; /* of B9YamlNode, for SEQUENCE and MAPPING */
};

void b9_yaml_node_free (B9YamlNode *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9YamlNode, b9_yaml_node_free)

/* The one document in @text; NULL with no error set is an empty document.  Bounded in depth (32), nodes
 * (100,000) and size (1 MiB); duplicate keys, aliases, tags and further documents are refused, each with
 * @what, line and column. */
B9YamlNode *b9_format_yaml (const char *text, gsize length, const char *what, GError **error);

G_END_DECLS

#endif /* B9_FORMATS_H */
