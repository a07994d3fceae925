/* SPDX-License-Identifier: Apache-2.0
 *
 * host-run.c: runs a program for a provider, to its end and within bounds.
 *
 * It starts in a process group of its own, with /dev/null as standard input and no descriptor of ours, and
 * dies with us.  What is left of the group when it ends, or when its time is up, is killed.
 */
#include "config.h"

#include "core/plugin/host-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/run/spawn.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"
#include "core/sys/program.h"

#define DEFAULT_TIMEOUT_MS 10000
#define DEFAULT_MAX_OUTPUT (1024 * 1024)
#define ASK_AGAIN_MS 20 /* where there is no pidfd, and for a cancelled run */
#define MANY_DESCRIPTORS 65536

extern char **environ;

typedef struct {
  B9Fd read_end, write_end;
  GString *content;
} Stream;

typedef struct {
  const char *const *argv;
  char **environment;
  int input, output, error;
} Child;

/* Between vfork and execve: system calls alone, no memory of its own. */
static void
close_others (void)
{
  struct rlimit limit;
  int last = MANY_DESCRIPTORS;

  if (syscall (SYS_close_range, STDERR_FILENO + 1, ~0u, 0) == 0)
    return;
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < MANY_DESCRIPTORS)
    last = (int)limit.rlim_cur;
  for (int fd = STDERR_FILENO + 1; fd < last; fd++)
    close (fd);
}

