/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-driver.h: what the kernel says of NVIDIA's driver, to tell a stale CDI file.
 */
#ifndef CDI_DRIVER_H
#define CDI_DRIVER_H

#include <b9run/b9-host.h>

G_BEGIN_DECLS

typedef struct {
  char *version;      /* of the loaded module, or NULL */
  GHashTable *majors; /* names of /proc/devices' character devices -> major */
} CdiDriver;

CdiDriver *cdi_driver_read (const B9Host *host);
void cdi_driver_free (CdiDriver *driver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CdiDriver, cdi_driver_free)

/* A sentence where @path, a node of NVIDIA's, has another major in /proc/devices, or NULL; g_free(). */
char *cdi_driver_check_major (const CdiDriver *driver, const char *path, gint64 major);

/* A sentence where @text names a driver's version ("libcuda.so.570.172.08", "/firmware/nvidia/570.172.08/",
 * "--host-driver-version=570.172.08") and another one is loaded, or NULL; g_free(). */
char *cdi_driver_check_version (const CdiDriver *driver, const char *text);

G_END_DECLS

#endif /* CDI_DRIVER_H */
