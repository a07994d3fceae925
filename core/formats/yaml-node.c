/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml-node.c: frees the tree that yaml-module.c builds.
 *
 * Compiled into b9run and into b9run-yaml.so: the module may call nothing of the core, and its callers own
 * the tree.
 */
#include "config.h"

#include "core/formats/formats.h"

void
b9_yaml_node_free (B9YamlNode *node)
{
  if (node == NULL)
    return;
  g_clear_pointer (&node->children, g_ptr_array_unref);
  g_free (node->key);
  g_free (node->scalar);
  g_free (node);
}
