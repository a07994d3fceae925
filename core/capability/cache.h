/* SPDX-License-Identifier: Apache-2.0
 *
 * cache.h: the answers of a provider, kept for as long as all that they rest on is unchanged.
 *
 * They rest on this boot, this b9run, the plugin's file, the provider's part of the configuration, the loaded
 * NVIDIA driver, whose they are (user, program, root) and what the probe read (evidence.h).  Whatever is odd
 * about a kept file makes it one that is not there: the provider is asked anew.
 */
#ifndef B9_CAPABILITY_CACHE_H
#define B9_CAPABILITY_CACHE_H

#include "core/capability/answers.h"
#include "core/capability/evidence.h"

G_BEGIN_DECLS

/* Whose answers, and what they rest on besides the evidence. */
typedef struct {
  const char *state_directory; /* or NULL: nothing is kept */
  const char *section;         /* "backends.runsc", "gpu.cdi", "host" */
  const char *module;          /* the plugin's file; or NULL */
  const char *settings;        /* of the configuration and the command line; any text */
  const char *program;         /* of a backend; or NULL */
  const char *root;
} B9AnswersKey;

B9Answers *b9_answers_load (const B9AnswersKey *key); /* or NULL */

/* Many that ask at once would keep the host busy with the same question: one asks, the others wait for what
 * it keeps.  To be closed when the answers are kept; -1 where they are not waited for (cache-file.h). */
int b9_answers_turn (const B9AnswersKey *key);

void b9_answers_keep (const B9AnswersKey *key, const B9Answers *answers, const B9Evidence *evidence);

G_END_DECLS

#endif /* B9_CAPABILITY_CACHE_H */
