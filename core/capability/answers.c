/* SPDX-License-Identifier: Apache-2.0
 *
 * answers.c: see answers.h.
 */
#include "config.h"

#include "core/capability/answers.h"

#include <string.h>

static void
answered_free (gpointer data)
{
  B9Answered *cell = data;

  g_free (cell->capability);
  g_free (cell->evidence);
  g_free (cell->reason);
  g_free (cell->remedy);
  g_strfreev (cell->needs);
  g_free (cell);
}

B9Answers *
b9_answers_new (void)
{
  B9Answers *answers = g_new0 (B9Answers, 1);

  answers->cells = g_ptr_array_new_with_free_func (answered_free);
  return answers;
}

void
b9_answers_free (B9Answers *answers)
{
  if (answers == NULL)
    return;
  g_ptr_array_unref (answers->cells);
  g_free (answers);
}

void
b9_answers_add (B9Answers *answers, const B9Cell *cell)
{
  B9Answered *copy = g_new0 (B9Answered, 1);
  const B9Answered *earlier = b9_answers_find (answers, cell->capability);

  copy->capability = g_strdup (cell->capability);
  copy->state = cell->state;
  copy->evidence_kind = cell->evidence_kind;
  copy->evidence = g_strdup (cell->evidence);
  copy->reason = g_strdup (cell->reason);
  copy->remedy = g_strdup (cell->remedy);
  copy->needs = cell->needs != NULL ? g_strdupv ((char **)cell->needs) : g_new0 (char *, 1);
  if (earlier != NULL)
    g_ptr_array_remove (answers->cells, (gpointer)earlier);
  g_ptr_array_add (answers->cells, copy);
}

const B9Answered *
b9_answers_find (const B9Answers *answers, const char *capability)
{
  for (guint i = 0; i < answers->cells->len; i++) {
    const B9Answered *cell = g_ptr_array_index (answers->cells, i);

    if (strcmp (cell->capability, capability) == 0)
      return cell;
  }
  return NULL;
}
