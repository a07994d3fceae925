/* SPDX-License-Identifier: Apache-2.0
 *
 * claim.c: see claim.h.
 *
 * runsc destroys the state of a live container when its id is created again, and takes an id for any other
 * that begins with it. So b9run looks first, exactly, and under a lock.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-claim"

#include "core/run/claim.h"

#include <string.h>
#include <unistd.h>

#include "core/container/exit-status.h"
#include "core/run/sweep.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

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

gboolean
b9_claim_stands (const B9Record *record)
{
  return b9_record_stands (record);
}

void
b9_disclaim (B9Index *index, const B9Target *target)
{
  g_autoptr (GError) error = NULL;

  if (!b9_index_lock (index, &error)) {
    g_warning ("%s", error->message);
    return;
  }
  if (b9_claim_stands (target->record)) {
    if (!b9_target_exists (target))
      b9_sweep (index, target, FALSE);
    if (!b9_index_remove (index, target->record, &error))
      g_warning ("%s", error->message);
  }
  b9_index_unlock (index);
}

static gboolean
creator_lives (const B9Record *record)
{
  return record->creator_start != 0 && b9_process_alive (record->creator, record->creator_start);
}

gboolean
b9_is_being_made (const B9Record *record)
{
  return record->phase == B9_PHASE_CREATING && b9_record_is_ours (record) &&
         (creator_lives (record) || b9_monitor_is_making (record));
}

gboolean
b9_pid_was_reused (const B9Target *target)
{
  const B9Record *record = target->record;
  guint64 start = 0;

  return record != NULL && (target->runtime->backend->traits & B9_BACKEND_TRUSTS_PIDS) != 0 &&
         record->pid > 0 && record->pid_start != 0 && b9_record_is_ours (record) &&
         b9_process_look (record->pid, &start, NULL) && start != record->pid_start;
}

void
b9_discard (B9Index *index, const B9Target *target)
{
  g_autoptr (GError) error = NULL;

  if (!b9_index_lock (index, &error)) {
    g_warning ("%s", error->message);
    return;
  }
  if (b9_claim_stands (target->record)) {
    b9_sweep (index, target, TRUE);
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

  if (!b9_record_is_ours (record)) {
    /* No container outlives a boot. */
    if (!b9_record_is_of_this_boot (record) && !b9_target_exists (target))
      return b9_index_remove (index, record, NULL) ? B9_MEND_REMOVED : B9_MEND_FOREIGN;
    return B9_MEND_FOREIGN;
  }
  if (creator_lives (record) || b9_is_being_made (record))
    return B9_MEND_KEPT;
  if (!b9_claim_stands (record))
    return B9_MEND_REMOVED;
  if (!b9_target_exists (target)) {
    g_info ("container %s is gone; its record goes too", record->id);
    b9_sweep (index, target, TRUE);
    b9_index_remove (index, record, NULL);
    return B9_MEND_REMOVED;
  }
  if (record->phase == B9_PHASE_CREATING)
    b9_record_note_pid (record, b9_read_pid_file (record->directory), NULL);
  return B9_MEND_KEPT;
}

/* The root below @root that is this id's alone. */
static char *
own_root (const char *root, const char *id)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, id, -1);
  g_autofree char *name = g_strdup_printf (B9_SUB_ROOT_PREFIX "%.12s", digest);

  return g_build_filename (root, name, NULL);
}

gboolean
b9_find_in_own_root (B9Target *target)
{
  const B9Backend *backend = target->runtime->backend;
  g_autofree char *own = NULL;

  if (!B9_STRUCT_HAS (backend, ids_collide) && !B9_STRUCT_HAS (backend, colliding_id))
    return FALSE;
  own = own_root (target->root, target->id);
  if (!backend->find (&target->runtime->host, own, target->id))
    return FALSE;
  g_free (target->root);
  target->root = g_steal_pointer (&own);
  return TRUE;
}

void
b9_leave_own_root (const B9Target *target)
{
  g_autofree char *name = g_path_get_basename (target->root);

  if (g_str_has_prefix (name, B9_SUB_ROOT_PREFIX))
    rmdir (target->root);
}

