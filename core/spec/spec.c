/* SPDX-License-Identifier: Apache-2.0
 *
 * spec.c: see spec.h; JSON pointers over core/json, and edits that keep every other byte.
 *
 * Each edit is applied at once and the result scanned again, so that whoever reads next sees it, and no edit
 * can leave half of itself behind.
 */
#include "config.h"

#include "core/spec/spec.h"

#include <string.h>

#include "core/json/json-edit.h"
#include "core/spec/pointer.h"
#include "core/sys/failure.h"

struct _B9SpecCopy {
  B9Spec interface;
  const B9JsonText *original;
  B9JsonText *edited; /* NULL: nothing is edited yet */
  GPtrArray *changes;
};

static const B9SpecCopy *
copy_of (const B9Spec *spec)
{
  return spec->data;
}

const B9JsonText *
b9_spec_copy_text (const B9SpecCopy *copy)
{
  return copy->edited != NULL ? copy->edited : copy->original;
}

/* The value at @pointer, B9_JSON_NONE where it is absent or null. */
static gboolean
find (const B9Spec *spec, const char *pointer, B9JsonValue *value, GError **error)
{
  const B9JsonText *text = b9_spec_copy_text (copy_of (spec));
  g_auto (B9Pointer) parsed = {0};
  guint steps;

  *value = B9_JSON_NONE;
  if (!b9_pointer_parse (&parsed, pointer, b9_json_text_what (text), error) ||
      !b9_pointer_follow (&parsed, text, value, &steps, error))
    return FALSE;
  if (steps < parsed.count || b9_json_kind (text, *value) == B9_JSON_NULL)
    *value = B9_JSON_NONE;
  return TRUE;
}

/* For the questions that have no way to say what is wrong. */
static B9JsonValue
look (const B9Spec *spec, const char *pointer)
{
  B9JsonValue value;

  return find (spec, pointer, &value, NULL) ? value : B9_JSON_NONE;
}

static B9SpecKind
spec_kind (const B9Spec *spec, const char *pointer)
{
  static const B9SpecKind kinds[] = {
      [B9_JSON_NULL] = B9_SPEC_ABSENT,   [B9_JSON_BOOLEAN] = B9_SPEC_BOOLEAN,
      [B9_JSON_NUMBER] = B9_SPEC_NUMBER, [B9_JSON_STRING] = B9_SPEC_STRING,
      [B9_JSON_ARRAY] = B9_SPEC_ARRAY,   [B9_JSON_OBJECT] = B9_SPEC_OBJECT,
  };
  B9JsonValue value = look (spec, pointer);

  return value != B9_JSON_NONE ? kinds[b9_json_kind (b9_spec_copy_text (copy_of (spec)), value)]
                               : B9_SPEC_ABSENT;
}

static gboolean
is_container (const B9JsonText *text, B9JsonValue value)
{
  B9JsonKind kind = value != B9_JSON_NONE ? b9_json_kind (text, value) : B9_JSON_NULL;

  return kind == B9_JSON_ARRAY || kind == B9_JSON_OBJECT;
}

static guint
spec_length (const B9Spec *spec, const char *pointer)
{
  const B9JsonText *text = b9_spec_copy_text (copy_of (spec));
  B9JsonValue value = look (spec, pointer);

  return is_container (text, value) ? b9_json_length (text, value) : 0;
}

static char *
spec_member_name (const B9Spec *spec, const char *pointer, guint index)
{
  const B9JsonText *text = b9_spec_copy_text (copy_of (spec));
  B9JsonValue member = look (spec, pointer);

  if (member == B9_JSON_NONE || b9_json_kind (text, member) != B9_JSON_OBJECT)
    return NULL;
  member = b9_json_first (text, member);
  for (; member != B9_JSON_NONE && index > 0; index--)
    member = b9_json_next (text, member);
  return member != B9_JSON_NONE ? b9_json_member_name (text, member) : NULL;
}

static char *
spec_json (const B9Spec *spec, const char *pointer)
{
  B9JsonValue value = look (spec, pointer);
  const char *raw;
  gsize length;

  if (value == B9_JSON_NONE)
    return NULL;
  raw = b9_json_raw (b9_spec_copy_text (copy_of (spec)), value, &length);
  return g_strndup (raw, length);
}

static gboolean
spec_string (const B9Spec *spec, const char *pointer, char **string, GError **error)
{
  B9JsonValue value;

  *string = NULL;
  if (!find (spec, pointer, &value, error))
    return FALSE;
  if (value == B9_JSON_NONE)
    return TRUE;
  *string = b9_json_string (b9_spec_copy_text (copy_of (spec)), value, NULL, error);
  return *string != NULL;
}

static gboolean
spec_integer (const B9Spec *spec, const char *pointer, gint64 *integer, GError **error)
{
  B9JsonValue value;

  if (!find (spec, pointer, &value, error))
    return FALSE;
  return value == B9_JSON_NONE ||
         b9_json_int64 (b9_spec_copy_text (copy_of (spec)), value, NULL, integer, error);
}

