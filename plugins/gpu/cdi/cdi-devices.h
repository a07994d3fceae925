/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-devices.h: a device node of CDI as the container gets it, completed from the host's node.
 */
#ifndef CDI_DEVICES_H
#define CDI_DEVICES_H

#include <sys/stat.h>

#include "plugins/gpu/cdi/cdi-model.h"

G_BEGIN_DECLS

/* lstat(2) of @path on the host, as its errno, or 0. */
typedef int (*CdiLookFunc) (gpointer data, const char *path, struct stat *status);

typedef struct {
  CdiLookFunc look;
  gpointer data;
} CdiHostNodes;

typedef struct {
  const char *path; /* in the container */
  char type;        /* 'b', 'c', 'u' or 'p' */
  gint64 major;
  gint64 minor;
  CdiNumber file_mode;
  CdiNumber uid;
  CdiNumber gid;
  const char *access; /* of the cgroup rule, or NULL for no rule */
  char *warning;      /* g_free(), or NULL */
} CdiOciDevice;

void cdi_oci_device_clear (CdiOciDevice *device);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CdiOciDevice, cdi_oci_device_clear)

/* Where the host's node has to be looked for. */
const char *cdi_host_path (const CdiDeviceNode *node);

/* Completes @node from the host.  Errors are B9_ERROR_UNSUPPORTED: this host does not have the device. */
gboolean cdi_device_resolve (const CdiDeviceNode *node, const CdiHostNodes *nodes, CdiOciDevice *device,
                             GError **error);

/* 'b', 'c' or 'p' of a node; 0 for what is none. */
char cdi_node_type (const struct stat *status);

G_END_DECLS

#endif /* CDI_DEVICES_H */
