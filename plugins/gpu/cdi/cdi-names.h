/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-names.h: qualified names of devices, VENDOR/CLASS=NAME.
 */
#ifndef CDI_NAMES_H
#define CDI_NAMES_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  char *vendor;
  char *device_class;
  char *device;
} CdiName;

void cdi_name_clear (CdiName *name);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CdiName, cdi_name_clear)

/* Errors are B9_ERROR_BAD_INPUT in the reference implementation's words, which people search for. */
gboolean cdi_name_parse (const char *text, CdiName *name, GError **error);

gboolean cdi_name_check_vendor (const char *vendor, GError **error);
gboolean cdi_name_check_class (const char *device_class, GError **error);
gboolean cdi_name_check_device (const char *device, GError **error);

G_END_DECLS

#endif /* CDI_NAMES_H */
