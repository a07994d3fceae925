/* SPDX-License-Identifier: Apache-2.0
 *
 * app.c: see app.h; the parts of a run (configuration, registry, index) are made when first asked for.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run"

#include "core/cli/app.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/checkpoint/journal.h"
#include "core/log/own-log.h"
#include "core/run/claim.h"
#include "core/run/outcome.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/process.h"

#define BACKEND_ANNOTATION "run.b9.backend"
#define POOL_ANNOTATION "run.b9.pool"
#define BUILT_IN_BACKEND "runc"

const char *
b9_app_global (const B9App *app, const char *name)
{
  return b9_line_value (app->globals, name);
}

/* What has to work whatever somebody wrote into the configuration: else a typing error there would keep every
 * container of the node from being stopped. */
static gboolean
goes_by_the_record (const B9App *app)
{
  static const B9CommandFunc commands[] = {b9_cmd_start, b9_cmd_state,  b9_cmd_kill,   b9_cmd_delete,
                                           b9_cmd_wait,  b9_cmd_pause,  b9_cmd_resume, b9_cmd_exec,
                                           b9_cmd_ps,    b9_cmd_recover};

  for (guint i = 0; app->command != NULL && i < G_N_ELEMENTS (commands); i++) {
    if (app->command->run == commands[i])
      return b9_app_global (app, "config") == NULL;
  }
  return FALSE;
}

static B9Config *
load_config (const B9App *app, GError **error)
{
  g_autoptr (GError) problem = NULL;
  B9Config *config = b9_config_load (b9_app_global (app, "config"), &problem);

  if (config != NULL)
    return config;
  if (goes_by_the_record (app)) {
    g_warning ("%s; %s goes by the built-in configuration and the container's record", problem->message,
               app->command->name);
    return b9_config_built_in ();
  }
  g_propagate_error (error, g_steal_pointer (&problem));
  return NULL;
}

B9Config *
b9_app_config (B9App *app, GError **error)
{
  const char *pool = b9_app_global (app, "pool");
  const char *log;

  if (app->config != NULL)
    return app->config;
  app->config = load_config (app, error);
  if (app->config == NULL || (pool != NULL && !b9_config_use_pool (app->config, pool, error)))
    return NULL;
  log = b9_config_set_string (app->config, "log.file");
  b9_own_log_configure (
      log, b9_app_global (app, "debug") != NULL ? "debug" : b9_config_string (app->config, "log.level"));
  return app->config;
}

B9Registry *
b9_app_registry (B9App *app, GError **error)
{
  B9Config *config = b9_app_config (app, error);
  g_auto (GStrv) directories = NULL;

  if (config == NULL || app->registry != NULL)
    return app->registry;
  directories = b9_plugin_directories (b9_config_list (config, "plugin-directories"));
  app->registry = b9_registry_new ((const char *const *)directories);
  return app->registry;
}

char *
b9_app_default_state_directory (void)
{
  const char *runtime_directory = getenv ("XDG_RUNTIME_DIR");

  if (geteuid () != 0 && runtime_directory != NULL && g_path_is_absolute (runtime_directory))
    return g_build_filename (runtime_directory, "b9run", NULL);
  return g_strdup (B9_RUNSTATEDIR "/b9run");
}

B9Index *
b9_app_index (B9App *app, GError **error)
{
  const B9Config *config = b9_app_config (app, error);
  const char *asked = b9_app_global (app, "state-directory");
  g_autofree char *directory = NULL;

  if (config == NULL || app->index != NULL)
    return app->index;
  if (asked == NULL)
    asked = secure_getenv ("B9RUN_STATE_DIR");
  if (asked == NULL)
    asked = b9_config_set_string (config, "state-directory");
  directory = asked != NULL ? b9_absolute_path (asked, NULL) : b9_app_default_state_directory ();
  app->index = b9_index_new (directory);
  return app->index;
}

B9Matrix *
b9_app_matrix (B9App *app, GError **error)
{
  B9Registry *registry = b9_app_registry (app, error);
  const B9Index *index = registry != NULL ? b9_app_index (app, error) : NULL;

  if (index == NULL || app->matrix != NULL)
    return app->matrix;
  app->matrix = b9_matrix_new (registry, app->config, b9_index_directory (index));
  return app->matrix;
}

