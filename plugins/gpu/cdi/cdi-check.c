/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-check.c: compares the CDI files with this host.
 *
 * What breaks in practice: a file that nobody reads, or that a newer tool wrote; a file made before the
 * driver was upgraded, whose libraries are gone; a major number that changed with a reboot.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-check.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "plugins/gpu/cdi/cdi-driver.h"
#include "plugins/gpu/cdi/cdi-findings.h"
#include "plugins/gpu/cdi/cdi-kinds.h"
#include "plugins/gpu/cdi/cdi-request.h"

#define GENERATE "generate the CDI file anew: nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml"
#define DESCRIBE "for NVIDIA: nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml"
#define CONFLICTING "conflicting device"

typedef struct {
  const B9Host *host;
  const CdiRegistry *registry;
  CdiFindings *findings;
  CdiDriver *driver;
} Check;

/* --- files --- */

static void
check_problems (const Check *check)
{
  for (guint i = 0; i < check->registry->problems->len; i++) {
    const CdiProblem *problem = check->registry->problems->pdata[i];
    gboolean conflict = strstr (problem->message, CONFLICTING) != NULL;

    cdi_findings_add (check->findings, B9_FINDING_PROBLEM, conflict ? "cdi.conflict" : "cdi.file",
                      g_strdup (problem->message),
                      conflict ? "keep the device in one of the files"
                               : "correct the file, or generate it anew with the tool that made it");
  }
  for (guint i = 0; i < check->registry->ignored->len; i++) {
    const char *path = check->registry->ignored->pdata[i];
    g_autofree char *remedy = g_strdup_printf ("rename it: mv %s %.*s.yaml", path, (int)strlen (path) - 4,
                                               path);

    cdi_findings_add (check->findings, B9_FINDING_WARNING, "cdi.ignored",
                      g_strdup_printf ("%s: nobody reads it: CDI files end in .yaml or .json", path), remedy);
  }
}

/* --- edits --- */

static gboolean
exists (const Check *check, const char *path, struct stat *status, gboolean follow)
{
  g_autofree char *place = check->host->path (check->host, path);

  return (follow ? stat (place, status) : lstat (place, status)) == 0 ||
         (errno != ENOENT && errno != ENOTDIR);
}

static void
check_node (const Check *check, const CdiFile *file, const CdiDeviceNode *node)
{
  const CdiHostNodes nodes = cdi_host_nodes (check->host);
  g_auto (CdiOciDevice) device = {0};
  g_autoptr (GError) error = NULL;
  g_autofree char *stale = NULL;

  if (!cdi_device_resolve (node, &nodes, &device, &error)) {
    cdi_findings_add (check->findings, B9_FINDING_PROBLEM, "cdi.node",
                      g_strdup_printf ("%s: %s", file->path, error->message), GENERATE);
    return;
  }
  if (device.warning != NULL)
    cdi_findings_add (check->findings, B9_FINDING_PROBLEM, "cdi.major",
                      g_strdup_printf ("%s: %s", file->path, device.warning), GENERATE);
  stale = cdi_driver_check_major (check->driver, cdi_host_path (node), device.major);
  if (stale != NULL)
    cdi_findings_add (check->findings, B9_FINDING_PROBLEM, "cdi.major",
                      g_strdup_printf ("%s: %s", file->path, stale), GENERATE);
}

static void
check_mount (const Check *check, const CdiFile *file, const CdiMount *mount)
{
  struct stat status;

  if (!g_path_is_absolute (mount->host_path) || exists (check, mount->host_path, &status, TRUE))
    return;
  cdi_findings_add (
      check->findings, B9_FINDING_PROBLEM, "cdi.mount",
      g_strdup_printf ("%s: the mount's source %s does not exist", file->path, mount->host_path), GENERATE);
}

static void
check_hook (const Check *check, const CdiFile *file, const CdiHook *hook)
{
  struct stat status = {.st_mode = S_IXUSR | S_IXGRP | S_IXOTH};

  if (!g_path_is_absolute (hook->path))
    cdi_findings_add (check->findings, B9_FINDING_PROBLEM, "cdi.hook",
                      g_strdup_printf ("%s: the path of the hook %s is not absolute", file->path, hook->path),
                      "write the whole path of the hook's program");
  else if (!exists (check, hook->path, &status, TRUE))
    cdi_findings_add (check->findings, B9_FINDING_PROBLEM, "cdi.hook",
                      g_strdup_printf ("%s: the hook's program %s does not exist", file->path, hook->path),
                      "install the program, or generate the CDI file anew");
  else if ((status.st_mode & 0111) == 0)
    cdi_findings_add (check->findings, B9_FINDING_PROBLEM, "cdi.hook",
                      g_strdup_printf ("%s: the hook's program %s is not executable", file->path, hook->path),
                      "run: chmod +x on it");
}

