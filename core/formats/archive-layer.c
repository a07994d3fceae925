/* SPDX-License-Identifier: Apache-2.0
 *
 * archive-layer.c: a file of a root file system as libarchive's entry, and back.
 *
 * What is read is passed on as it is: core/checkpoint/rootfs-layer.c says what may be in such a layer.
 */
#include "config.h"

#include "core/formats/archive-private.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define PREFIX B9_ARCHIVE_LAYER "/"

const char *
b9_ar_layer_name (const char *path)
{
  if (strcmp (path, B9_ARCHIVE_LAYER) == 0)
    return "";
  return g_str_has_prefix (path, PREFIX) ? path + strlen (PREFIX) : NULL;
}

struct archive_entry *
b9_ar_from_entry (const B9ArchiveEntry *entry)
{
  struct archive_entry *made = archive_entry_new ();
  g_autofree char *path = g_strconcat (PREFIX, entry->name, NULL);
  g_autofree char *link = entry->hard_link != NULL ? g_strconcat (PREFIX, entry->hard_link, NULL) : NULL;

  archive_entry_set_pathname (made, path);
  archive_entry_set_mode (made, entry->mode);
  archive_entry_set_uid (made, entry->uid);
  archive_entry_set_gid (made, entry->gid);
  archive_entry_set_mtime (made, entry->mtime.tv_sec, entry->mtime.tv_nsec);
  archive_entry_set_size (made, S_ISREG (entry->mode) && link == NULL ? (la_int64_t)entry->size : 0);
  if (S_ISCHR (entry->mode) || S_ISBLK (entry->mode))
    archive_entry_set_rdev (made, entry->device);
  if (entry->symlink != NULL)
    archive_entry_set_symlink (made, entry->symlink);
  if (link != NULL)
    archive_entry_set_hardlink (made, link);
  for (guint i = 0; i < entry->n_xattrs; i++)
    archive_entry_xattr_add_entry (made, entry->xattrs[i].name, entry->xattrs[i].value,
                                   entry->xattrs[i].size);
  for (guint i = 0; i < entry->n_ranges; i++)
    archive_entry_sparse_add_entry (made, (la_int64_t)entry->ranges[i].offset,
                                    (la_int64_t)entry->ranges[i].length);
  return made;
}

typedef struct {
  B9ArchiveContent base;
  Reader *archive;
  const B9ArchiveJob *job;
  const char *name;
  guint64 size;
} Content;

static int
next_block (B9ArchiveContent *base, const void **block, gsize *length, guint64 *offset, GError **error)
{
  Content *content = (Content *)base;
  la_int64_t at;
  size_t got;
  int result = archive_read_data_block (content->archive, block, &got, &at);

  if (result == ARCHIVE_EOF)
    return 0;
  if (result != ARCHIVE_OK) {
    b9_ar_fail_within (content->archive, content->name, error);
    return -1;
  }
  if (at < 0 || (guint64)at > content->size || got > content->size - (guint64)at) {
    b9_ar_refuse (content->name, error, "is larger than its header says");
    return -1;
  }
  *length = got;
  *offset = (guint64)at;
  return b9_ar_go_on (content->job, (guint64)at + got, error) ? 1 : -1;
}

static GArray *
read_xattrs (struct archive_entry *from)
{
  GArray *xattrs = g_array_new (FALSE, TRUE, sizeof (B9ArchiveXattr));
  B9ArchiveXattr xattr;

  archive_entry_xattr_reset (from);
  while (archive_entry_xattr_next (from, &xattr.name, &xattr.value, &xattr.size) == ARCHIVE_OK) {
    if (xattr.name != NULL)
      g_array_append_val (xattrs, xattr);
  }
  return xattrs;
}

/* Another file of the layer; anything else is refused. */
static gboolean
read_hard_link (struct archive_entry *from, const char *path, B9ArchiveEntry *entry, GError **error)
{
  const char *link = archive_entry_hardlink (from);

  if (link == NULL)
    return TRUE;
  entry->mode = S_IFREG | (entry->mode & 07777);
  entry->hard_link = b9_ar_layer_name (link);
  return (entry->hard_link != NULL && *entry->hard_link != '\0') ||
         b9_ar_refuse (path, error, "is a hard link to what is not in the archive's root file system");
}

static char *
trimmed_name (const char *path)
{
  const char *name = b9_ar_layer_name (path);
  gsize length = strlen (name);

  return g_strndup (name, length > 0 && name[length - 1] == '/' ? length - 1 : length);
}

gboolean
b9_ar_read_layer (Reader *archive, struct archive_entry *from, const B9ArchiveJob *job, GError **error)
{
  const char *path = archive_entry_pathname (from);
  g_autofree char *name = trimmed_name (path);
  g_autoptr (GArray) xattrs = read_xattrs (from);
  B9ArchiveEntry entry = {.name = name,
                          .mode = archive_entry_mode (from),
                          .uid = (uid_t)archive_entry_uid (from),
                          .gid = (gid_t)archive_entry_gid (from),
                          .mtime = {archive_entry_mtime (from), archive_entry_mtime_nsec (from)},
                          .device = archive_entry_rdev (from),
                          .xattrs = (const B9ArchiveXattr *)xattrs->data,
                          .n_xattrs = xattrs->len};
  Content content = {{next_block}, archive, job, path, 0};

  if (archive_entry_uid (from) != (la_int64_t)entry.uid || archive_entry_gid (from) != (la_int64_t)entry.gid)
    return b9_ar_refuse (path, error, "has an owner that no system knows");
  if (!read_hard_link (from, path, &entry, error))
    return FALSE;
  if (S_ISLNK (entry.mode))
    entry.symlink = archive_entry_symlink (from);
  if (S_ISREG (entry.mode) && entry.hard_link == NULL) {
    if (!archive_entry_size_is_set (from) || archive_entry_size (from) < 0)
      return b9_ar_refuse (path, error, "does not say its size");
    entry.size = content.size = (guint64)archive_entry_size (from);
  }
  return job->layer (&entry, &content.base, job->layer_data, error);
}
