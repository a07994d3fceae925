/* SPDX-License-Identifier: Apache-2.0
 *
 * criu-find.c: a CRIU that works on this host.
 *
 * That a criu is there says little: 3.17.1 does not start on a kernel of today.  So each that is found is
 * asked to check itself, and the first that passes is taken.  That takes a tenth of a second, so it is
 * remembered for as long as the file is the same and the kernel is up.
 */
#include "config.h"

#include "criu.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK_TIMEOUT_MS 30000
#define CACHE_NAME "working"
#define CACHE_MARK "b9run-criu-1"

/* Behind what PATH and the usual directories hold. */
static const char *const further_places[] = {
    "/usr/local/sbin/criu", "/usr/sbin/criu",     "/usr/local/bin/criu",    "/usr/bin/criu",
    "/opt/criu/sbin/criu",  "/opt/criu/bin/criu", "/usr/libexec/criu/criu",
};

void
criu_program_clear (CriuProgram *program)
{
  g_clear_pointer (&program->path, g_free);
  g_clear_pointer (&program->version, g_free);
  g_clear_pointer (&program->reason, g_free);
}

int
criu_run (const B9Host *host, const char *program, char **output, ...)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  B9Run run = {.struct_size = sizeof run, .timeout_ms = CHECK_TIMEOUT_MS};
  B9RunResult result = {.struct_size = sizeof result};
  g_autoptr (GError) error = NULL;
  const char *argument;
  va_list arguments;

  g_ptr_array_add (argv, (gpointer)program);
  va_start (arguments, output);
  while ((argument = va_arg (arguments, const char *)) != NULL)
    g_ptr_array_add (argv, (gpointer)argument);
  va_end (arguments);
  g_ptr_array_add (argv, NULL);
  run.argv = (const char *const *)argv->pdata;
  if (!host->run (host, &run, &result, &error)) {
    *output = g_strdup (error->message);
    return -1;
  }
  *output = g_strconcat (result.output, result.error_output, NULL);
  g_free (result.output);
  g_free (result.error_output);
  return result.exit_status;
}

char *
criu_parse_version (const char *output)
{
  const char *mark = strstr (output, "Version:");
  gsize length;

  if (mark == NULL)
    return NULL;
  mark += strlen ("Version:");
  mark += strspn (mark, " \t");
  length = strspn (mark, "0123456789abcdefghijklmnopqrstuvwxyz.-+~");
  return length > 0 && length < 64 ? g_strndup (mark, length) : NULL;
}

gboolean
criu_version_reaches (const char *version, guint major, guint minor)
{
  guint64 first, second = 0;
  char *end;

  if (version == NULL)
    return FALSE;
  first = g_ascii_strtoull (version, &end, 10);
  if (end == version)
    return FALSE;
  if (*end == '.')
    second = g_ascii_strtoull (end + 1, NULL, 10);
  return first != major ? first > major : second >= minor;
}

/* One line of what the check said. */
static char *
reason_of (const char *output)
{
  g_autofree char *cause = criu_first_error (output, NULL);
  gsize length = strcspn (output, "\n");

  if (cause != NULL)
    return g_steal_pointer (&cause);
  if (length == 0)
    return g_strdup ("it says nothing");
  return g_strndup (output, MIN (length, 300));
}

static void
check_program (const B9Host *host, const char *path, CriuProgram *program)
{
  g_autofree char *version_output = NULL;
  g_autofree char *output = NULL;
  int status = criu_run (host, path, &version_output, "--version", NULL);

  program->path = g_strdup (path);
  if (status == 0)
    program->version = criu_parse_version (version_output);
  if (program->version == NULL) {
    program->state = CRIU_BROKEN;
    program->reason = reason_of (version_output);
    return;
  }
  status = criu_run (host, path, &output, "check", NULL);
  if (status == 0) {
    program->state = CRIU_WORKS;
    return;
  }
  program->state = geteuid () != 0 && status >= 0 ? CRIU_UNTOLD : CRIU_BROKEN;
  program->reason = reason_of (output);
}

