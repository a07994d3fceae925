/* SPDX-License-Identifier: Apache-2.0
 *
 * rootfs-pack.c: packs an overlay's upper directory, or a whole root file system: see rootfs.h.
 *
 * The container may have put anything there.  Nothing is followed: each directory is opened by its parent's
 * descriptor.  Sockets are left out: tar has none, and CRIU binds them anew.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/sys/failure.h"
#include "core/sys/files.h"

#define BLOCK (1024 * 1024)

typedef struct {
  const B9RootfsPlan *plan;
  B9ArchiveWriter *writer;
  B9RootfsCheck *check;
  B9DigestProgress progress;
  gpointer data;
  int rootfs;          /* as the container sees it */
  GHashTable *links;   /* "DEVICE:INODE" → the name of the first of several hard links */
  char *block, *zeros; /* BLOCK bytes each */
} Work;

static void
work_clear (Work *work)
{
  b9_fd_close (&work->rootfs);
  g_clear_pointer (&work->check, b9_rootfs_check_free);
  g_clear_pointer (&work->links, g_hash_table_unref);
  g_free (work->block);
  g_free (work->zeros);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* One that is being walked through. */
typedef struct {
  int fd;
  const char *name;  /* below the root */
  gboolean is_upper; /* has an overlay's marks */
  dev_t device;
} Place;

static gboolean
fail_at (const char *name, int errnum, const char *what, GError **error)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);

  return b9_fail_errno (error, errnum, "%s /%s of the root file system", what, valid);
}

/* --- extended attributes --- */

/* "/proc/self/fd/N/NAME": for the calls that have no form with a descriptor. */
static char *
path_at (int directory, const char *name)
{
  return g_strdup_printf ("/proc/self/fd/%d/%s", directory, name);
}

/* Its value, or NULL; *@size without the NUL that is put behind it. */
static char *
read_xattr (const char *path, const char *name, gsize *size)
{
  ssize_t length = lgetxattr (path, name, NULL, 0);
  g_autofree char *value = length >= 0 ? g_malloc ((gsize)length + 1) : NULL;

  if (value != NULL)
    length = lgetxattr (path, name, value, (gsize)length);
  if (value == NULL || length < 0)
    return NULL;
  value[length] = '\0';
  *size = (gsize)length;
  return g_steal_pointer (&value);
}

static void
xattr_clear (gpointer data)
{
  B9ArchiveXattr *xattr = data;

  g_free ((char *)xattr->name);
  g_free ((char *)xattr->value);
}

/* Those that go along. */
static GArray *
read_xattrs (const char *path)
{
  GArray *xattrs = g_array_new (FALSE, TRUE, sizeof (B9ArchiveXattr));
  ssize_t length = llistxattr (path, NULL, 0);
  g_autofree char *names = length > 0 ? g_malloc0 ((gsize)length + 1) : NULL;

  g_array_set_clear_func (xattrs, xattr_clear);
  length = names != NULL ? llistxattr (path, names, (gsize)length) : 0;
  for (const char *name = names; name != NULL && name < names + MAX (length, 0); name += strlen (name) + 1) {
    B9ArchiveXattr xattr = {.name = name};

    if (!b9_rootfs_keeps_xattr (name))
      continue;
    xattr.value = read_xattr (path, name, &xattr.size);
    xattr.name = g_strdup (name);
    if (xattr.value != NULL)
      g_array_append_val (xattrs, xattr);
    else
      g_free ((char *)xattr.name);
  }
  return xattrs;
}

/* The overlay's own mark @name on @path, or NULL. */
static char *
read_mark (const Work *work, const char *path, const char *name)
{
  g_autofree char *whole = g_strconcat (work->plan->user_xattrs ? "user.overlay." : "trusted.overlay.", name,
                                        NULL);
  gsize size;

  return read_xattr (path, whole, &size);
}

static gboolean
has_mark (const Work *work, const char *path, const char *name)
{
  g_autofree char *value = read_mark (work, path, name);

  return value != NULL;
}

/* --- entries --- */

static gboolean
add_entry (Work *work, const B9ArchiveEntry *entry, GError **error)
{
  return (work->progress (0, work->data) || b9_fail (error, B9_ERROR_FAILED, "cancelled")) &&
         b9_rootfs_check_entry (work->check, entry, error) &&
         b9_archive_add_entry (work->writer, entry, error);
}

