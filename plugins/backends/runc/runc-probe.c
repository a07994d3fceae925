/* SPDX-License-Identifier: Apache-2.0
 *
 * runc-probe.c: what this runc can here: `runc features`, `runc --help` and `runc checkpoint --help`, and the
 * host's part in it.  Checkpoints and GPUs are others' to do; there the cells say what they need.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runc"

#include "runc-probe.h"

#include <string.h>

#include "runc-features.h"

#define OUTPUT_MAX (256 * 1024)

typedef struct {
  const B9Host *host;
  const char *program;
  GHashTable *features;  /* NULL: it did not say */
  char *help;            /* of runc; NULL likewise */
  char *checkpoint_help; /* of runc checkpoint */
} Probe;

static void
probe_clear (Probe *probe)
{
  g_clear_pointer (&probe->features, g_hash_table_unref);
  g_free (probe->help);
  g_free (probe->checkpoint_help);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Probe, probe_clear)

/* What it wrote on standard output; g_free(), or NULL where it failed. */
static char *
ask (const B9Host *host, const char *const *argv)
{
  const B9Run run = {.struct_size = sizeof run, .argv = argv, .max_output = OUTPUT_MAX};
  B9RunResult result = {.struct_size = sizeof result};
  g_autoptr (GError) error = NULL;

  if (!host->run (host, &run, &result, &error))
    return NULL;
  g_free (result.error_output);
  if (result.exit_status == 0)
    return result.output;
  g_free (result.output);
  return NULL;
}

static void
probe_init (Probe *probe, const B9Host *host, const char *program)
{
  const char *const features[] = {program, "features", NULL};
  const char *const help[] = {program, "--help", NULL};
  const char *const checkpoint[] = {program, "checkpoint", "--help", NULL};
  g_autofree char *document = ask (host, features);

  *probe = (Probe){.host = host, .program = program};
  probe->features = document != NULL ? runc_features_parse (document) : NULL;
  probe->help = ask (host, help);
  probe->checkpoint_help = ask (host, checkpoint);
}

static void
report (const B9Host *host, const B9Cell *cell)
{
  B9Cell whole = *cell;

  whole.struct_size = sizeof whole;
  if (whole.state == B9_CAPABILITY_SUPPORTED)
    whole.reason = whole.remedy = NULL;
  host->report (host, &whole);
}

/* Whether a line of @text begins with @indent blanks and @word, which ends there or at one of @ends. */
static gboolean
has_entry (const char *text, gsize indent, const char *word, const char *ends)
{
  gsize length = strlen (word);

  for (const char *line = text; line != NULL; line = strchr (line, '\n')) {
    line += *line == '\n';
    if (strspn (line, " ") == indent && strncmp (line + indent, word, length) == 0 &&
        strchr (ends, line[indent + length]) != NULL)
      return TRUE;
  }
  return FALSE;
}

/* --- cells from the help texts --- */

typedef struct {
  const char *capability;
  const char *command; /* that has to be there */
  const char *option;  /* of checkpoint, or NULL for the command itself */
  const char *need;
} HelpRule;

static const HelpRule help_rules[] = {
    {"checkpoint", "checkpoint", NULL, "checkpoint:checkpoint"},
    {"restore", "restore", NULL, "checkpoint:restore"},
    {"checkpoint.leave-running", "checkpoint", "leave-running", "checkpoint:checkpoint"},
    {"checkpoint.tcp", "checkpoint", "tcp-established", "checkpoint:checkpoint.tcp"},
    {"checkpoint.pre-dump", "checkpoint", "pre-dump", "checkpoint:checkpoint.pre-dump"},
    {"checkpoint.lazy-pages", "checkpoint", "lazy-pages", "checkpoint:checkpoint.lazy-pages"},
    {"checkpoint.cuda", "checkpoint", NULL, "checkpoint:checkpoint.cuda"},
    {"checkpoint.cuda.remap", "restore", NULL, "checkpoint:checkpoint.cuda.remap"},
    {"events.stats", "events", NULL, NULL},
    {"oom.events", "events", NULL, "host:cgroup.memory"},
    {"update", "update", NULL, NULL},
    {"pause", "pause", NULL, NULL},
    {"ps", "ps", NULL, NULL},
    {"exec", "exec", NULL, NULL},
};

