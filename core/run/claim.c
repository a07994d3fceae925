/* SPDX-License-Identifier: Apache-2.0
 *
 * claim.c: see claim.h.
 *
 * runsc destroys the state of a live container when its id is created again, and takes an id for any other that begins with it.
 * So b9run looks first, exactly, and under a lock.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-claim"

#include "core/run/claim.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/container/exit-status.h"
#include "core/sys/cgroup.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define MAX_COMMAND_LINE (256 * 1024)

gboolean
b9_target_from_record (B9Target *target, const B9Runtime *runtime, B9Record *record, GError **error)
{
  target->runtime = runtime;
  target->record = record;
  target->id = g_strdup (record->id);
  target->root = g_strdup (record->runtime_root);
  target->flags = g_strdupv (record->flags);
  target->rootless = g_strdup (record->rootless);
  target->systemd_cgroup = record->systemd_cgroup;
  if (access (record->program, X_OK) == 0)
    target->program = g_strdup (record->program);
  else
    target->program = b9_runtime_program (runtime, error);
  return target->program != NULL;
}

/* Whether another container of the index lives in the same cgroup, which then is not ours to sweep. */
static gboolean
shares_cgroup (const B9Index *index, const B9Record *record)
{
  g_autoptr (GPtrArray) all = b9_index_all (index, NULL);

  for (guint i = 0; i < all->len; i++) {
    const B9Record *other = g_ptr_array_index (all, i);

    if (strcmp (other->directory, record->directory) == 0)
      continue;
    if (g_strcmp0 (other->cgroups_path, record->cgroups_path) == 0
        && (record->cgroups_path != NULL || strcmp (other->id, record->id) == 0))
      return TRUE;
  }
  return FALSE;
}

static void
remove_leftovers (const B9Target *target)
{
  const B9Backend *backend = target->runtime->backend;
  B9Request request = b9_target_request (target, B9_OPERATION_DELETE);
  g_auto (GStrv) paths = NULL;

  if (B9_STRUCT_HAS (backend, leftovers))
    paths = backend->leftovers (&target->runtime->host, &request, target->record->rootfs);
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++) {
    if (unlink (paths[i]) == 0 || rmdir (paths[i]) == 0)
      g_info ("removed %s, a remain of container %s", paths[i], target->id);
  }
  if (strcmp (target->record->root, target->record->runtime_root) != 0)
    rmdir (target->record->runtime_root);
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
  return words->len > 1 && target->runtime->backend->owns_process (&target->runtime->host, request,
                                                                   (const char *const *)words->pdata);
}

/* Kills what only its command line ties to the container. */
static void
kill_owned_processes (const B9Target *target)
{
  B9Request request = b9_target_request (target, B9_OPERATION_DELETE);
  g_autoptr (GDir) processes = NULL;
  const char *name;

  if (!B9_STRUCT_HAS (target->runtime->backend, owns_process))
    return;
  processes = g_dir_open ("/proc", 0, NULL);
  while (processes != NULL && (name = g_dir_read_name (processes)) != NULL) {
    guint64 pid;

    if (g_ascii_string_to_unsigned (name, 10, 2, G_MAXINT32, &pid, NULL) && is_owned (target, &request, (pid_t)pid)) {
      g_info ("killing process %d, a remain of container %s", (int)pid, target->id);
      kill ((pid_t)pid, SIGKILL);
    }
  }
}

/* The container is gone, but a runtime that was killed leaves processes, cgroups and files. */
static void
sweep (const B9Index *index, const B9Target *target, gboolean was_interrupted)
{
  g_autoptr (GPtrArray) cgroups = b9_cgroup_directories (target->record->cgroups_path, target->id);

  if (target->record->cgroups_ours && cgroups->len > 0 && !shares_cgroup (index, target->record)
      && !b9_cgroup_sweep (cgroups))
    g_warning ("processes of container %s could not be killed", target->id);
  if (was_interrupted)
    kill_owned_processes (target);
  remove_leftovers (target);
}

/* The record that stands there now may be a later container's of the same name. */
static gboolean
is_still_there (const B9Record *record)
{
  g_autoptr (B9Record) now = b9_record_load (record->directory, NULL);

  return now != NULL && g_strcmp0 (now->created, record->created) == 0 && now->creator == record->creator;
}

void
b9_disclaim (B9Index *index, const B9Target *target)
{
  g_autoptr (GError) error = NULL;

  if (!b9_index_lock (index, &error)) {
    g_warning ("%s", error->message);
    return;
  }
  if (is_still_there (target->record)) {
    if (!b9_target_exists (target))
      sweep (index, target, FALSE);
    if (!b9_index_remove (index, target->record, &error))
      g_warning ("%s", error->message);
  }
  b9_index_unlock (index);
}

