/* SPDX-License-Identifier: Apache-2.0
 *
 * formats.c: opens the module of a format on its first use and passes the call on.
 *
 * json-module.c, yaml-module.c and archive-module.c are the modules; yaml-node.c is in both b9run and
 * b9run-yaml.so.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <b9run/b9-error.h>

#include "core/formats/format-module.h"

static gboolean
has_format (const B9FormatModule *module, const char *format)
{
  if (g_str_equal (format, "json"))
    return module->json != NULL;
  if (g_str_equal (format, "yaml"))
    return module->yaml != NULL;
  return module->archive_open != NULL && module->archive_read != NULL;
}

gboolean
b9_format_module_check (const B9FormatModule *module, const char *file, const char *format, GError **error)
{
  if (module->struct_size != sizeof (B9FormatModule) || g_strcmp0 (module->version, PACKAGE_VERSION) != 0) {
    g_set_error (error, B9_ERROR, B9_ERROR_FAILED,
                 "%s is not of this build of b9run (" PACKAGE_VERSION "): install b9run again, whole", file);
    return FALSE;
  }
  gboolean present = has_format (module, format);
  if (!present)
    g_set_error (error, B9_ERROR, B9_ERROR_FAILED, "%s does not read or write %s: install b9run again, whole",
                 file, format);
  return present;
}

const B9FormatModule *
b9_format_module_open (const char *directory, const char *format, GError **error)
{
  g_autofree char *file = g_strdup_printf ("%s/b9run-%s.so", directory, format);

  /* Never unloaded: json-glib registers GObject types, which point into it until the process ends. */
  void *handle = dlopen (file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == NULL) {
    const char *reason = dlerror ();
    gboolean names_file = reason != NULL && g_str_has_prefix (reason, file);
    g_set_error (
        error, B9_ERROR, B9_ERROR_FAILED,
        "the module for %s cannot be loaded: %s%s%s; it is part of b9run: install b9run again, whole", format,
        names_file ? "" : file, names_file ? "" : ": ", reason != NULL ? reason : "no reason given");
    return NULL;
  }
  const B9FormatModule *module = dlsym (handle, B9_FORMAT_MODULE_SYMBOL);
  if (module == NULL) {
    g_set_error (error, B9_ERROR, B9_ERROR_FAILED, "%s is no format module of b9run: it has no symbol %s",
                 file, B9_FORMAT_MODULE_SYMBOL);
    return NULL;
  }
  return b9_format_module_check (module, file, format, error) ? module : NULL;
}

/* @once holds the module from the first success on; a failure is tried, and reported, again. */
const B9FormatModule *
b9_format_module_once (const B9FormatModule **once, const char *format, GError **error)
{
  const B9FormatModule *module = g_atomic_pointer_get (once);
  if (module != NULL)
    return module;

  const char *directory = secure_getenv ("B9RUN_LIBEXEC_DIR");
  if (directory == NULL || *directory == '\0')
    directory = B9_PKGLIBDIR;
  module = b9_format_module_open (directory, format, error);
  if (module != NULL)
    g_atomic_pointer_set (once, module);
  return module;
}

char *
b9_format_json (GVariant *document, gboolean pretty, GError **error)
{
  static const B9FormatModule *json;
  g_autoptr (GVariant) sunk = g_variant_ref_sink (document);

  const B9FormatModule *module = b9_format_module_once (&json, "json", error);
  return module != NULL ? module->json (sunk, pretty, error) : NULL;
}

B9YamlNode *
b9_format_yaml (const char *text, gsize length, const char *what, GError **error)
{
  static const B9FormatModule *yaml;

  const B9FormatModule *module = b9_format_module_once (&yaml, "yaml", error);
  return module != NULL ? module->yaml (text, length, what, error) : NULL;
}
