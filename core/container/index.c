/* SPDX-License-Identifier: Apache-2.0
 *
 * index.c: see index.h.
 *
 * STATE/lock, and STATE/containers/ID/KEY/… with one KEY per backend and root.  A look-up by id opens the
 * id's directory alone, so it costs the same with one container and with ten thousand.
 */
#include "config.h"

#include "core/container/index.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/failure.h"
#include "core/sys/files.h"

#define MAX_ID_BYTES 255

/* The lock is held for microseconds, but for a sweep, which takes half a second at most. */
#define LOCK_ROUNDS 60000
#define LOCK_PAUSE_US 500

struct _B9Index {
  char *directory;
  char *containers;
  B9Fd lock;
};

B9Index *
b9_index_new (const char *state_directory)
{
  B9Index *index = g_new0 (B9Index, 1);

  index->directory = g_strdup (state_directory);
  index->containers = g_build_filename (state_directory, "containers", NULL);
  index->lock = -1;
  return index;
}

void
b9_index_free (B9Index *index)
{
  if (index == NULL)
    return;
  b9_fd_close (&index->lock);
  g_free (index->directory);
  g_free (index->containers);
  g_free (index);
}

const char *
b9_index_directory (const B9Index *index)
{
  return index->directory;
}

gboolean
b9_index_lock (B9Index *index, GError **error)
{
  g_autofree char *path = g_build_filename (index->directory, "lock", NULL);

  if (!b9_make_private_directory (index->directory, error)) {
    g_prefix_error (error, "the state directory cannot be used (run as root, or set --state-directory): ");
    return FALSE;
  }
  index->lock = open (path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (index->lock < 0)
    return b9_fail_errno (error, errno, "cannot open the lock %s", path);
  for (guint round = 0; flock (index->lock, LOCK_EX | LOCK_NB) != 0; round++) {
    int failure = errno;

    if ((failure == EWOULDBLOCK || failure == EINTR) && round < LOCK_ROUNDS) {
      g_usleep (LOCK_PAUSE_US);
      continue;
    }
    b9_fd_close (&index->lock);
    if (failure == EWOULDBLOCK)
      return b9_fail (error, B9_ERROR_TIMEOUT,
                      "another b9run holds the lock %s for longer than 30 s; is it stopped or frozen?", path);
    return b9_fail_errno (error, failure, "cannot take the lock %s", path);
  }
  return TRUE;
}

void
b9_index_unlock (B9Index *index)
{
  b9_fd_close (&index->lock);
}

gboolean
b9_check_id (const char *id, GError **error)
{
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-.";
  gsize length = strlen (id);

  if (length == 0)
    return b9_fail (error, B9_ERROR_BAD_INPUT, "the container id is empty");
  if (length > MAX_ID_BYTES)
    return b9_fail (error, B9_ERROR_BAD_INPUT,
                    "the container id has %" G_GSIZE_FORMAT " characters; at most %d can be used", length,
                    MAX_ID_BYTES);
  if (strspn (id, allowed) != length || strcmp (id, ".") == 0 || strcmp (id, "..") == 0) {
    g_autofree char *shown = g_strescape (id, NULL);

    return b9_fail (
        error, B9_ERROR_BAD_INPUT,
        "\"%s\" is no container id: letters, digits and _ + - . can be used, and neither \".\" nor \"..\"",
        shown);
  }
  return TRUE;
}

/* The same backend and root always make the same KEY. */
static char *
key_of (const char *backend, const char *root)
{
  g_autofree char *both = g_strdup_printf ("%s %s", backend, root);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, both, -1);

  return g_strndup (digest, 16);
}

/* Always FALSE. */
static gboolean
fail_to_read (const B9Index *index, GError **error)
{
  return b9_fail (
      error, B9_ERROR_PERMISSION,
      "the records in %s cannot be read by user %u (run as root, or set --state-directory): they are for "
      "their owner",
      index->directory, (unsigned)geteuid ());
}

/* Appends the records of one id.  A damaged one does not hide the others; FALSE with the first such problem.
 */
static gboolean
load_id (const B9Index *index, const char *id, GPtrArray *records, GError **error)
{
  g_autofree char *directory = g_build_filename (index->containers, id, NULL);
  g_autoptr (DIR) keys = opendir (directory);
  const struct dirent *key;
  gboolean sound = TRUE;

  if (keys == NULL && errno == EACCES)
    return fail_to_read (index, error);
  while (keys != NULL && (key = readdir (keys)) != NULL) {
    g_autofree char *path = g_build_filename (directory, key->d_name, NULL);
    g_autoptr (GError) problem = NULL;
    B9Record *record;

    if (key->d_name[0] == '.')
      continue;
    record = b9_record_load (path, &problem);
    if (record != NULL)
      g_ptr_array_add (records, record);
    else if (sound && !g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND)) {
      g_propagate_error (error, g_steal_pointer (&problem));
      sound = FALSE;
    }
  }
  return sound;
}

static void
describe (GString *text, const B9Record *record)
{
  g_string_append_printf (text, "%s--backend=%s --root %s", text->len > 0 ? ", " : "", record->backend,
                          record->root);
}

