/* SPDX-License-Identifier: Apache-2.0
 *
 * trust.c: see trust.h.
 */
#include "config.h"

#include "core/sys/trust.h"

#include <unistd.h>

gboolean
b9_owner_is_trusted (uid_t owner, uid_t caller, uid_t owner_of_top)
{
  return owner == 0 || owner == caller || owner == owner_of_top;
}

static gboolean
is_trusted_here (uid_t owner)
{
  struct stat top;

  return b9_owner_is_trusted (owner, geteuid (), 0) ||
         (stat ("/", &top) == 0 && b9_owner_is_trusted (owner, geteuid (), top.st_uid));
}

B9Trust
b9_trust (const struct stat *status)
{
  if (!is_trusted_here (status->st_uid))
    return B9_OWNED_BY_ANOTHER;
  return (status->st_mode & (S_IWGRP | S_IWOTH)) != 0 ? B9_WRITABLE_BY_OTHERS : B9_TRUSTED;
}

static B9Trust
trust_directory (const char *directory, gboolean sticky_will_do, struct stat *status)
{
  struct stat considered;

  if (stat (directory, status) != 0)
    return B9_TRUST_UNKNOWN;
  considered = *status;
  if (sticky_will_do && (status->st_mode & S_ISVTX) != 0)
    considered.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
  return b9_trust (&considered);
}

B9Trust
b9_trust_directories (const char *directory, gboolean sticky_will_do, char **culprit, struct stat *status)
{
  g_autofree char *current = g_strdup (directory);

  *culprit = NULL;
  for (;;) {
    B9Trust trust = trust_directory (current, sticky_will_do, status);
    char *parent;

    if (trust != B9_TRUSTED)
      *culprit = g_steal_pointer (&current);
    if (trust != B9_TRUSTED || g_str_equal (current, "/"))
      return trust;
    parent = g_path_get_dirname (current);
    g_free (current);
    current = parent;
    sticky_will_do = TRUE;
  }
}
