/* SPDX-License-Identifier: Apache-2.0
 *
 * explain.h: all that `b9run explain` found out, for its two printers.
 */
#ifndef B9_EXPLAIN_H
#define B9_EXPLAIN_H

#include "core/cli/app.h"

G_BEGIN_DECLS

typedef struct {
  const char *operation; /* "create", "run", "restore" */
  B9Bundle *bundle;
  B9Target target;
  B9Prepared prepared;
  GPtrArray *cells;   /* of B9MatrixCell, borrowed: those required, and what they rest on */
  char *given_bundle; /* what the backend would be given; NULL after a refusal */
  char **command;     /* its command line; NULL after a refusal */
  GError *refusal;    /* why nothing would be started, or NULL */
} B9Explanation;

char *b9_explain_text (const B9Explanation *explanation); /* for people; owned */
char *b9_explain_json (const B9Explanation *explanation); /* for programs; owned */
char *b9_explain_diff (const B9Explanation *explanation); /* of the spec; "" where it is not edited; owned */

G_END_DECLS

#endif /* B9_EXPLAIN_H */
