/* SPDX-License-Identifier: Apache-2.0
 *
 * device-path-plugin.c: the detector that finds GPUs among the device nodes of a spec (linux.devices).
 *
 * An NVIDIA GPU computes with two more nodes.  Where the spec has the GPU alone and the host has these, they
 * are added; where the host has not, the request says that they are missing, and the core refuses.
 */
#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <b9run/b9-error.h>

#include "device-inventory.h"
#include "nvidia-host.h"

#define DEVICES "/linux/devices"
#define MOST_VENDOR_TEXT 64

static const char *const needed[] = {B9_NVIDIA_CONTROL, B9_NVIDIA_MEMORY};

/* The path of device number @index as the runtimes resolve it; *path is NULL where it has none. */
static gboolean
read_path (const B9Spec *spec, guint index, char **path, GError **error)
{
  g_autofree char *pointer = g_strdup_printf (DEVICES "/%u/path", index);
  g_autofree char *written = NULL;

  *path = NULL;
  if (!spec->string (spec, pointer, &written, error))
    return FALSE;
  if (written != NULL && *written != '\0')
    *path = g_canonicalize_filename (written, "/");
  return TRUE;
}

/* The PCI vendor of a node below /dev/dri, by its numbers where the spec has them: inside a container it may
 * have another name than on the host. */
static const char *
vendor_of (const B9Host *host, const B9Spec *spec, guint index, const char *path)
{
  g_autofree char *major_pointer = g_strdup_printf (DEVICES "/%u/major", index);
  g_autofree char *minor_pointer = g_strdup_printf (DEVICES "/%u/minor", index);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;
  gint64 major = 0, minor = 0;

  if (!spec->integer (spec, major_pointer, &major, NULL) ||
      !spec->integer (spec, minor_pointer, &minor, NULL))
    return NULL;
  if (major != 0)
    file = g_strdup_printf ("/sys/dev/char/%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT "/device/vendor", major,
                            minor);
  else
    file = g_strdup_printf ("/sys/class/drm/%s/device/vendor", name);
  text = host->read_file (host, file, MOST_VENDOR_TEXT, NULL, NULL);
  return text != NULL ? b9_device_vendor (text) : NULL;
}

/* What device number @index is; FALSE without @error: nothing of ours. */
static gboolean
look_at (const B9Host *host, const B9Spec *spec, guint index, const char *path, B9DeviceMeaning *meaning)
{
  if (!b9_device_look_up (path, meaning))
    return FALSE;
  if (meaning->vendor != NULL)
    return TRUE;
  meaning->vendor = vendor_of (host, spec, index, path);
  /* NVIDIA's node below /dev/dri draws; what computes is /dev/nvidiaN. */
  if (g_strcmp0 (meaning->vendor, "nvidia") == 0)
    meaning->gpu_class = B9_GPU_COMPANION;
  return meaning->vendor != NULL;
}

static gboolean
has_device (const B9Spec *spec, const char *wanted, gboolean *found, GError **error)
{
  guint count = spec->length (spec, DEVICES);

  *found = FALSE;
  for (guint i = 0; i < count && !*found; i++) {
    g_autofree char *path = NULL;

    if (!read_path (spec, i, &path, error))
      return FALSE;
    *found = g_strcmp0 (path, wanted) == 0;
  }
  return TRUE;
}

/* A node may also come by a mount of it. */
static gboolean
has_mount (const B9Spec *spec, const char *wanted, gboolean *found, GError **error)
{
  guint count = spec->length (spec, "/mounts");

  for (guint i = 0; i < count && !*found; i++) {
    g_autofree char *pointer = g_strdup_printf ("/mounts/%u/destination", i);
    g_autofree char *destination = NULL;

    if (!spec->string (spec, pointer, &destination, error))
      return FALSE;
    *found = g_strcmp0 (destination, wanted) == 0;
  }
  return TRUE;
}

static gboolean
brings (const B9Spec *spec, const char *wanted, gboolean *found, GError **error)
{
  return has_device (spec, wanted, found, error) && has_mount (spec, wanted, found, error);
}

static gboolean
host_has (const B9Host *host, const char *path, struct stat *info)
{
  g_autofree char *place = host->path (host, path);

  return stat (place, info) == 0 && S_ISCHR (info->st_mode);
}

