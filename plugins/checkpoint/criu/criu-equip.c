/* SPDX-License-Identifier: Apache-2.0
 *
 * criu-equip.c: what the runtime's process needs so that it finds this CRIU, and CRIU the options that the
 * runtime cannot pass on.
 *
 * runc finds criu in PATH alone, under that name.  CRIU reads the file that CRIU_CONFIG_FILE names before the
 * options that runc sends, so a runc that lacks --link-remap needs no edited bundle.
 *
 * CRIU keeps packets away from the network namespace while it saves, so that no connection moves on
 * meanwhile. It does so by rules of the packet filter, which take up to 60 ms to remove, and which stay in a
 * container that goes on when CRIU is killed: it would be cut off.  Where no connection is to be saved
 * nothing needs them.
 */
#include "config.h"

#include "criu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A CRIU that is known to have "network-lock skip". */
#define NETWORK_SKIP_MAJOR 4

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* runc's names of options, and CRIU's where a line of its configuration says the same. */
static const struct {
  const char *option, *line;
} translations[] = {
    {"link-remap", "link-remap"},
    {"tcp-close", "tcp-close"},
    {"tcp-skip-in-flight", "skip-in-flight"},
};

const char *
criu_option (const B9RequestOption *const *options, const char *name)
{
  const char *value = NULL;

  for (; options != NULL && *options != NULL; options++) {
    if (strcmp ((*options)->name, name) == 0)
      value = (*options)->value;
  }
  return value;
}

/* "64M": digits and one letter. */
static gboolean
is_size (const char *text)
{
  gsize digits = strspn (text, "0123456789");

  if (digits == 0 || digits > 12)
    return FALSE;
  return text[digits] == '\0' || (strchr ("kKmMgG", text[digits]) != NULL && text[digits + 1] == '\0');
}

char *
criu_config_lines (const char *ghost_limit, const B9RequestOption *const *options, GError **error)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  const char *given = criu_option (options, "ghost-limit");
  const char *limit = given != NULL ? given : ghost_limit;

  for (guint i = 0; i < G_N_ELEMENTS (translations); i++) {
    if (g_strcmp0 (criu_option (options, translations[i].option), "true") == 0)
      g_string_append_printf (lines, "%s\n", translations[i].line);
  }
  if (limit != NULL && !is_size (limit)) {
    g_set_error (error, B9_ERROR, given != NULL ? B9_ERROR_USAGE : B9_ERROR_CONFIG,
                 "%s: \"%s\" is no size; write a number with K, M or G behind it, such as 64M",
                 given != NULL ? "--ghost-limit" : "checkpoint.criu.ghost-limit", limit);
    return NULL;
  }
  if (limit != NULL)
    g_string_append_printf (lines, "ghost-limit %s\n", limit);
  return g_string_free (g_steal_pointer (&lines), FALSE);
}

static void
set_variable (GPtrArray *environment, const char *name, const char *value)
{
  g_autofree char *prefix = g_strconcat (name, "=", NULL);

  for (guint i = environment->len; i > 0; i--) {
    if (g_str_has_prefix (g_ptr_array_index (environment, i - 1), prefix))
      g_ptr_array_remove_index (environment, i - 1);
  }
  g_ptr_array_add (environment, g_strconcat (prefix, value, NULL));
}

/* PATH as another provider has left it, or as we have it. */
static const char *
current_path (const GPtrArray *environment)
{
  const char *path = g_getenv ("PATH");

  for (guint i = 0; i < environment->len; i++) {
    if (g_str_has_prefix (g_ptr_array_index (environment, i), "PATH="))
      return (const char *)g_ptr_array_index (environment, i) + strlen ("PATH=");
  }
  return path != NULL && *path != '\0' ? path : DEFAULT_PATH;
}

