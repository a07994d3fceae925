/* SPDX-License-Identifier: Apache-2.0
 *
 * rootfs-apply.c: writes a layer into a root file system: see rootfs.h.
 *
 * A layer may come from anybody.  Twice it is read whole: first everything is looked at and nothing written,
 * then it is written.  Each directory is opened by its parent's descriptor and never by way of a link; a
 * layer's directories stay open while what is in them comes, so no path is ever looked up.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/sys/failure.h"
#include "core/sys/files.h"

/* A device that a container of this bundle may have. */
typedef struct {
  mode_t kind; /* S_IFCHR or S_IFBLK */
  guint major, minor;
} Device;

/* A directory of the layer that is still being filled; its time is set when that is over. */
typedef struct {
  B9Fd fd;
  struct timespec mtime;
} Level;

struct _B9RootfsTarget {
  char *path;
  B9Fd root;
  guint64 mount;
  GArray *devices; /* of Device */
  GArray *levels;  /* of Level */
  B9RootfsCheck *check;
};

static void
level_clear (gpointer data)
{
  b9_fd_close (&((Level *)data)->fd);
}

void
b9_rootfs_target_free (B9RootfsTarget *target)
{
  if (target == NULL)
    return;
  b9_fd_close (&target->root);
  g_array_unref (target->devices);
  g_array_unref (target->levels);
  b9_rootfs_check_free (target->check);
  g_free (target->path);
  g_free (target);
}

/* Which mount an open directory is on; 0 where the kernel (before 5.8) does not tell. */
static guint64
mount_of (int fd)
{
  struct statx info;

  if (statx (fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &info) != 0 || (info.stx_mask & STATX_MNT_ID) == 0)
    return 0;
  return info.stx_mnt_id;
}

/* --- devices --- */

static void
add_device (B9RootfsTarget *target, mode_t kind, gint64 major_number, gint64 minor_number)
{
  const Device device = {kind, (guint)major_number, (guint)minor_number};

  g_array_append_val (target->devices, device);
}

/* Those that every container gets (runtime-spec, config-linux.md, "Default Devices"). */
static void
add_default_devices (B9RootfsTarget *target)
{
  static const guint minors_of_memory[] = {3, 5, 7, 8, 9}; /* null, zero, full, random, urandom */

  for (guint i = 0; i < G_N_ELEMENTS (minors_of_memory); i++)
    add_device (target, S_IFCHR, 1, minors_of_memory[i]);
  add_device (target, S_IFCHR, 5, 0);
  add_device (target, S_IFCHR, 5, 2);
}

static void
add_devices (B9RootfsTarget *target, const B9JsonText *config)
{
  B9JsonValue devices = B9_JSON_NONE;

  if (!b9_json_find (config, B9_JSON_ROOT, &devices, NULL, "linux", "devices", NULL) ||
      devices == B9_JSON_NONE || b9_json_kind (config, devices) != B9_JSON_ARRAY)
    return;
  for (B9JsonValue one = b9_json_first (config, devices); one != B9_JSON_NONE;
       one = b9_json_next (config, one)) {
    B9JsonValue numbers[2] = {B9_JSON_NONE, B9_JSON_NONE};
    gint64 major_number = 0, minor_number = 0;
    g_autofree char *type = NULL;

    if (b9_json_find_string (config, one, &type, NULL, "type", NULL) && type != NULL &&
        b9_json_get (config, one, "major", &numbers[0], NULL) && numbers[0] != B9_JSON_NONE &&
        b9_json_get (config, one, "minor", &numbers[1], NULL) && numbers[1] != B9_JSON_NONE &&
        b9_json_int64 (config, numbers[0], NULL, &major_number, NULL) &&
        b9_json_int64 (config, numbers[1], NULL, &minor_number, NULL))
      add_device (target, strcmp (type, "b") == 0 ? S_IFBLK : S_IFCHR, major_number, minor_number);
  }
}

static gboolean
check_device (const B9RootfsTarget *target, const B9ArchiveEntry *entry, GError **error)
{
  g_autofree char *valid = NULL;

  if (!S_ISCHR (entry->mode) && !S_ISBLK (entry->mode))
    return TRUE;
  for (guint i = 0; i < target->devices->len; i++) {
    const Device *device = &g_array_index (target->devices, Device, i);

    if (device->kind == (entry->mode & S_IFMT) && device->major == major (entry->device) &&
        device->minor == minor (entry->device))
      return TRUE;
  }
  valid = g_utf8_make_valid (entry->name, -1);
  return b9_fail (error, B9_ERROR_BAD_INPUT,
                  "\"" B9_ARCHIVE_LAYER "/%s\" is the device %c %u:%u, which a container of this bundle does "
                  "not have; add it to linux.devices of the bundle, or give --ignore-rootfs",
                  valid, S_ISCHR (entry->mode) ? 'c' : 'b', major (entry->device), minor (entry->device));
}