/* The programs to try, each once. */
static GPtrArray *
list_candidates (const B9Host *host)
{
  const char *configured = host->config_string (host, "path");
  GPtrArray *candidates = g_ptr_array_new_with_free_func (g_free);
  char *found;

  if (configured != NULL) {
    g_ptr_array_add (candidates, g_strdup (configured));
    return candidates;
  }
  found = host->find_program (host, "criu");
  if (found != NULL)
    g_ptr_array_add (candidates, found);
  for (guint i = 0; i < G_N_ELEMENTS (further_places); i++) {
    if ((found == NULL || strcmp (further_places[i], found) != 0) && access (further_places[i], X_OK) == 0)
      g_ptr_array_add (candidates, g_strdup (further_places[i]));
  }
  return candidates;
}

void
criu_find (const B9Host *host, CriuProgram *program)
{
  g_autoptr (GPtrArray) candidates = list_candidates (host);

  for (guint i = 0; i < candidates->len; i++) {
    g_auto (CriuProgram) tried = {0};

    check_program (host, g_ptr_array_index (candidates, i), &tried);
    if (tried.state == CRIU_WORKS || i == 0) {
      criu_program_clear (program);
      *program = tried;
      tried = (CriuProgram){0};
    }
    if (program->state == CRIU_WORKS)
      return;
  }
  if (candidates->len == 0) {
    program->state = CRIU_MISSING;
    program->reason = g_strdup ("no criu in PATH, /usr/local/sbin, /usr/sbin, /usr/bin or /opt/criu");
  }
}

/* --- what is remembered --- */

/* What tells one file from another, and from itself after a change; NULL where there is none. */
static char *
identify (const char *path)
{
  struct stat info;

  if (stat (path, &info) != 0)
    return NULL;
  return g_strdup_printf ("%s\n%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT
                          " %" G_GINT64_FORMAT ".%09ld",
                          path, (guint64)info.st_dev, (guint64)info.st_ino, (gint64)info.st_size,
                          (gint64)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

/* CACHE_MARK, path, identity, version: a line each. */
static gboolean
recall (const B9Host *host, CriuProgram *program)
{
  g_autoptr (GBytes) bytes = host->cache_read (host, CACHE_NAME);
  const char *configured = host->config_string (host, "path");
  g_autofree char *text = NULL;
  g_autofree char *identity = NULL;
  g_autofree char *remembered = NULL;
  g_auto (GStrv) lines = NULL;
  gsize size = 0;
  gconstpointer data = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

  if (data == NULL || size > 8192)
    return FALSE;
  text = g_strndup (data, size);
  lines = g_strsplit (text, "\n", 0);
  if (g_strv_length (lines) != 5 || strcmp (lines[0], CACHE_MARK) != 0 || lines[1][0] != '/')
    return FALSE;
  if (configured != NULL && strcmp (configured, lines[1]) != 0)
    return FALSE;
  identity = identify (lines[1]);
  remembered = g_strdup_printf ("%s\n%s", lines[1], lines[2]);
  if (g_strcmp0 (identity, remembered) != 0)
    return FALSE;
  program->state = CRIU_WORKS;
  program->path = g_strdup (lines[1]);
  program->version = g_strdup (lines[3]);
  return TRUE;
}

void
criu_remember (const B9Host *host, const CriuProgram *program)
{
  g_autofree char *identity = identify (program->path);
  g_autofree char *text = g_strdup_printf (CACHE_MARK "\n%s\n%s\n", identity, program->version);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  if (identity != NULL)
    host->cache_write (host, CACHE_NAME, bytes);
}

gboolean
criu_find_working (const B9Host *host, CriuProgram *program, GError **error)
{
  if (recall (host, program))
    return TRUE;
  criu_find (host, program);
  if (program->state == CRIU_WORKS) {
    criu_remember (host, program);
    return TRUE;
  }
  if (program->state == CRIU_MISSING)
    g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_MISSING, "CRIU is missing: %s; " CRIU_REMEDY,
                 program->reason);
  else
    g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED, "%s does not pass its own check: %s; " CRIU_REMEDY,
                 program->path, program->reason);
  return FALSE;
}
