/* SPDX-License-Identifier: Apache-2.0
 *
 * attach.c: see attach.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-attach"

#include "core/run/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/run/spawn.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define FREQUENT_LOOKS 400
#define FREQUENT_PAUSE_MS 5
#define RARE_PAUSE_MS 50

typedef struct {
  const B9Attach *attach;
  pid_t child;
  pid_t container; /* 0 until the runtime has told */
  sigset_t early;  /* signals that came before the container's PID was known */
  sigset_t waiting; /* those of them that have not been passed on */
  B9Fd signals;
  guint looks; /* how often we have looked for the PID file */
  gboolean ended;
  int wait_status;
  GError *failure; /* the caller cannot be served, so the container has been killed */
} Loop;

gboolean
b9_publish_pid (const char *path, pid_t pid, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%d", (int) pid);

  if (b9_replace_file (AT_FDCWD, path, text, strlen (text), 0644, error))
    return TRUE;
  g_prefix_error (error, "the container's PID could not be given to the caller: ");
  return FALSE;
}

void
b9_append_to_plain_files (void)
{
  for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
    struct stat info;
    int flags;

    if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode) && (flags = fcntl (fd, F_GETFL)) >= 0)
      fcntl (fd, F_SETFL, flags | O_APPEND);
  }
}

/* What a front-end passes on: everything that can be caught and means something to the container.  Job control stops us with
 * our group, and what the caller ignores (nohup) stays ignored. */
static void
forwarded_signals (sigset_t *set)
{
  static const int kept[] = { SIGURG,  SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGSEGV, SIGBUS,
                              SIGFPE,  SIGILL,  SIGABRT, SIGTRAP, SIGSYS,  SIGPIPE };

  sigfillset (set);
  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    sigdelset (set, kept[i]);
  for (int number = 1; number < SIGRTMIN; number++) {
    struct sigaction action;

    if (number != SIGCHLD && sigaction (number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
      sigdelset (set, number);
  }
}

gboolean
b9_attach_forwards (int number)
{
  sigset_t set;

  forwarded_signals (&set);
  return number != SIGKILL && number != SIGSTOP && sigismember (&set, number) == 1;
}

static void
pass_on (Loop *loop, int number)
{
  pid_t receiver = loop->attach->signals_init ? loop->container : loop->child;

  if (loop->container == 0)
    sigaddset (&loop->early, number);
  if (receiver > 0)
    kill (receiver, number);
  else
    sigaddset (&loop->waiting, number);
}

static void
pass_on_waiting (Loop *loop)
{
  for (int number = 1; number < NSIG; number++) {
    if (sigismember (&loop->waiting, number) == 1)
      pass_on (loop, number);
  }
  sigemptyset (&loop->waiting);
}

static void
note_pid (Loop *loop, pid_t pid)
{
  B9Record *record = loop->attach->record;
  g_autoptr (GError) error = NULL;

  if (record != NULL) {
    b9_record_set_pid (record, pid);
    record->phase = B9_PHASE_CREATED;
    if (!b9_record_save (record, &error))
      g_warning ("%s", error->message);
  }
  if (loop->attach->pid_file != NULL && !b9_publish_pid (loop->attach->pid_file, pid, &loop->failure))
    kill (pid, SIGKILL);
}

/* The runtime has written its PID file, perhaps. */
static void
look_for_pid (Loop *loop)
{
  pid_t pid = loop->container == 0 ? b9_read_pid_file (loop->attach->directory) : 0;

  if (pid == 0)
    return;
  loop->container = pid;
  pass_on_waiting (loop);
  note_pid (loop, pid);
}

static void
read_signals (Loop *loop)
{
  struct signalfd_siginfo info;

  while (read (loop->signals, &info, sizeof info) == (ssize_t) sizeof info) {
    int number = (int) info.ssi_signo;

    if (number == SIGCHLD)
      loop->ended = loop->ended || waitpid (loop->child, &loop->wait_status, WNOHANG) == loop->child;
    /* The terminal sends Ctrl-C and window changes to the whole group, so the child of our group has it already. */
    else if (info.ssi_code != SI_KERNEL || loop->attach->own_group)
      pass_on (loop, number);
  }
}

/* How long to wait before the next look at the PID file, in ms.  An inotify watch would tell at once, but to close one takes the
 * kernel up to 15 ms, which every run would pay. */
static int
pause_before_next_look (Loop *loop)
{
  if (loop->container != 0)
    return -1;
  return ++loop->looks < FREQUENT_LOOKS ? FREQUENT_PAUSE_MS : RARE_PAUSE_MS;
}

static void
loop_run (Loop *loop)
{
  struct pollfd watched = { .fd = loop->signals, .events = POLLIN };

  while (!loop->ended) {
    if (poll (&watched, 1, pause_before_next_look (loop)) < 0 && errno != EINTR)
      break;
    look_for_pid (loop);
    if (watched.revents != 0)
      read_signals (loop);
  }
  if (!loop->ended)
    loop->wait_status = b9_wait_for (loop->child);
}

/* runsc says 128 when it, or the sandbox that is starting, is told to end before the container runs; the caller sent a
 * signal, and wants to hear of it. */
static void
account_for_early (Loop *loop)
{
  if (!WIFEXITED (loop->wait_status) || WEXITSTATUS (loop->wait_status) != 128)
    return;
  for (int number = 1; number < NSIG; number++) {
    if (sigismember (&loop->early, number) == 1)
      loop->wait_status = number;
  }
}

gboolean
b9_attach (const B9Attach *attach, int *wait_status, GError **error)
{
  Loop loop = { .attach = attach };
  sigset_t forwarded, before;
  B9Spawn spawn = { .argv = attach->argv, .output = -1, .error = -1, .own_group = attach->own_group, .mask = &before };

  sigemptyset (&loop.early);
  sigemptyset (&loop.waiting);
  forwarded_signals (&forwarded);
  sigprocmask (SIG_BLOCK, &forwarded, &before);
  loop.signals = signalfd (-1, &forwarded, SFD_CLOEXEC | SFD_NONBLOCK);
  if (loop.signals >= 0)
    loop.child = b9_spawn (&spawn, error);
  else
    b9_fail_errno (error, errno, "cannot wait for signals");
  if (loop.child > 0) {
    loop_run (&loop);
    look_for_pid (&loop);
    account_for_early (&loop);
  }
  sigprocmask (SIG_SETMASK, &before, NULL);
  b9_fd_close (&loop.signals);
  *wait_status = loop.wait_status;
  if (loop.failure != NULL)
    g_propagate_error (error, loop.failure);
  return loop.child > 0 && loop.failure == NULL;
}
