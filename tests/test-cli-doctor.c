/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cli-doctor.c: `b9run doctor` on fakes of hosts: a good one, one without a GPU, a broken one.
 *
 * The sections of the backends are their plugins' own matter and left out of what is compared, as is what
 * depends on where the tests run.
 */
#include "config.h"

#include "tests/cli-testing.h"

static void
run_script (const char *script, const char *options)
{
  g_autofree char *line = g_strdup_printf ("%s/tests/fakes/%s %s/host %s", g_getenv ("srcdir"), script, top,
                                           options);
  const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
  g_auto (GStrv) argv = NULL;
  int status = -1;

  ck_assert (g_shell_parse_argv (line, NULL, &argv, NULL));
  ck_assert (g_spawn_sync (NULL, argv, (char **)environment, 0, NULL, NULL, NULL, NULL, &status, NULL));
  ck_assert_msg (status == 0, "%s failed", line);
}

static void
make_host (const char *linux_options, const char *nvidia_options)
{
  g_autofree char *build = g_path_get_dirname (program);
  g_autofree char *detector = g_build_filename (build, ".libs/b9-gpu-device-path.so", NULL);
  g_autofree char *host = at_top ("host");
  g_autofree char *bin = at_top ("bin");

  copy_file (detector, "plugins/b9-gpu-device-path.so");
  run_script ("linux-host.sh", linux_options);
  run_script ("nvidia-host.sh", nvidia_options);
  g_setenv ("B9RUN_HOST_ROOT", host, TRUE);
  g_setenv ("PATH", bin, TRUE);
}

static void
put_nvidia_smi (const char *script)
{
  g_autofree char *path = at_top ("bin/nvidia-smi");

  put_file ("bin/nvidia-smi", script);
  ck_assert_int_eq (g_chmod (path, 0755), 0);
}

/* Takes away what is somebody else's, or depends on the machine. */
static void
cut (char **text)
{
  replace_all (text, "(?ms)^backend .*?\\n\\n", "");
  replace_all (text, "(?m)^  ok       asked by uid .*\\n", "");
  replace_all (text, "(?m)^  warning  .* survives a reboot, .*\\n.*\\n", "");
  replace_all (text, "(-fake), .*\\n", "\\1\n");
  replace_all (text, "\\d+ ok, .*\\n$", "");
}

static int
expect_lines (const char *line, const char *expected)
{
  g_auto (Result) result = b9run (line);

  ck_assert_str_eq (result.error, "");
  cut (&result.output);
  ck_assert_str_eq (result.output, expected);
  return result.status;
}

#define HEAD                                                                          \
  "configuration\n  ok       TOP/b9run.yaml\n\n"                                      \
  "plugins\n  ok       TOP/plugins: backend runc, backend runsc, gpu device-path\n\n" \
  "state\n  ok       TOP/state is not there; the first container makes it\n\n"        \
  "host\n  ok       Linux 6.1.0-29-fake\n"
#define GOOD_HOST                                                     \
  "  ok       cgroups of version 2, with cpu, cpuset, memory, pids\n" \
  "  ok       memory limits are enforced (/sys/fs/cgroup)\n"          \
  "  ok       users can make user namespaces\n  ok       seccomp; AppArmor\n\n"
#define NO_CHECKPOINT "checkpoint\n  ok       no plugin provides checkpoints\n\n"
#define ONE_GPU                                                                                        \
  "gpu device-path\n  ok       driver 570.124.06, open kernel module\n  ok       libcuda 570.124.06\n" \
  "  ok       GPU 0: NVIDIA H100 80GB HBM3, GPU-00000000-0000-4000-8000-000000000000, 0000:1b:00.0, "  \
  "/dev/nvidia0\n"
#define NO_GPU                                                                                          \
  "no NVIDIA driver is loaded (/proc/driver/nvidia/version is not there), and no NVIDIA GPU is on the " \
  "PCI bus\n"

/* The fake's state directory must not come to be. */
static void
expect_nothing_made (void)
{
  ck_assert (!is_there ("state"));
}

