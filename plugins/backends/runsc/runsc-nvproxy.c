/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-nvproxy.c: whether GPUs work in runsc's sandbox here.
 *
 * nvproxy takes the versions of NVIDIA's driver that it was built for and no other, and a runsc that meets
 * another one says only "EOF", so this looks first.  `runsc nvproxy list-supported-drivers` has the versions
 * that gVisor tests.  Newer releases know more, which --nvproxy-allow-unsupported-driver lets them use; they
 * list those nowhere.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-probe.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runsc-text.h"

#define ALLOW_UNSUPPORTED "nvproxy-allow-unsupported-driver"
#define LIST_DRIVERS "nvproxy list-supported-drivers"

/* The first lines of it. */
#define VERSION_FILE_MAX 4096

/* The first word that is a version: "… Kernel Module  550.54.15  Tue Mar …". */
static char *
version_in (const char *text)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \t\n", 256);

  for (guint i = 0; words[i] != NULL; i++) {
    if (runsc_is_driver_version (words[i]))
      return g_strdup (words[i]);
  }
  return NULL;
}

char *
runsc_host_driver (const B9Host *host, const char **file)
{
  static const char *const files[] = {"/sys/module/nvidia/version", "/proc/driver/nvidia/version"};

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *text = host->read_file (host, files[i], VERSION_FILE_MAX, NULL, NULL);
    char *version = text != NULL ? version_in (text) : NULL;

    *file = files[i];
    if (version != NULL)
      return version;
  }
  return NULL;
}

static void
judge (RunscVerdict *verdict, guint32 state, char *reason, const char *remedy)
{
  verdict->state = state;
  verdict->reason = reason;
  verdict->remedy = g_strdup (remedy);
}

/* The listed versions between which @version is, for a message. */
static char *
nearest (char **drivers, const char *version)
{
  const char *below = NULL, *above = NULL;

  for (guint i = 0; drivers[i] != NULL && above == NULL; i++) {
    if (runsc_compare_versions (drivers[i], version) < 0)
      below = drivers[i];
    else
      above = drivers[i];
  }
  if (below != NULL && above != NULL)
    return g_strdup_printf ("%s or %s", below, above);
  return g_strdup (below != NULL ? below : above);
}

/* A driver that is not listed: runsc may know it all the same where it has a flag for that. */
static void
judge_unlisted (RunscRelease *release, const char *version, char **drivers, RunscVerdict *verdict)
{
  const char *const *flags = release->host->config_list (release->host, "flags");
  g_autofree char *near = nearest (drivers, version);

  verdict->state = B9_CAPABILITY_UNSUPPORTED;
  if (runsc_release_has_flag (release, NULL, ALLOW_UNSUPPORTED) != RUNSC_YES) {
    verdict->reason = g_strdup_printf ("nvproxy of this runsc does not know driver %s", version);
    verdict->remedy = g_strdup_printf ("use a runsc whose `runsc " LIST_DRIVERS "` has %s, or install driver "
                                       "%s",
                                       version, near);
  } else if (!runsc_flag_is_set (flags, ALLOW_UNSUPPORTED)) {
    verdict->reason = g_strdup_printf ("driver %s is not among those that nvproxy of this runsc supports",
                                       version);
    verdict->remedy = g_strdup_printf ("install driver %s, or set backends.runsc.flags: "
                                       "[--" ALLOW_UNSUPPORTED "=true], which helps if runsc knows %s "
                                       "without supporting it",
                                       near, version);
  } else {
    judge (verdict, B9_CAPABILITY_CONDITIONAL,
           g_strdup_printf ("driver %s is not among the supported ones; --" ALLOW_UNSUPPORTED
                            " is set, so runsc tries if it knows the driver at all",
                            version),
           NULL);
  }
}

/* @given: by the configuration, or NULL; @found: by the host, or NULL. */
static void
judge_version (RunscRelease *release, const char *given, const char *found, char **drivers,
               RunscVerdict *verdict)
{
  const char *version = given != NULL ? given : found;

  if (!g_strv_contains ((const char *const *)drivers, version)) {
    judge_unlisted (release, version, drivers, verdict);
    return;
  }
  verdict->state = B9_CAPABILITY_SUPPORTED;
  if (given != NULL && g_strcmp0 (given, found) != 0)
    judge (verdict, B9_CAPABILITY_CONDITIONAL,
           g_strdup_printf ("nvproxy takes the driver for %s, as configured, but the host %s%s", given,
                            found != NULL ? "has " : "has none", found != NULL ? found : ""),
           "unset backends.runsc.nvproxy-driver-version if the driver is another one");
}

