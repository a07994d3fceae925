/* SPDX-License-Identifier: Apache-2.0
 *
 * test-host-cells.c: what b9run sees on fake hosts: directories in the place of / (B9RUN_HOST_ROOT).
 */
#include "config.h"

#include "core/capability/host-cells.h"
#include "core/plugin/host.h"
#include "tests/directory-testing.h"

static GHashTable *seen; /* capability -> "STATE: EVIDENCE: REASON" */

static void
see (gpointer user G_GNUC_UNUSED, const B9Cell *cell)
{
  g_hash_table_insert (
      seen, g_strdup (cell->capability),
      g_strdup_printf ("%u: %s: %s", cell->state, cell->evidence, cell->reason != NULL ? cell->reason : "-"));
}

/* A file of the fake host with its directories. */
static void
put (const char *path, const char *content)
{
  g_autofree char *name = g_strconcat ("host", path, NULL);
  g_autofree char *directory = g_path_get_dirname (name);

  make_directory (directory);
  put_file (name, content);
}

static void
look (void)
{
  const B9HostWatch watch = {.cell = see};
  g_autoptr (B9Config) config = b9_config_built_in ();
  g_autofree char *root = at_top ("host");
  B9HostData data = {.config = config, .section = "host", .watch = &watch};
  B9Host host;

  make_directory ("host");
  seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  b9_host_init (&host, &data);
  g_setenv ("B9RUN_HOST_ROOT", root, TRUE);
  b9_host_cells (&host);
}

static void
expect (const char *capability, const char *cell)
{
  ck_assert_str_eq (g_hash_table_lookup (seen, capability), cell);
}

