/* SPDX-License-Identifier: Apache-2.0
 *
 * module-backend.c: whether the vtable of a backend has what every backend must have, and data that makes
 * sense.
 */
#include "config.h"

#include <limits.h>
#include <string.h>

#include <b9run/b9-error.h>

#include "core/plugin/module-private.h"

typedef struct {
  const char *name;
  gsize offset;
} Member;

#define MEMBER(field)                         \
  {                                           \
#field, G_STRUCT_OFFSET(B9Backend, field) \
  }

/* All of them pointers, to data or to a function. */
static const Member required_members[] = {
    MEMBER (programs), MEMBER (default_root), MEMBER (find), MEMBER (way), MEMBER (build_argv),
};

/* Every backend has these of its own accord (b9-backend.h, config_keys). */
static const char *const reserved_keys[] = {"path", "root", "flags", NULL};

static gboolean refuse (GError **error, const B9Provider *provider, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
refuse (GError **error, const B9Provider *provider, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, B9_ERROR, B9_ERROR_PLUGIN, "its backend \"%s\" %s", provider->name, what);
  return FALSE;
}

static gboolean
has_member (const B9Backend *backend, const Member *member)
{
  gpointer value = NULL;

  if (backend->struct_size < member->offset + sizeof value)
    return FALSE;
  memcpy (&value, (const char *)backend + member->offset, sizeof value);
  return value != NULL;
}

static gboolean
check_members (const B9Provider *provider, const B9Backend *backend, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (required_members); i++) {
    if (has_member (backend, &required_members[i]))
      continue;
    return refuse (error, provider, "lacks \"%s\", which every backend must have; set it in its B9Backend%s",
                   required_members[i].name,
                   backend->struct_size < required_members[i].offset + sizeof (gpointer)
                       ? ", and .struct_size = sizeof (B9Backend)"
                       : "");
  }
  return TRUE;
}

static gboolean
check_programs (const B9Provider *provider, const B9Backend *backend, GError **error)
{
  if (backend->programs[0] == NULL)
    return refuse (error, provider, "lists no program in \"programs\"; name at least one");
  for (guint i = 0; backend->programs[i] != NULL; i++) {
    g_autofree char *flaw = b9_module_text_flaw (backend->programs[i], NAME_MAX);

    if (i == B9_MAX_LIST)
      return refuse (error, provider, "lists more than %d programs; end the list by NULL", B9_MAX_LIST);
    if (flaw != NULL)
      return refuse (error, provider, "has a program %u whose name %s; correct it", i + 1, flaw);
    if (strchr (backend->programs[i], '/') != NULL)
      return refuse (error, provider, "has the program \"%s\"; give a name to look up in PATH, without \"/\"",
                     backend->programs[i]);
  }
  return TRUE;
}

static gboolean
check_root (const B9Provider *provider, const B9Backend *backend, GError **error)
{
  g_autofree char *flaw = b9_module_text_flaw (backend->default_root, B9_MAX_TEXT);

  if (flaw != NULL)
    return refuse (error, provider, "has a \"default_root\" that %s; correct it", flaw);
  if (!g_path_is_absolute (backend->default_root))
    return refuse (error, provider, "has the \"default_root\" \"%s\"; make it an absolute path",
                   backend->default_root);
  return TRUE;
}

static gboolean
check_choices (const B9Provider *provider, const B9ConfigKey *key, GError **error)
{
  if (key->choices == NULL || key->choices[0] == NULL)
    return refuse (error, provider, "has the key \"%s\" with no choices; list them in .choices", key->name);
  for (guint i = 0; key->choices[i] != NULL; i++) {
    g_autofree char *flaw = b9_module_text_flaw (key->choices[i], B9_MAX_TEXT);

    if (i == B9_MAX_LIST)
      return refuse (error, provider, "has the key \"%s\" with more than %d choices; end the list by NULL",
                     key->name, B9_MAX_LIST);
    if (flaw != NULL)
      return refuse (error, provider, "has the key \"%s\" with a choice that %s; correct it", key->name,
                     flaw);
  }
  return TRUE;
}

static gboolean
check_key_name (const B9Provider *provider, const B9ConfigKey *key, guint number, GError **error)
{
  g_autofree char *flaw = b9_module_text_flaw (key->name, B9_MAX_NAME);

  if (flaw != NULL)
    return refuse (error, provider, "has a configuration key %u whose name %s; correct it", number, flaw);
  if (!b9_module_name_is_good (key->name))
    return refuse (
        error, provider,
        "has a configuration key called \"%s\"; names are of a-z, 0-9 and \"-\", and begin with a letter",
        key->name);
  if (g_strv_contains (reserved_keys, key->name))
    return refuse (error, provider, "declares the key \"%s\", which every backend has already; remove it",
                   key->name);
  return TRUE;
}

static gboolean
check_key (const B9Provider *provider, const B9ConfigKey *key, guint number, GError **error)
{
  g_autofree char *flaw = NULL;

  if (key->struct_size < G_STRUCT_OFFSET (B9ConfigKey, summary) + sizeof key->summary)
    return refuse (error, provider,
                   "has a configuration key %u that is too small; set .struct_size = sizeof (B9ConfigKey)",
                   number);
  if (!check_key_name (provider, key, number, error))
    return FALSE;
  if (key->type < B9_CONFIG_STRING || key->type > B9_CONFIG_CHOICE)
    return refuse (error, provider, "has the key \"%s\" of the unknown type %u; use one of B9ConfigType",
                   key->name, key->type);
  flaw = b9_module_text_flaw (key->summary, B9_MAX_TEXT);
  if (flaw != NULL)
    return refuse (error, provider, "has the key \"%s\" whose summary %s; correct it", key->name, flaw);
  g_clear_pointer (&flaw, g_free);
  flaw = key->fallback != NULL && *key->fallback != '\0' ? b9_module_text_flaw (key->fallback, B9_MAX_TEXT)
                                                         : NULL;
  if (flaw != NULL)
    return refuse (error, provider, "has the key \"%s\" whose fallback %s; correct it", key->name, flaw);
  return key->type != B9_CONFIG_CHOICE || check_choices (provider, key, error);
}

static gboolean
check_keys (const B9Provider *provider, const B9Backend *backend, GError **error)
{
  if (!B9_STRUCT_HAS (backend, config_keys))
    return TRUE;
  for (guint i = 0; backend->config_keys[i] != NULL; i++) {
    if (i == B9_MAX_LIST)
      return refuse (error, provider, "has more than %d configuration keys; end the list by NULL",
                     B9_MAX_LIST);
    if (!check_key (provider, backend->config_keys[i], i + 1, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
b9_module_check_backend (const B9Provider *provider, GError **error)
{
  const B9Backend *backend = provider->vtable;

  return check_members (provider, backend, error) && check_programs (provider, backend, error) &&
         check_root (provider, backend, error) && check_keys (provider, backend, error);
}
