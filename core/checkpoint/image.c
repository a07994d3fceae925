/* SPDX-License-Identifier: Apache-2.0
 *
 * image.c: see image.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/checkpoint/manifest.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/words.h"

#define ASIDE_PREFIX ".b9run-earlier-"

/* An image of a hundred thousand files is none of ours. */
#define MAX_FILES 100000

void
b9_image_file_free (B9ImageFile *file)
{
  if (file == NULL)
    return;
  g_free (file->name);
  g_free (file->sha256);
  g_free (file);
}

static gboolean
is_of_image (const char *name, const char *const *patterns)
{
  if (strcmp (name, B9_MANIFEST_NAME) == 0 || strcmp (name, B9_MANIFEST_SPEC_NAME) == 0)
    return TRUE;
  for (guint i = 0; patterns != NULL && patterns[i] != NULL; i++) {
    if (g_pattern_match_simple (patterns[i], name))
      return TRUE;
  }
  return FALSE;
}

/* The names in @path that are an image's, plain files and links; GPtrArray of char *. */
static GPtrArray *
image_names (const char *path, const char *const *patterns, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) problem = NULL;
  g_autoptr (GDir) directory = g_dir_open (path, 0, &problem);
  const char *name;

  if (directory == NULL) {
    b9_fail (error, B9_ERROR_IO, "the image directory %s cannot be read: %s", path, problem->message);
    return NULL;
  }
  while ((name = g_dir_read_name (directory)) != NULL) {
    if (!is_of_image (name, patterns))
      continue;
    if (names->len == MAX_FILES) {
      b9_fail (error, B9_ERROR_BAD_INPUT, "the image directory %s holds more than %d files", path, MAX_FILES);
      return NULL;
    }
    g_ptr_array_add (names, g_strdup (name));
  }
  return g_steal_pointer (&names);
}

static gboolean
move_all (const char *from, const char *to, const GPtrArray *names, GError **error)
{
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    g_autofree char *source = g_build_filename (from, name, NULL);
    g_autofree char *target = g_build_filename (to, name, NULL);

    if (rename (source, target) != 0)
      return b9_fail_errno (error, errno, "cannot move %s to %s", source, target);
  }
  return TRUE;
}

char *
b9_image_aside (const char *path)
{
  g_autofree char *unique = g_uuid_string_random ();

  return g_strconcat (path, "/", ASIDE_PREFIX, unique, NULL);
}

gboolean
b9_image_prepare (const char *path, const char *const *patterns, const char *aside, GError **error)
{
  g_autoptr (GPtrArray) names = NULL;
  struct stat info;

  if (g_mkdir_with_parents (path, 0700) != 0)
    return b9_fail_errno (error, errno, "cannot make the image directory %s", path);
  if (stat (path, &info) != 0 || !S_ISDIR (info.st_mode))
    return b9_fail (error, B9_ERROR_IO, "the image path %s is no directory; name another --image-path", path);
  names = image_names (path, patterns, error);
  if (names == NULL)
    return FALSE;
  if (mkdir (aside, 0700) != 0)
    return b9_fail_errno (error, errno, "cannot make a directory in the image directory %s", path);
  if (move_all (path, aside, names, error))
    return TRUE;
  b9_image_undo (path, NULL, aside);
  return FALSE;
}

static void
remove_all (const char *path, const GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *file = g_build_filename (path, g_ptr_array_index (names, i), NULL);

    if (unlink (file) != 0 && errno != ENOENT)
      g_warning ("%s stays: %s", file, b9_errno_text (errno));
  }
}

void
b9_image_undo (const char *path, const char *const *patterns, const char *aside)
{
  g_autoptr (GPtrArray) names = patterns != NULL ? image_names (path, patterns, NULL) : NULL;
  g_autoptr (GPtrArray) earlier = NULL;
  static const char *const all[] = {"*", NULL};
  g_autoptr (GError) error = NULL;

  if (names != NULL)
    remove_all (path, names);
  if (aside == NULL || !g_file_test (aside, G_FILE_TEST_IS_DIR))
    return;
  earlier = image_names (aside, all, &error);
  if (earlier == NULL || !move_all (aside, path, earlier, &error) || rmdir (aside) != 0)
    g_warning ("an earlier image stays in %s%s%s", aside, error != NULL ? ": " : "",
               error != NULL ? error->message : "");
}

