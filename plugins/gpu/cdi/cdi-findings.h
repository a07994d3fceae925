/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-findings.h: findings while they are gathered, each once.
 */
#ifndef CDI_FINDINGS_H
#define CDI_FINDINGS_H

#include <b9run/b9-host.h>

G_BEGIN_DECLS

typedef struct {
  B9FindingLevel level;
  const char *id; /* static */
  char *message;
  char *remedy; /* or NULL */
} CdiFinding;

typedef struct {
  GPtrArray *all;   /* of CdiFinding, in order */
  GHashTable *seen; /* messages */
} CdiFindings;

CdiFindings *cdi_findings_new (void);
void cdi_findings_free (CdiFindings *findings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CdiFindings, cdi_findings_free)

/* Takes @message.  One that was added before is left out: 64 GPUs have the same libraries. */
void cdi_findings_add (CdiFindings *findings, B9FindingLevel level, const char *id, char *message,
                       const char *remedy);

/* All of them; or of each id and level the first, and how many more there are. */
void cdi_findings_report (const CdiFindings *findings, const B9Host *host, gboolean summary);

G_END_DECLS

#endif /* CDI_FINDINGS_H */
