/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-document.h: the text of one CDI file, read strictly.
 *
 * Neighbours: cdi-tree.h reads YAML, cdi-scalars.h types its words, cdi-model.h has the tables of members,
 * cdi-validate.h says what a file may not hold.
 */
#ifndef CDI_DOCUMENT_H
#define CDI_DOCUMENT_H

#include "plugins/gpu/cdi/cdi-arena.h"
#include "plugins/gpu/cdi/cdi-model.h"

G_BEGIN_DECLS

/* Reads and checks.  @what names the file in messages ("/etc/cdi/nvidia.yaml"), which are B9_ERROR_BAD_INPUT
 * and have the line.  The result lives as long as @arena. */
CdiSpec *cdi_document_parse (const char *text, gsize length, const char *what, CdiArena *arena,
                             GError **error);

G_END_DECLS

#endif /* CDI_DOCUMENT_H */
