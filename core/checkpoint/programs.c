/* SPDX-License-Identifier: Apache-2.0
 *
 * programs.c: see programs.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/checkpoint/cancel.h"
#include "core/checkpoint/image.h"
#include "core/checkpoint/journal.h"
#include "core/checkpoint/watchdog.h"
#include "core/run/spawn.h"
#include "core/sys/failure.h"
#include "core/sys/process.h"

#define MAX_ENVIRONMENT (1024 * 1024)
#define MAX_OUTPUT 65536
#define MAX_ANCESTORS 64
#define LOOK_MS 50
#define ENDING_ROUNDS 600
#define ENDING_PAUSE_US 50000
#define PATIENT_ROUNDS 100 /* 5 s; a runtime takes a hundredth of it */
#define SILENT_ROUNDS 200  /* 10 s without reading, writing or calculating */
#define MOVING_ROUNDS 6000 /* 5 minutes */

#define CHANGE_ENTRY B9_CHANGE_VARIABLE "=1"

/* A program shows no mark while it is being executed, nor a CRIU that has not opened its image yet. */
#define QUIET_ROUNDS 4

typedef enum {
  NOT_OURS,
  OURS,
  OURS_AND_SOON_DONE,
  OURS_AND_HOLDS_TASKS,
  OURS_AND_NOT_TO_BE_KILLED,
} Ownership;

static char *
read_proc (pid_t pid, const char *name, gsize *size)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int)pid, name);

  return b9_read_file (AT_FDCWD, path, MAX_ENVIRONMENT, size, NULL);
}

/* Of NUL-ended words (an environment, a command line) the first that begins with @beginning; or NULL. */
static const char *
find_word (const char *words, gsize size, const char *beginning)
{
  for (const char *at = words; at != NULL && at < words + size; at += strlen (at) + 1) {
    if (g_str_has_prefix (at, beginning))
      return at;
  }
  return NULL;
}

static gboolean
has_word (const char *words, gsize size, const char *word)
{
  for (const char *at = words; at != NULL && at < words + size; at += strlen (at) + 1) {
    if (strcmp (at, word) == 0)
      return TRUE;
  }
  return FALSE;
}

/* What the programs of one operation are told by. */
typedef struct {
  char *entry;       /* in their environment */
  struct stat image; /* the directory that CRIU has open; st_ino 0: none */
} Marks;

/* "criu swrk 3", as runtimes start it, whatever stands before.  Once it is at work its title stands there,
 * "criu: dump --rpc ...", and its environment, with the mark, is cleared.  A title longer than that hides all
 * but the first word, which is the loader's where CRIU was started through one; its mappings tell then. */
static gboolean
is_criu (pid_t pid, const char *environment)
{
  gsize size = 0;
  g_autofree char *line = read_proc (pid, "cmdline", &size);
  g_autofree char *mappings = NULL;

  if (has_word (line, size, "swrk") || find_word (line, size, "criu: ") != NULL)
    return TRUE;
  if (strchr (environment, '=') != NULL)
    return FALSE;
  mappings = read_proc (pid, "maps", NULL);
  return mappings != NULL && strstr (mappings, "/criu\n") != NULL;
}

static gboolean
has_open (pid_t pid, const struct stat *directory)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd", (int)pid);
  g_autoptr (GDir) descriptors = g_dir_open (path, 0, NULL);
  const char *name;

  while (descriptors != NULL && (name = g_dir_read_name (descriptors)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);
    struct stat info;

    if (stat (file, &info) == 0 && info.st_ino == directory->st_ino && info.st_dev == directory->st_dev)
      return TRUE;
  }
  return FALSE;
}

static pid_t
parent_of (pid_t pid)
{
  g_autofree char *status = read_proc (pid, "status", NULL);
  const char *parent = status != NULL ? strstr (status, "\nPPid:") : NULL;

  return parent != NULL ? (pid_t)atoi (parent + strlen ("\nPPid:")) : 0;
}

static gboolean
is_runtime_at_work (pid_t pid)
{
  gsize size = 0;
  g_autofree char *line = read_proc (pid, "cmdline", &size);

  return has_word (line, size, "restore") || has_word (line, size, "checkpoint");
}

/* One image may be restored by several at once.  Each CRIU, and each task that it is just making of itself,
 * has its own runtime above it, or nobody where that was killed. */
static gboolean
is_of_another (pid_t pid, const char *entry)
{
  for (guint i = 0; i < MAX_ANCESTORS && (pid = parent_of (pid)) > 1; i++) {
    gsize size = 0;
    g_autofree char *environment = read_proc (pid, "environ", &size);
    const char *mark = find_word (environment, size, B9_OPERATION_VARIABLE "=");

    if (mark != NULL)
      return strcmp (mark, entry) != 0;
    if (environment == NULL)
      return FALSE;
    if (!is_criu (pid, environment))
      return is_runtime_at_work (pid);
  }
  return FALSE;
}