static void
report_help_rule (const Probe *probe, const HelpRule *rule)
{
  const char *text = rule->option != NULL ? probe->checkpoint_help : probe->help;
  g_autofree char *option = rule->option != NULL ? g_strconcat ("--", rule->option, NULL) : NULL;
  const char *word = option != NULL ? option : rule->command;
  const char *question = option != NULL ? "checkpoint --help" : "--help";
  const char *const needs[] = {rule->need, NULL};
  gboolean there = text != NULL && has_entry (text, 3, word, " ,");
  g_autofree char *evidence = g_strdup_printf ("runc %s: %s%s", question, there ? "" : "no ", word);
  B9Cell cell = {.capability = rule->capability,
                 .state = there ? B9_CAPABILITY_SUPPORTED : B9_CAPABILITY_UNSUPPORTED,
                 .evidence_kind = B9_EVIDENCE_PROBE,
                 .evidence = evidence,
                 .reason = "this runc does not have it",
                 .remedy = "use a newer runc"};
  g_autofree char *silence = g_strdup_printf ("runc %s: no answer", question);

  if (text == NULL) {
    cell.state = B9_CAPABILITY_UNKNOWN;
    cell.evidence = silence;
    cell.reason = "runc did not say whether it has it";
    cell.remedy = NULL;
  }
  cell.needs = there && rule->need != NULL ? needs : NULL;
  report (probe->host, &cell);
}

/* --- cells from the features document --- */

static guint32
feature_state (const Probe *probe, const char *place)
{
  if (probe->features == NULL)
    return B9_CAPABILITY_UNKNOWN;
  return g_strcmp0 (g_hash_table_lookup (probe->features, place), "true") == 0 ? B9_CAPABILITY_SUPPORTED
                                                                               : B9_CAPABILITY_UNSUPPORTED;
}

/* @place: as in runc-features.h. */
static void
report_feature (const Probe *probe, const char *capability, const char *place, const char *const *needs)
{
  guint32 state = feature_state (probe, place);
  g_autofree char *evidence = NULL;
  B9Cell cell = {.capability = capability, .state = state, .evidence_kind = B9_EVIDENCE_PROBE};

  if (state == B9_CAPABILITY_UNKNOWN) {
    evidence = g_strdup ("runc features: no answer");
    cell.reason = "runc lists its features since release 1.1";
  } else {
    evidence = g_strdup_printf ("runc features: %s%s", state == B9_CAPABILITY_SUPPORTED ? "" : "no ", place);
    cell.reason = "this runc was built without it, or is older than it";
    cell.remedy = "use a newer runc";
    cell.needs = state == B9_CAPABILITY_SUPPORTED ? needs : NULL;
  }
  cell.evidence = evidence;
  report (probe->host, &cell);
}

/* What the host has to have besides; @missing: FALSE where it is there. */
static void
report_with_host (const Probe *probe, const char *capability, const char *place, gboolean missing,
                  const char *evidence, const char *reason, const char *remedy)
{
  const B9Cell cell = {.capability = capability,
                       .state = B9_CAPABILITY_UNSUPPORTED,
                       .evidence_kind = B9_EVIDENCE_FILE,
                       .evidence = evidence,
                       .reason = reason,
                       .remedy = remedy};

  if (missing)
    report (probe->host, &cell);
  else
    report_feature (probe, capability, place, NULL);
}

static gboolean
is_there (const B9Host *host, const char *path)
{
  g_autofree char *real = host->path (host, path);

  host->depends_on (host, path);
  return g_file_test (real, G_FILE_TEST_EXISTS);
}

/* The file holds @word, but for blanks. */
static gboolean
holds (const B9Host *host, const char *path, const char *word)
{
  g_autofree char *text = host->read_file (host, path, 64, NULL, NULL);

  return text != NULL && strcmp (g_strstrip (text), word) == 0;
}

static void
report_host_features (const Probe *probe)
{
  const B9Host *host = probe->host;

  report_with_host (probe, "systemd-cgroup", "/linux/cgroup/systemd", !is_there (host, "/run/systemd/system"),
                    "/run/systemd/system: not there", "systemd does not run on this host",
                    "leave --systemd-cgroup out");
  report_with_host (probe, "seccomp", "/linux/seccomp/enabled",
                    !is_there (host, "/proc/sys/kernel/seccomp/actions_avail"),
                    "/proc/sys/kernel/seccomp/actions_avail: not there",
                    "this kernel has no filters of system calls", NULL);
  report_with_host (probe, "apparmor", "/linux/apparmor/enabled",
                    !holds (host, "/sys/module/apparmor/parameters/enabled", "Y"),
                    "/sys/module/apparmor/parameters/enabled: not Y", "AppArmor is not enabled on this host",
                    "leave process.apparmorProfile out, or boot with AppArmor");
  report_with_host (probe, "selinux", "/linux/selinux/enabled", !is_there (host, "/sys/fs/selinux/enforce"),
                    "/sys/fs/selinux/enforce: not there", "SELinux is not enabled on this host",
                    "leave process.selinuxLabel out, or boot with SELinux");
}

