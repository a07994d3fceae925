/* SPDX-License-Identifier: Apache-2.0
 *
 * json-pretty.h: a scanned document, one value a line, for people and for comparing by lines.
 */
#ifndef B9_JSON_PRETTY_H
#define B9_JSON_PRETTY_H

#include "core/json/json-text.h"

G_BEGIN_DECLS

/* Indented by two spaces a level, with a newline at the end; numbers, strings and names byte for byte as they
 * stand. Owned. */
char *b9_json_pretty (const B9JsonText *text);

G_END_DECLS

#endif /* B9_JSON_PRETTY_H */