/* By the time that it has lost its mark, and has a hold of any task, it has its image's directory open. */
static gboolean
is_criu_at_work (pid_t pid, const char *environment, const Marks *marks)
{
  return marks->image.st_ino != 0 && is_criu (pid, environment) && has_open (pid, &marks->image) &&
         !is_of_another (pid, marks->entry);
}

/* Our own helper waits for us, and we for it only when we are done. */
static gboolean
is_our_child (pid_t pid)
{
  return parent_of (pid) == getpid ();
}

/* What of b9run's own is marked stays, as the monitor of a container that is being restored.  A driver loses
 * track of a process whose action is cut off; and an action that outlives its b9run would undo what is
 * brought back meanwhile. */
static Ownership
ownership_by_name (pid_t pid, const char *name, gboolean changes)
{
  if (strcmp (name, "b9run-cuda") == 0)
    return is_our_child (pid) ? NOT_OURS : OURS_AND_NOT_TO_BE_KILLED;
  if (g_str_has_prefix (name, "b9run"))
    return NOT_OURS;
  if (strcmp (name, "cuda-checkpoint") == 0)
    return OURS_AND_NOT_TO_BE_KILLED;
  return changes ? OURS_AND_SOON_DONE : OURS;
}

static Ownership
ownership (pid_t pid, const Marks *marks)
{
  gsize size = 0;
  g_autofree char *environment = pid != getpid () ? read_proc (pid, "environ", &size) : NULL;
  g_autofree char *name = NULL;

  if (environment == NULL || size == 0) /* a thread of the kernel's, a zombie */
    return NOT_OURS;
  if (is_criu_at_work (pid, environment, marks))
    return OURS_AND_HOLDS_TASKS;
  if (!has_word (environment, size, marks->entry))
    return NOT_OURS;
  name = read_proc (pid, "comm", NULL);
  return name != NULL ? ownership_by_name (pid, g_strchomp (name), has_word (environment, size, CHANGE_ENTRY))
                      : OURS;
}

typedef void (*Visit) (pid_t pid, int pidfd, Ownership whose, gpointer data);

/* Calls @visit for each program of the operation, with a descriptor that means it. */
static guint
visit_all (const char *token, const char *image, Visit visit, gpointer data)
{
  g_autofree char *entry = g_strconcat (B9_OPERATION_VARIABLE "=", token, NULL);
  Marks marks = {.entry = entry};
  g_autoptr (GDir) entries = g_dir_open ("/proc", 0, NULL);
  const char *name;
  guint count = 0;

  if (image == NULL || stat (image, &marks.image) != 0 || !S_ISDIR (marks.image.st_mode))
    marks.image.st_ino = 0;
  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL) {
    pid_t pid = g_ascii_isdigit (name[0]) ? (pid_t)atoi (name) : 0;
    Ownership whose = pid > 0 ? ownership (pid, &marks) : NOT_OURS;
    b9_autofd pidfd = whose != NOT_OURS ? b9_pidfd_open (pid) : -1;

    /* Asked again, now that the descriptor holds the PID to this process. */
    if (pidfd < 0 || (whose = ownership (pid, &marks)) == NOT_OURS || !b9_process_alive (pid, 0))
      continue;
    visit (pid, pidfd, whose, data);
    count++;
  }
  return count;
}

/* What it has read and written, the memory that it has, and the time that it has calculated. */
static void
add_activity (pid_t pid, int pidfd G_GNUC_UNUSED, Ownership whose G_GNUC_UNUSED, gpointer data)
{
  guint64 *sum = data;
  g_autofree char *io = read_proc (pid, "io", NULL);
  g_autofree char *memory = read_proc (pid, "statm", NULL);
  g_autofree char *calculated = read_proc (pid, "schedstat", NULL);
  g_auto (GStrv) lines = io != NULL ? g_strsplit (io, "\n", 3) : NULL;

  for (guint i = 0; lines != NULL && lines[i] != NULL && i < 2; i++) {
    const char *colon = strchr (lines[i], ':');

    *sum += colon != NULL ? g_ascii_strtoull (colon + 1, NULL, 10) : 0;
  }
  *sum += (guint64)pid + (memory != NULL ? g_ascii_strtoull (memory, NULL, 10) : 0);
  *sum += calculated != NULL ? g_ascii_strtoull (calculated, NULL, 10) : 0;
}

guint64
b9_programs_activity (const char *token, const char *image)
{
  guint64 sum = 0;

  visit_all (token, image, add_activity, &sum);
  return sum;
}

/* One ending of all programs. */
typedef struct {
  B9Ending ending;
  guint round;
  guint64 activity; /* of those that hold tasks, in this round */
  guint silent;     /* for how many rounds it has been the same */
} Ending;

static gboolean
may_be_killed (const Ending *work, Ownership whose)
{
  switch (whose) {
  case OURS:
    return TRUE;
  case OURS_AND_SOON_DONE:
    return work->round >= PATIENT_ROUNDS;
  case OURS_AND_HOLDS_TASKS:
    return work->ending == B9_ENDING_RESTORE || work->silent >= SILENT_ROUNDS;
  default:
    return FALSE;
  }
}

