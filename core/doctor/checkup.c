/* SPDX-License-Identifier: Apache-2.0
 *
 * checkup.c: see checkup.h.
 */
#include "config.h"

#include "core/doctor/checkup.h"

#include <string.h>

static void
line_free (gpointer data)
{
  B9CheckupLine *line = data;

  g_free (line->id);
  g_free (line->message);
  g_free (line->remedy);
  g_free (line);
}

static void
section_free (gpointer data)
{
  B9CheckupSection *section = data;

  g_free (section->kind);
  g_free (section->name);
  g_ptr_array_unref (section->lines);
  g_free (section);
}

B9Checkup *
b9_checkup_new (gboolean gpu)
{
  B9Checkup *checkup = g_new0 (B9Checkup, 1);

  checkup->sections = g_ptr_array_new_with_free_func (section_free);
  checkup->gpu = gpu;
  return checkup;
}

void
b9_checkup_free (B9Checkup *checkup)
{
  if (checkup == NULL)
    return;
  g_ptr_array_unref (checkup->sections);
  g_free (checkup);
}

void
b9_checkup_begin (B9Checkup *checkup, const char *kind, const char *name)
{
  B9CheckupSection *section = g_new0 (B9CheckupSection, 1);

  section->kind = g_strdup (kind);
  section->name = g_strdup (name);
  section->lines = g_ptr_array_new_with_free_func (line_free);
  g_ptr_array_add (checkup->sections, section);
}

/* What a host may do without is missed where GPUs are asked for (b9-capability.h, B9Finding.id). */
static gboolean
is_missed (const B9Checkup *checkup, const B9CheckupSection *section, const char *id)
{
  return checkup->gpu && g_str_has_suffix (id, ".absent") &&
         (strcmp (section->kind, "gpu") == 0 || g_str_has_prefix (id, "gpu."));
}

static void
add (B9Checkup *checkup, guint32 level, const char *id, const char *remedy, char *message)
{
  B9CheckupSection *section = g_ptr_array_index (checkup->sections, checkup->sections->len - 1);
  B9CheckupLine *line = g_new0 (B9CheckupLine, 1);

  line->level = is_missed (checkup, section, id) ? B9_FINDING_PROBLEM : level;
  line->id = g_strdup (id);
  line->message = message;
  line->remedy = line->level != B9_FINDING_OK ? g_strdup (remedy) : NULL;
  g_ptr_array_add (section->lines, line);
}

/* A message may hold what somebody wrote into a file. */
static char *
one_line (char *text)
{
  for (char *p = text; *p != '\0'; p++) {
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  }
  return g_utf8_make_valid (text, -1);
}

void
b9_checkup_add (B9Checkup *checkup, B9FindingLevel level, const char *id, const char *remedy,
                const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  add (checkup, level, id, remedy, one_line (text));
}

void
b9_checkup_take (gpointer checkup, const B9Finding *finding)
{
  add (checkup, finding->level, finding->id, finding->remedy, g_strdup (finding->message));
}

guint
b9_checkup_count (const B9Checkup *checkup, B9FindingLevel level)
{
  guint count = 0;

  for (guint i = 0; i < checkup->sections->len; i++) {
    const B9CheckupSection *section = g_ptr_array_index (checkup->sections, i);

    for (guint j = 0; j < section->lines->len; j++)
      count += ((const B9CheckupLine *)g_ptr_array_index (section->lines, j))->level == level;
  }
  return count;
}

int
b9_checkup_status (const B9Checkup *checkup)
{
  if (b9_checkup_count (checkup, B9_FINDING_PROBLEM) > 0)
    return 2;
  return b9_checkup_count (checkup, B9_FINDING_WARNING) > 0 ? 1 : 0;
}

/* --- for people --- */

#define BOLD "\033[1m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RED "\033[1;31m"
#define PLAIN "\033[0m"

