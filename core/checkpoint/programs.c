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
#define LOOK_MS 50
#define ENDING_ROUNDS 600
#define ENDING_PAUSE_US 50000
#define PATIENT_ROUNDS 100 /* 5 s; a runtime takes a hundredth of it */

#define CHANGE_ENTRY B9_CHANGE_VARIABLE "=1"

/* A program shows no mark while it is being executed, nor a CRIU that has not opened its image yet. */
#define QUIET_ROUNDS 4

typedef enum {
  NOT_OURS,
  OURS,
  OURS_AND_SOON_DONE,
  OURS_AND_NOT_TO_BE_KILLED,
} Ownership;

static char *
read_proc (pid_t pid, const char *name, gsize *size)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int)pid, name);

  return b9_read_file (AT_FDCWD, path, MAX_ENVIRONMENT, size, NULL);
}

static gboolean
has_entry (const char *environment, gsize size, const char *entry)
{
  for (const char *at = environment; at < environment + size; at += strlen (at) + 1) {
    if (strcmp (at, entry) == 0)
      return TRUE;
  }
  return FALSE;
}

/* What the programs of one operation are told by. */
typedef struct {
  char *entry;       /* in their environment */
  struct stat image; /* the directory that CRIU has open; st_ino 0: none */
} Marks;

/* CRIU puts its title ("criu: dump --rpc ...") over its environment once it is at work.  By then it has its
 * image's directory open. */
static gboolean
is_criu_at_work (pid_t pid, const char *environment, gsize size, const Marks *marks)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd", (int)pid);
  g_autoptr (GDir) descriptors = NULL;
  const char *name;

  if (marks->image.st_ino == 0 || size == 0 || environment[0] != '\0')
    return FALSE;
  descriptors = g_dir_open (path, 0, NULL);
  while (descriptors != NULL && (name = g_dir_read_name (descriptors)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);
    struct stat info;

    if (stat (file, &info) == 0 && info.st_ino == marks->image.st_ino && info.st_dev == marks->image.st_dev)
      return TRUE;
  }
  return FALSE;
}

/* Our own helper waits for us, and we for it only when we are done. */
static gboolean
is_our_child (pid_t pid)
{
  g_autofree char *status = read_proc (pid, "status", NULL);
  const char *parent = status != NULL ? strstr (status, "\nPPid:") : NULL;

  return parent != NULL && atoi (parent + strlen ("\nPPid:")) == getpid ();
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
  g_autofree char *environment = read_proc (pid, "environ", &size);
  g_autofree char *name = NULL;

  if (pid == getpid () || environment == NULL ||
      (!has_entry (environment, size, marks->entry) && !is_criu_at_work (pid, environment, size, marks)))
    return NOT_OURS;
  name = read_proc (pid, "comm", NULL);
  return name != NULL
             ? ownership_by_name (pid, g_strchomp (name), has_entry (environment, size, CHANGE_ENTRY))
             : OURS;
}

/* Calls @visit for each program of the operation, with a descriptor that means it. */
static guint
visit_all (const char *token, const char *image, guint64 (*visit) (pid_t pid, int pidfd, Ownership whose),
           guint64 *sum)
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
    if (pidfd < 0 || ownership (pid, &marks) == NOT_OURS || !b9_process_alive (pid, 0))
      continue;
    *sum += visit (pid, pidfd, whose);
    count++;
  }
  return count;
}

static guint64
end_one (pid_t pid G_GNUC_UNUSED, int pidfd, Ownership whose)
{
  if (whose == OURS)
    b9_pidfd_signal (pidfd, SIGKILL);
  return 0;
}

static guint64
end_one_impatiently (pid_t pid G_GNUC_UNUSED, int pidfd, Ownership whose)
{
  if (whose != OURS_AND_NOT_TO_BE_KILLED)
    b9_pidfd_signal (pidfd, SIGKILL);
  return 0;
}

/* What it has read and written, and the memory that it has. */
static guint64
activity_of (pid_t pid, int pidfd G_GNUC_UNUSED, Ownership whose G_GNUC_UNUSED)
{
  g_autofree char *io = read_proc (pid, "io", NULL);
  g_autofree char *memory = read_proc (pid, "statm", NULL);
  g_auto (GStrv) lines = io != NULL ? g_strsplit (io, "\n", 3) : NULL;
  guint64 sum = (guint64)pid;

  for (guint i = 0; lines != NULL && lines[i] != NULL && i < 2; i++) {
    const char *colon = strchr (lines[i], ':');

    sum += colon != NULL ? g_ascii_strtoull (colon + 1, NULL, 10) : 0;
  }
  return sum + (memory != NULL ? g_ascii_strtoull (memory, NULL, 10) : 0);
}

guint64
b9_programs_activity (const char *token, const char *image)
{
  guint64 sum = 0;

  visit_all (token, image, activity_of, &sum);
  return sum;
}

gboolean
b9_programs_end (const char *token, const char *image)
{
  guint64 nothing = 0;
  guint left = 0;
  guint quiet = 0;

  for (guint round = 0; quiet < QUIET_ROUNDS && round < ENDING_ROUNDS; round++) {
    if (round > 0)
      g_usleep (ENDING_PAUSE_US);
    left = visit_all (token, image, round < PATIENT_ROUNDS ? end_one : end_one_impatiently, &nothing);
    quiet = left == 0 ? quiet + 1 : 0;
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
    b9_programs_end (watch->token, watch->image);
    kill (pid, SIGKILL);
    watch->wait_status = b9_wait_for (pid);
    return fail_cancelled (watch, reason, error);
  }
  return TRUE;
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
