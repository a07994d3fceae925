/* SPDX-License-Identifier: Apache-2.0
 *
 * test-nvidia-host.c: cells and doctor's lines from fakes of NVIDIA hosts (tests/fakes/nvidia-host.sh).
 *
 * What needs device nodes needs root to make them; nobody sees the same hosts without nodes.
 */
#include "config.h"

#include "plugins/gpu/device-path/nvidia-facts.h"
#include "plugins/gpu/device-path/nvidia-host.h"

#include "tests/examine-testing.h"

static void
expect_examined (Witness *witness, const char *expected)
{
  g_string_truncate (witness->text, 0);
  b9_nvidia_examine (&witness->host);
  ck_assert_str_eq (witness->text->str, expected);
}

static void
expect_examination (const char *options, const char *expected)
{
  g_autoptr (Witness) witness = witness_new ();

  make_fake_host ("nvidia-host.sh", options);
  expect_examined (witness, expected);
}

static void
expect_cells (const char *options, const char *expected)
{
  g_autoptr (Witness) witness = witness_new ();

  make_fake_host ("nvidia-host.sh", options);
  b9_nvidia_probe (&witness->host);
  ck_assert_str_eq (witness->text->str, expected);
}

START_TEST (takes_the_first_word_that_is_a_version)
{
  static const struct {
    const char *text, *version;
  } cases[] = {
      {"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.124.06  Release Build", "570.124.06"},
      {"NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.127.05  Tue Oct  8", "550.127.05"},
      {"NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.57\n", "470.57"},
      {"NVRM version: TempVersion", NULL},
      {"1.2.3.4 5", NULL},
      {"570.", NULL},
      {"x570.1 570.1x", NULL},
      {"", NULL},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *version = nvidia_version_in (cases[i].text);

    ck_assert_pstr_eq (version, cases[i].version);
  }
}
END_TEST

#define NO_DRIVER                                                                                          \
  "ok nvidia.absent no NVIDIA driver is loaded (/proc/driver/nvidia/version is not there), and no NVIDIA " \
  "GPU is on the PCI bus -> use a host with an NVIDIA GPU, or install its driver where there is one\n"

START_TEST (finds_no_fault_with_a_host_without_gpus)
{
  expect_examination ("--driver none", NO_DRIVER);
}
END_TEST

START_TEST (warns_of_gpus_that_no_driver_has_taken)
{
  expect_examination (
      "--driver none --pci 2",
      "warning nvidia.driver.absent 2 NVIDIA GPUs on the PCI bus (0000:1b:00.0, 0000:3b:00.0), "
      "and no driver is loaded -> load it: modprobe nvidia; if that fails, install it for "
      "this kernel\n");
}
END_TEST

START_TEST (reports_everything_unsupported_without_a_driver)
{
  expect_cells (
      "--driver none",
      "gpu.driver UNSUPPORTED [/proc/driver/nvidia/version is not there] no NVIDIA driver is loaded "
      "-> load the driver (modprobe nvidia), or install it\n"
      "gpu.passthrough UNSUPPORTED [/proc/driver/nvidia/version is not there] no NVIDIA driver is "
      "loaded -> load the driver (modprobe nvidia), or install it\n"
      "gpu.mig UNSUPPORTED [/proc/driver/nvidia/version is not there] no NVIDIA driver is loaded "
      "-> load the driver (modprobe nvidia), or install it\n");
}
END_TEST

START_TEST (tells_the_remedy_for_missing_nodes)
{
  expect_examination (
      "--no-nodes --driver 550.127.05 --proprietary --caps none --libraries none",
      "ok nvidia.driver driver 550.127.05, proprietary kernel module\n"
      "warning nvidia.library libcuda is in none of the usual library directories -> install the driver's "
      "libraries, unless containers get them from elsewhere (a driver container)\n"
      "ok nvidia.gpu GPU 0: NVIDIA H100 80GB HBM3, GPU-00000000-0000-4000-8000-000000000000, 0000:1b:00.0, "
      "/dev/nvidia0\n"
      "problem nvidia.node /dev/nvidiactl is not there -> make it: nvidia-modprobe -c 255\n"
      "problem nvidia.node /dev/nvidia0 is not there -> make it: nvidia-modprobe -c 0\n"
      "problem nvidia.node /dev/nvidia-uvm is not there -> make it: nvidia-modprobe -u -c 0\n"
      "warning nvidia.node /dev/nvidia-uvm-tools is not there -> make it: nvidia-modprobe -u -c 0\n"
      "warning nvidia.smi neither nvidia-smi nor libnvidia-ml (NVML) is installed -> install the driver's "
      "tools "
      "(Debian: nvidia-smi), or nothing can tell which processes use a GPU\n");
}
END_TEST

