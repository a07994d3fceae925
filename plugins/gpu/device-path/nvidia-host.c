/* SPDX-License-Identifier: Apache-2.0
 *
 * nvidia-host.c: see nvidia-host.h; nvidia-facts.c reads what is judged here, nvidia-smi.c asks NVIDIA's own
 * tool.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-gpu"

#include "nvidia-host.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nvidia-facts.h"
#include "nvidia-smi.h"

#define VERSION_FILE "/proc/driver/nvidia/version"
#define REMAKE_NODE "remove it and make it anew: rm %s && nvidia-modprobe %s; then make the CDI files anew"

static void
say (const B9Host *host, B9FindingLevel level, const char *id, const char *message, const char *remedy)
{
  const B9Finding finding = {
      .struct_size = sizeof finding, .level = level, .id = id, .message = message, .remedy = remedy};

  host->finding (host, &finding);
}

static char *
join (const GPtrArray *words)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < words->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", (const char *)g_ptr_array_index (words, i));
  return g_string_free (text, FALSE);
}

static gboolean
is_about_gpu (const NvidiaNode *node)
{
  return g_ascii_isdigit (node->path[strlen ("/dev/nvidia")]);
}

static gboolean
is_uvm (const NvidiaNode *node)
{
  return strcmp (node->path, "/dev/nvidia-uvm") == 0;
}

/* Without it CUDA works; with it, profilers do. */
static gboolean
is_tool (const NvidiaNode *node)
{
  return strcmp (node->path, "/dev/nvidia-uvm-tools") == 0;
}

/* The arguments that make nvidia-modprobe create the node. */
static char *
modprobe_arguments (const NvidiaNode *node)
{
  if (is_uvm (node) || is_tool (node))
    return g_strdup ("-u -c 0");
  return g_strdup_printf ("-c %d", is_about_gpu (node) ? node->true_minor : NVIDIA_CONTROL_MINOR);
}

/* What is wrong with a node that the driver has a device for, or NULL.  *@remedy: what to do. */
static char *
fault_of (const NvidiaNode *node, char **remedy)
{
  g_autofree char *arguments = modprobe_arguments (node);

  if (node->true_major < 0) {
    *remedy = g_strdup ("load it: modprobe nvidia-uvm, or nvidia-modprobe -u -c 0");
    return g_strdup_printf ("%s has no driver: /proc/devices has no nvidia-uvm", node->path);
  }
  if (!node->exists) {
    *remedy = g_strdup_printf ("make it: nvidia-modprobe %s", arguments);
    return g_strdup_printf ("%s is not there", node->path);
  }
  *remedy = g_strdup_printf (REMAKE_NODE, node->path, arguments);
  if (!S_ISCHR (node->mode))
    return g_strdup_printf ("%s is %s, not a device", node->path,
                            S_ISLNK (node->mode)   ? "a link"
                            : S_ISDIR (node->mode) ? "a directory"
                                                   : "a file");
  if (node->major != node->true_major || node->minor != node->true_minor)
    return g_strdup_printf ("%s is %d:%d, and the loaded driver has %d:%d", node->path, node->major,
                            node->minor, node->true_major, node->true_minor);
  g_clear_pointer (remedy, g_free);
  return NULL;
}

/* --- the cells --- */

static void
report (const B9Host *host, const char *capability, B9CapabilityState state, const char *evidence,
        const char *reason, const char *remedy)
{
  const B9Cell cell = {
      .struct_size = sizeof cell,
      .capability = capability,
      .state = state,
      .evidence_kind = B9_EVIDENCE_FILE,
      .evidence = evidence,
      .reason = reason,
      .remedy = remedy,
  };

  host->report (host, &cell);
}

