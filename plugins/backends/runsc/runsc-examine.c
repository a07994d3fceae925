/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-examine.c: what `b9run doctor` says of runsc: release, platform, network, and GPUs.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-probe.h"

#include <string.h>
#include <unistd.h>

#include "runsc-text.h"

static void
find (const B9Host *host, B9FindingLevel level, const char *id, const char *message, const char *remedy)
{
  const B9Finding finding = {
      .struct_size = sizeof finding, .level = level, .id = id, .message = message, .remedy = remedy};

  host->finding (host, &finding);
}

static gboolean
examine_version (RunscRelease *release)
{
  const char *text = runsc_release_ask (release, "--version");
  g_autofree char *version = text != NULL ? runsc_text_version (text) : NULL;
  g_autofree char *message = NULL;

  if (version != NULL)
    message = g_strdup_printf ("runsc %s, %s", version, release->program);
  else
    message = g_strdup_printf ("%s does not say its version as runsc does: %s", release->program,
                               runsc_release_problem (release, "--version"));
  find (release->host, version != NULL ? B9_FINDING_OK : B9_FINDING_PROBLEM, "runsc.version", message,
        version != NULL ? NULL : "install runsc, or set backends.runsc.path to it");
  return version != NULL;
}

static const char *
configured (const B9Host *host, const char *key)
{
  const char *flag = runsc_flag_value (host->config_list (host, "flags"), key);

  return flag != NULL ? flag : host->config_string (host, key);
}

static void
examine_platform (const B9Host *host)
{
  const char *platform = configured (host, "platform");
  g_autofree char *kvm = host->path (host, "/dev/kvm");
  g_autofree char *message = g_strdup_printf ("runsc's platform: %s",
                                              platform != NULL ? platform : "its own choice (systrap)");

  if (g_strcmp0 (platform, "kvm") != 0)
    find (host, B9_FINDING_OK, "runsc.platform", message, NULL);
  else if (access (kvm, R_OK | W_OK) == 0)
    find (host, B9_FINDING_OK, "runsc.platform", "runsc's platform: kvm, and /dev/kvm can be opened", NULL);
  else
    find (host, B9_FINDING_PROBLEM, "runsc.platform",
          "runsc's platform is kvm, but /dev/kvm is not there or cannot be opened",
          "load the kernel's module kvm, or set backends.runsc.platform to systrap");
}

static void
examine_network (RunscRelease *release)
{
  const char *network = runsc_network (release->host);
  g_autofree char *evidence = NULL;
  g_autofree char *message = g_strdup_printf ("runsc's network: %s", network);

  if (strcmp (network, "sandbox") == 0 && runsc_network_is_broken (release, &evidence)) {
    g_autofree char *problem = g_strdup_printf (
        "runsc's network is sandbox, which this release cannot on this kernel (%s)", evidence);

    find (release->host, B9_FINDING_PROBLEM, "runsc.network", problem,
          "set backends.runsc.network to none or host, or use a release of 2024-08-07 or later");
    return;
  }
  find (release->host, B9_FINDING_OK, "runsc.network", message, NULL);
}

/* No driver is no fault of a host that has no GPU. */
static void
examine_nvproxy (RunscRelease *release)
{
  const char *file = NULL;
  g_autofree char *driver = runsc_host_driver (release->host, &file);
  g_auto (RunscVerdict) verdict = {0};
  g_autofree char *message = NULL;
  B9FindingLevel level = B9_FINDING_WARNING;

  if (driver == NULL && release->host->config_string (release->host, "nvproxy-driver-version") == NULL) {
    g_autofree char *has = g_strdup_printf (
        "runsc %s nvproxy; no NVIDIA driver is loaded, so containers get no GPUs",
        runsc_release_has_flag (release, NULL, "nvproxy") == RUNSC_YES ? "has" : "has no");

    find (release->host, B9_FINDING_OK, "runsc.nvproxy", has, NULL);
    return;
  }
  runsc_judge_nvproxy (release, &verdict);
  message = g_strdup_printf ("nvproxy: %s%s%s", verdict.evidence, verdict.reason != NULL ? ": " : "",
                             verdict.reason != NULL ? verdict.reason : "");
  if (verdict.state == B9_CAPABILITY_SUPPORTED)
    level = B9_FINDING_OK;
  else if (verdict.state == B9_CAPABILITY_UNSUPPORTED)
    level = B9_FINDING_PROBLEM;
  find (release->host, level, "runsc.nvproxy", message, verdict.remedy);
}

static void
examine_defects (RunscRelease *release)
{
  g_autofree char *evidence = NULL;

  if (runsc_release_runs_hooks (release, &evidence) == RUNSC_NO)
    find (release->host, B9_FINDING_WARNING, "runsc.hooks",
          "this runsc skips createContainer hooks without a word, those of CDI too",
          "use a release of 2026-05-20 or later");
  if (runsc_release_has_command (release, "update") == RUNSC_NO)
    find (release->host, B9_FINDING_WARNING, "runsc.update",
          "this runsc has no update: limits cannot be changed while a container runs",
          "use a release of 2026-02-02 or later");
}

void
runsc_examine (const B9Host *host, const char *program, const char *root)
{
  g_auto (RunscRelease) release = {0};

  (void)root;
  runsc_release_init (&release, host, program);
  if (!examine_version (&release))
    return;
  examine_platform (host);
  examine_network (&release);
  examine_nvproxy (&release);
  examine_defects (&release);
}
