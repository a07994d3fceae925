/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda-probe.c: what can be done here for containers with CUDA state.
 *
 * Only versions and files are looked at: to ask the driver itself takes seconds (cuInit), so that is left to
 * `b9run doctor`.
 */
#include "config.h"

#include "cuda.h"

#include <string.h>

#define CONDITION                                                                                         \
  "the driver refuses processes with unified memory, MPS, MIG or shared memory of CUDA; it is asked for " \
  "each of them"

static void
report (const B9Host *host, const char *capability, B9CapabilityState state, const char *evidence,
        const char *reason, const char *remedy)
{
  const B9Cell cell = {
      .struct_size = sizeof cell,
      .capability = capability,
      .state = state,
      .evidence_kind = B9_EVIDENCE_FILE,
      .evidence = evidence,
      .reason = reason,
      .remedy = remedy,
  };

  host->report (host, &cell);
}

static const char *
remedy_for (const CudaHost *cuda)
{
  if (cuda->driver == NULL)
    return "install NVIDIA's driver, 570 or later";
  if (cuda->driver_major < CUDA_DRIVER_ACTIONS)
    return "update NVIDIA's driver to 570 or later";
  return "install libcuda.so.1 of the loaded driver, or NVIDIA's cuda-checkpoint program";
}

static char *
describe_host (const CudaHost *cuda)
{
  if (cuda->driver == NULL)
    return g_strdup ("/proc/driver/nvidia/version names no driver");
  return g_strdup_printf ("driver %s; libcuda: %s; cuda-checkpoint: %s; CRIU's plugin: %s", cuda->driver,
                          cuda->library != NULL ? cuda->library : "not found",
                          cuda->program != NULL ? cuda->program : "not found",
                          cuda->plugin != NULL ? cuda->plugin : "not found");
}

static void
report_remap (const B9Host *host, const CudaHost *cuda, gboolean possible, const char *evidence)
{
  g_autofree char *reason = NULL;

  if (possible && cuda->driver_major >= CUDA_DRIVER_REMAP) {
    report (host, "checkpoint.cuda.remap", B9_CAPABILITY_CONDITIONAL, evidence,
            "onto as many GPUs of the same model, by the strategy host", NULL);
    return;
  }
  if (possible)
    reason = g_strdup_printf ("driver %s restores to the same GPUs only; %u is the first that maps them",
                              cuda->driver, CUDA_DRIVER_REMAP);
  report (host, "checkpoint.cuda.remap", B9_CAPABILITY_UNSUPPORTED, evidence,
          possible ? reason : "the strategy host does not work here",
          possible ? "update NVIDIA's driver to 580 or later" : remedy_for (cuda));
}

void
cuda_probe (const B9Host *host)
{
  g_auto (CudaHost) cuda = {0};
  g_autofree char *host_reason = NULL;
  g_autofree char *plugin_reason = NULL;
  g_autofree char *evidence = NULL;
  gboolean by_host, by_plugin;

  cuda_host_look (host, &cuda);
  evidence = describe_host (&cuda);
  by_host = cuda_choose_method (host, &cuda, &host_reason) != CUDA_METHOD_NONE;
  by_plugin = cuda_plugin_works (&cuda, &plugin_reason);
  report (host, "checkpoint.cuda",
          by_host || by_plugin ? B9_CAPABILITY_CONDITIONAL : B9_CAPABILITY_UNSUPPORTED, evidence,
          by_host || by_plugin ? CONDITION : host_reason, by_host || by_plugin ? NULL : remedy_for (&cuda));
  report (host, "checkpoint.cuda.host", by_host ? B9_CAPABILITY_CONDITIONAL : B9_CAPABILITY_UNSUPPORTED,
          evidence, by_host ? CONDITION : host_reason, by_host ? NULL : remedy_for (&cuda));
  report (host, "checkpoint.cuda.plugin", by_plugin ? B9_CAPABILITY_CONDITIONAL : B9_CAPABILITY_UNSUPPORTED,
          evidence, by_plugin ? CONDITION : plugin_reason,
          by_plugin ? NULL : "use the strategy host, or install CRIU 4 or later with its CUDA plugin");
  report_remap (host, &cuda, by_host, evidence);
}