static gboolean
spec_boolean (const B9Spec *spec, const char *pointer, gboolean *boolean, GError **error)
{
  B9JsonValue value;

  if (!find (spec, pointer, &value, error))
    return FALSE;
  return value == B9_JSON_NONE ||
         b9_json_boolean (b9_spec_copy_text (copy_of (spec)), value, NULL, boolean, error);
}

static void
change_free (gpointer data)
{
  B9SpecChange *change = data;

  g_free (change->pointer);
  g_free (change->action);
  g_free (change->cause);
  g_free (change);
}

static void
record (B9SpecCopy *copy, const char *pointer, const char *action, const char *cause)
{
  B9SpecChange *change = g_new0 (B9SpecChange, 1);

  change->pointer = g_strdup (pointer);
  change->action = g_strdup (action);
  change->cause = g_strdup (cause);
  g_ptr_array_add (copy->changes, change);
}

static gboolean
check_cause (const B9JsonText *text, const char *pointer, const char *cause, GError **error)
{
  if (cause != NULL && *cause != '\0')
    return TRUE;
  return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: the edit of %s names no cause", b9_json_text_what (text),
                  pointer);
}

/* Makes the document that @edit describes the current one. */
static gboolean
apply (B9SpecCopy *copy, const B9JsonEdit *edit, GError **error)
{
  const B9JsonText *text = b9_spec_copy_text (copy);
  g_autoptr (GError) problem = NULL;
  B9JsonText *changed = b9_json_edit_apply_text (edit, &problem);

  if (changed == NULL)
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s", problem->message);
  if (b9_json_kind (changed, B9_JSON_ROOT) != B9_JSON_OBJECT) {
    b9_json_text_free (changed);
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: the document can only be replaced by an object",
                    b9_json_text_what (text));
  }
  b9_json_text_free (copy->edited);
  copy->edited = changed;
  return TRUE;
}

/* @json without the space around it.  What is one value, and not "1, 2", can be put into any other. */
static char *
check_content (const B9JsonText *text, const char *pointer, const char *json, GError **error)
{
  g_autofree char *what = g_strdup_printf ("%s: new content for %s", b9_json_text_what (text), pointer);
  g_autoptr (B9JsonText) content = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const char *raw;
  gsize length;

  if (json == NULL) {
    b9_fail (error, B9_ERROR_BAD_INPUT, "%s: there is none", what);
    return NULL;
  }
  bytes = g_bytes_new_static (json, strlen (json));
  content = b9_json_text_new (bytes, what, error);
  if (content == NULL)
    return NULL;
  raw = b9_json_raw (content, B9_JSON_ROOT, &length);
  return g_strndup (raw, length);
}

static gboolean
is_there_already (const B9JsonText *text, B9JsonValue value, const char *json)
{
  gsize length;
  const char *raw = b9_json_raw (text, value, &length);

  return strlen (json) == length && memcmp (raw, json, length) == 0;
}

/* @json inside the objects and arrays that the rest of the pointer, from step @first, goes through and that
 * are not there. */
static char *
wrap (const B9Pointer *pointer, guint first, const char *json)
{
  char *content = g_strdup (json);

  for (guint step = pointer->count; step > first; step--) {
    g_autofree char *inner = content;

    if (b9_pointer_appends (pointer, step - 1)) {
      content = g_strdup_printf ("[%s]", inner);
    } else {
      g_autofree char *name = b9_json_quote (pointer->steps[step - 1]);

      content = g_strdup_printf ("{%s: %s}", name, inner);
    }
  }
  return content;
}

static gboolean
fail_index (const B9Pointer *pointer, const B9JsonText *text, B9JsonValue array, guint step, GError **error)
{
  g_autofree char *place = b9_json_place (text, array);

  return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: %s has %u elements: \"%s\" is none of them, \"-\" appends",
                  b9_json_text_what (text), place, b9_json_length (text, array), pointer->steps[step]);
}

static gboolean
fail_append (const B9JsonText *text, B9JsonValue object, GError **error)
{
  g_autofree char *place = b9_json_place (text, object);

  return b9_fail (error, B9_ERROR_BAD_INPUT,
                  "%s: %s is an object, not an array: nothing can be appended (line %u)",
                  b9_json_text_what (text), place, b9_json_line (text, object));
}

/* Plans to put @json where the pointer leads: the first @steps of it lead to @at, and no further. */
static gboolean
plan_set (const B9Pointer *pointer, const B9JsonText *text, B9JsonEdit *edit, B9JsonValue at, guint steps,
          const char *json, GError **error)
{
  g_autofree char *content = NULL;
  B9JsonKind kind = b9_json_kind (text, at);

  if (steps == pointer->count && steps > 0 && b9_pointer_in_map (pointer, steps - 1)) {
    b9_json_edit_set_entry (edit, b9_json_parent (text, at), pointer->steps[steps - 1], json);
    return TRUE;
  }
  if (steps == pointer->count || kind == B9_JSON_NULL) {
    content = wrap (pointer, steps, json);
    b9_json_edit_replace (edit, at, content);
    return TRUE;
  }
  content = wrap (pointer, steps + 1, json);
  if (kind == B9_JSON_ARRAY) {
    if (strcmp (pointer->steps[steps], "-") != 0)
      return fail_index (pointer, text, at, steps, error);
    b9_json_edit_append (edit, at, content);
  } else if (b9_pointer_appends (pointer, steps)) {
    return fail_append (text, at, error);
  } else if (b9_pointer_in_map (pointer, steps)) {
    b9_json_edit_set_entry (edit, at, pointer->steps[steps], content);
  } else {
    b9_json_edit_set_member (edit, at, pointer->steps[steps], content);
  }
  return TRUE;
}

