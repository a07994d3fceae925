/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-json.c: a libFuzzer target for core/json: scan, walk, look up, edit, apply and scan again.
 *
 * The input is a few bytes that choose the edits, a zero byte, then the document.  After the edits, the new
 * document must have what the old one had, in order and byte for byte, but for what was edited.
 */
#include "config.h"

#include "core/json/json-edit.h"
#include "core/json/json-text.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define MOST_EDITS 8
#define NEW_CONTENT "{\"new\": [\"content\"]}"

typedef enum {
  UNTOUCHED,
  REPLACED,
  REMOVED,
} Fate;

/* What the edits do to each value. */
typedef struct {
  guint8 *fates;     /* a Fate a value */
  guint *added;      /* how many values are appended to it */
  gboolean *touched; /* whether it, or anything in it, is edited */
} Plan;

static guint
count_values (const B9JsonText *text)
{
  guint count = 1;
  B9JsonValue value = B9_JSON_ROOT;
  GArray *open = g_array_new (FALSE, FALSE, sizeof (B9JsonValue));

  value = b9_json_first (text, value);
  while (value != B9_JSON_NONE || open->len > 0) {
    if (value == B9_JSON_NONE) {
      value = b9_json_next (text, g_array_index (open, B9JsonValue, open->len - 1));
      g_array_set_size (open, open->len - 1);
      continue;
    }
    g_assert (value == count); /* values are numbered in the order of the document */
    count++;
    g_array_append_val (open, value);
    value = b9_json_first (text, value);
  }
  g_array_unref (open);
  return count;
}

/* All that can be asked about one value; the answers must agree with each other. */
static void
ask_about (const B9JsonText *text, B9JsonValue value)
{
  g_autofree char *place = b9_json_place (text, value);
  g_autofree char *string = b9_json_string (text, value, NULL, NULL);
  gboolean boolean;
  gint64 number;
  B9JsonValue found;

  g_assert (g_utf8_validate (place, -1, NULL));
  g_assert (string == NULL || g_utf8_validate (string, -1, NULL));
  g_assert (b9_json_line (text, value) >= 1);
  b9_json_boolean (text, value, place, &boolean, NULL);
  b9_json_int64 (text, value, place, &number, NULL);
  b9_json_find (text, value, &found, NULL, "process", "args", NULL);
  if (b9_json_kind (text, value) != B9_JSON_OBJECT)
    return;

  for (B9JsonValue member = b9_json_first (text, value); member != B9_JSON_NONE;
       member = b9_json_next (text, member)) {
    g_autofree char *name = b9_json_member_name (text, member);

    if (name == NULL)
      continue;
    g_assert (b9_json_map_get (text, value, name) >= member);
    if (b9_json_get (text, value, name, &found, NULL))
      g_assert (found == member || b9_json_kind (text, member) == B9_JSON_NULL);
  }
}

/* A string that is quoted and scanned again is the same string. */
static void
quote_and_read (const B9JsonText *text, B9JsonValue value)
{
  g_autofree char *string = b9_json_string (text, value, NULL, NULL);

  if (string == NULL)
    return;

  g_autofree char *quoted = b9_json_quote (string);
  g_autoptr (GBytes) bytes = g_bytes_new (quoted, strlen (quoted));
  g_autoptr (B9JsonText) again = b9_json_text_new (bytes, "quoted", NULL);
  g_autofree char *read = again != NULL ? b9_json_string (again, B9_JSON_ROOT, NULL, NULL) : NULL;

  g_assert_cmpstr (read, ==, string);
}

static void
plan_edit (const B9JsonText *text, B9JsonEdit *edit, Plan *plan, B9JsonValue value, guint action)
{
  g_autofree char *name = NULL;

  switch (action) {
  case 0:
    b9_json_edit_replace (edit, value, NEW_CONTENT);
    plan->fates[value] = REPLACED;
    break;
  case 1:
    b9_json_edit_remove (edit, value);
    plan->fates[value] = REMOVED;
    break;
  case 2:
    b9_json_edit_append (edit, value, NEW_CONTENT);
    plan->added[value]++;
    break;
  default:
    if (b9_json_kind (text, value) != B9_JSON_OBJECT)
      break;
    name = g_strdup_printf ("new %u", plan->added[value]);
    if (b9_json_map_get (text, value, name) != B9_JSON_NONE)
      break;
    b9_json_edit_set_entry (edit, value, name, NEW_CONTENT);
    plan->added[value]++;
  }
}

