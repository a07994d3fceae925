/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz-record.c: any bytes as the files of a container's record: the record itself, its exit status, its PID
 * and its monitor.
 *
 * A record that could be read is written again, and must be read as the same.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <b9run/b9-error.h>

#include "core/container/exit-status.h"
#include "core/container/record.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const char *
directory (void)
{
  static char made[] = "/tmp/b9-fuzz-XXXXXX";

  if (made[strlen (made) - 1] == 'X' && mkdtemp (made) == NULL)
    abort ();
  return made;
}

static void
put (const char *name, const uint8_t *data, size_t size)
{
  g_autofree char *path = g_build_filename (directory (), name, NULL);

  if (!g_file_set_contents_full (path, (const char *)data, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600,
                                 NULL))
    abort ();
}

static void
expect_same (const B9Record *one, const B9Record *two)
{
  g_assert_cmpstr (one->id, ==, two->id);
  g_assert_cmpstr (one->backend, ==, two->backend);
  g_assert_cmpstr (one->root, ==, two->root);
  g_assert_cmpstr (one->runtime_root, ==, two->runtime_root);
  g_assert_cmpstr (one->program, ==, two->program);
  g_assert_cmpstr (one->bundle, ==, two->bundle);
  g_assert_cmpstr (one->rootfs, ==, two->rootfs);
  g_assert_cmpstr (one->cgroups_path, ==, two->cgroups_path);
  g_assert_cmpstr (one->rootless, ==, two->rootless);
  g_assert_cmpstr (one->created, ==, two->created);
  g_assert_cmpstr (one->boot_id, ==, two->boot_id);
  g_assert_true (g_strv_equal ((const char *const *)one->flags, (const char *const *)two->flags));
  g_assert_cmpint (one->cgroups_ours, ==, two->cgroups_ours);
  g_assert_cmpint (one->systemd_cgroup, ==, two->systemd_cgroup);
  g_assert_cmpint (one->phase, ==, two->phase);
  g_assert_cmpint (one->creator, ==, two->creator);
  g_assert_cmpint (one->pid, ==, two->pid);
  g_assert_cmpuint (one->pid_namespace, ==, two->pid_namespace);
}

static void
check_record (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9Record) record = b9_record_load (directory (), &error);
  g_autoptr (B9Record) again = NULL;

  g_assert_true ((record == NULL) == (error != NULL));
  if (record == NULL) {
    g_assert_true (error->domain == B9_ERROR);
    return;
  }
  g_assert_true (g_path_is_absolute (record->program) && record->creator >= 0 && record->pid >= 0);
  g_assert_true (b9_record_save (record, NULL));
  again = b9_record_load (directory (), NULL);
  g_assert_nonnull (again);
  expect_same (record, again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const B9Record record = {.directory = (char *)directory (), .id = (char *)"fuzz"};
  g_autoptr (GError) error = NULL;
  B9ExitStatus status = {0};
  gboolean loaded;

  put ("record", data, size);
  check_record ();
  put ("exit", data, size);
  loaded = b9_exit_status_load (&record, &status, &error);
  g_assert_true (loaded == (error == NULL));
  g_assert_nonnull (memchr (status.finished, '\0', sizeof status.finished));
  put ("pid", data, size);
  g_assert_cmpint (b9_read_pid_file (directory ()), >=, 0);
  put ("monitor", data, size);
  b9_monitor_alive (&record);
  return 0;
}
