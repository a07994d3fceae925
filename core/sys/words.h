/* SPDX-License-Identifier: Apache-2.0
 *
 * words.h: what a mistyped word was meant to be.
 */
#ifndef B9_WORDS_H
#define B9_WORDS_H

#include <glib.h>

G_BEGIN_DECLS

/* The one of @names (NULL-ended) that @word was probably meant to be, or NULL. */
const char *b9_nearest (const char *word, const char *const *names);

G_END_DECLS

#endif /* B9_WORDS_H */
