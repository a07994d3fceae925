/* SPDX-License-Identifier: Apache-2.0
 *
 * evidence.c: see evidence.h.
 */
#include "config.h"

#include "core/capability/evidence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "core/sys/files.h"
#include "core/sys/program.h"

#define MAX_LINKS 40
#define MAX_CONTENT 65536
#define MAX_SCRIPT 65536
#define MAX_ENTRIES 1024

struct _B9Evidence {
  GPtrArray *lines;    /* of char * */
  GHashTable *scripts; /* seen already, borrowed from lines or owned */
  gboolean unkeepable;
  gboolean has_script;
};

B9Evidence *
b9_evidence_new (void)
{
  B9Evidence *evidence = g_new0 (B9Evidence, 1);

  evidence->lines = g_ptr_array_new_with_free_func (g_free);
  evidence->scripts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return evidence;
}

void
b9_evidence_free (B9Evidence *evidence)
{
  if (evidence == NULL)
    return;
  g_ptr_array_unref (evidence->lines);
  g_hash_table_unref (evidence->scripts);
  g_free (evidence);
}

/* ---- stamps ---- */

/* FNV-1a; against accidents, since only root can write what it is made of. */
static guint64
digest (guint64 before, const char *bytes, gsize size)
{
  guint64 value = before;

  for (gsize i = 0; i < size; i++)
    value = (value ^ (guint8)bytes[i]) * 1099511628211u;
  return value;
}

#define DIGEST_OF_NOTHING 14695981039346656037u

/* Times of a kernel's own file systems say when somebody looked, not when something changed. */
static gboolean
is_of_the_kernel (const char *path, const struct stat *info)
{
  static const guint32 magics[] = {0x9fa0 /* proc */,
                                   0x62656572 /* sysfs */,
                                   0x27e0eb /* cgroup */,
                                   0x63677270 /* cgroup2 */,
                                   0x73636673 /* security */,
                                   0xf97cff8c /* selinux */,
                                   0x6e736673 /* namespaces */};
  struct statfs system;

  if (major (info->st_dev) != 0 || statfs (path, &system) != 0)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (magics); i++) {
    if ((guint32)system.f_type == magics[i])
      return TRUE;
  }
  return FALSE;
}

static void
append_content (GString *stamp, const char *path)
{
  b9_autofd fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  guint64 value = DIGEST_OF_NOTHING;
  char buffer[4096];
  gsize total = 0;
  ssize_t got = -1;

  while (fd >= 0 && total < MAX_CONTENT && (got = read (fd, buffer, sizeof buffer)) > 0) {
    value = digest (value, buffer, (gsize)got);
    total += (gsize)got;
  }
  if (fd < 0 || got < 0)
    g_string_append_printf (stamp, ":e%d", errno);
  else
    g_string_append_printf (stamp, ":c%" G_GINT64_MODIFIER "x", value);
}

/* The names in a directory, whatever their order. */
static void
append_names (GString *stamp, const char *path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;
  guint64 sum = 0;
  guint count = 0;

  while (directory != NULL && count < MAX_ENTRIES && (name = g_dir_read_name (directory)) != NULL) {
    sum += digest (DIGEST_OF_NOTHING, name, strlen (name));
    count++;
  }
  g_string_append_printf (stamp, ":n%u.%" G_GINT64_MODIFIER "x", count, sum);
}

static void
append_node (GString *stamp, const struct stat *info, gboolean with_time)
{
  g_string_append_printf (stamp, ":%x.%x.%x.%lx", (unsigned)info->st_mode, (unsigned)info->st_uid,
                          (unsigned)info->st_gid, (unsigned long)info->st_rdev);
  if (with_time)
    g_string_append_printf (stamp, ".%lx.%lx.%lx.%lx.%lx", (unsigned long)info->st_dev,
                            (unsigned long)info->st_ino, (unsigned long)info->st_size,
                            (unsigned long)info->st_mtim.tv_sec, (unsigned long)info->st_mtim.tv_nsec);
}

/* Follows the links in the last part, each of which counts; those above it count by what they lead to. */
static char *
append_links (GString *stamp, const char *path)
{
  g_autofree char *place = g_strdup (path);
  char target[PATH_MAX];
  struct stat info;

  for (guint i = 0; i < MAX_LINKS && lstat (place, &info) == 0 && S_ISLNK (info.st_mode); i++) {
    ssize_t length = readlink (place, target, sizeof target - 1);
    g_autofree char *directory = g_path_get_dirname (place);

    if (length < 0 || is_of_the_kernel (directory, &info))
      break;
    target[length] = '\0';
    append_node (stamp, &info, TRUE);
    g_free (place);
    place = target[0] == '/' ? g_strdup (target) : g_build_filename (directory, target, NULL);
  }
  return g_steal_pointer (&place);
}

char *
b9_evidence_stamp (const char *path)
{
  GString *stamp = g_string_new ("s");
  g_autofree char *place = append_links (stamp, path);
  gboolean of_the_kernel;
  struct stat info;

  if (stat (place, &info) != 0) {
    g_string_append_printf (stamp, ":e%d", errno);
    return g_string_free (stamp, FALSE);
  }
  of_the_kernel = is_of_the_kernel (place, &info);
  append_node (stamp, &info, !of_the_kernel && !S_ISCHR (info.st_mode) && !S_ISBLK (info.st_mode));
  if (of_the_kernel && S_ISREG (info.st_mode))
    append_content (stamp, place);
  else if (of_the_kernel && S_ISDIR (info.st_mode))
    append_names (stamp, place);
  return g_string_free (stamp, FALSE);
}

