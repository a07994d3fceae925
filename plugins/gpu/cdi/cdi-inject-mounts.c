/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-inject-mounts.c: mounts, and the order of all of them.
 *
 * A mount takes the place of the first one with exactly its destination, and goes to the end.  Where any is
 * added, all are sorted by the depth of their destinations, so that none hides another that lies below it.
 */
#include "config.h"

#include <string.h>

#include "plugins/gpu/cdi/cdi-json.h"
#include "plugins/gpu/cdi/cdi-plan.h"

#define MOUNTS "/mounts"

static gboolean
has_option (const CdiList *options, const char *option)
{
  for (guint i = 0; i < options->count; i++)
    if (strcmp (CDI_TEXT_ITEM (*options, i), option) == 0)
      return TRUE;
  return FALSE;
}

/* The option that maps a bind mount's ids where the container has a user namespace, or NULL. */
static const char *
id_mapping (const CdiPlan *plan, const CdiMount *mount)
{
  gboolean recursive = has_option (&mount->options, "rbind");
  gboolean binds = recursive || has_option (&mount->options, "bind") || g_strcmp0 (mount->type, "bind") == 0;

  if (!plan->user_namespace || !binds || has_option (&mount->options, "idmap") ||
      has_option (&mount->options, "ridmap"))
    return NULL;
  return recursive ? "ridmap" : "idmap";
}

static char *
mount_json (const CdiMount *mount, const CdiList *options)
{
  GString *json = g_string_new ("{");

  cdi_json_member_text (json, "destination", mount->container_path);
  cdi_json_member_text (json, "type", mount->type != NULL && *mount->type != '\0' ? mount->type : NULL);
  cdi_json_member_text (json, "source", mount->host_path);
  cdi_json_member_texts (json, "options", options);
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

/* Whether the mount is there already, as an engine has put it, and no later one covers it. */
static gboolean
is_there (const CdiPlan *plan, const CdiArray *mounts, int place, const CdiMount *mount,
          const CdiList *options)
{
  const CdiElement *element = cdi_array_at (mounts, (guint)place);

  if (element->index < 0 || cdi_array_find (mounts, mount->container_path, (guint)place + 1) >= 0)
    return FALSE;
  return cdi_element_has_text (plan->spec, mounts, element, "source", mount->host_path) &&
         cdi_element_has_text (plan->spec, mounts, element, "type", mount->type) &&
         cdi_element_has_texts (plan->spec, mounts, element, "options", options);
}

static void
set_mount (CdiPlan *plan, CdiArray *mounts, const CdiMount *mount, const char *cause)
{
  const char *mapping = id_mapping (plan, mount);
  int place = cdi_array_find (mounts, mount->container_path, 0);
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();
  CdiList options;

  for (guint i = 0; i < mount->options.count; i++)
    g_ptr_array_add (texts, (gpointer)CDI_TEXT_ITEM (mount->options, i));
  if (mapping != NULL)
    g_ptr_array_add (texts, (gpointer)mapping);
  options = (CdiList){.items = texts->pdata, .count = texts->len, .given = TRUE};

  if (place >= 0 && is_there (plan, mounts, place, mount, &options))
    return;
  if (place >= 0)
    cdi_array_remove (mounts, (guint)place);
  cdi_array_add (mounts, mount->container_path, mount_json (mount, &options));
  cdi_plan_note (plan, MOUNTS, cause, "%s %s, from %s", place >= 0 ? "replaced" : "added",
                 mount->container_path, mount->host_path);
}

/* How many slashes the cleaned path has. */
static guint
depth_of (const char *path)
{
  gboolean absolute = *path == '/';
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  guint names = 0, ups = 0;

  for (char **part = parts; *part != NULL; part++) {
    if (**part == '\0' || strcmp (*part, ".") == 0)
      continue;
    if (strcmp (*part, "..") != 0)
      names++;
    else if (names > 0)
      names--;
    else if (!absolute)
      ups++;
  }
  if (absolute)
    return MAX (names, 1);
  return names + ups > 0 ? names + ups - 1 : 0;
}

typedef struct {
  guint depth;
  CdiElement *element;
} Ranked;

/* By insertion, which is stable and quick where nearly all is in order. */
static void
sort_mounts (CdiArray *mounts)
{
  guint count = mounts->elements->len;
  g_autofree Ranked *ranked = g_new0 (Ranked, count + 1);

  for (guint i = 0; i < count; i++) {
    CdiElement *element = cdi_array_at (mounts, i);
    guint depth = depth_of (element->key != NULL ? element->key : "");
    guint place = i;

    for (; place > 0 && ranked[place - 1].depth > depth; place--)
      ranked[place] = ranked[place - 1];
    ranked[place] = (Ranked){depth, element};
  }
  for (guint i = 0; i < count; i++) {
    mounts->changed = mounts->changed || mounts->elements->pdata[i] != ranked[i].element;
    mounts->elements->pdata[i] = ranked[i].element;
  }
}

gboolean
cdi_plan_mounts (CdiPlan *plan, GError **error)
{
  g_autoptr (CdiArray) mounts = cdi_array_load (plan->spec, MOUNTS, "destination", error);
  guint edits = 0;

  if (mounts == NULL)
    return FALSE;
  for (guint i = 0; i < plan->sources->len; i++) {
    const CdiSource *source = cdi_plan_source (plan, i);

    for (guint j = 0; j < source->edits->mounts.count; j++, edits++)
      set_mount (plan, mounts, CDI_ITEM (source->edits->mounts, CdiMount, j), source->cause);
  }
  if (edits > 0)
    sort_mounts (mounts);
  cdi_plan_array (plan, mounts);
  return TRUE;
}
