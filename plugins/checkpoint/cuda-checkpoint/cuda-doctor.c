/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda-doctor.c: the lines of `b9run doctor` on saving CUDA state.
 */
#include "config.h"

#include "cuda.h"

#include <string.h>
#include <unistd.h>

static void find (const B9Host *host, B9FindingLevel level, const char *id, const char *remedy,
                  const char *format, ...) G_GNUC_PRINTF (5, 6);

static void
find (const B9Host *host, B9FindingLevel level, const char *id, const char *remedy, const char *format, ...)
{
  B9Finding finding = {.struct_size = sizeof finding, .level = level, .id = id, .remedy = remedy};
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  finding.message = message;
  host->finding (host, &finding);
}

static void
examine_driver (const B9Host *host, const CudaHost *cuda)
{
  const char *update = "update NVIDIA's driver to 570 or later";

  if (cuda->driver_major < CUDA_DRIVER_TOGGLE)
    find (host, B9_FINDING_WARNING, "cuda.driver", update,
          "driver %s cannot suspend CUDA processes, so containers with GPUs cannot be saved", cuda->driver);
  else if (cuda->driver_major < CUDA_DRIVER_ACTIONS)
    find (host, B9_FINDING_WARNING, "cuda.driver", update,
          "driver %s can only toggle CUDA processes, which b9run does not do: it could not be undone for "
          "certain; %u has actions",
          cuda->driver, CUDA_DRIVER_ACTIONS);
  else if (cuda->driver_major < CUDA_DRIVER_API)
    find (host, B9_FINDING_OK, "cuda.driver", update,
          "driver %s suspends CUDA processes by the cuda-checkpoint program; from %u on libcuda does",
          cuda->driver, CUDA_DRIVER_API);
  else
    find (host, B9_FINDING_OK, "cuda.driver", NULL,
          "driver %s suspends CUDA processes by libcuda's functions", cuda->driver);
}

/* Whether the program knows actions; it asks libcuda for its own help. */
static void
examine_program (const B9Host *host, const CudaHost *cuda)
{
  const char *const argv[] = {cuda->program, "--help", NULL};
  const B9Run run = {.struct_size = sizeof run, .argv = argv};
  B9RunResult result = {.struct_size = sizeof result};
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;

  if (cuda->program == NULL) {
    find (host,
          cuda->library != NULL && cuda->driver_major >= CUDA_DRIVER_API ? B9_FINDING_OK : B9_FINDING_WARNING,
          "cuda.program", "install it from https://github.com/NVIDIA/cuda-checkpoint",
          "the cuda-checkpoint program is not installed; CRIU's plugin, runsc and drivers before %u need it",
          CUDA_DRIVER_API);
    return;
  }
  if (!host->run (host, &run, &result, &error)) {
    find (host, B9_FINDING_WARNING, "cuda.program", "install it anew", "%s cannot be run: %s", cuda->program,
          error->message);
    return;
  }
  output = g_strconcat (result.output, result.error_output, NULL);
  g_free (result.output);
  g_free (result.error_output);
  if (strstr (output, "--action") != NULL)
    find (host, B9_FINDING_OK, "cuda.program", NULL, "%s answers, with --action", cuda->program);
  else
    find (host, B9_FINDING_WARNING, "cuda.program", "update NVIDIA's driver to 570 or later",
          "%s has no --action with this driver (exit status %d)", cuda->program, result.exit_status);
}

/* Whether the driver itself answers, as it will have to. */
static void
examine_method (const B9Host *host, const CudaHost *cuda)
{
  g_autofree char *reason = NULL;
  CudaMethod method = cuda_choose_method (host, cuda, &reason);
  g_autoptr (GError) error = NULL;
  CudaHelper *helper;

  if (method == CUDA_METHOD_NONE) {
    find (host, B9_FINDING_WARNING, "cuda.checkpoint", "install libcuda.so.1 of the loaded driver",
          "containers with CUDA state cannot be saved from the host: %s", reason);
    return;
  }
  helper = cuda_helper_start (method, method == CUDA_METHOD_API ? cuda->library : cuda->program, &error);
  if (helper == NULL) {
    find (host, B9_FINDING_PROBLEM, "cuda.checkpoint",
          "look at nvidia-smi and dmesg; libcuda must be of the loaded driver's version", "%s",
          error->message);
    return;
  }
  cuda_helper_end (helper, FALSE);
  find (host, B9_FINDING_OK, "cuda.checkpoint", NULL,
        "%s answers, so containers with CUDA state can be saved",
        method == CUDA_METHOD_API ? cuda->library : cuda->program);
}

void
cuda_examine (const B9Host *host)
{
  g_auto (CudaHost) cuda = {0};
  g_autofree char *reason = NULL;

  cuda_host_look (host, &cuda);
  if (cuda.driver == NULL) {
    find (host, B9_FINDING_OK, "cuda.driver", NULL,
          "no NVIDIA driver is loaded, so there is no CUDA state to save");
    return;
  }
  examine_driver (host, &cuda);
  if (cuda.driver_major < CUDA_DRIVER_ACTIONS)
    return;
  examine_program (host, &cuda);
  if (cuda_plugin_works (&cuda, &reason))
    find (host, B9_FINDING_OK, "cuda.plugin", NULL, "CRIU's plugin %s can be asked for (strategy plugin)",
          cuda.plugin);
  else
    find (host, B9_FINDING_OK, "cuda.plugin", NULL, "the strategy plugin is not there: %s", reason);
  examine_method (host, &cuda);
}