static int
child (const Child *what, pid_t parent)
{
  sigset_t none;

  setpgid (0, 0);
  if (prctl (PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid () != parent)
    return ESRCH;
  if (dup2 (what->input, STDIN_FILENO) < 0 || dup2 (what->output, STDOUT_FILENO) < 0 ||
      dup2 (what->error, STDERR_FILENO) < 0)
    return errno;
  close_others ();
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  execve (what->argv[0], (char **)what->argv, what->environment);
  return errno;
}

/* 0 with *failure set where it cannot be executed. */
static pid_t
start (const Child *what, volatile int *failure)
{
  pid_t parent = getpid ();
  pid_t pid = vfork ();

  if (pid == 0) {
    *failure = child (what, parent);
    _exit (127);
  }
  if (pid < 0)
    *failure = errno;
  else if (*failure != 0)
    b9_wait_for (pid);
  return *failure != 0 ? 0 : pid;
}

static gboolean
names_same (const char *a, const char *b)
{
  gsize length = strcspn (a, "=");

  return length == strcspn (b, "=") && strncmp (a, b, length) == 0;
}

static gboolean
is_overridden (const char *entry, const char *const *over)
{
  for (guint i = 0; over != NULL && over[i] != NULL; i++) {
    if (names_same (entry, over[i]))
      return TRUE;
  }
  return FALSE;
}

/* Ours with @over laid over it, without what is meant for us alone, and with a PATH. */
static char **
make_environment (const char *const *over)
{
  static const char *const ours_alone[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET",
                                           NULL};
  GPtrArray *all = g_ptr_array_new ();
  gboolean has_path = is_overridden ("PATH=", over);

  for (guint i = 0; environ[i] != NULL; i++) {
    if (is_overridden (environ[i], over) || is_overridden (environ[i], ours_alone))
      continue;
    has_path = has_path || g_str_has_prefix (environ[i], "PATH=");
    g_ptr_array_add (all, environ[i]);
  }
  for (guint i = 0; over != NULL && over[i] != NULL; i++)
    g_ptr_array_add (all, (gpointer)over[i]);
  if (!has_path)
    g_ptr_array_add (all, (gpointer) "PATH=" B9_USUAL_DIRECTORIES);
  g_ptr_array_add (all, NULL);
  return (char **)g_ptr_array_free (all, FALSE);
}

static gboolean
open_stream (Stream *stream, GError **error)
{
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return b9_fail_errno (error, errno, "cannot make a pipe");
  stream->read_end = ends[0];
  stream->write_end = ends[1];
  stream->content = g_string_new (NULL);
  fcntl (stream->read_end, F_SETFL, O_NONBLOCK);
  return TRUE;
}

static void
close_stream (Stream *stream)
{
  b9_fd_close (&stream->read_end);
  b9_fd_close (&stream->write_end);
  if (stream->content != NULL)
    g_string_free (stream->content, TRUE);
}

/* Reads what is there now, in bounded rounds: a writer may be as fast as we are.  FALSE once there can be no
 * more. */
static gboolean
drain (Stream *stream, gsize limit)
{
  char buffer[16384];

  for (guint round = 0; round < 64; round++) {
    ssize_t size = read (stream->read_end, buffer, sizeof buffer);

    if (size <= 0)
      return size < 0 && (errno == EAGAIN || errno == EINTR);
    g_string_append_len (stream->content, buffer, (gssize)MIN ((gsize)size, limit - stream->content->len));
  }
  return TRUE;
}

/* How a wait ended. */
typedef enum { ENDED, TOO_LATE, CANCELLED } End;

static End
follow (const B9Host *host, pid_t pid, Stream *streams, guint timeout_ms, gsize limit)
{
  b9_autofd pidfd = b9_pidfd_open (pid);
  gint64 deadline = g_get_monotonic_time () + (gint64)timeout_ms * 1000;
  struct pollfd watched[3] = {{.fd = pidfd, .events = POLLIN},
                              {.fd = streams[0].read_end, .events = POLLIN},
                              {.fd = streams[1].read_end, .events = POLLIN}};

  for (;;) {
    gint64 left = (deadline - g_get_monotonic_time () + 999) / 1000;
    siginfo_t info = {0};

    if (left <= 0 || host->cancelled (host))
      return left <= 0 ? TOO_LATE : CANCELLED;
    if (pidfd < 0 || ((const B9HostData *)host->data)->cancelled != NULL)
      left = MIN (left, ASK_AGAIN_MS);
    poll (watched, G_N_ELEMENTS (watched), (int)left);
    for (guint i = 0; i < 2; i++) {
      if (watched[i + 1].revents != 0 && !drain (&streams[i], limit))
        watched[i + 1].fd = -1;
    }
    /* Not reaped yet: its PID, and so its group, is nobody else's. */
    if (waitid (P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid)
      return ENDED;
  }
}

/* One that was killed, by us or anybody, may say something else the next time. */
static void
note_cut_off (const B9HostData *data)
{
  if (data->watch != NULL && data->watch->cut_off != NULL)
    data->watch->cut_off (data->watch->data);
}

static gboolean
finish (const B9Host *host, const B9Run *run, pid_t pid, Stream *streams, B9RunResult *result, GError **error)
{
  guint timeout_ms = run->timeout_ms > 0 ? run->timeout_ms : DEFAULT_TIMEOUT_MS;
  gsize limit = run->max_output > 0 ? run->max_output : DEFAULT_MAX_OUTPUT;
  End end = follow (host, pid, streams, timeout_ms, limit);
  int status;

  kill (-pid, SIGKILL);
  kill (pid, SIGKILL);
  status = b9_wait_for (pid);
  if (end != ENDED || WIFSIGNALED (status))
    note_cut_off (host->data);
  if (end == TOO_LATE)
    return b9_fail (error, B9_ERROR_TIMEOUT, "%s did not end within %u.%u s and was killed", run->argv[0],
                    timeout_ms / 1000, timeout_ms % 1000 / 100);
  if (end == CANCELLED)
    return b9_fail (error, B9_ERROR_FAILED, "%s was killed: the work was cancelled", run->argv[0]);
  for (guint i = 0; i < 2; i++)
    drain (&streams[i], limit);
  result->exit_status = b9_shell_status (status);
  result->output = g_string_free (g_steal_pointer (&streams[0].content), FALSE);
  result->error_output = g_string_free (g_steal_pointer (&streams[1].content), FALSE);
  return TRUE;
}

static gboolean
run_with (const B9Host *host, const B9Run *run, Stream *streams, B9RunResult *result, GError **error)
{
  g_autofree char **environment = make_environment (B9_STRUCT_HAS (run, environment) ? run->environment
                                                                                     : NULL);
  b9_autofd input = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  Child what = {.argv = run->argv, .environment = environment, .input = input};
  volatile int failure = 0;
  pid_t pid;

  if (input < 0)
    return b9_fail_errno (error, errno, "cannot open /dev/null");
  if (!open_stream (&streams[0], error) || !open_stream (&streams[1], error))
    return FALSE;
  what.output = streams[0].write_end;
  what.error = streams[1].write_end;
  pid = start (&what, &failure);
  for (guint i = 0; i < 2; i++)
    b9_fd_close (&streams[i].write_end);
  if (pid == 0)
    return b9_fail_errno (error, failure, "cannot execute %s", run->argv[0]);
  return finish (host, run, pid, streams, result, error);
}

/* What an older plugin's structure does not reach is 0. */
static B9Run
whole_run (const B9Run *run)
{
  B9Run whole = {.struct_size = sizeof whole};

  memcpy (&whole, run, MIN (run->struct_size, sizeof whole));
  whole.struct_size = sizeof whole;
  return whole;
}

gboolean
b9_host_service_run (const B9Host *host, const B9Run *given, B9RunResult *result, GError **error)
{
  const B9HostData *data = host->data;
  Stream streams[2] = {{-1, -1, NULL}, {-1, -1, NULL}};
  B9Run run = whole_run (given);
  gboolean done;

  if (result->struct_size < G_STRUCT_OFFSET (B9RunResult, error_output) + sizeof result->error_output)
    return b9_fail (error, B9_ERROR_PLUGIN, "a plugin asks for the result of a program without room for it");
  result->output = result->error_output = NULL;
  if (run.argv == NULL || run.argv[0] == NULL || !g_path_is_absolute (run.argv[0]))
    return b9_fail (error, B9_ERROR_PLUGIN, "%s asks for a program without its absolute path", data->section);
  if (data->watch != NULL && data->watch->program != NULL)
    data->watch->program (data->watch->data, run.argv[0]);
  if (run.keep && b9_host_kept_find (host, &run, result))
    return TRUE;
  done = run_with (host, &run, streams, result, error);
  close_stream (&streams[0]);
  close_stream (&streams[1]);
  if (done && run.keep)
    b9_host_keep (host, &run, result);
  return done;
}
