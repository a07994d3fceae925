/* SPDX-License-Identifier: Apache-2.0
 *
 * outcome.h: what a failed runtime meant, in the words that clients know.
 */
#ifndef B9_OUTCOME_H
#define B9_OUTCOME_H

#include "core/run/runtime.h"

G_BEGIN_DECLS

/* Sets @error from how the runtime ended and from @message, its last error line (NULL: it gave none).  Always
 * sets it; returns FALSE. */
gboolean b9_outcome_failed (const B9Runtime *runtime, const B9Request *request, int wait_status,
                            const char *message, GError **error);

/* The contract's text for a code ("container does not exist"), or NULL where each error has its own. */
const char *b9_contract_text (int code);

G_END_DECLS

#endif /* B9_OUTCOME_H */