/* What an NVIDIA GPU of this spec does without; NULL: nothing. */
static gboolean
find_missing (const B9Host *host, const B9Spec *spec, char **missing, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (needed); i++) {
    struct stat info;
    gboolean found;

    if (!brings (spec, needed[i], &found, error))
      return FALSE;
    if (!found)
      g_string_append_printf (text, "%s%s is not in linux.devices%s", text->len > 0 ? ", and " : "",
                              needed[i], host_has (host, needed[i], &info) ? "" : " and not on this host");
  }
  *missing = text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
  return TRUE;
}

static void
add_request (B9GpuRequests *requests, const B9DeviceMeaning *meaning, const char *path, guint index,
             const char *missing)
{
  g_autofree char *source = g_strdup_printf ("linux.devices[%u].path", index);
  const B9GpuRequest request = {
      .struct_size = sizeof request,
      .gpu_class = meaning->gpu_class,
      .vendor = meaning->vendor,
      .device = path,
      .source = source,
      .missing = missing,
  };

  requests->add (requests, &request);
}

static gboolean
needs_more (const B9DeviceMeaning *meaning)
{
  return meaning->gpu_class == B9_GPU_DEVICE && strcmp (meaning->vendor, "nvidia") == 0;
}

static gboolean
detect (const B9Host *host, const B9Spec *spec, B9GpuRequests *requests, GError **error)
{
  guint count = spec->length (spec, DEVICES);
  g_autofree char *missing = NULL; /* the same for each GPU of this spec */
  gboolean looked = FALSE;

  for (guint i = 0; i < count; i++) {
    g_autofree char *path = NULL;
    B9DeviceMeaning meaning;

    if (!read_path (spec, i, &path, error))
      return FALSE;
    if (path == NULL || !look_at (host, spec, i, path, &meaning))
      continue;
    if (needs_more (&meaning) && !looked && !find_missing (host, spec, &missing, error))
      return FALSE;
    looked = looked || needs_more (&meaning);
    add_request (requests, &meaning, path, i, needs_more (&meaning) ? missing : NULL);
  }
  return TRUE;
}

/* The first NVIDIA GPU of the spec; *path is NULL where it has none. */
static gboolean
find_gpu (const B9Spec *spec, char **path, guint *index, GError **error)
{
  guint count = spec->length (spec, DEVICES);
  B9DeviceMeaning meaning;

  for (*index = 0; *index < count; *index += 1) {
    if (!read_path (spec, *index, path, error))
      return FALSE;
    if (*path != NULL && b9_device_look_up (*path, &meaning) && meaning.vendor != NULL &&
        needs_more (&meaning))
      return TRUE;
    g_clear_pointer (path, g_free);
  }
  return TRUE;
}

/* The node as the host has it, and the rule that lets it be opened. */
static gboolean
add_node (B9Spec *spec, const char *path, const struct stat *info, const char *cause, GError **error)
{
  g_autofree char *node = g_strdup_printf ("{\"path\": \"%s\", \"type\": \"c\", \"major\": %u, \"minor\": "
                                           "%u, \"fileMode\": %u, \"uid\": %u, \"gid\": %u}",
                                           path, major (info->st_rdev), minor (info->st_rdev),
                                           info->st_mode & 0777, info->st_uid, info->st_gid);
  g_autofree char *rule = g_strdup_printf (
      "{\"allow\": true, \"type\": \"c\", \"major\": %u, \"minor\": %u, \"access\": \"rwm\"}",
      major (info->st_rdev), minor (info->st_rdev));

  return spec->set (spec, DEVICES "/-", node, cause, error) &&
         spec->set (spec, "/linux/resources/devices/-", rule, cause, error);
}

/* Device number @index as the spec has it, against the host's node of its path.  There is one driver, so the
 * numbers of a control node are the same for every container; nvidia-uvm's change from one boot to the next.
 */