void
b9_image_settle (const char *aside)
{
  g_autoptr (GError) error = NULL;

  if (aside != NULL && !b9_remove_tree (aside, &error))
    g_warning ("the earlier image stays: %s", error->message);
}

char *
b9_image_find_aside (const char *path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    if (g_str_has_prefix (name, ASIDE_PREFIX))
      return g_build_filename (path, name, NULL);
  }
  return NULL;
}

GPtrArray *
b9_image_files (const char *path, const char *const *patterns, GError **error)
{
  g_autoptr (GPtrArray) names = image_names (path, patterns, error);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_image_file_free);

  if (names == NULL)
    return NULL;
  g_ptr_array_sort (names, b9_compare_words);
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    g_autofree char *file = g_build_filename (path, name, NULL);
    struct stat info;
    B9ImageFile *entry;

    if (strcmp (name, B9_MANIFEST_NAME) == 0 || lstat (file, &info) != 0 || !S_ISREG (info.st_mode))
      continue;
    entry = g_new0 (B9ImageFile, 1);
    entry->name = g_strdup (name);
    entry->size = (guint64)info.st_size;
    g_ptr_array_add (files, entry);
  }
  return g_steal_pointer (&files);
}

GHashTable *
b9_image_listed (const GPtrArray *files)
{
  GHashTable *names = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_add (names, (gpointer)B9_MANIFEST_NAME);
  for (guint i = 0; i < files->len; i++)
    g_hash_table_add (names, ((const B9ImageFile *)g_ptr_array_index (files, i))->name);
  return names;
}

gboolean
b9_image_is_by_product (const char *name)
{
  return g_str_has_suffix (name, ".log") || strcmp (name, "stats-dump") == 0 ||
         strcmp (name, "stats-restore") == 0;
}

char *
b9_image_find_unlisted (const char *path, const char *const *patterns, GHashTable *listed)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    if (is_of_image (name, patterns) && !g_hash_table_contains (listed, name) &&
        !b9_image_is_by_product (name))
      return g_strdup (name);
  }
  return NULL;
}

void
b9_image_begin_flush (const char *path, const GPtrArray *files)
{
  for (guint i = 0; i < files->len; i++) {
    const B9ImageFile *file = g_ptr_array_index (files, i);
    g_autofree char *name = g_build_filename (path, file->name, NULL);
    b9_autofd fd = open (name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
      sync_file_range (fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  }
}

gboolean
b9_image_flush (const char *path, const GPtrArray *files, GError **error)
{
  b9_autofd directory = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; directory >= 0 && i < files->len; i++) {
    const B9ImageFile *file = g_ptr_array_index (files, i);
    b9_autofd fd = openat (directory, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || fsync (fd) != 0)
      return b9_fail_errno (error, errno, "%s/%s could not be written to the disk", path, file->name);
  }
  if (directory < 0 || fsync (directory) != 0)
    return b9_fail_errno (error, errno, "the image directory %s could not be written to the disk", path);
  return TRUE;
}

guint64
b9_image_bytes (const char *path, const char *const *patterns)
{
  g_autoptr (GPtrArray) files = b9_image_files (path, patterns, NULL);
  guint64 bytes = 0;

  for (guint i = 0; files != NULL && i < files->len; i++)
    bytes += ((const B9ImageFile *)g_ptr_array_index (files, i))->size;
  return bytes;
}

guint64
b9_image_free_space (const char *path)
{
  struct statvfs info;

  return statvfs (path, &info) == 0 ? (guint64)info.f_bfree * info.f_frsize : G_MAXUINT64;
}