static void
check_version (const Check *check, const CdiFile *file, const char *text)
{
  g_autofree char *stale = cdi_driver_check_version (check->driver, text);

  if (stale != NULL)
    cdi_findings_add (check->findings, B9_FINDING_PROBLEM, "cdi.driver",
                      g_strdup_printf ("%s: %s", file->path, stale), GENERATE);
}

static void
check_edits (const Check *check, const CdiFile *file, const CdiEdits *edits)
{
  for (guint i = 0; i < edits->nodes.count; i++)
    check_node (check, file, CDI_ITEM (edits->nodes, CdiDeviceNode, i));
  for (guint i = 0; i < edits->mounts.count; i++) {
    const CdiMount *mount = CDI_ITEM (edits->mounts, CdiMount, i);

    check_mount (check, file, mount);
    check_version (check, file, mount->host_path);
  }
  for (guint i = 0; i < edits->hooks.count; i++) {
    const CdiHook *hook = CDI_ITEM (edits->hooks, CdiHook, i);

    check_hook (check, file, hook);
    for (guint j = 0; j < hook->args.count; j++)
      check_version (check, file, CDI_TEXT_ITEM (hook->args, j));
  }
}

static void
check_files (const Check *check)
{
  for (guint i = 0; i < check->registry->files->len; i++) {
    const CdiFile *file = check->registry->files->pdata[i];

    if (file->spec == NULL)
      continue;
    check_edits (check, file, &file->spec->edits);
    for (guint j = 0; j < file->spec->devices.count; j++)
      check_edits (check, file, &CDI_ITEM (file->spec->devices, CdiDevice, j)->edits);
  }
}

/* --- the summary --- */

static guint
count_gpus (const CdiRegistry *registry)
{
  GHashTableIter iterator;
  gpointer name, entry;
  guint count = 0;

  g_hash_table_iter_init (&iterator, registry->devices);
  while (g_hash_table_iter_next (&iterator, &name, &entry))
    count += cdi_gpu_class (name, entry) == B9_GPU_DEVICE ? 1 : 0;
  return count;
}

static char *
describe (const B9Host *host, const CdiRegistry *registry)
{
  g_autofree char *directories = g_strjoinv (", ", (char **)cdi_directories (host));
  guint devices = g_hash_table_size (registry->devices);

  if (registry->files->len == 0)
    return g_strdup_printf ("no CDI file in %s", directories);
  return g_strdup_printf ("%u CDI device%s, %u of them GPUs, in %u file%s of %s", devices,
                          devices == 1 ? "" : "s", count_gpus (registry), registry->files->len,
                          registry->files->len == 1 ? "" : "s", directories);
}

static void
run_check (const B9Host *host, gboolean summary)
{
  g_autoptr (CdiRegistry) registry = cdi_registry_load (host, cdi_directories (host));
  g_autoptr (CdiFindings) findings = cdi_findings_new ();
  g_autoptr (CdiDriver) driver = cdi_driver_read (host);
  const Check check = {host, registry, findings, driver};

  cdi_findings_add (findings, B9_FINDING_OK, registry->files->len > 0 ? "cdi.devices" : "cdi.absent",
                    describe (host, registry), registry->files->len > 0 ? NULL : DESCRIBE);
  check_problems (&check);
  check_files (&check);
  cdi_findings_report (findings, host, summary);
}

void
cdi_check (const B9Host *host)
{
  run_check (host, FALSE);
}

void
cdi_examine (const B9Host *host)
{
  run_check (host, TRUE);
}

/* --- the cell --- */

/* A container without a CDI device needs none, so that none is there refuses nobody else. */
void
cdi_probe (const B9Host *host)
{
  g_autoptr (CdiRegistry) registry = cdi_registry_load (host, cdi_directories (host));
  g_autofree char *evidence = describe (host, registry);
  B9Cell cell = {.struct_size = sizeof cell,
                 .capability = "cdi.inject",
                 .state = B9_CAPABILITY_SUPPORTED,
                 .evidence_kind = B9_EVIDENCE_FILE,
                 .evidence = evidence};

  for (const char *const *directory = cdi_directories (host); *directory != NULL; directory++)
    host->depends_on (host, *directory);
  for (guint i = 0; i < registry->files->len; i++)
    host->depends_on (host, ((const CdiFile *)registry->files->pdata[i])->path);
  if (registry->problems->len > 0) {
    cell.state = B9_CAPABILITY_CONDITIONAL;
    cell.reason = ((const CdiProblem *)registry->problems->pdata[0])->message;
    cell.remedy = "see all that is wrong: b9run cdi check";
  } else if (g_hash_table_size (registry->devices) == 0) {
    cell.state = B9_CAPABILITY_CONDITIONAL;
    cell.reason = "this host describes no CDI device";
    cell.remedy = DESCRIBE;
  }
  host->report (host, &cell);
}