START_TEST (cells_name_the_missing_node)
{
  expect_cells (
      "--no-nodes --caps none",
      "gpu.driver SUPPORTED [/proc/driver/nvidia/version: NVRM version: NVIDIA UNIX Open Kernel Module "
      "for x86_64  570.124.06  Release Build  (dvs-builder@U16-I2-C03-12-4)  Tue Feb 25 04:12:21 UTC "
      "2025]\n"
      "gpu.passthrough UNSUPPORTED [1 of /proc/driver/nvidia/gpus, /dev/nvidiactl, /dev/nvidia-uvm and "
      "their nodes] /dev/nvidiactl is not there -> make it: nvidia-modprobe -c 255\n"
      "gpu.mig UNSUPPORTED [/proc/devices has no nvidia-caps] this driver has no MIG\n");
}
END_TEST

START_TEST (finds_a_module_and_libraries_of_another_version)
{
  g_autoptr (Witness) witness = witness_new ();

  make_fake_host ("nvidia-host.sh", "--no-nodes --gpus 0 --module 575.51.03 --libraries 575.51.03");
  b9_nvidia_examine (&witness->host);
  ck_assert (
      g_str_has_prefix (witness->text->str,
                        "problem nvidia.driver driver 570.124.06 runs, and /sys/module/nvidia/version says "
                        "575.51.03 -> reboot, or "
                        "unload all of the driver's modules and load them again\n"
                        "problem nvidia.library libcuda is of version 575.51.03, and the loaded driver of "
                        "570.124.06 -> the driver "
                        "was changed while it was loaded: reboot, or unload its modules and load them again\n"
                        "warning nvidia.gpu.absent the driver is loaded and has found no GPU -> look for "
                        "NVRM in the kernel's log: "
                        "dmesg\n"));
}
END_TEST

START_TEST (takes_a_driver_without_a_version)
{
  g_autoptr (Witness) witness = witness_new ();

  make_fake_host ("nvidia-host.sh", "--no-nodes --driver TempVersion --libraries none");
  b9_nvidia_probe (&witness->host);
  ck_assert (g_str_has_prefix (witness->text->str,
                               "gpu.driver UNKNOWN [/proc/driver/nvidia/version: NVRM version: "
                               "NVIDIA UNIX Open Kernel Module for x86_64  TempVersion"));
  ck_assert_ptr_nonnull (strstr (witness->text->str, "] the driver does not say its version\n"));
}
END_TEST

START_TEST (survives_any_bytes_in_the_driver_files)
{
  static const char *const texts[] = {"",
                                      "\n",
                                      "\xff\xfe\x80",
                                      "NVRM version: \033[31m 1.2",
                                      "Device Minor: -1\n",
                                      "Device Minor: 99999999999999999999\nGPU UUID\nModel:\n",
                                      "195",
                                      "195 ",
                                      "x nvidia"};
  static const char *const names[] = {"proc/driver/nvidia/version", "sys/module/nvidia/version",
                                      "proc/devices", "proc/driver/nvidia/gpus/0000:1b:00.0/information",
                                      "proc/driver/nvidia-caps/mig-minors"};

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    make_fake_host ("nvidia-host.sh", "--no-nodes --mig 0:1");
    for (gsize j = 0; j < G_N_ELEMENTS (texts); j++) {
      g_autoptr (Witness) witness = witness_new ();

      put_file (names[i], texts[j]);
      b9_nvidia_probe (&witness->host);
      b9_nvidia_examine (&witness->host);
      ck_assert_uint_gt (witness->text->len, 0);
    }
  }
}
END_TEST

