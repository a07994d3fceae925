/* SPDX-License-Identifier: Apache-2.0
 *
 * requests.c: see requests.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-gpu"

#include "core/gpu/requests.h"

#include <b9run/b9-plugin.h>

#include "core/sys/words.h"

/* No container asks for more; a detector that goes on adding is stopped here. */
#define MOST_REQUESTS 65536

static void
request_free (gpointer data)
{
  B9GpuRequest *request = data;

  if (request == NULL)
    return;
  g_free ((char *)request->detector);
  g_free ((char *)request->vendor);
  g_free ((char *)request->device);
  g_free ((char *)request->source);
  g_free ((char *)request->missing);
  g_free (request);
}

GPtrArray *
b9_gpu_requests_new (void)
{
  GPtrArray *requests = g_ptr_array_new_with_free_func (request_free);

  g_ptr_array_add (requests, NULL);
  return requests;
}

guint
b9_gpu_requests_count (const GPtrArray *requests)
{
  return requests->len - 1;
}

const B9GpuRequest *
b9_gpu_requests_get (const GPtrArray *requests, guint index)
{
  return g_ptr_array_index (requests, index);
}

/* One line of text that a plugin gave; "?" for none. */
static char *
one_line (const char *text)
{
  g_autofree char *line = g_strdup (text != NULL && *text != '\0' ? text : "?");

  return b9_printable (g_strdelimit (line, "\n\r\t", ' '), FALSE);
}

static void
add (B9GpuRequests *interface, const B9GpuRequest *request)
{
  B9GpuAdder *adder = interface->data;
  B9GpuRequest *copy;

  if (adder->requests->len > MOST_REQUESTS)
    return;
  if (!B9_STRUCT_HAS (request, vendor) || !B9_STRUCT_HAS (request, device) ||
      !B9_STRUCT_HAS (request, source))
    g_warning ("detector %s added a request without vendor, device or source", adder->detector);
  copy = g_new0 (B9GpuRequest, 1);
  copy->struct_size = sizeof *copy;
  copy->detector = g_strdup (adder->detector);
  copy->gpu_class = B9_STRUCT_HAS (request, gpu_class) ? request->gpu_class : B9_GPU_DEVICE;
  copy->vendor = one_line (B9_STRUCT_HAS (request, vendor) ? request->vendor : NULL);
  copy->device = one_line (B9_STRUCT_HAS (request, device) ? request->device : NULL);
  copy->source = one_line (B9_STRUCT_HAS (request, source) ? request->source : NULL);
  copy->missing = B9_STRUCT_HAS (request, missing) ? one_line (request->missing) : NULL;
  g_ptr_array_insert (adder->requests, (int)adder->requests->len - 1, copy);
}

void
b9_gpu_adder_init (B9GpuAdder *adder, GPtrArray *requests, const char *detector)
{
  *adder = (B9GpuAdder){
      .interface = {.struct_size = sizeof (B9GpuRequests), .data = adder, .add = add},
      .requests = requests,
      .detector = detector,
  };
}

const char *
b9_gpu_class_name (guint32 gpu_class)
{
  switch (gpu_class) {
  case B9_GPU_CONTROL:
    return "control device";
  case B9_GPU_COMPANION:
    return "companion";
  default:
    return "GPU";
  }
}
