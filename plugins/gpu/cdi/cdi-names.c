/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-names.c: VENDOR/CLASS=NAME, cut at the first "=" and, before it, at the first "/".
 *
 * Letters and digits are ASCII's, case counts.  One letter is a vendor or a class, which release 1.1.0 of the
 * reference implementation crashes on.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-names.h"

#include <string.h>

#include <b9run/b9-error.h>

void
cdi_name_clear (CdiName *name)
{
  g_clear_pointer (&name->vendor, g_free);
  g_clear_pointer (&name->device_class, g_free);
  g_clear_pointer (&name->device, g_free);
}

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (B9_ERROR, B9_ERROR_BAD_INPUT, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* The first character of @text that is none of letters, digits and @others; NULL where all are. */
static const char *
find_stranger (const char *text, const char *others)
{
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr (others, *p) == NULL)
      return p;
  return NULL;
}

/* Of a character in UTF-8, for messages. */
static int
character_length (const char *p)
{
  int length = 1;

  while (((guchar)p[length] & 0xc0) == 0x80)
    length++;
  return length;
}

static gboolean
check_part (const char *text, const char *what, GError **error)
{
  const char *stranger;

  if (*text == '\0')
    return fail (error, "invalid (empty) %s", what);
  if (!g_ascii_isalpha (text[0]))
    return fail (error, "invalid %s. \"%s\", should start with letter", what, text);
  stranger = find_stranger (text, "_-.");
  if (stranger != NULL && stranger[1] != '\0')
    return fail (error, "invalid character '%.*s' in %s \"%s\"", character_length (stranger), stranger, what,
                 text);
  if (!g_ascii_isalnum (text[strlen (text) - 1]))
    return fail (error, "invalid %s. \"%s\", should end with a letter or digit", what, text);
  return TRUE;
}

gboolean
cdi_name_check_vendor (const char *vendor, GError **error)
{
  return check_part (vendor, "vendor", error);
}

gboolean
cdi_name_check_class (const char *device_class, GError **error)
{
  return check_part (device_class, "class", error);
}

gboolean
cdi_name_check_device (const char *device, GError **error)
{
  const char *stranger;

  if (*device == '\0')
    return fail (error, "invalid (empty) device name");
  if (!g_ascii_isalnum (device[0]))
    return fail (error, "invalid class \"%s\", should start with a letter or digit", device);
  stranger = find_stranger (device, "_-.:");
  if (stranger != NULL && stranger[1] != '\0')
    return fail (error, "invalid character '%.*s' in device name \"%s\"", character_length (stranger),
                 stranger, device);
  if (!g_ascii_isalnum (device[strlen (device) - 1]))
    return fail (error, "invalid name \"%s\", should end with a letter or digit", device);
  return TRUE;
}

gboolean
cdi_name_parse (const char *text, CdiName *name, GError **error)
{
  const char *equals = strchr (text, '=');
  const char *slash = equals != NULL ? memchr (text, '/', (gsize)(equals - text)) : NULL;
  g_auto (CdiName) parsed = {0};

  if (slash == NULL || slash == text || slash + 1 == equals || equals[1] == '\0')
    return fail (error, "unqualified device \"%s\", missing vendor", text);
  parsed.vendor = g_strndup (text, (gsize)(slash - text));
  parsed.device_class = g_strndup (slash + 1, (gsize)(equals - slash - 1));
  parsed.device = g_strdup (equals + 1);
  if (!cdi_name_check_vendor (parsed.vendor, error) || !cdi_name_check_class (parsed.device_class, error) ||
      !cdi_name_check_device (parsed.device, error)) {
    g_prefix_error (error, "invalid device \"%s\": ", text);
    return FALSE;
  }
  *name = parsed;
  parsed = (CdiName){0};
  return TRUE;
}
