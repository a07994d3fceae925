/* SPDX-License-Identifier: Apache-2.0
 *
 * cgroup.c: see cgroup.h.
 */
#include "config.h"

#include "core/sys/cgroup.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/files.h"

#define MOUNT "/sys/fs/cgroup"
#define MAX_DEPTH 8
#define SWEEP_ROUNDS 50
#define SWEEP_PAUSE_US 10000

/* "a-b.slice" lies in "a.slice" (systemd.slice(5)). */
static char *
slice_path (const char *slice)
{
  GString *path = g_string_new (NULL);

  if (!g_str_has_suffix (slice, ".slice") || strcmp (slice, "-.slice") == 0)
    return g_string_free (path, FALSE);
  for (const char *dash = strchr (slice, '-'); dash != NULL; dash = strchr (dash + 1, '-')) {
    g_string_append_c (path, '/');
    g_string_append_len (path, slice, dash - slice);
    g_string_append (path, ".slice");
  }
  g_string_append_printf (path, "/%s", slice);
  return g_string_free (path, FALSE);
}

static char *
systemd_path (const char *cgroups_path)
{
  g_auto (GStrv) parts = g_strsplit (cgroups_path, ":", 3);
  g_autofree char *slice = NULL;

  if (g_strv_length (parts) != 3)
    return NULL;
  slice = slice_path (parts[0][0] != '\0' ? parts[0] : "system.slice");
  if (parts[1][0] == '\0')
    return g_strdup_printf ("%s/%s.scope", slice, parts[2]);
  return g_strdup_printf ("%s/%s-%s.scope", slice, parts[1], parts[2]);
}

/* A path that stays below its hierarchy and is not its top. */
static gboolean
is_proper (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  gboolean some = FALSE;

  for (guint i = 0; parts[i] != NULL; i++) {
    if (strcmp (parts[i], "..") == 0)
      return FALSE;
    some = some || (parts[i][0] != '\0' && strcmp (parts[i], ".") != 0);
  }
  return some;
}

static void
add_directory (GPtrArray *directories, const char *hierarchy, const char *own, const char *path)
{
  char *directory = g_build_filename (MOUNT, hierarchy, own, path, NULL);

  if (g_ptr_array_find_with_equal_func (directories, directory, g_str_equal, NULL))
    g_free (directory);
  else
    g_ptr_array_add (directories, directory);
}

/* One line of /proc/self/cgroup: "5:cpu,cpuacct:/own/path". */
static void
add_hierarchy (GPtrArray *directories, const char *line, const char *path)
{
  g_auto (GStrv) fields = g_strsplit (line, ":", 3);
  g_auto (GStrv) names = NULL;
  const char *own;

  if (g_strv_length (fields) != 3)
    return;
  own = path[0] == '/' ? "/" : fields[2];
  if (fields[1][0] == '\0') {
    gboolean unified = access (MOUNT "/cgroup.controllers", F_OK) == 0;

    add_directory (directories, unified ? "" : "unified", own, path);
    return;
  }
  names = g_strsplit (fields[1], ",", -1);
  for (guint i = 0; names[i] != NULL; i++)
    add_directory (directories, g_str_has_prefix (names[i], "name=") ? names[i] + 5 : names[i], own, path);
}

/* @own: the lines of /proc/self/cgroup, or NULL. */
static void
add_path (GPtrArray *directories, char **own, const char *path)
{
  for (guint i = 0; path != NULL && is_proper (path) && own != NULL && own[i] != NULL; i++)
    add_hierarchy (directories, own[i], path);
}

GPtrArray *
b9_cgroup_directories (const char *cgroups_path, const char *id, gboolean systemd)
{
  GPtrArray *directories = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = b9_read_file (AT_FDCWD, "/proc/self/cgroup", 65536, NULL, NULL);
  g_auto (GStrv) own = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
  gboolean given = cgroups_path != NULL && *cgroups_path != '\0';
  g_autofree char *by_default = g_strdup_printf ("/%s", id);
  g_autofree char *scope = NULL;

  if (systemd) {
    g_autofree char *unit = given ? g_strdup (cgroups_path) : g_strdup_printf ("system.slice:runc:%s", id);

    scope = systemd_path (unit);
    add_path (directories, own, scope);
  } else if (given) {
    add_path (directories, own, cgroups_path);
  } else {
    add_path (directories, own, id);         /* runc */
    add_path (directories, own, by_default); /* runsc */
  }
  return directories;
}

char **
b9_cgroup_of_process (pid_t pid)
{
  GPtrArray *directories = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = g_strdup_printf ("/proc/%d/cgroup", (int)pid);
  g_autofree char *text = b9_read_file (AT_FDCWD, path, 65536, NULL, NULL);
  g_auto (GStrv) own = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  for (guint i = 0; own != NULL && own[i] != NULL; i++)
    add_hierarchy (directories, own[i], "");
  g_ptr_array_set_free_func (directories, NULL);
  g_ptr_array_add (directories, NULL);
  return (char **)g_ptr_array_free (directories, FALSE);
}

gboolean
b9_cgroup_any_exists (const char *const *directories)
{
  for (; directories != NULL && *directories != NULL; directories++) {
    if (access (*directories, F_OK) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Kills the processes of one directory; TRUE when there were any. */
static gboolean
kill_members (const char *directory)
{
  g_autofree char *file = g_build_filename (directory, "cgroup.procs", NULL);
  g_autofree char *text = b9_read_file (AT_FDCWD, file, 1024 * 1024, NULL, NULL);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
  gboolean any = FALSE;

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++) {
    int pid = atoi (lines[i]);

    if (pid > 1 && pid != getpid ()) {
      kill (pid, SIGKILL);
      any = TRUE;
    }
  }
  return any;
}

/* Kills and removes @directory and what lies below; TRUE once it is gone. */
static gboolean
sweep_directory (const char *directory, guint depth)
{
  g_autoptr (GDir) entries = depth < MAX_DEPTH ? g_dir_open (directory, 0, NULL) : NULL;
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL) {
    g_autofree char *path = g_build_filename (directory, name, NULL);
    struct stat info;

    if (lstat (path, &info) == 0 && S_ISDIR (info.st_mode))
      sweep_directory (path, depth + 1);
  }
  kill_members (directory);
  return rmdir (directory) == 0 || access (directory, F_OK) != 0;
}

/* A frozen process takes its SIGKILL only once it is thawed (v1: freezer.state, v2: cgroup.freeze). */
static void
thaw (const char *directory)
{
  static const char *const files[][2] = {{"freezer.state", "THAWED"}, {"cgroup.freeze", "0"}};

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (directory, files[i][0], NULL);
    b9_autofd fd = open (path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd >= 0)
      b9_write_all (fd, files[i][1], strlen (files[i][1]));
  }
}

gboolean
b9_cgroup_sweep (const char *const *directories)
{
  gboolean gone = FALSE;

  for (guint round = 0; !gone && round < SWEEP_ROUNDS; round++) {
    gone = TRUE;
    for (guint i = 0; directories != NULL && directories[i] != NULL; i++) {
      kill_members (directories[i]);
      thaw (directories[i]);
      gone = sweep_directory (directories[i], 0) && gone;
    }
    if (!gone)
      g_usleep (SWEEP_PAUSE_US);
  }
  return gone;
}

void
b9_cgroup_remove_empty (const char *const *directories)
{
  for (; directories != NULL && *directories != NULL; directories++)
    rmdir (*directories);
}