static void
report_features (const Probe *probe)
{
  report_feature (probe, "hooks.createContainer", "/hooks=createContainer", NULL);
  report_feature (probe, "cdi.hooks", "/hooks=createContainer", NULL);
  report_feature (probe, "netns.join", "/linux/namespaces=network", NULL);
  report_feature (probe, "netns.none", "/linux/namespaces=network", NULL);
  report_feature (probe, "idmap", "/linux/mountExtensions/idmap/enabled", NULL);
  report_feature (probe, "cgroup.v1", "/linux/cgroup/v1", NULL);
  report_feature (probe, "cgroup.hybrid", "/linux/cgroup/v1", NULL);
  report_feature (probe, "cgroup.v2", "/linux/cgroup/v2", NULL);
  report_host_features (probe);
}

/* --- what runc always does, or never --- */

static void
report_rootless (const B9Host *host)
{
  gboolean possible = !holds (host, "/proc/sys/user/max_user_namespaces", "0");
  const B9Cell cell = {
      .capability = "rootless",
      .state = possible ? B9_CAPABILITY_CONDITIONAL : B9_CAPABILITY_UNSUPPORTED,
      .evidence_kind = B9_EVIDENCE_FILE,
      .evidence = possible ? "/proc/sys/user/max_user_namespaces: not 0"
                           : "/proc/sys/user/max_user_namespaces: 0",
      .reason = possible ? "limits need cgroups that the user may write" : "user namespaces are switched off",
      .remedy = possible ? NULL : "set user.max_user_namespaces with sysctl(8)",
  };

  report (host, &cell);
}

static void
report_declared (const B9Host *host)
{
  static const char *const driver[] = {"gpu:gpu.driver", NULL};
  static const char *const inject[] = {"gpu:cdi.inject", NULL};
  static const B9Cell cells[] = {
      {.capability = "gpu.passthrough",
       .state = B9_CAPABILITY_SUPPORTED,
       .evidence = "runc makes each device node of linux.devices",
       .needs = driver},
      {.capability = "gpu.mig",
       .state = B9_CAPABILITY_SUPPORTED,
       .evidence = "runc makes each device node of linux.devices, /dev/nvidia-caps too",
       .needs = driver},
      {.capability = "gpu.nvproxy",
       .state = B9_CAPABILITY_UNSUPPORTED,
       .evidence = "nvproxy is a part of gVisor",
       .reason = "runc gives the host's devices themselves to the container",
       .remedy = "use --backend=runsc"},
      {.capability = "cdi.inject",
       .state = B9_CAPABILITY_SUPPORTED,
       .evidence = "runc takes whatever CDI adds to a bundle",
       .needs = inject},
      {.capability = "console", .state = B9_CAPABILITY_SUPPORTED, .evidence = "runc has --console-socket"},
      {.capability = "preserve-fds", .state = B9_CAPABILITY_SUPPORTED, .evidence = "runc has --preserve-fds"},
      {.capability = "rootfs.overlay",
       .state = B9_CAPABILITY_UNSUPPORTED,
       .evidence = "runc has no such option",
       .reason = "what the container writes goes to the bundle's root file system itself",
       .remedy = "mount an overlay there first, as container engines do"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cells); i++) {
    B9Cell cell = cells[i];

    cell.evidence_kind = B9_EVIDENCE_DECLARED;
    report (host, &cell);
  }
}

void
runc_probe (const B9Host *host, const char *program, const char *root)
{
  g_auto (Probe) probe = {0};

  (void)root;
  probe_init (&probe, host, program);
  for (gsize i = 0; i < G_N_ELEMENTS (help_rules); i++)
    report_help_rule (&probe, &help_rules[i]);
  report_features (&probe);
  report_rootless (host);
  report_declared (host);
}

/* --- doctor --- */

static void
find (const B9Host *host, B9FindingLevel level, const char *id, const char *message, const char *remedy)
{
  const B9Finding finding = {
      .struct_size = sizeof finding, .level = level, .id = id, .message = message, .remedy = remedy};

  host->finding (host, &finding);
}

void
runc_examine (const B9Host *host, const char *program, const char *root)
{
  const char *const version[] = {program, "--version", NULL};
  g_autofree char *text = ask (host, version);
  g_autofree char *message = NULL;
  gboolean known = text != NULL && g_str_has_prefix (text, "runc version ");

  (void)root;
  if (text != NULL)
    text[strcspn (text, "\n")] = '\0';
  message = known ? g_strdup_printf ("runc %s, %s", text + strlen ("runc version "), program)
                  : g_strdup_printf ("%s does not say its version as runc does", program);
  find (host, known ? B9_FINDING_OK : B9_FINDING_PROBLEM, "runc.version", message,
        known ? NULL : "install runc, or set backends.runc.path to it");
}
