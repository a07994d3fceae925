/* SPDX-License-Identifier: Apache-2.0
 *
 * device-inventory.c: see device-inventory.h; the README says where each row comes from.
 */
#include "config.h"

#include "device-inventory.h"

#include <string.h>

typedef struct {
  const char *name;
  gboolean numbered; /* a number follows, and nothing else */
  guint32 gpu_class;
  const char *vendor;
} Row;

static const Row inventory[] = {
    {"/dev/nvidia", TRUE, B9_GPU_DEVICE, "nvidia"},
    {B9_NVIDIA_CONTROL, FALSE, B9_GPU_CONTROL, "nvidia"},
    {B9_NVIDIA_MEMORY, FALSE, B9_GPU_COMPANION, "nvidia"},
    {"/dev/nvidia-uvm-tools", FALSE, B9_GPU_COMPANION, "nvidia"},
    {"/dev/nvidia-modeset", FALSE, B9_GPU_COMPANION, "nvidia"},
    {"/dev/nvidia-caps/nvidia-cap", TRUE, B9_GPU_COMPANION, "nvidia"},
    {"/dev/nvidia-caps-imex-channels/channel", TRUE, B9_GPU_COMPANION, "nvidia"},
    {"/dev/nvidia-fs", TRUE, B9_GPU_COMPANION, "nvidia"},
    {"/dev/nvidia-nvlink", FALSE, B9_GPU_COMPANION, "nvidia"},
    {"/dev/nvidia-nvswitch", TRUE, B9_GPU_COMPANION, "nvidia"},
    {"/dev/nvidia-nvswitchctl", FALSE, B9_GPU_COMPANION, "nvidia"},
    {"/dev/gdrdrv", FALSE, B9_GPU_COMPANION, "nvidia"},
    {"/dev/dxg", FALSE, B9_GPU_DEVICE, "wsl"},
    {"/dev/kfd", FALSE, B9_GPU_CONTROL, "amd"},
    {"/dev/dri/renderD", TRUE, B9_GPU_DEVICE, NULL},
    {"/dev/dri/card", TRUE, B9_GPU_COMPANION, NULL},
};

static gboolean
is_number (const char *text)
{
  return *text != '\0' && text[strspn (text, "0123456789")] == '\0';
}

static gboolean
matches (const Row *row, const char *path)
{
  gsize length = strlen (row->name);

  if (strncmp (path, row->name, length) != 0)
    return FALSE;
  return row->numbered ? is_number (path + length) : path[length] == '\0';
}

gboolean
b9_device_look_up (const char *path, B9DeviceMeaning *meaning)
{
  for (guint i = 0; i < G_N_ELEMENTS (inventory); i++) {
    if (!matches (&inventory[i], path))
      continue;
    *meaning = (B9DeviceMeaning){.gpu_class = inventory[i].gpu_class, .vendor = inventory[i].vendor};
    return TRUE;
  }
  return FALSE;
}

const char *
b9_device_vendor (const char *pci_id)
{
  static const char *const vendors[][2] = {{"0x10de", "nvidia"}, {"0x1002", "amd"}, {"0x8086", "intel"}};

  for (guint i = 0; i < G_N_ELEMENTS (vendors); i++) {
    gsize length = strlen (vendors[i][0]);

    if (g_ascii_strncasecmp (pci_id, vendors[i][0], length) == 0 && !g_ascii_isxdigit (pci_id[length]))
      return vendors[i][1];
  }
  return NULL;
}
