/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-probe.c: what this runsc can here, asked of the program itself.
 *
 * Most answers are in three texts: `runsc flags`, `runsc help` and `runsc help checkpoint`.  Releases say
 * nothing of how the sandbox behaves; that is gVisor's source, and then the evidence is "declared".
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-probe.h"

#include <stdio.h>
#include <string.h>

#include "runsc-text.h"

/* The first release whose --network=sandbox works where every network namespace has net.core.wmem_default
 * (Linux 6.11), which older ones take for the sign of the host's own. */
#define NETWORK_RELEASE 20240807
#define NETWORK_KERNEL_MAJOR 6
#define NETWORK_KERNEL_MINOR 11

/* GPUs of another order or number at restore. */
#define REMAP_RELEASE 20260706

typedef struct {
  const char *capability;
  const char *command; /* of which the flag is, or whose presence is asked for; NULL: runsc's own flags */
  const char *flag;    /* NULL: the command itself */
  const char *but;     /* the reason why it is conditional though it is there; NULL: it is supported */
  const char *lack;    /* the reason where it is not there */
  const char *remedy;
  const char *need;
} TextRule;

static const TextRule text_rules[] = {
    {"checkpoint", "checkpoint", NULL, NULL, "this release has no checkpoint", NULL, NULL},
    {"restore", "restore", NULL, NULL, "this release has no restore", NULL, NULL},
    {"checkpoint.leave-running", "checkpoint", "leave-running", NULL,
     "its checkpoint always ends the container", NULL, NULL},
    {"checkpoint.tcp", "checkpoint", "tcp-established", NULL,
     "connections are kept inside the sandbox's own network stack, and runsc has no --tcp-established", NULL,
     NULL},
    {"checkpoint.pre-dump", "checkpoint", "pre-dump", NULL, "runsc saves memory in one go", NULL, NULL},
    {"checkpoint.lazy-pages", "checkpoint", "lazy-pages", NULL, "runsc has no --lazy-pages", NULL, NULL},
    {"checkpoint.cuda", "checkpoint", "cuda-checkpoint-path",
     "cuda-checkpoint runs inside the sandbox, so the bundle has to mount it, at checkpoint and at restore",
     "this release cannot save a container that has a GPU open",
     "use a release of 2026-06-08 or later, or --backend=runc", "gpu:gpu.driver"},
    {"events.stats", "events", NULL, NULL, "this release has no events", NULL, NULL},
    {"update", "update", NULL, NULL, "this release has no update",
     "give the limits when the container is made, or use a release of 2026-02-02 or later", NULL},
    {"pause", "pause", NULL, NULL, "this release has no pause", NULL, NULL},
    {"ps", "ps", NULL, "the PIDs are those inside the sandbox, not the host's", "this release has no ps",
     NULL, NULL},
    {"exec", "exec", NULL, NULL, "this release has no exec", NULL, NULL},
    {"console", "run", "console-socket", NULL, "this release has no --console-socket", NULL, NULL},
    {"preserve-fds", "run", "pass-fd", "run and exec pass descriptors on, create does not",
     "this release has no --pass-fd", "use run instead of create and start", NULL},
    {"rootfs.overlay", NULL, "overlay2", NULL, "this release has no --overlay2", NULL, NULL},
    {"rootless", NULL, "rootless", "only run works in it, with --network=host or none",
     "this release has no --rootless", NULL, NULL},
};

void
runsc_verdict_clear (RunscVerdict *verdict)
{
  g_free (verdict->evidence);
  g_free (verdict->reason);
  g_free (verdict->remedy);
  memset (verdict, 0, sizeof *verdict);
}

void
runsc_report (const B9Host *host, const char *capability, const RunscVerdict *verdict,
              const char *const *needs)
{
  const B9Cell cell = {
      .struct_size = sizeof cell,
      .capability = capability,
      .state = verdict->state,
      .evidence_kind = verdict->evidence_kind,
      .evidence = verdict->evidence,
      .reason = verdict->state == B9_CAPABILITY_SUPPORTED ? NULL : verdict->reason,
      .remedy = verdict->remedy,
      .needs = needs,
  };

  host->report (host, &cell);
}

/* The same from words that nobody has to free. */
static void
declare (const B9Host *host, const char *capability, guint32 state, const char *evidence, const char *reason,
         const char *remedy)
{
  const RunscVerdict verdict = {.state = state,
                                .evidence_kind = B9_EVIDENCE_DECLARED,
                                .evidence = (char *)evidence,
                                .reason = (char *)reason,
                                .remedy = (char *)remedy};

  runsc_report (host, capability, &verdict, NULL);
}

