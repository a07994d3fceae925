/* SPDX-License-Identifier: Apache-2.0
 *
 * criu-log.c: what dump.log and restore.log mean.
 *
 * A line is `(00.138417)      1: Error (criu/files-reg.c:1790): Can't lookup mount=27 for fd=1 path=/x`.  The
 * first error is the cause and the later ones say what came of it, but for a few that are in every log.  A
 * log can have gigabytes (CRIU repeats itself where pages are cut off), so its beginning alone is read.
 */
#include "config.h"

#include "criu.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LOG (8 * 1024 * 1024)
#define MARK "Error ("

/* Not causes: said of every save, or of what a cause led to. */
static const char *const consequences[] = {
    "rlimit: Can't setup RLIMIT_NOFILE",
    "Dumping FAILED.",
    "Restoring FAILED.",
    "Pre-dumping FAILED.",
    "Dump files (pid:",
    "cg: cgroupd: recv req error",
    "`- Can't open vma",
    " exited, status=",
    " killed by signal",
};

/* Texts of CRIU, and what to do. */
static const struct {
  const char *text;
  gboolean start_cold;
  const char *hint;
} hints[] = {
    {"Some file locks are hold", FALSE, "give --file-locks to save the locks too"},
    {"Use link-remap option", FALSE, "an open file was deleted while it had another name: give --link-remap"},
    {"Can't dump ghost file", FALSE,
     "a deleted file that is still open is too large: raise checkpoint.criu.ghost-limit in b9run.yaml"},
    {"consider using --tcp-established", FALSE,
     "the container has open TCP connections: give --tcp-established to keep them"},
    {"sockets: Can't get 1:", FALSE,
     "this kernel refuses a question that this CRIU asks of TCP sockets: a newer CRIU is needed"},
    {"Can't lookup mount=", FALSE,
     "a process has a file of the host open; standard input, output and error must be pipes or /dev/null"},
    {"unix: Unix socket", FALSE,
     "a process has a socket whose other end is outside of the container; use pipes for its output"},
    {"Tracking memory is not available", FALSE,
     "this kernel does not track changed memory (CONFIG_MEM_SOFT_DIRTY): do without --pre-dump and "
     "--parent-path"},
    {"Missing required plugin", TRUE, "the image was made with a plugin of CRIU that is not installed here"},
    {"link_remap.", TRUE,
     "the image was made with --link-remap and --leave-running together, and CRIU removed what it needs"},
    {"has bad size", TRUE, "the file in the root file system is not the one that was in use at the save"},
    {"Can't open file", TRUE, "the root file system lacks a file that was in use at the save"},
    {"Can't read pages data", TRUE, "the image's memory pages are missing or cut off"},
    {"Unexpected EOF on", TRUE, "a file of the image is missing or cut off"},
    {"Failed unpacking object", TRUE, "a file of the image is damaged"},
    {"CPU capabilities do not match", TRUE, "this processor lacks what the processes were using"},
};

static gboolean
is_consequence (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (consequences); i++) {
    if (strstr (text, consequences[i]) != NULL)
      return TRUE;
  }
  return FALSE;
}

/* The text of an error line, and its place; FALSE for every other line. */
static gboolean
split_line (const char *line, gsize length, char **text, char **place)
{
  const char *mark = g_strstr_len (line, (gssize)length, MARK);
  const char *start = mark != NULL ? mark + strlen (MARK) : NULL;
  const char *end = start != NULL ? memchr (start, ')', length - (gsize)(start - line)) : NULL;
  const char *rest = end != NULL ? end + 1 : NULL;

  if (rest == NULL || rest >= line + length || *rest != ':')
    return FALSE;
  rest++;
  while (rest < line + length && *rest == ' ')
    rest++;
  *text = g_utf8_make_valid (rest, MIN ((gssize)(line + length - rest), 500));
  *place = g_utf8_make_valid (start, MIN ((gssize)(end - start), 100));
  g_strchomp (*text);
  return TRUE;
}

char *
criu_first_error (const char *log, char **place)
{
  for (const char *line = log; *line != '\0';) {
    gsize length = strcspn (line, "\n");
    g_autofree char *text = NULL;
    g_autofree char *where = NULL;

    if (split_line (line, length, &text, &where) && !is_consequence (text)) {
      if (place != NULL)
        *place = g_steal_pointer (&where);
      return g_steal_pointer (&text);
    }
    line += length + (line[length] == '\n');
  }
  return NULL;
}

const char *
criu_hint (const char *text, gboolean *start_cold)
{
  for (guint i = 0; i < G_N_ELEMENTS (hints); i++) {
    if (strstr (text, hints[i].text) != NULL) {
      *start_cold = hints[i].start_cold;
      return hints[i].hint;
    }
  }
  *start_cold = FALSE;
  return NULL;
}

/* The beginning of a log, with what is no text made text; NULL where there is none. */
static char *
read_log (const char *path)
{
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  g_autoptr (GString) log = NULL;
  struct stat info;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode)) {
    char block[65536];
    ssize_t got;

    log = g_string_new (NULL);
    while (log->len < MAX_LOG &&
           ((got = read (fd, block, sizeof block)) > 0 || (got < 0 && errno == EINTR))) {
      for (ssize_t i = 0; i < got; i++)
        g_string_append_c (log, block[i] != '\0' ? block[i] : ' ');
    }
  }
  close (fd);
  return log != NULL ? g_string_free (g_steal_pointer (&log), FALSE) : NULL;
}

/* One that is not there yet is made by the core. */
gboolean
criu_check_work_path (const B9CheckpointJob *job, GError **error)
{
  g_autofree char *inside = job->work_path != NULL ? g_build_filename (job->work_path, ".", NULL) : NULL;

  if (inside == NULL || access (inside, W_OK | X_OK) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (
      error, B9_ERROR, B9_ERROR_IO,
      "CRIU writes its log into %s, and cannot (%s); name another directory for that with --work-path",
      job->work_path, g_strerror (errno));
  return FALSE;
}

void
criu_explain_failure (const B9Host *host G_GNUC_UNUSED, const B9CheckpointJob *job, const char *message,
                      GError **error)
{
  gboolean restores = job->operation == B9_OPERATION_RESTORE;
  g_autofree char *path = g_build_filename (job->work_path != NULL ? job->work_path : job->image_path,
                                            restores ? "restore.log" : "dump.log", NULL);
  g_autofree char *log = read_log (path);
  g_autofree char *place = NULL;
  g_autofree char *cause = log != NULL ? criu_first_error (log, &place) : NULL;
  gboolean start_cold;
  const char *hint;

  if (cause == NULL) {
    if (strstr (message, "criu-xprt-cln") == NULL && strstr (message, "errno 56") == NULL)
      return;
    g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_FAILED,
                 "%s; CRIU ended without a log: look at its configuration files (/etc/criu, ~/.criu, "
                 "$CRIU_CONFIG_FILE, the annotation org.criu.config)",
                 message);
    return;
  }
  hint = criu_hint (cause, &start_cold);
  g_set_error (error, B9_ERROR, restores && start_cold ? B9_ERROR_START_COLD : B9_ERROR_BACKEND_FAILED,
               "CRIU cannot %s the container: %s (%s)%s%s; its log is %s", restores ? "restore" : "save",
               cause, place, hint != NULL ? ": " : "", hint != NULL ? hint : "", path);
}
