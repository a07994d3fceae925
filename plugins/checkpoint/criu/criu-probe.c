/* SPDX-License-Identifier: Apache-2.0
 *
 * criu-probe.c: what CRIU can do on this host, as it says itself.
 */
#include "config.h"

#include "criu.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A CRIU that is known to ask TCP sockets for what kernels from 6.16 on tell of local ones alone. */
#define TCP_FIXED_MAJOR 4
#define TCP_FIXED_MINOR 2

static void
report (const B9Host *host, const char *capability, B9CapabilityState state, B9EvidenceKind kind,
        const char *evidence, const char *reason, const char *remedy)
{
  const B9Cell cell = {
      .struct_size = sizeof cell,
      .capability = capability,
      .state = state,
      .evidence_kind = kind,
      .evidence = evidence,
      .reason = reason,
      .remedy = remedy,
  };

  host->report (host, &cell);
}

/* Saving, restoring and whatever needs both, where no CRIU works. */
static void
report_all (const B9Host *host, const CriuProgram *program)
{
  static const char *const capabilities[] = {
      "checkpoint",           "restore", "checkpoint.leave-running", "checkpoint.tcp", "checkpoint.pre-dump",
      "checkpoint.lazy-pages"};
  g_autofree char *evidence = NULL;
  g_autofree char *reason = NULL;
  B9CapabilityState state = B9_CAPABILITY_UNSUPPORTED;

  if (program->state == CRIU_MISSING) {
    evidence = g_strdup (program->reason);
    reason = g_strdup ("CRIU is not installed");
  } else {
    evidence = g_strdup_printf ("%s check: %s", program->path, program->reason);
    reason = program->state == CRIU_UNTOLD
                 ? g_strdup ("only root can let CRIU check itself")
                 : g_strdup_printf ("%s does not pass its own check on this kernel", program->path);
  }
  if (program->state == CRIU_UNTOLD)
    state = B9_CAPABILITY_UNKNOWN;
  for (guint i = 0; i < G_N_ELEMENTS (capabilities); i++)
    report (host, capabilities[i], state,
            program->state == CRIU_MISSING ? B9_EVIDENCE_FILE : B9_EVIDENCE_PROBE, evidence, reason,
            program->state == CRIU_UNTOLD ? "run b9run as root" : CRIU_REMEDY);
}

/* `criu check --feature NAME`: 0 is yes. */
static gboolean
has_feature (const B9Host *host, const char *program, const char *feature, char **evidence)
{
  g_autofree char *output = NULL;
  int status = criu_run (host, program, &output, "check", "--feature", feature, NULL);
  g_autofree char *said = g_strndup (output, MIN (strcspn (output, "\n"), 200));

  *evidence = g_strdup_printf ("criu check --feature %s: %s", feature,
                               status == 0     ? "yes"
                               : *said != '\0' ? said
                                               : "no");
  return status == 0;
}

static void
report_pre_dump (const B9Host *host, const CriuProgram *program)
{
  g_autofree char *evidence = NULL;
  gboolean tracks = has_feature (host, program->path, "mem_dirty_track", &evidence);

  report (host, "checkpoint.pre-dump", tracks ? B9_CAPABILITY_SUPPORTED : B9_CAPABILITY_UNSUPPORTED,
          B9_EVIDENCE_PROBE, evidence, tracks ? NULL : "this kernel does not track which memory has changed",
          tracks ? NULL : "use a kernel with CONFIG_MEM_SOFT_DIRTY, or do without --pre-dump");
}

static void
report_lazy_pages (const B9Host *host, const CriuProgram *program)
{
  g_autofree char *evidence = NULL;
  gboolean faults = has_feature (host, program->path, "uffd-noncoop", &evidence);

  report (host, "checkpoint.lazy-pages", faults ? B9_CAPABILITY_CONDITIONAL : B9_CAPABILITY_UNSUPPORTED,
          B9_EVIDENCE_PROBE, evidence,
          faults ? "the pages come from a `criu lazy-pages` daemon that the caller has to start"
                 : "this kernel's userfaultfd does not do what CRIU needs",
          faults ? NULL : "use a kernel with CONFIG_USERFAULTFD, or do without --lazy-pages");
}

/* What CRIU asks each socket that it saves. */
static int
ask_tcp_socket (void)
{
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), value = 0, failure = 0;
  socklen_t size = sizeof value;

  if (fd < 0)
    return errno;
  if (getsockopt (fd, SOL_SOCKET, SO_PASSCRED, &value, &size) != 0)
    failure = errno;
  close (fd);
  return failure;
}

static void
report_tcp (const B9Host *host, const CriuProgram *program)
{
  int failure = ask_tcp_socket ();
  g_autofree char *evidence = g_strdup_printf ("getsockopt (SO_PASSCRED) of a TCP socket: %s; CRIU %s",
                                               failure == 0 ? "answered" : g_strerror (failure),
                                               program->version);

  if (failure == 0)
    report (host, "checkpoint.tcp", B9_CAPABILITY_CONDITIONAL, B9_EVIDENCE_PROBE, evidence,
            "connections are saved with --tcp-established only, and need the same addresses at the restore",
            NULL);
  else if (criu_version_reaches (program->version, TCP_FIXED_MAJOR, TCP_FIXED_MINOR))
    report (host, "checkpoint.tcp", B9_CAPABILITY_UNKNOWN, B9_EVIDENCE_PROBE, evidence,
            "this kernel tells less of TCP sockets than older ones, and this CRIU has not been seen with it",
            "try a container with a TCP connection");
  else
    report (host, "checkpoint.tcp", B9_CAPABILITY_UNSUPPORTED, B9_EVIDENCE_PROBE, evidence,
            "CRIU before 4.2 cannot save a container with TCP sockets on this kernel, connected or not",
            "install CRIU 4.2 or later");
}

void
criu_probe (const B9Host *host)
{
  g_auto (CriuProgram) program = {0};
  g_autofree char *evidence = NULL;

  criu_find (host, &program);
  if (program.state != CRIU_WORKS) {
    report_all (host, &program);
    return;
  }
  criu_remember (host, &program);
  evidence = g_strdup_printf ("%s check: passed (CRIU %s)", program.path, program.version);
  report (host, "checkpoint", B9_CAPABILITY_SUPPORTED, B9_EVIDENCE_PROBE, evidence, NULL, NULL);
  report (host, "restore", B9_CAPABILITY_SUPPORTED, B9_EVIDENCE_PROBE, evidence, NULL, NULL);
  report (host, "checkpoint.leave-running", B9_CAPABILITY_SUPPORTED, B9_EVIDENCE_PROBE, evidence, NULL, NULL);
  report_tcp (host, &program);
  report_pre_dump (host, &program);
  report_lazy_pages (host, &program);
}