static RunscAnswer
answer_of (RunscRelease *release, const TextRule *rule)
{
  if (rule->flag == NULL)
    return runsc_release_has_command (release, rule->command);
  return runsc_release_has_flag (release, rule->command, rule->flag);
}

/* "runsc help checkpoint: no -pre-dump". */
static char *
evidence_of (RunscRelease *release, const TextRule *rule, RunscAnswer answer)
{
  g_autofree char *question = NULL;

  if (rule->flag == NULL)
    question = g_strdup ("help");
  else
    question = rule->command != NULL ? g_strconcat ("help ", rule->command, NULL) : g_strdup ("flags");
  if (answer == RUNSC_UNKNOWN)
    return g_strdup_printf ("runsc %s: %s", question, runsc_release_problem (release, question));
  return g_strdup_printf ("runsc %s: %s%s%s", question, answer == RUNSC_YES ? "" : "no ",
                          rule->flag != NULL ? "-" : "", rule->flag != NULL ? rule->flag : rule->command);
}

static void
report_text_rule (RunscRelease *release, const TextRule *rule)
{
  RunscAnswer answer = answer_of (release, rule);
  const char *const needs[] = {rule->need, NULL};
  g_autofree char *evidence = evidence_of (release, rule, answer);
  RunscVerdict verdict = {.evidence_kind = B9_EVIDENCE_PROBE, .evidence = evidence};

  if (answer == RUNSC_UNKNOWN) {
    verdict.state = B9_CAPABILITY_UNKNOWN;
    verdict.reason = (char *)"runsc did not say whether it has it";
  } else if (answer == RUNSC_NO) {
    verdict.state = B9_CAPABILITY_UNSUPPORTED;
    verdict.reason = (char *)rule->lack;
    verdict.remedy = (char *)rule->remedy;
  } else {
    verdict.state = rule->but != NULL ? B9_CAPABILITY_CONDITIONAL : B9_CAPABILITY_SUPPORTED;
    verdict.reason = (char *)rule->but;
  }
  runsc_report (release->host, rule->capability, &verdict, rule->need != NULL ? needs : NULL);
}

/* --- hooks --- */

static void
report_hooks (RunscRelease *release)
{
  g_autofree char *evidence = NULL;
  RunscAnswer answer = runsc_release_runs_hooks (release, &evidence);
  RunscVerdict verdict = {
      .state = B9_CAPABILITY_SUPPORTED, .evidence_kind = B9_EVIDENCE_VERSION, .evidence = evidence};

  if (answer == RUNSC_UNKNOWN) {
    verdict.state = B9_CAPABILITY_UNKNOWN;
    verdict
        .reason = (char *)"releases before 2026-05-20 skip createContainer hooks, and this one has no date";
  } else if (answer == RUNSC_NO) {
    verdict.state = B9_CAPABILITY_UNSUPPORTED;
    verdict.reason = (char *)"this release skips createContainer hooks without a word";
    verdict.remedy = (char *)"use a release of 2026-05-20 or later, or --backend=runc";
  }
  runsc_report (release->host, "hooks.createContainer", &verdict, NULL);
  if (answer == RUNSC_NO) {
    verdict.state = B9_CAPABILITY_CONDITIONAL;
    verdict.reason = (char *)"this release skips the hooks of CDI, so the container gets no links to the "
                             "driver's libraries and no cache of the loader";
    verdict.remedy = (char *)"set LD_LIBRARY_PATH in the image, or use a release of 2026-05-20 or later";
  }
  runsc_report (release->host, "cdi.hooks", &verdict, NULL);
}

/* --- the network --- */

const char *
runsc_network (const B9Host *host)
{
  const char *given = runsc_flag_value (host->config_list (host, "flags"), "network");

  if (given == NULL)
    given = host->config_string (host, "network");
  return given != NULL && *given != '\0' ? given : "sandbox";
}

/* "6.18.44-fc" as 6 and 18. */
static gboolean
read_kernel (const B9Host *host, guint *major, guint *minor)
{
  g_autofree char *text = host->read_file (host, "/proc/sys/kernel/osrelease", 256, NULL, NULL);

  *major = *minor = 0;
  return text != NULL && sscanf (text, "%9u.%9u", major, minor) == 2;
}

gboolean
runsc_network_is_broken (RunscRelease *release, char **evidence)
{
  guint major, minor, date;
  gboolean known = read_kernel (release->host, &major, &minor);

  if (known &&
      (major < NETWORK_KERNEL_MAJOR || (major == NETWORK_KERNEL_MAJOR && minor < NETWORK_KERNEL_MINOR))) {
    *evidence = g_strdup_printf ("/proc/sys/kernel/osrelease: %u.%u", major, minor);
    return FALSE;
  }
  date = runsc_release_date (release);
  *evidence = g_strdup_printf ("runsc --version: %u; /proc/sys/kernel/osrelease: %u.%u", date, major, minor);
  return known && date != 0 && date < NETWORK_RELEASE;
}