B9RootfsTarget *
b9_rootfs_target_new (const char *rootfs, const B9JsonText *config, GError **error)
{
  g_autoptr (B9RootfsTarget) target = g_new0 (B9RootfsTarget, 1);

  target->path = g_strdup (rootfs);
  target->devices = g_array_new (FALSE, FALSE, sizeof (Device));
  target->levels = g_array_new (FALSE, FALSE, sizeof (Level));
  g_array_set_clear_func (target->levels, level_clear);
  target->check = b9_rootfs_check_new ();
  target->root = b9_open_directory (rootfs, error);
  if (target->root < 0)
    return NULL;
  target->mount = mount_of (target->root);
  add_default_devices (target);
  add_devices (target, config);
  return g_steal_pointer (&target);
}

/* --- looking --- */

static gboolean
look_at (B9RootfsTarget *target, const B9ArchiveEntry *entry, GError **error)
{
  return b9_rootfs_check_entry (target->check, entry, error) && check_device (target, entry, error);
}

gboolean
b9_rootfs_examine (const B9ArchiveEntry *entry, B9ArchiveContent *content, gpointer data, GError **error)
{
  B9RootfsTarget *target = data;
  const void *block;
  gsize length;
  guint64 offset;
  int more;

  if (!look_at (target, entry, error))
    return FALSE;
  while ((more = content->next (content, &block, &length, &offset, error)) > 0)
    b9_rootfs_check_data (target->check, block, length, offset);
  return more == 0;
}

static gboolean
compare (B9RootfsTarget *target, const B9RootfsLayer *expected, GError **error)
{
  g_auto (B9RootfsLayer) found = {0};

  if (!b9_rootfs_check_end (target->check, &found, error))
    return FALSE;
  if (expected->kind == NULL)
    return found.entries == 0 ||
           b9_fail (error, B9_ERROR_BAD_INPUT,
                    "it has files of a root file system of which its manifest knows nothing");
  return (found.entries == expected->entries && g_strcmp0 (found.sha256, expected->sha256) == 0) ||
         b9_fail (
             error, B9_ERROR_BAD_INPUT,
             "its files of the root file system are not those of its manifest: they have another SHA-256");
}

gboolean
b9_rootfs_examined (B9RootfsTarget *target, const B9RootfsLayer *expected, GError **error)
{
  struct statvfs info;
  guint64 room;

  if (!compare (target, expected, error))
    return FALSE;
  b9_rootfs_check_free (target->check);
  target->check = b9_rootfs_check_new ();
  if (expected->kind == NULL || fstatvfs (target->root, &info) != 0)
    return TRUE;
  room = (guint64)info.f_bfree * info.f_frsize;
  return expected->bytes <= room || b9_fail (error, B9_ERROR_IO,
                                             "its files of the root file system have %" G_GUINT64_FORMAT
                                             " bytes, and %s has room for %" G_GUINT64_FORMAT,
                                             expected->bytes, target->path, room);
}

/* --- writing --- */

static gboolean
fail_at (const B9ArchiveEntry *entry, int errnum, const char *what, GError **error)
{
  g_autofree char *valid = g_utf8_make_valid (entry->name, -1);

  return b9_fail_errno (error, errnum, "%s /%s", what, valid);
}

/* Leaves the directories that nothing more comes for. */
static void
leave_levels (B9RootfsTarget *target, guint depth)
{
  while (target->levels->len > depth) {
    const Level *level = &g_array_index (target->levels, Level, target->levels->len - 1);
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, level->mtime};

    futimens (level->fd, times);
    g_array_set_size (target->levels, target->levels->len - 1);
  }
}

static int
directory_of (const B9RootfsTarget *target)
{
  return g_array_index (target->levels, Level, target->levels->len - 1).fd;
}

static gboolean
set_xattrs (const char *path, const B9ArchiveEntry *entry, GError **error)
{
  for (guint i = 0; i < entry->n_xattrs; i++) {
    const B9ArchiveXattr *xattr = &entry->xattrs[i];

    if (lsetxattr (path, xattr->name, xattr->value, xattr->size, 0) != 0)
      return fail_at (entry, errno, "cannot set an extended attribute of", error);
  }
  return TRUE;
}

