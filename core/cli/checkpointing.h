/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpointing.h: what the command lines of checkpoint and restore have in common.
 */
#ifndef B9_CHECKPOINTING_H
#define B9_CHECKPOINTING_H

#include "core/cli/app.h"

G_BEGIN_DECLS

/* Makes the paths among the options absolute, and fills in those that runc has a default for: an image path
 * of ./checkpoint, and logs beside the image. */
gboolean b9_checkpointing_settle (const B9Line *line, GError **error);

/* Whether options that take one of a few words have such a one, also where nobody would look at it later. */
gboolean b9_checkpointing_check_words (const B9Line *line, GError **error);

/* An option that is a path, absolute; g_free(), or NULL. */
char *b9_checkpointing_path (const B9Line *line, const char *name);

/* The options that are the runtime's: borrowed B9RequestOption, not NULL-ended. */
GPtrArray *b9_checkpointing_options (const B9Line *line);

/* `b9run recover ID` as this b9run would do it for @target, which has a record, from anywhere: guardian.h.
 * g_strfreev(). */
char **b9_checkpointing_recover (const B9App *app, const B9Target *target);

gboolean b9_checkpointing_timeout (const B9Line *line, guint *seconds, GError **error);

/* What the capability matrix has to say about the command and each of its options. */
gboolean b9_checkpointing_require (B9App *app, const B9Target *target, const char *command,
                                   const B9Line *line, GError **error);

/* B9ArchiveProgress and B9DigestProgress; @data is the B9Progress. */
gboolean b9_checkpointing_show (guint64 done, gpointer data);

G_END_DECLS

#endif /* B9_CHECKPOINTING_H */
