/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda-sandbox.c: the cuda-checkpoint program inside a container of runsc's.
 *
 * runsc runs it in the sandbox, by a path of the container's, when it saves and again when it restores.  So
 * it has to be there from the start: the bundle mounts it, or, where the configuration wants that, we do.
 */
#include "config.h"

#include "cuda.h"

#include <string.h>
#include <sys/stat.h>

#define DEFAULT_PROGRAM "/usr/bin/cuda-checkpoint"

const char *
cuda_sandbox_path (const B9Host *host)
{
  const char *path = host->config_string (host, "sandbox-path");

  return path != NULL ? path : DEFAULT_PROGRAM;
}

gboolean
cuda_runtime_moves_cuda (const B9Host *host, const char *program)
{
  const char *const argv[] = {program, "help", "checkpoint", NULL};
  const B9Run run = {.struct_size = sizeof run, .argv = argv};
  B9RunResult result = {.struct_size = sizeof result};
  g_autofree char *output = NULL;

  if (!host->run (host, &run, &result, NULL))
    return FALSE;
  output = g_strconcat (result.output, result.error_output, NULL);
  g_free (result.output);
  g_free (result.error_output);
  return strstr (output, "-cuda-checkpoint-path") != NULL;
}

/* --- is it there? --- */

static char *
text_at (const B9Spec *spec, const char *format, guint index)
{
  g_autofree char *pointer = g_strdup_printf ("/mounts/%u/%s", index, format);
  char *text = NULL;

  return spec->string (spec, pointer, &text, NULL) ? text : NULL;
}

/* What of @path is below @directory: "" for itself, NULL where it is elsewhere. */
static const char *
part_below (const char *path, const char *directory)
{
  gsize length = strlen (directory);

  while (length > 1 && directory[length - 1] == '/')
    length--;
  if (strncmp (path, directory, length) != 0)
    return NULL;
  return path[length] == '\0' || path[length] == '/' ? path + length : NULL;
}

/* The mount that has @path, the last where several do; its number, or -1, and *@rest. */
static gint
find_mount (const B9Spec *spec, const char *path, const char **rest)
{
  guint count = spec->length (spec, "/mounts");

  for (guint i = count; i > 0; i--) {
    g_autofree char *destination = text_at (spec, "destination", i - 1);

    *rest = destination != NULL ? part_below (path, destination) : NULL;
    if (*rest != NULL)
      return (gint)(i - 1);
  }
  return -1;
}

static gboolean
is_file (const char *path)
{
  struct stat info;

  return lstat (path, &info) == 0 && (S_ISREG (info.st_mode) || S_ISLNK (info.st_mode));
}

gboolean
cuda_sandbox_has (const B9Spec *spec, const char *bundle, const char *path)
{
  const char *rest = NULL;
  gint mount = find_mount (spec, path, &rest);
  g_autofree char *given = NULL;
  g_autofree char *base = NULL;
  g_autofree char *file = NULL;

  if (mount < 0)
    rest = path;
  if (mount >= 0)
    given = text_at (spec, "source", (guint)mount);
  else if (!spec->string (spec, "/root/path", &given, NULL))
    return FALSE;
  if (given == NULL)
    return FALSE;
  base = g_canonicalize_filename (given, bundle != NULL ? bundle : "/");
  file = g_strconcat (base, rest, NULL);
  return is_file (file);
}

/* --- putting it there --- */

/* As a JSON string; the configuration is UTF-8. */
static char *
quote (const char *text)
{
  GString *quoted = g_string_new ("\"");

  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\')
      g_string_append_c (quoted, '\\');
    if (g_ascii_iscntrl (*text))
      g_string_append_printf (quoted, "\\u%04x", (guint)*text);
    else
      g_string_append_c (quoted, *text);
  }
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

static gboolean
add_mount (const B9Host *host, const char *program, B9Spec *spec, GError **error)
{
  g_autofree char *source = quote (program);
  g_autofree char *destination = quote (cuda_sandbox_path (host));
  g_autofree char *mount = g_strdup_printf ("{\"destination\":%s,\"type\":\"bind\",\"source\":%s,\"options\":"
                                            "[\"bind\",\"ro\",\"nosuid\",\"nodev\"]}",
                                            destination, source);

  return spec->set (spec, "/mounts/-", mount,
                    "cuda-checkpoint: runsc runs it in the sandbox to save CUDA state "
                    "(checkpoint.cuda-checkpoint.mount is true)",
                    error);
}

static gboolean
leave_out (const B9Host *host, B9Spec *spec, const char *why)
{
  g_autofree char *line = g_strconcat ("cuda-checkpoint is not mounted into the container, so its CUDA state "
                                       "cannot be saved: ",
                                       why, NULL);

  host->log (host, B9_LOG_WARNING, line);
  spec->note (spec, "/mounts", "left without cuda-checkpoint", why);
  return TRUE;
}

gboolean
cuda_prepare (const B9Host *host, const char *backend, const B9Preparation *preparation, B9Spec *spec,
              GError **error)
{
  g_auto (CudaHost) cuda = {0};

  if (!host->config_boolean (host, "mount") || strcmp (backend, CUDA_SANDBOX_RUNTIME) != 0)
    return TRUE;
  if (cuda_sandbox_has (spec, preparation->bundle, cuda_sandbox_path (host)))
    return TRUE;
  if (!cuda_runtime_moves_cuda (host, preparation->program))
    return leave_out (host, spec, "this runsc has no --cuda-checkpoint-path; release 20260608 is the first");
  cuda_host_look (host, &cuda);
  if (cuda.program == NULL || !is_file (cuda.program))
    return leave_out (host, spec, "the program was not found; name it by checkpoint.cuda-checkpoint.path");
  return add_mount (host, cuda.program, spec, error);
}