/* Refuses a taken id; a record without a container behind it makes room. */
static gboolean
make_room (B9Index *index, B9Target *target, GError **error)
{
  const B9Query query = {.id = target->id, .root = target->root};
  B9Record *found = NULL;
  B9Mend mend;

  if (!b9_index_find (index, &query, &found, error))
    return FALSE;
  if (found != NULL && strcmp (found->backend, target->runtime->name) == 0) {
    g_auto (B9Target) earlier = {0};

    if (!b9_target_from_record (&earlier, target->runtime, found, error))
      return FALSE;
    mend = b9_mend (index, &earlier);
    if (mend == B9_MEND_FOREIGN && !b9_target_exists (&earlier))
      return b9_fail (
          error, B9_ERROR_EXISTS,
          "container with given ID already exists: %s was made in another PID namespace; if that is gone, "
          "b9run delete --force %s removes its record",
          target->id, target->id);
    if (mend != B9_MEND_REMOVED)
      return b9_fail (error, B9_ERROR_EXISTS, "container with given ID already exists: %s (root %s)",
                      target->id, target->root);
  } else if (found != NULL) {
    b9_fail (error, B9_ERROR_EXISTS, "container with given ID already exists: %s (root %s, backend %s)",
             target->id, target->root, found->backend);
    b9_record_free (found);
    return FALSE;
  }
  if (b9_target_exists (target))
    return b9_fail (error, B9_ERROR_EXISTS,
                    "container with given ID already exists: %s (root %s; not made by b9run)", target->id,
                    target->root);
  if (b9_find_in_own_root (target))
    return b9_fail (
        error, B9_ERROR_EXISTS,
        "container with given ID already exists: %s (root %s; its record was lost, and b9run index "
        "rebuild makes another)",
        target->id, target->root);
  return TRUE;
}

/* Another container that is being made in this root and that the runtime does not show yet. */
static char *
colliding_record (const B9Index *index, const B9Target *target)
{
  const B9Runtime *runtime = target->runtime;
  g_auto (GStrv) ids = NULL;

  if (!B9_STRUCT_HAS (runtime->backend, ids_collide))
    return NULL;
  ids = b9_index_ids (index);
  for (guint i = 0; ids[i] != NULL; i++) {
    const B9Query query = {.id = ids[i], .backend = runtime->name, .root = target->root};
    g_autoptr (B9Record) other = NULL;

    if (strcmp (ids[i], target->id) == 0 ||
        !runtime->backend->ids_collide (&runtime->host, ids[i], target->id))
      continue;
    if (b9_index_find (index, &query, &other, NULL) && other != NULL &&
        strcmp (other->runtime_root, target->root) == 0)
      return g_strdup (ids[i]);
  }
  return NULL;
}

/* A root below the root, named by the id alone, where the runtime would take one id for another. */
static gboolean
settle_root (const B9Index *index, B9Target *target, GError **error)
{
  const B9Backend *backend = target->runtime->backend;
  g_autofree char *other = NULL;

  if (B9_STRUCT_HAS (backend, colliding_id))
    other = backend->colliding_id (&target->runtime->host, target->root, target->id);
  if (other == NULL)
    other = colliding_record (index, target);
  if (other == NULL)
    return TRUE;
  g_info ("container %s gets a root of its own, since %s would take it for %s", target->id,
          target->runtime->name, other);
  g_free (target->root);
  target->root = own_root (target->record->root, target->id);
  g_free (target->record->runtime_root);
  target->record->runtime_root = g_strdup (target->root);
  return b9_make_private_directory (target->root, error);
}

static B9Record *
record_for (const B9Target *target, const B9Bundle *bundle)
{
  B9Record *record = b9_record_new (target->id, target->runtime->name, target->root);

  record->program = g_strdup (target->program);
  record->bundle = g_strdup (bundle->path);
  record->rootfs = g_strdup (bundle->rootfs);
  record->cgroups_path = g_strdup (bundle->cgroups_path);
  g_strfreev (record->flags);
  record->flags = g_strdupv (target->flags);
  record->rootless = g_strdup (target->rootless);
  record->systemd_cgroup = target->systemd_cgroup;
  b9_sweep_prepare (target, record);
  return record;
}

gboolean
b9_claim (B9Index *index, B9Target *target, const B9Bundle *bundle, GError **error)
{
  const B9Backend *backend = target->runtime->backend;
  gboolean claimed;

  if (B9_STRUCT_HAS (backend, check_id) &&
      !backend->check_id (&target->runtime->host, target->root, target->id, error))
    return FALSE;
  if (!b9_index_lock (index, error))
    return FALSE;
  claimed = make_room (index, target, error);
  if (claimed) {
    target->record = record_for (target, bundle);
    claimed = settle_root (index, target, error) && b9_index_add (index, target->record, error);
    if (!claimed && strcmp (target->record->root, target->record->runtime_root) != 0)
      rmdir (target->record->runtime_root);
    if (!claimed)
      g_clear_pointer (&target->record, b9_record_free);
  }
  b9_index_unlock (index);
  return claimed;
}
