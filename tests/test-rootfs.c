/* SPDX-License-Identifier: Apache-2.0
 *
 * test-rootfs.c: what goes along of a root file system in an archive, and what is refused of one that
 * somebody else made.  Overlays of the kernel's are in tests/integration/99-portable.sh.
 */
#include "config.h"

#include <fcntl.h>

#include "core/checkpoint/rootfs.h"
#include "tests/archive-testing.h"

static B9JsonText *
config_of (const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  B9JsonText *config = b9_json_text_new (bytes, "config.json", NULL);

  ck_assert_ptr_nonnull (config);
  return config;
}

static B9RootfsTarget *
target_at (const char *name, const char *config)
{
  g_autofree char *path = at_top (name);
  g_autoptr (B9JsonText) text = config_of (config);
  B9RootfsTarget *target = b9_rootfs_target_new (path, text, NULL);

  ck_assert_ptr_nonnull (target);
  return target;
}

static gboolean
go_on (guint64 bytes G_GNUC_UNUSED, gpointer data)
{
  return data == NULL;
}

/* TOP/from and the image in TOP/image, as TOP/c1.tar.zst. */
static gboolean
export_from (gpointer cancelled, B9RootfsLayer *layer, GError **error)
{
  g_autofree char *from = at_top ("from");
  g_autofree char *image = at_top ("image");
  g_autofree char *file = at_top ("c1.tar.zst");
  const B9RootfsFacts facts = {.rootfs = from};
  g_auto (B9RootfsPlan) plan = {0};
  g_autoptr (B9ArchiveWriter) writer = NULL;

  put_file ("image/manifest.json", "{}");
  ck_assert (b9_rootfs_plan (&facts, "full", &plan, NULL));
  writer = b9_archive_begin (file, NULL);
  ck_assert_ptr_nonnull (writer);
  return b9_rootfs_pack (&plan, writer, go_on, cancelled, layer, error) &&
         b9_archive_add_image (writer, image, NULL, error) && b9_archive_finish (writer, error);
}

/* Looks at what TOP/c1.tar.zst has for TOP/to. */
static gboolean
examine (B9RootfsTarget *target, GError **error)
{
  g_autofree char *file = at_top ("c1.tar.zst");
  g_autofree char *unpacked = at_top ("unpacked");
  const B9ArchiveOptions options = {.layer = b9_rootfs_examine, .layer_data = target};

  return b9_archive_import (file, unpacked, &options, error);
}

static gboolean
apply (B9RootfsTarget *target, const B9RootfsLayer *layer, GError **error)
{
  g_autofree char *file = at_top ("c1.tar.zst");
  const B9ArchiveOptions options = {0};

  return b9_rootfs_apply (target, file, layer, &options, error);
}

static struct stat
look (const char *name)
{
  g_autofree char *path = at_top (name);
  struct stat info;

  ck_assert_msg (lstat (path, &info) == 0, "%s is missing", name);
  return info;
}

static void
put_sparse (const char *name)
{
  g_autofree char *path = at_top (name);
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);

  ck_assert_int_eq (pwrite (fd, "a", 1, 3000000), 1);
  ck_assert_int_eq (pwrite (fd, "b", 1, 9000000), 1);
  ck_assert_int_eq (ftruncate (fd, 20000000), 0);
  close (fd);
}

static void
put_tree (void)
{
  g_autofree char *file = at_top ("from/etc/file");
  g_autofree char *hard = at_top ("from/hard");
  g_autofree char *fifo = at_top ("from/fifo");
  g_autofree char *odd = at_top ("from/etc/caf\303\251 \377\n");
  const struct timespec times[2] = {{1000000000, 123456789}, {1000000001, 987654321}};

  make_directory ("image");
  make_directory ("from/etc/empty");
  make_directory ("from/was-a-file/below");
  put_file ("from/etc/file", "content");
  put_file ("from/was-a-directory", "");
  ck_assert_int_eq (chmod (file, 0751), 0);
  ck_assert_int_eq (link (file, hard), 0);
  ck_assert_int_eq (mkfifo (fifo, 0600), 0);
  ck_assert_int_eq (chmod (fifo, 0620), 0);
  ck_assert (g_file_set_contents (odd, "odd", -1, NULL));
  make_link ("/etc/shadow", "from/symbolic");
  put_sparse ("from/sparse");
  ck_assert_int_eq (utimensat (AT_FDCWD, file, times, 0), 0);
}