static const char *
level_name (guint32 level)
{
  if (level == B9_FINDING_PROBLEM)
    return "problem";
  return level == B9_FINDING_WARNING ? "warning" : "ok";
}

static const char *
level_colour (guint32 level)
{
  if (level == B9_FINDING_PROBLEM)
    return RED;
  return level == B9_FINDING_WARNING ? YELLOW : GREEN;
}

static void
print_line (GString *text, const B9CheckupLine *line, gboolean colour)
{
  g_string_append_printf (text, "  %s%-7s%s  %s\n", colour ? level_colour (line->level) : "",
                          level_name (line->level), colour ? PLAIN : "", line->message);
  if (line->remedy != NULL)
    g_string_append_printf (text, "           -> %s\n", line->remedy);
}

static void
print_section (GString *text, const B9CheckupSection *section, gboolean colour)
{
  if (section->lines->len == 0)
    return;
  g_string_append_printf (text, "%s%s%s%s%s\n", colour ? BOLD : "", section->kind,
                          *section->name != '\0' ? " " : "", section->name, colour ? PLAIN : "");
  for (guint i = 0; i < section->lines->len; i++)
    print_line (text, g_ptr_array_index (section->lines, i), colour);
  g_string_append_c (text, '\n');
}

char *
b9_checkup_text (const B9Checkup *checkup, gboolean colour)
{
  GString *text = g_string_new (NULL);
  guint warnings = b9_checkup_count (checkup, B9_FINDING_WARNING);
  guint problems = b9_checkup_count (checkup, B9_FINDING_PROBLEM);

  for (guint i = 0; i < checkup->sections->len; i++)
    print_section (text, g_ptr_array_index (checkup->sections, i), colour);
  g_string_append_printf (text, "%u ok, %u warning%s, %u problem%s\n",
                          b9_checkup_count (checkup, B9_FINDING_OK), warnings, warnings == 1 ? "" : "s",
                          problems, problems == 1 ? "" : "s");
  return g_string_free (text, FALSE);
}

/* --- for programs --- */

static void
add_text (GVariantBuilder *object, const char *name, const char *value)
{
  if (value != NULL)
    g_variant_builder_add (object, "{sv}", name, g_variant_new_string (value));
}

static GVariant *
line_variant (const B9CheckupLine *line)
{
  GVariantBuilder object;

  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  add_text (&object, "level", level_name (line->level));
  add_text (&object, "id", line->id);
  add_text (&object, "message", line->message);
  add_text (&object, "remedy", line->remedy);
  return g_variant_builder_end (&object);
}

static GVariant *
section_variant (const B9CheckupSection *section)
{
  GVariantBuilder object, lines;

  g_variant_builder_init (&lines, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < section->lines->len; i++)
    g_variant_builder_add_value (&lines, line_variant (g_ptr_array_index (section->lines, i)));
  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  add_text (&object, "kind", section->kind);
  add_text (&object, "name", *section->name != '\0' ? section->name : NULL);
  g_variant_builder_add (&object, "{sv}", "findings", g_variant_builder_end (&lines));
  return g_variant_builder_end (&object);
}

GVariant *
b9_checkup_variant (const B9Checkup *checkup)
{
  GVariantBuilder object, sections;

  g_variant_builder_init (&sections, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < checkup->sections->len; i++)
    g_variant_builder_add_value (&sections, section_variant (g_ptr_array_index (checkup->sections, i)));
  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  add_text (&object, "version", PACKAGE_VERSION);
  g_variant_builder_add (&object, "{sv}", "warnings",
                         g_variant_new_uint32 (b9_checkup_count (checkup, B9_FINDING_WARNING)));
  g_variant_builder_add (&object, "{sv}", "problems",
                         g_variant_new_uint32 (b9_checkup_count (checkup, B9_FINDING_PROBLEM)));
  g_variant_builder_add (&object, "{sv}", "sections", g_variant_builder_end (&sections));
  return g_variant_builder_end (&object);
}
