/* SPDX-License-Identifier: Apache-2.0
 *
 * trust.h: whether anybody but root and the caller can change a file, or put another in its place.
 *
 * Plugins are code that root runs and the configuration names programs that root runs, so both go by this.
 */
#ifndef B9_TRUST_H
#define B9_TRUST_H

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

typedef enum {
  B9_TRUSTED,
  B9_OWNED_BY_ANOTHER,
  B9_WRITABLE_BY_OTHERS, /* by group or mode */
  B9_TRUST_UNKNOWN,      /* errno says why */
} B9Trust;

/* Whether @owner may own what is trusted: root, the caller, or who owns "/" and can so exchange all that is
 * below.  That is root, but in a user namespace that does not map it (rootless podman) both show as the
 * overflow user. */
gboolean b9_owner_is_trusted (uid_t owner, uid_t caller, uid_t owner_of_top);

/* One file or directory. */
B9Trust b9_trust (const struct stat *status);

/* From @directory, which has no links in it, up to "/".  A sticky directory like /tmp will do above it, and
 * with @sticky_will_do in its place, since there nobody can rename what is not his.  *culprit is the first
 * that cannot be trusted and *status is what it is; owned, NULL where all can be. */
B9Trust b9_trust_directories (const char *directory, gboolean sticky_will_do, char **culprit,
                              struct stat *status);

G_END_DECLS

#endif /* B9_TRUST_H */
