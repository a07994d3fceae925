/* SPDX-License-Identifier: Apache-2.0
 *
 * guardian.c: b9run-guardian, which brings a container back whose b9run died while it saved or restored it.
 *
 *   b9run-guardian RECORD-DIRECTORY B9RUN ARGUMENT…
 *
 * Whoever is at work holds a lock on RECORD-DIRECTORY/journal.lock, which the kernel takes from the dead
 * (core/checkpoint/journal.h).  The guardian waits for that lock, and where the journal stands when it has
 * it, runs `B9RUN ARGUMENT…`: recover.  b9run kills it when the operation is over.  It lives in a session of
 * its own (core/checkpoint/guardian.c) and holds nothing of the caller's.  A program of its own and without
 * GLib, since every checkpoint waits until it is started.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A recovery may be killed too, or find a device that is not ready yet. */
#define ATTEMPTS 5

extern char **environ;

static const int ignored[] = {SIGHUP, SIGINT, SIGTERM};

/* Who stops a whole service tells the guardian to end as well as b9run, which then undoes its work itself. */
static void
set_signals (void (*handler) (int))
{
  for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
    signal (ignored[i], handler);
}

/* Nothing of the caller's may be held: its pipes would never end, its mounts could not be unmounted. */
static int
let_go (void)
{
  int null;

  if (syscall (SYS_close_range, 0, ~0u, 0) != 0) { /* before Linux 5.9, or kept from us */
    for (long fd = sysconf (_SC_OPEN_MAX); fd >= 0; fd--)
      close ((int)fd);
  }
  null = open ("/dev/null", O_RDWR);
  return null == 0 && dup (null) == 1 && dup (null) == 2 ? chdir ("/") : -1;
}

static int
wait_for_lock (int lock)
{
  int result;

  do
    result = flock (lock, LOCK_EX);
  while (result != 0 && errno == EINTR);
  return result;
}

static void
run (char **argv)
{
  pid_t pid = vfork ();

  if (pid == 0) {
    set_signals (SIG_DFL);
    execve (argv[0], argv, environ);
    _exit (127);
  }
  while (pid > 0 && waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    continue;
}

/* As often as it takes within reason; @directory is open, so that a later record of the same name is never
 * meant. */
static void
guard (int directory, int lock, char **recover)
{
  for (unsigned attempt = 0; attempt < ATTEMPTS && wait_for_lock (lock) == 0; attempt++) {
    if (faccessat (directory, "journal", F_OK, 0) != 0)
      return;
    flock (lock, LOCK_UN);
    if (attempt > 0)
      sleep (1u << attempt);
    run (recover);
  }
}

int
main (int argc, char **argv)
{
  int directory, lock;

  if (argc < 3) {
    fprintf (stderr, "b9run-guardian is started by b9run checkpoint and restore, not by hand\n");
    return 1;
  }
  set_signals (SIG_IGN);
  prctl (PR_SET_NAME, "b9run-guardian");
  if (let_go () != 0)
    return 1;
  directory = open (argv[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  lock = directory >= 0 ? openat (directory, "journal.lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
  if (lock < 0)
    return 1;
  guard (directory, lock, argv + 2);
  return 0;
}
