/* SPDX-License-Identifier: Apache-2.0
 *
 * archive-testing.h: archives that somebody else made, entry by entry; the one of a test is TOP/c1.tar.zst.
 */
#ifndef B9_ARCHIVE_TESTING_H
#define B9_ARCHIVE_TESTING_H

#include <archive.h>
#include <archive_entry.h>

#include "tests/directory-testing.h"

/* An entry that is refused, or a good one without a message. */
typedef struct {
  const char *name;
  mode_t kind;
  const char *link, *hard_link, *xattr;
  guint64 size;
  const char *message;
} Hostile;

/* A device is 8:0. */
static inline void
add_entry (struct archive *archive, const Hostile *what)
{
  struct archive_entry *entry = archive_entry_new ();

  archive_entry_set_pathname (entry, what->name);
  archive_entry_set_filetype (entry, what->kind);
  archive_entry_set_perm (entry, 0777);
  archive_entry_set_uid (entry, getuid ());
  archive_entry_set_gid (entry, getgid ());
  if (what->link != NULL)
    archive_entry_set_symlink (entry, what->link);
  if (what->hard_link != NULL)
    archive_entry_set_hardlink (entry, what->hard_link);
  if (what->xattr != NULL)
    archive_entry_xattr_add_entry (entry, what->xattr, "x", 1);
  archive_entry_set_rdevmajor (entry, 8);
  archive_entry_set_size (entry, (la_int64_t)what->size);
  ck_assert_int_eq (archive_write_header (archive, entry), ARCHIVE_OK);
  for (guint64 i = 0; i < what->size; i++)
    ck_assert_int_eq (archive_write_data (archive, "x", 1), 1);
  archive_entry_free (entry);
}

/* In the format that @set_format sets, of libarchive's; for add_entry() and end_archive(). */
static inline struct archive *
begin_archive (int (*set_format) (struct archive *), gboolean compressed)
{
  g_autofree char *file = at_top ("c1.tar.zst");
  struct archive *archive = archive_write_new ();

  if (compressed)
    archive_write_add_filter_zstd (archive);
  ck_assert_int_eq (set_format (archive), ARCHIVE_OK);
  ck_assert_int_eq (archive_write_open_filename (archive, file), ARCHIVE_OK);
  return archive;
}

static inline void
end_archive (struct archive *archive)
{
  ck_assert_int_eq (archive_write_free (archive), ARCHIVE_OK);
}

#endif /* B9_ARCHIVE_TESTING_H */