static void
assert_same (const B9JsonText *old, B9JsonValue value, const B9JsonText *new, B9JsonValue new_value)
{
  gsize length, new_length;
  const char *raw = b9_json_raw (old, value, &length);
  const char *new_raw = b9_json_raw (new, new_value, &new_length);

  g_assert (length == new_length && memcmp (raw, new_raw, length) == 0);
}

static void
assert_new (const B9JsonText *text, B9JsonValue value)
{
  gsize length;
  const char *raw = b9_json_raw (text, value, &length);

  g_assert (length == strlen (NEW_CONTENT) && memcmp (raw, NEW_CONTENT, length) == 0);
}

static void
assert_same_name (const B9JsonText *old, B9JsonValue parent, B9JsonValue value, const B9JsonText *new,
                  B9JsonValue new_value)
{
  g_autofree char *name = NULL;
  g_autofree char *new_name = NULL;

  if (b9_json_kind (old, parent) != B9_JSON_OBJECT)
    return;
  name = b9_json_member_name (old, value);
  new_name = b9_json_member_name (new, new_value);
  g_assert_cmpstr (name, ==, new_name);
}

/* Recursion as deep as a document may be. */
static void
assert_as_planned (const B9JsonText *old, B9JsonValue value, const B9JsonText *new, B9JsonValue new_value,
                   const Plan *plan)
{
  B9JsonValue child = b9_json_first (old, value);
  B9JsonValue new_child;

  if (plan->fates[value] == REPLACED) {
    assert_new (new, new_value);
    return;
  }
  g_assert (b9_json_kind (old, value) == b9_json_kind (new, new_value));
  if (!plan->touched[value]) {
    assert_same (old, value, new, new_value);
    return;
  }

  new_child = b9_json_first (new, new_value);
  for (; child != B9_JSON_NONE; child = b9_json_next (old, child)) {
    if (plan->fates[child] == REMOVED)
      continue;
    g_assert (new_child != B9_JSON_NONE);
    assert_same_name (old, value, child, new, new_child);
    assert_as_planned (old, child, new, new_child, plan);
    new_child = b9_json_next (new, new_child);
  }
  for (guint i = 0; i < plan->added[value]; i++) {
    assert_new (new, new_child);
    new_child = b9_json_next (new, new_child);
  }
  g_assert (new_child == B9_JSON_NONE);
}

/* Marks @value and what is around it.  Values are numbered so that what a value has inside follows it. */
static void
touch (const B9JsonText *text, Plan *plan, B9JsonValue edited)
{
  B9JsonValue value = B9_JSON_ROOT;

  plan->touched[value] = TRUE;
  while (value != edited) {
    B9JsonValue child = b9_json_first (text, value);
    B9JsonValue next;

    while ((next = b9_json_next (text, child)) != B9_JSON_NONE && next <= edited)
      child = next;
    value = child;
    plan->touched[value] = TRUE;
  }
}

static void
edit_and_compare (const B9JsonText *text, guint count, const guint8 *choices, gsize n_choices)
{
  g_autoptr (B9JsonEdit) edit = b9_json_edit_new (text);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (B9JsonText) changed = NULL;
  g_autofree guint8 *fates = g_new0 (guint8, count);
  g_autofree guint *added = g_new0 (guint, count);
  g_autofree gboolean *touched = g_new0 (gboolean, count);
  Plan plan = {fates, added, touched};

  for (gsize i = 0; i < n_choices; i++) {
    plan_edit (text, edit, &plan, choices[i] / 4 % count, choices[i] % 4);
    touch (text, &plan, choices[i] / 4 % count);
  }
  bytes = b9_json_edit_apply (edit, &error);
  g_assert ((bytes == NULL) == (error != NULL));
  if (bytes == NULL)
    return;
  changed = b9_json_text_new (bytes, "changed", NULL);
  g_assert (changed != NULL);
  assert_as_planned (text, B9_JSON_ROOT, changed, B9_JSON_ROOT, &plan);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const uint8_t *zero = size > 0 ? memchr (data, 0, size) : NULL;
  gsize n_choices = zero != NULL ? (gsize)(zero - data) : 0;
  gsize skipped = zero != NULL ? n_choices + 1 : 0;
  g_autoptr (GBytes) bytes = g_bytes_new (data + skipped, size - skipped);
  g_autoptr (GError) error = NULL;
  g_autoptr (B9JsonText) text = b9_json_text_new (bytes, "fuzz", &error);
  guint count;

  g_assert ((text == NULL) == (error != NULL));
  if (text == NULL) {
    g_assert (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  count = count_values (text);
  for (B9JsonValue value = 0; value < MIN (count, 200); value++) {
    ask_about (text, value);
    quote_and_read (text, value);
  }
  edit_and_compare (text, count, data, MIN (n_choices, MOST_EDITS));
  return 0;
}
