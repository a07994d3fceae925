/* SPDX-License-Identifier: Apache-2.0
 *
 * test-gpu-type.c: core/gpu/gpu-type.c: operators' names of GPUs against the driver's models, and the check
 * of a pool on a fake host below `top`.
 */
#include "config.h"

#include "core/gpu/gpu-type.h"

#include "core/gpu/requests.h"
#include "tests/directory-testing.h"
#include "tests/suite-testing.h"

START_TEST (knows_types_by_whole_words)
{
  static const struct {
    const char *type, *model;
    gboolean matches;
  } cases[] = {
      {"A100", "NVIDIA A100-SXM4-40GB", TRUE},
      {"a100", "NVIDIA A100 80GB PCIe", TRUE},
      {"A100-40", "NVIDIA A100-SXM4-40GB", TRUE},
      {"A100-40GB", "NVIDIA A100-PCIE-40GB", TRUE},
      {"A100-80", "NVIDIA A100 80GB PCIe", TRUE},
      {"H100", "NVIDIA H100 80GB HBM3", TRUE},
      {"RTX4090", "NVIDIA GeForce RTX 4090", TRUE},
      {"RTX 4090", "NVIDIA GeForce RTX 4090", TRUE},
      {"A6000", "NVIDIA RTX A6000", TRUE},
      {"T4", "Tesla T4", TRUE},
      {"L40S", "NVIDIA L40S", TRUE},
      {"A10", "NVIDIA A100-SXM4-40GB", FALSE},
      {"A10", "NVIDIA A10G", FALSE},
      {"A100-80", "NVIDIA A100-SXM4-40GB", FALSE},
      {"A100-4", "NVIDIA A100-SXM4-40GB", FALSE},
      {"L4", "NVIDIA L40S", FALSE},
      {"L40", "NVIDIA L40S", FALSE},
      {"RTX4090", "NVIDIA GeForce RTX 3090", FALSE},
      {"409", "NVIDIA GeForce RTX 4090", FALSE},
      {"", "Tesla T4", FALSE},
      {"-", "Tesla T4", FALSE},
      {"T4", "", FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    ck_assert_msg (b9_gpu_type_matches (cases[i].type, cases[i].model) == cases[i].matches, "%s, %s",
                   cases[i].type, cases[i].model);
}
END_TEST

/* A host with a T4 of minor 1 and an A100 of minor 0. */
static void
make_host (void)
{
  static const struct {
    const char *directory, *text;
  } gpus[] = {
      {"proc/driver/nvidia/gpus/0000:01:00.0", "Model: \t\t Tesla T4\nDevice Minor: \t 1\n"},
      {"proc/driver/nvidia/gpus/0000:02:00.0", "Model: \t\t NVIDIA A100-SXM4-40GB\nDevice Minor: \t 0\n"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (gpus); i++) {
    g_autofree char *directory = at_top (gpus[i].directory);
    g_autofree char *file = g_build_filename (gpus[i].directory, "information", NULL);

    ck_assert_int_eq (g_mkdir_with_parents (directory, 0700), 0);
    put_file (file, gpus[i].text);
  }
}

static gboolean
check (const char *type, const char *device, guint32 gpu_class, const char *vendor, GError **error)
{
  g_autofree char *path = at_top ("pool.yaml");
  g_autofree char *yaml = g_strdup_printf ("worker:\n  pools:\n    gpu:\n      gpuType: %s\n", type);
  g_autoptr (B9Config) config = NULL;
  g_autoptr (GPtrArray) requests = b9_gpu_requests_new ();
  const B9GpuRequest request = {.struct_size = sizeof request,
                                .gpu_class = gpu_class,
                                .vendor = vendor,
                                .device = device,
                                .source = "linux.devices[0].path"};
  B9GpuAdder adder;

  put_file ("pool.yaml", yaml);
  config = b9_config_load (path, NULL);
  ck_assert_ptr_nonnull (config);
  ck_assert (b9_config_use_pool (config, "gpu", NULL));
  b9_gpu_adder_init (&adder, requests, "tested");
  adder.interface.add (&adder.interface, &request);
  g_setenv ("B9RUN_HOST_ROOT", top, TRUE);
  return b9_gpu_type_check (config, requests, error);
}

START_TEST (passes_gpus_of_the_pools_type)
{
  make_host ();
  ck_assert (check ("A100", "/dev/nvidia0", B9_GPU_DEVICE, "nvidia", NULL));
  ck_assert (check ("T4", "/dev/nvidia1", B9_GPU_DEVICE, "nvidia", NULL));
  ck_assert (check ("T4", "nvidia.com/gpu=1", B9_GPU_DEVICE, "nvidia", NULL));
}
END_TEST

START_TEST (asks_nothing_of_a_container_without_an_nvidia_gpu)
{
  ck_assert (check ("A100", "/dev/nvidiactl", B9_GPU_CONTROL, "nvidia", NULL));
  ck_assert (check ("A100", "/dev/dri/renderD128", B9_GPU_DEVICE, "intel", NULL));
}
END_TEST

START_TEST (refuses_a_gpu_of_another_type)
{
  g_autoptr (GError) error = NULL;

  make_host ();
  ck_assert (!check ("A100", "/dev/nvidia1", B9_GPU_DEVICE, "nvidia", &error));
  assert_failure (
      error, B9_ERROR_UNSUPPORTED,
      "pool gpu is for GPUs of type A100 (gpuType), and /dev/nvidia1, which linux.devices[0].path asks for, "
      "is Tesla T4; ask for another GPU, or use another pool");
}
END_TEST

START_TEST (refuses_a_host_without_that_type)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = NULL;

  make_host ();
  ck_assert (!check ("H100", "/dev/nvidia0", B9_GPU_DEVICE, "nvidia", &error));
  expected = g_strdup_printf (
      "pool gpu is for GPUs of type H100 (gpuType, pool gpu (%s/pool.yaml:4)), and this host has "
      "/dev/nvidia0 NVIDIA A100-SXM4-40GB, /dev/nvidia1 Tesla T4; use another pool, or correct "
      "gpuType",
      top);
  assert_failure (error, B9_ERROR_UNSUPPORTED, expected);
}
END_TEST

START_TEST (refuses_a_host_without_a_driver)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = NULL;

  ck_assert (!check ("H100", "/dev/nvidia0", B9_GPU_DEVICE, "nvidia", &error));
  expected = g_strdup_printf (
      "pool gpu is for GPUs of type H100 (gpuType, pool gpu (%s/pool.yaml:4)), and this host "
      "shows no NVIDIA GPU (/proc/driver/nvidia/gpus); load NVIDIA's driver, or use another pool",
      top);
  assert_failure (error, B9_ERROR_UNSUPPORTED, expected);
}
END_TEST

int
main (void)
{
  TCase *words = tcase_create ("words");
  TCase *pools = directory_case ("pools");
  TCase *const cases[] = {words, pools, NULL};

  tcase_add_test (words, knows_types_by_whole_words);
  tcase_add_test (pools, passes_gpus_of_the_pools_type);
  tcase_add_test (pools, asks_nothing_of_a_container_without_an_nvidia_gpu);
  tcase_add_test (pools, refuses_a_gpu_of_another_type);
  tcase_add_test (pools, refuses_a_host_without_that_type);
  tcase_add_test (pools, refuses_a_host_without_a_driver);
  return run_cases ("gpu-type", cases);
}
