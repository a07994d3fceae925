/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-cache.h: what the files of CDI held when they were last read.
 *
 * Kept in b9run's state directory and used as long as the same files, each with the same device, inode, size,
 * times, mode and owner, are in the same directories.
 */
#ifndef CDI_CACHE_H
#define CDI_CACHE_H

#include "plugins/gpu/cdi/cdi-registry.h"

G_BEGIN_DECLS

/* Fills in the specs and problems of registry->files, which are listed but not read.  FALSE: nothing is
 * kept, or not of these files, or it is damaged; then nothing was filled in. */
gboolean cdi_cache_read (const B9Host *host, CdiRegistry *registry);

/* Keeps what was read.  Not where a file has just changed: another change within the same tick of the clock
 * would not show in its times. */
void cdi_cache_write (const B9Host *host, const CdiRegistry *registry);

/* The parts without the host, for tests. */
GBytes *cdi_cache_encode (const CdiRegistry *registry);
guint64 cdi_cache_checksum (const guint8 *bytes, gsize length); /* the first eight bytes, of the rest */
gboolean cdi_cache_decode (GBytes *kept, CdiRegistry *registry);

G_END_DECLS

#endif /* CDI_CACHE_H */
