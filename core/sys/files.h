/* SPDX-License-Identifier: Apache-2.0
 *
 * files.h: files and directories as a program that runs as root has to treat them: nothing followed by
 * accident, nothing half written, nothing with a predictable temporary name.
 */
#ifndef B9_FILES_H
#define B9_FILES_H

#include <glib.h>
#include <dirent.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* A descriptor that g_autofd-style cleanup closes; -1 is none. */
typedef int B9Fd;
void b9_fd_close (B9Fd *fd);
#define b9_autofd __attribute__ ((cleanup (b9_fd_close))) B9Fd

/* For opendir(3), where a folder is often missing: GDir would make a translated message each time. */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DIR, closedir)

/* Makes @path and its missing parents with mode 0700.  An existing one must be a directory of the caller's
 * that nobody else can write. */
gboolean b9_make_private_directory (const char *path, GError **error);

/* Opens a directory without following a link in its last part; -1 with @error. */
int b9_open_directory (const char *path, GError **error);

/* Replaces the file @name below @directory (a descriptor, or AT_FDCWD for a path) by @size bytes: written
 * under another name, then renamed into place, so that a reader sees the old or the new content and a failure
 * leaves the old. */
gboolean b9_replace_file (int directory, const char *name, const char *content, gsize size, mode_t mode,
                          GError **error);

/* The same, and on the disk before it returns: what a crash of the machine leaves is the old or the new
 * content. */
gboolean b9_replace_file_durably (int directory, const char *name, const char *content, gsize size,
                                  mode_t mode, GError **error);

/* The content of a regular file of at most @limit bytes, NUL-ended; NULL with @error.  A missing file is
 * B9_ERROR_NOT_FOUND to tell it from the other failures. */
char *b9_read_file (int directory, const char *name, gsize limit, gsize *size, GError **error);

/* Removes a directory and what is in it, following nothing and staying on its file system.  A missing one is
 * no failure. */
gboolean b9_remove_tree (const char *path, GError **error);

/* For a container's files, which may be deep: removes @name below @directory with all that is in it, in the
 * same way.  0, or an errno: EXDEV for what is on another file system or too deep; a missing one is no
 * failure. */
int b9_remove_entry (int directory, const char *name);

/* Removes all that is in @directory. */
int b9_empty_directory (int directory);

/* Writes all of it, across interruptions.  FALSE with errno set. */
gboolean b9_write_all (int fd, const char *content, gsize size);

/* An absolute path without "." and "..", against @base (or the working directory); nothing is looked up.
 * Owned. */
char *b9_absolute_path (const char *path, const char *base);

G_END_DECLS

#endif /* B9_FILES_H */