/* One that is there already may have some that were taken away. */
static void
drop_xattrs (const char *path)
{
  ssize_t length = llistxattr (path, NULL, 0);
  g_autofree char *names = length > 0 ? g_malloc0 ((gsize)length + 1) : NULL;

  length = names != NULL ? llistxattr (path, names, (gsize)length) : 0;
  for (const char *name = names; name != NULL && name < names + MAX (length, 0); name += strlen (name) + 1) {
    if (b9_rootfs_keeps_xattr (name))
      lremovexattr (path, name);
  }
}

/* Owner, then mode, then attributes: each would take something of the next away. */
static gboolean
set_open (int fd, const char *path, const B9ArchiveEntry *entry, GError **error)
{
  if (fchown (fd, entry->uid, entry->gid) != 0)
    return fail_at (entry, errno, "cannot set the owner of", error);
  if (fchmod (fd, entry->mode & 07777) != 0)
    return fail_at (entry, errno, "cannot set the mode of", error);
  return set_xattrs (path, entry, error);
}

static gboolean
clear_place (int directory, const char *base, const B9ArchiveEntry *entry, GError **error)
{
  int failure = b9_remove_entry (directory, base);

  if (failure == EXDEV)
    return fail_at (entry, EBUSY, "something is mounted below, or it is too deep:", error);
  return failure == 0 || fail_at (entry, failure, "cannot remove what is at", error);
}

/* --- directories --- */

