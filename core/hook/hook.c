/* SPDX-License-Identifier: Apache-2.0
 *
 * hook.c: b9run-hook, which stands between a runtime and a hook of the caller's spec where b9run gave the
 * runtime a bundle of its own (core/container/shadow.h).
 *
 *   b9run-hook CALLER'S-BUNDLE OUR-BUNDLE PATH [ARGUMENT...]
 *
 * The hook becomes this process, with the caller's bundle in the state on its standard input, and as its
 * working directory where that would have been ours.  A state that is not understood is passed on as it is.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/json/json-edit.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

/* As a shell has it for a command that cannot be executed. */
#define CANNOT_EXECUTE 126

static GBytes *
read_state (void)
{
  g_autoptr (GByteArray) state = g_byte_array_new ();
  guint8 buffer[16384];
  ssize_t size;

  while (state->len < B9_JSON_MAX_BYTES && (size = read (STDIN_FILENO, buffer, sizeof buffer)) != 0) {
    if (size < 0 && errno != EINTR)
      break;
    if (size > 0)
      g_byte_array_append (state, buffer, (guint)size);
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&state));
}

/* The state with the caller's bundle, where it names ours. */
static GBytes *
correct_state (GBytes *state, const char *bundle, const char *ours)
{
  g_autoptr (B9JsonText) text = b9_json_text_new (state, "state", NULL);
  g_autoptr (B9JsonEdit) edit = NULL;
  g_autofree char *named = NULL;
  g_autofree char *quoted = b9_json_quote (bundle);
  GBytes *corrected;

  if (text == NULL || b9_json_kind (text, B9_JSON_ROOT) != B9_JSON_OBJECT ||
      !b9_json_find_string (text, B9_JSON_ROOT, &named, NULL, "bundle", NULL) || g_strcmp0 (named, ours) != 0)
    return g_bytes_ref (state);
  edit = b9_json_edit_new (text);
  b9_json_edit_set_member (edit, B9_JSON_ROOT, "bundle", quoted);
  corrected = b9_json_edit_apply (edit, NULL);
  return corrected != NULL ? corrected : g_bytes_ref (state);
}

static gboolean
give_state (GBytes *state)
{
  int fd = memfd_create ("state", MFD_CLOEXEC);
  gsize size;
  const char *content = g_bytes_get_data (state, &size);

  return fd >= 0 && b9_write_all (fd, content, size) && lseek (fd, 0, SEEK_SET) == 0 &&
         dup2 (fd, STDIN_FILENO) == STDIN_FILENO;
}

static void
leave_our_bundle (const char *bundle, const char *ours)
{
  g_autofree char *here = g_get_current_dir ();

  if (strcmp (here, ours) == 0 && chdir (bundle) != 0)
    fprintf (stderr, "b9run-hook: cannot go to %s: %s\n", bundle, b9_errno_text (errno));
}

int
main (int argc, char **argv)
{
  char *alone[] = {NULL, NULL};
  char **arguments;

  if (argc < 4) {
    fputs ("usage: b9run-hook BUNDLE OWN-BUNDLE PATH [ARGUMENT...]\nb9run puts this before hooks; it is not "
           "for people.\n",
           stderr);
    return 2;
  }
  g_autoptr (GBytes) state = read_state ();
  g_autoptr (GBytes) corrected = correct_state (state, argv[1], argv[2]);

  if (!give_state (corrected)) {
    fprintf (stderr, "b9run-hook: cannot pass the state on: %s\n", b9_errno_text (errno));
    return 1;
  }
  leave_our_bundle (argv[1], argv[2]);
  alone[0] = argv[3];
  arguments = argc > 4 ? argv + 4 : alone;
  execv (argv[3], arguments);
  fprintf (stderr, "b9run-hook: cannot execute the hook %s: %s\n", argv[3], b9_errno_text (errno));
  return CANNOT_EXECUTE;
}