static B9ArchiveEntry
entry_of (const char *name, const struct stat *info, const GArray *xattrs)
{
  return (B9ArchiveEntry){.name = name,
                          .mode = info->st_mode,
                          .uid = info->st_uid,
                          .gid = info->st_gid,
                          .size = S_ISREG (info->st_mode) ? (guint64)info->st_size : 0,
                          .mtime = info->st_mtim,
                          .device = info->st_rdev,
                          .xattrs = (const B9ArchiveXattr *)(void *)xattrs->data,
                          .n_xattrs = xattrs->len};
}

/* An empty file that says something of another. */
static gboolean
add_mark (Work *work, const char *directory, const char *mark, GError **error)
{
  g_autofree char *name = *directory != '\0' ? g_strconcat (directory, "/", mark, NULL) : g_strdup (mark);
  const B9ArchiveEntry entry = {.name = name, .mode = S_IFREG};

  return add_entry (work, &entry, error);
}

/* --- what a file holds --- */

/* Where the data of a sparse file is; empty for one that has no holes, or a file system that does not tell.
 */
static GArray *
find_ranges (int fd, const struct stat *info)
{
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (B9ArchiveRange));
  off_t end = 0;

  if ((guint64)info->st_blocks * 512 >= (guint64)info->st_size)
    return ranges;
  while (end < info->st_size) {
    off_t start = lseek (fd, end, SEEK_DATA);
    B9ArchiveRange range;

    if (start < 0 || start >= info->st_size)
      break;
    end = MIN (MAX (lseek (fd, start, SEEK_HOLE), start + 1), info->st_size);
    range = (B9ArchiveRange){(guint64)start, (guint64)(end - start)};
    g_array_append_val (ranges, range);
  }
  if (ranges->len == 0) { /* nothing but a hole */
    B9ArchiveRange none = {(guint64)info->st_size, 0};

    g_array_append_val (ranges, none);
  }
  return ranges;
}

static gboolean
add_hole (Work *work, guint64 size, GError **error)
{
  while (size > 0) {
    gsize piece = (gsize)MIN (size, BLOCK);

    if (!b9_archive_add_data (work->writer, work->zeros, piece, error))
      return FALSE;
    size -= piece;
  }
  return TRUE;
}

static gboolean
add_range (Work *work, int fd, const B9ArchiveEntry *entry, const B9ArchiveRange *range, GError **error)
{
  guint64 offset = range->offset, end = range->offset + range->length;

  while (offset < end) {
    ssize_t got = pread (fd, work->block, (gsize)MIN (end - offset, BLOCK), (off_t)offset);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return fail_at (entry->name, errno, "cannot read", error);
    if (got == 0)
      return b9_fail (error, B9_ERROR_IO, "a file of the root file system became shorter while it was read");
    b9_rootfs_check_data (work->check, work->block, (gsize)got, offset);
    if (!b9_archive_add_data (work->writer, work->block, (gsize)got, error))
      return FALSE;
    if (!work->progress ((guint64)got, work->data))
      return b9_fail (error, B9_ERROR_FAILED, "cancelled");
    offset += (guint64)got;
  }
  return TRUE;
}

static gboolean
add_content (Work *work, int fd, const B9ArchiveEntry *entry, GError **error)
{
  const B9ArchiveRange whole = {0, entry->size};
  const B9ArchiveRange *ranges = entry->n_ranges > 0 ? entry->ranges : &whole;
  guint n_ranges = entry->n_ranges > 0 ? entry->n_ranges : 1;
  guint64 end = 0;

  for (guint i = 0; i < n_ranges; i++) {
    if (!add_hole (work, ranges[i].offset - end, error) || !add_range (work, fd, entry, &ranges[i], error))
      return FALSE;
    end = ranges[i].offset + ranges[i].length;
  }
  return add_hole (work, entry->size - end, error);
}

/* @fd: where its content is, which is not the upper directory for one that was only touched. */
static gboolean
add_opened (Work *work, int fd, B9ArchiveEntry *entry, GError **error)
{
  g_autoptr (GArray) ranges = NULL;
  struct stat info;

  if (fd < 0 || fstat (fd, &info) != 0)
    return fail_at (entry->name, errno, "cannot open", error);
  if (!S_ISREG (info.st_mode))
    return b9_fail (error, B9_ERROR_IO, "a file of the root file system was replaced while it was packed");
  ranges = find_ranges (fd, &info);
  entry->size = (guint64)info.st_size;
  entry->ranges = (const B9ArchiveRange *)(void *)ranges->data;
  entry->n_ranges = ranges->len;
  return add_entry (work, entry, error) && add_content (work, fd, entry, error);
}