static gboolean
check_numbers (const B9Host *host, const B9Spec *spec, guint index, const char *path, GError **error)
{
  g_autofree char *major_pointer = g_strdup_printf (DEVICES "/%u/major", index);
  g_autofree char *minor_pointer = g_strdup_printf (DEVICES "/%u/minor", index);
  struct stat info;
  gint64 device_major, device_minor;

  if (!host_has (host, path, &info))
    return TRUE;
  device_major = major (info.st_rdev);
  device_minor = minor (info.st_rdev);
  if (!spec->integer (spec, major_pointer, &device_major, error) ||
      !spec->integer (spec, minor_pointer, &device_minor, error))
    return FALSE;
  if (device_major == major (info.st_rdev) && device_minor == minor (info.st_rdev))
    return TRUE;
  g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED,
               "the container would not get all of its GPU: linux.devices[%u], %s, is %" G_GINT64_FORMAT
               ":%" G_GINT64_FORMAT
               " there and %u:%u on this host; correct it, or if it comes from a CDI file, "
               "generate that anew (b9run cdi check)",
               index, path, device_major, device_minor, major (info.st_rdev), minor (info.st_rdev));
  return FALSE;
}

/* runsc always, and the others in a user namespace, take a node from the host by its path. */
static gboolean
makes_nodes (const char *backend, const B9Spec *spec)
{
  guint count = spec->length (spec, "/linux/namespaces");

  if (g_strcmp0 (backend, "runsc") == 0)
    return FALSE;
  for (guint i = 0; i < count; i++) {
    g_autofree char *pointer = g_strdup_printf ("/linux/namespaces/%u/type", i);
    g_autofree char *type = NULL;

    if (spec->string (spec, pointer, &type, NULL) && g_strcmp0 (type, "user") == 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_control_nodes (const B9Host *host, const B9Spec *spec, GError **error)
{
  guint count = spec->length (spec, DEVICES);

  for (guint i = 0; i < count; i++) {
    g_autofree char *path = NULL;

    if (!read_path (spec, i, &path, error))
      return FALSE;
    for (guint j = 0; j < G_N_ELEMENTS (needed); j++) {
      if (g_strcmp0 (path, needed[j]) == 0 && !check_numbers (host, spec, i, path, error))
        return FALSE;
    }
  }
  return TRUE;
}

/* Completes a GPU that came without its control nodes. */
static gboolean
complete (const B9Host *host, B9Spec *spec, const char *gpu, guint index, GError **error)
{
  g_autofree char *cause = g_strdup_printf ("device-path: %s (linux.devices[%u]) does not compute without it",
                                            gpu, index);

  for (guint i = 0; i < G_N_ELEMENTS (needed); i++) {
    struct stat info;
    gboolean found;

    if (!brings (spec, needed[i], &found, error))
      return FALSE;
    if (!found && host_has (host, needed[i], &info) && !add_node (spec, needed[i], &info, cause, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
edit (const B9Host *host, const char *backend, B9Spec *spec, B9GpuRequests *requests G_GNUC_UNUSED,
      GError **error)
{
  g_autofree char *gpu = NULL;
  guint index = 0;

  if (!find_gpu (spec, &gpu, &index, error))
    return FALSE;
  if (gpu == NULL)
    return TRUE;
  if (makes_nodes (backend, spec) && !check_control_nodes (host, spec, error))
    return FALSE;
  return !host->config_boolean (host, "complete") || complete (host, spec, gpu, index, error);
}

static const B9ConfigKey complete_key = {
    .struct_size = sizeof (B9ConfigKey),
    .name = "complete",
    .type = B9_CONFIG_BOOLEAN,
    .fallback = "true",
    .summary =
        "Whether /dev/nvidiactl and /dev/nvidia-uvm of the host are added to a container that asks for a GPU "
        "without them; otherwise it is refused.",
};

static const B9ConfigKey *const config_keys[] = {&complete_key, NULL};

static const B9GpuDetector device_path_detector = {
    .struct_size = sizeof (B9GpuDetector),
    .config_keys = config_keys,
    .edit = edit,
    .detect = detect,
    .probe = b9_nvidia_probe,
    .examine = b9_nvidia_examine,
};

static const B9Provider device_path_provider = {
    .struct_size = sizeof (B9Provider),
    .kind = B9_PROVIDER_GPU,
    .name = "device-path",
    .vtable = &device_path_detector,
};

static const B9Provider *const providers[] = {&device_path_provider, NULL};

B9_PLUGIN_DEFINE (b9_gpu_device_path) = {
    B9_PLUGIN_PREFIX (0),
    .name = "device-path",
    .version = PACKAGE_VERSION,
    .license = "Apache-2.0",
    .summary = "Finds GPUs among the device nodes of a container.",
    .providers = providers,
};
