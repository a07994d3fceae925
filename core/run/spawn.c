/* SPDX-License-Identifier: Apache-2.0
 *
 * spawn.c: see spawn.h.
 */
#include "config.h"

#include "core/run/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define MAX_CAPTURED_BYTES (64 * 1024 * 1024)
#define ASK_AGAIN_MS 50
#define LISTEN_PID "LISTEN_PID="
#define LISTEN_PID_SIZE (sizeof LISTEN_PID + 10)

extern char **environ;

/* The environment of the child; *listen_pid is where its PID has to be written, or NULL. */
static char **
child_environment (char *buffer, char **listen_pid)
{
  const char *value = getenv ("LISTEN_PID");
  guint count = g_strv_length (environ);
  char **copy;

  *listen_pid = NULL;
  if (value == NULL || atoi (value) != (int)getpid ())
    return g_memdup2 (environ, (count + 1) * sizeof *environ);
  copy = g_memdup2 (environ, (count + 1) * sizeof *environ);
  for (guint i = 0; i < count; i++) {
    if (strncmp (copy[i], LISTEN_PID, strlen (LISTEN_PID)) == 0)
      copy[i] = buffer;
  }
  *listen_pid = buffer;
  return copy;
}

/* Decimal digits without the C library's help: this runs in the child of a vfork. */
static void
write_pid (char *at, pid_t pid)
{
  char digits[12];
  int count = 0;

  memcpy (at, LISTEN_PID, strlen (LISTEN_PID));
  at += strlen (LISTEN_PID);
  for (; pid > 0; pid /= 10)
    digits[count++] = (char)('0' + pid % 10);
  while (count > 0)
    *at++ = digits[--count];
  *at = '\0';
}

/* The child's part, between vfork and execve: system calls alone, no memory of its own.  Returns what went
 * wrong. */