static int
open_content (const Work *work, const Place *place, const char *base, const char *name)
{
  g_autofree char *path = path_at (place->fd, base);
  const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

  if (place->is_upper && has_mark (work, path, "metacopy"))
    return openat (work->rootfs, name, flags);
  return openat (place->fd, base, flags);
}

static gboolean
add_file (Work *work, const Place *place, const char *base, const struct stat *info, B9ArchiveEntry *entry,
          GError **error)
{
  g_autofree char *key = g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)info->st_dev,
                                          (guint64)info->st_ino);
  b9_autofd fd = -1;

  if (info->st_nlink > 1) {
    entry->hard_link = g_hash_table_lookup (work->links, key);
    if (entry->hard_link == NULL)
      g_hash_table_insert (work->links, g_steal_pointer (&key), g_strdup (entry->name));
  }
  if (entry->hard_link != NULL) {
    entry->size = 0;
    return add_entry (work, entry, error);
  }
  fd = open_content (work, place, base, entry->name);
  return add_opened (work, fd, entry, error);
}

static gboolean
add_symlink (Work *work, const Place *place, const char *base, B9ArchiveEntry *entry, GError **error)
{
  char target[4096];
  ssize_t length = readlinkat (place->fd, base, target, sizeof target - 1);

  if (length < 0)
    return fail_at (entry->name, errno, "cannot read the link", error);
  target[length] = '\0';
  entry->symlink = target;
  return add_entry (work, entry, error);
}

/* --- directories --- */

/* A name in a directory, and the one that it gets in the layer. */
typedef struct {
  char *base;
  char *packed; /* ".wh.NAME" for what was deleted */
} Child;

static void
child_free (gpointer data)
{
  Child *child = data;

  g_free (child->base);
  g_free (child->packed);
  g_free (child);
}

static int
compare_children (gconstpointer a, gconstpointer b)
{
  const Child *one = *(const Child *const *)a, *other = *(const Child *const *)b;

  return strcmp (one->packed, other->packed);
}

/* The kernel marks a deleted file by a device 0:0 or, where it can have none, by an attribute. */
static gboolean
is_whiteout (const Work *work, const Place *place, const char *base, const struct stat *info)
{
  g_autofree char *path = path_at (place->fd, base);

  if (!place->is_upper)
    return FALSE;
  return (S_ISCHR (info->st_mode) && info->st_rdev == 0) ||
         (S_ISREG (info->st_mode) && info->st_size == 0 && has_mark (work, path, "whiteout"));
}

static gboolean
is_passed_over (const Work *work, const char *name)
{
  g_autofree char *path = g_build_filename (work->plan->rootfs, name, NULL);

  return work->plan->passed_over != NULL &&
         g_strv_contains ((const char *const *)work->plan->passed_over, path);
}

static char *
name_in (const Place *place, const char *base)
{
  return *place->name != '\0' ? g_strconcat (place->name, "/", base, NULL) : g_strdup (base);
}

