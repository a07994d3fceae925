/* SPDX-License-Identifier: Apache-2.0
 *
 * job.c: see job.h.
 */
#include "config.h"

#include "core/checkpoint/job.h"

#include <string.h>

#include "core/container/shadow.h"
#include "core/log/client-log.h"
#include "core/run/launch.h"
#include "core/run/query.h"
#include "core/sys/failure.h"

/* The one that the runtime was given. */
static void
open_bundle (B9Job *job, const B9Record *record)
{
  g_autofree char *own = record != NULL ? b9_record_file (record, "bundle") : NULL;

  if (record == NULL || record->bundle == NULL)
    return;
  job->bundle = b9_bundle_open (b9_shadow_is_used (record) ? own : record->bundle, NULL);
  if (job->bundle == NULL)
    return;
  job->spec = b9_spec_copy_new (job->bundle->config);
  job->job.spec = b9_spec_copy_interface (job->spec);
}

void
b9_job_init (B9Job *job, const B9Target *target, B9Operation operation, const GPtrArray *options,
             const char *image, const char *work, const char *strategy)
{
  job->target = target;
  job->options = g_ptr_array_new ();
  for (guint i = 0; i < options->len; i++)
    g_ptr_array_add (job->options, options->pdata[i]);
  g_ptr_array_add (job->options, NULL);
  job->request = b9_target_request (target, operation);
  job->request.options = (const B9RequestOption *const *)job->options->pdata;
  job->leave_running = (B9RequestOption){
      .struct_size = sizeof (B9RequestOption), .name = "leave-running", .value = "true"};
  job->job = (B9CheckpointJob){
      .struct_size = sizeof job->job,
      .operation = operation,
      .backend = target->runtime->name,
      .program = target->program,
      .root = target->root,
      .id = target->id,
      .flags = (const char *const *)target->flags,
      .bundle = target->record != NULL ? target->record->bundle : NULL,
      .image_path = image,
      .work_path = work,
      .directory = target->record != NULL ? target->record->directory : NULL,
      .options = job->request.options,
      .strategy = strategy,
  };
  open_bundle (job, target->record);
}

void
b9_job_clear (B9Job *job)
{
  g_clear_pointer (&job->options, g_ptr_array_unref);
  g_clear_pointer (&job->facts, g_ptr_array_unref);
  g_clear_pointer (&job->spec, b9_spec_copy_free);
  g_clear_pointer (&job->bundle, b9_bundle_free);
  g_clear_pointer (&job->version, g_free);
}

void
b9_job_set_manifest (B9Job *job, const B9Manifest *manifest)
{
  job->facts = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < manifest->facts->len; i++) {
    const B9ManifestPair *pair = g_ptr_array_index (manifest->facts, i);
    B9CheckpointFact *fact = g_new0 (B9CheckpointFact, 1);

    *fact = (B9CheckpointFact){.struct_size = sizeof *fact, .name = pair->name, .value = pair->value};
    g_ptr_array_add (job->facts, fact);
  }
  g_ptr_array_add (job->facts, NULL);
  job->job.facts = (const B9CheckpointFact *const *)job->facts->pdata;
}

gboolean
b9_job_has_option (const B9Job *job, const char *name)
{
  for (guint i = 0; job->request.options[i] != NULL; i++) {
    if (strcmp (job->request.options[i]->name, name) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
b9_job_command (B9Job *job, B9Parties *parties, gboolean leave_running, char ***argv, char ***environment,
                GError **error)
{
  const B9Runtime *runtime = job->target->runtime;
  g_autoptr (GPtrArray) variables = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) arguments = g_ptr_array_new_with_free_func (g_free);

  if (leave_running && !b9_job_has_option (job, "leave-running")) {
    g_ptr_array_insert (job->options, 0, &job->leave_running);
    job->request.options = (const B9RequestOption *const *)job->options->pdata;
    job->job.options = job->request.options;
  }
  if (!b9_parties_equip (parties, &job->job, variables, arguments, error))
    return FALSE;
  if (B9_STRUCT_HAS (runtime->backend, speed_up))
    runtime->backend->speed_up (&runtime->host, &job->request, arguments);
  *argv = runtime->backend->build_argv (&runtime->host, &job->request, error);
  if (*argv == NULL)
    return FALSE;
  b9_insert_arguments (argv, job->target->id, arguments);
  g_ptr_array_add (variables, NULL);
  *environment = (char **)g_ptr_array_free (g_steal_pointer (&variables), FALSE);
  return TRUE;
}

/* Sets the error of a runtime that has not told it. */
static char *
fail_version (const B9Target *target, const B9RunResult *result, GError **error)
{
  g_autofree char *message = b9_last_words (result->error_output != NULL ? result->error_output : "");

  b9_fail (error, B9_ERROR_BACKEND_FAILED, "%s does not tell its version: %s", target->program,
           message != NULL ? message : "it failed without a word");
  return NULL;
}

char *
b9_job_version (const B9Target *target, GError **error)
{
  const B9Runtime *runtime = target->runtime;
  B9Request request = b9_target_request (target, B9_OPERATION_VERSION);
  B9Run run = {.struct_size = sizeof run, .timeout_ms = B9_QUERY_SECONDS * 1000, .keep = TRUE};
  B9RunResult result = {.struct_size = sizeof result};
  g_auto (GStrv) argv = NULL;
  g_autofree char *errors = NULL;
  g_autofree char *output = NULL;

  request.id = NULL;
  argv = runtime->backend->build_argv (&runtime->host, &request, error);
  run.argv = (const char *const *)argv;
  if (argv == NULL || !runtime->host.run (&runtime->host, &run, &result, error)) {
    g_prefix_error (error, "%s does not tell its version: ", target->program);
    return NULL;
  }
  errors = result.error_output;
  output = result.output;
  if (result.exit_status != 0)
    return fail_version (target, &result, error);
  g_strdelimit (output, "\n", '\0');
  return g_steal_pointer (&output);
}

void
b9_job_describe (const B9Job *job, B9Manifest *manifest)
{
  manifest->backend = g_strdup (job->target->runtime->name);
  manifest->backend_version = g_strdup (job->version);
  manifest->id = g_strdup (job->target->id);
  manifest->bundle = g_strdup (job->job.bundle);
  g_strfreev (manifest->flags);
  manifest->flags = g_strdupv (job->target->flags);
  if (manifest->flags == NULL)
    manifest->flags = g_new0 (char *, 1);
  for (guint i = 0; job->request.options[i] != NULL; i++) {
    const B9RequestOption *option = job->request.options[i];

    if (option != &job->leave_running)
      b9_manifest_add (manifest->options, option->name, option->value);
  }
}

void
b9_job_add_mounts (B9Manifest *manifest, const B9JsonText *spec)
{
  B9JsonValue mounts = B9_JSON_NONE;

  if (!b9_json_get (spec, B9_JSON_ROOT, "mounts", &mounts, NULL) || mounts == B9_JSON_NONE ||
      b9_json_kind (spec, mounts) != B9_JSON_ARRAY)
    return;
  for (B9JsonValue mount = b9_json_first (spec, mounts); mount != B9_JSON_NONE;
       mount = b9_json_next (spec, mount)) {
    g_autofree char *destination = NULL;
    g_autofree char *source = NULL;

    if (b9_json_find_string (spec, mount, &destination, NULL, "destination", NULL) && destination != NULL &&
        b9_json_find_string (spec, mount, &source, NULL, "source", NULL))
      b9_manifest_add (manifest->mounts, destination, source != NULL ? source : "");
  }
}
