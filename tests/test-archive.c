/* SPDX-License-Identifier: Apache-2.0
 *
 * test-archive.c: images as archives, and what is refused of archives that somebody else made.
 */
#include "config.h"

#include "core/checkpoint/archive.h"
#include "tests/archive-testing.h"

static void
put_image (void)
{
  make_directory ("image/overlay/empty");
  put_file ("image/manifest.json", "{\"manifest\": 1}");
  put_file ("image/inventory.img", "inventory");
  put_file ("image/a-first-by-name", "");
  put_file ("image/overlay/data", "below");
}

static gboolean
export_image (GError **error)
{
  g_autofree char *image = at_top ("image");
  g_autofree char *file = at_top ("c1.tar.zst");

  return b9_archive_export (image, file, NULL, error);
}

static gboolean
import_image (const B9ArchiveOptions *options, GError **error)
{
  g_autofree char *file = at_top ("c1.tar.zst");
  g_autofree char *directory = at_top ("unpacked");

  return b9_archive_import (file, directory, options, error);
}

static guint
count_entries (void)
{
  g_autoptr (GDir) directory = g_dir_open (top, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (directory) != NULL)
    n++;
  return n;
}

static void
assert_mode (const char *name, mode_t mode)
{
  g_autofree char *path = at_top (name);
  struct stat info;

  ck_assert_int_eq (lstat (path, &info), 0);
  ck_assert_uint_eq (info.st_mode & 07777, mode);
}

START_TEST (an_image_comes_back_as_it_was)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *manifest = NULL;
  g_autofree char *below = NULL;

  put_image ();
  ck_assert_msg (export_image (&error), "%s", error != NULL ? error->message : "");
  ck_assert_msg (import_image (NULL, &error), "%s", error != NULL ? error->message : "");
  manifest = get_file ("unpacked/manifest.json");
  below = get_file ("unpacked/overlay/data");
  ck_assert_str_eq (manifest, "{\"manifest\": 1}");
  ck_assert_str_eq (below, "below");
  ck_assert (is_there ("unpacked/overlay/empty"));
  ck_assert (is_there ("unpacked/a-first-by-name"));
  assert_mode ("c1.tar.zst", 0600);
  assert_mode ("unpacked", 0700);
  assert_mode ("unpacked/overlay", 0700);
  assert_mode ("unpacked/overlay/data", 0600);
  ck_assert_uint_eq (count_entries (), 3);
}
END_TEST

static gboolean
note_name (const char *directory G_GNUC_UNUSED, const char *name, guint64 size G_GNUC_UNUSED, gpointer data,
           GError **error G_GNUC_UNUSED)
{
  g_ptr_array_add (data, g_strdup (name));
  return TRUE;
}

START_TEST (the_manifest_comes_before_the_other_files)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  B9ArchiveOptions options = {.accept = note_name, .data = names};
  g_autofree char *all = NULL;

  put_image ();
  ck_assert (export_image (NULL));
  ck_assert (import_image (&options, NULL));
  g_ptr_array_add (names, NULL);
  all = g_strjoinv (" ", (char **)names->pdata);
  ck_assert_str_eq (all, "manifest.json a-first-by-name inventory.img overlay/data");
}
END_TEST

static gboolean
refuse_data (const char *directory, const char *name, guint64 size, gpointer data G_GNUC_UNUSED,
             GError **error)
{
  g_autofree char *manifest = g_build_filename (directory, "manifest.json", NULL);

  if (strcmp (name, "overlay/data") != 0)
    return TRUE;
  ck_assert (g_file_test (manifest, G_FILE_TEST_IS_REGULAR));
  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "%s of %u bytes is not in the manifest", name,
               (guint)size);
  return FALSE;
}

START_TEST (the_caller_may_refuse_a_file_by_the_manifest)
{
  B9ArchiveOptions options = {.accept = refuse_data};
  g_autoptr (GError) error = NULL;

  put_image ();
  ck_assert (export_image (NULL));
  ck_assert (!import_image (&options, &error));
  assert_failure_at_top (error, B9_ERROR_BAD_INPUT,
                         "cannot import TOP/c1.tar.zst: overlay/data of 5 bytes is not in the manifest");
  ck_assert_uint_eq (count_entries (), 2);
}
END_TEST

static gboolean
stop_at_once (guint64 done G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
  return FALSE;
}

static gboolean
is_no_overlay (const char *name, gpointer data G_GNUC_UNUSED)
{
  return !g_str_has_prefix (name, "overlay/");
}