static void
judge_driver (RunscRelease *release, RunscVerdict *verdict)
{
  const char *given = release->host->config_string (release->host, "nvproxy-driver-version");
  const char *file = NULL;
  g_autofree char *found = runsc_host_driver (release->host, &file);
  const char *list;
  g_auto (GStrv) drivers = NULL;

  if (given == NULL && found == NULL) {
    verdict->evidence_kind = B9_EVIDENCE_FILE;
    verdict->evidence = g_strdup_printf ("%s: not there, or no version in it", file);
    judge (verdict, B9_CAPABILITY_UNSUPPORTED, g_strdup ("no NVIDIA driver is loaded on this host"),
           "load NVIDIA's kernel modules (nvidia, nvidia-uvm)");
    return;
  }
  list = runsc_release_ask (release, LIST_DRIVERS);
  drivers = runsc_text_drivers (list != NULL ? list : "");
  verdict->evidence = g_strdup_printf ("%s: %s; runsc " LIST_DRIVERS ": %u versions",
                                       given != NULL ? "backends.runsc.nvproxy-driver-version" : file,
                                       given != NULL ? given : found, g_strv_length (drivers));
  if (drivers[0] == NULL)
    judge (verdict, B9_CAPABILITY_UNKNOWN,
           g_strdup_printf ("this runsc does not list the drivers that it supports: %s",
                            runsc_release_problem (release, LIST_DRIVERS)),
           "see that it is a release of 2023-11-06 or later");
  else if (g_strcmp0 (given, "latest") == 0)
    judge (verdict, B9_CAPABILITY_CONDITIONAL,
           g_strdup ("nvproxy takes the driver for the latest that it knows, as configured"), NULL);
  else
    judge_version (release, given, found, drivers, verdict);
}

void
runsc_judge_nvproxy (RunscRelease *release, RunscVerdict *verdict)
{
  RunscAnswer answer = runsc_release_has_flag (release, NULL, "nvproxy");

  verdict->evidence_kind = B9_EVIDENCE_PROBE;
  if (answer == RUNSC_YES) {
    judge_driver (release, verdict);
  } else if (answer == RUNSC_NO) {
    verdict->evidence = g_strdup ("runsc flags: no -nvproxy");
    judge (verdict, B9_CAPABILITY_UNSUPPORTED, g_strdup ("this release of runsc has no nvproxy"),
           "use a release of 2023-11-06 or later");
  } else {
    verdict->evidence = g_strdup_printf ("runsc flags: %s", runsc_release_problem (release, "flags"));
    judge (verdict, B9_CAPABILITY_UNKNOWN, g_strdup ("runsc did not say which flags it has"), NULL);
  }
}

/* What is wrong with a device node that each GPU needs, or NULL. */
static char *
node_problem (const B9Host *host, const char *device)
{
  g_autofree char *path = host->path (host, device);
  struct stat info;

  host->depends_on (host, device);
  if (g_stat (path, &info) != 0)
    return g_strdup_printf ("%s is not there", device);
  if (!S_ISCHR (info.st_mode))
    return g_strdup_printf ("%s is no character device", device);
  if (access (path, R_OK | W_OK) != 0)
    return g_strdup_printf ("%s may not be opened: %s", device, g_strerror (errno));
  return NULL;
}

/* What the nodes take away from @verdict. */
static void
judge_nodes (const B9Host *host, RunscVerdict *verdict)
{
  static const char *const nodes[] = {"/dev/nvidiactl", "/dev/nvidia-uvm"};

  for (gsize i = 0; i < G_N_ELEMENTS (nodes) && verdict->state < B9_CAPABILITY_UNKNOWN; i++) {
    char *problem = node_problem (host, nodes[i]);

    if (problem == NULL)
      continue;
    runsc_verdict_clear (verdict);
    verdict->evidence_kind = B9_EVIDENCE_FILE;
    verdict->evidence = g_strdup (problem);
    judge (verdict, B9_CAPABILITY_UNSUPPORTED, problem,
           "make the device nodes with `nvidia-modprobe -c 0 -u`, readable and writable for all");
  }
}

void
runsc_probe_gpu (RunscRelease *release)
{
  static const char *const needs[] = {"gpu:gpu.driver", NULL};
  gboolean configured = release->host->config_string (release->host, "nvproxy-driver-version") != NULL;
  g_auto (RunscVerdict) verdict = {0};
  RunscVerdict mig = {
      .state = B9_CAPABILITY_UNSUPPORTED,
      .evidence_kind = B9_EVIDENCE_DECLARED,
      .evidence = (char *)"gVisor's gofer hands out nvidiactl, nvidia-uvm and nvidiaN only",
      .reason = (char *)"nvproxy does not know the device nodes of MIG (/dev/nvidia-caps)",
      .remedy = (char *)"use --backend=runc, or a whole GPU",
  };

  runsc_judge_nvproxy (release, &verdict);
  runsc_report (release->host, "gpu.nvproxy", &verdict, NULL);
  judge_nodes (release->host, &verdict);
  runsc_report (release->host, "gpu.passthrough", &verdict, configured ? NULL : needs);
  runsc_report (release->host, "gpu.mig", &mig, NULL);
}
