/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-scalars.h: what an unquoted word of YAML 1.1 is, and the text that it becomes where text is wanted.
 *
 * The reference implementation types every scalar first and converts it afterwards, so an unquoted name 010
 * is the device "8", and yes is "true".
 */
#ifndef CDI_SCALARS_H
#define CDI_SCALARS_H

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  CDI_SCALAR_NULL,
  CDI_SCALAR_BOOLEAN,
  CDI_SCALAR_INTEGER,
  CDI_SCALAR_LARGE, /* above 2^63: in `large` */
  CDI_SCALAR_FLOAT,
  CDI_SCALAR_STRING,
} CdiScalarKind;

typedef struct {
  CdiScalarKind kind;
  gboolean boolean;
  gint64 integer;
  guint64 large;
  double real;
} CdiScalar;

/* The type of the plain (unquoted) scalar @text. */
CdiScalar cdi_scalar_resolve (const char *text, gsize length);

/* Whether that type is null: asked for every value, and quicker. */
gboolean cdi_scalar_is_null (const char *text, gsize length);

/* The text of anything but a string and null; g_free(). */
char *cdi_scalar_text (const CdiScalar *scalar);

/* A number without a fraction that 64 bits hold: 7, 0x1b6, 1.0. */
gboolean cdi_scalar_integer (const CdiScalar *scalar, gint64 *value);

G_END_DECLS

#endif /* CDI_SCALARS_H */
