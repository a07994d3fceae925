/* SPDX-License-Identifier: Apache-2.0
 *
 * rootfs-layer.c: what a layer may hold, whoever made it, and its digest.
 *
 * The digest is the SHA-256 of, for each entry, one line "MODE UID GID SIZE SECONDS.NANOSECONDS MAJOR:MINOR"
 * (mode in octal), then name, link and hard link, each with a NUL behind it, then each extended attribute in
 * the order of their names, "NAME", NUL, "SIZE", NUL and value, then the content; "@OFFSET", NUL stands
 * before what follows a hole.
 */
#include "config.h"

#include "core/checkpoint/rootfs.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/sys/failure.h"

#define MAX_NAME 255
#define MAX_PATH 4095

/* A directory whose content is coming. */
typedef struct {
  char *name;
  char *last; /* the name of what came last in it; NULL: nothing yet */
} Level;

struct _B9RootfsCheck {
  GPtrArray *levels;
  gboolean at_start; /* nothing has come since the innermost directory */
  guint depth;
  guint64 entries, bytes;
  guint64 position; /* in the content of the last entry */
  B9Digest *digest;
};

const char *
b9_rootfs_word (B9RootfsKind kind)
{
  static const char *const words[] = {"none", "upper", "full"};

  return words[kind];
}

void
b9_rootfs_layer_clear (B9RootfsLayer *layer)
{
  g_clear_pointer (&layer->kind, g_free);
  g_clear_pointer (&layer->sha256, g_free);
}

static void
level_free (gpointer data)
{
  Level *level = data;

  g_free (level->name);
  g_free (level->last);
  g_free (level);
}

B9RootfsCheck *
b9_rootfs_check_new (void)
{
  B9RootfsCheck *check = g_new0 (B9RootfsCheck, 1);

  check->levels = g_ptr_array_new_with_free_func (level_free);
  check->digest = b9_digest_new ();
  return check;
}

void
b9_rootfs_check_free (B9RootfsCheck *check)
{
  if (check == NULL)
    return;
  g_ptr_array_unref (check->levels);
  b9_digest_free (check->digest);
  g_free (check);
}

const char *
b9_rootfs_base (const char *name)
{
  const char *slash = strrchr (name, '/');

  return slash != NULL ? slash + 1 : name;
}

gboolean
b9_rootfs_keeps_xattr (const char *name)
{
  static const char *const kept[] = {"security.capability", "system.posix_acl_access",
                                     "system.posix_acl_default", NULL};

  if (g_str_has_prefix (name, "trusted.overlay.") || g_str_has_prefix (name, "user.overlay."))
    return FALSE;
  return g_str_has_prefix (name, "user.") || g_str_has_prefix (name, "trusted.") ||
         g_strv_contains (kept, name);
}

/* --- what is refused --- */

static gboolean
refuse (const B9ArchiveEntry *entry, GError **error, const char *why)
{
  g_autofree char *valid = g_utf8_make_valid (entry->name, -1);
  g_autofree char *shown = g_strescape (valid, NULL);

  return b9_fail (error, B9_ERROR_BAD_INPUT, "\"" B9_ARCHIVE_LAYER "/%s\" %s", shown, why);
}

static gboolean
is_good_part (const char *part, gsize length)
{
  return length > 0 && length <= MAX_NAME && !(length == 1 && part[0] == '.') &&
         !(length == 2 && part[0] == '.' && part[1] == '.');
}

static gboolean
is_good_path (const char *path)
{
  if (strlen (path) > MAX_PATH)
    return FALSE;
  for (;;) {
    gsize length = strcspn (path, "/");

    if (!is_good_part (path, length))
      return FALSE;
    if (path[length] == '\0')
      return TRUE;
    path += length + 1;
  }
}

static gboolean
check_whiteout (const B9ArchiveEntry *entry, const char *base, GError **error)
{
  const char *hidden = base + strlen (B9_WHITEOUT);

  if (!S_ISREG (entry->mode) || entry->size != 0 || entry->hard_link != NULL)
    return refuse (entry, error, "is named like a mark of something deleted, and is no empty file");
  if (strcmp (base, B9_OPAQUE) != 0 &&
      (!is_good_part (hidden, strlen (hidden)) || g_str_has_prefix (hidden, B9_WHITEOUT)))
    return refuse (entry, error, "marks nothing that could have been deleted");
  return TRUE;
}

static gboolean
check_kind (const B9ArchiveEntry *entry, GError **error)
{
  switch (entry->mode & S_IFMT) {
  case S_IFREG:
    return entry->hard_link == NULL || is_good_path (entry->hard_link) ||
           refuse (entry, error, "is a hard link out of the root file system");
  case S_IFLNK:
    return (entry->symlink != NULL && *entry->symlink != '\0' && strlen (entry->symlink) <= MAX_PATH) ||
           refuse (entry, error, "is a link to nothing");
  case S_IFDIR:
  case S_IFCHR:
  case S_IFBLK:
  case S_IFIFO:
    return TRUE;
  default:
    return refuse (entry, error, "is a file of a kind that no layer has");
  }
}

static gboolean
check_xattrs (const B9ArchiveEntry *entry, GError **error)
{
  for (guint i = 0; i < entry->n_xattrs; i++) {
    if (!b9_rootfs_keeps_xattr (entry->xattrs[i].name))
      return refuse (entry, error, "has an extended attribute that no layer has");
  }
  return TRUE;
}

