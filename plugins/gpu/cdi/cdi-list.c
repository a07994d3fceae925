/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-list.c: every device that a container can ask for, with its file and its nodes.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-list.h"

#include "plugins/gpu/cdi/cdi-kinds.h"
#include "plugins/gpu/cdi/cdi-request.h"

static void
append_nodes (GString *nodes, const CdiEdits *edits)
{
  for (guint i = 0; i < edits->nodes.count; i++)
    g_string_append_printf (nodes, "%s%s", nodes->len > 0 ? " " : "",
                            CDI_ITEM (edits->nodes, CdiDeviceNode, i)->path);
}

static void
add_entry (B9GpuListing *listing, const CdiEntry *entry)
{
  g_autofree char *vendor = cdi_vendor (entry->name);
  g_autoptr (GString) nodes = g_string_new (NULL);
  B9GpuListed listed = {
      .struct_size = sizeof listed,
      .gpu_class = cdi_gpu_class (entry->name, entry),
      .vendor = vendor,
      .device = entry->name,
      .source = entry->file->path,
  };

  append_nodes (nodes, &entry->device->edits);
  append_nodes (nodes, &entry->file->spec->edits);
  listed.nodes = nodes->str;
  listing->add (listing, &listed);
}

gboolean
cdi_list (const B9Host *host, B9GpuListing *listing, GError **error)
{
  g_autoptr (CdiRegistry) registry = cdi_registry_load (host, cdi_directories (host));
  g_autoptr (GPtrArray) entries = cdi_registry_sorted (registry);

  (void)error;
  for (guint i = 0; i < entries->len; i++)
    add_entry (listing, entries->pdata[i]);
  for (guint i = 0; i < registry->problems->len; i++)
    host->log (host, B9_LOG_WARNING, ((const CdiProblem *)registry->problems->pdata[i])->message);
  return TRUE;
}
