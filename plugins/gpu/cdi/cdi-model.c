/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-model.c: the tables of CDI's members, each with the version that brought it.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-model.h"

#include <string.h>

#define FIELD(Type, member, field_name, ...)                                  \
  {                                                                           \
    .name = field_name, .offset = G_STRUCT_OFFSET (Type, member), __VA_ARGS__ \
  }

static const CdiField node_fields[] = {
    FIELD (CdiDeviceNode, path, "path", .kind = CDI_TEXT),
    FIELD (CdiDeviceNode, host_path, "hostPath", .kind = CDI_TEXT, .since = CDI_0_5_0),
    FIELD (CdiDeviceNode, type, "type", .kind = CDI_TEXT),
    FIELD (CdiDeviceNode, major, "major", .kind = CDI_INTEGER),
    FIELD (CdiDeviceNode, minor, "minor", .kind = CDI_INTEGER),
    FIELD (CdiDeviceNode, file_mode, "fileMode", .kind = CDI_UNSIGNED),
    FIELD (CdiDeviceNode, permissions, "permissions", .kind = CDI_TEXT),
    FIELD (CdiDeviceNode, uid, "uid", .kind = CDI_UNSIGNED),
    FIELD (CdiDeviceNode, gid, "gid", .kind = CDI_UNSIGNED),
    {0}};
static const CdiType node_type = {"a device node", sizeof (CdiDeviceNode), node_fields, FALSE};

static const CdiField net_device_fields[] = {
    FIELD (CdiNetDevice, host_name, "hostInterfaceName", .kind = CDI_TEXT),
    FIELD (CdiNetDevice, name, "name", .kind = CDI_TEXT),
    {0}};
static const CdiType net_device_type = {"a net device", sizeof (CdiNetDevice), net_device_fields, FALSE};

static const CdiField hook_fields[] = {
    FIELD (CdiHook, name, "hookName", .kind = CDI_TEXT),      FIELD (CdiHook, path, "path", .kind = CDI_TEXT),
    FIELD (CdiHook, args, "args", .kind = CDI_TEXTS),         FIELD (CdiHook, env, "env", .kind = CDI_TEXTS),
    FIELD (CdiHook, timeout, "timeout", .kind = CDI_INTEGER), {0}};
static const CdiType hook_type = {"a hook", sizeof (CdiHook), hook_fields, FALSE};

static const CdiField mount_fields[] = {FIELD (CdiMount, host_path, "hostPath", .kind = CDI_TEXT),
                                        FIELD (CdiMount, container_path, "containerPath", .kind = CDI_TEXT),
                                        FIELD (CdiMount, options, "options", .kind = CDI_TEXTS),
                                        FIELD (CdiMount, type, "type", .kind = CDI_TEXT, .since = CDI_0_4_0),
                                        {0}};
static const CdiType mount_type = {"a mount", sizeof (CdiMount), mount_fields, FALSE};

static const CdiField rdt_fields[] = {
    FIELD (CdiIntelRdt, clos_id, "closID", .kind = CDI_TEXT),
    FIELD (CdiIntelRdt, l3_cache_schema, "l3CacheSchema", .kind = CDI_TEXT),
    FIELD (CdiIntelRdt, mem_bw_schema, "memBwSchema", .kind = CDI_TEXT),
    FIELD (CdiIntelRdt, schemata, "schemata", .kind = CDI_TEXTS, .since = CDI_1_1_0),
    FIELD (CdiIntelRdt, enable_monitoring, "enableMonitoring", .kind = CDI_BOOLEAN, .since = CDI_1_1_0),
    {0}};
static const CdiType rdt_type = {"intelRdt", sizeof (CdiIntelRdt), rdt_fields, FALSE};

static const CdiField edits_fields[] = {
    FIELD (CdiEdits, env, "env", .kind = CDI_TEXTS),
    FIELD (CdiEdits, nodes, "deviceNodes", .kind = CDI_STRUCTS, .type = &node_type),
    FIELD (CdiEdits, net_devices, "netDevices", .kind = CDI_STRUCTS, .since = CDI_1_1_0,
           .type = &net_device_type),
    FIELD (CdiEdits, hooks, "hooks", .kind = CDI_STRUCTS, .type = &hook_type),
    FIELD (CdiEdits, mounts, "mounts", .kind = CDI_STRUCTS, .type = &mount_type),
    FIELD (CdiEdits, rdt, "intelRdt", .kind = CDI_OPTIONAL, .since = CDI_0_7_0, .type = &rdt_type),
    FIELD (CdiEdits, gids, "additionalGids", .kind = CDI_NUMBERS, .since = CDI_0_7_0),
    {0}};
static const CdiType edits_type = {"containerEdits", sizeof (CdiEdits), edits_fields, FALSE};

static const CdiType pair_type = {"an annotation", sizeof (CdiPair), NULL, FALSE};

static const CdiField device_fields[] = {
    FIELD (CdiDevice, name, "name", .kind = CDI_TEXT),
    FIELD (CdiDevice, annotations, "annotations", .kind = CDI_PAIRS, .since = CDI_0_6_0, .type = &pair_type),
    FIELD (CdiDevice, edits, "containerEdits", .kind = CDI_STRUCT, .type = &edits_type),
    {0}};
static const CdiType device_type = {"a device", sizeof (CdiDevice), device_fields, TRUE};

static const CdiField spec_fields[] = {
    FIELD (CdiSpec, version, "cdiVersion", .kind = CDI_TEXT),
    FIELD (CdiSpec, kind, "kind", .kind = CDI_TEXT),
    FIELD (CdiSpec, annotations, "annotations", .kind = CDI_PAIRS, .since = CDI_0_6_0, .type = &pair_type),
    FIELD (CdiSpec, devices, "devices", .kind = CDI_STRUCTS, .type = &device_type),
    FIELD (CdiSpec, edits, "containerEdits", .kind = CDI_STRUCT, .type = &edits_type),
    {0}};
const CdiType cdi_spec_type = {"a CDI file", sizeof (CdiSpec), spec_fields, FALSE};

gsize
cdi_item_size (const CdiField *field)
{
  switch (field->kind) {
  case CDI_TEXTS:
    return sizeof (char *);
  case CDI_NUMBERS:
    return sizeof (gint64);
  default:
    return field->type->size;
  }
}

static const char *const version_names[] = {"",      "0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0",
                                            "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0"};

CdiVersion
cdi_version_parse (const char *text)
{
  const char *digits = text[0] == 'v' ? text + 1 : text;

  for (guint i = CDI_0_1_0; i < G_N_ELEMENTS (version_names); i++)
    if (strcmp (digits, version_names[i]) == 0)
      return (CdiVersion)i;
  return CDI_UNKNOWN_VERSION;
}

const char *
cdi_version_name (CdiVersion version)
{
  return version_names[version];
}
