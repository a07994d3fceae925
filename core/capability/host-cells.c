/* SPDX-License-Identifier: Apache-2.0
 *
 * host-cells.c: see host-cells.h.
 *
 * Where a kernel has no file that tells, the system call itself is tried in a way that changes nothing.
 */
#include "config.h"

#include "core/capability/host-cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/sys/failure.h"

#define CGROUPS "/sys/fs/cgroup"
#define FILE_MAX 65536

/* mount_setattr(2) came with Linux 5.12 and has this number on every architecture. */
#define MOUNT_SETATTR 442

static void
report (const B9Host *host, const char *capability, guint32 state, B9EvidenceKind kind, const char *evidence,
        const char *reason, const char *remedy)
{
  const B9Cell cell = {.struct_size = sizeof cell,
                       .capability = capability,
                       .state = state,
                       .evidence_kind = kind,
                       .evidence = evidence,
                       .reason = state == B9_CAPABILITY_SUPPORTED ? NULL : reason,
                       .remedy = remedy};

  host->report (host, &cell);
}

static gboolean
is_there (const B9Host *host, const char *path)
{
  g_autofree char *place = host->path (host, path);

  host->depends_on (host, path);
  return access (place, F_OK) == 0;
}

/* What a small file holds without blanks around it; NULL where it cannot be read. */
static char *
value_of (const B9Host *host, const char *path)
{
  char *text = host->read_file (host, path, FILE_MAX, NULL, NULL);

  return text != NULL ? g_strstrip (text) : NULL;
}

static gboolean
has_word (const char *text, const char *word)
{
  g_auto (GStrv) words = g_strsplit_set (text != NULL ? text : "", " \t\n", -1);

  return g_strv_contains ((const char *const *)words, word);
}

/* ---- cgroups ---- */

typedef enum { NO_CGROUPS, V1, HYBRID, V2 } Setup;

/* What is mounted where (cgroups(7)): the files of a hierarchy's top tell, without a look at mountinfo. */
static Setup
look_at_setup (const B9Host *host, char **evidence)
{
  if (is_there (host, CGROUPS "/cgroup.controllers")) {
    *evidence = g_strdup (CGROUPS "/cgroup.controllers is there");
    return V2;
  }
  if (!is_there (host, CGROUPS "/memory/cgroup.procs") && !is_there (host, CGROUPS "/pids/cgroup.procs") &&
      !is_there (host, CGROUPS "/systemd/cgroup.procs")) {
    *evidence = g_strdup ("no hierarchy is mounted below " CGROUPS);
    return NO_CGROUPS;
  }
  if (is_there (host, CGROUPS "/unified/cgroup.controllers")) {
    *evidence = g_strdup (CGROUPS "/unified/cgroup.controllers is there, beside hierarchies of version 1");
    return HYBRID;
  }
  *evidence = g_strdup ("hierarchies of version 1 alone are mounted below " CGROUPS);
  return V1;
}

static void
report_setup (const B9Host *host, Setup setup, const char *evidence)
{
  static const char *const names[] = {"no cgroups", "cgroups of version 1", "the hybrid of both versions",
                                      "cgroups of version 2"};
  static const char *const ids[] = {NULL, "cgroup.v1", "cgroup.hybrid", "cgroup.v2"};
  g_autofree char *reason = g_strdup_printf ("this host has %s", names[setup]);

  for (int i = V1; i <= V2; i++)
    report (host, ids[i], (int)setup == i ? B9_CAPABILITY_SUPPORTED : B9_CAPABILITY_UNSUPPORTED,
            B9_EVIDENCE_FILE, evidence, reason, NULL);
}