static void
report_sandbox_network (RunscRelease *release)
{
  g_autofree char *evidence = NULL;
  gboolean broken = runsc_network_is_broken (release, &evidence);
  RunscVerdict verdict = {
      .state = B9_CAPABILITY_SUPPORTED, .evidence_kind = B9_EVIDENCE_VERSION, .evidence = evidence};

  if (broken) {
    verdict.state = B9_CAPABILITY_UNSUPPORTED;
    verdict
        .reason = (char *)"releases before 2024-08-07 take every network namespace of Linux 6.11 and later "
                          "for the host's own, and refuse it";
    verdict
        .remedy = (char *)"use --network=none or --network=host (backends.runsc.network), or a newer runsc";
  }
  runsc_report (release->host, "netns.none", &verdict, NULL);
  if (!broken) {
    verdict.state = B9_CAPABILITY_CONDITIONAL;
    verdict.reason = (char *)"runsc takes the namespace's addresses into its own network stack and removes "
                             "them from the namespace";
  }
  runsc_report (release->host, "netns.join", &verdict, NULL);
}

static void
report_network (RunscRelease *release)
{
  const char *network = runsc_network (release->host);
  g_autofree char *evidence = g_strdup_printf ("--network=%s", network);

  if (strcmp (network, "sandbox") == 0) {
    report_sandbox_network (release);
    return;
  }
  declare (release->host, "netns.none", B9_CAPABILITY_SUPPORTED, evidence, NULL, NULL);
  if (strcmp (network, "host") == 0)
    declare (release->host, "netns.join", B9_CAPABILITY_SUPPORTED, evidence, NULL, NULL);
  else
    declare (release->host, "netns.join", B9_CAPABILITY_CONDITIONAL, evidence,
             "without a network runsc passes over the namespace that the bundle names",
             "use --network=sandbox or --network=host (backends.runsc.network)");
}

/* --- cgroups, and what the bundle asks of the host's security modules --- */

static void
report_systemd (RunscRelease *release)
{
  g_autofree char *path = release->host->path (release->host, "/run/systemd/system");
  gboolean running = g_file_test (path, G_FILE_TEST_IS_DIR);
  static const TextRule rule = {"systemd-cgroup",
                                NULL,
                                "systemd-cgroup",
                                "runsc calls it experimental",
                                "this release has no "
                                "--systemd-cgroup",
                                NULL,
                                NULL};
  const RunscVerdict verdict = {
      .state = B9_CAPABILITY_UNSUPPORTED,
      .evidence_kind = B9_EVIDENCE_FILE,
      .evidence = (char *)"/run/systemd/system: not there",
      .reason = (char *)"systemd does not run on this host",
      .remedy = (char *)"leave --systemd-cgroup out",
  };

  release->host->depends_on (release->host, "/run/systemd/system");
  if (running)
    report_text_rule (release, &rule);
  else
    runsc_report (release->host, rule.capability, &verdict, NULL);
}

static void
report_cgroups (const B9Host *host)
{
  static const char source[] = "gVisor's source, runsc/cgroup";
  gboolean ignored = host->config_boolean (host, "ignore-cgroups") ||
                     runsc_flag_is_set (host->config_list (host, "flags"), "ignore-cgroups");
  const char *reason = ignored ? "ignore-cgroups is set, so containers get no cgroups of their own" : NULL;
  guint32 state = ignored ? B9_CAPABILITY_CONDITIONAL : B9_CAPABILITY_SUPPORTED;

  declare (host, "cgroup.v1", state, source, reason, NULL);
  declare (host, "cgroup.hybrid", state, source, reason, NULL);
  declare (host, "cgroup.v2", ignored ? state : B9_CAPABILITY_UNKNOWN, source,
           ignored ? reason : "runsc does not say, and this has not been tried on such a host", NULL);
}

static void
report_security (RunscRelease *release)
{
  const B9Host *host = release->host;
  gboolean wanted = host->config_boolean (host, "oci-seccomp") ||
                    runsc_flag_is_set (host->config_list (host, "flags"), "oci-seccomp");
  const TextRule rule = {
      "seccomp",
      NULL,
      "oci-seccomp",
      wanted ? NULL
             : "runsc passes over the bundle's filter; the sandbox has one of its own towards the host",
      "this release has no --oci-seccomp",
      NULL,
      NULL};

  report_text_rule (release, &rule);
  declare (host, "apparmor", B9_CAPABILITY_CONDITIONAL, "gVisor's source, runsc/specutils",
           "runsc passes over the bundle's profile; there is no AppArmor inside the sandbox", NULL);
  declare (host, "selinux", B9_CAPABILITY_UNSUPPORTED, "gVisor's source, runsc/specutils",
           "runsc refuses a bundle with process.selinuxLabel",
           "make the container without a label (podman: --security-opt label=disable)");
}

