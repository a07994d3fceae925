/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: a fake of a GPU detector that does what an annotation of the spec tells it. */
#include "tests/bad-plugins/fixture-gpu.h"

#define ANNOTATION "cdi.k8s.io/flow"

static void
add (B9GpuRequests *requests, const char *vendor, const char *device, const char *source, const char *missing)
{
  const B9GpuRequest request = {.struct_size = sizeof request,
                                .gpu_class = B9_GPU_DEVICE,
                                .vendor = vendor,
                                .device = device,
                                .source = source,
                                .missing = missing};

  requests->add (requests, &request);
}

static gboolean
edit (const B9Host *host, const char *backend, B9Spec *spec, B9GpuRequests *requests, GError **error)
{
  char *told = NULL;
  gboolean done = TRUE;

  if (!spec->string (spec, "/annotations/cdi.k8s.io~1flow", &told, error) || host == NULL || backend == NULL)
    return FALSE;
  if (g_strcmp0 (told, "fail") == 0) {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_BAD_INPUT, "it was told to");
    done = FALSE;
  } else if (g_strcmp0 (told, "fail silently") == 0) {
    done = FALSE;
  } else if (g_strcmp0 (told, "ignore") != 0 && told != NULL) {
    add (requests, told, "gpu 0\nof many", "annotations[\"" ANNOTATION "\"]", NULL);
    done = spec->set (spec, "/hostname", "\"flow\"", "fake: it was told to", error);
  }
  g_free (told);
  return done;
}

static gboolean
detect (const B9Host *host, const B9Spec *spec, B9GpuRequests *requests, GError **error)
{
  char *path = NULL;

  if (host == NULL || !spec->string (spec, "/linux/devices/0/path", &path, error))
    return FALSE;
  if (g_strcmp0 (path, "/dev/half") == 0)
    add (requests, "nvidia", "/dev/half", "linux.devices[0].path", "its other half");
  g_free (path);
  return TRUE;
}

static const B9GpuDetector flow = {.struct_size = sizeof (B9GpuDetector), .edit = edit, .detect = detect};

FIXTURE_WITH_PROVIDER (b9_gpu_flow, .kind = B9_PROVIDER_GPU, .name = "flow", .vtable = &flow);
