/* SPDX-License-Identifier: Apache-2.0
 *
 * journal.c: see journal.h.
 */
#include "config.h"

#include "core/checkpoint/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/checkpoint/guardian.h"
#include "core/sys/failure.h"
#include "core/sys/process.h"

#define GROUP "journal"
#define JOURNAL_VERSION 1
#define FILE_NAME "journal"
#define LOCK_NAME "journal.lock"
#define MAX_BYTES (1024 * 1024)
#define MAX_NAME 128
#define PATIENCE_US (10 * G_USEC_PER_SEC)
#define LOOK_US 10000

static const char *const step_names[] = {
    [B9_STEP_BEGUN] = "begun",       [B9_STEP_SUSPEND] = "suspend", [B9_STEP_PAUSE] = "pause",
    [B9_STEP_SAVE] = "save",         [B9_STEP_VERIFY] = "verify",   [B9_STEP_STOP] = "stop",
    [B9_STEP_CONTINUE] = "continue", [B9_STEP_RESTORE] = "restore", [B9_STEP_CHECK] = "check",
    [B9_STEP_CHANGE] = "change",
};

static const char *const work_names[] = {
    [B9_WORK_CHECKPOINT] = "checkpoint",
    [B9_WORK_RESTORE] = "restore",
    [B9_WORK_RECOVERY] = "recovery",
    [B9_WORK_CHANGE] = "change",
};

const char *
b9_step_name (B9Step step)
{
  return step_names[step];
}

const char *
b9_work_name (B9Work work)
{
  return work_names[work];
}

void
b9_journal_free (B9Journal *journal)
{
  if (journal == NULL)
    return;
  b9_fd_close (&journal->lock);
  g_free (journal->directory);
  g_free (journal->token);
  g_free (journal->image);
  g_free (journal->aside);
  g_strfreev (journal->patterns);
  g_strfreev (journal->devices);
  g_free (journal);
}

/* "PID START-TIME WORK", for b9_journal_worker.  Who cannot write it stays unknown. */
static void
sign (int lock, B9Work work)
{
  g_autofree char *name = NULL;
  guint64 start = 0;

  b9_process_look (getpid (), &start, NULL);
  name = g_strdup_printf ("%d %" G_GUINT64_FORMAT " %s\n", (int)getpid (), start, work_names[work]);
  if (ftruncate (lock, 0) != 0 || !b9_write_all (lock, name, strlen (name)))
    return;
}

/* Whoever has the lock next is not taken for us before he has signed. */
static void
sign_off (int lock)
{
  if (ftruncate (lock, 0) != 0)
    return;
}

/* -1 with errno EWOULDBLOCK where somebody has it. */
static int
take_lock (const char *directory, B9Work work)
{
  g_autofree char *path = g_build_filename (directory, LOCK_NAME, NULL);
  int fd = open (path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0)
    return -1;
  if (flock (fd, LOCK_EX | LOCK_NB) == 0) {
    sign (fd, work);
    return fd;
  }
  b9_fd_close (&fd);
  errno = EWOULDBLOCK;
  return -1;
}

static gboolean
find_work (const char *name, B9Work *work)
{
  for (guint i = 0; i < G_N_ELEMENTS (work_names); i++) {
    if (strcmp (work_names[i], name) != 0)
      continue;
    *work = (B9Work)i;
    return TRUE;
  }
  return FALSE;
}

gboolean
b9_journal_worker (const char *directory, B9Worker *worker)
{
  g_autofree char *path = g_build_filename (directory, LOCK_NAME, NULL);
  g_autofree char *text = b9_read_file (AT_FDCWD, path, MAX_NAME, NULL, NULL);
  B9Worker found = {0};
  char work[16];
  int pid;

  if (text == NULL || sscanf (text, "%d %" G_GUINT64_FORMAT " %15s", &pid, &found.start, work) != 3)
    return FALSE;
  found.pid = (pid_t)pid;
  if (!find_work (work, &found.work) || !b9_process_alive (found.pid, found.start))
    return FALSE;
  *worker = found;
  return TRUE;
}