/* Leaves the directories that the entry is not in; its own is the last that stays. */
static gboolean
find_level (B9RootfsCheck *check, const B9ArchiveEntry *entry, const char *base, GError **error)
{
  gsize length = base > entry->name ? (gsize)(base - entry->name) - 1 : 0;

  while (check->levels->len > 0) {
    const Level *level = g_ptr_array_index (check->levels, check->levels->len - 1);

    if (strlen (level->name) == length && strncmp (level->name, entry->name, length) == 0)
      return TRUE;
    g_ptr_array_set_size (check->levels, (int)check->levels->len - 1);
    check->at_start = FALSE;
  }
  return refuse (entry, error, "does not follow the directory that it is in");
}

static gboolean
check_order (B9RootfsCheck *check, const B9ArchiveEntry *entry, const char *base, GError **error)
{
  Level *level = g_ptr_array_index (check->levels, check->levels->len - 1);

  if (strcmp (base, B9_OPAQUE) == 0)
    return (check->at_start && level->last == NULL) ||
           refuse (entry, error, "does not come first in its directory");
  if (level->last != NULL && strcmp (level->last, base) >= 0)
    return refuse (entry, error, "comes twice, or out of order");
  g_free (level->last);
  level->last = g_strdup (base);
  return TRUE;
}

static void
enter (B9RootfsCheck *check, const char *name)
{
  Level *level = g_new0 (Level, 1);

  level->name = g_strdup (name);
  g_ptr_array_add (check->levels, level);
}

static gboolean
check_place (B9RootfsCheck *check, const B9ArchiveEntry *entry, GError **error)
{
  const char *base = b9_rootfs_base (entry->name);

  if (*entry->name == '\0')
    return (check->entries == 0 && S_ISDIR (entry->mode)) ||
           refuse (entry, error, "is no directory, or comes twice");
  if (!is_good_path (entry->name))
    return refuse (entry, error, "has \"..\", \".\" or an empty part in its path, or is too long");
  if (g_str_has_prefix (base, B9_WHITEOUT) && !check_whiteout (entry, base, error))
    return FALSE;
  if (!find_level (check, entry, base, error) || !check_order (check, entry, base, error))
    return FALSE;
  return check->levels->len < B9_ROOTFS_MAX_DEPTH || refuse (entry, error, "is deeper than any layer may be");
}

/* --- the digest --- */

static int
compare_xattrs (gconstpointer a, gconstpointer b)
{
  return strcmp (((const B9ArchiveXattr *)a)->name, ((const B9ArchiveXattr *)b)->name);
}

static void
add_text (B9Digest *digest, const char *text)
{
  b9_digest_add (digest, text != NULL ? text : "", text != NULL ? strlen (text) + 1 : 1);
}

static void
add_xattrs (B9Digest *digest, const B9ArchiveEntry *entry)
{
  g_autoptr (GArray) sorted = g_array_new (FALSE, FALSE, sizeof (B9ArchiveXattr));

  if (entry->n_xattrs == 0)
    return;
  g_array_append_vals (sorted, entry->xattrs, entry->n_xattrs);
  g_array_sort (sorted, compare_xattrs);
  for (guint i = 0; i < sorted->len; i++) {
    const B9ArchiveXattr *xattr = &g_array_index (sorted, B9ArchiveXattr, i);
    g_autofree char *size = g_strdup_printf ("%" G_GSIZE_FORMAT, xattr->size);

    add_text (digest, xattr->name);
    add_text (digest, size);
    b9_digest_add (digest, xattr->value, xattr->size);
  }
}

static void
add_header (B9Digest *digest, const B9ArchiveEntry *entry)
{
  gboolean is_node = S_ISCHR (entry->mode) || S_ISBLK (entry->mode);
  char line[160];
  int length = g_snprintf (line, sizeof line, "%o %u %u %" G_GUINT64_FORMAT " %lld.%09ld %u:%u\n",
                           (guint)entry->mode, (guint)entry->uid, (guint)entry->gid, entry->size,
                           (long long)entry->mtime.tv_sec, entry->mtime.tv_nsec,
                           is_node ? major (entry->device) : 0, is_node ? minor (entry->device) : 0);

  b9_digest_add (digest, line, (gsize)length);
  add_text (digest, entry->name);
  add_text (digest, entry->symlink);
  add_text (digest, entry->hard_link);
  add_xattrs (digest, entry);
}

gboolean
b9_rootfs_check_entry (B9RootfsCheck *check, const B9ArchiveEntry *entry, GError **error)
{
  if (!check_place (check, entry, error) || !check_kind (entry, error) || !check_xattrs (entry, error))
    return FALSE;
  check->depth = check->levels->len;
  check->at_start = S_ISDIR (entry->mode);
  if (S_ISDIR (entry->mode))
    enter (check, entry->name);
  check->entries += 1;
  check->position = 0;
  add_header (check->digest, entry);
  return TRUE;
}

void
b9_rootfs_check_data (B9RootfsCheck *check, const void *data, gsize size, guint64 offset)
{
  if (size == 0)
    return;
  if (offset != check->position) {
    g_autofree char *place = g_strdup_printf ("@%" G_GUINT64_FORMAT, offset);

    add_text (check->digest, place);
  }
  b9_digest_add (check->digest, data, size);
  check->position = offset + size;
  check->bytes += size;
}

guint
b9_rootfs_check_depth (const B9RootfsCheck *check)
{
  return check->depth;
}

guint64
b9_rootfs_check_entries (const B9RootfsCheck *check)
{
  return check->entries;
}

gboolean
b9_rootfs_check_end (B9RootfsCheck *check, B9RootfsLayer *layer, GError **error)
{
  layer->entries = check->entries;
  layer->bytes = check->bytes;
  layer->sha256 = b9_digest_text (check->digest);
  return layer->sha256 != NULL ||
         b9_fail (error, B9_ERROR_FAILED, "libcrypto could not finish the digest of the root file system");
}
