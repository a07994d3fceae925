/* SPDX-License-Identifier: Apache-2.0
 *
 * types.c: see types.h.
 */
#include "config.h"

#include "core/spec/types.h"

#include <string.h>

typedef enum {
  TEXT,
  FLAG,
  UINT32,
  UINT64,
  INT64,
  OBJECT,
} Type;

typedef enum {
  ONE,
  LIST,
  MAP, /* an object with free names */
} Number;

typedef struct Member {
  const char *name;
  Type type;
  Number number;
  const struct Member *inside; /* of an OBJECT; NULL: nothing of it is known */
} Member;

#define END      \
  {              \
    .name = NULL \
  }

static const Member user[] = {{"uid", UINT32, ONE, NULL},    {"gid", UINT32, ONE, NULL},
                              {"umask", UINT32, ONE, NULL},  {"additionalGids", UINT32, LIST, NULL},
                              {"username", TEXT, ONE, NULL}, END};

static const Member console_size[] = {{"height", UINT64, ONE, NULL}, {"width", UINT64, ONE, NULL}, END};

static const Member capabilities[] = {{"bounding", TEXT, LIST, NULL},    {"effective", TEXT, LIST, NULL},
                                      {"inheritable", TEXT, LIST, NULL}, {"permitted", TEXT, LIST, NULL},
                                      {"ambient", TEXT, LIST, NULL},     END};

static const Member rlimit[] = {
    {"type", TEXT, ONE, NULL}, {"hard", UINT64, ONE, NULL}, {"soft", UINT64, ONE, NULL}, END};

static const Member process[] = {{"terminal", FLAG, ONE, NULL},
                                 {"consoleSize", OBJECT, ONE, console_size},
                                 {"user", OBJECT, ONE, user},
                                 {"args", TEXT, LIST, NULL},
                                 {"env", TEXT, LIST, NULL},
                                 {"cwd", TEXT, ONE, NULL},
                                 {"capabilities", OBJECT, ONE, capabilities},
                                 {"rlimits", OBJECT, LIST, rlimit},
                                 {"noNewPrivileges", FLAG, ONE, NULL},
                                 {"apparmorProfile", TEXT, ONE, NULL},
                                 {"oomScoreAdj", INT64, ONE, NULL},
                                 {"selinuxLabel", TEXT, ONE, NULL},
                                 END};

static const Member root[] = {{"path", TEXT, ONE, NULL}, {"readonly", FLAG, ONE, NULL}, END};

static const Member id_mapping[] = {
    {"containerID", UINT32, ONE, NULL}, {"hostID", UINT32, ONE, NULL}, {"size", UINT32, ONE, NULL}, END};

static const Member mount[] = {{"destination", TEXT, ONE, NULL},
                               {"type", TEXT, ONE, NULL},
                               {"source", TEXT, ONE, NULL},
                               {"options", TEXT, LIST, NULL},
                               END};

static const Member hook[] = {{"path", TEXT, ONE, NULL},
                              {"args", TEXT, LIST, NULL},
                              {"env", TEXT, LIST, NULL},
                              {"timeout", INT64, ONE, NULL},
                              END};

static const Member hooks[] = {{"prestart", OBJECT, LIST, hook},
                               {"createRuntime", OBJECT, LIST, hook},
                               {"createContainer", OBJECT, LIST, hook},
                               {"startContainer", OBJECT, LIST, hook},
                               {"poststart", OBJECT, LIST, hook},
                               {"poststop", OBJECT, LIST, hook},
                               END};

static const Member namespace[] = {{"type", TEXT, ONE, NULL}, {"path", TEXT, ONE, NULL}, END};

static const Member device[] = {{"path", TEXT, ONE, NULL},       {"type", TEXT, ONE, NULL},
                                {"major", INT64, ONE, NULL},     {"minor", INT64, ONE, NULL},
                                {"fileMode", UINT32, ONE, NULL}, {"uid", UINT32, ONE, NULL},
                                {"gid", UINT32, ONE, NULL},      END};

