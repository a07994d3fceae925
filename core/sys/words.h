/* SPDX-License-Identifier: Apache-2.0
 *
 * words.h: what a mistyped word was meant to be, and words of others on a terminal.
 */
#ifndef B9_WORDS_H
#define B9_WORDS_H

#include <glib.h>

G_BEGIN_DECLS

/* The one of @names (NULL-ended) that @word was probably meant to be, or NULL. */
const char *b9_nearest (const char *word, const char *const *names);

/* @text, which may hold what somebody else wrote, for a terminal: valid UTF-8, with a "?" for each control
 * character; newlines and tabs stay where it has @lines.  Owned. */
char *b9_printable (const char *text, gboolean lines);

/* GCompareFunc of an array of strings, whose sort is given pointers to its elements. */
int b9_compare_words (gconstpointer a, gconstpointer b);

G_END_DECLS

#endif /* B9_WORDS_H */
