/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-driver.c: /proc/driver/nvidia/version and /proc/devices.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-driver.h"

#include <string.h>

#define MOST_BYTES ((gsize)64 * 1024)

/* The "570.124.06" or "550.90" that @text begins with; 0 for none. */
static gsize
version_length (const char *text)
{
  gsize length = strspn (text, "0123456789");
  guint parts = 1;

  if (length < 3)
    return 0;
  while (parts < 3 && text[length] == '.' && g_ascii_isdigit (text[length + 1])) {
    length += 1 + strspn (text + length + 1, "0123456789");
    parts++;
  }
  return parts > 1 ? length : 0;
}

/* The first word of the line that is a version. */
static char *
find_version (const char *text)
{
  const char *end = text + strcspn (text, "\n");

  for (const char *p = text; p < end; p++) {
    gsize length = p == text || p[-1] == ' ' ? version_length (p) : 0;

    if (length > 0 && strchr (" \n", p[length]) != NULL)
      return g_strndup (p, length);
  }
  return NULL;
}

static void
read_majors (const char *text, GHashTable *majors)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL && !g_str_has_prefix (*line, "Block"); line++) {
    char *name = NULL;
    guint64 major = g_ascii_strtoull (*line, &name, 10);

    if (name > *line && *name == ' ')
      g_hash_table_insert (majors, g_strdup (g_strstrip (name)), GUINT_TO_POINTER ((guint)major));
  }
}

CdiDriver *
cdi_driver_read (const B9Host *host)
{
  CdiDriver *driver = g_new0 (CdiDriver, 1);
  g_autofree char *version = host->read_file (host, "/proc/driver/nvidia/version", MOST_BYTES, NULL, NULL);
  g_autofree char *devices = host->read_file (host, "/proc/devices", MOST_BYTES, NULL, NULL);

  driver->majors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (version != NULL)
    driver->version = find_version (version);
  if (devices != NULL)
    read_majors (devices, driver->majors);
  return driver;
}

void
cdi_driver_free (CdiDriver *driver)
{
  if (driver == NULL)
    return;
  g_hash_table_unref (driver->majors);
  g_free (driver->version);
  g_free (driver);
}

/* What /proc/devices calls the driver of a node; older drivers say nvidia-frontend for the first. */
static const char *
driver_name (const char *path)
{
  if (g_str_has_prefix (path, "/dev/nvidia-uvm"))
    return "nvidia-uvm";
  if (g_str_has_prefix (path, "/dev/nvidia-caps/"))
    return "nvidia-caps";
  if (strcmp (path, "/dev/nvidiactl") == 0 || strcmp (path, "/dev/nvidia-modeset") == 0 ||
      (g_str_has_prefix (path, "/dev/nvidia") && g_ascii_isdigit (path[strlen ("/dev/nvidia")])))
    return "nvidia";
  return NULL;
}

char *
cdi_driver_check_major (const CdiDriver *driver, const char *path, gint64 major)
{
  const char *name = driver_name (path);
  gpointer found = name != NULL ? g_hash_table_lookup (driver->majors, name) : NULL;

  if (found == NULL && g_strcmp0 (name, "nvidia") == 0)
    found = g_hash_table_lookup (driver->majors, "nvidia-frontend");
  if (found == NULL || GPOINTER_TO_UINT (found) == major)
    return NULL;
  return g_strdup_printf ("%s has the major %" G_GINT64_FORMAT ", and in /proc/devices %s has %u", path,
                          major, name, GPOINTER_TO_UINT (found));
}

char *
cdi_driver_check_version (const CdiDriver *driver, const char *text)
{
  static const char *const marks[] = {".so.", "/firmware/nvidia/", "--host-driver-version="};

  for (guint i = 0; driver->version != NULL && i < G_N_ELEMENTS (marks); i++) {
    const char *mark = strstr (text, marks[i]);
    const char *version = mark != NULL ? mark + strlen (marks[i]) : "";
    gsize length = version_length (version);

    if (length > 0 && (version[length] == '\0' || version[length] == '/') &&
        (strlen (driver->version) != length || strncmp (driver->version, version, length) != 0))
      return g_strdup_printf ("it was made for the driver %.*s, and %s is loaded", (int)length, version,
                              driver->version);
  }
  return NULL;
}
