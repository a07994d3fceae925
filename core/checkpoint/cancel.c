/* SPDX-License-Identifier: Apache-2.0
 *
 * cancel.c: see cancel.h.
 */
#include "config.h"

#include "core/checkpoint/cancel.h"

#include <time.h>
#include <unistd.h>

static const struct {
  int number;
  const char *reason;
} reasons[] = {
    {SIGALRM, "the time of --timeout is over"},
    {SIGINT, "SIGINT came"},
    {SIGTERM, "SIGTERM came"},
    {SIGHUP, "SIGHUP came"},
};

/* What the caller ignores (nohup) stays ignored; blocked, it would be pending all the same. */
static void
cancelling_signals (sigset_t *set)
{
  struct sigaction action;

  sigemptyset (set);
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++) {
    if (reasons[i].number == SIGALRM || sigaction (reasons[i].number, NULL, &action) != 0 ||
        action.sa_handler != SIG_IGN)
      sigaddset (set, reasons[i].number);
  }
}

void
b9_cancel_arm (guint timeout_seconds, sigset_t *before)
{
  sigset_t set;

  cancelling_signals (&set);
  sigprocmask (SIG_BLOCK, &set, before);
  alarm (timeout_seconds);
}

void
b9_cancel_disarm (const sigset_t *before)
{
  const struct timespec now = {0, 0};
  sigset_t set;

  alarm (0);
  cancelling_signals (&set);
  while (sigtimedwait (&set, NULL, &now) > 0)
    continue;
  sigprocmask (SIG_SETMASK, before, NULL);
}

const char *
b9_cancel_reason (void)
{
  sigset_t pending;

  if (sigpending (&pending) != 0)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++) {
    if (sigismember (&pending, reasons[i].number) == 1)
      return reasons[i].reason;
  }
  return NULL;
}

gboolean
b9_cancel_is_wanted (void)
{
  return b9_cancel_reason () != NULL;
}