static void
put_other_tree (void)
{
  make_directory ("to/was-a-directory/deep/down");
  make_directory ("to/only-here");
  put_file ("to/was-a-directory/deep/down/file", "");
  put_file ("to/was-a-file", "");
  make_link ("nowhere", "to/etc");
}

START_TEST (a_whole_root_file_system_takes_the_place_of_another)
{
  g_autoptr (B9RootfsTarget) target = NULL;
  g_auto (B9RootfsLayer) layer = {0};
  g_autoptr (GError) error = NULL;
  g_autofree char *odd = NULL;
  struct stat file, sparse;

  put_tree ();
  put_other_tree ();
  target = target_at ("to", "{}");
  ck_assert_msg (export_from (NULL, &layer, &error), "%s", error != NULL ? error->message : "");
  ck_assert_str_eq (layer.kind, "full");
  ck_assert_msg (examine (target, &error), "%s", error != NULL ? error->message : "");
  ck_assert (is_there ("to/only-here"));
  ck_assert (b9_rootfs_examined (target, &layer, NULL));
  ck_assert_msg (apply (target, &layer, &error), "%s", error != NULL ? error->message : "");
  file = look ("to/etc/file");
  sparse = look ("to/sparse");
  odd = get_file ("to/etc/caf\303\251 \377\n");
  ck_assert_str_eq (odd, "odd");
  ck_assert_uint_eq (file.st_mode, S_IFREG | 0751);
  ck_assert_int_eq (file.st_mtim.tv_sec, 1000000001);
  ck_assert_int_eq (file.st_mtim.tv_nsec, 987654321);
  ck_assert_uint_eq (file.st_ino, look ("to/hard").st_ino);
  ck_assert_int_eq (sparse.st_size, 20000000);
  ck_assert_int_lt (sparse.st_blocks, 1000);
  ck_assert_uint_eq (look ("to/fifo").st_mode, S_IFIFO | 0620);
  ck_assert (S_ISLNK (look ("to/symbolic").st_mode));
  ck_assert (S_ISREG (look ("to/was-a-directory").st_mode));
  ck_assert (S_ISDIR (look ("to/was-a-file/below").st_mode));
  ck_assert (S_ISDIR (look ("to/etc/empty").st_mode));
  ck_assert (!is_there ("to/only-here"));
}
END_TEST

START_TEST (what_is_applied_again_changes_nothing)
{
  g_auto (B9RootfsLayer) layer = {0};
  g_auto (B9RootfsLayer) again = {0};
  g_autofree char *from = at_top ("from");
  g_autofree char *earlier = at_top ("earlier");
  g_autofree char *to = at_top ("to");

  put_tree ();
  make_directory ("to");
  ck_assert (export_from (NULL, &layer, NULL));
  for (guint i = 0; i < 2; i++) {
    g_autoptr (B9RootfsTarget) target = target_at ("to", "{}");

    ck_assert (apply (target, &layer, NULL));
  }
  /* The digest is of all that goes along, so the copy has the same. */
  ck_assert_int_eq (rename (from, earlier), 0);
  ck_assert_int_eq (rename (to, from), 0);
  ck_assert (export_from (NULL, &again, NULL));
  ck_assert_str_eq (layer.sha256, again.sha256);
  ck_assert_uint_eq (layer.entries, again.entries);
}
END_TEST

START_TEST (a_cancelled_export_leaves_nothing)
{
  g_auto (B9RootfsLayer) layer = {0};
  g_autoptr (GError) error = NULL;

  put_tree ();
  ck_assert (!export_from (&layer, &layer, &error));
  assert_failure_at_top (error, B9_ERROR_FAILED, "cannot pack the root file system TOP/from: cancelled");
  ck_assert (!is_there ("c1.tar.zst"));
}
END_TEST

START_TEST (refuses_to_pack_a_name_that_means_something_deleted)
{
  g_auto (B9RootfsLayer) layer = {0};
  g_autoptr (GError) error = NULL;

  put_tree ();
  put_file ("from/etc/.wh.file", "");
  ck_assert (!export_from (NULL, &layer, &error));
  assert_failure_at_top (
      error, B9_ERROR_UNSUPPORTED,
      "cannot pack the root file system TOP/from: the container has a file whose name begins with .wh. "
      "(/etc/.wh.file), which means something deleted in a layer; rename it, or give --export-rootfs=none");
}
END_TEST