static gboolean
take_child (const Work *work, const Place *place, const char *base, GPtrArray *children, GError **error)
{
  g_autofree char *name = name_in (place, base);
  struct stat info;
  Child *child;

  if (is_passed_over (work, name))
    return TRUE;
  if (g_str_has_prefix (base, B9_WHITEOUT))
    return b9_fail (error, B9_ERROR_UNSUPPORTED,
                    "the container has a file whose name begins with " B9_WHITEOUT
                    " (/%s), which means something deleted in a layer; rename it, or give "
                    "--export-rootfs=none",
                    name);
  if (fstatat (place->fd, base, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_at (name, errno, "cannot look at", error);
  child = g_new0 (Child, 1);
  child->base = g_strdup (base);
  child->packed = is_whiteout (work, place, base, &info) ? g_strconcat (B9_WHITEOUT, base, NULL)
                                                         : g_strdup (base);
  g_ptr_array_add (children, child);
  return TRUE;
}

/* In the order that a layer has. */
static GPtrArray *
list_children (const Work *work, const Place *place, GError **error)
{
  g_autoptr (GPtrArray) children = g_ptr_array_new_with_free_func (child_free);
  int copy = openat (place->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (DIR) stream = copy >= 0 ? fdopendir (copy) : NULL;
  struct dirent *entry;

  if (stream == NULL) {
    fail_at (place->name, errno, "cannot read the directory", error);
    b9_fd_close (&copy);
    return NULL;
  }
  while ((entry = readdir (stream)) != NULL) {
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0 &&
        !take_child (work, place, entry->d_name, children, error))
      return NULL;
  }
  g_ptr_array_sort (children, compare_children);
  return g_steal_pointer (&children);
}

static gboolean pack_directory (Work *work, const Place *place, gboolean opaque, GError **error);

/* One that was moved holds only what is new in it, so it is taken as the container sees it. */
static gboolean
pack_below (Work *work, const Place *place, const char *base, const char *name, GError **error)
{
  g_autofree char *path = path_at (place->fd, base);
  gboolean moved = place->is_upper && has_mark (work, path, "redirect");
  g_autofree char *mark = place->is_upper ? read_mark (work, path, "opaque") : NULL;
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  b9_autofd fd = moved ? openat (work->rootfs, name, flags) : openat (place->fd, base, flags);
  const Place below = {fd, name, place->is_upper && !moved, place->device};

  if (fd < 0)
    return fail_at (name, errno, "cannot open the directory", error);
  return pack_directory (work, &below, moved || g_strcmp0 (mark, "y") == 0, error);
}

static gboolean
pack_child (Work *work, const Place *place, const Child *child, GError **error)
{
  g_autofree char *name = name_in (place, child->base);
  g_autofree char *path = path_at (place->fd, child->base);
  g_autoptr (GArray) xattrs = NULL;
  B9ArchiveEntry entry;
  struct stat info;

  if (strcmp (child->base, child->packed) != 0)
    return add_mark (work, place->name, child->packed, error);
  if (fstatat (place->fd, child->base, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_at (name, errno, "cannot look at", error);
  if (S_ISDIR (info.st_mode))
    return pack_below (work, place, child->base, name, error);
  xattrs = read_xattrs (path);
  entry = entry_of (name, &info, xattrs);
  if (S_ISREG (info.st_mode))
    return add_file (work, place, child->base, &info, &entry, error);
  if (S_ISLNK (info.st_mode))
    return add_symlink (work, place, child->base, &entry, error);
  if (S_ISSOCK (info.st_mode)) {
    g_debug ("the socket /%s is left out of the archive", name);
    return TRUE;
  }
  return add_entry (work, &entry, error);
}

/* The directory itself, then what is in it.  One of another file system is mounted there, and none of the
 * root file system's. */
static gboolean
pack_directory (Work *work, const Place *place, gboolean opaque, GError **error)
{
  g_autofree char *path = path_at (place->fd, ".");
  g_autoptr (GArray) xattrs = read_xattrs (path);
  g_autoptr (GPtrArray) children = NULL;
  B9ArchiveEntry entry;
  struct stat info;

  if (fstat (place->fd, &info) != 0)
    return fail_at (place->name, errno, "cannot look at", error);
  entry = entry_of (place->name, &info, xattrs);
  if (!add_entry (work, &entry, error) || (opaque && !add_mark (work, place->name, B9_OPAQUE, error)))
    return FALSE;
  if (!place->is_upper && info.st_dev != place->device)
    return TRUE;
  children = list_children (work, place, error);
  for (guint i = 0; children != NULL && i < children->len; i++) {
    if (!pack_child (work, place, g_ptr_array_index (children, i), error))
      return FALSE;
  }
  return children != NULL;
}

static gboolean
pack_all (Work *work, GError **error)
{
  gboolean upper = work->plan->kind == B9_ROOTFS_UPPER;
  b9_autofd fd = b9_open_directory (upper ? work->plan->upper : work->plan->rootfs, error);
  Place root = {fd, "", upper, 0};
  struct stat info;

  if (fd < 0)
    return FALSE;
  work->rootfs = b9_open_directory (work->plan->rootfs, error);
  if (work->rootfs < 0)
    return FALSE;
  if (fstat (work->rootfs, &info) != 0)
    return fail_at ("", errno, "cannot look at", error);
  root.device = info.st_dev;
  return pack_directory (work, &root, !upper, error);
}

gboolean
b9_rootfs_pack (const B9RootfsPlan *plan, B9ArchiveWriter *writer, B9DigestProgress progress, gpointer data,
                B9RootfsLayer *layer, GError **error)
{
  g_auto (Work) work = {.plan = plan, .writer = writer, .progress = progress, .data = data, .rootfs = -1};

  work.check = b9_rootfs_check_new ();
  work.links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  work.block = g_malloc (BLOCK);
  work.zeros = g_malloc0 (BLOCK);
  if (!pack_all (&work, error) || !b9_rootfs_check_end (work.check, layer, error)) {
    g_prefix_error (error, "cannot pack the root file system %s: ", plan->rootfs);
    return FALSE;
  }
  layer->kind = g_strdup (b9_rootfs_word (plan->kind));
  return TRUE;
}
