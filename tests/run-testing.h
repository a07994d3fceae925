/* SPDX-License-Identifier: Apache-2.0
 *
 * run-testing.h: a backend made of shell scripts, one an operation, for the tests of core/run.
 *
 * A script gets the root as $1, the id as $2, the PID file as $3 and the log as $4.  The container is there
 * while ROOT/ID is.
 */
#ifndef B9_RUN_TESTING_H
#define B9_RUN_TESTING_H

#include "core/run/claim.h"
#include "core/run/runtime.h"
#include "tests/directory-testing.h"

static const char *scripts[B9_OPERATION_VERSION + 1]; /* by operation; NULL: cannot be built */
static B9Runtime runtime;                             /* the backend "tested" */
static B9Backend backend;
static B9Index *state_index;

static inline gboolean
tested_find (const B9Host *host G_GNUC_UNUSED, const char *root, const char *id)
{
  g_autofree char *path = g_build_filename (root, id, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Another id in the root that this one begins with, or that begins with it. */
static inline char *
tested_colliding_id (const B9Host *host G_GNUC_UNUSED, const char *root, const char *id)
{
  g_autoptr (GDir) directory = g_dir_open (root, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    if (strcmp (name, id) != 0 && (g_str_has_prefix (name, id) || g_str_has_prefix (id, name)))
      return g_strdup (name);
  }
  return NULL;
}

static inline gboolean
tested_ids_collide (const B9Host *host G_GNUC_UNUSED, const char *one, const char *other)
{
  return g_str_has_prefix (one, other) || g_str_has_prefix (other, one);
}

static inline gboolean
tested_check_id (const B9Host *host G_GNUC_UNUSED, const char *root G_GNUC_UNUSED, const char *id,
                 GError **error)
{
  if (strlen (id) < 10)
    return TRUE;
  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "the id %s is too long", id);
  return FALSE;
}

static inline B9Way
tested_way (const B9Host *host G_GNUC_UNUSED, B9Operation operation G_GNUC_UNUSED,
            const B9RequestOption *const *options G_GNUC_UNUSED)
{
  return B9_WAY_CHILD;
}

static inline char **
tested_build_argv (const B9Host *host G_GNUC_UNUSED, const B9Request *request, GError **error)
{
  const char *argv[] = {"/bin/sh",
                        "-c",
                        scripts[request->operation],
                        "sh",
                        request->root,
                        request->id != NULL ? request->id : "",
                        request->pid_file != NULL ? request->pid_file : "",
                        request->log != NULL ? request->log : "",
                        NULL};

  if (scripts[request->operation] != NULL)
    return g_strdupv ((char **)argv);
  g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED, "the tested backend has no operation %u",
               request->operation);
  return NULL;
}

static inline void
tested_explain (const B9Host *host G_GNUC_UNUSED, const B9Request *request G_GNUC_UNUSED, int status,
                const char *message, GError **error)
{
  if (strcmp (message, "gone") == 0)
    g_set_error_literal (error, B9_ERROR, B9_ERROR_NOT_FOUND, "it is gone");
  else if (strcmp (message, "mute") != 0)
    g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_FAILED, "%s (%d)", message, status);
}

static inline char **
tested_leftovers (const B9Host *host G_GNUC_UNUSED, const B9Request *request, const char *rootfs)
{
  char **paths = g_new0 (char *, 3);

  paths[0] = g_strdup_printf ("%s/%s.left", request->root, request->id);
  paths[1] = rootfs != NULL ? g_strdup_printf ("%s/left", rootfs) : NULL;
  return paths;
}

static inline void
make_runtime (void)
{
  static const char *const programs[] = {"sh", NULL};
  g_autofree char *state = NULL;

  make_top ();
  make_directory ("root");
  state = at_top ("state");
  state_index = b9_index_new (state);
  memset (scripts, 0, sizeof scripts);
  backend = (B9Backend){.struct_size = sizeof backend,
                        .programs = programs,
                        .default_root = "/run/tested",
                        .check_id = tested_check_id,
                        .find = tested_find,
                        .colliding_id = tested_colliding_id,
                        .ids_collide = tested_ids_collide,
                        .way = tested_way,
                        .build_argv = tested_build_argv,
                        .explain_failure = tested_explain,
                        .leftovers = tested_leftovers};
  runtime = (B9Runtime){.name = "tested", .backend = &backend, .section = (char *)"backends.tested"};
  b9_host_init (&runtime.host, &runtime.data);
}

static inline void
remove_runtime (void)
{
  g_clear_pointer (&state_index, b9_index_free);
  remove_top ();
}

static inline B9Target
new_target (const char *id)
{
  return (B9Target){.runtime = &runtime,
                    .id = g_strdup (id),
                    .root = at_top ("root"),
                    .program = g_strdup ("/bin/sh"),
                    .flags = g_new0 (char *, 1)};
}

/* The bundle of every container here. */
static inline gboolean
claim (B9Target *target, GError **error)
{
  const B9Bundle bundle = {
      .path = (char *)"/bundle", .rootfs = top, .cgroups_path = (char *)"/b9run-test/nowhere"};

  return b9_claim (state_index, target, &bundle, error);
}

static inline TCase *
run_case (const char *name)
{
  TCase *test_case = tcase_create (name);

  tcase_add_checked_fixture (test_case, make_runtime, remove_runtime);
  tcase_set_timeout (test_case, 60);
  return test_case;
}

#endif /* B9_RUN_TESTING_H */
