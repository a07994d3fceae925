/* SPDX-License-Identifier: Apache-2.0
 *
 * test-runsc-probe.c: what the runsc plugin says of a runsc, from what the real release 20240729 printed (in
 * tests/data/runsc-20240729) and from what newer ones would.
 */
#include "config.h"

#include "plugins/backends/runsc/runsc-probe.h"
#include "plugins/backends/runsc/runsc-text.h"
#include "tests/backend-testing.h"
#include "tests/probe-testing.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DATA "runsc-20240729/"

static FakeHost *fake;

static void
make_host (void)
{
  fake = fake_host_new ();
  answer_from_file (fake, "flags", DATA "flags.txt");
  answer_from_file (fake, "help", DATA "help.txt");
  answer_from_file (fake, "help checkpoint", DATA "help-checkpoint.txt");
  answer_from_file (fake, "help run", DATA "help-run.txt");
  answer_from_file (fake, "nvproxy list-supported-drivers", DATA "drivers.txt");
  answer_from_file (fake, "--version", DATA "version.txt");
  put_file (fake, "/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
}

static void
remove_host (void)
{
  g_clear_pointer (&fake, fake_host_free);
}

static void
probe (void)
{
  runsc_probe (&fake->host, "/usr/bin/runsc", "/run/gvisor");
}

/* --- reading its texts --- */

START_TEST (finds_flags_by_their_whole_name_at_the_beginning_of_a_line)
{
  const char *text = "Usage: x\n  -nvproxy\n    \tabout -direct\n  -nvproxy-docker string\n -root\n  -=x\n";

  ck_assert (runsc_text_has_flag (text, "nvproxy"));
  ck_assert (runsc_text_has_flag (text, "nvproxy-docker"));
  ck_assert (!runsc_text_has_flag (text, "nvproxy-d"));
  ck_assert (!runsc_text_has_flag (text, "direct"));
  ck_assert (!runsc_text_has_flag (text, "root"));
  ck_assert (!runsc_text_has_flags ("no flags here\n -x\n"));
  ck_assert (!runsc_text_has_flags (""));
}
END_TEST

START_TEST (finds_commands_by_their_whole_name)
{
  const char *text = "Subcommands:\n\tcheckpoint       says update\n\trun\n\tfeatures \n";

  ck_assert (runsc_text_has_command (text, "checkpoint"));
  ck_assert (runsc_text_has_command (text, "features"));
  ck_assert (!runsc_text_has_command (text, "check"));
  ck_assert (!runsc_text_has_command (text, "update"));
  ck_assert (!runsc_text_has_command (text, "run"));
}
END_TEST

START_TEST (sorts_drivers_by_their_numbers_and_passes_over_the_rest)
{
  g_auto (GStrv) drivers = runsc_text_drivers ("550.90.07\n535.104.12\nfoo\n 550.54.15 \n\n1.\n9.2\n");
  g_autofree char *line = g_strjoinv (" ", drivers);

  ck_assert_str_eq (line, "9.2 535.104.12 550.54.15 550.90.07");
}
END_TEST

START_TEST (knows_a_driver_version_when_it_sees_one)
{
  static const char *const good[] = {"550.54.15", "9.2", "575.57.08.1"};
  static const char *const bad[] = {"",
                                    "550",
                                    ".1",
                                    "550.",
                                    "550..1",
                                    "550.x",
                                    "550.54.15-1",
                                    "1.2.3.4.5",
                                    "1111111111111111.111111111111111"};

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    ck_assert_msg (runsc_is_driver_version (good[i]), "%s", good[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    ck_assert_msg (!runsc_is_driver_version (bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST (finds_the_date_in_each_kind_of_version)
{
  static const struct {
    const char *text;
    guint date;
  } rows[] = {
      {"runsc version 0.0~20240729.0\nspec: 1.0.2-dev\n", 20240729},
      {"runsc version release-20260714.0-beam.7\n", 20260714},
      {"runsc version release-20260714.0-5-gdeadbeef12345678\n", 20260714},
      {"runsc version VERSION_MISSING\n", 0},
      {"runsc version 123456789\n", 0},
      {"runsc version release-20261301.0\n", 0},
      {"runsc version \n", 0},
      {"version 20240729\n", 0},
      {"", 0},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    ck_assert_msg (runsc_text_release (rows[i].text) == rows[i].date, "%s", rows[i].text);
}
END_TEST

/* --- the old release --- */

START_TEST (answers_for_each_capability_in_four_starts)
{
  probe ();
  expect_whole_catalogue (fake);
  ck_assert_uint_eq (fake->starts, 4);
}
END_TEST

START_TEST (says_what_release_20240729_can)
{
  probe ();
  expect_cell (fake, "checkpoint", "supported probe runsc help: checkpoint | - | - | -");
  expect_cell (fake, "checkpoint.leave-running",
               "supported probe runsc help checkpoint: -leave-running | - | - | -");
  expect_cell (fake, "update",
               "unsupported probe runsc help: no update | this release has no update | give the limits when "
               "the container is made, or use a release of 2026-02-02 or later | -");
  expect_cell (fake, "checkpoint.cuda",
               "unsupported probe runsc help checkpoint: no -cuda-checkpoint-path | this release cannot save "
               "a container that has a GPU open | use a release of 2026-06-08 or later, or --backend=runc | "
               "gpu:gpu.driver");
  expect_cell (fake, "checkpoint.cuda.remap",
               "unsupported probe runsc help checkpoint: no -cuda-checkpoint-path | this release cannot save "
               "a container that has a GPU open | - | -");
  expect_cell (fake, "hooks.createContainer",
               "unsupported version runsc help: no features, which came before such hooks | this release "
               "skips createContainer hooks without a word | use a release of 2026-05-20 or later, or "
               "--backend=runc | -");
  expect_state (fake, "cdi.hooks", "conditional");
  expect_state (fake, "checkpoint.pre-dump", "unsupported");
  expect_state (fake, "checkpoint.tcp", "unsupported");
  expect_state (fake, "checkpoint.lazy-pages", "unsupported");
  expect_state (fake, "preserve-fds", "conditional");
  expect_state (fake, "console", "supported");
  expect_state (fake, "pause", "supported");
  expect_state (fake, "ps", "conditional");
  expect_state (fake, "oom.events", "supported");
  expect_state (fake, "selinux", "unsupported");
  expect_state (fake, "idmap", "unsupported");
}
END_TEST

START_TEST (says_what_a_newer_release_can)
{
  answer (fake, "help", "Subcommands:\n\tcheckpoint  x\n\tfeatures  x\n\trun  x\n\tupdate  x\n");
  answer (fake, "help checkpoint", "checkpoint\n  -cuda-checkpoint-path string\n    \tpath\n");
  answer (fake, "--version", "runsc version release-20260714.0\n");
  probe ();
  expect_state (fake, "update", "supported");
  expect_cell (
      fake, "hooks.createContainer",
      "supported version runsc help checkpoint: -cuda-checkpoint-path, which came after such hooks | "
      "- | - | -");
  expect_cell (fake, "checkpoint.cuda",
               "conditional probe runsc help checkpoint: -cuda-checkpoint-path | cuda-checkpoint runs inside "
               "the sandbox, so the bundle has to mount it, at checkpoint and at restore | - | "
               "gpu:gpu.driver");
  expect_cell (fake, "checkpoint.cuda.remap",
               "conditional version runsc --version: 20260714 | the GPUs have to be of one kind, with the "
               "same PCI ids | - | gpu:gpu.driver");
}
END_TEST

START_TEST (does_not_know_of_hooks_in_a_release_without_a_date)
{
  answer (fake, "help", "Subcommands:\n\tfeatures  x\n\trun  x\n");
  answer (fake, "--version", "runsc version VERSION_MISSING\n");
  probe ();
  expect_cell (fake, "hooks.createContainer",
               "unknown version runsc --version: no date in it | releases before 2026-05-20 skip "
               "createContainer hooks, and this one has no date | - | -");
}
END_TEST

START_TEST (does_not_know_where_runsc_hangs_or_prints_something_else)
{
  g_hash_table_remove_all (fake->answers);
  answer (fake, "flags", "!");
  answer (fake, "help run", "I am no runsc\n");
  probe ();
  expect_whole_catalogue (fake);
  expect_cell (fake, "checkpoint",
               "unknown probe runsc help: /usr/bin/runsc help did not end within 10 s | runsc did not say "
               "whether it has it | - | -");
  expect_cell (fake, "rootless",
               "unknown probe runsc flags: /usr/bin/runsc flags ended with status 128 | runsc did not say "
               "whether it has it | - | -");
  expect_cell (fake, "console",
               "unknown probe runsc help run: its answer is none that this plugin knows | runsc did not say "
               "whether it has it | - | -");
  expect_state (fake, "gpu.nvproxy", "unknown");
}
END_TEST

/* --- the network --- */

START_TEST (takes_the_sandbox_for_broken_where_an_old_release_meets_a_new_kernel)
{
  put_file (fake, "/proc/sys/kernel/osrelease", "6.18.44-fc\n");
  probe ();
  expect_cell (fake, "netns.join",
               "unsupported version runsc --version: 20240729; /proc/sys/kernel/osrelease: 6.18 | releases "
               "before 2024-08-07 take every network namespace of Linux 6.11 and later for the host's own, "
               "and refuse it | use --network=none or --network=host (backends.runsc.network), or a newer "
               "runsc | -");
  expect_state (fake, "netns.none", "unsupported");
}
END_TEST

START_TEST (takes_the_sandbox_for_whole_on_an_older_kernel)
{
  probe ();
  expect_state (fake, "netns.join", "conditional");
  expect_cell (fake, "netns.none", "supported version /proc/sys/kernel/osrelease: 6.1 | - | - | -");
}
END_TEST

START_TEST (takes_the_network_that_is_configured)
{
  put_file (fake, "/proc/sys/kernel/osrelease", "6.18.44-fc\n");
  set (fake, "network", "none");
  probe ();
  expect_cell (fake, "netns.none", "supported declared --network=none | - | - | -");
  expect_state (fake, "netns.join", "conditional");
}
END_TEST

START_TEST (takes_a_flag_for_the_network_over_its_key)
{
  set (fake, "network", "none");
  add_flag (fake, "-network=host");
  probe ();
  expect_cell (fake, "netns.join", "supported declared --network=host | - | - | -");
}
END_TEST

START_TEST (says_that_the_filter_is_passed_over_unless_it_is_wanted)
{
  probe ();
  expect_state (fake, "seccomp", "conditional");
  g_hash_table_remove_all (fake->cells);
  set (fake, "oci-seccomp", "true");
  probe ();
  expect_cell (fake, "seccomp", "supported probe runsc flags: -oci-seccomp | - | - | -");
}
END_TEST

/* --- GPUs; the host is a fake --- */

static void
load_driver (const char *version)
{
  g_autofree char *text = g_strdup_printf ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  %s  Tue Mar  5 "
                                           "22:23:56 UTC 2024\nGCC version:  gcc version 12.2.0\n",
                                           version);

  put_file (fake, "/proc/driver/nvidia/version", text);
}

START_TEST (supports_a_driver_that_is_listed)
{
  load_driver ("550.54.15");
  probe ();
  expect_cell (
      fake, "gpu.nvproxy",
      "supported probe /proc/driver/nvidia/version: 550.54.15; runsc nvproxy list-supported-drivers: "
      "7 versions | - | - | -");
  /* The fake has no device nodes. */
  expect_cell (fake, "gpu.passthrough",
               "unsupported file /dev/nvidiactl is not there | /dev/nvidiactl is not there | make the device "
               "nodes with `nvidia-modprobe -c 0 -u`, readable and writable for all | gpu:gpu.driver");
  expect_state (fake, "gpu.mig", "unsupported");
}
END_TEST

START_TEST (reads_the_open_modules_version_too)
{
  put_file (fake, "/proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.90.07  Release Build  (x@y)\n");
  probe ();
  expect_state (fake, "gpu.nvproxy", "supported");
}
END_TEST

START_TEST (prefers_the_modules_own_file)
{
  load_driver ("1.2.3");
  put_file (fake, "/sys/module/nvidia/version", "535.129.03\n");
  probe ();
  expect_state (fake, "gpu.nvproxy", "supported");
}
END_TEST

START_TEST (refuses_a_driver_that_an_old_release_does_not_know)
{
  load_driver ("550.54.16");
  probe ();
  expect_cell (fake, "gpu.nvproxy",
               "unsupported probe /proc/driver/nvidia/version: 550.54.16; runsc nvproxy "
               "list-supported-drivers: 7 versions | nvproxy of this runsc does not know driver 550.54.16 | "
               "use a runsc whose `runsc nvproxy list-supported-drivers` has 550.54.16, or install driver "
               "550.54.15 or 550.90.07 | -");
}
END_TEST

START_TEST (names_the_flag_for_unsupported_drivers_where_runsc_has_it)
{
  load_driver ("610.43.02");
  answer (fake, "flags", "x\n  -nvproxy\n  -nvproxy-allow-unsupported-driver\n");
  probe ();
  expect_cell (
      fake, "gpu.nvproxy",
      "unsupported probe /proc/driver/nvidia/version: 610.43.02; runsc nvproxy "
      "list-supported-drivers: 7 versions | driver 610.43.02 is not among those that nvproxy of this "
      "runsc supports | install driver 550.90.07, or set backends.runsc.flags: "
      "[--nvproxy-allow-unsupported-driver=true], which helps if runsc knows 610.43.02 without "
      "supporting it | -");
  g_hash_table_remove_all (fake->cells);
  add_flag (fake, "--nvproxy-allow-unsupported-driver");
  probe ();
  expect_state (fake, "gpu.nvproxy", "conditional");
}
END_TEST

START_TEST (needs_a_driver)
{
  probe ();
  expect_cell (fake, "gpu.nvproxy",
               "unsupported file /proc/driver/nvidia/version: not there, or no version in it | no NVIDIA "
               "driver is loaded on this host | load NVIDIA's kernel modules (nvidia, nvidia-uvm) | -");
}
END_TEST

START_TEST (honours_a_configured_version_and_says_so)
{
  set (fake, "nvproxy-driver-version", "550.54.15");
  probe ();
  expect_cell (fake, "gpu.nvproxy",
               "conditional probe backends.runsc.nvproxy-driver-version: 550.54.15; runsc nvproxy "
               "list-supported-drivers: 7 versions | nvproxy takes the driver for 550.54.15, as configured, "
               "but the host has none | unset backends.runsc.nvproxy-driver-version if the driver is another "
               "one | -");
}
END_TEST

START_TEST (refuses_a_configured_version_that_is_not_known)
{
  load_driver ("550.54.15");
  set (fake, "nvproxy-driver-version", "1.2");
  probe ();
  expect_state (fake, "gpu.nvproxy", "unsupported");
}
END_TEST

START_TEST (has_no_nvproxy_in_a_release_without_the_flag)
{
  load_driver ("550.54.15");
  answer (fake, "flags", "x\n  -root string\n");
  probe ();
  expect_cell (fake, "gpu.nvproxy",
               "unsupported probe runsc flags: no -nvproxy | this release of runsc has no nvproxy | use a "
               "release of 2023-11-06 or later | -");
  expect_state (fake, "gpu.passthrough", "unsupported");
}
END_TEST

START_TEST (does_not_know_where_runsc_lists_no_drivers)
{
  load_driver ("550.54.15");
  answer (fake, "nvproxy list-supported-drivers", "!");
  probe ();
  expect_state (fake, "gpu.nvproxy", "unknown");
}
END_TEST

/* --- doctor --- */

static void
examine (void)
{
  runsc_examine (&fake->host, "/usr/bin/runsc", "/run/gvisor");
}

START_TEST (tells_the_doctor_of_a_plain_host)
{
  examine ();
  ck_assert_str_eq (
      fake->findings->str,
      "ok runsc.version runsc 0.0~20240729.0, /usr/bin/runsc | -\n"
      "ok runsc.platform runsc's platform: its own choice (systrap) | -\n"
      "ok runsc.network runsc's network: sandbox | -\n"
      "ok runsc.nvproxy runsc has nvproxy; no NVIDIA driver is loaded, so containers get no GPUs | -\n"
      "warning runsc.hooks this runsc skips createContainer hooks without a word, those of CDI too | use a "
      "release of 2026-05-20 or later\n"
      "warning runsc.update this runsc has no update: limits cannot be changed while a container runs | use "
      "a "
      "release of 2026-02-02 or later\n");
}
END_TEST

START_TEST (tells_the_doctor_what_will_fail)
{
  put_file (fake, "/proc/sys/kernel/osrelease", "6.18.44-fc\n");
  set (fake, "platform", "kvm");
  load_driver ("570.1.2");
  examine ();
  ck_assert_ptr_nonnull (strstr (fake->findings->str,
                                 "problem runsc.platform runsc's platform is kvm, but /dev/kvm is not there "
                                 "or cannot be opened | load the kernel's module kvm, or set "
                                 "backends.runsc.platform to systrap\n"));
  ck_assert_ptr_nonnull (strstr (fake->findings->str,
                                 "problem runsc.network runsc's network is sandbox, which this release "
                                 "cannot on this kernel (runsc --version: 20240729; "
                                 "/proc/sys/kernel/osrelease: 6.18) | set backends.runsc.network to none or "
                                 "host, or use a release of 2024-08-07 or later\n"));
  ck_assert_ptr_nonnull (strstr (fake->findings->str, "problem runsc.nvproxy nvproxy: "));
}
END_TEST

START_TEST (tells_the_doctor_of_a_program_that_is_no_runsc)
{
  answer (fake, "--version", "crun version 1.8.1\n");
  examine ();
  ck_assert_str_eq (
      fake->findings->str,
      "problem runsc.version /usr/bin/runsc does not say its version as runsc does: its answer is none that "
      "this plugin knows | install runsc, or set backends.runsc.path to it\n");
}
END_TEST

static TCase *
text_case (void)
{
  TCase *tcase = tcase_create ("texts");

  tcase_add_test (tcase, finds_flags_by_their_whole_name_at_the_beginning_of_a_line);
  tcase_add_test (tcase, finds_commands_by_their_whole_name);
  tcase_add_test (tcase, sorts_drivers_by_their_numbers_and_passes_over_the_rest);
  tcase_add_test (tcase, knows_a_driver_version_when_it_sees_one);
  tcase_add_test (tcase, finds_the_date_in_each_kind_of_version);
  return tcase;
}

static TCase *
probe_case (void)
{
  TCase *tcase = tcase_create ("probe");

  tcase_add_checked_fixture (tcase, make_host, remove_host);
  tcase_add_test (tcase, answers_for_each_capability_in_four_starts);
  tcase_add_test (tcase, says_what_release_20240729_can);
  tcase_add_test (tcase, says_what_a_newer_release_can);
  tcase_add_test (tcase, does_not_know_of_hooks_in_a_release_without_a_date);
  tcase_add_test (tcase, does_not_know_where_runsc_hangs_or_prints_something_else);
  tcase_add_test (tcase, takes_the_sandbox_for_broken_where_an_old_release_meets_a_new_kernel);
  tcase_add_test (tcase, takes_the_sandbox_for_whole_on_an_older_kernel);
  tcase_add_test (tcase, takes_the_network_that_is_configured);
  tcase_add_test (tcase, takes_a_flag_for_the_network_over_its_key);
  tcase_add_test (tcase, says_that_the_filter_is_passed_over_unless_it_is_wanted);
  return tcase;
}

static TCase *
gpu_case (void)
{
  TCase *tcase = tcase_create ("gpus");

  tcase_add_checked_fixture (tcase, make_host, remove_host);
  tcase_add_test (tcase, supports_a_driver_that_is_listed);
  tcase_add_test (tcase, reads_the_open_modules_version_too);
  tcase_add_test (tcase, prefers_the_modules_own_file);
  tcase_add_test (tcase, refuses_a_driver_that_an_old_release_does_not_know);
  tcase_add_test (tcase, names_the_flag_for_unsupported_drivers_where_runsc_has_it);
  tcase_add_test (tcase, needs_a_driver);
  tcase_add_test (tcase, honours_a_configured_version_and_says_so);
  tcase_add_test (tcase, refuses_a_configured_version_that_is_not_known);
  tcase_add_test (tcase, has_no_nvproxy_in_a_release_without_the_flag);
  tcase_add_test (tcase, does_not_know_where_runsc_lists_no_drivers);
  return tcase;
}

static TCase *
doctor_case (void)
{
  TCase *tcase = tcase_create ("doctor");

  tcase_add_checked_fixture (tcase, make_host, remove_host);
  tcase_add_test (tcase, tells_the_doctor_of_a_plain_host);
  tcase_add_test (tcase, tells_the_doctor_what_will_fail);
  tcase_add_test (tcase, tells_the_doctor_of_a_program_that_is_no_runsc);
  return tcase;
}

int
main (void)
{
  TCase *const cases[] = {text_case (), probe_case (), gpu_case (), doctor_case (), NULL};

  return run_cases ("runsc-probe", cases);
}