START_TEST (an_import_that_nobody_told_of_layers_refuses_one)
{
  g_autofree char *file = at_top ("c1.tar.zst");
  g_autofree char *unpacked = at_top ("unpacked");
  g_auto (B9RootfsLayer) layer = {0};
  g_autoptr (GError) error = NULL;

  put_tree ();
  ck_assert (export_from (NULL, &layer, NULL));
  ck_assert (!b9_archive_import (file, unpacked, NULL, &error));
  assert_failure_at_top (
      error, B9_ERROR_BAD_INPUT,
      "cannot import TOP/c1.tar.zst: the entry \"rootfs/\" is of a root file system, which "
      "nobody asked for; nothing was unpacked");
}
END_TEST

START_TEST (refuses_another_digest_than_the_manifest_s)
{
  g_autoptr (B9RootfsTarget) target = NULL;
  g_auto (B9RootfsLayer) layer = {0};
  g_autoptr (GError) error = NULL;

  put_tree ();
  make_directory ("to");
  target = target_at ("to", "{}");
  ck_assert (export_from (NULL, &layer, NULL));
  layer.sha256[0] = layer.sha256[0] == '0' ? '1' : '0';
  ck_assert (examine (target, NULL));
  ck_assert (!b9_rootfs_examined (target, &layer, &error));
  assert_failure (
      error, B9_ERROR_BAD_INPUT,
      "its files of the root file system are not those of its manifest: they have another SHA-256");
}
END_TEST

