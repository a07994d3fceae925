/* SPDX-License-Identifier: Apache-2.0
 *
 * ask.h: asks one provider what it can do here, or finds what it answered before.
 */
#ifndef B9_ASK_H
#define B9_ASK_H

#include "core/capability/answers.h"
#include "core/plugin/provider.h"
#include "core/run/runtime.h"

G_BEGIN_DECLS

/* One provider with its answers. */
typedef struct {
  char *provider; /* "backend runsc", "gpu cdi", "host" */
  B9Answers *answers;
} B9Asked;

void b9_asked_free (B9Asked *asked);

/* Never NULL; a provider without a probe answers nothing. */
B9Asked *b9_ask_backend (B9Registry *registry, const B9Runtime *runtime, const char *program,
                         const char *root, const char *state_directory);
B9Asked *b9_ask_provider (const B9OpenProvider *provider);
B9Asked *b9_ask_host (const B9Config *config, const char *state_directory);

G_END_DECLS

#endif /* B9_ASK_H */