static gboolean
need_directory (const B9CheckpointJob *job, const char *what, GError **error)
{
  if (job->directory != NULL)
    return TRUE;
  g_set_error (error, B9_ERROR, B9_ERROR_FAILED, "%s needs the container's own directory, and there is none",
               what);
  return FALSE;
}

/* A directory in which CRIU has the name that runc looks for; g_free(), or NULL. */
static char *
directory_of_criu (const B9CheckpointJob *job, const char *program, GError **error)
{
  g_autofree char *base = g_path_get_basename (program);
  g_autofree char *directory = NULL;
  g_autofree char *link = NULL;

  if (strcmp (base, "criu") == 0)
    return g_path_get_dirname (program);
  if (!need_directory (job, "a criu of another name", error))
    return NULL;
  directory = g_build_filename (job->directory, "criu-bin", NULL);
  link = g_build_filename (directory, "criu", NULL);
  if (mkdir (directory, 0700) != 0 && errno != EEXIST) {
    g_set_error (error, B9_ERROR, B9_ERROR_IO, "cannot make the directory %s: %s", directory,
                 g_strerror (errno));
    return NULL;
  }
  unlink (link);
  if (symlink (program, link) != 0) {
    g_set_error (error, B9_ERROR, B9_ERROR_IO, "cannot link %s to %s: %s", link, program, g_strerror (errno));
    return NULL;
  }
  return g_steal_pointer (&directory);
}

gboolean
criu_skips_network_lock (const char *version, const B9CheckpointJob *job)
{
  static const char *const about_connections[] = {"tcp-established", "tcp-close", "tcp-skip-in-flight"};

  for (guint i = 0; i < G_N_ELEMENTS (about_connections); i++) {
    if (g_strcmp0 (criu_option (job->options, about_connections[i]), "true") == 0)
      return FALSE;
  }
  return job->operation == B9_OPERATION_CHECKPOINT && job->directory != NULL &&
         criu_version_reaches (version, NETWORK_SKIP_MAJOR, 0);
}

static gboolean
add_config (const B9Host *host, const CriuProgram *program, const B9CheckpointJob *job,
            GPtrArray *environment, GError **error)
{
  g_autofree char *lines = criu_config_lines (host->config_string (host, "ghost-limit"), job->options, error);
  const char *network = criu_skips_network_lock (program->version, job) ? "network-lock skip\n" : "";
  g_autofree char *others = NULL;
  g_autofree char *all = NULL;
  g_autofree char *file = NULL;
  const char *named = g_getenv ("CRIU_CONFIG_FILE");

  if (lines == NULL || (*lines == '\0' && *network == '\0'))
    return lines != NULL;
  if (!need_directory (job, "CRIU's configuration", error))
    return FALSE;
  /* What the caller's own file says stays said. */
  if (named != NULL && *named != '\0' && !g_file_get_contents (named, &others, NULL, error)) {
    g_prefix_error (error, "CRIU_CONFIG_FILE: ");
    return FALSE;
  }
  all = g_strconcat (network, others != NULL ? others : "", others != NULL ? "\n" : "", lines, NULL);
  file = g_build_filename (job->directory, "criu.conf", NULL);
  if (!g_file_set_contents_full (file, all, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error))
    return FALSE;
  set_variable (environment, "CRIU_CONFIG_FILE", file);
  return TRUE;
}

gboolean
criu_equip (const B9Host *host, const B9CheckpointJob *job, GPtrArray *environment,
            GPtrArray *arguments G_GNUC_UNUSED, GError **error)
{
  g_auto (CriuProgram) program = {0};
  g_autofree char *directory = NULL;
  g_autofree char *path = NULL;

  if (!criu_find_working (host, &program, error))
    return FALSE;
  directory = directory_of_criu (job, program.path, error);
  if (directory == NULL)
    return FALSE;
  path = g_strconcat (directory, ":", current_path (environment), NULL);
  set_variable (environment, "PATH", path);
  return add_config (host, &program, job, environment, error);
}