START_TEST (refuses_files_that_the_manifest_does_not_know_of)
{
  g_autoptr (B9RootfsTarget) target = NULL;
  g_auto (B9RootfsLayer) layer = {0};
  g_auto (B9RootfsLayer) none = {0};
  g_autoptr (GError) error = NULL;

  put_tree ();
  make_directory ("to");
  target = target_at ("to", "{}");
  ck_assert (export_from (NULL, &layer, NULL));
  ck_assert (examine (target, NULL));
  ck_assert (!b9_rootfs_examined (target, &none, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT,
                  "it has files of a root file system of which its manifest knows nothing");
}
END_TEST

/* --- layers that somebody else made --- */

/* The messages stand behind the name. */
static const Hostile hostile[] = {
    {"rootfs/../up", AE_IFREG, NULL, NULL, NULL, 0,
     "has \"..\", \".\" or an empty part in its path, or is too long"},
    {"rootfs/d/../../../up", AE_IFREG, NULL, NULL, NULL, 0,
     "has \"..\", \".\" or an empty part in its path, or is too long"},
    {"rootfs//etc/passwd", AE_IFREG, NULL, NULL, NULL, 0,
     "has \"..\", \".\" or an empty part in its path, or is too long"},
    {"rootfs/d/link/below", AE_IFREG, NULL, NULL, NULL, 0, "does not follow the directory that it is in"},
    {"rootfs/etc/passwd", AE_IFREG, NULL, NULL, NULL, 0, "does not follow the directory that it is in"},
    {"rootfs/d/link", AE_IFREG, NULL, NULL, NULL, 0, "comes twice, or out of order"},
    {"rootfs/d", AE_IFDIR, NULL, NULL, NULL, 0, "comes twice, or out of order"},
    {"rootfs/", AE_IFDIR, NULL, NULL, NULL, 0, "is no directory, or comes twice"},
    {"rootfs/a", AE_IFREG, NULL, NULL, NULL, 0, "comes twice, or out of order"},
    {"rootfs/x", AE_IFREG, NULL, "rootfs/../../etc/shadow", NULL, 0,
     "is a hard link out of the root file system"},
    {"rootfs/x", AE_IFREG, NULL, "/etc/shadow", NULL, 0, NULL},
    {"rootfs/x", AE_IFREG, NULL, "manifest.json", NULL, 0, NULL},
    {"rootfs/x", AE_IFBLK, NULL, NULL, NULL, 0,
     "is the device b 8:0, which a container of this bundle does not have; add it to linux.devices of the "
     "bundle, or give --ignore-rootfs"},
    {"rootfs/x", AE_IFCHR, NULL, NULL, NULL, 0,
     "is the device c 8:0, which a container of this bundle does not have; add it to linux.devices of the "
     "bundle, or give --ignore-rootfs"},
    {"rootfs/x", AE_IFREG, NULL, NULL, "trusted.overlay.redirect", 0,
     "has an extended attribute that no layer has"},
    {"rootfs/x", AE_IFREG, NULL, NULL, "security.selinux", 0, "has an extended attribute that no layer has"},
    {"rootfs/z/.wh..wh..opq", AE_IFREG, NULL, NULL, NULL, 0, "does not follow the directory that it is in"},
    {"rootfs/d/.wh..wh..opq", AE_IFREG, NULL, NULL, NULL, 0, "does not come first in its directory"},
    {"rootfs/.wh...", AE_IFREG, NULL, NULL, NULL, 0, "marks nothing that could have been deleted"},
    {"rootfs/.wh.", AE_IFREG, NULL, NULL, NULL, 0, "marks nothing that could have been deleted"},
    {"rootfs/.wh..wh.plnk", AE_IFREG, NULL, NULL, NULL, 0, "marks nothing that could have been deleted"},
    {"rootfs/.wh.x", AE_IFLNK, "y", NULL, NULL, 0,
     "is named like a mark of something deleted, and is no empty file"},
    {"rootfs/.wh.x", AE_IFREG, NULL, NULL, NULL, 3,
     "is named like a mark of something deleted, and is no empty file"},
};

/* A layer with a directory d, d/link and f, then @what, then an image. */
static void
make_archive (const Hostile *what, gboolean compressed)
{
  static const Hostile good[] = {{"rootfs/", AE_IFDIR, NULL, NULL, NULL, 0, NULL},
                                 {"rootfs/d", AE_IFDIR, NULL, NULL, NULL, 0, NULL},
                                 {"rootfs/d/link", AE_IFLNK, "/tmp", NULL, NULL, 0, NULL},
                                 {"rootfs/f", AE_IFREG, NULL, NULL, NULL, 4, NULL}};
  static const Hostile image = {"manifest.json", AE_IFREG, NULL, NULL, NULL, 2, NULL};
  struct archive *archive = begin_archive (archive_write_set_format_pax, compressed);
  gboolean in_d = what != NULL && g_str_has_prefix (what->name, "rootfs/d/") &&
                  strstr (what->message, "does not follow") == NULL;

  for (guint i = 0; i < (in_d ? 3 : G_N_ELEMENTS (good)); i++)
    add_entry (archive, &good[i]);
  if (what != NULL)
    add_entry (archive, what);
  add_entry (archive, &image);
  end_archive (archive);
}

static void
assert_refused (const GError *error, const Hostile *what)
{
  g_autofree char *quoted = g_strdup_printf ("\"%s\" ", what->name);

  ck_assert_int_eq (error->code, B9_ERROR_BAD_INPUT);
  ck_assert_msg (strstr (error->message, quoted) != NULL, "%s", error->message);
  if (what->message != NULL)
    ck_assert_msg (g_str_has_suffix (error->message, what->message), "%s", error->message);
}

/* Nothing is written before all of it was looked at; and who applied it all the same would get no further. */
START_TEST (refuses_entries_that_no_layer_has)
{
  const Hostile *what = &hostile[_i];
  g_autoptr (B9RootfsTarget) target = NULL;
  g_autoptr (B9RootfsTarget) other = NULL;
  g_auto (B9RootfsLayer) layer = {.kind = g_strdup ("upper"), .sha256 = g_strdup ("")};
  g_autoptr (GError) error = NULL;

  make_directory ("to");
  target = target_at ("to", "{}");
  make_archive (what, TRUE);
  ck_assert (!examine (target, &error));
  assert_refused (error, what);
  ck_assert (!is_there ("to/d"));
  ck_assert (!is_there ("unpacked"));
  g_clear_error (&error);
  other = target_at ("to", "{}");
  ck_assert (!apply (other, &layer, &error));
  assert_refused (error, what);
  ck_assert (strstr (error->message, "/to is changed, and not whole: ") != NULL);
  ck_assert (!is_there ("up"));
}
END_TEST

START_TEST (takes_a_device_that_the_bundle_has)
{
  static const Hostile disk = {"rootfs/x", AE_IFBLK, NULL, NULL, NULL, 0, NULL};
  g_autoptr (B9RootfsTarget) target = NULL;

  make_directory ("to");
  target = target_at ("to",
                      "{\"linux\": {\"devices\": [{\"path\": \"/dev/x\", \"type\": \"b\", \"major\": 8, "
                      "\"minor\": 0}]}}");
  make_archive (&disk, TRUE);
  ck_assert (examine (target, NULL));
}
END_TEST

/* A bundle may have links where the layer has directories; what is behind them is not the bundle's. */
START_TEST (follows_no_link_of_the_root_file_system)
{
  g_autofree char *outside = at_top ("outside");
  g_autoptr (B9RootfsTarget) target = NULL;
  g_auto (B9RootfsLayer) layer = {.kind = g_strdup ("upper"), .sha256 = g_strdup ("")};
  g_autoptr (GError) error = NULL;

  make_directory ("to");
  put_file ("outside", "untouched");
  make_directory ("away");
  make_link (outside, "to/f");
  g_autofree char *away = at_top ("away");
  make_link (away, "to/d");
  target = target_at ("to", "{}");
  make_archive (NULL, TRUE);
  ck_assert (!apply (target, &layer, &error)); /* the digest is none */
  ck_assert (S_ISDIR (look ("to/d").st_mode));
  ck_assert (S_ISREG (look ("to/f").st_mode));
  g_autofree char *content = get_file ("outside");
  ck_assert_str_eq (content, "untouched");
  ck_assert (!is_there ("away/link"));
}
END_TEST

/* The same bytes each time.  Whatever comes of it, nothing is written while it is looked at, and nothing ever
 * outside of the root file system. */
START_TEST (survives_any_changed_byte)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (20260202);
  g_autofree char *file = at_top ("c1.tar.zst");
  g_autofree char *unpacked = at_top ("unpacked");
  g_autofree char *to = at_top ("to");
  g_auto (B9RootfsLayer) layer = {.kind = g_strdup ("upper"), .sha256 = g_strdup ("")};
  const char *const argv[] = {"/bin/rm", "-rf", unpacked, to, NULL};
  g_autofree char *whole = NULL;
  gsize size;

  make_archive (NULL, _i == 0);
  ck_assert (g_file_get_contents (file, &whole, &size, NULL));
  for (guint round = 0; round < 300; round++) {
    gsize place = (gsize)g_rand_int_range (random, 0, (gint32)size);
    char old = whole[place];
    g_autoptr (B9RootfsTarget) target = NULL;
    g_autoptr (B9RootfsTarget) other = NULL;

    make_directory ("to");
    target = target_at ("to", "{}");
    other = target_at ("to", "{}");
    whole[place] = (char)g_rand_int_range (random, 0, 256);
    ck_assert (g_file_set_contents (file, whole, (gssize)size, NULL));
    examine (target, NULL);
    ck_assert (!is_there ("to/d"));
    ck_assert (!apply (other, &layer, NULL));
    ck_assert (g_spawn_sync (NULL, (char **)argv, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL));
    whole[place] = old;
  }
  ck_assert_int_eq (unlink (file), 0);
  ck_assert_int_eq (rmdir (top), 0);
  ck_assert_int_eq (mkdir (top, 0700), 0);
}
END_TEST