static const Member device_rule[] = {{"allow", FLAG, ONE, NULL},  {"type", TEXT, ONE, NULL},
                                     {"major", INT64, ONE, NULL}, {"minor", INT64, ONE, NULL},
                                     {"access", TEXT, ONE, NULL}, END};

static const Member memory[] = {{"limit", INT64, ONE, NULL},
                                {"reservation", INT64, ONE, NULL},
                                {"swap", INT64, ONE, NULL},
                                {"kernel", INT64, ONE, NULL},
                                {"kernelTCP", INT64, ONE, NULL},
                                {"swappiness", UINT64, ONE, NULL},
                                {"disableOOMKiller", FLAG, ONE, NULL},
                                {"useHierarchy", FLAG, ONE, NULL},
                                END};

static const Member cpu[] = {{"shares", UINT64, ONE, NULL},
                             {"quota", INT64, ONE, NULL},
                             {"period", UINT64, ONE, NULL},
                             {"realtimeRuntime", INT64, ONE, NULL},
                             {"realtimePeriod", UINT64, ONE, NULL},
                             {"cpus", TEXT, ONE, NULL},
                             {"mems", TEXT, ONE, NULL},
                             END};

static const Member pids[] = {{"limit", INT64, ONE, NULL}, END};

static const Member huge_pages[] = {{"pageSize", TEXT, ONE, NULL}, {"limit", UINT64, ONE, NULL}, END};

static const Member priority[] = {{"name", TEXT, ONE, NULL}, {"priority", UINT32, ONE, NULL}, END};

static const Member network[] = {{"classID", UINT32, ONE, NULL}, {"priorities", OBJECT, LIST, priority}, END};

static const Member resources[] = {{"devices", OBJECT, LIST, device_rule},
                                   {"memory", OBJECT, ONE, memory},
                                   {"cpu", OBJECT, ONE, cpu},
                                   {"pids", OBJECT, ONE, pids},
                                   {"blockIO", OBJECT, ONE, NULL},
                                   {"hugepageLimits", OBJECT, LIST, huge_pages},
                                   {"network", OBJECT, ONE, network},
                                   {"rdma", OBJECT, MAP, NULL},
                                   {"unified", TEXT, MAP, NULL},
                                   END};

static const Member argument[] = {{"index", UINT64, ONE, NULL},
                                  {"value", UINT64, ONE, NULL},
                                  {"valueTwo", UINT64, ONE, NULL},
                                  {"op", TEXT, ONE, NULL},
                                  END};

static const Member call[] = {
    {"names", TEXT, LIST, NULL}, {"action", TEXT, ONE, NULL}, {"args", OBJECT, LIST, argument}, END};

static const Member seccomp[] = {{"defaultAction", TEXT, ONE, NULL},
                                 {"architectures", TEXT, LIST, NULL},
                                 {"flags", TEXT, LIST, NULL},
                                 {"syscalls", OBJECT, LIST, call},
                                 END};

static const Member on_linux[] = {{"uidMappings", OBJECT, LIST, id_mapping},
                                  {"gidMappings", OBJECT, LIST, id_mapping},
                                  {"sysctl", TEXT, MAP, NULL},
                                  {"resources", OBJECT, ONE, resources},
                                  {"cgroupsPath", TEXT, ONE, NULL},
                                  {"namespaces", OBJECT, LIST, namespace},
                                  {"devices", OBJECT, LIST, device},
                                  {"seccomp", OBJECT, ONE, seccomp},
                                  {"rootfsPropagation", TEXT, ONE, NULL},
                                  {"maskedPaths", TEXT, LIST, NULL},
                                  {"readonlyPaths", TEXT, LIST, NULL},
                                  {"mountLabel", TEXT, ONE, NULL},
                                  {"intelRdt", OBJECT, ONE, NULL},
                                  END};

