/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-findings.c: gathers findings and passes them on.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-findings.h"

#include <string.h>

static void
finding_free (CdiFinding *finding)
{
  g_free (finding->message);
  g_free (finding->remedy);
  g_free (finding);
}

CdiFindings *
cdi_findings_new (void)
{
  CdiFindings *findings = g_new0 (CdiFindings, 1);

  findings->all = g_ptr_array_new_with_free_func ((GDestroyNotify)finding_free);
  findings->seen = g_hash_table_new (g_str_hash, g_str_equal);
  return findings;
}

void
cdi_findings_free (CdiFindings *findings)
{
  if (findings == NULL)
    return;
  g_hash_table_unref (findings->seen);
  g_ptr_array_unref (findings->all);
  g_free (findings);
}

void
cdi_findings_add (CdiFindings *findings, B9FindingLevel level, const char *id, char *message,
                  const char *remedy)
{
  CdiFinding *finding;

  if (g_hash_table_contains (findings->seen, message)) {
    g_free (message);
    return;
  }
  finding = g_new0 (CdiFinding, 1);
  finding->level = level;
  finding->id = id;
  finding->message = message;
  finding->remedy = g_strdup (remedy);
  g_hash_table_add (findings->seen, message);
  g_ptr_array_add (findings->all, finding);
}

static gboolean
are_alike (const CdiFinding *a, const CdiFinding *b)
{
  return a->level == b->level && strcmp (a->id, b->id) == 0;
}

/* How many findings like number @index there are; 0 where an earlier one is alike. */
static guint
count_alike (const CdiFindings *findings, guint index)
{
  guint count = 0;

  for (guint i = 0; i < findings->all->len; i++) {
    if (!are_alike (findings->all->pdata[i], findings->all->pdata[index]))
      continue;
    if (i < index)
      return 0;
    count++;
  }
  return count;
}

void
cdi_findings_report (const CdiFindings *findings, const B9Host *host, gboolean summary)
{
  for (guint i = 0; i < findings->all->len; i++) {
    const CdiFinding *finding = findings->all->pdata[i];
    guint alike = summary ? count_alike (findings, i) : 1;
    g_autofree char *counted = NULL;
    B9Finding told = {.struct_size = sizeof told,
                      .level = finding->level,
                      .id = finding->id,
                      .message = finding->message,
                      .remedy = finding->remedy};

    if (alike == 0)
      continue;
    if (alike > 1) {
      counted = g_strdup_printf ("%s (and %u more: b9run cdi check)", finding->message, alike - 1);
      told.message = counted;
    }
    host->finding (host, &told);
  }
}
