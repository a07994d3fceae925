/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-inject-hooks.c: hooks, each at the end of its list, and intelRdt.
 */
#include "config.h"

#include <string.h>

#include "plugins/gpu/cdi/cdi-json.h"
#include "plugins/gpu/cdi/cdi-plan.h"

static char *
hook_json (const CdiHook *hook)
{
  GString *json = g_string_new ("{");

  cdi_json_member_text (json, "path", hook->path);
  cdi_json_member_texts (json, "args", &hook->args);
  cdi_json_member_texts (json, "env", &hook->env);
  cdi_json_member_optional (json, "timeout", &hook->timeout);
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

/* A hook that an engine has put there is not run a second time. */
static gboolean
is_there (const CdiPlan *plan, const CdiArray *hooks, const CdiHook *hook)
{
  for (guint i = 0; i < hooks->elements->len; i++) {
    const CdiElement *element = cdi_array_at (hooks, i);

    if (element->index >= 0 && cdi_element_has_text (plan->spec, hooks, element, "path", hook->path) &&
        cdi_element_has_texts (plan->spec, hooks, element, "args", &hook->args) &&
        cdi_element_has_texts (plan->spec, hooks, element, "env", &hook->env) &&
        cdi_element_has_number (plan->spec, hooks, element, "timeout", &hook->timeout))
      return TRUE;
  }
  return FALSE;
}

static char *
shown (const CdiHook *hook)
{
  GString *line = g_string_new (hook->path);

  for (guint i = 1; i < hook->args.count; i++)
    g_string_append_printf (line, " %s", CDI_TEXT_ITEM (hook->args, i));
  return g_string_free (line, FALSE);
}

static void
add_hooks (CdiPlan *plan, CdiArray *hooks, const char *name, const CdiSource *source)
{
  for (guint i = 0; i < source->edits->hooks.count; i++) {
    const CdiHook *hook = CDI_ITEM (source->edits->hooks, CdiHook, i);
    g_autofree char *line = NULL;

    if (strcmp (hook->name, name) != 0 || is_there (plan, hooks, hook))
      continue;
    line = shown (hook);
    cdi_array_add (hooks, NULL, hook_json (hook));
    cdi_plan_note (plan, hooks->pointer, source->cause, "added %s", line);
  }
}

gboolean
cdi_plan_hooks (CdiPlan *plan, GError **error)
{
  static const char *const names[] = {"prestart",       "createRuntime", "createContainer",
                                      "startContainer", "poststart",     "poststop"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *pointer = g_strconcat ("/hooks/", names[i], NULL);
    g_autoptr (CdiArray) hooks = cdi_array_load (plan->spec, pointer, NULL, error);

    if (hooks == NULL)
      return FALSE;
    for (guint j = 0; j < plan->sources->len; j++)
      add_hooks (plan, hooks, names[i], cdi_plan_source (plan, j));
    cdi_plan_array (plan, hooks);
  }
  return TRUE;
}

static char *
rdt_json (const CdiIntelRdt *rdt)
{
  GString *json = g_string_new ("{");

  cdi_json_member_text (json, "closID", rdt->clos_id);
  cdi_json_member_texts (json, "schemata", &rdt->schemata);
  cdi_json_member_text (json, "l3CacheSchema", rdt->l3_cache_schema);
  cdi_json_member_text (json, "memBwSchema", rdt->mem_bw_schema);
  if (rdt->enable_monitoring.value != 0)
    cdi_json_member_raw (json, "enableMonitoring", "true");
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

/* The last object takes the place of any other, whole. */
gboolean
cdi_plan_rdt (CdiPlan *plan, GError **error)
{
  const CdiSource *last = NULL;
  g_autofree char *json = NULL;
  g_autofree char *there = NULL;

  (void)error;
  for (guint i = 0; i < plan->sources->len; i++)
    if (cdi_plan_source (plan, i)->edits->rdt != NULL)
      last = cdi_plan_source (plan, i);
  if (last == NULL)
    return TRUE;
  json = rdt_json (last->edits->rdt);
  there = plan->spec->json (plan->spec, "/linux/intelRdt");
  if (g_strcmp0 (there, json) != 0)
    cdi_plan_set (plan, "/linux/intelRdt", g_steal_pointer (&json), last->cause);
  return TRUE;
}
