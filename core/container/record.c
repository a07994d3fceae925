/* SPDX-License-Identifier: Apache-2.0
 *
 * record.c: see record.h.
 */
#include "config.h"

#include "core/container/record.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/sys/clock.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define GROUP "container"
#define MAX_RECORD_BYTES (256 * 1024)

B9Record *
b9_record_new (const char *id, const char *backend, const char *root)
{
  B9Record *record = g_new0 (B9Record, 1);

  record->id = g_strdup (id);
  record->backend = g_strdup (backend);
  record->root = g_strdup (root);
  record->runtime_root = g_strdup (root);
  record->flags = g_new0 (char *, 1);
  record->cgroup_directories = g_new0 (char *, 1);
  record->created = b9_timestamp ();
  record->phase = B9_PHASE_CREATING;
  record->creator = getpid ();
  b9_process_look (record->creator, &record->creator_start, NULL);
  record->pid_namespace = b9_pid_namespace ();
  record->boot_id = b9_boot_id ();
  return record;
}

void
b9_record_free (B9Record *record)
{
  if (record == NULL)
    return;
  g_free (record->directory);
  g_free (record->id);
  g_free (record->backend);
  g_free (record->root);
  g_free (record->runtime_root);
  g_free (record->program);
  g_free (record->bundle);
  g_free (record->rootfs);
  g_free (record->cgroups_path);
  g_strfreev (record->flags);
  g_strfreev (record->cgroup_directories);
  g_free (record->rootless);
  g_free (record->created);
  g_free (record->boot_id);
  g_free (record);
}

char *
b9_record_file (const B9Record *record, const char *name)
{
  return g_build_filename (record->directory, name, NULL);
}

/* A path may hold any byte but a key file only UTF-8, and it drops spaces at the ends: C's escapes keep both.
 */
static char *
escape (const char *value)
{
  g_autofree char *escaped = g_strescape (value, NULL);
  g_auto (GStrv) words = g_strsplit (escaped, " ", -1);

  return g_strjoinv ("\\040", words);
}

static void
set_text (GKeyFile *file, const char *key, const char *value)
{
  g_autofree char *escaped = value != NULL ? escape (value) : NULL;

  if (escaped != NULL)
    g_key_file_set_value (file, GROUP, key, escaped);
}

static void
set_list (GKeyFile *file, const char *key, char **values)
{
  g_autoptr (GPtrArray) escaped = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; values[i] != NULL; i++)
    g_ptr_array_add (escaped, escape (values[i]));
  g_key_file_set_string_list (file, GROUP, key, (const char *const *)escaped->pdata, escaped->len);
}

static void
set_process (GKeyFile *file, const char *key, pid_t pid, guint64 start)
{
  g_autofree char *text = g_strdup_printf ("%d@%" G_GUINT64_FORMAT, (int)pid, start);

  if (pid > 0)
    g_key_file_set_string (file, GROUP, key, text);
}

gboolean
b9_record_save (const B9Record *record, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = b9_record_file (record, "record");
  g_autofree char *text = NULL;
  gsize size;

  g_key_file_set_integer (file, GROUP, "version", B9_RECORD_VERSION);
  set_text (file, "id", record->id);
  set_text (file, "backend", record->backend);
  set_text (file, "root", record->root);
  set_text (file, "runtime-root", record->runtime_root);
  set_text (file, "program", record->program);
  set_text (file, "bundle", record->bundle);
  set_text (file, "rootfs", record->rootfs);
  set_text (file, "cgroups-path", record->cgroups_path);
  g_key_file_set_boolean (file, GROUP, "cgroups-ours", record->cgroups_ours);
  g_key_file_set_boolean (file, GROUP, "leftovers-ours", record->leftovers_ours);
  set_list (file, "flags", record->flags);
  set_list (file, "cgroup-directories", record->cgroup_directories);
  set_text (file, "rootless", record->rootless);
  g_key_file_set_boolean (file, GROUP, "systemd-cgroup", record->systemd_cgroup);
  set_text (file, "created", record->created);
  set_text (file, "phase", record->phase == B9_PHASE_CREATING ? "creating" : "created");
  set_process (file, "creator", record->creator, record->creator_start);
  set_process (file, "pid", record->pid, record->pid_start);
  g_key_file_set_uint64 (file, GROUP, "pid-namespace", record->pid_namespace);
  set_text (file, "boot-id", record->boot_id);
  text = g_key_file_to_data (file, &size, NULL);
  return b9_replace_file (AT_FDCWD, path, text, size, 0600, error);
}

static char *
get_text (GKeyFile *file, const char *key)
{
  g_autofree char *escaped = g_key_file_get_value (file, GROUP, key, NULL);

  return escaped != NULL ? g_strcompress (escaped) : NULL;
}

static char **
get_list (GKeyFile *file, const char *key)
{
  char **values = g_key_file_get_string_list (file, GROUP, key, NULL, NULL);

  for (guint i = 0; values != NULL && values[i] != NULL; i++) {
    char *plain = g_strcompress (values[i]);

    g_free (values[i]);
    values[i] = plain;
  }
  return values != NULL ? values : g_new0 (char *, 1);
}

