/* SPDX-License-Identifier: Apache-2.0
 *
 * record.c: see record.h.
 */
#include "config.h"

#include "core/container/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/clock.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define GROUP "container"
#define PROCESS "process"
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

/* Written line by line, since a GKeyFile would take a quarter of a millisecond from every new container; it
 * is read by GKeyFile, so what is written keeps to its rules (Desktop Entry Specification: values, lists). */
static void
set_value (GString *file, const char *key, const char *value)
{
  g_string_append_printf (file, "%s=%s\n", key, value);
}

static void
set_text (GString *file, const char *key, const char *value)
{
  g_autofree char *escaped = value != NULL ? escape (value) : NULL;

  if (escaped != NULL)
    set_value (file, key, escaped);
}

static void
set_boolean (GString *file, const char *key, gboolean value)
{
  set_value (file, key, value ? "true" : "false");
}

/* In a list ";" ends a value, and "\" escapes both. */
static void
set_list (GString *file, const char *key, char **values)
{
  g_string_append_printf (file, "%s=", key);
  for (guint i = 0; values[i] != NULL; i++) {
    g_autofree char *escaped = escape (values[i]);

    for (const char *p = escaped; *p != '\0'; p++) {
      if (*p == ';' || *p == '\\')
        g_string_append_c (file, '\\');
      g_string_append_c (file, *p);
    }
    g_string_append_c (file, ';');
  }
  g_string_append_c (file, '\n');
}

static void
set_process (GString *file, const char *key, pid_t pid, guint64 start)
{
  if (pid > 0)
    g_string_append_printf (file, "%s=%d@%" G_GUINT64_FORMAT "\n", key, (int)pid, start);
}

gboolean
b9_record_save (const B9Record *record, GError **error)
{
  g_autoptr (GString) file = g_string_sized_new (2048);
  g_autofree char *path = b9_record_file (record, "record");
  g_autofree char *process = b9_record_file (record, PROCESS);

  g_string_append_printf (file, "[" GROUP "]\nversion=%d\n", B9_RECORD_VERSION);
  set_text (file, "id", record->id);
  set_text (file, "backend", record->backend);
  set_text (file, "root", record->root);
  set_text (file, "runtime-root", record->runtime_root);
  set_text (file, "program", record->program);
  set_text (file, "bundle", record->bundle);
  set_text (file, "rootfs", record->rootfs);
  set_text (file, "cgroups-path", record->cgroups_path);
  set_boolean (file, "cgroups-ours", record->cgroups_ours);
  set_boolean (file, "leftovers-ours", record->leftovers_ours);
  set_list (file, "flags", record->flags);
  set_list (file, "cgroup-directories", record->cgroup_directories);
  set_text (file, "rootless", record->rootless);
  set_boolean (file, "systemd-cgroup", record->systemd_cgroup);
  set_text (file, "created", record->created);
  set_text (file, "phase", record->phase == B9_PHASE_CREATING ? "creating" : "created");
  set_process (file, "creator", record->creator, record->creator_start);
  set_process (file, "pid", record->pid, record->pid_start);
  g_string_append_printf (file, "pid-namespace=%" G_GUINT64_FORMAT "\n", record->pid_namespace);
  set_text (file, "boot-id", record->boot_id);
  if (!b9_replace_file (AT_FDCWD, path, file->str, file->len, 0600, error))
    return FALSE;
  unlink (process); /* an earlier note would contradict */
  return TRUE;
}

gboolean
b9_record_note_pid (B9Record *record, pid_t pid, GError **error)
{
  g_autofree char *path = b9_record_file (record, PROCESS);
  g_autofree char *note = NULL;

  record->phase = B9_PHASE_CREATED;
  b9_record_set_pid (record, pid);
  note = g_strdup_printf ("%d@%" G_GUINT64_FORMAT, (int)record->pid, record->pid_start);
  if (symlink (note, path) == 0 || (errno == EEXIST && unlink (path) == 0 && symlink (note, path) == 0))
    return TRUE;
  return b9_fail_errno (error, errno, "cannot write %s", path);
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
get_process (const char *text, pid_t *pid, guint64 *start)
{
  guint64 started;
  int number;

  if (text == NULL || sscanf (text, "%d@%" G_GUINT64_FORMAT, &number, &started) != 2 || number <= 0)
    return;
  *pid = number;
  *start = started;
}

/* What b9_record_note_pid() left, if it did. */
static void
read_note (B9Record *record)
{
  g_autofree char *path = b9_record_file (record, PROCESS);
  char note[64];
  ssize_t size = readlink (path, note, sizeof note - 1);

  if (size <= 0)
    return;
  note[size] = '\0';
  record->phase = B9_PHASE_CREATED;
  get_process (note, &record->pid, &record->pid_start);
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
  g_autofree char *creator = get_text (file, "creator");
  g_autofree char *process = get_text (file, "pid");
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
  get_process (creator, &record->creator, &record->creator_start);
  get_process (process, &record->pid, &record->pid_start);
  record->pid_namespace = g_key_file_get_uint64 (file, GROUP, "pid-namespace", NULL);
  record->boot_id = get_text (file, "boot-id");
  read_note (record);
  return record;
}

static B9Record *
damaged (GError **error, const char *path, const char *why)
{
  b9_fail (error, B9_ERROR_BAD_INPUT,
           "the record %s is damaged (%s); b9run index rebuild makes the index anew", path, why);
  return NULL;
}

/* What is in the place of a record that cannot be read; NULL where nothing is, or a file that may be sound.
 */
static const char *
what_stands_there (const char *path)
{
  struct stat info;

  if (lstat (path, &info) != 0)
    return NULL;
  if (!S_ISREG (info.st_mode))
    return S_ISDIR (info.st_mode) ? "it is a directory" : "it is no regular file";
  return info.st_size > MAX_RECORD_BYTES ? "it is too large" : NULL;
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

  text = b9_read_file (AT_FDCWD, path, MAX_RECORD_BYTES, &size, &problem);
  if (text == NULL && what_stands_there (path) != NULL)
    return damaged (error, path, what_stands_there (path));
  if (text == NULL) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return NULL;
  }
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
b9_record_stands (const B9Record *record)
{
  g_autofree char *path = b9_record_file (record, "record");
  g_autofree char *text = b9_read_file (AT_FDCWD, path, MAX_RECORD_BYTES, NULL, NULL);
  g_autoptr (GString) creator = g_string_new ("\n");
  g_autoptr (GString) created = g_string_new ("\n");

  set_process (creator, "creator", record->creator, record->creator_start);
  set_text (created, "created", record->created);
  return text != NULL && strstr (text, creator->str) != NULL && strstr (text, created->str) != NULL;
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