START_TEST (finds_nothing_wrong_with_a_good_host)
{
  make_host ("", "");
  put_nvidia_smi ("#!/bin/sh\necho '0, GPU-00000000-0000-4000-8000-000000000000, 00000000:1B:00.0, "
                  "570.124.06, Enabled'\n");
  expect_lines (
      "doctor --gpu", HEAD GOOD_HOST ONE_GPU
      "  ok       /dev/nvidiactl 195:255, /dev/nvidia0 195:0, /dev/nvidia-uvm 508:0, /dev/nvidia-uvm-tools "
      "508:1\n  ok       TOP/bin/nvidia-smi answers for 1 GPU\n\n" NO_CHECKPOINT);
  expect_nothing_made ();
}
END_TEST

START_TEST (minds_the_absence_of_gpus_only_where_it_is_asked_to)
{
  make_host ("", "--driver none");
  expect_lines ("doctor", HEAD GOOD_HOST "gpu device-path\n  ok       " NO_GPU "\n" NO_CHECKPOINT);
  ck_assert_int_eq (
      expect_lines ("doctor --gpu", HEAD GOOD_HOST
                    "gpu device-path\n  problem  " NO_GPU
                    "           -> use a host with an NVIDIA GPU, or install its driver where there is "
                    "one\n\n" NO_CHECKPOINT),
      2);
  expect_nothing_made ();
}
END_TEST

START_TEST (says_what_to_do_on_a_broken_host)
{
  make_host ("--read-only --controllers 'cpu cpuset pids'", "--no-nodes --module 575.51.03");
  put_nvidia_smi ("#!/bin/sh\necho 'Failed to initialize NVML: Driver/library version mismatch'\nexit 18\n");
  ck_assert_int_eq (
      expect_lines (
          "doctor", HEAD
          "  ok       cgroups of version 2, with cpu, cpuset, pids\n"
          "  warning  the cgroups have no memory: such limits of containers fail or are not enforced\n"
          "           -> mount the hierarchy; for memory, boot without cgroup_disable=memory\n"
          "  problem  the cgroups at /sys/fs/cgroup are mounted read-only\n"
          "           -> mount it writable; inside a container, start that one with its cgroups writable\n"
          "  problem  memory limits are not enforced: /sys/fs/cgroup/cgroup.controllers has no memory\n"
          "           -> boot without cgroup_disable=memory; in a container or for a user, have the "
          "controller "
          "delegated (Delegate=yes)\n"
          "  ok       users can make user namespaces\n  ok       seccomp; AppArmor\n\n"
          "gpu device-path\n"
          "  problem  driver 570.124.06 runs, and /sys/module/nvidia/version says 575.51.03\n"
          "           -> reboot, or unload all of the driver's modules and load them again\n"
          "  ok       libcuda 570.124.06\n"
          "  ok       GPU 0: NVIDIA H100 80GB HBM3, GPU-00000000-0000-4000-8000-000000000000, 0000:1b:00.0, "
          "/dev/nvidia0\n"
          "  problem  /dev/nvidiactl is not there\n           -> make it: nvidia-modprobe -c 255\n"
          "  problem  /dev/nvidia0 is not there\n           -> make it: nvidia-modprobe -c 0\n"
          "  problem  /dev/nvidia-uvm is not there\n           -> make it: nvidia-modprobe -u -c 0\n"
          "  warning  /dev/nvidia-uvm-tools is not there\n           -> make it: nvidia-modprobe -u -c 0\n"
          "  problem  TOP/bin/nvidia-smi failed with status 18: Failed to initialize NVML: Driver/library "
          "version "
          "mismatch\n"
          "           -> \"Driver/library version mismatch\" needs a reboot; else look for NVRM in the "
          "kernel's "
          "log: dmesg\n\n" NO_CHECKPOINT),
      2);
  expect_nothing_made ();
}
END_TEST