/* Version 2: a container's cgroup has the controller only if it is handed down from the top. */
static void
report_memory_v2 (const B9Host *host)
{
  g_autofree char *there = value_of (host, CGROUPS "/cgroup.controllers");
  g_autofree char *down = value_of (host, CGROUPS "/cgroup.subtree_control");

  if (!has_word (there, "memory"))
    report (host, "cgroup.memory", B9_CAPABILITY_UNSUPPORTED, B9_EVIDENCE_FILE,
            CGROUPS "/cgroup.controllers: no memory", "this kernel enforces no memory limits",
            "boot without cgroup_disable=memory (some kernels: with cgroup_enable=memory)");
  else if (!has_word (down, "memory"))
    report (host, "cgroup.memory", B9_CAPABILITY_CONDITIONAL, B9_EVIDENCE_FILE,
            CGROUPS "/cgroup.subtree_control: no memory",
            "the controller is not handed down; a runtime that may write there does it itself",
            "echo +memory >" CGROUPS "/cgroup.subtree_control");
  else
    report (host, "cgroup.memory", B9_CAPABILITY_SUPPORTED, B9_EVIDENCE_FILE,
            CGROUPS "/cgroup.subtree_control: memory", NULL, NULL);
}

/* Version 1: /proc/cgroups says whether the controller is enabled, and the mounted file whether it is usable.
 */
static void
report_memory_v1 (const B9Host *host)
{
  g_autofree char *limit = host->path (host, CGROUPS "/memory/memory.limit_in_bytes");
  g_autofree char *counter = host->path (host, CGROUPS "/memory/memory.oom_control");

  host->depends_on (host, CGROUPS "/memory/memory.limit_in_bytes");
  host->depends_on (host, CGROUPS "/memory/cgroup.procs");
  if (access (limit, F_OK) != 0)
    report (host, "cgroup.memory", B9_CAPABILITY_UNSUPPORTED, B9_EVIDENCE_FILE,
            CGROUPS "/memory/memory.limit_in_bytes is not there", "memory limits are not enforced",
            "mount the hierarchy, and boot without cgroup_disable=memory (some kernels: with "
            "cgroup_enable=memory)");
  else if (access (counter, F_OK) != 0)
    report (host, "cgroup.memory", B9_CAPABILITY_CONDITIONAL, B9_EVIDENCE_FILE,
            CGROUPS "/memory/memory.oom_control is not there",
            "limits are enforced, but nothing tells that one was exceeded", NULL);
  else
    report (host, "cgroup.memory", B9_CAPABILITY_SUPPORTED, B9_EVIDENCE_FILE,
            CGROUPS "/memory/memory.limit_in_bytes and memory.oom_control are there", NULL, NULL);
}

static void
report_cgroups (const B9Host *host)
{
  g_autofree char *evidence = NULL;
  Setup setup = look_at_setup (host, &evidence);

  report_setup (host, setup, evidence);
  if (setup == NO_CGROUPS)
    report (host, "cgroup.memory", B9_CAPABILITY_UNSUPPORTED, B9_EVIDENCE_FILE, evidence,
            "this host has no cgroups", "mount them (systemd does)");
  else if (setup == V2)
    report_memory_v2 (host);
  else
    report_memory_v1 (host);
}

/* ---- security ---- */

static void
report_presence (const B9Host *host, const char *capability, const char *path, const char *reason,
                 const char *remedy)
{
  gboolean there = is_there (host, path);
  g_autofree char *evidence = g_strdup_printf ("%s is %sthere", path, there ? "" : "not ");

  report (host, capability, there ? B9_CAPABILITY_SUPPORTED : B9_CAPABILITY_UNSUPPORTED, B9_EVIDENCE_FILE,
          evidence, reason, remedy);
}

static void
report_apparmor (const B9Host *host)
{
  g_autofree char *enabled = value_of (host, "/sys/module/apparmor/parameters/enabled");
  gboolean on = g_strcmp0 (enabled, "Y") == 0;
  g_autofree char *evidence = g_strdup_printf ("/sys/module/apparmor/parameters/enabled: %s",
                                               enabled != NULL ? enabled : "not there");

  report (host, "apparmor", on ? B9_CAPABILITY_SUPPORTED : B9_CAPABILITY_UNSUPPORTED, B9_EVIDENCE_FILE,
          evidence, "AppArmor is not enabled on this host",
          on ? NULL : "leave process.apparmorProfile out, or boot with apparmor=1 security=apparmor");
}

