/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda-helper.c: starts b9run-cuda and passes lines to and fro (helper.h).
 *
 * The helper ends when its standard input does, so it outlives b9run by no more than the action that it is
 * at.
 */
#include "config.h"

#include "cuda.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_TIMEOUT_MS 60000
#define END_TIMEOUT_MS 5000
#define MAX_ANSWER (64 * 1024 * 1024)

struct _CudaHelper {
  pid_t pid;
  int to, from;
  GString *pending; /* what has been read and not yet passed on */
};

static char *
helper_path (void)
{
  const char *directory = secure_getenv ("B9RUN_LIBEXEC_DIR");

  return g_build_filename (directory != NULL && *directory != '\0' ? directory : B9_LIBEXECDIR, "b9run-cuda",
                           NULL);
}

/* In the child, with what signal-safety(7) allows. */
static void
become (char *const *argv, int input, int output)
{
  setsid ();
  if (dup2 (input, 0) < 0 || dup2 (output, 1) < 0)
    _exit (127);
  /* Standard error stays: what the driver's library complains of goes where ours goes. */
  close_range (3, ~0U, 0);
  execv (argv[0], argv);
  _exit (127);
}

static void
close_all (const int *fds, guint n)
{
  for (guint i = 0; i < n; i++) {
    if (fds[i] >= 0)
      close (fds[i]);
  }
}

static CudaHelper *
spawn (const char *program, CudaMethod method, const char *target, GError **error)
{
  const char *const argv[] = {program, method == CUDA_METHOD_API ? "api" : "binary", target, NULL};
  int ends[4] = {-1, -1, -1, -1};
  CudaHelper *helper;
  pid_t pid = -1;

  if (pipe2 (ends, O_CLOEXEC) == 0 && pipe2 (ends + 2, O_CLOEXEC) == 0)
    pid = fork ();
  if (pid == 0)
    become ((char *const *)argv, ends[0], ends[3]);
  if (pid < 0) {
    g_set_error (error, B9_ERROR, B9_ERROR_FAILED, "cannot start %s: %s", program, g_strerror (errno));
    close_all (ends, 4);
    return NULL;
  }
  close_all ((const int[]){ends[0], ends[3]}, 2);
  helper = g_new0 (CudaHelper, 1);
  helper->pid = pid;
  helper->to = ends[1];
  helper->from = ends[2];
  helper->pending = g_string_new (NULL);
  return helper;
}

/* The next line without its end; NULL with @error at @deadline, or where the helper ended. */
static char *
read_line (CudaHelper *helper, gint64 deadline, GError **error)
{
  for (;;) {
    char *end = strchr (helper->pending->str, '\n');
    gint64 left = (deadline - g_get_monotonic_time ()) / 1000;
    struct pollfd place = {.fd = helper->from, .events = POLLIN};
    char block[4096];
    ssize_t got;

    if (end != NULL) {
      char *line = g_strndup (helper->pending->str, (gsize)(end - helper->pending->str));

      g_string_erase (helper->pending, 0, (gssize)(end + 1 - helper->pending->str));
      return line;
    }
    if (left <= 0) {
      g_set_error_literal (error, B9_ERROR, B9_ERROR_TIMEOUT, "NVIDIA's driver did not answer in time");
      return NULL;
    }
    if (poll (&place, 1, (int)MIN (left + 1, 60000)) <= 0)
      continue;
    got = read (helper->from, block, sizeof block);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0 || helper->pending->len > MAX_ANSWER || memchr (block, '\0', (gsize)got) != NULL) {
      g_set_error_literal (error, B9_ERROR, B9_ERROR_FAILED, "b9run-cuda ended before its answer did");
      return NULL;
    }
    g_string_append_len (helper->pending, block, got);
  }
}

CudaHelper *
cuda_helper_start (CudaMethod method, const char *target, GError **error)
{
  g_autofree char *program = helper_path ();
  CudaHelper *helper = spawn (program, method, target, error);
  g_autofree char *line = NULL;

  if (helper == NULL)
    return NULL;
  line = read_line (helper, g_get_monotonic_time () + (gint64)READY_TIMEOUT_MS * 1000, error);
  if (line != NULL && strcmp (line, "ready") == 0)
    return helper;
  if (line != NULL)
    g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED, "the CUDA driver cannot be used: %s",
                 g_str_has_prefix (line, "cannot ") ? line + strlen ("cannot ") : line);
  else
    g_prefix_error (error, "cannot use %s: ", program);
  cuda_helper_end (helper, TRUE);
  return NULL;
}

void
cuda_helper_end (CudaHelper *helper, gboolean now)
{
  close (helper->to);
  close (helper->from);
  /* With the program that it waits for: it leads a session of its own. */
  if (now && kill (-helper->pid, SIGKILL) != 0)
    kill (helper->pid, SIGKILL);
  for (guint waited = 0; waitpid (helper->pid, NULL, WNOHANG) == 0; waited += 5) {
    /* Nothing is asked of it any more; one that a driver holds must not hold us. */
    if (waited >= END_TIMEOUT_MS)
      break;
    g_usleep (5000);
  }
  g_string_free (helper->pending, TRUE);
  g_free (helper);
}

/* Without a signal where the helper is gone. */
static gboolean
write_all (int fd, const char *text)
{
  struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
  gsize left = strlen (text);

  sigaction (SIGPIPE, &ignore, &before);
  while (left > 0) {
    ssize_t written = write (fd, text, left);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      break;
    text += written;
    left -= (gsize)written;
  }
  sigaction (SIGPIPE, &before, NULL);
  return left == 0;
}

gboolean
cuda_helper_ask (CudaHelper *helper, const char *request, guint64 bound_ms,
                 void (*line) (const char *text, gpointer data), gpointer data, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + (gint64)bound_ms * 1000;

  if (!write_all (helper->to, request)) {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_FAILED, "b9run-cuda has ended");
    return FALSE;
  }
  for (;;) {
    g_autofree char *text = read_line (helper, deadline, error);

    if (text == NULL)
      return FALSE;
    if (strcmp (text, ".") == 0)
      return TRUE;
    line (text, data);
  }
}