gboolean
b9_needs_mending (const B9Target *target)
{
  return target->record->phase == B9_PHASE_CREATING || !b9_target_exists (target);
}

B9Mend
b9_mend (B9Index *index, B9Target *target)
{
  B9Record *record = target->record;
  pid_t pid;

  if (!b9_record_is_ours (record))
    return B9_MEND_FOREIGN;
  if (b9_process_alive (record->creator, record->creator_start)
      || (record->phase == B9_PHASE_CREATING && b9_monitor_alive (record)))
    return B9_MEND_KEPT;
  if (!is_still_there (record))
    return B9_MEND_REMOVED;
  if (!b9_target_exists (target)) {
    g_info ("container %s is gone; its record goes too", record->id);
    sweep (index, target, TRUE);
    b9_index_remove (index, record, NULL);
    return B9_MEND_REMOVED;
  }
  if (record->phase == B9_PHASE_CREATING) {
    pid = b9_read_pid_file (record->directory);
    if (pid > 0)
      b9_record_set_pid (record, pid);
    record->phase = B9_PHASE_CREATED;
    b9_record_save (record, NULL);
  }
  return B9_MEND_KEPT;
}

/* Refuses a taken id; a record without a container behind it makes room. */
static gboolean
make_room (B9Index *index, const B9Target *target, GError **error)
{
  const B9Query query = { .id = target->id, .root = target->root };
  B9Record *found = NULL;

  if (!b9_index_find (index, &query, &found, error))
    return FALSE;
  if (found != NULL && strcmp (found->backend, target->runtime->name) == 0) {
    g_auto (B9Target) earlier = { 0 };

    if (!b9_target_from_record (&earlier, target->runtime, found, error))
      return FALSE;
    if (b9_mend (index, &earlier) != B9_MEND_REMOVED)
      return b9_fail (error, B9_ERROR_EXISTS, "container with given ID already exists: %s (root %s)", target->id, target->root);
  } else if (found != NULL) {
    b9_fail (error, B9_ERROR_EXISTS, "container with given ID already exists: %s (root %s, backend %s)", target->id,
             target->root, found->backend);
    b9_record_free (found);
    return FALSE;
  }
  if (b9_target_exists (target))
    return b9_fail (error, B9_ERROR_EXISTS, "container with given ID already exists: %s (root %s; not made by b9run)",
                    target->id, target->root);
  return TRUE;
}

/* A root below the root, named by the id alone, where the runtime would take one id for another. */
static gboolean
settle_root (B9Target *target, GError **error)
{
  const B9Backend *backend = target->runtime->backend;
  g_autofree char *other = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *name = NULL;

  if (B9_STRUCT_HAS (backend, colliding_id))
    other = backend->colliding_id (&target->runtime->host, target->root, target->id);
  if (other == NULL)
    return TRUE;
  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, target->id, -1);
  name = g_strdup_printf ("b9-%.12s", digest);
  g_info ("container %s gets a root of its own, since %s would take it for %s", target->id, target->runtime->name, other);
  g_free (target->root);
  target->root = g_build_filename (target->record->root, name, NULL);
  g_free (target->record->runtime_root);
  target->record->runtime_root = g_strdup (target->root);
  if (b9_target_exists (target))
    return b9_fail (error, B9_ERROR_EXISTS, "container with given ID already exists: %s (root %s)", target->id, target->root);
  return b9_make_private_directory (target->root, error);
}

static B9Record *
record_for (const B9Target *target, const B9Bundle *bundle)
{
  B9Record *record = b9_record_new (target->id, target->runtime->name, target->root);
  g_autoptr (GPtrArray) cgroups = b9_cgroup_directories (bundle->cgroups_path, target->id);

  record->program = g_strdup (target->program);
  record->bundle = g_strdup (bundle->path);
  record->rootfs = g_strdup (bundle->rootfs);
  record->cgroups_path = g_strdup (bundle->cgroups_path);
  record->cgroups_ours = cgroups->len == 0;
  g_strfreev (record->flags);
  record->flags = g_strdupv (target->flags);
  record->rootless = g_strdup (target->rootless);
  record->systemd_cgroup = target->systemd_cgroup;
  return record;
}

gboolean
b9_claim (B9Index *index, B9Target *target, const B9Bundle *bundle, GError **error)
{
  const B9Backend *backend = target->runtime->backend;
  gboolean claimed;

  if (B9_STRUCT_HAS (backend, check_id) && !backend->check_id (&target->runtime->host, target->root, target->id, error))
    return FALSE;
  if (!b9_index_lock (index, error))
    return FALSE;
  claimed = make_room (index, target, error);
  if (claimed) {
    target->record = record_for (target, bundle);
    claimed = settle_root (target, error) && b9_index_add (index, target->record, error);
    if (!claimed)
      g_clear_pointer (&target->record, b9_record_free);
  }
  b9_index_unlock (index);
  return claimed;
}
