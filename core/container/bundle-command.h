/* SPDX-License-Identifier: Apache-2.0
 *
 * bundle-command.h: whether the command of a bundle is there, for backends that would find out too late
 * (B9_BACKEND_CHECKS_COMMAND_LATE).
 */
#ifndef B9_BUNDLE_COMMAND_H
#define B9_BUNDLE_COMMAND_H

#include "core/container/bundle.h"

G_BEGIN_DECLS

/* Looks for process.args[0] in the root file system, as the container would: a name with a slash from
 * process.cwd, another one in the PATH of process.env.  FALSE with B9_ERROR_BAD_INPUT, in the words of
 * runc 1.1.5, if it is certain that the container cannot start: it is missing, or a directory, or nobody may
 * execute it, or the root file system itself is missing or no directory, or the spec has no process, no
 * command or no root.  TRUE in every other case, also where that cannot be told from here (a mount or a hook
 * may bring it), and where the document is wrong: that is the runtime's to say. */
gboolean b9_bundle_check_command (const B9Bundle *bundle, GError **error);

G_END_DECLS

#endif /* B9_BUNDLE_COMMAND_H */