START_TEST (an_export_leaves_out_what_is_not_wanted)
{
  B9ArchiveOptions options = {.wanted = is_no_overlay};
  g_autofree char *image = at_top ("image");
  g_autofree char *file = at_top ("c1.tar.zst");

  put_image ();
  ck_assert (b9_archive_export (image, file, &options, NULL));
  ck_assert (import_image (NULL, NULL));
  ck_assert (is_there ("unpacked/inventory.img"));
  ck_assert (!is_there ("unpacked/overlay"));
}
END_TEST

START_TEST (a_cancelled_export_leaves_the_old_archive)
{
  B9ArchiveOptions options = {.progress = stop_at_once};
  g_autofree char *image = at_top ("image");
  g_autofree char *file = at_top ("c1.tar.zst");
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;

  put_image ();
  put_file ("c1.tar.zst", "old");
  ck_assert (!b9_archive_export (image, file, &options, &error));
  assert_failure_at_top (error, B9_ERROR_FAILED, "cannot export TOP/image: cancelled");
  content = get_file ("c1.tar.zst");
  ck_assert_str_eq (content, "old");
  ck_assert_uint_eq (count_entries (), 2);
}
END_TEST

START_TEST (an_export_takes_the_place_of_nothing_but_files)
{
  g_autofree char *image = at_top ("image");
  g_autofree char *file = at_top ("c1.tar.zst");
  g_autoptr (GError) error = NULL;
  struct stat info;

  put_image ();
  ck_assert_int_eq (mkfifo (file, 0600), 0);
  ck_assert (!b9_archive_export (image, file, NULL, &error));
  assert_failure_at_top (
      error, B9_ERROR_IO,
      "TOP/c1.tar.zst is no regular file, and an archive cannot take its place; name another");
  ck_assert (lstat (file, &info) == 0 && S_ISFIFO (info.st_mode));
}
END_TEST

START_TEST (an_import_is_taken_back_but_for_logs)
{
  g_autofree char *directory = at_top ("unpacked");
  g_autofree char *log = at_top ("unpacked/restore.log");

  put_image ();
  ck_assert (export_image (NULL));
  ck_assert (import_image (NULL, NULL));
  b9_archive_undo_import (directory);
  ck_assert (!g_file_test (directory, G_FILE_TEST_EXISTS));
  ck_assert (import_image (NULL, NULL));
  ck_assert (g_file_set_contents (log, "Error", -1, NULL));
  b9_archive_undo_import (directory);
  ck_assert_int_eq (unlink (log), 0);
  ck_assert_int_eq (rmdir (directory), 0);
}
END_TEST

START_TEST (a_cancelled_import_leaves_nothing)
{
  B9ArchiveOptions options = {.progress = stop_at_once};
  g_autoptr (GError) error = NULL;

  put_image ();
  ck_assert (export_image (NULL));
  ck_assert (!import_image (&options, &error));
  assert_failure_at_top (error, B9_ERROR_FAILED, "cannot import TOP/c1.tar.zst: cancelled");
  ck_assert_uint_eq (count_entries (), 2);
}
END_TEST

START_TEST (exports_nothing_but_files_and_directories)
{
  g_autofree char *link = at_top ("image/link");
  g_autoptr (GError) error = NULL;

  put_image ();
  ck_assert_int_eq (symlink ("/etc/shadow", link), 0);
  ck_assert (!export_image (&error));
  assert_failure_at_top (
      error, B9_ERROR_BAD_INPUT,
      "cannot export TOP/image: link is neither a plain file nor a directory, and an image "
      "has nothing else");
  ck_assert_uint_eq (count_entries (), 1);
}
END_TEST

START_TEST (exports_no_empty_directory)
{
  g_autoptr (GError) error = NULL;

  make_directory ("image");
  ck_assert (!export_image (&error));
  assert_failure_at_top (error, B9_ERROR_BAD_INPUT, "cannot export TOP/image: the directory is empty");
}
END_TEST

START_TEST (keeps_an_existing_directory)
{
  g_autoptr (GError) error = NULL;

  put_image ();
  make_directory ("unpacked");
  ck_assert (export_image (NULL));
  ck_assert (!import_image (NULL, &error));
  assert_failure_at_top (
      error, B9_ERROR_IO,
      "cannot import TOP/c1.tar.zst: cannot rename what was unpacked to TOP/unpacked: File "
      "exists");
  ck_assert_uint_eq (count_entries (), 3);
}
END_TEST

/* --- archives that somebody else made --- */

#define REFUSED(name, why) \
  "cannot import TOP/c1.tar.zst: the entry \"" name "\" " why "; nothing was unpacked"

