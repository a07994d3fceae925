/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-state.c: runsc's state directory, without runsc.
 *
 * A container's file is CONTAINER_sandbox:SANDBOX.state; both ids are the same but for the further containers
 * of a pod. runsc looks for CONTAINER*_sandbox:*.state, so that an id also means each longer one
 * (state_file.go of gVisor).
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-args.h"

#include <string.h>
#include <unistd.h>

#define SEPARATOR "_sandbox:"
#define STATE_ENDING ".state"

/* The control socket is DIRECTORY/runsc-ID.sock, which has to fit into the 107 bytes of sun_path.  runsc
 * tries the root, /var/run, /run and /tmp; with the last two 91 bytes are left for the id, however long the
 * root is. */
#define ID_MAX 91

#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-"

gboolean
runsc_check_id (const B9Host *host, const char *root, const char *id, GError **error)
{
  (void)host;
  (void)root;
  if (id[0] == '\0') {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_BAD_INPUT, "container id cannot be empty");
    return FALSE;
  }
  if (id[strspn (id, ID_CHARACTERS)] != '\0' || strcmp (id, ".") == 0 || strcmp (id, "..") == 0) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT,
                 "invalid container ID format: \"%s\": runsc takes letters, digits and _ + . - only", id);
    return FALSE;
  }
  if (id[0] == '-') {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT,
                 "invalid container ID format: \"%s\" begins like an option of the command line", id);
    return FALSE;
  }
  if (strlen (id) > ID_MAX) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT,
                 "container id of %zu characters is too long: runsc takes %d at most, or the path of its "
                 "control socket does "
                 "not fit",
                 strlen (id), ID_MAX);
    return FALSE;
  }
  return TRUE;
}

/* The id of the container whose state @file holds, or NULL for any other file. */
static char *
id_of_file (const char *file)
{
  const char *separator = strstr (file, SEPARATOR);

  if (separator == NULL || separator == file || !g_str_has_suffix (file, STATE_ENDING))
    return NULL;
  return g_strndup (file, (gsize)(separator - file));
}

gboolean
runsc_find (const B9Host *host, const char *root, const char *id)
{
  g_autofree char *name = g_strconcat (id, SEPARATOR, id, STATE_ENDING, NULL);
  g_autofree char *path = g_build_filename (root, name, NULL);
  g_autoptr (GDir) directory = NULL;
  const char *entry;

  (void)host;
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  /* A sub-root is missing as a rule, and g_dir_open() looks for words in the user's language then. */
  directory = access (root, F_OK) == 0 ? g_dir_open (root, 0, NULL) : NULL;
  while (directory != NULL && (entry = g_dir_read_name (directory)) != NULL) {
    g_autofree char *other = id_of_file (entry);

    if (g_strcmp0 (other, id) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
runsc_ids_collide (const B9Host *host, const char *a, const char *b)
{
  (void)host;
  return g_str_has_prefix (a, b) || g_str_has_prefix (b, a);
}

char *
runsc_colliding_id (const B9Host *host, const char *root, const char *id)
{
  g_autoptr (GDir) directory = g_dir_open (root, 0, NULL);
  const char *entry;

  while (directory != NULL && (entry = g_dir_read_name (directory)) != NULL) {
    g_autofree char *other = id_of_file (entry);

    if (other != NULL && strcmp (other, id) != 0 && runsc_ids_collide (host, other, id))
      return g_steal_pointer (&other);
  }
  return NULL;
}

/* Whatever runsc has named after the container in its root: state and lock, in each release's spelling. */
static void
collect_root (GPtrArray *paths, const char *root, const char *id)
{
  g_autofree char *beginning = g_strconcat (id, SEPARATOR, NULL);
  g_autoptr (GDir) directory = g_dir_open (root, 0, NULL);
  const char *entry;

  while (directory != NULL && (entry = g_dir_read_name (directory)) != NULL) {
    if (g_str_has_prefix (entry, beginning))
      g_ptr_array_add (paths, g_build_filename (root, entry, NULL));
  }
}

/* A control socket that did not fit into the root is not listed: below /run, another root's container of the
 * same id may own it, and a stale one is in nobody's way since runsc goes on to the next place. */
char **
runsc_leftovers (const B9Host *host, const B9Request *request, const char *rootfs)
{
  GPtrArray *paths = g_ptr_array_new ();

  (void)host;
  collect_root (paths, request->root, request->id);
  g_ptr_array_add (paths, g_strdup_printf ("%s/runsc-%s.sock", request->root, request->id));
  if (rootfs != NULL)
    g_ptr_array_add (paths, g_strdup_printf ("%s/.gvisor.filestore.%s", rootfs, request->id));
  g_ptr_array_add (paths, NULL);
  return (char **)g_ptr_array_free (paths, FALSE);
}

/* "runsc-sandbox --root=ROOT … boot … ID", and the gofer likewise: with --ignore-cgroups nothing else tells
 * whose they are. */
gboolean
runsc_owns_process (const B9Host *host, const B9Request *request, const char *const *command_line)
{
  g_autofree char *root = g_strdup_printf ("--root=%s", request->root);
  guint count = g_strv_length ((char **)command_line);

  (void)host;
  return count > 2 && g_str_has_prefix (command_line[0], "runsc-") && g_strv_contains (command_line, root) &&
         strcmp (command_line[count - 1], request->id) == 0;
}
