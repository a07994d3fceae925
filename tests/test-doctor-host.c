/* SPDX-License-Identifier: Apache-2.0
 *
 * test-doctor-host.c: the doctor's lines on kernel, cgroups and memory limits, from fakes of Linux hosts
 * (tests/fakes/linux-host.sh).
 */
#include "config.h"

#include <sys/utsname.h>

#include "core/doctor/doctor.h"

#include "tests/examine-testing.h"

/* What depends on who runs the test and on the machine is put in: CALLER, MACHINE. */
static void
expect_lines (const char *options, const char *expected)
{
  g_autoptr (Witness) witness = witness_new ();
  g_autofree char *caller = geteuid () == 0
                                ? g_strdup ("")
                                : g_strdup_printf (
                                      "ok host.caller asked by uid %d: what only root may see was not "
                                      "looked at; sudo b9run doctor sees all\n",
                                      (int)geteuid ());
  g_autoptr (GString) whole = g_string_new (NULL);
  struct utsname system;

  ck_assert_int_eq (uname (&system), 0);
  g_string_append_printf (whole, "ok host.kernel Linux 6.1.0-29-fake, %s\n%s%s", system.machine, caller,
                          expected);
  make_fake_host ("linux-host.sh", options);
  b9_doctor_host (&witness->host);
  ck_assert_str_eq (witness->text->str, whole->str);
}

#define USERNS "ok host.userns users can make user namespaces\n"
#define SECURITY "ok host.security seccomp; AppArmor\n"
#define REST USERNS SECURITY

START_TEST (finds_version_2)
{
  expect_lines ("", "ok host.cgroup cgroups of version 2, with cpu, cpuset, memory, pids\n"
                    "ok host.memory memory limits are enforced (/sys/fs/cgroup)\n" REST);
}
END_TEST

START_TEST (finds_version_1)
{
  expect_lines ("--cgroup v1", "ok host.cgroup cgroups of version 1, with cpu, cpuset, memory, pids\n"
                               "ok host.memory memory limits are enforced (/sys/fs/cgroup/memory)\n" REST);
}
END_TEST

START_TEST (finds_both_versions)
{
  expect_lines (
      "--cgroup hybrid",
      "ok host.cgroup cgroups of version 1 and 2 side by side (hybrid), with cpu, cpuset, memory, pids\n"
      "ok host.memory memory limits are enforced (/sys/fs/cgroup/memory)\n" REST);
}
END_TEST

START_TEST (tells_that_nothing_is_mounted)
{
  expect_lines (
      "--cgroup none",
      "problem host.cgroup no cgroups are mounted -> let systemd mount them, or: mount -t cgroup2 none "
      "/sys/fs/cgroup\n"
      "problem host.memory memory limits are not enforced: no hierarchy has the memory controller -> mount "
      "the cgroups with the memory controller\n" REST);
}
END_TEST

START_TEST (tells_that_cgroups_cannot_be_written)
{
  expect_lines (
      "--read-only",
      "ok host.cgroup cgroups of version 2, with cpu, cpuset, memory, pids\n"
      "problem host.cgroup.read-only the cgroups at /sys/fs/cgroup are mounted read-only -> mount it "
      "writable; inside a container, start that one with its cgroups writable\n"
      "ok host.memory memory limits are enforced (/sys/fs/cgroup)\n" REST);
}
END_TEST

START_TEST (tells_that_limits_are_not_enforced)
{
  expect_lines (
      "--controllers 'cpu cpuset pids'",
      "ok host.cgroup cgroups of version 2, with cpu, cpuset, pids\n"
      "warning host.cgroup.controllers the cgroups have no memory: such limits of containers fail or are "
      "not enforced -> mount the hierarchy; for memory, boot without cgroup_disable=memory\n"
      "problem host.memory memory limits are not enforced: /sys/fs/cgroup/cgroup.controllers has no memory "
      "-> boot without cgroup_disable=memory; in a container or for a user, have the controller delegated "
      "(Delegate=yes)\n" REST);
}
END_TEST