static void
report_without_driver (const B9Host *host, const NvidiaFacts *facts)
{
  static const char *const capabilities[] = {"gpu.driver", "gpu.passthrough", "gpu.mig"};
  gboolean hidden = facts->unreadable->len > 0;
  const char *evidence = hidden ? g_ptr_array_index (facts->unreadable, 0) : VERSION_FILE " is not there";
  const char *reason = hidden ? "the driver's files cannot be read" : "no NVIDIA driver is loaded";

  for (guint i = 0; i < G_N_ELEMENTS (capabilities); i++)
    report (host, capabilities[i], hidden ? B9_CAPABILITY_UNKNOWN : B9_CAPABILITY_UNSUPPORTED, evidence,
            reason, hidden ? "ask as root" : "load the driver (modprobe nvidia), or install it");
}

static void
report_driver (const B9Host *host, const NvidiaFacts *facts)
{
  g_autofree char *evidence = g_strdup_printf (VERSION_FILE ": %s", facts->version_text);

  if (facts->version == NULL)
    report (host, "gpu.driver", B9_CAPABILITY_UNKNOWN, evidence, "the driver does not say its version", NULL);
  else if (facts->module_version != NULL && strcmp (facts->module_version, facts->version) != 0)
    report (host, "gpu.driver", B9_CAPABILITY_CONDITIONAL, evidence,
            "/sys/module/nvidia/version names another version than the driver itself",
            "reboot, or unload all of the driver's modules and load them again");
  else
    report (host, "gpu.driver", B9_CAPABILITY_SUPPORTED, evidence, NULL, NULL);
}

/* The first fault of a node without which no GPU works, else of one without which CUDA does not. */
static char *
worst_fault (const NvidiaFacts *facts, gboolean *fatal, char **remedy)
{
  g_autofree char *lesser = NULL;
  g_autofree char *lesser_remedy = NULL;

  *fatal = FALSE;
  for (guint i = 0; i < facts->nodes->len; i++) {
    const NvidiaNode *node = g_ptr_array_index (facts->nodes, i);
    g_autofree char *cure = NULL;
    g_autofree char *fault = node->wanted && !is_tool (node) ? fault_of (node, &cure) : NULL;

    if (fault == NULL)
      continue;
    if (!is_about_gpu (node) && !is_uvm (node)) {
      *fatal = TRUE;
      *remedy = g_steal_pointer (&cure);
      return g_steal_pointer (&fault);
    }
    if (lesser == NULL) {
      lesser = g_steal_pointer (&fault);
      lesser_remedy = g_steal_pointer (&cure);
    }
  }
  *remedy = g_steal_pointer (&lesser_remedy);
  return g_steal_pointer (&lesser);
}

static void
report_passthrough (const B9Host *host, const NvidiaFacts *facts)
{
  g_autofree char *evidence = NULL;
  g_autofree char *remedy = NULL;
  g_autofree char *fault = NULL;
  gboolean fatal;

  if (facts->gpus->len == 0) {
    report (host, "gpu.passthrough", B9_CAPABILITY_UNSUPPORTED, "/proc/driver/nvidia/gpus is empty",
            "the driver has found no GPU", "look for NVRM in the kernel's log: dmesg");
    return;
  }
  fault = worst_fault (facts, &fatal, &remedy);
  evidence = g_strdup_printf (
      "%u of /proc/driver/nvidia/gpus, /dev/nvidiactl, /dev/nvidia-uvm and their nodes", facts->gpus->len);
  if (fault == NULL)
    report (host, "gpu.passthrough", B9_CAPABILITY_SUPPORTED, evidence, NULL, NULL);
  else
    report (host, "gpu.passthrough", fatal ? B9_CAPABILITY_UNSUPPORTED : B9_CAPABILITY_CONDITIONAL, evidence,
            fault, remedy);
}

static guint
count_all_instances (const NvidiaFacts *facts)
{
  guint instances = 0;

  for (guint i = 0; i < facts->gpus->len; i++)
    instances += ((const NvidiaGpu *)g_ptr_array_index (facts->gpus, i))->instances;
  return instances;
}