/* --- the rest --- */

static void
report_remap (RunscRelease *release)
{
  static const char *const needs[] = {"gpu:gpu.driver", NULL};
  RunscAnswer cuda = runsc_release_has_flag (release, "checkpoint", "cuda-checkpoint-path");
  guint date = cuda == RUNSC_YES ? runsc_release_date (release) : 0;
  g_autofree char *evidence = NULL;
  RunscVerdict verdict = {.state = B9_CAPABILITY_UNSUPPORTED, .evidence_kind = B9_EVIDENCE_VERSION};

  if (cuda == RUNSC_NO) {
    verdict.evidence_kind = B9_EVIDENCE_PROBE;
    evidence = g_strdup ("runsc help checkpoint: no -cuda-checkpoint-path");
    verdict.reason = (char *)"this release cannot save a container that has a GPU open";
  } else {
    evidence = g_strdup_printf ("runsc --version: %u", date);
    verdict.state = date >= REMAP_RELEASE ? B9_CAPABILITY_CONDITIONAL : B9_CAPABILITY_UNSUPPORTED;
    verdict.reason = (char *)(date >= REMAP_RELEASE
                                  ? "the GPUs have to be of one kind, with the same PCI ids"
                                  : "releases before 2026-07-06 restore onto the same GPUs only");
    if (date == 0) {
      verdict.state = B9_CAPABILITY_UNKNOWN;
      verdict.reason = (char *)"it came with release 2026-07-06, and this one's version has no date";
    }
  }
  verdict.evidence = evidence;
  runsc_report (release->host, "checkpoint.cuda.remap", &verdict,
                verdict.state != B9_CAPABILITY_UNSUPPORTED ? needs : NULL);
}

static void
report_injection (const B9Host *host)
{
  static const char *const needs[] = {"gpu:cdi.inject", NULL};
  const RunscVerdict verdict = {
      .state = B9_CAPABILITY_CONDITIONAL,
      .evidence_kind = B9_EVIDENCE_DECLARED,
      .evidence = (char *)"gVisor's gofer hands out nvidiactl, nvidia-uvm and nvidiaN only",
      .reason = (char *)"of CDI's device nodes those of whole NVIDIA GPUs work, the others are left out or "
                        "refused",
  };

  runsc_report (host, "cdi.inject", &verdict, needs);
}

/* Tried with release 20240729; newer ones may do better. */
static void
report_idmap (RunscRelease *release)
{
  if (runsc_release_has_command (release, "features") == RUNSC_NO)
    declare (release->host, "idmap", B9_CAPABILITY_UNSUPPORTED, "tried with release 20240729",
             "runsc passes over uidMappings and gidMappings of a mount without a word", "use --backend=runc");
  else
    declare (release->host, "idmap", B9_CAPABILITY_UNKNOWN, "tried with release 20240729 only",
             "runsc does not say what it does with uidMappings of a mount", NULL);
}

/* runsc's own events are of type stats only; b9run watches the container's cgroup itself and adds the others.
 */
static void
report_oom (const B9Host *host)
{
  static const char *const needs[] = {"host:cgroup.memory", NULL};
  gboolean ignored = host->config_boolean (host, "ignore-cgroups") ||
                     runsc_flag_is_set (host->config_list (host, "flags"), "ignore-cgroups");
  const RunscVerdict verdict = {
      .state = ignored ? B9_CAPABILITY_UNSUPPORTED : B9_CAPABILITY_SUPPORTED,
      .evidence_kind = B9_EVIDENCE_DECLARED,
      .evidence = (char *)"b9run watches the counter of the container's cgroup itself",
      .reason = (char *)(ignored ? "ignore-cgroups is set, so there is no cgroup to watch" : NULL),
      .remedy = (char *)(ignored ? "leave ignore-cgroups out" : NULL)};

  runsc_report (host, "oom.events", &verdict, ignored ? NULL : needs);
}

void
runsc_probe (const B9Host *host, const char *program, const char *root)
{
  g_auto (RunscRelease) release = {0};

  (void)root;
  runsc_release_init (&release, host, program);
  for (gsize i = 0; i < G_N_ELEMENTS (text_rules); i++)
    report_text_rule (&release, &text_rules[i]);
  report_hooks (&release);
  report_network (&release);
  report_systemd (&release);
  report_cgroups (host);
  report_security (&release);
  report_remap (&release);
  report_injection (host);
  runsc_probe_gpu (&release);
  report_oom (host);
  report_idmap (&release);
}
