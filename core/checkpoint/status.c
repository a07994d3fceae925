/* SPDX-License-Identifier: Apache-2.0
 *
 * status.c: see status.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/status.h"

#include <fcntl.h>
#include <string.h>

#include "core/checkpoint/journal.h"
#include "core/sys/files.h"

#define KEPT_MAX (16 * 1024 * 1024)

void
b9_status_keep (const B9Target *target)
{
  const B9Backend *backend = target->runtime->backend;
  B9Request request = b9_target_request (target, B9_OPERATION_STATE);
  g_autofree char *path = b9_record_file (target->record, B9_JOURNAL_STATUS_NAME);
  g_autofree char *text = B9_STRUCT_HAS (backend, keep_status)
                              ? backend->keep_status (&target->runtime->host, &request)
                              : NULL;
  g_autoptr (GError) problem = NULL;

  if (text != NULL && !b9_replace_file (AT_FDCWD, path, text, strlen (text), 0600, &problem))
    g_info ("what the runtime says of container %s is not kept: %s", target->id, problem->message);
}

gboolean
b9_status_amend (const B9Target *target, GError **error)
{
  const B9Backend *backend = target->runtime->backend;
  B9Request request = b9_target_request (target, B9_OPERATION_STATE);
  g_autofree char *path = b9_record_file (target->record, B9_JOURNAL_STATUS_NAME);
  g_autofree char *kept = NULL;

  if (!B9_STRUCT_HAS (backend, amend_status))
    return TRUE;
  kept = b9_read_file (AT_FDCWD, path, KEPT_MAX, NULL, NULL);
  return backend->amend_status (&target->runtime->host, &request, kept, error);
}