/* --- what there is to take --- */

typedef struct {
  const char *mounts; /* "%s" is the test's directory */
  const char *word;
  B9RootfsFacts facts;
  B9RootfsKind kind;
  const char *message; /* of a refusal */
  gboolean notice;
} Plan;

#define OVERLAY \
  "90 88 0:54 / TOP/c\\040x rw - overlay overlay rw,lowerdir=/l,upperdir=TOP/up\\040per,workdir=/w\n"
#define PLAIN "91 88 0:55 / TOP/c\\040x rw - ext4 /dev/sda rw\n"

static const Plan plans[] = {
    {OVERLAY, "auto", {0}, B9_ROOTFS_UPPER, NULL, FALSE},
    {OVERLAY, "upper", {.held = TRUE}, B9_ROOTFS_UPPER, NULL, FALSE},
    {OVERLAY, "auto", {.held = TRUE}, B9_ROOTFS_NONE, NULL, FALSE},
    {OVERLAY, "none", {0}, B9_ROOTFS_NONE, NULL, FALSE},
    {OVERLAY, "full", {0}, B9_ROOTFS_FULL, NULL, FALSE},
    {OVERLAY PLAIN, "auto", {0}, B9_ROOTFS_NONE, NULL, TRUE},
    {PLAIN OVERLAY, "auto", {0}, B9_ROOTFS_UPPER, NULL, FALSE},
    {PLAIN, "auto", {0}, B9_ROOTFS_NONE, NULL, TRUE},
    {PLAIN, "auto", {.read_only = TRUE}, B9_ROOTFS_NONE, NULL, FALSE},
    {PLAIN, "auto", {.held = TRUE}, B9_ROOTFS_NONE, NULL, FALSE},
    {"", "auto", {0}, B9_ROOTFS_NONE, NULL, TRUE},
    {"90 88 0:54 / TOP/c\\040x ro - overlay overlay ro,lowerdir=/l:/m\n",
     "auto",
     {0},
     B9_ROOTFS_NONE,
     NULL,
     FALSE},
    {PLAIN,
     "upper",
     {0},
     0,
     "--export-rootfs=upper: TOP/c x is no overlay; full takes all of it along",
     FALSE},
    {PLAIN, "all", {0}, 0, "--export-rootfs takes auto, upper, full or none, not \"all\"", FALSE},
    {"90 88 0:54 / TOP/c\\040x rw - overlay overlay rw,lowerdir=l,upperdir=up,workdir=w\n",
     "auto",
     {0},
     0,
     "the upper directory of the overlay at TOP/c x is called up, and there is none: mount it with an "
     "absolute path, or give --export-rootfs=full or none",
     FALSE},
};