static void
report_mig (const B9Host *host, const NvidiaFacts *facts)
{
  guint instances = count_all_instances (facts);
  g_autofree char *evidence = g_strdup_printf ("%u GPU instances in /proc/driver/nvidia/capabilities",
                                               instances);

  if (facts->caps_major < 0)
    report (host, "gpu.mig", B9_CAPABILITY_UNSUPPORTED, "/proc/devices has no nvidia-caps",
            "this driver has no MIG", NULL);
  else if (instances == 0)
    report (host, "gpu.mig", B9_CAPABILITY_CONDITIONAL, evidence, "no GPU has a MIG instance",
            "make one, where the GPU can: nvidia-smi mig -cgi PROFILE -C");
  else
    report (host, "gpu.mig", B9_CAPABILITY_SUPPORTED, evidence, NULL, NULL);
}

void
b9_nvidia_probe (const B9Host *host)
{
  g_autoptr (NvidiaFacts) facts = nvidia_facts_read (host);

  if (facts->version_text == NULL) {
    report_without_driver (host, facts);
    return;
  }
  report_driver (host, facts);
  report_passthrough (host, facts);
  report_mig (host, facts);
}

/* --- the lines of the doctor --- */

static void
examine_unreadable (const B9Host *host, const NvidiaFacts *facts)
{
  for (guint i = 0; i < facts->unreadable->len; i++) {
    g_autofree char *message = g_strdup_printf ("not seen: %s",
                                                (char *)g_ptr_array_index (facts->unreadable, i));

    say (host, B9_FINDING_WARNING, "nvidia.unreadable", message, "ask as root: sudo b9run doctor");
  }
}

static void
examine_without_driver (const B9Host *host, const NvidiaFacts *facts)
{
  g_autofree char *devices = join (facts->pci_devices);
  g_autofree char *message = NULL;

  examine_unreadable (host, facts);
  if (facts->pci_devices->len == 0) {
    if (facts->unreadable->len == 0)
      say (host, B9_FINDING_OK, "nvidia.absent",
           "no NVIDIA driver is loaded (" VERSION_FILE " is not there), and no NVIDIA GPU is on the PCI bus",
           "use a host with an NVIDIA GPU, or install its driver where there is one");
    return;
  }
  message = g_strdup_printf ("%u NVIDIA GPU%s on the PCI bus (%s), and no driver is loaded",
                             facts->pci_devices->len, facts->pci_devices->len == 1 ? "" : "s", devices);
  say (host, B9_FINDING_WARNING, "nvidia.driver.absent", message,
       "load it: modprobe nvidia; if that fails, install it for this kernel");
}

static void
examine_driver (const B9Host *host, const NvidiaFacts *facts)
{
  g_autofree char *message = NULL;

  if (facts->version == NULL) {
    message = g_strdup_printf ("the driver does not say its version: \"%s\" in " VERSION_FILE,
                               facts->version_text);
    say (host, B9_FINDING_WARNING, "nvidia.driver", message,
         "nothing that depends on the version can be checked; install a released driver");
    return;
  }
  if (facts->module_version != NULL && strcmp (facts->module_version, facts->version) != 0) {
    message = g_strdup_printf ("driver %s runs, and /sys/module/nvidia/version says %s", facts->version,
                               facts->module_version);
    say (host, B9_FINDING_PROBLEM, "nvidia.driver", message,
         "reboot, or unload all of the driver's modules and load them again");
    return;
  }
  message = g_strdup_printf ("driver %s, %s kernel module", facts->version,
                             facts->open_module ? "open" : "proprietary");
  say (host, B9_FINDING_OK, "nvidia.driver", message, NULL);
}