START_TEST (goes_on_with_a_wrong_configuration_and_a_refused_plugin)
{
  g_auto (Result) result = {0};

  make_host ("", "--driver none");
  put_file ("b9run.yaml", "backend: runc\nbackends:\n  runsc:\n    pth: /x\nbackedn: runc\n");
  put_file ("plugins/b9-gpu-wrong.so", "no module");
  result = b9run ("--backend=runsc doctor");
  ck_assert_int_eq (result.status, 2);
  ck_assert_str_eq (result.error, "");
  ck_assert (g_str_has_prefix (
      result.output,
      "configuration\n  problem  TOP/b9run.yaml:5: unknown key \"backedn\"; did you mean \"backend\"?\n"
      "           -> correct it; b9run config check FILE checks one file, b9run config defaults shows all "
      "keys\n"
      "  warning  what follows goes by the built-in configuration\n\n"
      "plugins\n  ok       TOP/plugins: backend runc, backend runsc, gpu device-path\n"
      "  warning  TOP/plugins/b9-gpu-wrong.so: "));
  ck_assert_ptr_nonnull (strstr (result.output, "\nbackend runsc\n"));
  ck_assert_ptr_null (strstr (result.output, "\nbackend runc\n"));
}
END_TEST

START_TEST (minds_a_backend_that_was_asked_for_and_is_not_there)
{
  make_host ("", "--driver none");
  put_config ("backends:\n  runc:\n    path: TOP/bin/nothing\n");
  g_auto (Result) result = b9run ("doctor --backend runc");
  ck_assert_int_eq (result.status, 2);
  ck_assert_ptr_nonnull (
      strstr (result.output,
              "backend runc\n  problem  backend runc: TOP/bin/nothing (set by TOP/b9run.yaml:3) is no "
              "program that can be executed\n           -> install it, set its path, or choose another "
              "backend\n"));
  g_auto (Result) unknown = b9run ("--backend crun doctor");
  ck_assert_int_eq (unknown.status, 2);
  ck_assert_ptr_nonnull (
      strstr (unknown.output, "backend crun\n  problem  no plugin provides the backend \"crun\""));
}
END_TEST

START_TEST (gives_options_to_the_chosen_backend_alone)
{
  make_host ("", "--driver none");
  g_auto (Result) sandbox = b9run ("--backend=runsc --platform=xyz doctor");
  ck_assert_int_eq (sandbox.status, 2);
  ck_assert_ptr_nonnull (strstr (
      sandbox.output, "backend runsc\n  problem  --platform=xyz: runsc knows systrap, kvm, ptrace (the "
                      "value follows a \"=\")\n           -> leave the option out, or name the backend "
                      "that has it with --backend\n"));
  g_auto (Result) plain = b9run ("--platform=kvm doctor");
  ck_assert_ptr_nonnull (
      strstr (plain.output, "backend runc\n  problem  unknown global option --platform; "));
  ck_assert_ptr_null (strstr (plain.output, "backend runsc\n  problem  unknown"));
}
END_TEST

START_TEST (refuses_what_is_no_option)
{
  expect ("doctor --all", 1, "",
          "b9run: doctor: unknown option --all; usage: b9run doctor [OPTIONS] (an option of a backend goes "
          "before "
          "the command)\n");
  expect ("doctor runc", 1, "", "b9run: doctor: too many arguments; usage: b9run doctor [OPTIONS]\n");
}
END_TEST

START_TEST (never_colours_what_is_no_terminal)
{
  make_host ("", "--driver none");
  g_auto (Result) result = b9run ("doctor --gpu");
  ck_assert_ptr_null (strchr (result.output, '\033'));
}
END_TEST

int
main (void)
{
  TCase *host = cli_case ("host");
  TCase *call_case = cli_case ("call");
  TCase *const cases[] = {host, call_case, NULL};

  if (geteuid () == 0) /* who can make device nodes */
    tcase_add_test (host, finds_nothing_wrong_with_a_good_host);
  tcase_add_test (host, minds_the_absence_of_gpus_only_where_it_is_asked_to);
  tcase_add_test (host, says_what_to_do_on_a_broken_host);
  tcase_add_test (host, goes_on_with_a_wrong_configuration_and_a_refused_plugin);
  tcase_add_test (host, minds_a_backend_that_was_asked_for_and_is_not_there);
  tcase_add_test (call_case, gives_options_to_the_chosen_backend_alone);
  tcase_add_test (call_case, refuses_what_is_no_option);
  tcase_add_test (call_case, never_colours_what_is_no_terminal);
  return run_cases ("cli-doctor", cases);
}
