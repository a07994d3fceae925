/* SPDX-License-Identifier: Apache-2.0
 *
 * query.c: see query.h.
 */
#include "config.h"

#include "core/run/query.h"

#include <string.h>

#include "core/log/client-log.h"
#include "core/run/outcome.h"
#include "core/run/spawn.h"
#include "core/sys/failure.h"
#include "core/sys/process.h"

void
b9_state_free (B9State *state)
{
  if (state == NULL)
    return;
  g_free (state->id);
  g_free (state->status);
  g_free (state->bundle);
  g_free (state->created);
  g_free (state->rootfs);
  g_free (state->owner);
  g_clear_pointer (&state->annotations, g_hash_table_unref);
  g_free (state);
}

static void
parse_annotations (B9State *state, const B9JsonText *text, B9JsonValue object)
{
  B9JsonValue annotations = B9_JSON_NONE;

  if (!b9_json_get (text, object, "annotations", &annotations, NULL) || annotations == B9_JSON_NONE ||
      b9_json_kind (text, annotations) != B9_JSON_OBJECT)
    return;
  state->annotations = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (B9JsonValue member = b9_json_first (text, annotations); member != B9_JSON_NONE;
       member = b9_json_next (text, member)) {
    char *name = b9_json_member_name (text, member);
    char *value = b9_json_kind (text, member) == B9_JSON_STRING
                      ? b9_json_string (text, member, "annotation", NULL)
                      : NULL;

    if (name != NULL && value != NULL) {
      g_hash_table_insert (state->annotations, name, value);
    } else {
      g_free (name);
      g_free (value);
    }
  }
}

/* A process that is gone, or that nobody has reaped yet, runs no container. */
static void
correct (B9State *state)
{
  gboolean has_process = strcmp (state->status, "stopped") != 0 && strcmp (state->status, "creating") != 0;

  if (has_process && !b9_process_alive (state->pid, 0)) {
    g_free (state->status);
    state->status = g_strdup ("stopped");
  }
  if (strcmp (state->status, "stopped") == 0 || state->pid < 0)
    state->pid = 0;
}

B9State *
b9_state_parse (const B9JsonText *text, B9JsonValue object, GError **error)
{
  g_autoptr (B9State) state = g_new0 (B9State, 1);
  B9JsonValue pid = B9_JSON_NONE;
  gint64 number = 0;

  if (b9_json_kind (text, object) != B9_JSON_OBJECT) {
    b9_fail (error, B9_ERROR_BACKEND_FAILED, "%s holds no container state", b9_json_text_what (text));
    return NULL;
  }
  if (!b9_json_find_string (text, object, &state->id, error, "id", NULL) ||
      !b9_json_find_string (text, object, &state->status, error, "status", NULL) ||
      !b9_json_find_string (text, object, &state->bundle, error, "bundle", NULL) ||
      !b9_json_find_string (text, object, &state->created, error, "created", NULL) ||
      !b9_json_find_string (text, object, &state->rootfs, error, "rootfs", NULL) ||
      !b9_json_find_string (text, object, &state->owner, error, "owner", NULL) ||
      !b9_json_get (text, object, "pid", &pid, error) ||
      (pid != B9_JSON_NONE && !b9_json_int64 (text, pid, "pid", &number, error)))
    return NULL;
  if (state->id == NULL || state->status == NULL || number > G_MAXINT32 || number < G_MININT32) {
    b9_fail (error, B9_ERROR_BACKEND_FAILED, "%s holds no container state (id, status and pid)",
             b9_json_text_what (text));
    return NULL;
  }
  state->pid = (pid_t)number;
  parse_annotations (state, text, object);
  correct (state);
  return g_steal_pointer (&state);
}

/* A pause or resume that dies half-way leaves nobody able to tell what it has done. */
static B9Capture
capture_for (B9Operation operation)
{
  gboolean whole = operation == B9_OPERATION_PAUSE || operation == B9_OPERATION_RESUME;

  return B9_CAPTURE_OUTPUT | B9_CAPTURE_ERROR | (whole ? B9_CAPTURE_OUTLIVES_US : 0);
}

char *
b9_query (const B9Runtime *runtime, const B9Request *request, guint timeout_seconds, GError **error)
{
  g_auto (GStrv) argv = runtime->backend->build_argv (&runtime->host, request, error);
  g_auto (B9Answer) answer = {0};
  g_autofree char *message = NULL;

  if (argv == NULL || !b9_run_captured (argv, capture_for ((B9Operation)request->operation),
                                        timeout_seconds, &answer, error))
    return NULL;
  if (answer.wait_status == 0)
    return g_string_free (g_steal_pointer (&answer.output), FALSE);
  message = b9_last_words (answer.error->str);
  b9_outcome_failed (runtime, request, answer.wait_status, message, error);
  return NULL;
}

