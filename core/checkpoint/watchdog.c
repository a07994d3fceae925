/* SPDX-License-Identifier: Apache-2.0
 *
 * watchdog.c: see watchdog.h.
 */
#include "config.h"

#include "core/checkpoint/watchdog.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/checkpoint/cancel.h"
#include "core/checkpoint/programs.h"
#include "core/sys/process.h"

#define PAUSE_US (100 * 1000)
#define MAX_LOG (256 * 1024 * 1024)

/* How long nothing may be read, written or calculated. */
#define SILENCE_US (300 * G_USEC_PER_SEC)

/* A runtime that works waits for its CRIU at once. */
#define ZOMBIE_US (10 * G_USEC_PER_SEC)

struct _B9Watchdog {
  GThread *thread;
  GMutex mutex;
  GCond cond;
  gboolean stopped;
  char *token, *image, *log;
  gint64 deadline;  /* on the monotonic clock; 0: none */
  guint64 activity; /* of the programs, when we last looked */
  gint64 changed;   /* when that was another */
  char *reason;
};

static guint64
file_size (const char *path)
{
  struct stat info;

  return path != NULL && stat (path, &info) == 0 ? (guint64)info.st_size : 0;
}

static const char *
find_reason (B9Watchdog *watchdog)
{
  gint64 now = g_get_monotonic_time ();
  guint64 activity = b9_programs_activity (watchdog->token, watchdog->image);
  guint64 log = file_size (watchdog->log);

  if (activity != watchdog->activity)
    watchdog->changed = now;
  watchdog->activity = activity;
  if (b9_cancel_reason () != NULL)
    return b9_cancel_reason ();
  if (watchdog->deadline != 0 && now > watchdog->deadline)
    return "the time of --timeout is over";
  if (log > MAX_LOG)
    return "its log has grown beyond 256 MiB, as it does when a file of the image is too short";
  return now - watchdog->changed > SILENCE_US ? "nothing has moved for five minutes" : NULL;
}

static gpointer
watch (gpointer data)
{
  B9Watchdog *watchdog = data;

  g_mutex_lock (&watchdog->mutex);
  while (!watchdog->stopped && watchdog->reason == NULL) {
    gint64 until = g_get_monotonic_time () + PAUSE_US;

    while (!watchdog->stopped && g_cond_wait_until (&watchdog->cond, &watchdog->mutex, until))
      continue;
    if (!watchdog->stopped)
      watchdog->reason = g_strdup (find_reason (watchdog));
  }
  g_mutex_unlock (&watchdog->mutex);
  if (watchdog->reason != NULL)
    b9_programs_end (watchdog->token, watchdog->image, B9_ENDING_RESTORE);
  return NULL;
}

const char *
b9_watchdog_look_at (pid_t runtime, gint64 *since)
{
  gint64 now = g_get_monotonic_time ();

  if (!b9_process_has_zombie (runtime, "criu"))
    *since = 0;
  else if (*since == 0)
    *since = now;
  return *since != 0 && now - *since > ZOMBIE_US ? "CRIU has died unnoticed" : NULL;
}

B9Watchdog *
b9_watchdog_start (const char *token, const char *image, const char *log, guint timeout_seconds)
{
  B9Watchdog *watchdog = g_new0 (B9Watchdog, 1);
  sigset_t all, before;

  g_mutex_init (&watchdog->mutex);
  g_cond_init (&watchdog->cond);
  watchdog->token = g_strdup (token);
  watchdog->image = g_strdup (image);
  watchdog->log = g_strdup (log);
  watchdog->changed = g_get_monotonic_time ();
  if (timeout_seconds > 0)
    watchdog->deadline = watchdog->changed + (gint64)timeout_seconds * G_USEC_PER_SEC;
  /* The thread begins with our mask: a signal that it took would be lost to whoever waits for it. */
  sigfillset (&all);
  pthread_sigmask (SIG_BLOCK, &all, &before);
  watchdog->thread = g_thread_new ("b9run-watchdog", watch, watchdog);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return watchdog;
}

gboolean
b9_watchdog_has_bitten (B9Watchdog *watchdog)
{
  gboolean bitten;

  g_mutex_lock (&watchdog->mutex);
  bitten = watchdog->reason != NULL;
  g_mutex_unlock (&watchdog->mutex);
  return bitten;
}

char *
b9_watchdog_stop (B9Watchdog *watchdog)
{
  char *reason;

  g_mutex_lock (&watchdog->mutex);
  watchdog->stopped = TRUE;
  g_cond_signal (&watchdog->cond);
  g_mutex_unlock (&watchdog->mutex);
  g_thread_join (watchdog->thread);
  reason = g_steal_pointer (&watchdog->reason);
  g_mutex_clear (&watchdog->mutex);
  g_cond_clear (&watchdog->cond);
  g_free (watchdog->token);
  g_free (watchdog->image);
  g_free (watchdog->log);
  g_free (watchdog);
  return reason;
}