static void
get_process (GKeyFile *file, const char *key, pid_t *pid, guint64 *start)
{
  g_autofree char *text = get_text (file, key);
  guint64 started;
  int number;

  if (text == NULL || sscanf (text, "%d@%" G_GUINT64_FORMAT, &number, &started) != 2 || number <= 0)
    return;
  *pid = number;
  *start = started;
}

/* What no record can do without. */
static const char *
missing_member (const B9Record *record)
{
  if (record->id == NULL)
    return "id";
  if (record->backend == NULL)
    return "backend";
  if (record->root == NULL || !g_path_is_absolute (record->root))
    return "root";
  if (record->runtime_root == NULL || !g_path_is_absolute (record->runtime_root))
    return "runtime-root";
  return record->program == NULL || !g_path_is_absolute (record->program) ? "program" : NULL;
}

static B9Record *
record_from_key_file (GKeyFile *file, const char *directory)
{
  g_autofree char *phase = get_text (file, "phase");
  B9Record *record = g_new0 (B9Record, 1);

  record->directory = g_strdup (directory);
  record->id = get_text (file, "id");
  record->backend = get_text (file, "backend");
  record->root = get_text (file, "root");
  record->runtime_root = get_text (file, "runtime-root");
  record->program = get_text (file, "program");
  record->bundle = get_text (file, "bundle");
  record->rootfs = get_text (file, "rootfs");
  record->cgroups_path = get_text (file, "cgroups-path");
  record->leftovers_ours = g_key_file_get_boolean (file, GROUP, "leftovers-ours", NULL);
  record->cgroups_ours = g_key_file_get_boolean (file, GROUP, "cgroups-ours", NULL);
  record->flags = get_list (file, "flags");
  record->cgroup_directories = get_list (file, "cgroup-directories");
  record->rootless = get_text (file, "rootless");
  record->systemd_cgroup = g_key_file_get_boolean (file, GROUP, "systemd-cgroup", NULL);
  record->created = get_text (file, "created");
  record->phase = g_strcmp0 (phase, "creating") == 0 ? B9_PHASE_CREATING : B9_PHASE_CREATED;
  get_process (file, "creator", &record->creator, &record->creator_start);
  get_process (file, "pid", &record->pid, &record->pid_start);
  record->pid_namespace = g_key_file_get_uint64 (file, GROUP, "pid-namespace", NULL);
  record->boot_id = get_text (file, "boot-id");
  return record;
}

static B9Record *
damaged (GError **error, const char *path, const char *why)
{
  b9_fail (error, B9_ERROR_BAD_INPUT,
           "the record %s is damaged (%s); b9run index rebuild makes the index anew", path, why);
  return NULL;
}

B9Record *
b9_record_load (const char *directory, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = g_build_filename (directory, "record", NULL);
  g_autoptr (GError) problem = NULL;
  g_autoptr (B9Record) record = NULL;
  g_autofree char *text = NULL;
  gsize size;
  int version;

  text = b9_read_file (AT_FDCWD, path, MAX_RECORD_BYTES, &size, error);
  if (text == NULL)
    return NULL;
  if (size == 0 || !g_key_file_load_from_data (file, text, size, G_KEY_FILE_NONE, &problem))
    return damaged (error, path, size == 0 ? "it is empty" : "it is no key file");
  version = g_key_file_get_integer (file, GROUP, "version", NULL);
  if (version > B9_RECORD_VERSION) {
    b9_fail (error, B9_ERROR_UNSUPPORTED,
             "the record %s has version %d, made by a newer b9run; this one knows version %d", path, version,
             B9_RECORD_VERSION);
    return NULL;
  }
  record = record_from_key_file (file, directory);
  if (version < 1 || missing_member (record) != NULL)
    return damaged (error, path, version < 1 ? "no version" : missing_member (record));
  return g_steal_pointer (&record);
}

gboolean
b9_record_is_of_this_boot (const B9Record *record)
{
  g_autofree char *boot_id = b9_boot_id ();

  return g_strcmp0 (record->boot_id, boot_id) == 0;
}

gboolean
b9_record_is_ours (const B9Record *record)
{
  return record->pid_namespace == b9_pid_namespace () && b9_record_is_of_this_boot (record);
}

void
b9_record_set_pid (B9Record *record, pid_t pid)
{
  record->pid = pid;
  record->pid_start = 0;
  b9_process_look (pid, &record->pid_start, NULL);
}

pid_t
b9_read_pid_file (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "pid", NULL);
  g_autofree char *text = b9_read_file (AT_FDCWD, path, 32, NULL, NULL);
  guint64 pid;

  if (text == NULL || !g_ascii_string_to_unsigned (g_strstrip (text), 10, 1, G_MAXINT32, &pid, NULL))
    return 0;
  return (pid_t)pid;
}
