/* SPDX-License-Identifier: Apache-2.0
 *
 * answers.h: the cells that one provider reported, before the join.
 */
#ifndef B9_ANSWERS_H
#define B9_ANSWERS_H

#include <b9run/b9-capability.h>

G_BEGIN_DECLS

typedef struct {
  char *capability;
  guint32 state;
  guint32 evidence_kind;
  char *evidence;
  char *reason; /* or NULL */
  char *remedy; /* or NULL */
  char **needs; /* never NULL */
} B9Answered;

/* In the order of the report; of one capability the last. */
typedef struct {
  GPtrArray *cells; /* of B9Answered */
} B9Answers;

B9Answers *b9_answers_new (void);
void b9_answers_free (B9Answers *answers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Answers, b9_answers_free)

void b9_answers_add (B9Answers *answers, const B9Cell *cell); /* copies */
const B9Answered *b9_answers_find (const B9Answers *answers, const char *capability);

G_END_DECLS

#endif /* B9_ANSWERS_H */
