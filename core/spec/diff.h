/* SPDX-License-Identifier: Apache-2.0
 *
 * diff.h: the unified diff of two texts.
 */
#ifndef B9_DIFF_H
#define B9_DIFF_H

#include <glib.h>

G_BEGIN_DECLS

/* As `diff -u` prints it, with three lines of context, under the names @old_name and @new_name; "" where the
 * texts are the same.  A shortest one, unless the texts have next to nothing in common.  Owned. */
char *b9_diff (const char *old_text, const char *new_text, const char *old_name, const char *new_name);

G_END_DECLS

#endif /* B9_DIFF_H */
