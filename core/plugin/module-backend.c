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

#define MEMBER(field) B9_MODULE_MEMBER (B9Backend, field)

static const B9ModuleMember required_members[] = {
    MEMBER (programs), MEMBER (default_root), MEMBER (find), MEMBER (way), MEMBER (build_argv),
};

/* Every backend has these of its own accord (b9-backend.h, config_keys). */
static const char *const own_keys[] = {"path", "root", "flags", NULL};

static gboolean
check_programs (const B9Provider *provider, const B9Backend *backend, GError **error)
{
  if (backend->programs[0] == NULL)
    return b9_module_refuse_provider (error, provider, "lists no program in \"programs\"; name at least one");
  for (guint i = 0; backend->programs[i] != NULL; i++) {
    g_autofree char *flaw = b9_module_text_flaw (backend->programs[i], NAME_MAX);

    if (i == B9_MAX_LIST)
      return b9_module_refuse_provider (error, provider, "lists more than %d programs; end the list by NULL",
                                        B9_MAX_LIST);
    if (flaw != NULL)
      return b9_module_refuse_provider (error, provider, "has a program %u whose name %s; correct it", i + 1,
                                        flaw);
    if (strchr (backend->programs[i], '/') != NULL)
      return b9_module_refuse_provider (
          error, provider, "has the program \"%s\"; give a name to look up in PATH, without \"/\"",
          backend->programs[i]);
  }
  return TRUE;
}

static gboolean
check_root (const B9Provider *provider, const B9Backend *backend, GError **error)
{
  g_autofree char *flaw = b9_module_text_flaw (backend->default_root, B9_MAX_TEXT);

  if (flaw != NULL)
    return b9_module_refuse_provider (error, provider, "has a \"default_root\" that %s; correct it", flaw);
  if (!g_path_is_absolute (backend->default_root))
    return b9_module_refuse_provider (
        error, provider, "has the \"default_root\" \"%s\"; make it an absolute path", backend->default_root);
  return TRUE;
}

gboolean
b9_module_check_backend (const B9Provider *provider, GError **error)
{
  const B9Backend *backend = provider->vtable;

  return b9_module_check_members (provider, "B9Backend", required_members, G_N_ELEMENTS (required_members),
                                  error) &&
         check_programs (provider, backend, error) && check_root (provider, backend, error) &&
         (!B9_STRUCT_HAS (backend, config_keys) ||
          b9_module_check_keys (provider, backend->config_keys, own_keys, error));
}
