/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-devices.c: type, numbers and mode of a device node, from the file and from the host.
 *
 * As the reference implementation has it: a node whose type and major are given needs no node on the host;
 * any other does, which may be no link, and has to be of the type that is given.  A major that is given
 * stays, also where the host's is another one, which after a reboot means a stale file: that is warned of.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-devices.h"

#include <string.h>
#include <sys/sysmacros.h>

#include <b9run/b9-error.h>

#include "plugins/gpu/cdi/cdi-files.h"

void
cdi_oci_device_clear (CdiOciDevice *device)
{
  g_clear_pointer (&device->warning, g_free);
}

const char *
cdi_host_path (const CdiDeviceNode *node)
{
  return node->host_path != NULL && *node->host_path != '\0' ? node->host_path : node->path;
}

char
cdi_node_type (const struct stat *status)
{
  return S_ISCHR (status->st_mode)    ? 'c'
         : S_ISBLK (status->st_mode)  ? 'b'
         : S_ISFIFO (status->st_mode) ? 'p'
                                      : 0;
}

static gboolean
fill_from_host (const char *host_path, const struct stat *status, CdiOciDevice *device, GError **error)
{
  char type = cdi_node_type (status);

  if (device->type == 0)
    device->type = type;
  if (device->type != type) {
    g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED,
                 "CDI device (\"%s\", \"%s\"), host type mismatch (%c, %c)", device->path, host_path,
                 device->type, type);
    return FALSE;
  }
  if (device->major == 0 && type != 'p') {
    device->major = major (status->st_rdev);
    device->minor = minor (status->st_rdev);
  }
  return TRUE;
}

static void
compare_numbers (const char *host_path, const struct stat *status, CdiOciDevice *device)
{
  gint64 host_major = major (status->st_rdev);
  gint64 host_minor = minor (status->st_rdev);

  if (cdi_node_type (status) == 'p' || (host_major == device->major && host_minor == device->minor))
    return;
  device->warning = g_strdup_printf (
      "device node %s is %" G_GINT64_FORMAT ":%" G_GINT64_FORMAT " in the CDI file and %" G_GINT64_FORMAT
      ":%" G_GINT64_FORMAT " on this host (%s): the file is stale, generate it anew",
      device->path, device->major, device->minor, host_major, host_minor, host_path);
}

static const char *
access_of (const CdiDeviceNode *node, char type)
{
  if (type != 'b' && type != 'c')
    return NULL;
  if (node->permissions == NULL || *node->permissions == '\0')
    return "rwm";
  /* runc refuses a rule with an empty access. */
  return strcmp (node->permissions, "none") == 0 ? NULL : node->permissions;
}

gboolean
cdi_device_resolve (const CdiDeviceNode *node, const CdiHostNodes *nodes, CdiOciDevice *device,
                    GError **error)
{
  const char *host_path = cdi_host_path (node);
  char type = node->type != NULL ? node->type[0] : 0;
  gboolean complete = type == 'p' || (type != 0 && node->major.value != 0);
  struct stat status;
  int failure = nodes->look (nodes->data, host_path, &status);
  gboolean is_node = failure == 0 && cdi_node_type (&status) != 0;

  *device = (CdiOciDevice){.path = node->path,
                           .type = type,
                           .major = node->major.value,
                           .minor = node->minor.value,
                           .file_mode = node->file_mode,
                           .uid = node->uid,
                           .gid = node->gid};
  if (!is_node && !complete) {
    g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED, "failed to stat CDI host device \"%s\": %s",
                 host_path, failure != 0 ? cdi_errno_text (failure) : "not a device node");
    return FALSE;
  }
  if (!complete && !fill_from_host (host_path, &status, device, error))
    return FALSE;
  if (is_node && !device->file_mode.given)
    device->file_mode = (CdiNumber){.value = status.st_mode & 07777, .given = TRUE};
  if (is_node)
    compare_numbers (host_path, &status, device);
  device->access = access_of (node, device->type);
  return TRUE;
}
