/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-spec.c: a libFuzzer target for core/spec: an OCI spec, read and edited by a hostile plugin.
 *
 * The input is lines that stand for calls, an empty line, then the document.  A line is one letter ("s" sets,
 * "r" removes, everything else asks) and a pointer.  After a refused edit the document is byte for byte what
 * it was; after one that is met it has what was set, and is still JSON.
 */
#include "config.h"

#include "core/spec/spec.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define MOST_CALLS 16
#define NEW_CONTENT "{\"new\":[\"content\"]}"

static GBytes *
bytes_now (const B9SpecCopy *copy)
{
  return g_bytes_ref (b9_json_text_bytes (b9_spec_copy_text (copy)));
}

static void
ask (const B9Spec *spec, const char *pointer)
{
  B9SpecKind kind = spec->kind (spec, pointer);
  g_autofree char *json = spec->json (spec, pointer);
  g_autofree char *name = spec->member_name (spec, pointer, 0);
  g_autofree char *string = NULL;
  gint64 integer;
  gboolean boolean;

  g_assert ((json != NULL) == (kind != B9_SPEC_ABSENT));
  if (spec->string (spec, pointer, &string, NULL))
    g_assert ((string != NULL) == (kind == B9_SPEC_STRING));
  spec->integer (spec, pointer, &integer, NULL);
  spec->boolean (spec, pointer, &boolean, NULL);
  g_assert (spec->length (spec, pointer) == 0 || kind == B9_SPEC_ARRAY || kind == B9_SPEC_OBJECT);
}

static void
set (B9SpecCopy *copy, const char *pointer)
{
  B9Spec *spec = b9_spec_copy_interface (copy);
  g_autoptr (GBytes) before = bytes_now (copy);
  g_autoptr (GBytes) after = NULL;
  guint count = b9_spec_copy_changes (copy)->len;
  g_autofree char *json = NULL;

  if (spec->set (spec, pointer, NEW_CONTENT, "fuzz", NULL)) {
    const GPtrArray *changes = b9_spec_copy_changes (copy);

    if (changes->len == count)
      return;
    json = spec->json (spec, ((B9SpecChange *)g_ptr_array_index (changes, count))->pointer);
    g_assert_cmpstr (json, ==, NEW_CONTENT);
    return;
  }
  after = bytes_now (copy);
  g_assert (g_bytes_equal (before, after) && b9_spec_copy_changes (copy)->len == count);
}

static void
take_away (B9SpecCopy *copy, const char *pointer)
{
  B9Spec *spec = b9_spec_copy_interface (copy);
  g_autoptr (GBytes) before = bytes_now (copy);
  g_autoptr (GBytes) after = NULL;

  if (spec->remove (spec, pointer, "fuzz", NULL))
    return;
  after = bytes_now (copy);
  g_assert (g_bytes_equal (before, after));
}

static void
call (B9SpecCopy *copy, const char *line)
{
  if (*line == 's')
    set (copy, line + 1);
  else if (*line == 'r')
    take_away (copy, line + 1);
  else if (*line != '\0')
    ask (b9_spec_copy_interface (copy), line + 1);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *input = g_strndup ((const char *)data, size);
  const char *start = strstr (input, "\n\n");
  gsize skip = start != NULL ? (gsize)(start - input) + 2 : 0;
  g_autoptr (GBytes) bytes = g_bytes_new (data + skip, size - skip);
  g_autofree char *calls = g_strndup (input, skip);
  g_auto (GStrv) lines = g_strsplit (calls, "\n", MOST_CALLS + 1);
  g_autoptr (B9JsonText) text = b9_json_text_new (bytes, "fuzz", NULL);
  g_autoptr (B9SpecCopy) copy = NULL;

  if (text == NULL || b9_json_kind (text, B9_JSON_ROOT) != B9_JSON_OBJECT)
    return 0;
  copy = b9_spec_copy_new (text);
  for (guint i = 0; lines[i] != NULL && i < MOST_CALLS; i++)
    call (copy, lines[i]);
  return 0;
}