START_TEST (tells_that_a_controller_is_not_handed_down)
{
  expect_lines (
      "--handed-down cpu",
      "ok host.cgroup cgroups of version 2, with cpu, cpuset, memory, pids\n"
      "warning host.memory memory limits may not be enforced: /sys/fs/cgroup/cgroup.subtree_control has no "
      "memory -> the runtime hands it down where it may write there; else echo +memory to that file as "
      "root\n" REST);
}
END_TEST

START_TEST (tells_that_swap_is_not_counted)
{
  expect_lines (
      "--cgroup v1 --swap",
      "ok host.cgroup cgroups of version 1, with cpu, cpuset, memory, pids\n"
      "ok host.memory memory limits are enforced (/sys/fs/cgroup/memory)\n"
      "warning host.memory.swap swap is on and is not counted: a container can use more than its limit, in "
      "swap -> boot with swapaccount=1, or do without swap (swapoff -a)\n" REST);
}
END_TEST

START_TEST (root_does_without_user_namespaces_and_others_do_not)
{
  g_autofree char *expected = g_strdup_printf (
      "ok host.cgroup cgroups of version 2, with cpu, cpuset, memory, pids\n"
      "ok host.memory memory limits are enforced (/sys/fs/cgroup)\n"
      "%s host.userns users cannot make user namespaces, so rootless containers fail "
      "(/proc/sys/user/max_user_namespaces is 0) -> sysctl -w user.max_user_namespaces=15000\n" SECURITY,
      geteuid () == 0 ? "ok" : "problem");

  expect_lines ("--no-userns", expected);
}
END_TEST

START_TEST (warns_of_a_kernel_without_filters)
{
  expect_lines ("--no-seccomp",
                "ok host.cgroup cgroups of version 2, with cpu, cpuset, memory, pids\n"
                "ok host.memory memory limits are enforced (/sys/fs/cgroup)\n" USERNS
                "warning host.security this kernel has no seccomp filters, which most bundles ask "
                "for; AppArmor -> use a kernel with CONFIG_SECCOMP_FILTER\n");
}
END_TEST

START_TEST (survives_any_mount_table)
{
  static const char *const tables[] = {"",
                                       "\n\n",
                                       "a",
                                       "1 2 3 4 5 6 7 8 9 -",
                                       "1 2 3 4 5 6 - cgroup",
                                       "1 2 3 4 5 6 - cgroup2 x",
                                       "- - - - - - - - -",
                                       "1 2 3 / /\xff ro - cgroup2 x rw"};

  make_fake_host ("linux-host.sh", "");
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++) {
    g_autoptr (Witness) witness = witness_new ();

    put_file ("proc/self/mountinfo", tables[i]);
    b9_doctor_host (&witness->host);
    ck_assert_ptr_nonnull (strstr (witness->text->str, "problem host.memory "));
  }
}
END_TEST

int
main (void)
{
  TCase *host = directory_case ("host");
  TCase *const cases[] = {host, NULL};

  tcase_add_test (host, finds_version_2);
  tcase_add_test (host, finds_version_1);
  tcase_add_test (host, finds_both_versions);
  tcase_add_test (host, tells_that_nothing_is_mounted);
  tcase_add_test (host, tells_that_cgroups_cannot_be_written);
  tcase_add_test (host, tells_that_limits_are_not_enforced);
  tcase_add_test (host, tells_that_a_controller_is_not_handed_down);
  tcase_add_test (host, tells_that_swap_is_not_counted);
  tcase_add_test (host, root_does_without_user_namespaces_and_others_do_not);
  tcase_add_test (host, warns_of_a_kernel_without_filters);
  tcase_add_test (host, survives_any_mount_table);
  return run_cases ("doctor-host", cases);
}
