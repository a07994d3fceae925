/* SPDX-License-Identifier: Apache-2.0
 *
 * runc-plugin.c: the descriptor of the backend for runc, and where runc keeps its state.  The rest is in
 * runc-args.c.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runc"

#include "runc-args.h"

#include <string.h>
#include <unistd.h>

#include "runc-probe.h"

/* The whole range of ids mapped onto itself, as in the initial user namespace. */
static gboolean
in_user_namespace (const B9Host *host)
{
  g_autofree char *path = host->path (host, "/proc/self/uid_map");
  g_autofree char *map = NULL;
  guint64 numbers[3] = {0, 0, 4294967295U};
  char *next;

  if (!g_file_get_contents (path, &map, NULL, NULL))
    return FALSE;
  next = map;
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++) {
    if (g_ascii_strtoull (next, &next, 10) != numbers[i])
      return TRUE;
  }
  return FALSE;
}

/* As runc's main.go does: whoever is root in a user namespace is somebody else outside, unless $USER says
 * "root". */
static char *
runc_user_root (const B9Host *host)
{
  const char *directory = g_getenv ("XDG_RUNTIME_DIR");

  if (directory == NULL || directory[0] == '\0')
    return NULL;
  if (geteuid () == 0 && (g_strcmp0 (g_getenv ("USER"), "root") == 0 || !in_user_namespace (host)))
    return NULL;
  return g_build_filename (directory, "runc", NULL);
}

static const char *const programs[] = {"runc", NULL};

/* What CRIU writes, and runc's list of standard files. */
static const char *const image_patterns[] = {"*.img", "descriptors.json", NULL};

static const B9Backend runc_backend = {
    .struct_size = sizeof (B9Backend),
    .programs = programs,
    .default_root = "/run/runc",
    .user_root = runc_user_root,
    .failure_status = 1,
    .traits = B9_BACKEND_DELETES_AFTER_RUN,
    .check_id = runc_check_id,
    .find = runc_find,
    .way = runc_way,
    .build_argv = runc_build_argv,
    .explain_failure = runc_explain_failure,
    .leftovers = runc_leftovers,
    .probe = runc_probe,
    .examine = runc_examine,
    .checkpoint_traits = B9_CHECKPOINT_SAVE_DELETES | B9_CHECKPOINT_RAW_MEMORY,
    .image_provider = "criu",
    .image_file = "inventory.img",
    .image_patterns = image_patterns,
    .peek_status = runc_peek_status,
};

static const B9Provider runc_provider = {
    .struct_size = sizeof (B9Provider),
    .kind = B9_PROVIDER_BACKEND,
    .name = "runc",
    .vtable = &runc_backend,
};

static const B9Provider *const providers[] = {&runc_provider, NULL};

B9_PLUGIN_DEFINE (b9_backend_runc) = {
    B9_PLUGIN_PREFIX (0),
    .name = "runc",
    .version = PACKAGE_VERSION,
    .license = "Apache-2.0",
    .summary = "Runs containers with runc.",
    .providers = providers,
};
