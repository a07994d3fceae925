/* SPDX-License-Identifier: Apache-2.0
 *
 * crun-plugin.c: the descriptor and the vtable of a backend that drives crun, and what crun keeps where.
 *
 * This is the file to read first, and to copy: <b9run/b9-backend.h> says what each member is for.
 */
#include "config.h"

#include <string.h>

#include "crun-args.h"
#include "crun-errors.h"

/* crun makes ROOT/ID by mkdir(2). */
#define ID_MAX 255

/* crun keeps its state in XDG_RUNTIME_DIR where that is set, even for root. */
static char *
user_root (const B9Host *host)
{
  const char *directory = g_getenv ("XDG_RUNTIME_DIR");

  (void)host;
  return directory != NULL && directory[0] != '\0' ? g_build_filename (directory, "crun", NULL) : NULL;
}

/* The id becomes a folder and a word of the command line; crun itself takes ".." for a container that exists.
 */
static gboolean
check_id (const B9Host *host, const char *root, const char *id, GError **error)
{
  gsize length = strlen (id);

  (void)host;
  (void)root;
  if (length > 0 && length <= ID_MAX && id[0] != '-' && strchr (id, '/') == NULL && strcmp (id, ".") != 0 &&
      strcmp (id, "..") != 0)
    return TRUE;
  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT,
               "crun cannot use \"%.64s\" as a container id; give 1 to %d characters without \"/\", not "
               "\".\" or \"..\", and not "
               "beginning with \"-\"",
               id, ID_MAX);
  return FALSE;
}

static gboolean
find (const B9Host *host, const char *root, const char *id)
{
  g_autofree char *status = g_build_filename (root, id, "status", NULL);

  (void)host;
  return g_file_test (status, G_FILE_TEST_EXISTS);
}

/* The host has checked the value against the choices, and passes the flags on with every later call. */
static char **
new_flags (const B9Host *host, GError **error)
{
  const char *manager = host->config_string (host, "cgroup-manager");
  GPtrArray *flags = g_ptr_array_new ();

  (void)error;
  if (manager != NULL)
    g_ptr_array_add (flags, g_strconcat ("--cgroup-manager=", manager, NULL));
  g_ptr_array_add (flags, NULL);
  return (char **)g_ptr_array_free (flags, FALSE);
}

static const char *const cgroup_managers[] = {"cgroupfs", "systemd", "disabled", NULL};

static const B9ConfigKey cgroup_manager = {
    .struct_size = sizeof (B9ConfigKey),
    .name = "cgroup-manager",
    .type = B9_CONFIG_CHOICE,
    .choices = cgroup_managers,
    .summary = "Who makes the container's cgroup.",
};

static const B9ConfigKey *const config_keys[] = {&cgroup_manager, NULL};

static const char *const programs[] = {"crun", NULL};

static const B9Backend crun_backend = {
    .struct_size = sizeof (B9Backend),
    .programs = programs,
    .default_root = "/run/crun",
    .user_root = user_root,
    .traits = B9_BACKEND_DELETES_AFTER_RUN,
    .config_keys = config_keys,
    .new_flags = new_flags,
    .check_id = check_id,
    .find = find,
    .way = crun_way,
    .build_argv = crun_build_argv,
    .explain_failure = crun_explain_failure,
};

static const B9Provider crun_provider = {
    .struct_size = sizeof (B9Provider),
    .kind = B9_PROVIDER_BACKEND,
    .name = "crun",
    .vtable = &crun_backend,
};

static const B9Provider *const providers[] = {&crun_provider, NULL};

B9_PLUGIN_DEFINE (b9_backend_crun) = {
    B9_PLUGIN_PREFIX (0),
    .name = "crun",
    .version = PACKAGE_VERSION,
    .license = "Apache-2.0",
    .summary = "Runs containers with crun.",
    .providers = providers,
};
