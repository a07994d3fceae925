/* SPDX-License-Identifier: Apache-2.0
 *
 * bundle.c: see bundle.h.
 */
#include "config.h"

#include "core/container/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/failure.h"
#include "core/sys/files.h"

void
b9_bundle_free (B9Bundle *bundle)
{
  if (bundle == NULL)
    return;
  free (bundle->path);
  b9_json_text_free (bundle->config);
  g_free (bundle->rootfs);
  g_free (bundle->cgroups_path);
  g_free (bundle);
}

/* The runtimes resolve the bundle before they record it, so that is what `state` has to say. */
static char *
resolve (const char *path, GError **error)
{
  g_autofree char *absolute = b9_absolute_path (path, NULL);
  char *resolved = realpath (absolute, NULL);
  struct stat info;

  if (resolved == NULL && lstat (absolute, &info) == 0 && S_ISLNK (info.st_mode)) {
    b9_fail (error, B9_ERROR_BAD_INPUT, "the bundle %s is a link that leads nowhere", absolute);
  } else if (resolved == NULL) {
    b9_fail_errno (error, errno, "cannot find the bundle %s", absolute);
  } else if (stat (resolved, &info) != 0 || !S_ISDIR (info.st_mode)) {
    b9_fail (error, B9_ERROR_BAD_INPUT,
             "the bundle %s is no directory; give the directory that holds config.json", absolute);
    free (resolved);
    return NULL;
  }
  return resolved;
}

/* What is wrong with it the runtime says, which knows more of it. */
static gboolean
has_memory_limit (const B9JsonText *config)
{
  B9JsonValue limit = B9_JSON_NONE;
  gint64 bytes = 0;

  return b9_json_find (config, B9_JSON_ROOT, &limit, NULL, "linux", "resources", "memory", "limit", NULL) &&
         limit != B9_JSON_NONE && b9_json_int64 (config, limit, NULL, &bytes, NULL) && bytes > 0;
}

static gboolean
read_members (B9Bundle *bundle, GError **error)
{
  g_autofree char *root = NULL;

  if (b9_json_kind (bundle->config, B9_JSON_ROOT) != B9_JSON_OBJECT)
    return b9_fail (error, B9_ERROR_BAD_INPUT,
                    "%s/config.json holds %s where the runtime spec wants an object", bundle->path,
                    b9_json_kind_name (b9_json_kind (bundle->config, B9_JSON_ROOT)));
  if (!b9_json_find_string (bundle->config, B9_JSON_ROOT, &root, error, "root", "path", NULL) ||
      !b9_json_find_string (bundle->config, B9_JSON_ROOT, &bundle->cgroups_path, error, "linux",
                            "cgroupsPath", NULL) ||
      !b9_json_find_boolean (bundle->config, B9_JSON_ROOT, &bundle->terminal, error, "process", "terminal",
                             NULL))
    return FALSE;
  bundle->memory_limited = has_memory_limit (bundle->config);
  if (root != NULL)
    bundle->rootfs = b9_absolute_path (root, bundle->path);
  return TRUE;
}

static B9JsonText *
load_config (const char *path, GError **error)
{
  g_autoptr (GError) problem = NULL;
  B9JsonText *config = b9_json_text_load (path, &problem);

  if (g_error_matches (problem, B9_ERROR, B9_ERROR_PERMISSION))
    b9_fail (error, B9_ERROR_PERMISSION, "%s cannot be read by user %u; run as root, or as its owner", path,
             (unsigned)geteuid ());
  else if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  return config;
}

B9Bundle *
b9_bundle_open (const char *path, GError **error)
{
  g_autoptr (B9Bundle) bundle = g_new0 (B9Bundle, 1);
  g_autofree char *config = NULL;
  struct stat info;

  bundle->path = resolve (path != NULL ? path : ".", error);
  if (bundle->path == NULL)
    return NULL;
  config = g_build_filename (bundle->path, "config.json", NULL);
  if (lstat (config, &info) != 0 && errno == ENOENT) {
    b9_fail (error, B9_ERROR_BAD_INPUT,
             "the bundle %s has no config.json; b9run spec --bundle %s writes an example", bundle->path,
             bundle->path);
    return NULL;
  }
  bundle->config = load_config (config, error);
  if (bundle->config == NULL || !read_members (bundle, error))
    return NULL;
  return g_steal_pointer (&bundle);
}

char *
b9_bundle_annotation (const B9Bundle *bundle, const char *name)
{
  B9JsonValue annotations, value;

  if (!b9_json_get (bundle->config, B9_JSON_ROOT, "annotations", &annotations, NULL) ||
      annotations == B9_JSON_NONE || b9_json_kind (bundle->config, annotations) != B9_JSON_OBJECT)
    return NULL;
  value = b9_json_map_get (bundle->config, annotations, name);
  return value != B9_JSON_NONE ? b9_json_string (bundle->config, value, name, NULL) : NULL;
}