static const Member specification[] = {
    {"ociVersion", TEXT, ONE, NULL},  {"process", OBJECT, ONE, process}, {"root", OBJECT, ONE, root},
    {"hostname", TEXT, ONE, NULL},    {"mounts", OBJECT, LIST, mount},   {"hooks", OBJECT, ONE, hooks},
    {"annotations", TEXT, MAP, NULL}, {"linux", OBJECT, ONE, on_linux},  END};

static gboolean check_members (const B9JsonText *spec, B9JsonValue object, const Member *members,
                               GError **error);

static gboolean
check_kind (const B9JsonText *spec, B9JsonValue value, B9JsonKind wanted, GError **error)
{
  return b9_json_kind (spec, value) == wanted || b9_json_refuse_kind (spec, value, NULL, wanted, error);
}

/* A number of JSON has no plus sign, space or leading zero, so one of more digits is larger. */
static gboolean
fits (const char *digits, Type type)
{
  if (type == INT64)
    return g_ascii_string_to_signed (digits, 10, G_MININT64, G_MAXINT64, NULL, NULL);
  return g_ascii_string_to_unsigned (digits, 10, 0, type == UINT32 ? G_MAXUINT32 : G_MAXUINT64, NULL, NULL);
}

static gboolean
check_number (const B9JsonText *spec, B9JsonValue value, Type type, GError **error)
{
  static const char *const ranges[] = {[UINT32] = "a whole number from 0 to 4294967295",
                                       [UINT64] = "a whole number from 0 to 18446744073709551615",
                                       [INT64] = "a whole number of 64 bits"};
  g_autofree char *digits = NULL;
  g_autofree char *reason = NULL;
  const char *raw;
  gsize length;

  if (!check_kind (spec, value, B9_JSON_NUMBER, error))
    return FALSE;
  raw = b9_json_raw (spec, value, &length);
  digits = g_strndup (raw, length);
  if (fits (digits, type))
    return TRUE;
  if (length > 40)
    strcpy (digits + 37, "...");
  reason = g_strdup_printf ("is %s, not %s", digits, ranges[type]);
  return b9_json_refuse (spec, value, NULL, reason, error);
}

static gboolean
check_one (const B9JsonText *spec, B9JsonValue value, const Member *member, GError **error)
{
  if (b9_json_kind (spec, value) == B9_JSON_NULL)
    return TRUE;
  switch (member->type) {
  case TEXT:
    return check_kind (spec, value, B9_JSON_STRING, error);
  case FLAG:
    return check_kind (spec, value, B9_JSON_BOOLEAN, error);
  case OBJECT:
    return check_kind (spec, value, B9_JSON_OBJECT, error) &&
           (member->inside == NULL || check_members (spec, value, member->inside, error));
  default:
    return check_number (spec, value, member->type, error);
  }
}

static gboolean
check_each (const B9JsonText *spec, B9JsonValue value, const Member *member, GError **error)
{
  if (!check_kind (spec, value, member->number == LIST ? B9_JSON_ARRAY : B9_JSON_OBJECT, error))
    return FALSE;
  for (B9JsonValue at = b9_json_first (spec, value); at != B9_JSON_NONE; at = b9_json_next (spec, at)) {
    if (!check_one (spec, at, member, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_members (const B9JsonText *spec, B9JsonValue object, const Member *members, GError **error)
{
  for (const Member *member = members; member->name != NULL; member++) {
    B9JsonValue value;

    if (!b9_json_get (spec, object, member->name, &value, error))
      return FALSE;
    if (value != B9_JSON_NONE && !(member->number == ONE ? check_one (spec, value, member, error)
                                                         : check_each (spec, value, member, error)))
      return FALSE;
  }
  return TRUE;
}

gboolean
b9_spec_check_types (const B9JsonText *spec, GError **error)
{
  return check_members (spec, B9_JSON_ROOT, specification, error);
}