/* ---- what is added ---- */

static gboolean
is_clean (const char *text)
{
  for (const char *p = text; *p != '\0'; p++) {
    if (g_ascii_iscntrl (*p))
      return FALSE;
  }
  return TRUE;
}

static void
add_line (B9Evidence *evidence, const char *kind, const char *name, const char *state)
{
  g_autofree char *line = g_strdup_printf ("%s\t%s\t%s", kind, name, state);

  if (!is_clean (name) || !is_clean (state)) {
    evidence->unkeepable = TRUE;
    return;
  }
  for (guint i = 0; i < evidence->lines->len; i++) {
    if (strcmp (g_ptr_array_index (evidence->lines, i), line) == 0)
      return;
  }
  g_ptr_array_add (evidence->lines, g_steal_pointer (&line));
}

void
b9_evidence_add_file (B9Evidence *evidence, const char *path)
{
  g_autofree char *stamp = b9_evidence_stamp (path);

  add_line (evidence, "file", path, stamp);
}

void
b9_evidence_add_search (B9Evidence *evidence, const char *name, const char *found)
{
  add_line (evidence, "search", name, found != NULL ? found : "");
}

static char *
read_script (const char *path)
{
  b9_autofd fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  g_autofree char *text = g_malloc0 (MAX_SCRIPT + 1);
  ssize_t size = fd >= 0 ? pread (fd, text, MAX_SCRIPT, 0) : -1;

  if (size < 2 || memcmp (text, "#!", 2) != 0)
    return NULL;
  return g_steal_pointer (&text);
}

/* The absolute paths that a script names, its interpreter among them. */
static void
add_named_paths (B9Evidence *evidence, const char *script)
{
  static const char ends[] = " \t\r\n\"'`$;|&<>(){}=,#!:";

  for (const char *p = script; *p != '\0';) {
    gsize length = strcspn (p, ends);

    if (*p == '/' && length > 1 && length < PATH_MAX) {
      g_autofree char *path = g_strndup (p, length);

      if (b9_is_program (path))
        b9_evidence_add_program (evidence, path);
      else
        b9_evidence_add_file (evidence, path);
    }
    p += length + (p[length] != '\0' ? 1 : 0);
  }
}

void
b9_evidence_add_program (B9Evidence *evidence, const char *path)
{
  g_autofree char *script = NULL;

  b9_evidence_add_file (evidence, path);
  if (!g_hash_table_add (evidence->scripts, g_strdup (path)))
    return;
  script = read_script (path);
  if (script == NULL)
    return;
  evidence->has_script = TRUE;
  add_named_paths (evidence, script);
}

void
b9_evidence_add_cut_off (B9Evidence *evidence)
{
  evidence->unkeepable = TRUE;
}

/* ---- to a file and back ---- */

gboolean
b9_evidence_is_keepable (const B9Evidence *evidence)
{
  return !evidence->unkeepable;
}

/* Seconds since boot, asleep or not; the answers are kept for one boot only. */
static gint64
now (void)
{
  struct timespec time = {0};

  clock_gettime (CLOCK_BOOTTIME, &time);
  return time.tv_sec;
}

void
b9_evidence_write (const B9Evidence *evidence, GString *text)
{
  for (guint i = 0; i < evidence->lines->len; i++)
    g_string_append_printf (text, "%s\n", (const char *)g_ptr_array_index (evidence->lines, i));
  if (evidence->has_script)
    g_string_append_printf (text, "since\t%" G_GINT64_FORMAT "\t%d\n", now (), B9_EVIDENCE_SCRIPT_SECONDS);
}

static gboolean
since_holds (const char *start, const char *seconds)
{
  gint64 from, length;

  return g_ascii_string_to_signed (start, 10, 0, G_MAXINT64 / 2, &from, NULL) &&
         g_ascii_string_to_signed (seconds, 10, 0, B9_EVIDENCE_SCRIPT_SECONDS, &length, NULL) &&
         from <= now () && now () < from + length;
}

static gboolean
search_holds (const char *name, const char *found)
{
  g_autofree char *current = *name != '\0' && strchr (name, '/') == NULL ? b9_find_program (name) : NULL;

  return strcmp (current != NULL ? current : "", found) == 0;
}

gboolean
b9_evidence_line_holds (const char *line)
{
  g_auto (GStrv) fields = g_strsplit (line, "\t", 4);
  g_autofree char *stamp = NULL;

  if (g_strv_length (fields) != 3)
    return FALSE;
  if (strcmp (fields[0], "since") == 0)
    return since_holds (fields[1], fields[2]);
  if (strcmp (fields[0], "search") == 0)
    return search_holds (fields[1], fields[2]);
  if (strcmp (fields[0], "file") != 0 || !g_path_is_absolute (fields[1]))
    return FALSE;
  stamp = b9_evidence_stamp (fields[1]);
  return strcmp (stamp, fields[2]) == 0;
}
