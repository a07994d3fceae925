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

#include "core/run/claim.h"
#include "core/run/oom.h"
#include "core/run/spawn.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define FREQUENT_LOOKS 400
#define FREQUENT_PAUSE_MS 5
#define RARE_PAUSE_MS 50
#define OOM_LOOKS 50
#define OOM_PAUSE_MS 1

/* How long a runtime that is still making the container may take once the caller wants an end. */
#define PATIENCE_US (10 * G_USEC_PER_SEC)

typedef struct {
  const B9Attach *attach;
  pid_t child;
  pid_t container;   /* 0 until the runtime has told */
  gboolean is_ready; /* and the caller too */
  B9Fd container_fd; /* its pidfd, so that no later process of that PID is meant */
  int early;         /* the signal that asked for an end before the container's PID was known; or 0 */
  sigset_t waiting;  /* signals that wait for that PID */
  B9Fd signals;
  guint looks;          /* how often we have looked for the PID file */
  B9OomWatch oom;       /* closed until the container's cgroup is there */
  gboolean oom_settled; /* it is open, or there is none */
  gint64 oom_before;    /* kills that the cgroup had counted before it was this container's */
  guint oom_looks;      /* how often the counter is still to be read after a shortage */
  gint64 patience_ends; /* on the monotonic clock; 0: nobody asked for an end */
  gboolean ended;
  int wait_status;
  GError *failure; /* the caller cannot be served, so the container has been killed */
} Loop;

