/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-inject-process.c: environment and groups of the container's process.
 *
 * A variable takes the place of one of its name.  Appended behind it, as release 1.1.0 of the reference
 * implementation does, runsc would see the first: an image's NVIDIA_VISIBLE_DEVICES=all before CDI's void
 * sends it down its legacy path.
 */
#include "config.h"

#include <string.h>

#include "plugins/gpu/cdi/cdi-json.h"
#include "plugins/gpu/cdi/cdi-plan.h"

#define ENV "/process/env"
#define GROUPS "/process/user/additionalGids"

static char *
json_of (const char *text)
{
  GString *json = g_string_new (NULL);

  cdi_json_text (json, text);
  return g_string_free (json, FALSE);
}

static gboolean
has_name (const CdiElement *element, const char *entry, gsize length)
{
  return element->key != NULL && strncmp (element->key, entry, length) == 0 &&
         (element->key[length] == '=' || element->key[length] == '\0');
}

/* In place of the first of its name; later ones go. */
static void
set_variable (CdiPlan *plan, CdiArray *env, const char *entry, const char *cause)
{
  gsize length = strcspn (entry, "=");
  CdiElement *found = NULL;

  for (guint i = 0; i < env->elements->len;) {
    CdiElement *element = cdi_array_at (env, i);

    if (!has_name (element, entry, length)) {
      i++;
    } else if (found != NULL) {
      cdi_array_remove (env, i);
    } else {
      found = element;
      i++;
    }
  }
  if (found == NULL) {
    cdi_array_add (env, entry, json_of (entry));
    cdi_plan_note (plan, ENV, cause, "added %s", entry);
  } else if (strcmp (found->key, entry) != 0) {
    cdi_plan_note (plan, ENV, cause, "replaced %s by %s", found->key, entry);
    g_free (found->key);
    g_free (found->json);
    found->key = g_strdup (entry);
    found->json = json_of (entry);
    env->changed = TRUE;
  }
}

gboolean
cdi_plan_env (CdiPlan *plan, GError **error)
{
  g_autoptr (CdiArray) env = cdi_array_load (plan->spec, ENV, "", error);

  if (env == NULL)
    return FALSE;
  for (guint i = 0; i < plan->sources->len; i++) {
    const CdiSource *source = cdi_plan_source (plan, i);

    for (guint j = 0; j < source->edits->env.count; j++)
      set_variable (plan, env, CDI_TEXT_ITEM (source->edits->env, j), source->cause);
  }
  cdi_plan_array (plan, env);
  return TRUE;
}

static void
add_group (CdiPlan *plan, CdiArray *groups, gint64 gid, const char *cause)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, gid);

  for (guint i = 0; i < groups->elements->len; i++)
    if (strcmp (cdi_array_at (groups, i)->json, text) == 0)
      return;
  cdi_plan_note (plan, GROUPS, cause, "added group %s", text);
  cdi_array_add (groups, NULL, g_steal_pointer (&text));
}

gboolean
cdi_plan_gids (CdiPlan *plan, GError **error)
{
  g_autoptr (CdiArray) groups = cdi_array_load (plan->spec, GROUPS, NULL, error);

  if (groups == NULL)
    return FALSE;
  for (guint i = 0; i < plan->sources->len; i++) {
    const CdiSource *source = cdi_plan_source (plan, i);

    /* Group 0 would be no narrower than what it is for. */
    for (guint j = 0; j < source->edits->gids.count; j++)
      if (*CDI_ITEM (source->edits->gids, gint64, j) != 0)
        add_group (plan, groups, *CDI_ITEM (source->edits->gids, gint64, j), source->cause);
  }
  cdi_plan_array (plan, groups);
  return TRUE;
}
