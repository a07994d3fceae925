/* SPDX-License-Identifier: Apache-2.0
 *
 * doctor-state.c: the state directory and the records in it (doctor.h).
 */
#include "config.h"

#include "core/doctor/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "core/sys/failure.h"

#define TMPFS 0x01021994
#define RAMFS 0x858458f6

/* A record with its log is some kilobytes. */
#define LEAST_FREE ((guint64)1024 * 1024)

#define OTHER_PLACE "set XDG_RUNTIME_DIR to a folder of yours, or name one with --state-directory"

static gboolean
may_write (const char *directory)
{
  return faccessat (AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0;
}

/* The nearest directory above @path that is there. */
static char *
existing_parent (const char *path)
{
  char *parent = g_path_get_dirname (path);

  while (access (parent, F_OK) != 0 && strcmp (parent, "/") != 0) {
    char *above = g_path_get_dirname (parent);

    g_free (parent);
    parent = above;
  }
  return parent;
}

static void
check_file_system (B9Checkup *checkup, const char *directory, const char *asked)
{
  struct statfs info;

  if (statfs (directory, &info) != 0)
    return;
  if ((unsigned long)info.f_type != TMPFS && (unsigned long)info.f_type != RAMFS)
    b9_checkup_add (checkup, B9_FINDING_WARNING, "state.filesystem", "keep it below /run, on a tmpfs",
                    "%s is on a file system that survives a reboot, which containers do not", asked);
  if ((guint64)info.f_bavail * (guint64)info.f_bsize < LEAST_FREE || (info.f_files > 0 && info.f_ffree == 0))
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "state.full", "make room there",
                    "the file system of %s is full: %" G_GUINT64_FORMAT " KiB and %" G_GUINT64_FORMAT
                    " files are left",
                    asked, (guint64)info.f_bavail * (guint64)info.f_bsize / 1024, (guint64)info.f_ffree);
}

static void
check_missing (B9Checkup *checkup, const char *directory)
{
  g_autofree char *parent = existing_parent (directory);

  if (may_write (parent)) {
    b9_checkup_add (checkup, B9_FINDING_OK, "state.directory", NULL,
                    "%s is not there; the first container makes it", directory);
    check_file_system (checkup, parent, directory);
  } else {
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "state.directory", OTHER_PLACE,
                    "%s is not there, and uid %d cannot make it: %s is not writable", directory,
                    (int)geteuid (), parent);
  }
}

static void
check_existing (B9Checkup *checkup, const char *directory, const struct stat *info)
{
  guint mode = info->st_mode & 07777;

  if (!S_ISDIR (info->st_mode))
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "state.directory", "take it away, or name another place",
                    "%s is %s, not a directory", directory, S_ISLNK (info->st_mode) ? "a link" : "a file");
  else if (info->st_uid != geteuid ())
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "state.directory",
                    geteuid () == 0 ? "take it away, or run chown root on it" : OTHER_PLACE,
                    "%s belongs to uid %u, and b9run runs as uid %d", directory, (guint)info->st_uid,
                    (int)geteuid ());
  else if ((mode & 022) != 0)
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "state.directory", "run chmod 0700 on it",
                    "%s can be changed by others than its owner (mode %04o)", directory, mode);
  else if (!may_write (directory))
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "state.directory",
                    "mount it writable, or name another place", "%s cannot be written", directory);
  else
    b9_checkup_add (checkup, B9_FINDING_OK, "state.directory", NULL, "%s, mode %04o", directory, mode);
  if (S_ISDIR (info->st_mode))
    check_file_system (checkup, directory, directory);
}

static void
check_records (B9Checkup *checkup, const B9Index *index)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) records = b9_index_all (index, problems);

  for (guint i = 0; i < problems->len; i++)
    b9_checkup_add (checkup, B9_FINDING_WARNING, "state.record", "run b9run index rebuild", "%s",
                    (const char *)g_ptr_array_index (problems, i));
  b9_checkup_add (checkup, B9_FINDING_OK, "state.records", NULL, "%u container%s on record", records->len,
                  records->len == 1 ? "" : "s");
}

void
b9_doctor_state (B9Checkup *checkup, const B9Index *index)
{
  const char *directory = b9_index_directory (index);
  struct stat info;

  b9_checkup_begin (checkup, "state", "");
  if (lstat (directory, &info) == 0) {
    check_existing (checkup, directory, &info);
    if (S_ISDIR (info.st_mode) && faccessat (AT_FDCWD, directory, R_OK | X_OK, AT_EACCESS) == 0)
      check_records (checkup, index);
  } else if (errno == ENOENT) {
    check_missing (checkup, directory);
  } else {
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "state.directory", OTHER_PLACE, "%s cannot be looked at: %s",
                    directory, b9_errno_text (errno));
  }
}