gboolean
b9_publish_pid (const char *path, pid_t pid, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%d", (int)pid);

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

/* What a front-end passes on: everything that can be caught and means something to the container.  Job
 * control stops us with our group, and what the caller ignores (nohup) stays ignored. */
static void
forwarded_signals (sigset_t *set)
{
  static const int kept[] = {SIGURG, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGSEGV, SIGBUS,
                             SIGFPE, SIGILL,  SIGABRT, SIGTRAP, SIGSYS,  SIGPIPE};

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

/* What callers end a program by. */
static gboolean
is_ending (int number)
{
  return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;
}

static void
pass_on (Loop *loop, int number)
{
  if (loop->container == 0 && loop->early == 0 && is_ending (number)) {
    loop->early = number;
    loop->patience_ends = g_get_monotonic_time () + PATIENCE_US;
  }
  if (!loop->attach->signals_init && loop->attach->deliver == NULL)
    kill (loop->child, number);
  else if (loop->container == 0)
    sigaddset (&loop->waiting, number);
  else if (loop->attach->deliver == NULL)
    b9_pidfd_signal (loop->container_fd, number);
  else if (!loop->attach->deliver (loop->attach->data, number))
    kill (loop->child, number);
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

  if (record != NULL && loop->ended)
    b9_record_set_pid (record, pid); /* the record goes next, or `keep` notes it */
  else if (record != NULL && !b9_record_note_pid (record, pid, &error))
    g_warning ("%s", error->message);
  if (loop->attach->pid_file != NULL && !b9_publish_pid (loop->attach->pid_file, pid, &loop->failure))
    kill (pid, SIGKILL);
}

/* The container is what the caller was promised, or it is killed. */
static void
look_whether_ready (Loop *loop)
{
  const B9Attach *attach = loop->attach;
  B9Readiness readiness = B9_READY;

  if (attach->ready != NULL && loop->failure == NULL)
    readiness = attach->ready (attach->ready_data, loop->container, &loop->failure);
  loop->is_ready = readiness != B9_READY_NOT_YET;
  if (readiness == B9_READY)
    note_pid (loop, loop->container);
  else if (readiness == B9_READY_NEVER)
    kill (loop->container, SIGKILL);
}

/* The runtime has written its PID file, perhaps. */
static void
look_for_pid (Loop *loop)
{
  pid_t pid = loop->container == 0 ? b9_read_pid_file (loop->attach->directory) : 0;

  if (loop->container != 0 && !loop->is_ready)
    look_whether_ready (loop);
  if (pid == 0 || (loop->attach->record != NULL && !b9_claim_stands (loop->attach->record)))
    return;
  loop->container = pid;
  loop->container_fd = loop->ended ? -1 : b9_pidfd_open (pid);
  pass_on_waiting (loop);
  look_whether_ready (loop);
}

static void
read_signals (Loop *loop)
{
  struct signalfd_siginfo info;

  while (read (loop->signals, &info, sizeof info) == (ssize_t)sizeof info) {
    int number = (int)info.ssi_signo;

    if (number == SIGCHLD)
      loop->ended = loop->ended || waitpid (loop->child, &loop->wait_status, WNOHANG) == loop->child;
    /* The terminal sends Ctrl-C and window changes to the whole group, so the child of our group has it
     * already. */
    else if (info.ssi_code != SI_KERNEL || loop->attach->own_group)
      pass_on (loop, number);
  }
}

/* The counter is there as soon as the runtime has made the cgroup, which is before anything runs in it. */
static void
open_oom_watch (Loop *loop)
{
  const B9Record *record = loop->attach->record;

  if (record == NULL || loop->oom_settled)
    return;
  loop->oom_settled = b9_oom_watch_directories (&loop->oom,
                                                (const char *const *)record->cgroup_directories) ||
                      (loop->container != 0 && b9_oom_watch_process (&loop->oom, loop->container));
  if (loop->oom_settled && !record->cgroups_ours)
    loop->oom_before = loop->oom.kills;
  loop->oom_settled = loop->oom_settled || loop->container != 0;
}

/* A shortage is told before the kernel has killed, so the counter is read a few times more. */
static void
look_for_oom (Loop *loop, const struct pollfd *event, struct pollfd *container)
{
  gint64 before = loop->oom.kills;

  if (event->revents != 0)
    loop->oom_looks = OOM_LOOKS;
  else if (loop->oom_looks > 0)
    loop->oom_looks--;
  if (event->revents != 0 || container->revents != 0 || loop->oom_looks > 0)
    b9_oom_watch_read (&loop->oom);
  if (loop->oom.kills > before)
    loop->oom_looks = 0;
  if (container->revents != 0)
    container->fd = -1; /* it has ended, and would be told again and again */
}

/* How long to wait before the next look at the PID file, in ms.  An inotify watch would tell at once, but to
 * close one takes the kernel up to 15 ms, which every run would pay.  Nobody hurries but a caller who wants
 * the PID, and a signal that waits. */
static int
pause_before_next_look (Loop *loop)
{
  gboolean hurry = loop->attach->pid_file != NULL || !sigisemptyset (&loop->waiting) ||
                   (loop->attach->memory_limited && !loop->oom_settled);

  if (loop->container != 0 && !loop->is_ready)
    return FREQUENT_PAUSE_MS;
  if (loop->oom_looks > 0)
    return OOM_PAUSE_MS;
  if (loop->container != 0)
    return -1;
  return hurry && ++loop->looks < FREQUENT_LOOKS ? FREQUENT_PAUSE_MS : RARE_PAUSE_MS;
}

/* The runtime hangs before there is a container that could take the signal. */
static gboolean
is_out_of_patience (const Loop *loop)
{
  return loop->container == 0 && loop->patience_ends != 0 && g_get_monotonic_time () > loop->patience_ends;
}

static void
loop_run (Loop *loop)
{
  struct pollfd watched[] = {
      {.fd = loop->signals, .events = POLLIN}, {.fd = -1}, {.fd = -1, .events = POLLIN}};
  gboolean known = FALSE;

  while (!loop->ended) {
    if (!known && loop->container != 0) {
      watched[2].fd = loop->container_fd;
      known = TRUE;
    }
    watched[1] = b9_oom_watch_poll (&loop->oom);
    if (poll (watched, G_N_ELEMENTS (watched), pause_before_next_look (loop)) < 0 && errno != EINTR)
      break;
    look_for_oom (loop, &watched[1], &watched[2]);
    if (watched[0].revents != 0)
      read_signals (loop);
    look_for_pid (loop);
    if (!loop->ended)
      open_oom_watch (loop);
    if (is_out_of_patience (loop))
      kill (loop->child, SIGKILL);
  }
  if (!loop->ended)
    loop->wait_status = b9_wait_for (loop->child);
}

gboolean
b9_attach (B9Attach *attach, int *wait_status, GError **error)
{
  Loop loop = {.attach = attach, .signals = -1, .container_fd = -1, .oom = B9_OOM_WATCH_INIT};
  sigset_t forwarded, before;
  B9Spawn spawn = {
      .argv = attach->argv, .output = -1, .error = -1, .own_group = attach->own_group, .mask = &before};

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
    if (is_out_of_patience (&loop))
      loop.wait_status = loop.early;
  }
  attach->early_signal = loop.early;
  attach->oom_kills = loop.oom.kills < 0 ? -1 : loop.oom.kills - loop.oom_before;
  b9_oom_watch_close (&loop.oom);
  sigprocmask (SIG_SETMASK, &before, NULL);
  b9_fd_close (&loop.signals);
  b9_fd_close (&loop.container_fd);
  *wait_status = loop.wait_status;
  if (loop.failure != NULL)
    g_propagate_error (error, loop.failure);
  return loop.child > 0 && loop.failure == NULL;
}