#define GOOD_HEAD                                                                                        \
  "ok nvidia.driver driver 570.124.06, open kernel module\n"                                             \
  "ok nvidia.library libcuda 570.124.06\n"                                                               \
  "ok nvidia.gpu GPU 0: NVIDIA H100 80GB HBM3, GPU-00000000-0000-4000-8000-000000000000, 0000:1b:00.0, " \
  "/dev/nvidia1\n"                                                                                       \
  "ok nvidia.gpu GPU 1: NVIDIA H100 80GB HBM3, GPU-00000000-0000-4000-8000-000000000001, 0000:3b:00.0, " \
  "/dev/nvidia0\n"
#define GOOD_NODES                                                                                         \
  "ok nvidia.node /dev/nvidiactl 195:255, /dev/nvidia1 195:1, /dev/nvidia0 195:0, /dev/nvidia-uvm 508:0, " \
  "/dev/nvidia-uvm-tools 508:1\n"
#define NVML "ok nvidia.smi nvidia-smi is not installed; libnvidia-ml (NVML) is\n"

START_TEST (tells_index_and_minor_apart)
{
  expect_examination ("--gpus 2", GOOD_HEAD GOOD_NODES NVML);
}
END_TEST

START_TEST (supports_what_has_all_its_nodes)
{
  expect_cells (
      "--gpus 2",
      "gpu.driver SUPPORTED [/proc/driver/nvidia/version: NVRM version: NVIDIA UNIX Open Kernel Module "
      "for x86_64  570.124.06  Release Build  (dvs-builder@U16-I2-C03-12-4)  Tue Feb 25 04:12:21 UTC "
      "2025]\n"
      "gpu.passthrough SUPPORTED [2 of /proc/driver/nvidia/gpus, /dev/nvidiactl, /dev/nvidia-uvm and their "
      "nodes]\n"
      "gpu.mig CONDITIONAL [0 GPU instances in /proc/driver/nvidia/capabilities] no GPU has a MIG instance "
      "-> make one, where the GPU can: nvidia-smi mig -cgi PROFILE -C\n");
}
END_TEST

START_TEST (counts_mig_instances_that_were_made_and_looks_for_their_nodes)
{
  g_autoptr (Witness) witness = witness_new ();

  make_fake_host ("nvidia-host.sh", "--gpus 2 --mig 0:2 --no-node /dev/nvidia-caps/nvidia-cap23");
  expect_examined (
      witness, GOOD_HEAD GOOD_NODES
      "ok nvidia.mig GPU 0 is divided by MIG into gi1, gi2\n"
      "warning nvidia.mig MIG instance gpu1/gi2/access: /dev/nvidia-caps/nvidia-cap23 is not there -> "
      "make it: nvidia-modprobe -f /proc/driver/nvidia/capabilities/gpu1/mig/gi2/access\n" NVML);
  g_string_truncate (witness->text, 0);
  b9_nvidia_probe (&witness->host);
  ck_assert_ptr_nonnull (strstr (
      witness->text->str, "\ngpu.mig SUPPORTED [2 GPU instances in /proc/driver/nvidia/capabilities]\n"));
}
END_TEST

START_TEST (finds_nodes_with_majors_of_an_earlier_boot)
{
  expect_examination (
      "--gpus 2 --node /dev/nvidia-uvm 510 0", GOOD_HEAD
      "problem nvidia.node /dev/nvidia-uvm is 510:0, and the loaded driver has 508:0 -> remove it and make "
      "it anew: "
      "rm /dev/nvidia-uvm && nvidia-modprobe -u -c 0; then make the CDI files anew\n"
      "ok nvidia.node /dev/nvidiactl 195:255, /dev/nvidia1 195:1, /dev/nvidia0 195:0, /dev/nvidia-uvm-tools "
      "508:1\n" NVML);
}
END_TEST