void
b9_app_clear (B9App *app)
{
  g_clear_pointer (&app->matrix, b9_matrix_free);
  g_clear_pointer (&app->said, g_free);
  g_clear_pointer (&app->runtimes, g_ptr_array_unref);
  g_clear_pointer (&app->index, b9_index_free);
  g_clear_pointer (&app->registry, b9_registry_free);
  g_clear_pointer (&app->config, b9_config_free);
  g_clear_pointer (&app->backend_options, g_ptr_array_unref);
  g_clear_pointer (&app->globals, b9_line_free);
}

char *
b9_app_explicit_root (const B9App *app)
{
  const char *root = b9_app_global (app, "root");

  return root != NULL ? b9_absolute_path (root, NULL) : NULL;
}

const char *
b9_app_explicit_backend (const B9App *app)
{
  const char *backend = b9_app_global (app, "backend");

  return backend != NULL ? backend : app->invoked_as;
}

/* What the bundle asks for, where the configuration lets bundles ask. */
static char *
allowed_annotation (const B9Config *config, const B9Bundle *bundle, const char *name)
{
  if (bundle == NULL || !g_strv_contains (b9_config_list (config, "annotations.allowed"), name))
    return NULL;
  return b9_bundle_annotation (bundle, name);
}

char *
b9_app_choose_backend (B9App *app, const B9Bundle *bundle, GError **error)
{
  B9Config *config = b9_app_config (app, error);
  const char *explicit_backend = b9_app_explicit_backend (app);
  const char *configured;
  g_autofree char *pool = NULL;
  char *annotated;

  if (config == NULL)
    return NULL;
  if (explicit_backend != NULL)
    return g_strdup (explicit_backend);
  pool = b9_app_global (app, "pool") == NULL ? allowed_annotation (config, bundle, POOL_ANNOTATION) : NULL;
  if (pool != NULL && !b9_config_use_pool (config, pool, error))
    return NULL;
  annotated = allowed_annotation (config, bundle, BACKEND_ANNOTATION);
  if (annotated != NULL)
    return annotated;
  configured = b9_config_set_string (config, "backend");
  return g_strdup (configured != NULL ? configured : BUILT_IN_BACKEND);
}

const B9Runtime *
b9_app_runtime (B9App *app, const char *name, GError **error)
{
  B9Registry *registry = b9_app_registry (app, error);
  B9Runtime *runtime;

  if (registry == NULL)
    return NULL;
  for (guint i = 0; i < app->runtimes->len; i++) {
    runtime = g_ptr_array_index (app->runtimes, i);
    if (strcmp (runtime->name, name) == 0)
      return runtime;
  }
  runtime = b9_runtime_open (registry, app->config, name, app->backend_options, error);
  if (runtime == NULL)
    return NULL;
  runtime->data.state_directory = b9_index_directory (b9_app_index (app, NULL));
  g_ptr_array_add (app->runtimes, runtime);
  return runtime;
}

GPtrArray *
b9_app_runtimes_here (B9App *app)
{
  GPtrArray *here = g_ptr_array_new ();
  g_autoptr (GPtrArray) providers = NULL;

  b9_registry_load_all (app->registry);
  providers = b9_registry_providers (app->registry, B9_PROVIDER_BACKEND);
  for (guint i = 0; i < providers->len; i++) {
    const B9Provider *provider = g_ptr_array_index (providers, i);
    const B9Runtime *runtime = b9_app_runtime (app, provider->name, NULL);
    g_autofree char *program = runtime != NULL ? b9_runtime_program (runtime, NULL) : NULL;

    if (program != NULL)
      g_ptr_array_add (here, (gpointer)runtime);
  }
  return here;
}

/* Nothing named a backend and runc is not there: say which are, rather than choose another isolation
 * silently. */
static void
name_the_others (B9App *app, GError **error)
{
  g_autoptr (GPtrArray) here = b9_app_runtimes_here (app);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < here->len; i++) {
    const B9Runtime *runtime = g_ptr_array_index (here, i);

    g_string_append_printf (names, "%s--backend=%s", names->len > 0 ? ", " : "", runtime->name);
  }
  if (names->len > 0)
    g_prefix_error (error, "no backend was asked for, so runc is used; to choose one that is here: %s.  ",
                    names->str);
}

/* Backend and root alone: what b9_target_exists needs. */
static gboolean
choose_place (B9App *app, const B9Bundle *bundle, const char *id, B9Target *target, GError **error)
{
  g_autofree char *name = b9_app_choose_backend (app, bundle, error);
  g_autofree char *root = b9_app_explicit_root (app);
  const B9Runtime *runtime = name != NULL ? b9_app_runtime (app, name, error) : NULL;

  if (runtime == NULL)
    return FALSE;
  target->runtime = runtime;
  target->id = g_strdup (id);
  target->root = b9_runtime_root (runtime, root);
  return TRUE;
}

