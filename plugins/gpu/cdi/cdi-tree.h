/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-tree.h: the first document of a YAML text as nodes in one array.
 *
 * YAML 1.1 with anchors and aliases; what it means is cdi-document.c's job.  A JSON file is read the same
 * way, as the reference implementation does.
 */
#ifndef CDI_TREE_H
#define CDI_TREE_H

#include "plugins/gpu/cdi/cdi-arena.h"

G_BEGIN_DECLS

/* nvidia-ctk's file for 64 GPUs with MIG has 380 KB. */
#define CDI_MAX_BYTES (8 * 1024 * 1024)

/* @text as a message shows it: in UTF-8, without control characters, and after @most bytes cut; g_free(). */
char *cdi_shown (const char *text, gsize most);

typedef enum {
  CDI_NODE_SCALAR,
  CDI_NODE_SEQUENCE,
  CDI_NODE_MAPPING,
  CDI_NODE_ALIAS,
} CdiNodeKind;

typedef enum {
  CDI_TAG_NONE,
  CDI_TAG_STRING,
  CDI_TAG_CORE, /* !!int, !!bool …: resolved as if there were none, quoted or not */
} CdiTag;

#define CDI_NO_NODE G_MAXUINT32

/* The children of a mapping are key, value, key, value … */
typedef struct {
  guint8 kind;  /* a CdiNodeKind */
  guint8 plain; /* neither quoted nor a block: YAML's types apply */
  guint8 tag;   /* a CdiTag */
  guint32 line;
  guint32 first; /* child; of an alias, the node that it stands for */
  guint32 next;  /* sibling */
  guint32 length;
  const char *text; /* of a scalar; no NUL within */
} CdiNode;

typedef struct {
  GArray *nodes; /* of CdiNode; the first is the document */
} CdiTree;

/* @what names the file in messages.  Texts are @arena's.  An empty document has no nodes. */
CdiTree *cdi_tree_parse (const char *text, gsize length, const char *what, CdiArena *arena, GError **error);
void cdi_tree_free (CdiTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CdiTree, cdi_tree_free)

static inline const CdiNode *
cdi_tree_node (const CdiTree *tree, guint32 index)
{
  return &g_array_index (tree->nodes, CdiNode, index);
}

G_END_DECLS

#endif /* CDI_TREE_H */