static int
child (const B9Spawn *spawn, char **environment, char *listen_pid, pid_t parent)
{
  if (spawn->own_session)
    setsid ();
  if (!spawn->outlives_us && (prctl (PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid () != parent))
    return ESRCH;
  if (spawn->own_group && setpgid (0, 0) != 0)
    return errno;
  if (spawn->output >= 0 && dup2 (spawn->output, STDOUT_FILENO) < 0)
    return errno;
  if (spawn->error >= 0 && dup2 (spawn->error, STDERR_FILENO) < 0)
    return errno;
  if (listen_pid != NULL)
    write_pid (listen_pid, getpid ());
  if (spawn->mask != NULL)
    sigprocmask (SIG_SETMASK, spawn->mask, NULL);
  execve (spawn->argv[0], spawn->argv, environment);
  return errno;
}

static pid_t
start (const B9Spawn *spawn, char **environment, char *listen_pid, volatile int *failure)
{
  pid_t parent = getpid ();
  pid_t pid = vfork ();

  if (pid == 0) {
    *failure = child (spawn, environment, listen_pid, parent);
    _exit (127);
  }
  return pid;
}

pid_t
b9_spawn (const B9Spawn *spawn, GError **error)
{
  char buffer[LISTEN_PID_SIZE];
  char *listen_pid;
  g_autofree char **environment = child_environment (buffer, &listen_pid);
  volatile int failure = 0;
  pid_t pid = start (spawn, spawn->environment != NULL ? spawn->environment : environment, listen_pid,
                     &failure);

  if (pid < 0) {
    b9_fail_errno (error, errno, "cannot start %s", spawn->argv[0]);
    return 0;
  }
  if (failure != 0) {
    b9_wait_for (pid);
    b9_fail (error, B9_ERROR_BACKEND_MISSING, "cannot execute %s: %s", spawn->argv[0],
             b9_errno_text (failure));
    return 0;
  }
  return pid;
}

int
b9_wait_for (pid_t pid)
{
  int status = 0;

  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    continue;
  return status;
}

void
b9_answer_clear (B9Answer *answer)
{
  if (answer->output != NULL)
    g_string_free (answer->output, TRUE);
  if (answer->error != NULL)
    g_string_free (answer->error, TRUE);
  answer->output = answer->error = NULL;
}

/* One pipe and what came through it. */
typedef struct {
  B9Fd read_end, write_end;
  GString *content;
} Stream;

static gboolean
stream_open (Stream *stream, GError **error)
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
stream_close (Stream *stream)
{
  b9_fd_close (&stream->read_end);
  b9_fd_close (&stream->write_end);
  if (stream->content != NULL)
    g_string_free (stream->content, TRUE);
}

/* Reads what is there now, but no more than is kept: a writer may be as fast as we are.  FALSE once there can
 * be no more. */
static gboolean
stream_drain (Stream *stream)
{
  char buffer[16384];
  ssize_t size;

  while (stream->content->len < MAX_CAPTURED_BYTES) {
    size = read (stream->read_end, buffer, sizeof buffer);
    if (size <= 0)
      return size < 0 && (errno == EAGAIN || errno == EINTR);
    g_string_append_len (stream->content, buffer, size);
  }
  return TRUE;
}

static gboolean
is_too_much (const Stream *streams)
{
  for (guint i = 0; i < 2; i++) {
    if (streams[i].content != NULL && streams[i].content->len >= MAX_CAPTURED_BYTES)
      return TRUE;
  }
  return FALSE;
}

/* Reads both streams until the child has exited; the time-out or too much output kills it. */
static gboolean
follow (pid_t pid, Stream *streams, guint timeout_seconds, const char *program, int *wait_status,
        GError **error)
{
  b9_autofd pidfd = b9_pidfd_open (pid);
  gint64 deadline = g_get_monotonic_time () + (gint64)timeout_seconds * G_USEC_PER_SEC;
  struct pollfd watched[3] = {{.fd = pidfd, .events = POLLIN},
                              {.fd = streams[0].read_end, .events = POLLIN},
                              {.fd = streams[1].read_end, .events = POLLIN}};

  for (;;) {
    gint64 left = timeout_seconds == 0 ? -1 : (deadline - g_get_monotonic_time () + 999) / 1000;

    if ((timeout_seconds > 0 && left <= 0) || is_too_much (streams)) {
      kill (pid, SIGKILL);
      *wait_status = b9_wait_for (pid);
      return b9_fail (error, B9_ERROR_TIMEOUT,
                      is_too_much (streams) ? "%s printed more than 64 MiB and was killed (limit %u s)"
                                            : "%s did not answer within %u s and was killed",
                      program, timeout_seconds);
    }
    /* Without a pidfd (an old kernel, no descriptors left) the child is asked now and then. */
    if (pidfd < 0)
      left = left < 0 ? ASK_AGAIN_MS : MIN (left, ASK_AGAIN_MS);
    if (poll (watched, 3, (int)left) < 0 && errno != EINTR)
      break;
    for (guint i = 0; i < 2; i++) {
      if (watched[i + 1].revents != 0 && !stream_drain (&streams[i]))
        watched[i + 1].fd = -1;
    }
    if (pidfd < 0 && waitpid (pid, wait_status, WNOHANG) == pid)
      return TRUE;
    if ((watched[0].revents & POLLIN) != 0)
      break;
  }
  *wait_status = b9_wait_for (pid);
  return TRUE;
}

gboolean
b9_run_captured (char **argv, B9Capture capture, guint timeout_seconds, B9Answer *answer, GError **error)
{
  Stream streams[2] = {{-1, -1, NULL}, {-1, -1, NULL}};
  gboolean outlives_us = (capture & B9_CAPTURE_OUTLIVES_US) != 0;
  B9Spawn spawn = {.argv = argv, .own_session = outlives_us, .outlives_us = outlives_us};
  gboolean done = TRUE;
  pid_t pid = 0;

  if (capture & B9_CAPTURE_OUTPUT)
    done = stream_open (&streams[0], error);
  if (done && (capture & B9_CAPTURE_ERROR))
    done = stream_open (&streams[1], error);
  spawn.output = streams[0].write_end;
  spawn.error = streams[1].write_end;
  if (done)
    pid = b9_spawn (&spawn, error);
  for (guint i = 0; i < 2; i++)
    b9_fd_close (&streams[i].write_end);
  done = pid > 0 && follow (pid, streams, timeout_seconds, argv[0], &answer->wait_status, error);
  for (guint i = 0; i < 2; i++) {
    if (streams[i].read_end >= 0)
      stream_drain (&streams[i]);
  }
  answer->output = g_steal_pointer (&streams[0].content);
  answer->error = g_steal_pointer (&streams[1].content);
  stream_close (&streams[0]);
  stream_close (&streams[1]);
  return done;
}

gboolean
b9_hand_over (char **argv, GError **error)
{
  execv (argv[0], argv);
  return b9_fail (error, B9_ERROR_BACKEND_MISSING, "cannot execute %s: %s", argv[0], b9_errno_text (errno));
}
