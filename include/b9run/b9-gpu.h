/* SPDX-License-Identifier: Apache-2.0
 *
 * b9-gpu.h: the vtable of a GPU detector, a plugin that reads a container's spec and says which GPUs it asks
 * for.
 *
 * For a new container the core first lets each detector edit a copy of the spec (only CDI's does), then asks
 * each what it finds in the result, then gives both to the backend (#B9Backend.prepare).  A container that
 * asks for a GPU gets all of it or is refused before anything is started; one that does not ask never gets
 * one.  Detectors are loaded only for a spec that has linux.devices, or an annotation whose name begins with
 * one of `gpu.annotations` of the configuration.
 */
#ifndef B9RUN_GPU_H
#define B9RUN_GPU_H

#include <b9run/b9-capability.h>
#include <b9run/b9-host.h>
#include <b9run/b9-plugin.h>
#include <b9run/b9-spec.h>

G_BEGIN_DECLS

/**
 * B9GpuClass:
 * @B9_GPU_DEVICE: a GPU: /dev/nvidia0, nvidia.com/gpu=0.
 * @B9_GPU_CONTROL: a control device (/dev/nvidiactl) without which no GPU works; alone it is weak evidence.
 * @B9_GPU_COMPANION: belongs to GPUs and is none: /dev/nvidia-uvm, nvidia.com/gds=all.
 *
 * What the evidence is worth.
 *
 * Since: 0.1
 */
typedef enum {
  B9_GPU_DEVICE = 1,
  B9_GPU_CONTROL,
  B9_GPU_COMPANION,
} B9GpuClass;

/**
 * B9GpuRequest:
 * @struct_size: the maker's size of this structure.
 * @detector: the detector's name; the core fills it in.
 * @gpu_class: a #B9GpuClass.
 * @vendor: "nvidia", "amd", "intel" …; required.
 * @device: "/dev/nvidia0" or "nvidia.com/gpu=0"; required.
 * @source: where the spec asks for it: "linux.devices[3].path", "annotations[\"cdi.k8s.io/nvidia-gpu\"]";
 * required.
 * @missing: what has to be there besides and is not ("/dev/nvidiactl is not in linux.devices"), or %NULL.
 *
 * One thing found.  Copied when it is added.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  const char *detector;
  guint32 gpu_class;
  const char *vendor;
  const char *device;
  const char *source;
  const char *missing;
} B9GpuRequest;

typedef struct _B9GpuRequests B9GpuRequests;

/**
 * B9GpuRequests:
 * @struct_size: the host's size of this structure.
 * @data: the host's own.
 * @add: adds one; in the order of the spec.
 *
 * Where a detector puts what it finds.
 *
 * Since: 0.1
 */
struct _B9GpuRequests {
  gsize struct_size;
  void *data;
  void (*add) (B9GpuRequests *requests, const B9GpuRequest *request);
};

/**
 * B9GpuListed:
 * @struct_size: the maker's size of this structure.
 * @gpu_class: a #B9GpuClass, or 0 for a device that has nothing to do with GPUs.
 * @vendor: as in #B9GpuRequest; required.
 * @device: what a container asks for: "nvidia.com/gpu=0"; required.
 * @source: the file that describes it, or %NULL.
 * @nodes: its device nodes in the container, with blanks between them; required, may be empty.
 *
 * One device that this host has.  Copied when it is added.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  guint32 gpu_class;
  const char *vendor;
  const char *device;
  const char *source;
  const char *nodes;
} B9GpuListed;

typedef struct _B9GpuListing B9GpuListing;

/**
 * B9GpuListing:
 * @struct_size: the host's size of this structure.
 * @data: the host's own.
 * @add: adds one.
 *
 * Where a detector puts the devices of this host.
 *
 * Since: 0.1
 */
struct _B9GpuListing {
  gsize struct_size;
  void *data;
  void (*add) (B9GpuListing *listing, const B9GpuListed *listed);
};

/**
 * B9GpuDetector:
 * @struct_size: `sizeof (B9GpuDetector)` of the plugin's build.
 * @config_keys: the keys below `gpu.NAME`, %NULL-ended, or %NULL.
 * @edit: edits @spec and adds to @requests what it was asked for (a CDI device); all or nothing: with @error
 * set the copy is thrown away.  @backend is the name of the backend that the container will have.  Optional.
 * @detect: adds to @requests what the spec, already edited by all, asks for; required.
 * @probe: reports cells (B9Host.report).  Optional.
 * @examine: reports lines for `b9run doctor` (B9Host.finding).  Optional.
 * @list: adds the devices that a container can ask for on this host (`b9run cdi list`).  Optional.
 * @check: reports all that is wrong with their description, and not a summary as @examine does
 * (B9Host.finding; `b9run cdi check`).  Optional.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  const B9ConfigKey *const *config_keys;
  gboolean (*edit) (const B9Host *host, const char *backend, B9Spec *spec, B9GpuRequests *requests,
                    GError **error);
  gboolean (*detect) (const B9Host *host, const B9Spec *spec, B9GpuRequests *requests, GError **error);
  void (*probe) (const B9Host *host);
  void (*examine) (const B9Host *host);
  gboolean (*list) (const B9Host *host, B9GpuListing *listing, GError **error);
  void (*check) (const B9Host *host);
} B9GpuDetector;

G_END_DECLS

#endif /* B9RUN_GPU_H */
