/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-inject-devices.c: device nodes with their cgroup rules, and net devices.
 */
#include "config.h"

#include <string.h>

#include <b9run/b9-error.h>

#include "plugins/gpu/cdi/cdi-json.h"
#include "plugins/gpu/cdi/cdi-plan.h"

#define DEVICES "/linux/devices"
#define RULES "/linux/resources/devices"
#define NET_DEVICES "/linux/netDevices"

/* --- device nodes --- */

static char *
device_json (const CdiOciDevice *device)
{
  GString *json = g_string_new ("{");

  cdi_json_member_text (json, "path", device->path);
  cdi_json_member_text (json, "type", (const char[]){device->type, '\0'});
  cdi_json_member_number (json, "major", device->major);
  cdi_json_member_number (json, "minor", device->minor);
  cdi_json_member_optional (json, "fileMode", &device->file_mode);
  cdi_json_member_optional (json, "uid", &device->uid);
  cdi_json_member_optional (json, "gid", &device->gid);
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

static gboolean
is_same_device (const CdiPlan *plan, const CdiArray *devices, const CdiElement *element,
                const CdiOciDevice *device)
{
  const CdiNumber major = {.value = device->major, .given = TRUE};
  const CdiNumber minor = {.value = device->minor, .given = TRUE};
  const char type[] = {device->type, '\0'};

  if (element->index < 0) {
    g_autofree char *json = device_json (device);

    return strcmp (element->json, json) == 0;
  }
  return cdi_element_has_text (plan->spec, devices, element, "type", type) &&
         cdi_element_has_number (plan->spec, devices, element, "major", &major) &&
         cdi_element_has_number (plan->spec, devices, element, "minor", &minor) &&
         cdi_element_has_number (plan->spec, devices, element, "fileMode", &device->file_mode) &&
         cdi_element_has_number (plan->spec, devices, element, "uid", &device->uid) &&
         cdi_element_has_number (plan->spec, devices, element, "gid", &device->gid);
}

static void
set_device (CdiPlan *plan, CdiArray *devices, const CdiOciDevice *device, const char *cause)
{
  int place = cdi_array_find (devices, device->path, 0);

  if (place >= 0) {
    if (is_same_device (plan, devices, cdi_array_at (devices, (guint)place), device))
      return;
    cdi_array_remove (devices, (guint)place);
  }
  cdi_array_add (devices, device->path, device_json (device));
  cdi_plan_note (plan, DEVICES, cause, "%s %s (%c %" G_GINT64_FORMAT ":%" G_GINT64_FORMAT ")",
                 place >= 0 ? "replaced" : "added", device->path, device->type, device->major, device->minor);
}

/* --- cgroup rules --- */

static char *
rule_json (const CdiOciDevice *device)
{
  GString *json = g_string_new ("{\"allow\":true");

  cdi_json_member_text (json, "type", (const char[]){device->type, '\0'});
  cdi_json_member_number (json, "major", device->major);
  cdi_json_member_number (json, "minor", device->minor);
  cdi_json_member_text (json, "access", device->access);
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

static gboolean
allows (const CdiPlan *plan, const CdiArray *rules, const CdiElement *element)
{
  g_autofree char *pointer = g_strdup_printf ("%s/%d/allow", rules->pointer, element->index);
  gboolean allow = FALSE;

  return plan->spec->boolean (plan->spec, pointer, &allow, NULL) && allow;
}

/* Whether an engine has put this rule there already, and nothing behind it takes the right away. */
static gboolean
is_granted (const CdiPlan *plan, const CdiArray *rules, const CdiOciDevice *device)
{
  const CdiNumber major = {.value = device->major, .given = TRUE};
  const CdiNumber minor = {.value = device->minor, .given = TRUE};
  const char type[] = {device->type, '\0'};

  for (guint i = rules->elements->len; i > 0; i--) {
    const CdiElement *element = cdi_array_at (rules, i - 1);

    if (element->index < 0)
      continue;
    if (!allows (plan, rules, element))
      return FALSE;
    if (cdi_element_has_text (plan->spec, rules, element, "type", type) &&
        cdi_element_has_number (plan->spec, rules, element, "major", &major) &&
        cdi_element_has_number (plan->spec, rules, element, "minor", &minor) &&
        cdi_element_has_text (plan->spec, rules, element, "access", device->access))
      return TRUE;
  }
  return FALSE;
}

static void
add_rule (CdiPlan *plan, CdiArray *rules, const CdiOciDevice *device, const char *cause)
{
  if (device->access == NULL && (device->type == 'b' || device->type == 'c'))
    cdi_plan_note (plan, RULES, cause, "left out a rule for %s: its permissions are none", device->path);
  if (device->access == NULL || is_granted (plan, rules, device))
    return;
  cdi_array_add (rules, NULL, rule_json (device));
  cdi_plan_note (plan, RULES, cause, "added a rule for %s (%s)", device->path, device->access);
}

/* --- from CDI to the spec --- */

static gboolean
process_id (const B9Spec *spec, const char *pointer, CdiNumber *id, GError **error)
{
  gint64 value = 0;

  if (id->given)
    return TRUE;
  if (!spec->integer (spec, pointer, &value, error))
    return FALSE;
  if (value > 0)
    *id = (CdiNumber){.value = value, .given = TRUE};
  return TRUE;
}

/* runsc always, and runc in a user namespace, take a node from the host's tree by the container's path. */
static gboolean
check_host_path (const CdiPlan *plan, const CdiDeviceNode *node, const CdiOciDevice *device, GError **error)
{
  const char *host_path = cdi_host_path (node);
  gboolean binds = plan->user_namespace || g_strcmp0 (plan->backend, "runsc") == 0;
  struct stat here, there;

  if (!binds || strcmp (host_path, node->path) == 0)
    return TRUE;
  if (plan->nodes->look (plan->nodes->data, node->path, &here) == 0 &&
      plan->nodes->look (plan->nodes->data, host_path, &there) == 0 && here.st_rdev == there.st_rdev &&
      cdi_node_type (&here) == cdi_node_type (&there))
    return TRUE;
  g_set_error (
      error, B9_ERROR, B9_ERROR_UNSUPPORTED,
      "device node %s is %s on the host, and %s%s takes nodes from the host by the container's path, "
      "where %s is not the same; make the node %s on the host, or change hostPath in the CDI file",
      device->path, host_path, plan->backend != NULL ? plan->backend : "the runtime",
      plan->user_namespace ? " in a user namespace" : "", device->path, device->path);
  return FALSE;
}

static gboolean
plan_node (CdiPlan *plan, const CdiSource *source, const CdiDeviceNode *node, CdiArray *devices,
           CdiArray *rules, GError **error)
{
  g_auto (CdiOciDevice) device = {0};
  g_autoptr (GError) problem = NULL;

  if (!cdi_device_resolve (node, plan->nodes, &device, &problem)) {
    g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED,
                 "%s: %s; load the device's driver, or generate the CDI file anew", source->cause,
                 problem->message);
    return FALSE;
  }
  if (!check_host_path (plan, node, &device, error) ||
      !process_id (plan->spec, "/process/user/uid", &device.uid, error) ||
      !process_id (plan->spec, "/process/user/gid", &device.gid, error))
    return FALSE;
  if (device.warning != NULL)
    g_ptr_array_add (plan->warnings, g_strdup_printf ("%s: %s", source->cause, device.warning));
  set_device (plan, devices, &device, source->cause);
  add_rule (plan, rules, &device, source->cause);
  return TRUE;
}

gboolean
cdi_plan_devices (CdiPlan *plan, GError **error)
{
  g_autoptr (CdiArray) devices = cdi_array_load (plan->spec, DEVICES, "path", error);
  g_autoptr (CdiArray) rules = devices != NULL ? cdi_array_load (plan->spec, RULES, NULL, error) : NULL;

  if (rules == NULL)
    return FALSE;
  for (guint i = 0; i < plan->sources->len; i++) {
    const CdiSource *source = cdi_plan_source (plan, i);

    for (guint j = 0; j < source->edits->nodes.count; j++)
      if (!plan_node (plan, source, CDI_ITEM (source->edits->nodes, CdiDeviceNode, j), devices, rules, error))
        return FALSE;
  }
  cdi_plan_array (plan, devices);
  cdi_plan_array (plan, rules);
  return TRUE;
}

/* --- net devices --- */

static void
set_net_device (CdiPlan *plan, const CdiNetDevice *device, const char *cause)
{
  g_autofree char *part = cdi_json_pointer_part (device->host_name);
  g_autofree char *pointer = g_strconcat (NET_DEVICES "/", part, NULL);
  g_autofree char *name_pointer = g_strconcat (pointer, "/name", NULL);
  g_autofree char *name = NULL;
  GString *json;

  if (plan->spec->string (plan->spec, name_pointer, &name, NULL) && g_strcmp0 (name, device->name) == 0)
    return;
  json = g_string_new ("{");
  cdi_json_member_text (json, "name", device->name);
  g_string_append_c (json, '}');
  cdi_plan_set (plan, pointer, g_string_free (json, FALSE), cause);
}

gboolean
cdi_plan_net_devices (CdiPlan *plan, GError **error)
{
  B9SpecKind kind = plan->spec->kind (plan->spec, NET_DEVICES);

  if (kind != B9_SPEC_ABSENT && kind != B9_SPEC_OBJECT) {
    g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT, "config.json: " NET_DEVICES " has to be an object");
    return FALSE;
  }
  for (guint i = 0; i < plan->sources->len; i++) {
    const CdiSource *source = cdi_plan_source (plan, i);

    for (guint j = 0; j < source->edits->net_devices.count; j++)
      set_net_device (plan, CDI_ITEM (source->edits->net_devices, CdiNetDevice, j), source->cause);
  }
  return TRUE;
}
