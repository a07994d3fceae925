/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-inject.c: resolves the devices, has the edits planned, and applies them.
 *
 * The order is the reference implementation's: devices as they are asked for, a file's edits for all its
 * devices before the first of them; then environment, device nodes, net devices, mounts, hooks, intelRdt and
 * groups.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-inject.h"

#include <string.h>

#include <b9run/b9-error.h>

#include "plugins/gpu/cdi/cdi-plan.h"

#define MOST_NAMES 12
#define MOST_PROBLEMS 5

static void
source_free (CdiSource *source)
{
  g_free (source->cause);
  g_free (source);
}

static void
planned_free (CdiPlanned *planned)
{
  g_free (planned->pointer);
  g_free (planned->json);
  g_free (planned->action);
  g_free (planned->cause);
  g_free (planned);
}

static void
plan_clear (CdiPlan *plan)
{
  g_ptr_array_unref (plan->sources);
  g_ptr_array_unref (plan->edits);
  g_ptr_array_unref (plan->notes);
  g_free (plan->cause);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CdiPlan, plan_clear)

void
cdi_plan_set (CdiPlan *plan, const char *pointer, char *json, const char *cause)
{
  CdiPlanned *planned = g_new0 (CdiPlanned, 1);

  planned->pointer = g_strdup (pointer);
  planned->json = json;
  planned->cause = g_strdup (cause);
  g_ptr_array_add (plan->edits, planned);
}

void
cdi_plan_array (CdiPlan *plan, const CdiArray *array)
{
  if (array->changed)
    cdi_plan_set (plan, array->pointer, cdi_array_json (array), plan->cause);
}

void
cdi_plan_note (CdiPlan *plan, const char *pointer, const char *cause, const char *format, ...)
{
  CdiPlanned *planned = g_new0 (CdiPlanned, 1);
  va_list arguments;

  va_start (arguments, format);
  planned->action = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  planned->pointer = g_strdup (pointer);
  planned->cause = g_strdup (cause);
  g_ptr_array_add (plan->notes, planned);
}

/* --- devices that nobody has --- */

static void
append_known (GString *message, const CdiRegistry *registry)
{
  g_autoptr (GPtrArray) entries = cdi_registry_sorted (registry);

  for (guint i = 0; i < MIN (entries->len, MOST_NAMES); i++)
    g_string_append_printf (message, "%s%s", i == 0 ? "; known are " : ", ",
                            ((const CdiEntry *)entries->pdata[i])->name);
  if (entries->len > MOST_NAMES)
    g_string_append_printf (message, " and %u more", entries->len - MOST_NAMES);
  if (entries->len == 0)
    g_string_append (message, "; no device is known");
}

static void
append_problems (GString *message, const CdiRegistry *registry)
{
  for (guint i = 0; i < MIN (registry->problems->len, MOST_PROBLEMS); i++)
    g_string_append_printf (message, "; %s", ((const CdiProblem *)registry->problems->pdata[i])->message);
  if (registry->problems->len > MOST_PROBLEMS)
    g_string_append_printf (message, "; and %u more problems", registry->problems->len - MOST_PROBLEMS);
}

gboolean
cdi_check_resolvable (const CdiInjector *injector, const CdiRequests *requests, GError **error)
{
  g_autoptr (GString) message = g_string_new ("unresolvable CDI devices ");
  gsize head = message->len;
  g_autofree char *directories = NULL;

  for (guint i = 0; i < requests->requests->len; i++) {
    const CdiRequest *request = requests->requests->pdata[i];

    if (cdi_registry_find (injector->registry, request->device) == NULL)
      g_string_append_printf (message, "%s%s", message->len > head ? ", " : "", request->device);
  }
  if (message->len == head)
    return TRUE;
  directories = g_strjoinv (", ", (char **)injector->directories);
  g_string_append_printf (message, ": no file in %s has them", directories);
  append_known (message, injector->registry);
  append_problems (message, injector->registry);
  g_string_append (message, "; see: b9run cdi check");
  g_set_error_literal (error, B9_ERROR, B9_ERROR_UNSUPPORTED, message->str);
  return FALSE;
}

