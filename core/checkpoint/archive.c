/* SPDX-License-Identifier: Apache-2.0
 *
 * archive.c: see archive.h.
 *
 * What makes an export or an import all or nothing is here: temporary names, flushing, renaming, and what is
 * listed.  archive-module.c knows the format and refuses entries that do not belong in an image.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/formats/format-module.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

#define MAX_FILES 100000
#define MAX_DEPTH 8

static const B9FormatModule *
open_module (GError **error)
{
  static const B9FormatModule *once;

  return b9_format_module_once (&once, "archive", error);
}

/* A name beside @path that nobody can guess. */
static char *
name_beside (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *hidden = g_strdup_printf (".%.80s.%08x%08x", base, g_random_int (), g_random_int ());

  return g_build_filename (directory, hidden, NULL);
}

static gboolean
sync_parent (const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  b9_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0 || fsync (fd) != 0)
    return b9_fail_errno (error, errno, "cannot flush the directory %s", parent);
  return TRUE;
}

static gboolean list_directory (int fd, const char *prefix, guint depth, GPtrArray *names, GError **error);

static gboolean
list_entry (int directory, const char *prefix, const char *name, guint depth, GPtrArray *names,
            GError **error)
{
  g_autofree char *path = g_strconcat (prefix, name, NULL);
  g_autofree char *below = g_strconcat (path, "/", NULL);
  struct stat info;
  int child;

  if (fstatat (directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return b9_fail_errno (error, errno, "cannot look at %s", path);
  if (S_ISREG (info.st_mode)) {
    g_ptr_array_add (names, g_steal_pointer (&path));
    return TRUE;
  }
  if (!S_ISDIR (info.st_mode))
    return b9_fail (error, B9_ERROR_BAD_INPUT,
                    "%s is neither a plain file nor a directory, and an image has nothing else", path);
  if (depth >= MAX_DEPTH)
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s is too deep for an image", path);
  child = openat (directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (child < 0)
    return b9_fail_errno (error, errno, "cannot open the directory %s", path);
  g_ptr_array_add (names, g_strdup (below));
  return list_directory (child, below, depth + 1, names, error);
}

/* Adds what is in the directory @fd, which it takes. */
static gboolean
list_directory (int fd, const char *prefix, guint depth, GPtrArray *names, GError **error)
{
  DIR *stream = fdopendir (fd);
  struct dirent *entry;
  gboolean good = TRUE;

  if (stream == NULL) {
    b9_fail_errno (error, errno, "cannot read the directory %s", prefix);
    close (fd);
    return FALSE;
  }
  while (good && (entry = readdir (stream)) != NULL) {
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      good = list_entry (dirfd (stream), prefix, entry->d_name, depth, names, error);
  }
  closedir (stream);
  return good;
}

/* The manifest, then all others by name. */
static int
compare_names (gconstpointer a, gconstpointer b)
{
  const char *one = *(const char *const *)a, *other = *(const char *const *)b;
  gboolean one_leads = strcmp (one, B9_ARCHIVE_FIRST) == 0;
  gboolean other_leads = strcmp (other, B9_ARCHIVE_FIRST) == 0;

  if (one_leads != other_leads)
    return one_leads ? -1 : 1;
  return strcmp (one, other);
}

static void
leave_out_unwanted (GPtrArray *names, const B9ArchiveOptions *options)
{
  for (guint i = names->len; i > 0; i--) {
    if (!options->wanted (names->pdata[i - 1], options->data))
      g_ptr_array_remove_index (names, i - 1);
  }
}

static GPtrArray *
list_image (int directory, const B9ArchiveOptions *options, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  int fd = openat (directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0) {
    b9_fail_errno (error, errno, "cannot read the image's directory");
    return NULL;
  }
  if (!list_directory (fd, "", 0, names, error))
    return NULL;
  if (options != NULL && options->wanted != NULL)
    leave_out_unwanted (names, options);
  if (names->len == 0) {
    b9_fail (error, B9_ERROR_BAD_INPUT, "the directory is empty");
    return NULL;
  }
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return g_steal_pointer (&names);
}

struct _B9ArchiveWriter {
  const B9FormatModule *module;
  B9ArchiveStream *stream;
  B9Fd fd;
  char *file;
  char *temporary; /* the name that the file has, or will have for a moment */
  gboolean named;  /* it has it */
};

void
b9_archive_free (B9ArchiveWriter *writer)
{
  if (writer == NULL)
    return;
  if (writer->stream != NULL)
    writer->module->archive_close (writer->stream);
  b9_fd_close (&writer->fd);
  if (writer->named)
    unlink (writer->temporary);
  g_free (writer->temporary);
  g_free (writer->file);
  g_free (writer);
}

/* Without a name where the file system can do that: then nothing is left of it when b9run is killed. */
static gboolean
open_temporary (B9ArchiveWriter *writer, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (writer->file);

  writer->temporary = name_beside (writer->file);
  writer->fd = open (directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (writer->fd >= 0)
    return TRUE;
  writer->fd = open (writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  writer->named = writer->fd >= 0;
  return writer->named || b9_fail_errno (error, errno, "cannot write %s", writer->file);
}

/* The archive gets its name by a rename, which would put a file in the place of /dev/null. */
static gboolean
check_place (const char *file, GError **error)
{
  struct stat info;

  if (stat (file, &info) != 0 || S_ISREG (info.st_mode))
    return TRUE;
  return b9_fail (error, B9_ERROR_IO,
                  "%s is no regular file, and an archive cannot take its place; name another", file);
}

B9ArchiveWriter *
b9_archive_begin (const char *file, GError **error)
{
  g_autoptr (B9ArchiveWriter) writer = g_new0 (B9ArchiveWriter, 1);

  writer->fd = -1;
  if (!check_place (file, error))
    return NULL;
  writer->file = g_strdup (file);
  writer->module = open_module (error);
  if (writer->module == NULL || !open_temporary (writer, error))
    return NULL;
  writer->stream = writer->module->archive_open (writer->fd, file, error);
  return writer->stream != NULL ? g_steal_pointer (&writer) : NULL;
}

gboolean
b9_archive_add_entry (B9ArchiveWriter *writer, const B9ArchiveEntry *entry, GError **error)
{
  return writer->module->archive_entry (writer->stream, entry, error);
}

gboolean
b9_archive_add_data (B9ArchiveWriter *writer, const void *data, gsize size, GError **error)
{
  return writer->module->archive_data (writer->stream, data, size, error);
}

gboolean
b9_archive_add_image (B9ArchiveWriter *writer, const char *directory, const B9ArchiveOptions *options,
                      GError **error)
{
  b9_autofd from = b9_open_directory (directory, error);
  g_autoptr (GPtrArray) names = from >= 0 ? list_image (from, options, error) : NULL;
  B9ArchiveJob job = {.directory = from};

  if (options != NULL) {
    job.progress = options->progress;
    job.data = options->data;
  }
  if (names != NULL &&
      writer->module->archive_write (writer->stream, &job, (const char *const *)names->pdata, error))
    return TRUE;
  g_prefix_error (error, "cannot export %s: ", directory);
  return FALSE;
}

static gboolean
name_it (B9ArchiveWriter *writer, GError **error)
{
  g_autofree char *open_file = g_strdup_printf ("/proc/self/fd/%d", writer->fd);

  if (!writer->named && linkat (AT_FDCWD, open_file, AT_FDCWD, writer->temporary, AT_SYMLINK_FOLLOW) != 0)
    return b9_fail_errno (error, errno, "cannot give the archive the name %s", writer->file);
  writer->named = TRUE;
  if (rename (writer->temporary, writer->file) != 0)
    return b9_fail_errno (error, errno, "cannot rename the archive to %s", writer->file);
  writer->named = FALSE;
  return sync_parent (writer->file, error);
}

gboolean
b9_archive_finish (B9ArchiveWriter *writer, GError **error)
{
  if (!writer->module->archive_finish (writer->stream, error))
    return FALSE;
  if (fsync (writer->fd) != 0)
    return b9_fail_errno (error, errno, "cannot flush %s", writer->file);
  return name_it (writer, error);
}

gboolean
b9_archive_export (const char *directory, const char *file, const B9ArchiveOptions *options, GError **error)
{
  g_autoptr (B9ArchiveWriter) writer = b9_archive_begin (file, error);

  return writer != NULL && b9_archive_add_image (writer, directory, options, error) &&
         b9_archive_finish (writer, error);
}

/* What the module calls in the place of the caller's function, which gets the directory too. */
typedef struct {
  const B9ArchiveOptions *options;
  const char *directory;
} Import;

static gboolean
pass_accept (const char *name, guint64 size, gpointer data, GError **error)
{
  const Import *import = data;

  return import->options->accept (import->directory, name, size, import->options->data, error);
}

static gboolean
pass_progress (guint64 done, gpointer data)
{
  const Import *import = data;

  return import->options->progress (done, import->options->data);
}

static guint64
free_bytes (int directory)
{
  struct statvfs info;

  if (fstatvfs (directory, &info) != 0)
    return G_MAXUINT64;
  return (guint64)info.f_bavail * info.f_frsize;
}

static gboolean
read_archive (const B9FormatModule *module, int from, const char *file, const char *temporary,
              const B9ArchiveOptions *options, GError **error)
{
  b9_autofd to = b9_open_directory (temporary, error);
  Import import = {options, temporary};
  B9ArchiveJob job = {.directory = to, .file = from, .what = file, .data = &import};

  if (to < 0)
    return FALSE;
  job.max_bytes = options != NULL && options->max_bytes != 0 ? options->max_bytes : free_bytes (to);
  job.max_files = options != NULL && options->max_files != 0 ? options->max_files : MAX_FILES;
  if (options != NULL && options->accept != NULL)
    job.accept = pass_accept;
  if (options != NULL && options->progress != NULL)
    job.progress = pass_progress;
  if (options != NULL) {
    job.layer = options->layer;
    job.layer_data = options->layer_data;
  }
  if (!module->archive_read (&job, error) ||
      (options != NULL && options->whole != NULL && !options->whole (temporary, options->data, error)))
    return FALSE;
  return syncfs (to) == 0 || b9_fail_errno (error, errno, "cannot flush what was unpacked");
}

/* The archive, once it is known to be a file: never a FIFO that nobody writes. */
static int
open_archive (const char *file, GError **error)
{
  b9_autofd fd = open (file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat info;
  int result;

  if (fd < 0 || fstat (fd, &info) != 0) {
    b9_fail_errno (error, errno, "cannot open the archive %s", file);
    return -1;
  }
  if (!S_ISREG (info.st_mode)) {
    b9_fail (error, B9_ERROR_BAD_INPUT, "%s is no regular file, so no archive of an image", file);
    return -1;
  }
  result = fd;
  fd = -1;
  return result;
}

gboolean
b9_archive_import (const char *file, const char *directory, const B9ArchiveOptions *options, GError **error)
{
  const B9FormatModule *module = open_module (error);
  g_autofree char *temporary = name_beside (directory);
  b9_autofd from = module != NULL ? open_archive (file, error) : -1;

  if (from < 0)
    return FALSE;
  if (mkdir (temporary, 0700) != 0)
    return b9_fail_errno (error, errno, "cannot make the directory %s", directory);
  /* An empty directory would be replaced in silence, so the new name must be free. */
  if (read_archive (module, from, file, temporary, options, error)) {
    if (renameat2 (AT_FDCWD, temporary, AT_FDCWD, directory, RENAME_NOREPLACE) == 0)
      return sync_parent (directory, error);
    b9_fail_errno (error, errno, "cannot rename what was unpacked to %s", directory);
  }
  b9_remove_tree (temporary, NULL);
  g_prefix_error (error, "cannot import %s: ", file);
  return FALSE;
}

gboolean
b9_archive_read_layer (const char *file, const B9ArchiveOptions *options, GError **error)
{
  const B9FormatModule *module = open_module (error);
  b9_autofd from = module != NULL ? open_archive (file, error) : -1;
  B9ArchiveJob job = {.directory = -1,
                      .file = from,
                      .what = file,
                      .progress = options->progress,
                      .data = options->data,
                      .layer = options->layer,
                      .layer_data = options->layer_data,
                      .layer_alone = TRUE};

  return from >= 0 && module->archive_read (&job, error);
}

void
b9_archive_undo_import (const char *directory)
{
  g_autoptr (GDir) entries = g_dir_open (directory, 0, NULL);
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL) {
    g_autofree char *path = g_build_filename (directory, name, NULL);
    g_autoptr (GError) error = NULL;

    if (!g_str_has_suffix (name, ".log") && unlink (path) != 0 && !b9_remove_tree (path, &error))
      g_warning ("%s stays: %s", path, error->message);
  }
  rmdir (directory);
}
