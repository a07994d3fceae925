/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-array.c: arrays of a spec, element by element.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-array.h"

#include <string.h>

#include <b9run/b9-error.h>

static void
element_free (CdiElement *element)
{
  g_free (element->json);
  g_free (element->key);
  g_free (element);
}

void
cdi_array_free (CdiArray *array)
{
  if (array == NULL)
    return;
  g_free (array->pointer);
  g_ptr_array_unref (array->elements);
  g_free (array);
}

static gboolean
load_element (const B9Spec *spec, CdiArray *array, const char *key_member, guint index, GError **error)
{
  CdiElement *element = g_new0 (CdiElement, 1);
  g_autofree char *pointer = g_strdup_printf ("%s/%u", array->pointer, index);
  g_autofree char *key = NULL;

  g_ptr_array_add (array->elements, element);
  element->index = (int)index;
  element->json = spec->json (spec, pointer);
  if (element->json == NULL)
    element->json = g_strdup ("null");
  if (key_member == NULL)
    return TRUE;
  key = *key_member != '\0' ? g_strdup_printf ("%s/%s", pointer, key_member) : g_strdup (pointer);
  return spec->string (spec, key, &element->key, error);
}

CdiArray *
cdi_array_load (const B9Spec *spec, const char *pointer, const char *key_member, GError **error)
{
  g_autoptr (CdiArray) array = g_new0 (CdiArray, 1);
  B9SpecKind kind = spec->kind (spec, pointer);

  array->pointer = g_strdup (pointer);
  array->elements = g_ptr_array_new_with_free_func ((GDestroyNotify)element_free);
  if (kind != B9_SPEC_ABSENT && kind != B9_SPEC_ARRAY) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "config.json: %s has to be an array", pointer);
    return NULL;
  }
  for (guint i = 0, count = spec->length (spec, pointer); i < count; i++)
    if (!load_element (spec, array, key_member, i, error))
      return NULL;
  return g_steal_pointer (&array);
}

CdiElement *
cdi_array_at (const CdiArray *array, guint index)
{
  return array->elements->pdata[index];
}

void
cdi_array_add (CdiArray *array, const char *key, char *json)
{
  CdiElement *element = g_new0 (CdiElement, 1);

  element->index = -1;
  element->key = g_strdup (key);
  element->json = json;
  g_ptr_array_add (array->elements, element);
  array->changed = TRUE;
}

void
cdi_array_remove (CdiArray *array, guint index)
{
  g_ptr_array_remove_index (array->elements, index);
  array->changed = TRUE;
}

int
cdi_array_find (const CdiArray *array, const char *key, guint from)
{
  for (guint i = from; i < array->elements->len; i++)
    if (g_strcmp0 (cdi_array_at (array, i)->key, key) == 0)
      return (int)i;
  return -1;
}

char *
cdi_array_json (const CdiArray *array)
{
  GString *json = g_string_new ("[");

  for (guint i = 0; i < array->elements->len; i++) {
    if (i > 0)
      g_string_append_c (json, ',');
    g_string_append (json, cdi_array_at (array, i)->json);
  }
  g_string_append_c (json, ']');
  return g_string_free (json, FALSE);
}

static char *
pointer_to (const CdiArray *array, const CdiElement *element, const char *member)
{
  return g_strdup_printf ("%s/%d/%s", array->pointer, element->index, member);
}

gboolean
cdi_element_has_text (const B9Spec *spec, const CdiArray *array, const CdiElement *element,
                      const char *member, const char *text)
{
  g_autofree char *pointer = pointer_to (array, element, member);
  g_autofree char *value = NULL;

  return spec->string (spec, pointer, &value, NULL) &&
         g_strcmp0 (value != NULL ? value : "", text != NULL ? text : "") == 0;
}

gboolean
cdi_element_has_number (const B9Spec *spec, const CdiArray *array, const CdiElement *element,
                        const char *member, const CdiNumber *number)
{
  g_autofree char *pointer = pointer_to (array, element, member);
  gboolean given = spec->kind (spec, pointer) != B9_SPEC_ABSENT;
  gint64 value = 0;

  if (given != number->given)
    return FALSE;
  return !given || (spec->integer (spec, pointer, &value, NULL) && value == number->value);
}

gboolean
cdi_element_has_texts (const B9Spec *spec, const CdiArray *array, const CdiElement *element,
                       const char *member, const CdiList *texts)
{
  g_autofree char *pointer = pointer_to (array, element, member);

  if (spec->length (spec, pointer) != texts->count)
    return FALSE;
  for (guint i = 0; i < texts->count; i++) {
    g_autofree char *place = g_strdup_printf ("%s/%u", pointer, i);
    g_autofree char *value = NULL;

    if (!spec->string (spec, place, &value, NULL) || g_strcmp0 (value, CDI_TEXT_ITEM (*texts, i)) != 0)
      return FALSE;
  }
  return TRUE;
}
