/* SPDX-License-Identifier: Apache-2.0
 *
 * program.h: where a program is.
 */
#ifndef B9_PROGRAM_H
#define B9_PROGRAM_H

#include <glib.h>

G_BEGIN_DECLS

/* podman and CRI-O call with an empty environment. */
#define B9_USUAL_DIRECTORIES "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Whether @path is a file that can be executed and is not b9run itself, which may stand in PATH under a
 * runtime's own name. */
gboolean b9_is_program (const char *path);

/* The absolute path of the program @name: in PATH, then in the usual directories; owned, or NULL. */
char *b9_find_program (const char *name);

G_END_DECLS

#endif /* B9_PROGRAM_H */