/* Program and flags, for a target that has a place. */
static gboolean
choose_program (B9App *app, B9Target *target, GError **error)
{
  target->program = b9_runtime_program (target->runtime, error);
  if (target->program == NULL) {
    if (b9_app_explicit_backend (app) == NULL && b9_config_set_string (app->config, "backend") == NULL)
      name_the_others (app, error);
    return FALSE;
  }
  target->rootless = g_strdup (b9_app_global (app, "rootless"));
  target->systemd_cgroup = b9_line_flag (app->globals, "systemd-cgroup");
  target->flags = target->id != NULL ? b9_runtime_new_flags (target->runtime, error) : g_new0 (char *, 1);
  return target->flags != NULL;
}

gboolean
b9_app_new_target (B9App *app, const B9Bundle *bundle, const char *id, B9Target *target, GError **error)
{
  return choose_place (app, bundle, id, target, error) && choose_program (app, target, error);
}

/* The record that @id means; where several match, the one in the root that would be used for a new container.
 */
static gboolean
find_record (B9App *app, const char *id, B9Record **record, GError **error)
{
  const B9Index *index = b9_app_index (app, error);
  g_autofree char *root = b9_app_explicit_root (app);
  B9Query query = {.id = id, .backend = b9_app_global (app, "backend"), .root = root};
  g_autoptr (GError) problem = NULL;
  g_autofree char *name = NULL;
  g_autofree char *default_root = NULL;
  const B9Runtime *runtime;

  if (index == NULL)
    return FALSE;
  if (b9_index_find (index, &query, record, &problem))
    return TRUE;
  name = b9_app_choose_backend (app, NULL, NULL);
  runtime = name != NULL && g_error_matches (problem, B9_ERROR, B9_ERROR_AMBIGUOUS)
                ? b9_app_runtime (app, name, NULL)
                : NULL;
  if (runtime != NULL) {
    query.default_root = default_root = b9_runtime_root (runtime, NULL);
    return b9_index_find (index, &query, record, error);
  }
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

static gboolean
fail_not_found (const char *id, const char *root, GError **error)
{
  return b9_fail (error, B9_ERROR_NOT_FOUND, "%s: %s (looked in root %s; b9run list shows what there is)",
                  b9_contract_text (B9_ERROR_NOT_FOUND), id, root);
}

static gboolean
find_recorded (B9App *app, B9Record *record, B9Target *target, GError **error)
{
  const B9Runtime *runtime = b9_app_runtime (app, record->backend, error);
  gboolean gone;

  if (runtime == NULL) {
    g_prefix_error (error, "container %s was created with backend %s: ", record->id, record->backend);
    b9_record_free (record);
    return FALSE;
  }
  if (!b9_target_from_record (target, runtime, record, error))
    return FALSE;
  if (b9_journal_exists (record->directory) && !b9_app_settle (app, target, error))
    return FALSE;
  if (!b9_needs_mending (target))
    return TRUE;
  if (!b9_index_lock (app->index, error))
    return FALSE;
  gone = b9_mend (app->index, target) == B9_MEND_REMOVED;
  b9_index_unlock (app->index);
  if (gone || b9_target_exists (target))
    return gone ? fail_not_found (target->id, target->record->root, error) : TRUE;
  if (b9_process_alive (target->record->creator, target->record->creator_start))
    return b9_fail (error, B9_ERROR_NOT_FOUND, "%s: %s is still being made, by the b9run with PID %d",
                    b9_contract_text (B9_ERROR_NOT_FOUND), target->id, (int)target->record->creator);
  return fail_not_found (target->id, target->record->root, error);
}

gboolean
b9_app_find (B9App *app, const char *id, B9Target *target, GError **error)
{
  B9Record *record = NULL;

  if (!b9_check_id (id, error) || !find_record (app, id, &record, error))
    return FALSE;
  if (record != NULL)
    return find_recorded (app, record, target, error);
  if (!choose_place (app, NULL, id, target, error))
    return FALSE;
  /* Looked for before the program: clients delete what a failed create left, without a PATH to find it in. */
  if (!b9_target_exists (target) && !b9_find_in_own_root (target))
    return fail_not_found (id, target->root, error);
  return choose_program (app, target, error);
}