/* libcuda and libnvidia-ml have to be of the driver's own version. */
static void
examine_library (const B9Host *host, const NvidiaFacts *facts, const char *name)
{
  g_autoptr (GPtrArray) versions = nvidia_library_versions (host, name);
  g_autofree char *list = join (versions);
  g_autofree char *message = NULL;

  if (versions->len == 0) {
    message = g_strdup_printf ("%s is in none of the usual library directories", name);
    say (host, B9_FINDING_WARNING, "nvidia.library", message,
         "install the driver's libraries, unless containers get them from elsewhere (a driver container)");
  } else if (facts->version != NULL &&
             !g_ptr_array_find_with_equal_func (versions, facts->version, g_str_equal, NULL)) {
    message = g_strdup_printf ("%s is of version %s, and the loaded driver of %s", name, list,
                               facts->version);
    say (host, B9_FINDING_PROBLEM, "nvidia.library", message,
         "the driver was changed while it was loaded: reboot, or unload its modules and load them again");
  } else {
    message = g_strdup_printf ("%s %s", name, list);
    say (host, B9_FINDING_OK, "nvidia.library", message, NULL);
  }
}

static void
examine_gpu (const B9Host *host, const NvidiaGpu *gpu, guint index)
{
  g_autofree char *node = gpu->minor != NVIDIA_NO_MINOR ? g_strdup_printf ("/dev/nvidia%d", gpu->minor)
                                                        : g_strdup ("no minor");
  g_autofree char *message = g_strdup_printf (
      "GPU %u: %s, %s, %s, %s", index, gpu->model != NULL ? gpu->model : "model not said",
      gpu->uuid != NULL ? gpu->uuid : "UUID not said", gpu->bus, node);

  if (gpu->excluded) {
    g_autofree char *excluded = g_strconcat (message, ", excluded", NULL);

    say (host, B9_FINDING_WARNING, "nvidia.gpu", excluded,
         "it is left out by the module's option NVreg_ExcludedGpus; take it from there to use it");
  } else if (gpu->minor == NVIDIA_NO_MINOR) {
    say (host, B9_FINDING_PROBLEM, "nvidia.gpu", message,
         "the driver has not taken this GPU; look for NVRM in the kernel's log: dmesg");
  } else {
    say (host, B9_FINDING_OK, "nvidia.gpu", message, NULL);
  }
}

static void
examine_gpus (const B9Host *host, const NvidiaFacts *facts)
{
  if (facts->gpus->len == 0)
    say (host, B9_FINDING_WARNING, "nvidia.gpu.absent", "the driver is loaded and has found no GPU",
         "look for NVRM in the kernel's log: dmesg");
  for (guint i = 0; i < facts->gpus->len; i++)
    examine_gpu (host, g_ptr_array_index (facts->gpus, i), i);
}

static void
examine_mode (const B9Host *host, const NvidiaNode *node)
{
  g_autofree char *message = NULL;

  if (!node->accessible) {
    message = g_strdup_printf ("%s has mode %04o, and you (uid %d) may not use it", node->path,
                               (unsigned)(node->mode & 07777), (int)geteuid ());
    say (host, B9_FINDING_WARNING, "nvidia.node.mode", message,
         "add yourself to the group that it belongs to, or set NVreg_DeviceFileMode=0666 for the module");
  } else if ((node->mode & 0006) != 0006) {
    message = g_strdup_printf ("%s has mode %04o: processes that are neither its owner nor in its group get "
                               "\"Insufficient Permissions\"",
                               node->path, (unsigned)(node->mode & 07777));
    say (host, B9_FINDING_WARNING, "nvidia.node.mode", message,
         "give the containers its group (additionalGids), or set NVreg_DeviceFileMode=0666 for the module");
  }
}

/* One line for all that is well, and one for each that is not. */
static void
examine_nodes (const B9Host *host, const NvidiaFacts *facts)
{
  g_autoptr (GPtrArray) good = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *list = NULL;

  for (guint i = 0; i < facts->nodes->len; i++) {
    const NvidiaNode *node = g_ptr_array_index (facts->nodes, i);
    g_autofree char *remedy = NULL;
    g_autofree char *fault = node->wanted ? fault_of (node, &remedy) : NULL;

    if (!node->wanted) {
      fault = g_strdup_printf ("%s is there, and the driver has no GPU of that minor", node->path);
      remedy = g_strdup_printf ("remove it: rm %s", node->path);
      say (host, B9_FINDING_WARNING, "nvidia.node.stale", fault, remedy);
    } else if (fault != NULL) {
      say (host, is_tool (node) ? B9_FINDING_WARNING : B9_FINDING_PROBLEM, "nvidia.node", fault, remedy);
    } else {
      g_ptr_array_add (good, g_strdup_printf ("%s %d:%d", node->path, node->major, node->minor));
      examine_mode (host, node);
    }
  }
  list = join (good);
  if (good->len > 0)
    say (host, B9_FINDING_OK, "nvidia.node", list, NULL);
}