START_TEST (finds_nodes_that_are_none_and_nodes_without_a_gpu)
{
  g_autoptr (Witness) witness = witness_new ();
  g_autofree char *control = at_top ("dev/nvidiactl");

  make_fake_host ("nvidia-host.sh", "--gpus 2 --node /dev/nvidia7 195 7 --uvm none");
  ck_assert_int_eq (g_unlink (control), 0);
  ck_assert_int_eq (symlink ("nvidia0", control), 0);
  expect_examined (witness, GOOD_HEAD "problem nvidia.node /dev/nvidiactl is a link, not a device -> remove "
                                      "it and make it anew: rm /dev/nvidiactl && "
                                      "nvidia-modprobe -c 255; then make the CDI files anew\n"
                                      "problem nvidia.node /dev/nvidia-uvm has no driver: /proc/devices has "
                                      "no nvidia-uvm -> load it: modprobe "
                                      "nvidia-uvm, or nvidia-modprobe -u -c 0\n"
                                      "warning nvidia.node /dev/nvidia-uvm-tools has no driver: "
                                      "/proc/devices has no nvidia-uvm -> load it: modprobe "
                                      "nvidia-uvm, or nvidia-modprobe -u -c 0\n"
                                      "warning nvidia.node.stale /dev/nvidia7 is there, and the driver has "
                                      "no GPU of that minor -> remove it: rm "
                                      "/dev/nvidia7\n"
                                      "ok nvidia.node /dev/nvidia1 195:1, /dev/nvidia0 195:0\n" NVML);
}
END_TEST

START_TEST (warns_of_nodes_that_only_root_can_use)
{
  expect_examination (
      "--gpus 2 --node /dev/nvidia1 195 1 660",
      GOOD_HEAD "warning nvidia.node.mode /dev/nvidia1 has mode 0660: processes that are neither its owner "
                "nor in its group get "
                "\"Insufficient Permissions\" -> give the containers its group (additionalGids), or set "
                "NVreg_DeviceFileMode=0666 for the module\n" GOOD_NODES NVML);
}
END_TEST

START_TEST (wants_no_node_of_an_excluded_gpu)
{
  g_autoptr (Witness) witness = witness_new ();

  make_fake_host ("nvidia-host.sh", "--gpus 2 --excluded 1 --no-node /dev/nvidia0");
  b9_nvidia_examine (&witness->host);
  ck_assert_ptr_nonnull (
      strstr (witness->text->str,
              "warning nvidia.gpu GPU 1: NVIDIA H100 80GB HBM3, "
              "GPU-00000000-0000-4000-8000-000000000001, 0000:3b:00.0, /dev/nvidia0, excluded -> it "
              "is left out by the module's option NVreg_ExcludedGpus; take it from there to use it\n"
              "ok nvidia.node /dev/nvidiactl 195:255, /dev/nvidia1 195:1, /dev/nvidia-uvm 508:0, "
              "/dev/nvidia-uvm-tools 508:1\n"));
}
END_TEST

/* What nvidia-smi says is the last lines. */
static void
expect_smi (Witness *witness, const char *expected)
{
  g_string_truncate (witness->text, 0);
  b9_nvidia_examine (&witness->host);
  ck_assert_msg (g_str_has_suffix (witness->text->str, expected), "expected at the end: %s\ngot: %s",
                 expected, witness->text->str);
}

#define SMI_GPU(index, bus, driver, persistence) \
  index ", GPU-00000000-0000-4000-8000-00000000000" index ", 0000" bus ", " driver ", " persistence "\n"