START_TEST (version_two_with_memory_handed_down)
{
  put ("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
  put ("/sys/fs/cgroup/cgroup.subtree_control", "cpu memory pids\n");
  look ();
  expect ("cgroup.v2", "1: /sys/fs/cgroup/cgroup.controllers is there: -");
  expect ("cgroup.v1", "4: /sys/fs/cgroup/cgroup.controllers is there: this host has cgroups of version 2");
  expect ("cgroup.hybrid",
          "4: /sys/fs/cgroup/cgroup.controllers is there: this host has cgroups of version 2");
  expect ("cgroup.memory", "1: /sys/fs/cgroup/cgroup.subtree_control: memory: -");
}
END_TEST

START_TEST (version_two_without_memory)
{
  put ("/sys/fs/cgroup/cgroup.controllers", "cpu io pids memory_recursiveprot\n");
  put ("/sys/fs/cgroup/cgroup.subtree_control", "cpu\n");
  look ();
  expect ("cgroup.memory",
          "4: /sys/fs/cgroup/cgroup.controllers: no memory: this kernel enforces no memory limits");
}
END_TEST

START_TEST (version_two_with_memory_not_handed_down)
{
  put ("/sys/fs/cgroup/cgroup.controllers", "memory\n");
  put ("/sys/fs/cgroup/cgroup.subtree_control", "\n");
  look ();
  expect ("cgroup.memory",
          "2: /sys/fs/cgroup/cgroup.subtree_control: no memory: the controller is not handed "
          "down; a runtime that may write there does it itself");
}
END_TEST

START_TEST (version_one)
{
  put ("/sys/fs/cgroup/pids/cgroup.procs", "");
  look ();
  expect ("cgroup.v1", "1: hierarchies of version 1 alone are mounted below /sys/fs/cgroup: -");
  expect ("cgroup.memory", "4: /sys/fs/cgroup/memory/memory.limit_in_bytes is not there: memory limits are "
                           "not enforced");
}
END_TEST

START_TEST (the_hybrid)
{
  put ("/sys/fs/cgroup/memory/cgroup.procs", "");
  put ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9");
  put ("/sys/fs/cgroup/memory/memory.oom_control", "");
  put ("/sys/fs/cgroup/unified/cgroup.controllers", "");
  look ();
  expect ("cgroup.hybrid",
          "1: /sys/fs/cgroup/unified/cgroup.controllers is there, beside hierarchies of version 1: -");
  expect ("cgroup.memory",
          "1: /sys/fs/cgroup/memory/memory.limit_in_bytes and memory.oom_control are there: -");
}
END_TEST

START_TEST (a_bare_host_has_nothing)
{
  look ();
  expect ("cgroup.v1", "4: no hierarchy is mounted below /sys/fs/cgroup: this host has no cgroups");
  expect ("cgroup.memory", "4: no hierarchy is mounted below /sys/fs/cgroup: this host has no cgroups");
  expect ("seccomp", "4: /proc/sys/kernel/seccomp/actions_avail is not there: this kernel has no filters of "
                     "system calls");
  expect ("apparmor",
          "4: /sys/module/apparmor/parameters/enabled: not there: AppArmor is not enabled on this host");
  expect ("selinux", "4: /sys/fs/selinux/enforce is not there: SELinux is not enabled on this host");
  expect ("rootless", "4: /proc/self/ns/user is not there: this kernel has no user namespaces");
  expect ("rootfs.overlay", "3: /proc/filesystems: no overlay: the module may be loaded when it is needed");
  expect ("systemd-cgroup", "4: /run/systemd/system is not there: systemd does not run on this host");
  expect ("kernel.checkpoint-restore", "4: /proc/sys/kernel/ns_last_pid is not there: this kernel was built "
                                       "without CONFIG_CHECKPOINT_RESTORE");
}
END_TEST

START_TEST (a_full_host_has_everything)
{
  put ("/proc/sys/kernel/seccomp/actions_avail", "allow");
  put ("/sys/module/apparmor/parameters/enabled", "Y\n");
  put ("/sys/fs/selinux/enforce", "1");
  put ("/proc/self/ns/user", "");
  put ("/proc/sys/user/max_user_namespaces", "15000\n");
  put ("/proc/sys/kernel/unprivileged_userns_clone", "1\n");
  put ("/proc/filesystems", "nodev\tsysfs\nnodev\toverlay\n");
  make_directory ("host/run/systemd/system");
  put ("/proc/sys/kernel/ns_last_pid", "1");
  look ();
  expect ("seccomp", "1: /proc/sys/kernel/seccomp/actions_avail is there: -");
  expect ("apparmor", "1: /sys/module/apparmor/parameters/enabled: Y: -");
  expect ("selinux", "1: /sys/fs/selinux/enforce is there: -");
  expect ("rootless", "1: /proc/sys/user/max_user_namespaces is not 0, and no other switch is off: -");
  expect ("rootfs.overlay", "1: /proc/filesystems: overlay: -");
  expect ("systemd-cgroup", "1: /run/systemd/system is there: -");
  expect ("kernel.checkpoint-restore", "1: /proc/sys/kernel/ns_last_pid is there: -");
}
END_TEST

static const struct {
  const char *path, *value;
} switches[] = {
    {"/proc/sys/user/max_user_namespaces", "0"},
    {"/proc/sys/kernel/unprivileged_userns_clone", "0"},
    {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"},
};

START_TEST (each_switch_keeps_users_from_namespaces)
{
  g_autofree char *cell = g_strdup_printf ("4: %s: %s: this host keeps user namespaces from users",
                                           switches[_i].path, switches[_i].value);

  put ("/proc/self/ns/user", "");
  put (switches[_i].path, switches[_i].value);
  look ();
  expect ("rootless", cell);
}
END_TEST

int
main (void)
{
  TCase *tests = directory_case ("host cells");

  tcase_add_test (tests, version_two_with_memory_handed_down);
  tcase_add_test (tests, version_two_without_memory);
  tcase_add_test (tests, version_two_with_memory_not_handed_down);
  tcase_add_test (tests, version_one);
  tcase_add_test (tests, the_hybrid);
  tcase_add_test (tests, a_bare_host_has_nothing);
  tcase_add_test (tests, a_full_host_has_everything);
  tcase_add_loop_test (tests, each_switch_keeps_users_from_namespaces, 0, G_N_ELEMENTS (switches));
  return run_cases ("host-cells", (TCase *[]){tests, NULL});
}
