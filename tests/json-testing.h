/* SPDX-License-Identifier: Apache-2.0
 *
 * json-testing.h: what the tests of core/json share.  Every document is called "doc".
 */
#ifndef B9_JSON_TESTING_H
#define B9_JSON_TESTING_H

#include <string.h>

#include "core/json/json-text.h"
#include "tests/suite-testing.h"

/* The document in its own block of exactly its size, so that a sanitizer sees a read beyond it. */
static inline B9JsonText *
parse_bytes (const char *json, gsize length, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (json, length);

  return b9_json_text_new (bytes, "doc", error);
}

static inline B9JsonText *
parse (const char *json)
{
  GError *error = NULL;
  B9JsonText *text = parse_bytes (json, strlen (json), &error);

  ck_assert_msg (text != NULL, "%s: %s", json, error != NULL ? error->message : "no error");
  ck_assert_ptr_null (error);
  return text;
}

static inline void
assert_refused_bytes (const char *json, gsize length, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9JsonText) text = parse_bytes (json, length, &error);

  ck_assert_ptr_null (text);
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
}

static inline void
assert_refused (const char *json, const char *message)
{
  assert_refused_bytes (json, strlen (json), message);
}

static inline void
assert_raw (const B9JsonText *text, B9JsonValue value, const char *expected)
{
  gsize length;
  const char *raw = b9_json_raw (text, value, &length);

  ck_assert_uint_eq (length, strlen (expected));
  ck_assert_mem_eq (raw, expected, length);
}

/* An array of @count zeros. */
static inline char *
zeros (guint count)
{
  g_autofree char *commas = g_strnfill (count * 2 + 1, ',');

  for (guint i = 0; i < count; i++)
    commas[i * 2 + 1] = '0';
  commas[0] = '[';
  commas[count * 2] = ']';
  return g_steal_pointer (&commas);
}

#endif /* B9_JSON_TESTING_H */
