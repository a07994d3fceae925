/* SPDX-License-Identifier: Apache-2.0
 *
 * needs.c: see needs.h.
 */
#include "config.h"

#include "core/capability/needs.h"

#include <string.h>

static void
need_free (gpointer data)
{
  B9Need *need = data;

  g_free (need->what);
  g_free (need);
}

static void
add (GPtrArray *needs, const char *capability, const char *what)
{
  B9Need *need;

  for (guint i = 0; i < needs->len; i++) {
    if (strcmp (((B9Need *)g_ptr_array_index (needs, i))->capability, capability) == 0)
      return;
  }
  need = g_new0 (B9Need, 1);
  need->capability = capability;
  need->what = g_strdup (what);
  g_ptr_array_add (needs, need);
}

/* ---- the command line ---- */

static void
add_options (GPtrArray *needs, const B9RequestOption *const *options)
{
  for (guint i = 0; options != NULL && options[i] != NULL; i++) {
    if (strcmp (options[i]->name, "preserve-fds") == 0 && g_strcmp0 (options[i]->value, "0") != 0)
      add (needs, "preserve-fds", "--preserve-fds");
  }
}

GPtrArray *
b9_needs_of_options (const B9RequestOption *const *options)
{
  GPtrArray *needs = g_ptr_array_new_with_free_func (need_free);

  add_options (needs, options);
  return needs;
}

/* ---- the spec ---- */

/* A text that says something; "unconfined" is how a container asks for no profile. */
static gboolean
add_text (GPtrArray *needs, const B9JsonText *spec, const char *capability, const char *object,
          const char *member, GError **error)
{
  g_autofree char *what = g_strdup_printf ("%s.%s", object, member);
  g_autofree char *text = NULL;

  if (!b9_json_find_string (spec, B9_JSON_ROOT, &text, error, object, member, NULL))
    return FALSE;
  if (text != NULL && *text != '\0' && strcmp (text, "unconfined") != 0)
    add (needs, capability, what);
  return TRUE;
}

static gboolean
is_filled_array (const B9JsonText *spec, B9JsonValue value)
{
  return value != B9_JSON_NONE && b9_json_kind (spec, value) == B9_JSON_ARRAY &&
         b9_json_length (spec, value) > 0;
}

static gboolean
add_process (GPtrArray *needs, const B9JsonText *spec, GError **error)
{
  gboolean terminal = FALSE;

  if (!b9_json_find_boolean (spec, B9_JSON_ROOT, &terminal, error, "process", "terminal", NULL) ||
      !add_text (needs, spec, "apparmor", "process", "apparmorProfile", error) ||
      !add_text (needs, spec, "selinux", "process", "selinuxLabel", error) ||
      !add_text (needs, spec, "selinux", "linux", "mountLabel", error))
    return FALSE;
  if (terminal)
    add (needs, "console", "process.terminal");
  return TRUE;
}

/* The hooks that engines take from CDI files bring a driver's libraries along; a runtime that passes them
 * over may still give the device. */
static gboolean
is_of_cdi (const char *path)
{
  static const char *const names[] = {"nvidia-cdi-hook", "nvidia-ctk", NULL};
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : NULL;

  return name != NULL && g_strv_contains (names, name);
}

static gboolean
add_hooks (GPtrArray *needs, const B9JsonText *spec, B9JsonValue hooks, GError **error)
{
  for (B9JsonValue one = b9_json_first (spec, hooks); one != B9_JSON_NONE; one = b9_json_next (spec, one)) {
    g_autofree char *place = b9_json_place (spec, one);
    g_autofree char *path = NULL;

    if (b9_json_kind (spec, one) == B9_JSON_OBJECT &&
        !b9_json_find_string (spec, one, &path, error, "path", NULL))
      return FALSE;
    add (needs, is_of_cdi (path) ? "cdi.hooks" : "hooks.createContainer", place);
  }
  return TRUE;
}

static gboolean
add_security_and_hooks (GPtrArray *needs, const B9JsonText *spec, GError **error)
{
  B9JsonValue seccomp, hooks;

  if (!b9_json_find (spec, B9_JSON_ROOT, &seccomp, error, "linux", "seccomp", NULL) ||
      !b9_json_find (spec, B9_JSON_ROOT, &hooks, error, "hooks", "createContainer", NULL))
    return FALSE;
  if (seccomp != B9_JSON_NONE)
    add (needs, "seccomp", "linux.seccomp");
  return !is_filled_array (spec, hooks) || add_hooks (needs, spec, hooks, error);
}

static gboolean
add_network (GPtrArray *needs, const B9JsonText *spec, GError **error)
{
  B9JsonValue all;

  if (!b9_json_find (spec, B9_JSON_ROOT, &all, error, "linux", "namespaces", NULL))
    return FALSE;
  if (!is_filled_array (spec, all))
    return TRUE;
  for (B9JsonValue one = b9_json_first (spec, all); one != B9_JSON_NONE; one = b9_json_next (spec, one)) {
    g_autofree char *type = NULL;
    g_autofree char *path = NULL;
    g_autofree char *place = NULL;

    if (b9_json_kind (spec, one) != B9_JSON_OBJECT)
      continue;
    if (!b9_json_find_string (spec, one, &type, error, "type", NULL) ||
        !b9_json_find_string (spec, one, &path, error, "path", NULL))
      return FALSE;
    if (g_strcmp0 (type, "network") != 0 || path == NULL || *path == '\0')
      continue;
    place = b9_json_place (spec, one);
    add (needs, "netns.join", place);
  }
  return TRUE;
}

static gboolean
add_mounts (GPtrArray *needs, const B9JsonText *spec, GError **error)
{
  B9JsonValue all;

  if (!b9_json_get (spec, B9_JSON_ROOT, "mounts", &all, error))
    return FALSE;
  if (!is_filled_array (spec, all))
    return TRUE;
  for (B9JsonValue one = b9_json_first (spec, all); one != B9_JSON_NONE; one = b9_json_next (spec, one)) {
    B9JsonValue users, groups;
    g_autofree char *place = NULL;

    if (b9_json_kind (spec, one) != B9_JSON_OBJECT)
      continue;
    if (!b9_json_get (spec, one, "uidMappings", &users, error) ||
        !b9_json_get (spec, one, "gidMappings", &groups, error))
      return FALSE;
    if (!is_filled_array (spec, users) && !is_filled_array (spec, groups))
      continue;
    place = b9_json_place (spec, is_filled_array (spec, users) ? users : groups);
    add (needs, "idmap", place);
    return TRUE;
  }
  return TRUE;
}

GPtrArray *
b9_needs (const B9JsonText *spec, const B9RequestOption *const *options, gboolean systemd_cgroup,
          GError **error)
{
  g_autoptr (GPtrArray) needs = b9_needs_of_options (options);

  if (systemd_cgroup)
    add (needs, "systemd-cgroup", "--systemd-cgroup");
  if (!add_process (needs, spec, error) || !add_security_and_hooks (needs, spec, error) ||
      !add_network (needs, spec, error) || !add_mounts (needs, spec, error))
    return NULL;
  return g_steal_pointer (&needs);
}