/* Takes @answer.  What the runtime printed is a foreign document like any other. */
static B9JsonText *
scan_answer (const B9Runtime *runtime, const char *command, char *answer, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (answer, strlen (answer));
  g_autofree char *what = g_strdup_printf ("the answer of %s %s", runtime->name, command);
  g_autoptr (GError) problem = NULL;
  B9JsonText *text = b9_json_text_new (bytes, what, &problem);

  if (text == NULL)
    b9_fail (error, B9_ERROR_BACKEND_FAILED, "%s; is it really %s?", problem->message, runtime->name);
  return text;
}

/* The record knows which process the container was made with; the runtime may hold a PID that another has
 * now. */
static void
correct_by_record (B9State *state, const B9Record *record)
{
  if (record == NULL || state->pid == 0 || state->pid != record->pid || !b9_record_is_ours (record) ||
      b9_process_alive (record->pid, record->pid_start))
    return;
  g_free (state->status);
  state->status = g_strdup ("stopped");
  state->pid = 0;
}

B9State *
b9_query_state (const B9Target *target, B9JsonText **text, GError **error)
{
  B9Request request = b9_target_request (target, B9_OPERATION_STATE);
  char *answer = b9_query (target->runtime, &request, B9_QUERY_SECONDS, error);
  g_autoptr (B9JsonText) scanned = NULL;
  g_autoptr (B9State) state = NULL;

  if (answer == NULL)
    return NULL;
  scanned = scan_answer (target->runtime, "state", answer, error);
  state = scanned != NULL ? b9_state_parse (scanned, B9_JSON_ROOT, error) : NULL;
  if (state != NULL)
    correct_by_record (state, target->record);
  if (state != NULL && text != NULL)
    *text = g_steal_pointer (&scanned);
  return g_steal_pointer (&state);
}

char *
b9_peek_status (const B9Target *target, pid_t pid)
{
  static const char *const none[] = {NULL};
  const B9Runtime *runtime = target->runtime;
  B9Request request = b9_target_request (target, B9_OPERATION_STATE);
  const B9Record *record = target->record;
  char *const *cgroups = record != NULL ? record->cgroup_directories : NULL;

  if (!B9_STRUCT_HAS (runtime->backend, peek_status))
    return NULL;
  return runtime->backend->peek_status (&runtime->host, &request, pid,
                                        cgroups != NULL ? (const char *const *)cgroups : none);
}

B9State *
b9_look_at_state (const B9Target *target, GError **error)
{
  const B9Record *record = target->record;
  g_autofree char *status = NULL;
  B9State *state;

  if (record != NULL && record->pid > 0 && b9_record_is_ours (record) &&
      b9_process_alive (record->pid, record->pid_start))
    status = b9_peek_status (target, record->pid);
  if (status == NULL)
    return b9_query_state (target, NULL, error);
  state = g_new0 (B9State, 1);
  state->id = g_strdup (target->id);
  state->status = g_steal_pointer (&status);
  state->pid = record->pid;
  return state;
}

char *
b9_delete_by_force (const B9Target *target, GError **error)
{
  static const B9RequestOption force = {sizeof force, "force", "true"};
  static const B9RequestOption *const options[] = {&force, NULL};
  B9Request request = b9_target_request (target, B9_OPERATION_DELETE);

  request.options = options;
  return b9_query (target->runtime, &request, B9_DELETE_SECONDS, error);
}

gboolean
b9_has_ended (const B9Target *target)
{
  g_autoptr (B9State) state = b9_query_state (target, NULL, NULL);

  return state != NULL && strcmp (state->status, "stopped") == 0;
}

GPtrArray *
b9_query_list (const B9Runtime *runtime, const char *program, const char *root, GError **error)
{
  static const B9RequestOption format = {sizeof format, "format", "json"};
  static const B9RequestOption *const options[] = {&format, NULL};
  const B9Target place = {.runtime = runtime, .program = (char *)program, .root = (char *)root};
  B9Request request = b9_target_request (&place, B9_OPERATION_LIST);
  g_autoptr (GPtrArray) states = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_state_free);
  g_autoptr (B9JsonText) text = NULL;
  char *answer;

  request.options = options;
  answer = b9_query (runtime, &request, B9_QUERY_SECONDS, error);
  text = answer != NULL ? scan_answer (runtime, "list", answer, error) : NULL;
  if (text == NULL)
    return NULL;
  if (b9_json_kind (text, B9_JSON_ROOT) == B9_JSON_NULL)
    return g_steal_pointer (&states);
  if (b9_json_kind (text, B9_JSON_ROOT) != B9_JSON_ARRAY) {
    b9_fail (error, B9_ERROR_BACKEND_FAILED, "%s holds no list of containers", b9_json_text_what (text));
    return NULL;
  }
  for (B9JsonValue item = b9_json_first (text, B9_JSON_ROOT); item != B9_JSON_NONE;
       item = b9_json_next (text, item)) {
    B9State *state = b9_state_parse (text, item, error);

    if (state == NULL)
      return NULL;
    g_ptr_array_add (states, state);
  }
  return g_steal_pointer (&states);
}
