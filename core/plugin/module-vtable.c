/* SPDX-License-Identifier: Apache-2.0
 *
 * module-vtable.c: what the vtables of all kinds have in common: required members and configuration keys.
 */
#include "config.h"

#include <string.h>

#include <b9run/b9-error.h>

#include "core/plugin/module-private.h"
#include "core/plugin/registry.h"

gboolean
b9_module_refuse_provider (GError **error, const B9Provider *provider, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, B9_ERROR, B9_ERROR_PLUGIN, "its %s \"%s\" %s", b9_provider_kind_name (provider->kind),
               provider->name, what);
  return FALSE;
}

static gsize
vtable_size (const B9Provider *provider)
{
  gsize size = 0;

  memcpy (&size, provider->vtable, sizeof size);
  return size;
}

static gboolean
has_member (const B9Provider *provider, const B9ModuleMember *member)
{
  gpointer value = NULL;

  if (vtable_size (provider) < member->offset + sizeof value)
    return FALSE;
  memcpy (&value, (const char *)provider->vtable + member->offset, sizeof value);
  return value != NULL;
}

gboolean
b9_module_check_members (const B9Provider *provider, const char *type, const B9ModuleMember *members,
                         guint n_members, GError **error)
{
  const char *kind = b9_provider_kind_name (provider->kind);

  for (guint i = 0; i < n_members; i++) {
    gboolean is_short = vtable_size (provider) < members[i].offset + sizeof (gpointer);

    if (has_member (provider, &members[i]))
      continue;
    return b9_module_refuse_provider (
        error, provider, "lacks \"%s\", which every %s must have; set it in its %s%s%s%s", members[i].name,
        kind, type, is_short ? ", and .struct_size = sizeof (" : "", is_short ? type : "",
        is_short ? ")" : "");
  }
  return TRUE;
}

static gboolean
check_choices (const B9Provider *provider, const B9ConfigKey *key, GError **error)
{
  if (key->choices == NULL || key->choices[0] == NULL)
    return b9_module_refuse_provider (error, provider,
                                      "has the key \"%s\" with no choices; list them in .choices", key->name);
  for (guint i = 0; key->choices[i] != NULL; i++) {
    g_autofree char *flaw = b9_module_text_flaw (key->choices[i], B9_MAX_TEXT);

    if (i == B9_MAX_LIST)
      return b9_module_refuse_provider (error, provider,
                                        "has the key \"%s\" with more than %d choices; end the list by NULL",
                                        key->name, B9_MAX_LIST);
    if (flaw != NULL)
      return b9_module_refuse_provider (
          error, provider, "has the key \"%s\" with a choice that %s; correct it", key->name, flaw);
  }
  return TRUE;
}

static gboolean
check_key_name (const B9Provider *provider, const B9ConfigKey *key, const char *const *own_keys, guint number,
                GError **error)
{
  g_autofree char *flaw = b9_module_text_flaw (key->name, B9_MAX_NAME);

  if (flaw != NULL)
    return b9_module_refuse_provider (error, provider, "has a configuration key %u whose name %s; correct it",
                                      number, flaw);
  if (!b9_module_name_is_good (key->name))
    return b9_module_refuse_provider (
        error, provider,
        "has a configuration key called \"%s\"; names are of a-z, 0-9 and \"-\", and begin with a letter",
        key->name);
  if (own_keys != NULL && g_strv_contains (own_keys, key->name))
    return b9_module_refuse_provider (error, provider,
                                      "declares the key \"%s\", which every %s has already; remove it",
                                      key->name, b9_provider_kind_name (provider->kind));
  return TRUE;
}

static gboolean
check_key (const B9Provider *provider, const B9ConfigKey *key, const char *const *own_keys, guint number,
           GError **error)
{
  g_autofree char *flaw = NULL;

  if (key->struct_size < G_STRUCT_OFFSET (B9ConfigKey, summary) + sizeof key->summary)
    return b9_module_refuse_provider (
        error, provider,
        "has a configuration key %u that is too small; set .struct_size = sizeof (B9ConfigKey)", number);
  if (!check_key_name (provider, key, own_keys, number, error))
    return FALSE;
  if (key->type < B9_CONFIG_STRING || key->type > B9_CONFIG_CHOICE)
    return b9_module_refuse_provider (error, provider,
                                      "has the key \"%s\" of the unknown type %u; use one of B9ConfigType",
                                      key->name, key->type);
  flaw = b9_module_text_flaw (key->summary, B9_MAX_TEXT);
  if (flaw != NULL)
    return b9_module_refuse_provider (error, provider, "has the key \"%s\" whose summary %s; correct it",
                                      key->name, flaw);
  g_clear_pointer (&flaw, g_free);
  flaw = key->fallback != NULL && *key->fallback != '\0' ? b9_module_text_flaw (key->fallback, B9_MAX_TEXT)
                                                         : NULL;
  if (flaw != NULL)
    return b9_module_refuse_provider (error, provider, "has the key \"%s\" whose fallback %s; correct it",
                                      key->name, flaw);
  return key->type != B9_CONFIG_CHOICE || check_choices (provider, key, error);
}

gboolean
b9_module_check_keys (const B9Provider *provider, const B9ConfigKey *const *keys, const char *const *own_keys,
                      GError **error)
{
  for (guint i = 0; keys[i] != NULL; i++) {
    if (i == B9_MAX_LIST)
      return b9_module_refuse_provider (
          error, provider, "has more than %d configuration keys; end the list by NULL", B9_MAX_LIST);
    if (!check_key (provider, keys[i], own_keys, i + 1, error))
      return FALSE;
  }
  return TRUE;
}
