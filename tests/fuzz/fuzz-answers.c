/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-answers.c: any bytes as the kept answers of a provider, behind the two lines that nobody but b9run
 * knows (what they rest on).
 *
 * Answers that are believed are whole, and are the same when they are kept again.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/capability/cache.h"
#include "core/sys/cache-file.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const char *
directory (void)
{
  static char made[] = "/tmp/b9-fuzz-XXXXXX";

  if (made[strlen (made) - 1] == 'X' && mkdtemp (made) == NULL)
    abort ();
  return made;
}

/* The name of the one kept file; owned. */
static char *
kept_name (void)
{
  g_autofree char *path = g_build_filename (directory (), "cache", NULL);
  g_autoptr (GDir) cache = g_dir_open (path, 0, NULL);
  const char *name = cache != NULL ? g_dir_read_name (cache) : NULL;

  if (name == NULL)
    abort ();
  return g_strdup (name);
}

/* Keeps @data behind the first two lines of what is kept. */
static void
spoil (const uint8_t *data, size_t size)
{
  g_autofree char *name = kept_name ();
  g_autoptr (GBytes) kept = b9_cache_file_read (directory (), name);
  g_autoptr (GString) text = g_string_new (NULL);
  gsize length = 0;
  const char *bytes = g_bytes_get_data (kept, &length);
  const char *first = memchr (bytes, '\n', length);
  const char *second = memchr (first + 1, '\n', length - (gsize)(first + 1 - bytes));

  g_string_append_len (text, bytes, second + 1 - bytes);
  g_string_append_len (text, (const char *)data, (gssize)size);
  g_assert_true (b9_cache_file_write (directory (), name, text->str, text->len, NULL));
}

static void
expect_whole (const B9Answers *answers)
{
  for (guint i = 0; i < answers->cells->len; i++) {
    const B9Answered *cell = g_ptr_array_index (answers->cells, i);

    g_assert_true (*cell->capability != '\0' && *cell->evidence != '\0' && cell->needs != NULL);
    g_assert_true (cell->state >= B9_CAPABILITY_SUPPORTED && cell->state <= B9_CAPABILITY_UNSUPPORTED);
    g_assert_true (cell->evidence_kind >= B9_EVIDENCE_PROBE && cell->evidence_kind <= B9_EVIDENCE_DECLARED);
    g_assert_true ((cell->reason == NULL) == (cell->state == B9_CAPABILITY_SUPPORTED));
    for (guint j = 0; cell->needs[j] != NULL; j++)
      g_assert_nonnull (strchr (cell->needs[j], ':'));
    g_assert_true (b9_answers_find (answers, cell->capability) == cell);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const B9AnswersKey key = {.state_directory = directory (), .section = "gpu.fuzz", .settings = ""};
  g_autoptr (B9Answers) none = b9_answers_new ();
  g_autoptr (B9Evidence) evidence = b9_evidence_new ();
  g_autoptr (B9Answers) answers = NULL;
  g_autoptr (B9Answers) again = NULL;

  b9_answers_keep (&key, none, evidence);
  spoil (data, size);
  answers = b9_answers_load (&key);
  if (answers == NULL)
    return 0;
  expect_whole (answers);
  b9_answers_keep (&key, answers, evidence);
  again = b9_answers_load (&key);
  g_assert_nonnull (again);
  g_assert_cmpuint (again->cells->len, ==, answers->cells->len);
  return 0;
}
