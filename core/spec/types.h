/* SPDX-License-Identifier: Apache-2.0
 *
 * types.h: whether the members of a container's spec are of the types that the specification gives them.
 */
#ifndef B9_SPEC_TYPES_H
#define B9_SPEC_TYPES_H

#include "core/json/json-text.h"

G_BEGIN_DECLS

/* Looks at every member of @spec that runtimes have in one type (config.md and config-linux.md of the OCI
 * runtime specification 1.0.2 to 1.2; its Go types give the widths of numbers) and passes over the others,
 * and over null.  FALSE with B9_ERROR_BAD_INPUT, the member and its line at the first that is wrong: runsc
 * would print all that it has read behind its own words, and runc does not say in which file. */
gboolean b9_spec_check_types (const B9JsonText *spec, GError **error);

G_END_DECLS

#endif /* B9_SPEC_TYPES_H */