/* --- the plan --- */

static void
add_source (CdiPlan *plan, const CdiEdits *edits, const char *path, const char *what)
{
  CdiSource *source = g_new0 (CdiSource, 1);

  source->edits = edits;
  source->cause = g_strdup_printf ("cdi: %s, %s", path, what);
  g_ptr_array_add (plan->sources, source);
}

static void
add_sources (CdiPlan *plan, const CdiInjector *injector, const CdiRequests *requests)
{
  g_autoptr (GHashTable) files = g_hash_table_new (NULL, NULL);
  g_autoptr (GString) names = g_string_new ("cdi: ");

  for (guint i = 0; i < requests->requests->len; i++) {
    const CdiRequest *request = requests->requests->pdata[i];
    const CdiEntry *entry = cdi_registry_find (injector->registry, request->device);
    g_autofree char *device = g_strdup_printf ("device %s", entry->name);

    if (g_hash_table_add (files, (gpointer)entry->file))
      add_source (plan, &entry->file->spec->edits, entry->file->path, "edits for all its devices");
    add_source (plan, &entry->device->edits, entry->file->path, device);
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", entry->name);
  }
  plan->cause = g_string_free (g_steal_pointer (&names), FALSE);
}

static gboolean
has_user_namespace (const B9Spec *spec)
{
  for (guint i = 0, count = spec->length (spec, "/linux/namespaces"); i < count; i++) {
    g_autofree char *pointer = g_strdup_printf ("/linux/namespaces/%u/type", i);
    g_autofree char *type = NULL;

    if (spec->string (spec, pointer, &type, NULL) && g_strcmp0 (type, "user") == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
make_plan (CdiPlan *plan, GError **error)
{
  return cdi_plan_env (plan, error) && cdi_plan_devices (plan, error) && cdi_plan_net_devices (plan, error) &&
         cdi_plan_mounts (plan, error) && cdi_plan_hooks (plan, error) && cdi_plan_rdt (plan, error) &&
         cdi_plan_gids (plan, error);
}

static gboolean
apply_plan (const CdiPlan *plan, B9Spec *spec, GError **error)
{
  for (guint i = 0; i < plan->edits->len; i++) {
    const CdiPlanned *planned = plan->edits->pdata[i];

    if (!spec->set (spec, planned->pointer, planned->json, planned->cause, error))
      return FALSE;
  }
  for (guint i = 0; i < plan->notes->len; i++) {
    const CdiPlanned *planned = plan->notes->pdata[i];

    spec->note (spec, planned->pointer, planned->action, planned->cause);
  }
  if (plan->edits->len == 0)
    spec->note (spec, "", "left as it is: all that the devices need is there already", plan->cause);
  return TRUE;
}

gboolean
cdi_inject (const CdiInjector *injector, const CdiRequests *requests, B9Spec *spec, GPtrArray *warnings,
            GError **error)
{
  g_auto (CdiPlan) plan = {
      .spec = spec,
      .nodes = injector->nodes,
      .backend = injector->backend,
      .user_namespace = has_user_namespace (spec),
      .sources = g_ptr_array_new_with_free_func ((GDestroyNotify)source_free),
      .edits = g_ptr_array_new_with_free_func ((GDestroyNotify)planned_free),
      .notes = g_ptr_array_new_with_free_func ((GDestroyNotify)planned_free),
      .warnings = warnings,
  };

  if (requests->requests->len == 0)
    return TRUE;
  if (!cdi_check_resolvable (injector, requests, error))
    return FALSE;
  add_sources (&plan, injector, requests);
  if (!make_plan (&plan, error)) {
    g_prefix_error (error, "CDI devices cannot be injected: ");
    return FALSE;
  }
  return apply_plan (&plan, spec, error);
}
