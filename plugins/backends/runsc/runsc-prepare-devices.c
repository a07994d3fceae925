/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-prepare-devices.c: what becomes of linux.devices.
 *
 * runsc makes a node of every entry, but only nvidiactl, nvidia-uvm and nvidiaN lead anywhere, and those only
 * with nvproxy; opening any other fails.  The sandbox has /dev/null and the like of its own.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-prepare.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "runsc-release.h"

typedef enum {
  OTHER,   /* taken out: the node would lead nowhere */
  SIDE,    /* comes along with every GPU, which works without it */
  CONTROL, /* nvidiactl, nvidia-uvm */
  GPU,     /* nvidiaN */
  REFUSED, /* asked for on purpose, and runsc has no way to give it */
  PROXIED, /* a flag of runsc's is set that passes it on */
} Kind;

static gboolean
is_gpu (const char *path)
{
  static const char beginning[] = "/dev/nvidia";
  const char *number = path + strlen (beginning);

  return g_str_has_prefix (path, beginning) && *number != '\0' &&
         number[strspn (number, "0123456789")] == '\0';
}

static gboolean
is_control (const char *path)
{
  return strcmp (path, "/dev/nvidiactl") == 0 || strcmp (path, "/dev/nvidia-uvm") == 0;
}

static gboolean
has_prefix (const char *path, const char *const *prefixes)
{
  for (; *prefixes != NULL; prefixes++) {
    if (g_str_has_prefix (path, *prefixes))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_proxied (const RunscWork *work, const char *path)
{
  static const char *const tpu[] = {"/dev/accel", "/dev/vfio/", NULL};
  static const char *const rdma[] = {"/dev/infiniband/", NULL};
  const char *const *flags = work->preparation->flags;

  return (has_prefix (path, tpu) && runsc_flag_is_set (flags, "tpuproxy")) ||
         (has_prefix (path, rdma) && runsc_flag_is_set (flags, "rdmaproxy"));
}

static Kind
kind_of (const RunscWork *work, const char *path)
{
  static const char *const side[] = {"/dev/nvidia-modeset", "/dev/nvidia-uvm-tools", NULL};
  static const char *const refused[] = {"/dev/nvidia-caps",
                                        "/dev/nvidia-fs",
                                        "/dev/nvidia-nvswitch",
                                        "/dev/nvidia-nvlink",
                                        "/dev/gdrdrv",
                                        "/dev/kfd",
                                        "/dev/dxg",
                                        NULL};

  if (is_gpu (path))
    return GPU;
  if (is_control (path))
    return CONTROL;
  if (g_strv_contains (side, path) || g_str_has_prefix (path, "/dev/dri/"))
    return SIDE;
  if (has_prefix (path, refused))
    return REFUSED;
  return is_proxied (work, path) ? PROXIED : OTHER;
}

/* An entry of linux.devices; the bundle's own number of it is for messages. */
typedef struct {
  const char *path;
  guint index, bundle_index;
} Entry;

static gboolean
refuse_device (const Entry *entry, GError **error)
{
  const char *path = entry->path;
  guint index = entry->bundle_index;

  if (g_str_has_prefix (path, "/dev/nvidia-caps/"))
    return runsc_refuse (error,
                         "gpu.mig: linux.devices[%u] asks for %s, a part of a GPU (MIG), and runsc passes "
                         "whole GPUs only: use --backend=runc, or a whole GPU",
                         index, path);
  return runsc_refuse (error,
                       "linux.devices[%u] asks for %s, which runsc does not pass on: use --backend=runc, or "
                       "leave it out",
                       index, path);
}

/* --- what stays --- */

static gboolean
set_number (RunscWork *work, const char *place, const char *member, gint64 number, const char *cause,
            GError **error)
{
  g_autofree char *pointer = g_strconcat (place, "/", member, NULL);
  g_autofree char *json = NULL;

  if (work->spec->kind (work->spec, pointer) != B9_SPEC_ABSENT)
    return TRUE;
  json = g_strdup_printf ("%" G_GINT64_FORMAT, number);
  return work->spec->set (work->spec, pointer, json, cause, error);
}

static gboolean
set_type (RunscWork *work, const char *place, const char *cause, GError **error)
{
  g_autofree char *pointer = g_strconcat (place, "/type", NULL);
  g_autofree char *type = NULL;

  if (!work->spec->string (work->spec, pointer, &type, error))
    return FALSE;
  return g_strcmp0 (type, "c") == 0 || g_strcmp0 (type, "u") == 0 ||
         work->spec->set (work->spec, pointer, "\"c\"", cause, error);
}

/* runsc takes a GPU by its path, so another number would be another GPU than the container's user meant. */
static gboolean
check_number (const RunscWork *work, const char *place, const char *path, const struct stat *info,
              GError **error)
{
  g_autofree char *major_place = g_strconcat (place, "/major", NULL);
  g_autofree char *minor_place = g_strconcat (place, "/minor", NULL);
  gint64 device_major = major (info->st_rdev);
  gint64 device_minor = minor (info->st_rdev);

  if (!work->spec->integer (work->spec, major_place, &device_major, error) ||
      !work->spec->integer (work->spec, minor_place, &device_minor, error))
    return FALSE;
  if ((device_major == major (info->st_rdev) && device_minor == minor (info->st_rdev)) || !is_gpu (path))
    return TRUE;
  return runsc_refuse (error,
                       "the bundle has %s as %" G_GINT64_FORMAT ":%" G_GINT64_FORMAT
                       ", but it is %u:%u on this host, and runsc takes a GPU by its path: correct the "
                       "numbers in linux.devices, or make the CDI file anew",
                       path, device_major, device_minor, major (info->st_rdev), minor (info->st_rdev));
}

/* Releases before 2026-02-23 crash where fileMode is missing. */
static gboolean
complete (RunscWork *work, const Entry *entry, GError **error)
{
  const char *path = entry->path;
  g_autofree char *place = g_strdup_printf ("/linux/devices/%u", entry->index);
  g_autofree char *cause = g_strdup_printf ("runsc: %s as it is on this host", path);
  g_autofree char *real = work->host->path (work->host, path);
  struct stat info;

  if (g_stat (real, &info) != 0 || !S_ISCHR (info.st_mode))
    return runsc_refuse (error,
                         "linux.devices[%u] asks for %s, which is no character device on this host: make the "
                         "nodes with `nvidia-modprobe -c 0 -u`",
                         entry->bundle_index, path);
  return check_number (work, place, path, &info, error) && set_type (work, place, cause, error) &&
         set_number (work, place, "major", major (info.st_rdev), cause, error) &&
         set_number (work, place, "minor", minor (info.st_rdev), cause, error) &&
         set_number (work, place, "fileMode", info.st_mode & 0777, cause, error);
}

static gboolean
take_out (RunscWork *work, const Entry *entry, const char *cause, GError **error)
{
  g_autofree char *place = g_strdup_printf ("/linux/devices/%u", entry->index);
  g_autofree char *line = g_strdup_printf ("%s is left out of linux.devices: %s", entry->path, cause);

  work->host->log (work->host, B9_LOG_INFO, line);
  return work->spec->remove (work->spec, place, cause, error);
}

/* *@kept: whether the entry stays, so that the next one has the next index. */
static gboolean
treat (RunscWork *work, const Entry *entry, gboolean *kept, GError **error)
{
  static const char leads_nowhere[] = "runsc: gVisor has a /dev of its own, where such a node leads nowhere";

  *kept = TRUE;
  switch (kind_of (work, entry->path)) {
  case PROXIED:
    return TRUE;
  case REFUSED:
    return refuse_device (entry, error);
  case GPU:
    if (!work->gpu)
      return runsc_refuse (error,
                           "linux.devices[%u] asks for %s, but no GPU detector took it for a GPU: see "
                           "`b9run plugins`",
                           entry->bundle_index, entry->path);
    return complete (work, entry, error);
  case CONTROL:
    if (work->gpu)
      return complete (work, entry, error);
    *kept = FALSE;
    return take_out (work, entry, "runsc: no GPU is asked for, and this alone would switch nvproxy on",
                     error);
  case SIDE:
    *kept = FALSE;
    return take_out (work, entry,
                     work->gpu ? "runsc: nvproxy does not know it, and CUDA works without it" : leads_nowhere,
                     error);
  default:
    *kept = FALSE;
    return take_out (work, entry, leads_nowhere, error);
  }
}

/* runsc compares paths as they are written; "/dev//nvidiactl" is the same device and would be none for it. */
static gboolean
settle_path (RunscWork *work, guint index, char **path, GError **error)
{
  g_autofree char *pointer = g_strdup_printf ("/linux/devices/%u/path", index);
  g_autofree char *written = NULL;
  g_autofree char *json = NULL;

  *path = NULL;
  if (!work->spec->string (work->spec, pointer, &written, error))
    return FALSE;
  *path = written != NULL && *written != '\0' ? g_canonicalize_filename (written, "/") : g_strdup ("");
  if (g_strcmp0 (*path, written) == 0 || (!is_gpu (*path) && !is_control (*path)))
    return TRUE;
  /* What these can be written as needs no escapes. */
  json = g_strdup_printf ("\"%s\"", *path);
  return work->spec->set (work->spec, pointer, json, "runsc: it knows a GPU's nodes by their paths alone",
                          error);
}

/* An empty list is as good as none, and is what it was before. */
gboolean
runsc_prepare_devices (RunscWork *work, GError **error)
{
  guint count = work->spec->length (work->spec, "/linux/devices");
  gboolean control = FALSE;

  for (guint i = 0, left = count; left > 0; left--) {
    g_autofree char *path = NULL;
    gboolean kept;

    if (!settle_path (work, i, &path, error) ||
        !treat (work, &(const Entry){path, i, count - left}, &kept, error))
      return FALSE;
    control = control || g_strcmp0 (path, "/dev/nvidiactl") == 0;
    i += kept;
  }
  return !work->gpu || control ||
         runsc_refuse (
             error, "a GPU is asked for without /dev/nvidiactl, and without that device runsc brings none: "
                    "add it to linux.devices, or ask by CDI");
}