/* user_namespaces(7), and the switches of Debian and Ubuntu. */
static void
report_rootless (const B9Host *host)
{
  static const struct {
    const char *path, *off, *remedy;
  } switches[] = {
      {"/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"},
      {"/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"},
      {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
       "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give the runtime a profile that allows "
       "them"},
  };

  if (!is_there (host, "/proc/self/ns/user")) {
    report (host, "rootless", B9_CAPABILITY_UNSUPPORTED, B9_EVIDENCE_FILE, "/proc/self/ns/user is not there",
            "this kernel has no user namespaces", NULL);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (switches); i++) {
    g_autofree char *value = value_of (host, switches[i].path);
    g_autofree char *evidence = g_strdup_printf ("%s: %s", switches[i].path, value != NULL ? value : "");

    if (g_strcmp0 (value, switches[i].off) == 0) {
      report (host, "rootless", B9_CAPABILITY_UNSUPPORTED, B9_EVIDENCE_FILE, evidence,
              "this host keeps user namespaces from users", switches[i].remedy);
      return;
    }
  }
  report (host, "rootless", B9_CAPABILITY_SUPPORTED, B9_EVIDENCE_FILE,
          "/proc/sys/user/max_user_namespaces is not 0, and no other switch is off", NULL, NULL);
}

/* ---- the kernel ---- */

/* A descriptor that cannot be: a kernel that knows the call says so, one that does not says ENOSYS. */
static void
report_idmap (const B9Host *host)
{
  struct {
    guint64 set, clear, propagation, userns;
  } attributes = {0};
  long failure = syscall (MOUNT_SETATTR, -1, "", 0, &attributes, sizeof attributes) == 0 ? 0 : errno;
  g_autofree char *evidence = g_strdup_printf (
      "mount_setattr: %s", failure == ENOSYS ? "the kernel does not know it" : "the kernel knows it");

  if (failure == ENOSYS)
    report (host, "idmap", B9_CAPABILITY_UNSUPPORTED, B9_EVIDENCE_PROBE, evidence,
            "mounts with other ids need Linux 5.12", NULL);
  else if (failure == EPERM)
    report (host, "idmap", B9_CAPABILITY_UNKNOWN, B9_EVIDENCE_PROBE, "mount_setattr: access was refused",
            "a filter of system calls keeps b9run from trying it", NULL);
  else
    report (host, "idmap", B9_CAPABILITY_SUPPORTED, B9_EVIDENCE_PROBE, evidence, NULL, NULL);
}

static void
report_overlay (const B9Host *host)
{
  g_autofree char *systems = value_of (host, "/proc/filesystems");

  if (has_word (systems, "overlay"))
    report (host, "rootfs.overlay", B9_CAPABILITY_SUPPORTED, B9_EVIDENCE_FILE, "/proc/filesystems: overlay",
            NULL, NULL);
  else
    report (host, "rootfs.overlay", B9_CAPABILITY_UNKNOWN, B9_EVIDENCE_FILE, "/proc/filesystems: no overlay",
            "the module may be loaded when it is needed", "modprobe overlay");
}

/* Built in or not, for as long as this kernel runs; the file's content changes with every process, so it is
 * no evidence to keep. */
static void
report_restore (const B9Host *host)
{
  g_autofree char *place = host->path (host, "/proc/sys/kernel/ns_last_pid");
  gboolean there = access (place, F_OK) == 0;

  report (host, "kernel.checkpoint-restore", there ? B9_CAPABILITY_SUPPORTED : B9_CAPABILITY_UNSUPPORTED,
          B9_EVIDENCE_FILE,
          there ? "/proc/sys/kernel/ns_last_pid is there" : "/proc/sys/kernel/ns_last_pid is not there",
          "this kernel was built without CONFIG_CHECKPOINT_RESTORE", NULL);
}

void
b9_host_cells (const B9Host *host)
{
  report_cgroups (host);
  report_presence (host, "seccomp", "/proc/sys/kernel/seccomp/actions_avail",
                   "this kernel has no filters of system calls", NULL);
  report_apparmor (host);
  report_presence (host, "selinux", "/sys/fs/selinux/enforce", "SELinux is not enabled on this host",
                   "leave process.selinuxLabel out, or boot with SELinux");
  report_rootless (host);
  report_idmap (host);
  report_overlay (host);
  report_presence (host, "systemd-cgroup", "/run/systemd/system", "systemd does not run on this host",
                   "leave --systemd-cgroup out");
  report_restore (host);
}
