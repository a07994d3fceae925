/* SPDX-License-Identifier: Apache-2.0
 *
 * pointer.c: see pointer.h.
 */
#include "config.h"

#include "core/spec/pointer.h"

#include <string.h>

#include "core/sys/failure.h"

/* The objects of the runtime spec (config.md, config-linux.md) whose keys are free. */
static const char *const maps[][4] = {
    {"annotations", NULL},
    {"linux", "sysctl", NULL},
    {"linux", "timeOffsets", NULL},
    {"linux", "netDevices", NULL},
    {"linux", "resources", "unified", NULL},
    {"linux", "resources", "rdma", NULL},
};

void
b9_pointer_clear (B9Pointer *pointer)
{
  g_strfreev (pointer->steps);
  memset (pointer, 0, sizeof *pointer);
}

/* "~1" is "/" and "~0" is "~"; NULL: another "~". */
static char *
unescape (const char *step)
{
  g_autoptr (GString) plain = g_string_new (NULL);

  for (; *step != '\0'; step++) {
    if (*step != '~') {
      g_string_append_c (plain, *step);
      continue;
    }
    step++;
    if (*step != '0' && *step != '1')
      return NULL;
    g_string_append_c (plain, *step == '0' ? '~' : '/');
  }
  return g_string_free (g_steal_pointer (&plain), FALSE);
}

gboolean
b9_pointer_parse (B9Pointer *pointer, const char *string, const char *what, GError **error)
{
  g_auto (GStrv) parts = NULL;
  guint count;

  if (string == NULL || !g_utf8_validate (string, -1, NULL))
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: a JSON pointer into it is missing or no UTF-8", what);
  if (*string != '\0' && *string != '/')
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: \"%s\" is no JSON pointer: it has to begin with \"/\"",
                    what, string);
  parts = g_strsplit (*string == '/' ? string + 1 : string, "/", -1);
  count = *string == '/' && parts[0] == NULL ? 1 : g_strv_length (parts); /* "/": one empty name */
  pointer->steps = g_new0 (char *, count + 1);
  for (; pointer->count < count; pointer->count++) {
    pointer->steps[pointer->count] = unescape (parts[0] == NULL ? "" : parts[pointer->count]);
    if (pointer->steps[pointer->count] == NULL)
      return b9_fail (error, B9_ERROR_BAD_INPUT,
                      "%s: \"%s\" is no JSON pointer: a \"~\" in a name is written \"~0\", a \"/\" \"~1\"",
                      what, string);
  }
  return TRUE;
}

gboolean
b9_pointer_in_map (const B9Pointer *pointer, guint step)
{
  for (guint i = 0; i < G_N_ELEMENTS (maps); i++) {
    guint depth = 0;

    while (maps[i][depth] != NULL && depth < step &&
           g_ascii_strcasecmp (maps[i][depth], pointer->steps[depth]) == 0)
      depth++;
    if (maps[i][depth] == NULL && depth == step)
      return TRUE;
  }
  return FALSE;
}

gboolean
b9_pointer_appends (const B9Pointer *pointer, guint step)
{
  return strcmp (pointer->steps[step], "-") == 0 && !b9_pointer_in_map (pointer, step);
}

/* The element that @step numbers; B9_JSON_NONE: there is none, or it is no number. */
static B9JsonValue
find_element (const B9JsonText *text, B9JsonValue array, const char *step)
{
  B9JsonValue element = b9_json_first (text, array);
  guint64 index;

  if ((step[0] == '0' && step[1] != '\0') ||
      !g_ascii_string_to_unsigned (step, 10, 0, G_MAXUINT32, &index, NULL))
    return B9_JSON_NONE;
  for (; element != B9_JSON_NONE && index > 0; index--)
    element = b9_json_next (text, element);
  return element;
}

static gboolean
refuse_step (const B9Pointer *pointer, guint step, const B9JsonText *text, B9JsonValue value, GError **error)
{
  g_autofree char *reason = g_strdup_printf (
      "is %s, so it has no \"%s\"", b9_json_kind_name (b9_json_kind (text, value)), pointer->steps[step]);

  return b9_json_refuse (text, value, NULL, reason, error);
}

gboolean
b9_pointer_follow (const B9Pointer *pointer, const B9JsonText *text, B9JsonValue *value, guint *steps,
                   GError **error)
{
  *value = B9_JSON_ROOT;
  for (*steps = 0; *steps < pointer->count; *steps += 1) {
    const char *step = pointer->steps[*steps];
    B9JsonValue next = B9_JSON_NONE;

    switch (b9_json_kind (text, *value)) {
    case B9_JSON_NULL:
      return TRUE;
    case B9_JSON_ARRAY:
      next = find_element (text, *value, step);
      break;
    case B9_JSON_OBJECT:
      if (b9_pointer_in_map (pointer, *steps))
        next = b9_json_map_get (text, *value, step);
      else if (!b9_json_get (text, *value, step, &next, error))
        return FALSE;
      break;
    default:
      return refuse_step (pointer, *steps, text, *value, error);
    }
    if (next == B9_JSON_NONE)
      return TRUE;
    *value = next;
  }
  return TRUE;
}

static void
append_step (GString *string, const char *step)
{
  for (; *step != '\0'; step++) {
    if (*step == '~' || *step == '/')
      g_string_append (string, *step == '~' ? "~0" : "~1");
    else
      g_string_append_c (string, *step);
  }
}

char *
b9_pointer_resolve (const B9Pointer *pointer, guint steps, guint length)
{
  GString *resolved = g_string_new (NULL);

  for (guint step = 0; step < pointer->count; step++) {
    g_string_append_c (resolved, '/');
    if (step >= steps && b9_pointer_appends (pointer, step))
      g_string_append_printf (resolved, "%u", step == steps ? length : 0);
    else
      append_step (resolved, pointer->steps[step]);
  }
  return g_string_free (resolved, FALSE);
}