static const Hostile hostile[] = {
    {"/etc/passwd", AE_IFREG, NULL, NULL, NULL, 0, REFUSED ("/etc/passwd", "has an absolute path or none")},
    {"../up", AE_IFREG, NULL, NULL, NULL, 0, REFUSED ("../up", "has \\\"..\\\" or")},
    {"a/../../up", AE_IFREG, NULL, NULL, NULL, 0, NULL},
    {"..", AE_IFDIR, NULL, NULL, NULL, 0, NULL},
    {"a/./b", AE_IFREG, NULL, NULL, NULL, 0, NULL},
    {"a//b", AE_IFREG, NULL, NULL, NULL, 0, REFUSED ("a//b", "has an empty part in its path")},
    {"a\nb", AE_IFREG, NULL, NULL, NULL, 0,
     REFUSED ("a\\nb", "has a character in its name that no image has")},
    {"pages-1.img", AE_IFLNK, "/etc/shadow", NULL, NULL, 0, REFUSED ("pages-1.img", "is a link")},
    {"pages-1.img", AE_IFREG, NULL, "/etc/shadow", NULL, 0, REFUSED ("pages-1.img", "is a link")},
    {"null", AE_IFCHR, NULL, NULL, NULL, 0, REFUSED ("null", "is a device or another special file")},
    {"disk", AE_IFBLK, NULL, NULL, NULL, 0, REFUSED ("disk", "is a device or another special file")},
    {"fifo", AE_IFIFO, NULL, NULL, NULL, 0, REFUSED ("fifo", "is a device or another special file")},
    {"1/2/3/4/5/6/7/8/9", AE_IFREG, NULL, NULL, NULL, 0,
     REFUSED ("1/2/3/4/5/6/7/8/9", "is too deep for an image")},
    {"good", AE_IFREG, NULL, NULL, NULL, 4, REFUSED ("good", "comes twice")},
    {"good/below", AE_IFREG, NULL, NULL, NULL, 4, REFUSED ("good/below", "has a file above it")},
    {"bomb", AE_IFREG, NULL, NULL, NULL, 2000,
     "cannot import TOP/c1.tar.zst: with the entry \"bomb\" it is larger than the 1000 bytes that there is "
     "room for; nothing was unpacked"},
};

/* A whole archive: one good file, then @what. */
static void
make_archive (const Hostile *what, gboolean compressed)
{
  static const Hostile good = {"good", AE_IFREG, NULL, NULL, NULL, 4, NULL};
  struct archive *archive = begin_archive (archive_write_set_format_pax_restricted, compressed);

  add_entry (archive, &good);
  if (what != NULL)
    add_entry (archive, what);
  end_archive (archive);
}

START_TEST (refuses_entries_that_no_image_has)
{
  const Hostile *what = &hostile[_i];
  B9ArchiveOptions options = {.max_bytes = 1000};
  g_autoptr (GError) error = NULL;

  make_archive (what, TRUE);
  ck_assert (!import_image (&options, &error));
  ck_assert_int_eq (error->code, B9_ERROR_BAD_INPUT);
  if (what->message != NULL && strchr (what->message, '\\') == NULL)
    assert_failure_at_top (error, B9_ERROR_BAD_INPUT, what->message);
  else
    ck_assert_msg (g_str_has_suffix (error->message, "; nothing was unpacked"), "%s", error->message);
  ck_assert_uint_eq (count_entries (), 1);
}
END_TEST

START_TEST (refuses_more_files_than_the_bound)
{
  static const Hostile second = {"second", AE_IFREG, NULL, NULL, NULL, 0, NULL};
  B9ArchiveOptions options = {.max_files = 1};
  g_autoptr (GError) error = NULL;

  make_archive (&second, TRUE);
  ck_assert (!import_image (&options, &error));
  assert_failure_at_top (error, B9_ERROR_BAD_INPUT,
                         "cannot import TOP/c1.tar.zst: it holds more than 1 files; nothing was unpacked");
}
END_TEST

START_TEST (takes_what_tar_makes_of_a_directory)
{
  static const Hostile entries[] = {{"./", AE_IFDIR, NULL, NULL, NULL, 0, NULL},
                                    {"./inventory.img", AE_IFREG, NULL, NULL, NULL, 3, NULL}};
  struct archive *archive = begin_archive (archive_write_set_format_ustar, FALSE);

  add_entry (archive, &entries[0]);
  add_entry (archive, &entries[1]);
  end_archive (archive);
  ck_assert (import_image (NULL, NULL));
  g_autofree char *content = get_file ("unpacked/inventory.img");
  ck_assert_str_eq (content, "xxx");
}
END_TEST

START_TEST (refuses_what_is_no_archive)
{
  g_autoptr (GError) error = NULL;

  put_file ("c1.tar.zst", "This is not an archive; it is only some text.\n");
  ck_assert (!import_image (NULL, &error));
  ck_assert (
      g_str_has_prefix (strstr (error->message, ".zst: ") + 6, "it is no tar archive, plain or with zstd: "));
  g_clear_error (&error);
  put_file ("c1.tar.zst", "");
  ck_assert (!import_image (NULL, &error));
  ck_assert_uint_eq (count_entries (), 1);
}
END_TEST