static void
put_mounts (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "TOP", -1);
  g_autofree char *mounts = g_strjoinv (top, parts);

  make_directory ("host/proc/self");
  put_file ("host/proc/self/mountinfo", mounts);
}

START_TEST (takes_what_the_mounts_and_the_caller_say)
{
  const Plan *what = &plans[_i];
  B9RootfsFacts facts = what->facts;
  g_auto (B9RootfsPlan) plan = {0};
  g_autofree char *host = at_top ("host");
  g_autofree char *rootfs = at_top ("c x");
  g_autofree char *upper = at_top ("up per");
  g_autoptr (GError) error = NULL;
  gboolean done;

  put_mounts (what->mounts);
  make_directory ("up per");
  facts.rootfs = rootfs;
  g_setenv ("B9RUN_HOST_ROOT", host, TRUE);
  done = b9_rootfs_plan (&facts, what->word, &plan, &error);
  g_unsetenv ("B9RUN_HOST_ROOT");
  if (what->message != NULL) {
    ck_assert (!done);
    assert_failure_at_top (error, error->code, what->message);
    return;
  }
  ck_assert_msg (done, "%s", error != NULL ? error->message : "");
  ck_assert_int_eq (plan.kind, what->kind);
  ck_assert_int_eq (plan.notice != NULL, what->notice);
  if (plan.kind == B9_ROOTFS_UPPER)
    ck_assert_str_eq (plan.upper, upper);
}
END_TEST

int
main (void)
{
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  TCase *layers = directory_case ("layers");
  TCase *strangers = directory_case ("strangers");
  TCase *choice = directory_case ("choice");

  tcase_add_test (layers, a_whole_root_file_system_takes_the_place_of_another);
  tcase_add_test (layers, what_is_applied_again_changes_nothing);
  tcase_add_test (layers, a_cancelled_export_leaves_nothing);
  tcase_add_test (layers, refuses_to_pack_a_name_that_means_something_deleted);
  tcase_add_test (layers, an_import_that_nobody_told_of_layers_refuses_one);
  tcase_add_test (layers, refuses_another_digest_than_the_manifest_s);
  tcase_add_test (layers, refuses_files_that_the_manifest_does_not_know_of);
  tcase_add_loop_test (strangers, refuses_entries_that_no_layer_has, 0, G_N_ELEMENTS (hostile));
  tcase_add_test (strangers, takes_a_device_that_the_bundle_has);
  tcase_add_test (strangers, follows_no_link_of_the_root_file_system);
  tcase_add_loop_test (strangers, survives_any_changed_byte, 0, 2);
  tcase_add_loop_test (choice, takes_what_the_mounts_and_the_caller_say, 0, G_N_ELEMENTS (plans));
  TCase *cases[] = {layers, strangers, choice, NULL};
  return run_cases ("rootfs", cases);
}
