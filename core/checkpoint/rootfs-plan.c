/* SPDX-License-Identifier: Apache-2.0
 *
 * rootfs-plan.c: what there is to take of a root file system: see rootfs.h.
 */
#include "config.h"

#include "core/checkpoint/rootfs.h"

#include <stdio.h>
#include <string.h>

#include "core/plugin/host.h"
#include "core/sys/failure.h"

#define MOUNTS "/proc/self/mountinfo"

void
b9_rootfs_plan_clear (B9RootfsPlan *plan)
{
  g_clear_pointer (&plan->rootfs, g_free);
  g_clear_pointer (&plan->upper, g_free);
  g_clear_pointer (&plan->passed_over, g_strfreev);
  g_clear_pointer (&plan->notice, g_free);
}

/* Where the root file system is an overlay. */
typedef struct {
  gboolean found;
  char *upper; /* NULL: it has none, so nobody can write to it */
  gboolean user_xattrs;
} Overlay;

static void
overlay_clear (Overlay *overlay)
{
  g_clear_pointer (&overlay->upper, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Overlay, overlay_clear)

/* "\040" in mountinfo is a blank. */
static char *
unescape (const char *text)
{
  GString *plain = g_string_new (NULL);

  for (; *text != '\0'; text++) {
    guint code;

    if (text[0] == '\\' && sscanf (text + 1, "%3o", &code) == 1 && strspn (text + 1, "01234567") >= 3) {
      g_string_append_c (plain, (char)code);
      text += 3;
    } else {
      g_string_append_c (plain, *text);
    }
  }
  return g_string_free (plain, FALSE);
}

/* @options, such as "rw,lowerdir=/a:/b,upperdir=/c,workdir=/d"; @root: what of the overlay is mounted. */
static void
read_options (Overlay *overlay, const char *options, const char *root)
{
  g_auto (GStrv) words = g_strsplit (options, ",", -1);

  g_clear_pointer (&overlay->upper, g_free);
  overlay->user_xattrs = FALSE;
  for (guint i = 0; words[i] != NULL; i++) {
    if (g_str_has_prefix (words[i], "upperdir=")) {
      g_autofree char *path = unescape (words[i] + strlen ("upperdir="));

      g_free (overlay->upper);
      overlay->upper = strcmp (root, "/") == 0 ? g_steal_pointer (&path) : g_strconcat (path, root, NULL);
    }
    overlay->user_xattrs = overlay->user_xattrs || strcmp (words[i], "userxattr") == 0;
  }
}

/* "ID PARENT MAJOR:MINOR ROOT PLACE OPTIONS FIELD… - TYPE SOURCE OPTIONS" (proc_pid_mountinfo(5)).  Of
 * several mounts at one place the last is seen. */
static void
read_mount (Overlay *overlay, const char *line, const char *rootfs)
{
  const char *second = strstr (line, " - ");
  g_auto (GStrv) first = g_strsplit (line, " ", 6);
  g_auto (GStrv) rest = second != NULL ? g_strsplit (second + strlen (" - "), " ", 3) : NULL;
  g_autofree char *place = NULL;
  g_autofree char *root = NULL;

  if (rest == NULL || g_strv_length (first) < 6 || g_strv_length (rest) < 3)
    return;
  place = unescape (first[4]);
  if (strcmp (place, rootfs) != 0)
    return;
  root = unescape (first[3]);
  overlay->found = strcmp (rest[0], "overlay") == 0;
  if (overlay->found)
    read_options (overlay, rest[2], root);
}

static gboolean
find_overlay (const char *rootfs, Overlay *overlay, GError **error)
{
  g_autofree char *path = b9_host_path (MOUNTS);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return b9_fail (error, B9_ERROR_IO, MOUNTS " cannot be read");
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    read_mount (overlay, lines[i], rootfs);
  return TRUE;
}

/* mount(8) passes a relative path on as it is, and nobody knows what it was relative to. */
static gboolean
check_upper (const Overlay *overlay, const char *rootfs, GError **error)
{
  if (g_path_is_absolute (overlay->upper) && g_file_test (overlay->upper, G_FILE_TEST_IS_DIR))
    return TRUE;
  return b9_fail (
      error, B9_ERROR_UNSUPPORTED,
      "the upper directory of the overlay at %s is called %s, and there is none: mount it with an "
      "absolute path, or give --export-rootfs=full or none",
      rootfs, overlay->upper);
}

static gboolean
plan_upper (const B9RootfsFacts *facts, const Overlay *overlay, B9RootfsPlan *plan, GError **error)
{
  if (overlay->upper == NULL)
    return TRUE;
  plan->kind = B9_ROOTFS_UPPER;
  plan->upper = g_strdup (overlay->upper);
  plan->user_xattrs = overlay->user_xattrs;
  return check_upper (overlay, facts->rootfs, error);
}

static gboolean
plan_auto (const B9RootfsFacts *facts, const Overlay *overlay, B9RootfsPlan *plan, GError **error)
{
  if (facts->held)
    return TRUE;
  if (overlay->found)
    return plan_upper (facts, overlay, plan, error);
  if (!facts->read_only)
    plan->notice = g_strdup_printf (
        "the archive has no files of the root file system: %s is no overlay, so what the container has "
        "changed "
        "there cannot be told from what it came with; --export-rootfs=full takes all of it along, and "
        "--export-rootfs=none silences this",
        facts->rootfs);
  return TRUE;
}

gboolean
b9_rootfs_plan (const B9RootfsFacts *facts, const char *word, B9RootfsPlan *plan, GError **error)
{
  g_auto (Overlay) overlay = {0};

  plan->kind = B9_ROOTFS_NONE;
  plan->rootfs = g_strdup (facts->rootfs);
  plan->passed_over = g_strdupv ((char **)facts->leftovers);
  if (strcmp (word, "none") == 0)
    return TRUE;
  if (strcmp (word, "full") == 0) {
    plan->kind = B9_ROOTFS_FULL;
    return TRUE;
  }
  if (!find_overlay (facts->rootfs, &overlay, error))
    return FALSE;
  if (strcmp (word, "auto") == 0)
    return plan_auto (facts, &overlay, plan, error);
  if (strcmp (word, "upper") != 0)
    return b9_fail (error, B9_ERROR_USAGE, "--export-rootfs takes auto, upper, full or none, not \"%s\"",
                    word);
  if (!overlay.found)
    return b9_fail (error, B9_ERROR_UNSUPPORTED,
                    "--export-rootfs=upper: %s is no overlay; full takes all of it along", facts->rootfs);
  return plan_upper (facts, &overlay, plan, error);
}