gboolean
b9_work_is_short (B9Work work)
{
  return work == B9_WORK_RECOVERY || work == B9_WORK_CHANGE;
}

char *
b9_worker_describe (const B9Worker *worker, const char *id)
{
  static const char *const done[] = {[B9_WORK_CHECKPOINT] = "checkpointed",
                                     [B9_WORK_RESTORE] = "restored",
                                     [B9_WORK_RECOVERY] = "brought back after a checkpoint that was cut off",
                                     [B9_WORK_CHANGE] = "paused or resumed"};

  if (worker->pid == 0)
    return g_strdup_printf (
        "an operation on container %s is at work, by a b9run that is not to be found here", id);
  return g_strdup_printf ("container %s is being %s by the b9run with PID %d", id, done[worker->work],
                          (int)worker->pid);
}

/* Nobody known has the lock for a moment only, as a guardian that looks whether it is needed; and a recovery
 * or a change is soon over. */
static int
take_lock_patiently (const char *directory, B9Work work)
{
  gint64 until = g_get_monotonic_time () + PATIENCE_US;
  int lock;

  while ((lock = take_lock (directory, work)) < 0 && errno == EWOULDBLOCK) {
    B9Worker worker = {.work = B9_WORK_RECOVERY};

    b9_journal_worker (directory, &worker);
    errno = EWOULDBLOCK;
    if (!b9_work_is_short (worker.work) || g_get_monotonic_time () > until)
      return -1;
    g_usleep (LOOK_US);
  }
  return lock;
}

B9Journal *
b9_journal_begin (const char *directory, B9Work work, GError **error)
{
  g_autoptr (B9Journal) journal = g_new0 (B9Journal, 1);

  journal->lock = take_lock_patiently (directory, work);
  if (journal->lock < 0 && errno == EWOULDBLOCK) {
    b9_fail (error, B9_ERROR_BUSY, "another operation on this container is at work; wait until it has ended");
    return NULL;
  }
  if (journal->lock < 0) {
    b9_fail_errno (error, errno, "the journal, without which nothing is touched: cannot lock %s/%s",
                   directory, LOCK_NAME);
    return NULL;
  }
  if (b9_journal_exists (directory)) {
    b9_fail (error, B9_ERROR_BUSY,
             "an operation on this container was cut off and is not brought to an end yet; "
             "b9run recover does that, or says why it cannot");
    return NULL;
  }
  journal->directory = g_strdup (directory);
  journal->token = g_uuid_string_random ();
  return g_steal_pointer (&journal);
}

/* A path may hold any byte, and a key file only UTF-8. */
static void
set_path (GKeyFile *file, const char *key, const char *path)
{
  g_autofree char *escaped = path != NULL ? g_strescape (path, NULL) : NULL;

  if (escaped != NULL)
    g_key_file_set_string (file, GROUP, key, escaped);
}

static char *
get_path (GKeyFile *file, const char *key)
{
  g_autofree char *escaped = g_key_file_get_string (file, GROUP, key, NULL);
  g_autofree char *path = escaped != NULL ? g_strcompress (escaped) : NULL;

  return path != NULL && g_path_is_absolute (path) ? g_steal_pointer (&path) : NULL;
}

static void
set_list (GKeyFile *file, const char *key, char **list)
{
  if (list != NULL)
    g_key_file_set_string_list (file, GROUP, key, (const char *const *)list, g_strv_length (list));
}

