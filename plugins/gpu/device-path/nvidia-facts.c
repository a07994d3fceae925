/* SPDX-License-Identifier: Apache-2.0
 *
 * nvidia-facts.c: see nvidia-facts.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-gpu"

#include "nvidia-facts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FILE_MAX ((gsize)256 * 1024)
#define NAMES_MAX 1024
#define MINOR_MAX 0xfffff

static void
gpu_free (gpointer data)
{
  NvidiaGpu *gpu = data;

  g_free (gpu->bus);
  g_free (gpu->model);
  g_free (gpu->uuid);
  g_free (gpu);
}

static void
node_free (gpointer data)
{
  NvidiaNode *node = data;

  g_free (node->path);
  g_free (node);
}

void
nvidia_facts_free (NvidiaFacts *facts)
{
  if (facts == NULL)
    return;
  g_free (facts->version_text);
  g_free (facts->version);
  g_free (facts->module_version);
  g_ptr_array_unref (facts->gpus);
  g_ptr_array_unref (facts->nodes);
  g_ptr_array_unref (facts->unreadable);
  g_ptr_array_unref (facts->pci_devices);
  g_free (facts);
}

/* What is not there is no news; what is there and cannot be read is. */
static char *
read_text (const B9Host *host, NvidiaFacts *facts, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *real = NULL;
  struct stat info;
  char *text = host->read_file (host, path, FILE_MAX, NULL, &error);

  if (text != NULL)
    return text;
  real = host->path (host, path);
  if (lstat (real, &info) == 0 || errno == EACCES)
    g_ptr_array_add (facts->unreadable, g_strdup_printf ("%s: %s", path, error->message));
  return NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
nvidia_names_in (const B9Host *host, const char *directory, const char *prefix)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = host->path (host, directory);
  g_autoptr (GDir) entries = g_dir_open (path, 0, NULL);
  const char *name;

  host->depends_on (host, directory);
  while (entries != NULL && names->len < NAMES_MAX && (name = g_dir_read_name (entries)) != NULL) {
    if (g_str_has_prefix (name, prefix) && g_utf8_validate (name, -1, NULL))
      g_ptr_array_add (names, g_strdup (name));
  }
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* A version is two or three numbers with dots between, up to a space or the end. */
static gsize
version_length (const char *text)
{
  const char *end = text;
  guint numbers = 0;

  while (g_ascii_isdigit (*end)) {
    end += strspn (end, "0123456789");
    numbers++;
    if (*end != '.' || !g_ascii_isdigit (end[1]))
      break;
    end++;
  }
  return numbers >= 2 && numbers <= 3 && (*end == '\0' || g_ascii_isspace (*end)) ? (gsize)(end - text) : 0;
}

char *
nvidia_version_in (const char *text)
{
  for (const char *word = text; *word != '\0';) {
    gsize length = version_length (word);

    if (length > 0)
      return g_strndup (word, length);
    while (*word != '\0' && !g_ascii_isspace (*word))
      word++;
    while (g_ascii_isspace (*word))
      word++;
  }
  return NULL;
}

/* The proprietary module says "NVIDIA UNIX x86_64 Kernel Module  550.127.05", the open one "NVIDIA UNIX Open
 * Kernel Module for x86_64  570.124.06". */
static void
read_driver (const B9Host *host, NvidiaFacts *facts)
{
  g_autofree char *text = read_text (host, facts, "/proc/driver/nvidia/version");

  facts->module_version = read_text (host, facts, "/sys/module/nvidia/version");
  if (facts->module_version != NULL)
    g_strstrip (facts->module_version);
  if (text == NULL)
    return;
  text[strcspn (text, "\n")] = '\0';
  facts->version_text = g_strstrip (g_steal_pointer (&text));
  facts->version = nvidia_version_in (facts->version_text);
  facts->open_module = strstr (facts->version_text, " Open Kernel Module") != NULL;
}

/* The number of the line "195 nvidia". */
static int
find_major (const char *devices, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (devices, "\n", -1);

  for (guint i = 0; lines[i] != NULL && !g_str_has_prefix (lines[i], "Block"); i++) {
    char *end = NULL;
    guint64 major = g_ascii_strtoull (lines[i], &end, 10);

    if (end != lines[i] && *end == ' ' && strcmp (end + 1, name) == 0 && major <= G_MAXINT)
      return (int)major;
  }
  return -1;
}

static void
read_majors (const B9Host *host, NvidiaFacts *facts)
{
  g_autofree char *devices = read_text (host, facts, "/proc/devices");

  facts->control_major = facts->uvm_major = facts->caps_major = -1;
  if (devices == NULL)
    return;
  facts->control_major = find_major (devices, "nvidia");
  if (facts->control_major < 0)
    facts->control_major = find_major (devices, "nvidia-frontend");
  facts->uvm_major = find_major (devices, "nvidia-uvm");
  facts->caps_major = find_major (devices, "nvidia-caps");
}

/* The value of "Key: \t value", or NULL. */
static char *
value_of (char *const *lines, const char *key)
{
  gsize length = strlen (key);

  for (guint i = 0; lines[i] != NULL; i++) {
    if (g_str_has_prefix (lines[i], key) && lines[i][length] == ':')
      return g_strstrip (g_strdup (lines[i] + length + 1));
  }
  return NULL;
}

static NvidiaGpu *
parse_gpu (const char *bus, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *minor = value_of (lines, "Device Minor");
  g_autofree char *excluded = value_of (lines, "GPU Excluded");
  NvidiaGpu *gpu = g_new0 (NvidiaGpu, 1);
  guint64 number = 0;

  gpu->bus = g_strdup (bus);
  gpu->model = value_of (lines, "Model");
  gpu->uuid = value_of (lines, "GPU UUID");
  gpu->excluded = g_strcmp0 (excluded, "Yes") == 0;
  gpu->minor = minor != NULL && g_ascii_string_to_unsigned (minor, 10, 0, MINOR_MAX, &number, NULL)
                   ? (int)number
                   : NVIDIA_NO_MINOR;
  return gpu;
}

/* The driver has a directory for each instance that was made; mig-minors lists all that could be. */
static guint
count_instances (const B9Host *host, int minor)
{
  g_autofree char *directory = g_strdup_printf ("/proc/driver/nvidia/capabilities/gpu%d/mig", minor);
  g_autoptr (GPtrArray) names = minor >= 0 ? nvidia_names_in (host, directory, "gi") : NULL;

  return names != NULL ? names->len : 0;
}

static void
read_gpus (const B9Host *host, NvidiaFacts *facts)
{
  g_autoptr (GPtrArray) names = nvidia_names_in (host, "/proc/driver/nvidia/gpus", "");

  for (guint i = 0; i < names->len; i++) {
    const char *bus = g_ptr_array_index (names, i);
    g_autofree char *path = g_strdup_printf ("/proc/driver/nvidia/gpus/%s/information", bus);
    g_autofree char *text = read_text (host, facts, path);
    NvidiaGpu *gpu = text != NULL ? parse_gpu (bus, text) : NULL;

    if (gpu == NULL)
      continue;
    gpu->instances = count_instances (host, gpu->minor);
    g_ptr_array_add (facts->gpus, gpu);
  }
}

/* A GPU that no driver has taken: PCI class 03 (display), vendor 10de. */
static void
read_pci (const B9Host *host, NvidiaFacts *facts)
{
  g_autoptr (GPtrArray) names = nvidia_names_in (host, "/sys/bus/pci/devices", "");

  for (guint i = 0; i < names->len; i++) {
    const char *bus = g_ptr_array_index (names, i);
    g_autofree char *vendor_path = g_strdup_printf ("/sys/bus/pci/devices/%s/vendor", bus);
    g_autofree char *class_path = g_strdup_printf ("/sys/bus/pci/devices/%s/class", bus);
    g_autofree char *vendor = read_text (host, facts, vendor_path);
    g_autofree char *class = read_text (host, facts, class_path);

    if (vendor != NULL && class != NULL && g_str_has_prefix (vendor, "0x10de") &&
        g_str_has_prefix (class, "0x03"))
      g_ptr_array_add (facts->pci_devices, g_strdup (bus));
  }
}

static NvidiaNode *
look_at_node (const B9Host *host, const char *path)
{
  g_autofree char *real = host->path (host, path);
  NvidiaNode *node = g_new0 (NvidiaNode, 1);
  struct stat info;

  host->depends_on (host, path);
  node->path = g_strdup (path);
  node->true_major = node->true_minor = -1;
  if (lstat (real, &info) != 0)
    return node;
  node->exists = TRUE;
  node->mode = info.st_mode;
  node->major = (int)major (info.st_rdev);
  node->minor = (int)minor (info.st_rdev);
  node->accessible = faccessat (AT_FDCWD, real, R_OK | W_OK, AT_EACCESS) == 0;
  return node;
}

static void
want_node (const B9Host *host, NvidiaFacts *facts, const char *path, int major, int minor)
{
  NvidiaNode *node = look_at_node (host, path);

  node->wanted = TRUE;
  node->true_major = major;
  node->true_minor = minor;
  g_ptr_array_add (facts->nodes, node);
}

static gboolean
has_node (const NvidiaFacts *facts, const char *path)
{
  for (guint i = 0; i < facts->nodes->len; i++) {
    const NvidiaNode *node = g_ptr_array_index (facts->nodes, i);

    if (strcmp (node->path, path) == 0)
      return TRUE;
  }
  return FALSE;
}

/* /dev/nvidia7 where there is no GPU of that minor. */
static void
find_stale_nodes (const B9Host *host, NvidiaFacts *facts)
{
  g_autoptr (GPtrArray) names = nvidia_names_in (host, "/dev", "nvidia");

  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    const char *number = name + strlen ("nvidia");
    g_autofree char *path = g_strconcat ("/dev/", name, NULL);

    if (*number != '\0' && number[strspn (number, "0123456789")] == '\0' && !has_node (facts, path))
      g_ptr_array_add (facts->nodes, look_at_node (host, path));
  }
}