static gboolean
spec_set (B9Spec *spec, const char *pointer, const char *json, const char *cause, GError **error)
{
  B9SpecCopy *copy = spec->data;
  const B9JsonText *text = b9_spec_copy_text (copy);
  g_autoptr (B9JsonEdit) edit = b9_json_edit_new (text);
  g_auto (B9Pointer) parsed = {0};
  g_autofree char *content = NULL;
  g_autofree char *resolved = NULL;
  B9JsonValue at;
  guint steps;
  gboolean there;

  if (!b9_pointer_parse (&parsed, pointer, b9_json_text_what (text), error) ||
      !check_cause (text, pointer, cause, error))
    return FALSE;
  content = check_content (text, pointer, json, error);
  if (content == NULL)
    return FALSE;
  if (!b9_pointer_follow (&parsed, text, &at, &steps, error))
    return FALSE;
  there = steps == parsed.count;
  if (there && is_there_already (text, at, content))
    return TRUE;
  there = there && b9_json_kind (text, at) != B9_JSON_NULL;
  resolved = b9_pointer_resolve (&parsed, steps, is_container (text, at) ? b9_json_length (text, at) : 0);
  if (!plan_set (&parsed, text, edit, at, steps, content, error) || !apply (copy, edit, error))
    return FALSE;
  record (copy, resolved, there ? "replaced" : "added", cause);
  return TRUE;
}

/* A map can have the name several times; all of them go. */
static void
plan_remove (const B9Pointer *pointer, const B9JsonText *text, B9JsonEdit *edit, B9JsonValue value)
{
  const char *name = pointer->steps[pointer->count - 1];
  B9JsonValue map;

  if (!b9_pointer_in_map (pointer, pointer->count - 1)) {
    b9_json_edit_remove (edit, value);
    return;
  }
  map = b9_json_parent (text, value);
  for (B9JsonValue member = b9_json_first (text, map); member != B9_JSON_NONE;
       member = b9_json_next (text, member)) {
    g_autofree char *other = b9_json_member_name (text, member);

    if (g_strcmp0 (other, name) == 0)
      b9_json_edit_remove (edit, member);
  }
}

static gboolean
spec_remove (B9Spec *spec, const char *pointer, const char *cause, GError **error)
{
  B9SpecCopy *copy = spec->data;
  const B9JsonText *text = b9_spec_copy_text (copy);
  g_autoptr (B9JsonEdit) edit = b9_json_edit_new (text);
  g_auto (B9Pointer) parsed = {0};
  B9JsonValue value;
  guint steps;

  if (!b9_pointer_parse (&parsed, pointer, b9_json_text_what (text), error) ||
      !check_cause (text, pointer, cause, error))
    return FALSE;
  if (parsed.count == 0)
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: the document itself cannot be removed",
                    b9_json_text_what (text));
  if (!b9_pointer_follow (&parsed, text, &value, &steps, error))
    return FALSE;
  if (steps < parsed.count)
    return TRUE;
  plan_remove (&parsed, text, edit, value);
  if (!apply (copy, edit, error))
    return FALSE;
  record (copy, pointer, "removed", cause);
  return TRUE;
}

static void
spec_note (B9Spec *spec, const char *pointer, const char *action, const char *cause)
{
  record (spec->data, pointer != NULL ? pointer : "", action != NULL ? action : "",
          cause != NULL ? cause : "");
}

B9SpecCopy *
b9_spec_copy_new (const B9JsonText *text)
{
  B9SpecCopy *copy = g_new0 (B9SpecCopy, 1);

  copy->original = text;
  copy->changes = g_ptr_array_new_with_free_func (change_free);
  copy->interface = (B9Spec){
      .struct_size = sizeof (B9Spec),
      .data = copy,
      .kind = spec_kind,
      .length = spec_length,
      .member_name = spec_member_name,
      .json = spec_json,
      .string = spec_string,
      .integer = spec_integer,
      .boolean = spec_boolean,
      .set = spec_set,
      .remove = spec_remove,
      .note = spec_note,
  };
  return copy;
}

void
b9_spec_copy_free (B9SpecCopy *copy)
{
  if (copy == NULL)
    return;
  b9_json_text_free (copy->edited);
  g_ptr_array_unref (copy->changes);
  g_free (copy);
}

B9Spec *
b9_spec_copy_interface (B9SpecCopy *copy)
{
  return &copy->interface;
}

gboolean
b9_spec_copy_is_edited (const B9SpecCopy *copy)
{
  return copy->edited != NULL;
}

const GPtrArray *
b9_spec_copy_changes (const B9SpecCopy *copy)
{
  return copy->changes;
}