static int
open_below (int directory, const char *base)
{
  return openat (directory, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* One that is there stays, and gets the layer's owner and mode. */
static int
open_or_make (int directory, const B9ArchiveEntry *entry, const char *base, GError **error)
{
  int fd = open_below (directory, base);

  if (fd < 0 && errno != ENOENT && !clear_place (directory, base, entry, error))
    return -1;
  if (fd < 0 && mkdirat (directory, base, 0700) == 0)
    fd = open_below (directory, base);
  if (fd < 0)
    fail_at (entry, errno, "cannot make the directory", error);
  return fd;
}

static gboolean
apply_directory (B9RootfsTarget *target, const B9ArchiveEntry *entry, const char *base, GError **error)
{
  Level level = {.mtime = entry->mtime};
  g_autofree char *path = NULL;

  level.fd = target->levels->len == 0 ? open_below (target->root, ".")
                                      : open_or_make (directory_of (target), entry, base, error);
  if (level.fd < 0)
    return target->levels->len > 0 || fail_at (entry, errno, "cannot open", error);
  g_array_append_val (target->levels, level);
  if (mount_of (level.fd) != target->mount)
    return fail_at (entry, EBUSY, "something is mounted at", error);
  path = g_strdup_printf ("/proc/self/fd/%d/.", level.fd);
  drop_xattrs (path);
  return set_open (level.fd, path, entry, error);
}

/* --- files --- */

static gboolean
write_block (int fd, const char *block, gsize size, guint64 offset)
{
  while (size > 0) {
    ssize_t written = pwrite (fd, block, size, (off_t)offset);

    if (written < 0 && errno != EINTR)
      return FALSE;
    if (written < 0)
      continue;
    block += written;
    offset += (guint64)written;
    size -= (gsize)written;
  }
  return TRUE;
}

static gboolean
write_content (B9RootfsTarget *target, int fd, const B9ArchiveEntry *entry, B9ArchiveContent *content,
               GError **error)
{
  const void *block;
  gsize length;
  guint64 offset;
  int more;

  while ((more = content->next (content, &block, &length, &offset, error)) > 0) {
    b9_rootfs_check_data (target->check, block, length, offset);
    if (!write_block (fd, block, length, offset))
      return fail_at (entry, errno, "cannot write", error);
  }
  if (more < 0)
    return FALSE;
  return ftruncate (fd, (off_t)entry->size) == 0 || fail_at (entry, errno, "cannot write", error);
}

static gboolean
apply_file (B9RootfsTarget *target, const B9ArchiveEntry *entry, const char *base, B9ArchiveContent *content,
            GError **error)
{
  const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, entry->mtime};
  int directory = directory_of (target);
  b9_autofd fd = openat (directory, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d/%s", directory, base);

  if (fd < 0)
    return fail_at (entry, errno, "cannot make", error);
  return write_content (target, fd, entry, content, error) && set_open (fd, path, entry, error) &&
         (futimens (fd, times) == 0 || fail_at (entry, errno, "cannot set the time of", error));
}

/* By the layer's own directories, as all paths; a link among them is none of the layer's. */
static int
open_parent (const B9RootfsTarget *target, const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, "/", -1);
  int fd = open_below (target->root, ".");

  for (guint i = 0; fd >= 0 && parts[i + 1] != NULL; i++) {
    int below = open_below (fd, parts[i]);

    close (fd);
    fd = below;
  }
  return fd;
}

static gboolean
apply_hard_link (B9RootfsTarget *target, const B9ArchiveEntry *entry, const char *base, GError **error)
{
  b9_autofd other = open_parent (target, entry->hard_link);
  const char *name = b9_rootfs_base (entry->hard_link);
  struct stat info;

  if (other < 0 || mount_of (other) != target->mount ||
      fstatat (other, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG (info.st_mode))
    return fail_at (entry, ENOENT, "there is no file to make a hard link of for", error);
  return linkat (other, name, directory_of (target), base, 0) == 0 ||
         fail_at (entry, errno, "cannot make the hard link", error);
}

/* With the mode as it is; b9run has one thread that makes files. */
static int
make_node (int directory, const char *base, const B9ArchiveEntry *entry)
{
  mode_t mask = umask (0);
  int result = mknodat (directory, base, entry->mode, entry->device);

  umask (mask);
  return result;
}

/* A symbolic link, a FIFO or a device. */
static gboolean
apply_other (B9RootfsTarget *target, const B9ArchiveEntry *entry, const char *base, GError **error)
{
  const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, entry->mtime};
  int directory = directory_of (target);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d/%s", directory, base);
  int made = S_ISLNK (entry->mode) ? symlinkat (entry->symlink, directory, base)
                                   : make_node (directory, base, entry);

  if (made != 0)
    return fail_at (entry, errno, "cannot make", error);
  if (fchownat (directory, base, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_at (entry, errno, "cannot set the owner of", error);
  return set_xattrs (path, entry, error) && (utimensat (directory, base, times, AT_SYMLINK_NOFOLLOW) == 0 ||
                                             fail_at (entry, errno, "cannot set the time of", error));
}

static gboolean
apply_mark (B9RootfsTarget *target, const B9ArchiveEntry *entry, const char *base, GError **error)
{
  int directory = directory_of (target);
  int failure;

  if (strcmp (base, B9_OPAQUE) != 0)
    return clear_place (directory, base + strlen (B9_WHITEOUT), entry, error);
  failure = b9_empty_directory (directory);
  return failure == 0 ||
         fail_at (entry, failure == EXDEV ? EBUSY : failure, "cannot empty the directory of", error);
}

/* B9ArchiveTake */
static gboolean
write_entry (const B9ArchiveEntry *entry, B9ArchiveContent *content, gpointer data, GError **error)
{
  B9RootfsTarget *target = data;
  const char *base = b9_rootfs_base (entry->name);

  if (!look_at (target, entry, error))
    return FALSE;
  leave_levels (target, b9_rootfs_check_depth (target->check));
  if (S_ISDIR (entry->mode))
    return apply_directory (target, entry, base, error);
  if (g_str_has_prefix (base, B9_WHITEOUT))
    return apply_mark (target, entry, base, error);
  if (!clear_place (directory_of (target), base, entry, error))
    return FALSE;
  if (entry->hard_link != NULL)
    return apply_hard_link (target, entry, base, error);
  return S_ISREG (entry->mode) ? apply_file (target, entry, base, content, error)
                               : apply_other (target, entry, base, error);
}

static gboolean
write_all (B9RootfsTarget *target, const char *file, const B9RootfsLayer *expected,
           const B9ArchiveOptions *options, GError **error)
{
  B9ArchiveOptions mine = *options;

  mine.layer = write_entry;
  mine.layer_data = target;
  if (!b9_archive_read_layer (file, &mine, error))
    return FALSE;
  leave_levels (target, 0);
  if (syncfs (target->root) != 0)
    return b9_fail_errno (error, errno, "cannot flush %s", target->path);
  return compare (target, expected, error);
}

gboolean
b9_rootfs_apply (B9RootfsTarget *target, const char *file, const B9RootfsLayer *expected,
                 const B9ArchiveOptions *options, GError **error)
{
  guint64 written;

  if (write_all (target, file, expected, options, error))
    return TRUE;
  written = b9_rootfs_check_entries (target->check);
  leave_levels (target, 0);
  g_prefix_error (
      error,
      "%s is changed, and not whole: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
      " entries of %s were written when this went wrong; import it again, or make the bundle anew: ",
      target->path, written > 0 ? written - 1 : 0, expected->entries, file);
  return FALSE;
}