START_TEST (refuses_a_fifo_without_waiting)
{
  g_autofree char *file = at_top ("c1.tar.zst");
  g_autoptr (GError) error = NULL;

  ck_assert_int_eq (mkfifo (file, 0600), 0);
  ck_assert (!import_image (NULL, &error));
  assert_failure_at_top (error, B9_ERROR_BAD_INPUT,
                         "TOP/c1.tar.zst is no regular file, so no archive of an image");
}
END_TEST

START_TEST (names_the_archive_that_is_not_there)
{
  g_autoptr (GError) error = NULL;

  ck_assert (!import_image (NULL, &error));
  assert_failure_at_top (error, B9_ERROR_IO, "cannot open the archive TOP/c1.tar.zst: it does not exist");
}
END_TEST

/* Every cut: all or nothing, and an archive that ends early is never whole. */
START_TEST (unpacks_nothing_of_an_archive_that_ends_early)
{
  g_autofree char *file = at_top ("c1.tar.zst");
  g_autofree char *whole = NULL;
  gsize size;

  put_image ();
  ck_assert (export_image (NULL));
  ck_assert (g_file_get_contents (file, &whole, &size, NULL));
  for (gsize cut = 0; cut < size; cut++) {
    ck_assert (g_file_set_contents (file, whole, (gssize)cut, NULL));
    ck_assert_msg (!import_image (NULL, NULL), "cut after %u of %u bytes", (guint)cut, (guint)size);
    ck_assert_uint_eq (count_entries (), 2);
  }
}
END_TEST

/* The same bytes each time.  What comes of a changed byte is libarchive's affair; that it is all or nothing,
 * and stays in its directory, is ours. */
START_TEST (survives_any_changed_byte)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (20260101);
  g_autofree char *file = at_top ("c1.tar.zst");
  g_autofree char *unpacked = at_top ("unpacked");
  g_autofree char *whole = NULL;
  gsize size;

  make_archive (NULL, _i == 0);
  ck_assert (g_file_get_contents (file, &whole, &size, NULL));
  for (guint round = 0; round < 400; round++) {
    gsize place = (gsize)g_rand_int_range (random, 0, (gint32)size);
    char old = whole[place];
    const char *argv[] = {"/bin/rm", "-rf", unpacked, NULL};

    whole[place] = (char)g_rand_int_range (random, 0, 256);
    ck_assert (g_file_set_contents (file, whole, (gssize)size, NULL));
    if (import_image (NULL, NULL))
      ck_assert (g_spawn_sync (NULL, (char **)argv, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL));
    ck_assert_uint_eq (count_entries (), 1);
    whole[place] = old;
  }
}
END_TEST

int
main (void)
{
  /* What GLib only complains of, an error domain that is registered twice, is a failure here. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  TCase *images = directory_case ("images");
  TCase *strangers = directory_case ("strangers");

  tcase_add_test (images, an_image_comes_back_as_it_was);
  tcase_add_test (images, the_manifest_comes_before_the_other_files);
  tcase_add_test (images, the_caller_may_refuse_a_file_by_the_manifest);
  tcase_add_test (images, an_export_leaves_out_what_is_not_wanted);
  tcase_add_test (images, a_cancelled_export_leaves_the_old_archive);
  tcase_add_test (images, an_export_takes_the_place_of_nothing_but_files);
  tcase_add_test (images, an_import_is_taken_back_but_for_logs);
  tcase_add_test (images, a_cancelled_import_leaves_nothing);
  tcase_add_test (images, exports_nothing_but_files_and_directories);
  tcase_add_test (images, exports_no_empty_directory);
  tcase_add_test (images, keeps_an_existing_directory);
  tcase_add_loop_test (strangers, refuses_entries_that_no_image_has, 0, G_N_ELEMENTS (hostile));
  tcase_add_test (strangers, refuses_more_files_than_the_bound);
  tcase_add_test (strangers, takes_what_tar_makes_of_a_directory);
  tcase_add_test (strangers, refuses_what_is_no_archive);
  tcase_add_test (strangers, refuses_a_fifo_without_waiting);
  tcase_add_test (strangers, names_the_archive_that_is_not_there);
  tcase_add_test (strangers, unpacks_nothing_of_an_archive_that_ends_early);
  tcase_add_loop_test (strangers, survives_any_changed_byte, 0, 2);
  TCase *cases[] = {images, strangers, NULL};
  return run_cases ("archive", cases);
}
