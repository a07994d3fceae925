/* SPDX-License-Identifier: Apache-2.0
 *
 * format-module.h: what b9run-json.so and b9run-yaml.so export to formats.c; private to this room.
 */
#ifndef B9_FORMAT_MODULE_H
#define B9_FORMAT_MODULE_H

#include "core/formats/formats.h"

/* The module and b9run come from one build; the size and the version tell when they do not. */
typedef struct {
  gsize struct_size;
  const char *version; /* PACKAGE_VERSION */
  char *(*json) (GVariant *document, gboolean pretty, GError **error);
  B9YamlNode *(*yaml) (const char *text, gsize length, const char *what, GError **error);
} B9FormatModule;

#define B9_FORMAT_MODULE_SYMBOL "b9_format_module"

/* Opens DIRECTORY/b9run-FORMAT.so, for good: nothing closes it.  A second call returns the same module. */
const B9FormatModule *b9_format_module_open (const char *directory, const char *format, GError **error);

/* Whether @module, read from @file, is of this build and has the function for @format. */
gboolean b9_format_module_check (const B9FormatModule *module, const char *file, const char *format,
                                 GError **error);

#endif /* B9_FORMAT_MODULE_H */
