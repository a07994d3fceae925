/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-validate.h: what a CDI file may not hold, whoever has read it.
 */
#ifndef CDI_VALIDATE_H
#define CDI_VALIDATE_H

#include "plugins/gpu/cdi/cdi-model.h"

G_BEGIN_DECLS

/* Errors are B9_ERROR_BAD_INPUT, begin with @what and the line, and hold the reference implementation's
 * words.
 */
gboolean cdi_validate (const CdiSpec *spec, const char *what, GError **error);

/* The oldest version of CDI that has all that @spec uses; 0.3.0 at least. */
CdiVersion cdi_minimum_version (const CdiSpec *spec);

G_END_DECLS

#endif /* CDI_VALIDATE_H */
