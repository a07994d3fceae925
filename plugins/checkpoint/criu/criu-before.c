/* SPDX-License-Identifier: Apache-2.0
 *
 * criu-before.c: what CRIU would fail to save, said before anything is touched.
 *
 * Standard input, output and error come from outside.  Pipes and /dev/null are fine; a file or a terminal of
 * the host, and a socket whose other end is outside, are not.  What lies in a mount of the container's, or is
 * a socket in its network namespace, is its own.  Where /proc does not tell, CRIU has the word.
 */
#include "config.h"

#include "criu.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PROC_FILE (4 * 1024 * 1024)

static const char *const stream_names[] = {"standard input", "standard output", "standard error"};

static char *
read_proc (const B9Host *host, int pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/%s", pid, name);

  return host->read_file (host, path, MAX_PROC_FILE, NULL, NULL);
}

static char *
read_link (const B9Host *host, int pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/%s", pid, name);
  g_autofree char *real = host->path (host, path);

  return g_file_read_link (real, NULL);
}

/* The mount that a descriptor's file is in; 0 where it is not told. */
static guint64
mount_of (const B9Host *host, int pid, int fd)
{
  g_autofree char *name = g_strdup_printf ("fdinfo/%d", fd);
  g_autofree char *text = read_proc (host, pid, name);
  const char *mark = text != NULL ? strstr (text, "mnt_id:") : NULL;

  return mark != NULL ? g_ascii_strtoull (mark + strlen ("mnt_id:"), NULL, 10) : 0;
}

/* Whether the process sees the mount. */
static gboolean
has_mount (const char *mountinfo, guint64 mount)
{
  for (const char *line = mountinfo; line != NULL && *line != '\0';) {
    if (g_ascii_strtoull (line, NULL, 10) == mount)
      return TRUE;
    line = strchr (line, '\n');
    line = line != NULL ? line + 1 : NULL;
  }
  return FALSE;
}

/* Whether a list of sockets ("/proc/PID/net/unix" …) has the inode as a word. */
static gboolean
lists_inode (const char *text, const char *inode)
{
  gsize length = strlen (inode);

  for (const char *at = text; at != NULL && (at = strstr (at, inode)) != NULL; at += length) {
    if ((at == text || g_ascii_isspace (at[-1])) && (at[length] == '\0' || g_ascii_isspace (at[length])))
      return TRUE;
  }
  return FALSE;
}

/* A socket of another network namespace than the container's own comes from outside. */
static gboolean
is_foreign_socket (const B9Host *host, int pid, const char *target)
{
  static const char *const lists[] = {"net/unix", "net/tcp",  "net/tcp6",
                                      "net/udp",  "net/udp6", "net/netlink"};
  g_autofree char *theirs = read_link (host, pid, "ns/net");
  g_autofree char *ours_path = host->path (host, "/proc/self/ns/net");
  g_autofree char *ours = g_file_read_link (ours_path, NULL);
  g_autofree char *inode = g_strdup (target + strlen ("socket:["));
  gboolean told = FALSE;

  if (theirs == NULL || ours == NULL || strcmp (theirs, ours) == 0)
    return FALSE;
  inode[strcspn (inode, "]")] = '\0';
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autofree char *text = read_proc (host, pid, lists[i]);

    told = told || (i == 0 && text != NULL);
    if (text != NULL && lists_inode (text, inode))
      return FALSE;
  }
  return told;
}

static gboolean
refuse (int fd, const char *what, const char *target, GError **error)
{
  g_autofree char *shown = g_utf8_make_valid (target, -1);

  g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED,
               "the container's %s is %s (%s), which CRIU cannot save; start the container with pipes or "
               "/dev/null for its standard input, output and error",
               stream_names[fd], what, shown);
  return FALSE;
}

static gboolean
check_stream (const B9Host *host, const B9CheckpointJob *job, int fd, const char *mountinfo, GError **error)
{
  g_autofree char *name = g_strdup_printf ("fd/%d", fd);
  g_autofree char *target = read_link (host, job->init_pid, name);
  gboolean shell_job = g_strcmp0 (criu_option (job->options, "shell-job"), "true") == 0;
  guint64 mount;

  if (target == NULL || mountinfo == NULL)
    return TRUE;
  if (g_str_has_prefix (target, "socket:["))
    return !is_foreign_socket (host, job->init_pid, target) ||
           refuse (fd, "a socket whose other end is outside", target, error);
  if (target[0] != '/')
    return TRUE;
  mount = mount_of (host, job->init_pid, fd);
  if (mount == 0 || has_mount (mountinfo, mount) || strcmp (target, "/dev/null") == 0)
    return TRUE;
  if (g_str_has_prefix (target, "/dev/pts/") || g_str_has_prefix (target, "/dev/tty"))
    return shell_job || refuse (fd, "a terminal of the host", target, error);
  return refuse (fd, "a file of the host", target, error);
}

static gboolean
is_given (const B9CheckpointJob *job, const char *name)
{
  return g_strcmp0 (criu_option (job->options, name), "true") == 0;
}

gboolean
criu_check_before (const B9Host *host, const B9CheckpointJob *job, GError **error)
{
  g_autofree char *mountinfo = job->init_pid > 0 ? read_proc (host, job->init_pid, "mountinfo") : NULL;

  if (is_given (job, "link-remap") && is_given (job, "leave-running")) {
    g_set_error_literal (
        error, B9_ERROR, B9_ERROR_UNSUPPORTED,
        "--link-remap together with --leave-running makes an image that CRIU cannot restore: it "
        "removes the link that the image needs when the container goes on; do without one of "
        "them");
    return FALSE;
  }
  if (!criu_check_work_path (job, error))
    return FALSE;
  for (int fd = 0; job->init_pid > 0 && fd < 3; fd++) {
    if (!check_stream (host, job, fd, mountinfo, error))
      return FALSE;
  }
  return TRUE;
}