gboolean
b9_journal_step (B9Journal *journal, B9Step step, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = g_build_filename (journal->directory, FILE_NAME, NULL);
  g_autofree char *text = NULL;
  gsize size;

  g_key_file_set_integer (file, GROUP, "version", JOURNAL_VERSION);
  g_key_file_set_string (file, GROUP, "step", step_names[step]);
  g_key_file_set_string (file, GROUP, "token", journal->token);
  g_key_file_set_boolean (file, GROUP, "was-paused", journal->was_paused);
  set_path (file, "image", journal->image);
  set_path (file, "aside", journal->aside);
  set_list (file, "patterns", journal->patterns);
  set_list (file, "devices", journal->devices);
  text = g_key_file_to_data (file, &size, NULL);
  if (b9_replace_file_durably (AT_FDCWD, path, text, size, 0600, error)) {
    journal->step = step;
    return TRUE;
  }
  g_prefix_error (error, "the journal, without which nothing is touched: ");
  return FALSE;
}

void
b9_journal_end (B9Journal *journal)
{
  g_autofree char *path = g_build_filename (journal->directory, FILE_NAME, NULL);
  g_autofree char *status = g_build_filename (journal->directory, B9_JOURNAL_STATUS_NAME, NULL);

  if (journal->lock < 0) /* it has ended, and the next one may have begun */
    return;
  unlink (path);
  unlink (status);
  b9_guardian_dismiss (journal);
  sign_off (journal->lock);
  b9_fd_close (&journal->lock);
}

gboolean
b9_journal_exists (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, FILE_NAME, NULL);

  return access (path, F_OK) == 0;
}

static gboolean
find_step (const char *name, B9Step *step)
{
  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (step_names); i++) {
    if (strcmp (step_names[i], name) != 0)
      continue;
    *step = (B9Step)i;
    return TRUE;
  }
  return FALSE;
}

static gboolean
parse (B9Journal *journal, const char *path, const char *text, gsize size, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *step = NULL;
  g_autoptr (GError) problem = NULL;

  if (!g_key_file_load_from_data (file, text, size, G_KEY_FILE_NONE, &problem))
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s cannot be read: %s", path, problem->message);
  step = g_key_file_get_string (file, GROUP, "step", NULL);
  journal->token = g_key_file_get_string (file, GROUP, "token", NULL);
  if (g_key_file_get_integer (file, GROUP, "version", NULL) != JOURNAL_VERSION ||
      !find_step (step, &journal->step) || journal->token == NULL || !g_uuid_string_is_valid (journal->token))
    return b9_fail (error, B9_ERROR_UNSUPPORTED,
                    "%s is not one that this b9run understands; recover with the b9run that wrote it", path);
  journal->was_paused = g_key_file_get_boolean (file, GROUP, "was-paused", NULL);
  journal->image = get_path (file, "image");
  journal->aside = get_path (file, "aside");
  journal->patterns = g_key_file_get_string_list (file, GROUP, "patterns", NULL, NULL);
  journal->devices = g_key_file_get_string_list (file, GROUP, "devices", NULL, NULL);
  return TRUE;
}

B9Journal *
b9_journal_take_over (const char *directory, gboolean *busy, GError **error)
{
  g_autoptr (B9Journal) journal = g_new0 (B9Journal, 1);
  g_autofree char *path = g_build_filename (directory, FILE_NAME, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) problem = NULL;
  gsize size = 0;

  *busy = FALSE;
  journal->lock = take_lock (directory, B9_WORK_RECOVERY);
  if (journal->lock < 0 && errno == EWOULDBLOCK) {
    *busy = TRUE;
    return NULL;
  }
  if (journal->lock < 0) {
    b9_fail_errno (error, errno, "cannot lock %s/%s", directory, LOCK_NAME);
    return NULL;
  }
  journal->directory = g_strdup (directory);
  text = b9_read_file (AT_FDCWD, path, MAX_BYTES, &size, &problem);
  if (g_error_matches (problem, B9_ERROR, B9_ERROR_NOT_FOUND))
    return NULL;
  if (text == NULL) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return NULL;
  }
  return parse (journal, path, text, size, error) ? g_steal_pointer (&journal) : NULL;
}
