/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-kinds.c: judged by the kind and by the edits.
 *
 * nvidia.com/gds and the like bring NVIDIA's nodes and no GPU, and nvidia.com/gpu=none brings nothing, so
 * neither the vendor nor the class alone is enough.  A GPU of a kind that nobody has listed is known by its
 * nodes.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-kinds.h"

#include <string.h>

#include "plugins/gpu/cdi/cdi-names.h"

typedef struct {
  const char *vendor; /* and what ends in "." and it */
  const char *device_class;
} Kind;

static const Kind gpu_kinds[] = {
    {"nvidia.com", "gpu"}, {"nvidia.com", "gpu.coherent"}, {"nvidia.com", "gpu.noncoherent"},
    {"amd.com", "gpu"},    {"intel.com", "gpu"},
};

static gboolean
is_vendor (const char *vendor, const char *wanted)
{
  gsize length = strlen (vendor), tail = strlen (wanted);

  if (length < tail || strcmp (vendor + length - tail, wanted) != 0)
    return FALSE;
  return length == tail || vendor[length - tail - 1] == '.';
}

static gboolean
is_gpu_kind (const CdiName *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (gpu_kinds); i++)
    if (is_vendor (name->vendor, gpu_kinds[i].vendor) &&
        strcmp (name->device_class, gpu_kinds[i].device_class) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_gpu_vendor (const CdiName *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (gpu_kinds); i++)
    if (is_vendor (name->vendor, gpu_kinds[i].vendor))
      return TRUE;
  return FALSE;
}

static gboolean
is_numbered (const char *path, const char *prefix)
{
  gsize length = strlen (prefix);
  const char *digits = path + length;

  return strncmp (path, prefix, length) == 0 && *digits != '\0' &&
         digits[strspn (digits, "0123456789")] == '\0';
}

gboolean
cdi_is_gpu_node (const char *path)
{
  return is_numbered (path, "/dev/nvidia") || is_numbered (path, "/dev/dri/renderD") ||
         strcmp (path, "/dev/dxg") == 0 || strcmp (path, "/dev/kfd") == 0;
}

static gboolean
has_gpu_node (const CdiEdits *edits)
{
  for (guint i = 0; i < edits->nodes.count; i++)
    if (cdi_is_gpu_node (CDI_ITEM (edits->nodes, CdiDeviceNode, i)->path))
      return TRUE;
  return FALSE;
}

guint32
cdi_gpu_class (const char *device, const CdiEntry *entry)
{
  g_auto (CdiName) name = {0};

  if (!cdi_name_parse (device, &name, NULL))
    return 0;
  if (entry == NULL)
    return is_gpu_kind (&name) ? B9_GPU_DEVICE : is_gpu_vendor (&name) ? B9_GPU_COMPANION : 0;
  if (has_gpu_node (&entry->device->edits) || has_gpu_node (&entry->file->spec->edits) ||
      (is_gpu_kind (&name) && entry->device->edits.nodes.count > 0))
    return B9_GPU_DEVICE;
  return is_gpu_vendor (&name) ? B9_GPU_COMPANION : 0;
}

char *
cdi_vendor (const char *device)
{
  g_auto (CdiName) name = {0};
  g_auto (GStrv) labels = NULL;
  guint count;

  if (!cdi_name_parse (device, &name, NULL))
    return g_strdup ("unknown");
  labels = g_strsplit (name.vendor, ".", -1);
  count = g_strv_length (labels);
  /* "a..b" is a vendor too. */
  return g_strdup (count >= 2 && *labels[count - 2] != '\0' ? labels[count - 2] : name.vendor);
}
