/* SPDX-License-Identifier: Apache-2.0
 *
 * stillness.c: see stillness.h.
 */
#include "config.h"

#include "core/checkpoint/stillness.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/checkpoint/container.h"
#include "core/checkpoint/processes.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"
#include "core/sys/words.h"

#define MAX_FILE (1024 * 1024)

/* Who has been let go by CRIU takes one more turn, in which it finds itself frozen. */
#define SETTLE_ROUNDS 500
#define SETTLE_PAUSE_US 2000

struct _B9Stillness {
  pid_t pid;
  char *account; /* of every thread */
};

/* Nanoseconds on a CPU, waiting for one, and how often it got one; a kernel without these has its context
 * switches, of which a thread that has run has one more. */
static char *
account_of (const char *thread)
{
  g_autofree char *schedstat = g_build_filename (thread, "schedstat", NULL);
  g_autofree char *status = g_build_filename (thread, "status", NULL);
  char *text = b9_read_file (AT_FDCWD, schedstat, MAX_FILE, NULL, NULL);
  g_autofree char *whole = text == NULL ? b9_read_file (AT_FDCWD, status, MAX_FILE, NULL, NULL) : NULL;
  const char *switches = whole != NULL ? strstr (whole, "voluntary_ctxt_switches") : NULL;

  return text != NULL ? text : g_strdup (switches != NULL ? switches : "");
}

/* All threads of a container, as they are looked at one after the other. */
typedef struct {
  GPtrArray *lines;
  gboolean is_running; /* one of them is on a CPU, or waits for one */
} Look;

static void
add_process (Look *look, pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task", (int)pid);
  g_autoptr (DIR) threads = opendir (path);
  const struct dirent *entry;

  while (threads != NULL && (entry = readdir (threads)) != NULL) {
    g_autofree char *thread = g_build_filename (path, entry->d_name, NULL);
    g_autofree char *account = NULL;
    char state = 0;

    if (entry->d_name[0] == '.')
      continue;
    account = account_of (thread);
    g_ptr_array_add (look->lines, g_strdup_printf ("%s %s", entry->d_name, account));
    if (b9_process_look ((pid_t)atoi (entry->d_name), NULL, &state) && state == 'R')
      look->is_running = TRUE;
  }
}

/* Every process that a thread of @pid has started, and theirs. */
static void
add_below (Look *look, pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task", (int)pid);
  g_autoptr (DIR) threads = opendir (path);
  const struct dirent *entry;

  while (threads != NULL && (entry = readdir (threads)) != NULL) {
    g_autofree char *file = g_build_filename (path, entry->d_name, "children", NULL);
    g_autofree char *text = entry->d_name[0] != '.' ? b9_read_file (AT_FDCWD, file, MAX_FILE, NULL, NULL)
                                                    : NULL;
    g_auto (GStrv) children = text != NULL ? g_strsplit (text, " ", -1) : NULL;

    for (guint i = 0; children != NULL && children[i] != NULL; i++) {
      pid_t child = (pid_t)atoi (children[i]);

      if (child <= 0)
        continue;
      add_process (look, child);
      add_below (look, child);
    }
  }
}

static char *
account_of_all (const B9Target *target, pid_t pid, gboolean *is_running)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  Look look = {.lines = lines};

  if (b9_container_has_trait (target, B9_CHECKPOINT_SANDBOX)) {
    add_below (&look, pid);
  } else {
    g_autoptr (GArray) processes = b9_container_processes (b9_container_cgroups (target), pid);

    for (guint i = 0; i < processes->len; i++)
      add_process (&look, g_array_index (processes, B9ContainerProcess, i).pid);
  }
  *is_running = look.is_running;
  g_ptr_array_sort (lines, b9_compare_words);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("", (char **)lines->pdata);
}

B9Stillness *
b9_stillness_note (const B9Target *target, pid_t pid)
{
  B9Stillness *stillness = g_new0 (B9Stillness, 1);
  gboolean is_running = FALSE;

  stillness->pid = pid;
  stillness->account = account_of_all (target, pid, &is_running);
  for (guint round = 0; is_running && round < SETTLE_ROUNDS; round++) {
    g_usleep (SETTLE_PAUSE_US);
    g_free (stillness->account);
    stillness->account = account_of_all (target, pid, &is_running);
  }
  return stillness;
}

void
b9_stillness_free (B9Stillness *stillness)
{
  if (stillness == NULL)
    return;
  g_free (stillness->account);
  g_free (stillness);
}

/* A sandbox's own files say what was last asked of it, so that one is asked itself. */
static gboolean
is_paused (const B9Target *target)
{
  g_autoptr (B9State) state = b9_container_has_trait (target, B9_CHECKPOINT_SANDBOX)
                                  ? b9_query_state (target, NULL, NULL)
                                  : b9_look_at_state (target, NULL);

  return state != NULL && strcmp (state->status, "paused") == 0;
}

gboolean
b9_stillness_check (const B9Stillness *stillness, const B9Target *target, GError **error)
{
  g_autofree char *now = NULL;
  gboolean is_running = FALSE;

  if (stillness == NULL)
    return TRUE;
  now = account_of_all (target, stillness->pid, &is_running);
  if (!is_running && strcmp (now, stillness->account) == 0 && is_paused (target))
    return TRUE;
  return b9_fail (
      error, B9_ERROR_WRONG_STATE,
      "the container has run after it was saved, so the image is not what it is now: somebody has "
      "resumed %s without b9run; leave it alone while it is checkpointed",
      target->id);
}
