/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep.c: see sweep.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-sweep"

#include "core/run/sweep.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/cgroup.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define MAX_COMMAND_LINE (256 * 1024)

static char **
list_leftovers (const B9Target *target, const char *rootfs)
{
  const B9Backend *backend = target->runtime->backend;
  B9Request request = b9_target_request (target, B9_OPERATION_DELETE);

  return B9_STRUCT_HAS (backend, leftovers) ? backend->leftovers (&target->runtime->host, &request, rootfs)
                                            : NULL;
}

/* What is there already may belong to a container of the same id in another root that shares the root file
 * system. */
static gboolean
has_leftovers (const B9Target *target, const char *rootfs)
{
  g_auto (GStrv) paths = list_leftovers (target, rootfs);
  struct stat info;

  for (guint i = 0; paths != NULL && paths[i] != NULL; i++) {
    if (lstat (paths[i], &info) == 0)
      return TRUE;
  }
  return FALSE;
}

void
b9_sweep_prepare (const B9Target *target, B9Record *record)
{
  GPtrArray *directories = b9_cgroup_directories (record->cgroups_path, record->id, record->systemd_cgroup);

  g_ptr_array_set_free_func (directories, NULL);
  g_ptr_array_add (directories, NULL);
  g_strfreev (record->cgroup_directories);
  record->cgroup_directories = (char **)g_ptr_array_free (directories, FALSE);
  record->cgroups_ours = !b9_cgroup_any_exists ((const char *const *)record->cgroup_directories);
  record->leftovers_ours = !has_leftovers (target, record->rootfs);
}

/* Whether a directory of @inner is one of @outer's or lies below it. */
static gboolean
lies_within (const B9Record *inner, const B9Record *outer)
{
  for (guint i = 0; outer->cgroup_directories[i] != NULL; i++) {
    const char *above = outer->cgroup_directories[i];

    for (guint j = 0; inner->cgroup_directories[j] != NULL; j++) {
      const char *path = inner->cgroup_directories[j];

      if (g_str_has_prefix (path, above) && (path[strlen (above)] == '\0' || path[strlen (above)] == '/'))
        return TRUE;
    }
  }
  return FALSE;
}

/* Whether the cgroups of another container of the index are these or lie below them; a record that cannot be
 * read may be one. */
static gboolean
shares_cgroup (const B9Index *index, const B9Record *record)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) all = b9_index_all (index, problems);

  for (guint i = 0; i < all->len; i++) {
    const B9Record *other = g_ptr_array_index (all, i);

    if (strcmp (other->directory, record->directory) != 0 && lies_within (other, record))
      return TRUE;
  }
  return problems->len > 0;
}

static void
sweep_cgroups (const B9Index *index, const B9Record *record, gboolean was_interrupted)
{
  const char *const *directories = (const char *const *)record->cgroup_directories;

  if (!record->cgroups_ours)
    return;
  if (!was_interrupted)
    b9_cgroup_remove_empty (directories);
  else if (b9_cgroup_any_exists (directories) && !shares_cgroup (index, record) &&
           !b9_cgroup_sweep (directories))
    g_warning ("processes of container %s could not be killed", record->id);
}

/* Whether a process can be one of ours: not older than the b9run that made the container, and in our PID
 * namespace or the first one of a namespace right below, as a sandbox is.  A worker in a container of its own
 * runs the same runtime with the same root and ids. */
static gboolean
is_of_our_making (const B9Record *record, pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/ns/pid", (int)pid);
  guint64 start = 0;
  struct stat info;

  if (!b9_process_look (pid, &start, NULL) || start < record->creator_start || stat (path, &info) != 0)
    return FALSE;
  return (guint64)info.st_ino == record->pid_namespace || b9_process_heads_child_namespace (pid);
}

static gboolean
is_owned (const B9Target *target, const B9Request *request, pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/cmdline", (int)pid);
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  gsize size = 0;
  g_autofree char *text = b9_read_file (AT_FDCWD, path, MAX_COMMAND_LINE, &size, NULL);

  for (const char *word = text; word != NULL && word < text + size; word += strlen (word) + 1)
    g_ptr_array_add (words, (gpointer)word);
  g_ptr_array_add (words, NULL);
  return words->len > 1 && is_of_our_making (target->record, pid) &&
         target->runtime->backend->owns_process (&target->runtime->host, request,
                                                 (const char *const *)words->pdata);
}

/* Looks with the pidfd open, so that what is killed is what was looked at. */
static void
kill_if_owned (const B9Target *target, const B9Request *request, pid_t pid)
{
  b9_autofd pidfd = -1;

  if (!is_owned (target, request, pid))
    return;
  pidfd = b9_pidfd_open (pid);
  if (pidfd < 0 || !is_owned (target, request, pid))
    return;
  g_info ("killing process %d, a remain of container %s", (int)pid, target->id);
  b9_pidfd_signal (pidfd, SIGKILL);
}

/* Kills what only its command line ties to the container. */
static void
kill_owned_processes (const B9Target *target)
{
  B9Request request = b9_target_request (target, B9_OPERATION_DELETE);
  g_autoptr (GDir) processes = NULL;
  const char *name;
  guint64 pid;

  if (!B9_STRUCT_HAS (target->runtime->backend, owns_process))
    return;
  processes = g_dir_open ("/proc", 0, NULL);
  while (processes != NULL && (name = g_dir_read_name (processes)) != NULL) {
    if (g_ascii_string_to_unsigned (name, 10, 2, G_MAXINT32, &pid, NULL))
      kill_if_owned (target, &request, (pid_t)pid);
  }
}

static void
unmount_all (const char *path)
{
  while (umount2 (path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
    g_info ("unmounted %s", path);
}

static gboolean
remove_one (const char *path)
{
  if (unlink (path) == 0)
    return TRUE;
  unmount_all (path);
  return rmdir (path) == 0;
}

void
b9_sweep_mounts (const B9Target *target)
{
  const B9Record *record = target->record;
  g_auto (GStrv) paths = record->leftovers_ours ? list_leftovers (target, record->rootfs) : NULL;

  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    unmount_all (paths[i]);
}

static void
remove_leftovers (const B9Target *target)
{
  const B9Record *record = target->record;
  g_auto (GStrv) paths = record->leftovers_ours ? list_leftovers (target, record->rootfs) : NULL;

  for (guint i = 0; paths != NULL && paths[i] != NULL; i++) {
    if (remove_one (paths[i]))
      g_info ("removed %s, a remain of container %s", paths[i], target->id);
  }
  if (strcmp (record->root, record->runtime_root) != 0)
    rmdir (record->runtime_root);
}

void
b9_sweep (const B9Index *index, const B9Target *target, gboolean was_interrupted)
{
  sweep_cgroups (index, target->record, was_interrupted);
  if (was_interrupted)
    kill_owned_processes (target);
  remove_leftovers (target);
}