static void
end_one (pid_t pid, int pidfd, Ownership whose, gpointer data)
{
  Ending *work = data;

  if (whose == OURS_AND_HOLDS_TASKS) {
    add_activity (pid, pidfd, whose, &work->activity);
    b9_pidfd_signal (pidfd, SIGCONT); /* it has to move to give up */
  }
  if (may_be_killed (work, whose))
    b9_pidfd_signal (pidfd, SIGKILL);
}

gboolean
b9_programs_end (const char *token, const char *image, B9Ending ending)
{
  Ending work = {.ending = ending};
  guint limit = ENDING_ROUNDS;
  guint left = 0;
  guint quiet = 0;

  for (; quiet < QUIET_ROUNDS && work.round < limit; work.round++) {
    guint64 before = work.activity;

    if (work.round > 0)
      g_usleep (ENDING_PAUSE_US);
    work.activity = 0;
    left = visit_all (token, image, end_one, &work);
    quiet = left == 0 ? quiet + 1 : 0;
    work.silent = work.activity == before && work.activity != 0 ? work.silent + 1 : 0;
    if (work.silent == 0 && work.activity != 0)
      limit = MIN (work.round + ENDING_ROUNDS, MOVING_ROUNDS);
  }
  if (left > 0)
    g_warning ("%u programs of an operation do not end", left);
  return left == 0;
}

/* The end of what was written. */
static char *
read_output (int fd)
{
  off_t size = lseek (fd, 0, SEEK_END);
  off_t from = size > MAX_OUTPUT ? size - MAX_OUTPUT : 0;
  char *text = g_malloc0 (MAX_OUTPUT + 1);
  ssize_t got = size >= 0 ? pread (fd, text, MAX_OUTPUT, from) : -1;

  if (got < 0)
    text[0] = '\0';
  return text;
}

static gboolean
fail_cancelled (const B9Watch *watch, const char *reason, GError **error)
{
  gboolean late = strstr (reason, "timeout") != NULL;

  return b9_fail (error, late ? B9_ERROR_TIMEOUT : B9_ERROR_FAILED, "cancelled: %s while %s was at work",
                  reason, watch->argv[0]);
}

static void
show_growth (const B9Watch *watch)
{
  if (watch->progress != NULL && watch->image != NULL && b9_progress_is_due (watch->progress))
    b9_progress_bytes (watch->progress, b9_image_bytes (watch->image, watch->patterns));
}

static gboolean
follow (B9Watch *watch, pid_t pid, GError **error)
{
  b9_autofd pidfd = b9_pidfd_open (pid);
  struct pollfd watched = {.fd = pidfd, .events = POLLIN};
  const char *reason = NULL;
  gint64 dead_since = 0;

  while (waitpid (pid, &watch->wait_status, WNOHANG) != pid) {
    poll (&watched, 1, LOOK_MS);
    show_growth (watch);
    reason = b9_cancel_reason ();
    if (reason == NULL)
      reason = b9_watchdog_look_at (pid, &dead_since);
    if (reason == NULL)
      continue;
    b9_programs_end (watch->token, watch->image, B9_ENDING_SAVE);
    kill (pid, SIGKILL);
    watch->wait_status = b9_wait_for (pid);
    return fail_cancelled (watch, reason, error);
  }
  /* A terminal's Ctrl-C is the runtime's too, which may be the first to die of it. */
  reason = watch->wait_status != 0 ? b9_cancel_reason () : NULL;
  if (reason == NULL)
    return TRUE;
  b9_programs_end (watch->token, watch->image, B9_ENDING_SAVE);
  return fail_cancelled (watch, reason, error);
}

void
b9_programs_mark (const char *token)
{
  if (token != NULL)
    g_setenv (B9_OPERATION_VARIABLE, token, TRUE);
  else
    g_unsetenv (B9_OPERATION_VARIABLE);
}

void
b9_programs_mark_change (gboolean changes)
{
  if (changes)
    g_setenv (B9_CHANGE_VARIABLE, "1", TRUE);
  else
    g_unsetenv (B9_CHANGE_VARIABLE);
}

gboolean
b9_watch_run (B9Watch *watch, GError **error)
{
  b9_autofd output = memfd_create ("b9run-output", MFD_CLOEXEC);
  B9Spawn spawn = {.argv = watch->argv,
                   .output = output,
                   .error = output,
                   .own_session = watch->outlives_us,
                   .outlives_us = watch->outlives_us,
                   .mask = watch->mask};
  gboolean done;
  pid_t pid;

  if (output < 0)
    return b9_fail_errno (error, errno, "cannot make room for the output of %s", watch->argv[0]);
  fcntl (output, F_SETFL, O_APPEND);
  b9_set_environment (watch->environment);
  pid = b9_spawn (&spawn, error);
  if (pid == 0)
    return FALSE;
  done = follow (watch, pid, error);
  watch->output = read_output (output);
  return done;
}

void
b9_set_environment (char **entries)
{
  for (guint i = 0; entries != NULL && entries[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (entries[i], "=", 2);

    if (parts[0] != NULL && parts[1] != NULL && *parts[0] != '\0')
      g_setenv (parts[0], parts[1], TRUE);
  }
}
