/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-validate.c: the rules of the reference implementation (pkg/cdi/spec.go, container-edits.go and
 * specs-go/version.go), which are fewer than SPEC.md's: hooks and mounts may have relative paths, classes any
 * length, and annotations any text.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-validate.h"

#include <stdarg.h>
#include <string.h>

#include <b9run/b9-error.h>

#include "plugins/gpu/cdi/cdi-names.h"

typedef struct {
  const char *what;   /* the file */
  const char *device; /* whose edits are checked, or NULL */
} Checker;

static gboolean fail (const Checker *checker, guint line, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

static gboolean
fail (const Checker *checker, guint line, GError **error, const char *format, ...)
{
  g_autoptr (GString) message = g_string_new (checker->what);
  va_list arguments;

  if (line != 0)
    g_string_append_printf (message, ":%u", line);
  g_string_append (message, ": ");
  if (checker->device != NULL)
    g_string_append_printf (message, "device \"%s\": ", checker->device);
  va_start (arguments, format);
  g_string_append_vprintf (message, format, arguments);
  va_end (arguments);
  g_set_error_literal (error, B9_ERROR, B9_ERROR_BAD_INPUT, message->str);
  return FALSE;
}

static gboolean
is_empty (const char *text)
{
  return text == NULL || *text == '\0';
}

/* --- minimum version --- */

static CdiVersion minimum_of (const CdiType *type, gconstpointer object, CdiVersion minimum);

/* Whether the member says anything: an empty text or list is as good as none, but for schemata, which
 * the reference implementation asks for being there at all. */
static gboolean
is_used (const CdiField *field, gconstpointer object)
{
  const CdiList *list;

  switch (field->kind) {
  case CDI_TEXT:
    return !is_empty (*CDI_CONST_FIELD (object, field, const char *));
  case CDI_INTEGER:
  case CDI_UNSIGNED:
    return CDI_CONST_FIELD (object, field, CdiNumber)->given;
  case CDI_BOOLEAN:
    return CDI_CONST_FIELD (object, field, CdiNumber)->value != 0;
  case CDI_OPTIONAL:
    return *CDI_CONST_FIELD (object, field, gpointer) != NULL;
  case CDI_STRUCT:
    return TRUE;
  default:
    list = CDI_CONST_FIELD (object, field, CdiList);
    return field->kind == CDI_TEXTS ? list->given : list->count > 0;
  }
}

static CdiVersion
minimum_below (const CdiField *field, gconstpointer object, CdiVersion minimum)
{
  const CdiList *list;
  gconstpointer optional;

  switch (field->kind) {
  case CDI_STRUCT:
    return minimum_of (field->type, CDI_CONST_FIELD (object, field, char), minimum);
  case CDI_OPTIONAL:
    optional = *CDI_CONST_FIELD (object, field, gpointer);
    return minimum_of (field->type, optional, minimum);
  case CDI_STRUCTS:
    list = CDI_CONST_FIELD (object, field, CdiList);
    for (guint i = 0; i < list->count; i++)
      minimum = minimum_of (field->type, (const char *)list->items + i * field->type->size, minimum);
    return minimum;
  default:
    return minimum;
  }
}

static CdiVersion
minimum_of (const CdiType *type, gconstpointer object, CdiVersion minimum)
{
  for (const CdiField *field = type->fields; field->name != NULL; field++)
    if (is_used (field, object))
      minimum = minimum_below (field, object, MAX (minimum, field->since));
  return minimum;
}

CdiVersion
cdi_minimum_version (const CdiSpec *spec)
{
  CdiVersion minimum = minimum_of (&cdi_spec_type, spec, CDI_0_3_0);
  const char *slash = strchr (spec->kind, '/');

  for (guint i = 0; i < spec->devices.count; i++)
    if (g_ascii_isdigit (CDI_ITEM (spec->devices, CdiDevice, i)->name[0]))
      minimum = MAX (minimum, CDI_0_5_0);
  if (slash != NULL && strchr (slash, '.') != NULL)
    minimum = MAX (minimum, CDI_0_6_0);
  return minimum;
}

/* --- edits --- */

static gboolean
check_env (const Checker *checker, const CdiList *env, guint line, GError **error)
{
  for (guint i = 0; i < env->count; i++) {
    const char *entry = CDI_TEXT_ITEM (*env, i);
    const char *equals = strchr (entry, '=');

    if (equals == NULL || equals == entry)
      return fail (checker, line, error, "invalid environment variable \"%s\"; it has to be NAME=VALUE",
                   entry);
  }
  return TRUE;
}

/* "none" came after the release 1.1.0 of the reference implementation, without a version of its own. */
static gboolean
are_permissions (const char *text)
{
  return strcmp (text, "none") == 0 || strspn (text, "rwm") == strlen (text);
}

static gboolean
check_node (const Checker *checker, const CdiDeviceNode *node, GError **error)
{
  static const char *const types[] = {"b", "c", "u", "p", "", NULL};

  if (is_empty (node->path))
    return fail (checker, node->line, error, "invalid (empty) device path");
  if (node->type != NULL && !g_strv_contains (types, node->type))
    return fail (checker, node->line, error, "device \"%s\": invalid type \"%s\"; it has to be b, c, u or p",
                 node->path, node->type);
  if (node->permissions != NULL && !are_permissions (node->permissions))
    return fail (checker, node->line, error,
                 "device \"%s\": invalid permissions \"%s\"; they are made of r, w and m, or none",
                 node->path, node->permissions);
  return TRUE;
}

static gboolean
check_net_device (const Checker *checker, const CdiList *devices, guint index, GError **error)
{
  const CdiNetDevice *device = CDI_ITEM (*devices, CdiNetDevice, index);

  if (is_empty (device->host_name))
    return fail (checker, device->line, error, "invalid linux net device, empty HostInterfaceName");
  if (is_empty (device->name))
    return fail (checker, device->line, error, "invalid linux net device, empty Name");
  for (guint i = 0; i < index; i++) {
    const CdiNetDevice *other = CDI_ITEM (*devices, CdiNetDevice, i);

    if (strcmp (device->host_name, other->host_name) == 0)
      return fail (
          checker, device->line, error,
          "invalid linux net device, duplicate HostInterfaceName \"%s\" with names \"%s\" and \"%s\"",
          device->host_name, device->name, other->name);
    if (strcmp (device->name, other->name) == 0)
      return fail (checker, device->line, error,
                   "invalid linux net device, duplicate Name \"%s\" with HostInterfaceName \"%s\" and \"%s\"",
                   device->name, device->host_name, other->host_name);
  }
  return TRUE;
}

static gboolean
check_hook (const Checker *checker, const CdiHook *hook, GError **error)
{
  static const char *const names[] = {
      "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop", NULL};

  if (hook->name == NULL || !g_strv_contains (names, hook->name))
    return fail (checker, hook->line, error, "invalid hook name \"%s\"",
                 hook->name != NULL ? hook->name : "");
  if (is_empty (hook->path))
    return fail (checker, hook->line, error, "invalid hook \"%s\" with empty path", hook->name);
  return check_env (checker, &hook->env, hook->line, error);
}

static gboolean
check_mount (const Checker *checker, const CdiMount *mount, GError **error)
{
  if (is_empty (mount->host_path))
    return fail (checker, mount->line, error, "invalid mount, empty host path");
  if (is_empty (mount->container_path))
    return fail (checker, mount->line, error, "invalid mount, empty container path");
  return TRUE;
}

/* A name of one folder below resctrl; "/" is resctrl itself. */
static gboolean
check_rdt (const Checker *checker, const CdiIntelRdt *rdt, GError **error)
{
  const char *clos = rdt->clos_id != NULL ? rdt->clos_id : "";

  if (strlen (clos) >= 4096 || strcmp (clos, ".") == 0 || strcmp (clos, "..") == 0 ||
      (strcmp (clos, "/") != 0 && strpbrk (clos, "/\n") != NULL))
    return fail (checker, rdt->line, error, "invalid ClosID");
  return TRUE;
}

static gboolean
check_edits (const Checker *checker, const CdiEdits *edits, GError **error)
{
  if (!check_env (checker, &edits->env, edits->line, error))
    return FALSE;
  for (guint i = 0; i < edits->nodes.count; i++)
    if (!check_node (checker, CDI_ITEM (edits->nodes, CdiDeviceNode, i), error))
      return FALSE;
  for (guint i = 0; i < edits->net_devices.count; i++)
    if (!check_net_device (checker, &edits->net_devices, i, error))
      return FALSE;
  for (guint i = 0; i < edits->hooks.count; i++)
    if (!check_hook (checker, CDI_ITEM (edits->hooks, CdiHook, i), error))
      return FALSE;
  for (guint i = 0; i < edits->mounts.count; i++)
    if (!check_mount (checker, CDI_ITEM (edits->mounts, CdiMount, i), error))
      return FALSE;
  return edits->rdt == NULL || check_rdt (checker, edits->rdt, error);
}

/* --- the file --- */

static gboolean
has_edits (const CdiEdits *edits)
{
  return edits->env.count > 0 || edits->nodes.count > 0 || edits->net_devices.count > 0 ||
         edits->hooks.count > 0 || edits->mounts.count > 0 || edits->rdt != NULL || edits->gids.count > 0;
}

static gboolean
check_device (const Checker *checker, const CdiDevice *device, GHashTable *names, GError **error)
{
  const char *name = device->name != NULL ? device->name : "";
  g_autoptr (GError) problem = NULL;

  if (!cdi_name_check_device (name, &problem))
    return fail (checker, device->line, error, "device \"%s\": %s", name, problem->message);
  if (!g_hash_table_add (names, (gpointer)name))
    return fail (checker, device->line, error, "invalid spec, multiple device \"%s\"", name);
  if (!has_edits (&device->edits))
    return fail (checker, device->line, error, "invalid device \"%s\", empty device edits", name);
  return check_edits (&(const Checker){checker->what, name}, &device->edits, error);
}

static gboolean
check_kind (const Checker *checker, const CdiSpec *spec, GError **error)
{
  const char *kind = spec->kind != NULL ? spec->kind : "";
  const char *slash = strchr (kind, '/');
  g_autofree char *vendor = g_strndup (kind, slash != NULL ? (gsize)(slash - kind) : 0);
  g_autoptr (GError) problem = NULL;

  if (slash == NULL)
    return fail (checker, spec->line, error, "invalid kind \"%s\"; it has to be VENDOR/CLASS", kind);
  if (!cdi_name_check_vendor (vendor, &problem) || !cdi_name_check_class (slash + 1, &problem))
    return fail (checker, spec->line, error, "%s", problem->message);
  return TRUE;
}

static gboolean
check_version (const Checker *checker, const CdiSpec *spec, GError **error)
{
  const char *text = spec->version != NULL ? spec->version : "";
  CdiVersion version = cdi_version_parse (text);
  CdiVersion minimum = CDI_0_3_0;

  if (version == CDI_UNKNOWN_VERSION)
    return fail (checker, spec->line, error,
                 "invalid version \"%s\"; b9run knows the releases of CDI up to %s", text,
                 cdi_version_name (CDI_1_1_0));
  if (version >= CDI_0_3_0)
    minimum = cdi_minimum_version (spec);
  if (version < minimum)
    return fail (checker, spec->line, error, "the spec version must be at least v%s; the file says %s",
                 cdi_version_name (minimum), text);
  return TRUE;
}

static gboolean
check_spec (const Checker *checker, const CdiSpec *spec, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  if (!check_kind (checker, spec, error))
    return FALSE;
  if (spec->devices.count == 0)
    return fail (checker, spec->line, error, "invalid spec, no devices");
  if (!check_edits (checker, &spec->edits, error))
    return FALSE;
  for (guint i = 0; i < spec->devices.count; i++)
    if (!check_device (checker, CDI_ITEM (spec->devices, CdiDevice, i), names, error))
      return FALSE;
  return TRUE;
}

/* The version comes first, as most of what is wrong with a newer file is its version. */
static gboolean
is_known_version (const CdiSpec *spec)
{
  return spec->version != NULL && cdi_version_parse (spec->version) >= CDI_0_3_0;
}

gboolean
cdi_validate (const CdiSpec *spec, const char *what, GError **error)
{
  const Checker checker = {.what = what};

  return is_known_version (spec) ? check_spec (&checker, spec, error) && check_version (&checker, spec, error)
                                 : check_version (&checker, spec, error);
}