START_TEST (compares_what_nvidia_smi_says)
{
  g_autoptr (Witness) witness = witness_new ();

  make_fake_host ("nvidia-host.sh", "--no-nodes --gpus 2");
  witness->program = "/usr/bin/nvidia-smi";
  witness->program_output = SMI_GPU ("0", "0000:1B:00.0", "570.124.06", "Enabled")
      SMI_GPU ("1", "0000:3B:00.0", "570.124.06", "Enabled");
  expect_smi (witness, "ok nvidia.smi /usr/bin/nvidia-smi answers for 2 GPUs\n");
  ck_assert_str_eq (witness->program_argv,
                    "/usr/bin/nvidia-smi --query-gpu=index,uuid,pci.bus_id,driver_version,persistence_mode "
                    "--format=csv,noheader,nounits");
  witness->program_output = SMI_GPU ("0", "0000:1B:00.0", "570.124.06", "Disabled");
  expect_smi (
      witness,
      "warning nvidia.smi nvidia-smi sees 1 GPU, and the driver has 2 -> look for NVRM and Xid in the "
      "kernel's log (dmesg): a GPU may have fallen off the bus\n"
      "warning nvidia.smi persistence mode is off for 1 GPU: the driver starts it anew for each first "
      "user, which takes seconds, and a CUDA restore can fail -> run nvidia-persistenced (systemctl "
      "enable --now nvidia-persistenced)\n");
  witness->program_output = SMI_GPU ("0", "0000:1B:00.0", "575.51.03", "Enabled");
  expect_smi (witness,
              "problem nvidia.smi nvidia-smi says driver 575.51.03, and 570.124.06 is loaded -> reboot, or "
              "unload all of the driver's modules and load them again\n");
}
END_TEST

START_TEST (passes_on_what_a_failing_nvidia_smi_says)
{
  g_autoptr (Witness) witness = witness_new ();

  make_fake_host ("nvidia-host.sh", "--no-nodes");
  witness->program = "/usr/bin/nvidia-smi";
  witness->program_status = 18;
  witness->program_output =
      "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 575.51\n";
  expect_smi (witness,
              "problem nvidia.smi /usr/bin/nvidia-smi failed with status 18: Failed to initialize NVML: "
              "Driver/library version mismatch -> \"Driver/library version mismatch\" needs a reboot; else "
              "look for NVRM in the kernel's log: dmesg\n");
  witness->program_output = "";
  expect_smi (witness,
              "failed with status 18: it said nothing -> \"Driver/library version mismatch\" needs a reboot; "
              "else look for NVRM in the kernel's log: dmesg\n");
  witness->program_error = "it took longer than 30 s";
  expect_smi (witness,
              "problem nvidia.smi /usr/bin/nvidia-smi: it took longer than 30 s -> look for NVRM and Xid in "
              "the kernel's log: dmesg\n");
}
END_TEST

static void
add_tests_with_nodes (TCase *nodes)
{
  tcase_add_test (nodes, tells_index_and_minor_apart);
  tcase_add_test (nodes, supports_what_has_all_its_nodes);
  tcase_add_test (nodes, counts_mig_instances_that_were_made_and_looks_for_their_nodes);
  tcase_add_test (nodes, finds_nodes_with_majors_of_an_earlier_boot);
  tcase_add_test (nodes, finds_nodes_that_are_none_and_nodes_without_a_gpu);
  tcase_add_test (nodes, warns_of_nodes_that_only_root_can_use);
  tcase_add_test (nodes, wants_no_node_of_an_excluded_gpu);
}

int
main (void)
{
  TCase *host = directory_case ("host");
  TCase *nodes = directory_case ("nodes");
  TCase *smi = directory_case ("nvidia-smi");
  TCase *const cases[] = {host, nodes, smi, NULL};

  tcase_add_test (host, takes_the_first_word_that_is_a_version);
  tcase_add_test (host, finds_no_fault_with_a_host_without_gpus);
  tcase_add_test (host, warns_of_gpus_that_no_driver_has_taken);
  tcase_add_test (host, reports_everything_unsupported_without_a_driver);
  tcase_add_test (host, tells_the_remedy_for_missing_nodes);
  tcase_add_test (host, cells_name_the_missing_node);
  tcase_add_test (host, finds_a_module_and_libraries_of_another_version);
  tcase_add_test (host, takes_a_driver_without_a_version);
  tcase_add_test (host, survives_any_bytes_in_the_driver_files);
  if (geteuid () == 0)
    add_tests_with_nodes (nodes);
  tcase_add_test (smi, compares_what_nvidia_smi_says);
  tcase_add_test (smi, passes_on_what_a_failing_nvidia_smi_says);
  return run_cases ("nvidia-host", cases);
}
