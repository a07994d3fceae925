/* SPDX-License-Identifier: Apache-2.0
 *
 * device-inventory.h: what the path of a device node says about GPUs.
 */
#ifndef B9_DEVICE_INVENTORY_H
#define B9_DEVICE_INVENTORY_H

#include <b9run/b9-gpu.h>

G_BEGIN_DECLS

/* The two nodes without which no NVIDIA GPU computes. */
#define B9_NVIDIA_CONTROL "/dev/nvidiactl"
#define B9_NVIDIA_MEMORY "/dev/nvidia-uvm"

typedef struct {
  guint32 gpu_class;  /* B9GpuClass */
  const char *vendor; /* NULL: the path alone does not tell, the device's PCI vendor does */
} B9DeviceMeaning;

/* FALSE: the path has nothing to do with GPUs.  @path: absolute, without "." and "..". */
gboolean b9_device_look_up (const char *path, B9DeviceMeaning *meaning);

/* The vendor of a PCI id as sysfs has it ("0x1002\n"), or NULL for one that makes no GPUs for containers. */
const char *b9_device_vendor (const char *pci_id);

G_END_DECLS

#endif /* B9_DEVICE_INVENTORY_H */
