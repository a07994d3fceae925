/* SPDX-License-Identifier: Apache-2.0
 *
 * stream.h: a save of which no whole image is left here: a pre-dump, and pages for another host.
 */
#ifndef B9_STREAM_H
#define B9_STREAM_H

#include "core/checkpoint/save.h"

G_BEGIN_DECLS

/* The runtime does it alone, under the journal; a cut-off one is undone like any other save. */
gboolean b9_stream_save (B9Save *save, GError **error);

G_END_DECLS

#endif /* B9_STREAM_H */
