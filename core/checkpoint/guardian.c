/* SPDX-License-Identifier: Apache-2.0
 *
 * guardian.c: see guardian.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/guardian.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/run/spawn.h"

#define PROGRAM "b9run-guardian"

extern char **environ;

/* What says where things are.  Nothing of the operation's: by B9_OPERATION_VARIABLE a recovery would find and
 * end itself. */
static gboolean
is_needed (const char *entry)
{
  static const char *const names[] = {"PATH=", "LD_LIBRARY_PATH=", "TMPDIR=", "XDG_RUNTIME_DIR="};

  if (g_str_has_prefix (entry, "B9RUN_"))
    return !g_str_has_prefix (entry, B9_OPERATION_VARIABLE "=");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_str_has_prefix (entry, names[i]))
      return TRUE;
  }
  return FALSE;
}

char **
b9_guardian_environment (void)
{
  GPtrArray *kept = g_ptr_array_new ();

  for (guint i = 0; environ[i] != NULL; i++) {
    if (is_needed (environ[i]))
      g_ptr_array_add (kept, g_strdup (environ[i]));
  }
  g_ptr_array_add (kept, NULL);
  return (char **)g_ptr_array_free (kept, FALSE);
}

gboolean
b9_guardian_start (B9Journal *journal, char **recover, const sigset_t *mask, GError **error)
{
  const char *directory = secure_getenv ("B9RUN_LIBEXEC_DIR");
  g_autofree char *program = g_build_filename (directory != NULL ? directory : B9_LIBEXECDIR, PROGRAM, NULL);
  g_auto (GStrv) environment = b9_guardian_environment ();
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  B9Spawn spawn = {.output = -1, .error = -1, .own_session = TRUE, .outlives_us = TRUE, .mask = mask};

  g_ptr_array_add (argv, program);
  g_ptr_array_add (argv, journal->directory);
  for (guint i = 0; recover[i] != NULL; i++)
    g_ptr_array_add (argv, recover[i]);
  g_ptr_array_add (argv, NULL);
  spawn.argv = (char **)argv->pdata;
  spawn.environment = environment;
  journal->guardian = b9_spawn (&spawn, error);
  if (journal->guardian == 0)
    g_prefix_error (error, "nothing is touched without a guardian: ");
  return journal->guardian != 0;
}

void
b9_guardian_dismiss (B9Journal *journal)
{
  int status;

  if (journal->guardian == 0)
    return;
  kill (journal->guardian, SIGKILL);
  status = b9_wait_for (journal->guardian);
  journal->guardian = 0;
  if (!WIFSIGNALED (status) || WTERMSIG (status) != SIGKILL)
    g_warning (PROGRAM " had ended before its time, with status %d", WEXITSTATUS (status));
}