/* The minor that mig-minors has for @access ("gpu0/gi1/access 12"), or -1. */
static int
mig_minor (const char *minors, const char *access)
{
  g_auto (GStrv) lines = g_strsplit (minors, "\n", -1);
  gsize length = strlen (access);
  guint64 minor = 0;

  for (guint i = 0; lines[i] != NULL; i++) {
    if (strncmp (lines[i], access, length) == 0 && lines[i][length] == ' ' &&
        g_ascii_string_to_unsigned (lines[i] + length + 1, 10, 0, G_MAXINT, &minor, NULL))
      return (int)minor;
  }
  return -1;
}

static void
examine_instance (const B9Host *host, const NvidiaGpu *gpu, const char *instance, const char *minors)
{
  g_autofree char *access = g_strdup_printf ("gpu%d/%s/access", gpu->minor, instance);
  int minor = mig_minor (minors, access);
  g_autofree char *node = g_strdup_printf ("/dev/nvidia-caps/nvidia-cap%d", minor);
  g_autofree char *real = host->path (host, node);
  g_autofree char *message = NULL;
  g_autofree char *remedy = NULL;
  struct stat info;

  if (minor < 0) {
    message = g_strdup_printf ("MIG instance %s has no minor in /proc/driver/nvidia-caps/mig-minors", access);
    say (host, B9_FINDING_WARNING, "nvidia.mig", message, "reboot, or load the driver's modules anew");
  } else if (lstat (real, &info) != 0 || !S_ISCHR (info.st_mode)) {
    message = g_strdup_printf ("MIG instance %s: %s is not there", access, node);
    remedy = g_strdup_printf (
        "make it: nvidia-modprobe -f /proc/driver/nvidia/capabilities/gpu%d/mig/%s/access", gpu->minor,
        instance);
    say (host, B9_FINDING_WARNING, "nvidia.mig", message, remedy);
  }
}

static void
examine_mig (const B9Host *host, const NvidiaFacts *facts)
{
  g_autofree char *minors = NULL;

  if (count_all_instances (facts) == 0)
    return;
  minors = host->read_file (host, "/proc/driver/nvidia-caps/mig-minors", (gsize)1 << 20, NULL, NULL);
  for (guint i = 0; i < facts->gpus->len; i++) {
    const NvidiaGpu *gpu = g_ptr_array_index (facts->gpus, i);
    g_autofree char *directory = g_strdup_printf ("/proc/driver/nvidia/capabilities/gpu%d/mig", gpu->minor);
    g_autoptr (GPtrArray) instances = nvidia_names_in (host, directory, "gi");
    g_autofree char *list = join (instances);
    g_autofree char *message = g_strdup_printf ("GPU %u is divided by MIG into %s", i, list);

    if (instances->len == 0)
      continue;
    say (host, B9_FINDING_OK, "nvidia.mig", message, NULL);
    for (guint j = 0; j < instances->len; j++)
      examine_instance (host, gpu, g_ptr_array_index (instances, j), minors != NULL ? minors : "");
  }
}

void
b9_nvidia_examine (const B9Host *host)
{
  g_autoptr (NvidiaFacts) facts = nvidia_facts_read (host);

  if (facts->version_text == NULL) {
    examine_without_driver (host, facts);
    return;
  }
  examine_driver (host, facts);
  examine_library (host, facts, "libcuda");
  examine_gpus (host, facts);
  examine_nodes (host, facts);
  examine_mig (host, facts);
  examine_unreadable (host, facts);
  nvidia_examine_smi (host, facts);
}