static void
read_nodes (const B9Host *host, NvidiaFacts *facts)
{
  int major = facts->control_major >= 0 ? facts->control_major : NVIDIA_MAJOR;

  want_node (host, facts, "/dev/nvidiactl", major, NVIDIA_CONTROL_MINOR);
  for (guint i = 0; i < facts->gpus->len; i++) {
    const NvidiaGpu *gpu = g_ptr_array_index (facts->gpus, i);
    g_autofree char *path = g_strdup_printf ("/dev/nvidia%d", gpu->minor);

    if (gpu->minor != NVIDIA_NO_MINOR && !gpu->excluded)
      want_node (host, facts, path, major, gpu->minor);
  }
  want_node (host, facts, "/dev/nvidia-uvm", facts->uvm_major, 0);
  want_node (host, facts, "/dev/nvidia-uvm-tools", facts->uvm_major, 1);
  find_stale_nodes (host, facts);
}

NvidiaFacts *
nvidia_facts_read (const B9Host *host)
{
  NvidiaFacts *facts = g_new0 (NvidiaFacts, 1);

  facts->gpus = g_ptr_array_new_with_free_func (gpu_free);
  facts->nodes = g_ptr_array_new_with_free_func (node_free);
  facts->unreadable = g_ptr_array_new_with_free_func (g_free);
  facts->pci_devices = g_ptr_array_new_with_free_func (g_free);
  read_driver (host, facts);
  if (facts->version_text == NULL) {
    read_pci (host, facts);
    return facts;
  }
  read_majors (host, facts);
  read_gpus (host, facts);
  read_nodes (host, facts);
  return facts;
}

GPtrArray *
nvidia_library_versions (const B9Host *host, const char *name)
{
  static const char *const directories[] = {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                                            "/usr/lib64", "/usr/lib", "/usr/local/lib"};
  g_autofree char *prefix = g_strconcat (name, ".so.", NULL);
  GPtrArray *versions = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (directories); i++) {
    g_autoptr (GPtrArray) names = nvidia_names_in (host, directories[i], prefix);

    for (guint j = 0; j < names->len; j++) {
      const char *version = (const char *)g_ptr_array_index (names, j) + strlen (prefix);

      if (version_length (version) == strlen (version) && version_length (version) > 0 &&
          !g_ptr_array_find_with_equal_func (versions, version, g_str_equal, NULL))
        g_ptr_array_add (versions, g_strdup (version));
    }
  }
  g_ptr_array_sort (versions, compare_names);
  return versions;
}