/* Several records of one id: those of the backend that was asked for, then the one in the default root. */
static B9Record *
choose (const GPtrArray *records, const B9Query *query, GError **error)
{
  g_autoptr (GString) roots = g_string_new (NULL);
  B9Record *only = NULL;
  guint matches = 0;

  for (guint i = 0; i < records->len; i++) {
    B9Record *record = g_ptr_array_index (records, i);

    if (query->backend != NULL && strcmp (query->backend, record->backend) != 0)
      continue;
    if (query->root == NULL && g_strcmp0 (query->default_root, record->root) == 0)
      return record;
    only = record;
    matches++;
    describe (roots, record);
  }
  if (matches > 1)
    b9_fail (error, B9_ERROR_AMBIGUOUS, "%u containers have the id %s; say which: %s", matches, query->id,
             roots->str);
  else if (matches == 0)
    b9_fail (error, B9_ERROR_CONFLICT,
             "container %s was created with backend %s (root %s), which --backend=%s contradicts", query->id,
             ((B9Record *)g_ptr_array_index (records, 0))->backend,
             ((B9Record *)g_ptr_array_index (records, 0))->root, query->backend);
  return matches == 1 ? only : NULL;
}

gboolean
b9_index_find (const B9Index *index, const B9Query *query, B9Record **record, GError **error)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_record_free);
  g_autoptr (GError) problem = NULL;
  B9Record *chosen;
  guint position;

  *record = NULL;
  load_id (index, query->id, records, &problem);
  for (guint i = records->len; query->root != NULL && i > 0; i--) {
    if (strcmp (((B9Record *)g_ptr_array_index (records, i - 1))->root, query->root) != 0)
      g_ptr_array_remove_index_fast (records, i - 1);
  }
  if (records->len == 0) {
    gboolean sound = problem == NULL;

    if (!sound)
      g_propagate_error (error, g_steal_pointer (&problem));
    return sound;
  }
  chosen = choose (records, query, error);
  if (chosen == NULL)
    return FALSE;
  g_ptr_array_find (records, chosen, &position);
  *record = g_ptr_array_steal_index (records, position);
  return TRUE;
}

char **
b9_index_ids (const B9Index *index)
{
  g_autoptr (GDir) directory = g_dir_open (index->containers, 0, NULL);
  GPtrArray *ids = g_ptr_array_new ();
  const char *id;

  while (directory != NULL && (id = g_dir_read_name (directory)) != NULL)
    g_ptr_array_add (ids, g_strdup (id));
  g_ptr_array_add (ids, NULL);
  return (char **)g_ptr_array_free (ids, FALSE);
}

static int
compare_records (gconstpointer a, gconstpointer b)
{
  const B9Record *first = *(B9Record *const *)a, *second = *(B9Record *const *)b;
  int order = strcmp (first->id, second->id);

  return order != 0 ? order : strcmp (first->root, second->root);
}

GPtrArray *
b9_index_all (const B9Index *index, GPtrArray *problems)
{
  GPtrArray *records = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_record_free);
  g_autoptr (GDir) ids = g_dir_open (index->containers, 0, NULL);
  g_autoptr (GError) unreadable = NULL;
  const char *id;

  if (ids == NULL && problems != NULL && access (index->containers, R_OK) != 0 && errno == EACCES) {
    fail_to_read (index, &unreadable);
    g_ptr_array_add (problems, g_strdup (unreadable->message));
  }
  while (ids != NULL && (id = g_dir_read_name (ids)) != NULL) {
    g_autoptr (GError) error = NULL;

    if (!load_id (index, id, records, &error) && problems != NULL)
      g_ptr_array_add (problems, g_strdup (error->message));
  }
  g_ptr_array_sort (records, compare_records);
  return records;
}

void
b9_index_place (const B9Index *index, B9Record *record)
{
  g_autofree char *key = key_of (record->backend, record->root);

  g_free (record->directory);
  record->directory = g_build_filename (index->containers, record->id, key, NULL);
}

gboolean
b9_index_add (B9Index *index, B9Record *record, GError **error)
{
  g_autofree char *by_id = g_build_filename (index->containers, record->id, NULL);

  b9_index_place (index, record);
  if (!b9_make_private_directory (index->containers, error) || !b9_make_private_directory (by_id, error) ||
      !b9_make_private_directory (record->directory, error))
    return FALSE;
  if (b9_record_save (record, error))
    return TRUE;
  b9_index_remove (index, record, NULL);
  return FALSE;
}

/* Without looking what there is, which costs more.  The record goes last: as long as it stands, whoever comes
 * after a killed b9run cleans up, and no next container of this name meets what is left of this one. */
static gboolean
remove_usual_files (const B9Record *record)
{
  static const char *const names[] = {"pid", "process", "exit", "monitor", "backend.log", "record"};
  b9_autofd directory = open (record->directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (directory >= 0 && unlinkat (directory, "bundle/config.json", 0) == 0) /* of a shadow (shadow.h) */
    unlinkat (directory, "bundle", AT_REMOVEDIR);
  for (guint i = 0; directory >= 0 && i < G_N_ELEMENTS (names); i++)
    unlinkat (directory, names[i], 0);
  return directory >= 0 && rmdir (record->directory) == 0;
}

gboolean
b9_index_remove (B9Index *index, const B9Record *record, GError **error)
{
  g_autofree char *by_id = g_build_filename (index->containers, record->id, NULL);

  if (!remove_usual_files (record) && !b9_remove_tree (record->directory, error))
    return FALSE;
  rmdir (by_id); /* stays while another root holds this id */
  return TRUE;
}
