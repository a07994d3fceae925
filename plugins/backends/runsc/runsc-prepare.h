/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-prepare.h: a spec made fit for gVisor: what every container needs (runsc-prepare.c), devices
 * (runsc-prepare-devices.c), and what a GPU needs besides (runsc-prepare-gpu.c).
 */
#ifndef B9_RUNSC_PREPARE_H
#define B9_RUNSC_PREPARE_H

#include <b9run/b9-backend.h>

gboolean runsc_prepare (const B9Host *host, const B9Preparation *preparation, B9Spec *spec, GPtrArray *flags,
                        GError **error);

/* What the parts share; all borrowed. */
typedef struct {
  const B9Host *host;
  const B9Preparation *preparation;
  B9Spec *spec;
  gboolean gpu; /* a GPU is asked for, and it is one that nvproxy can bring */
} RunscWork;

gboolean runsc_refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* runsc-prepare-devices.c: leaves in linux.devices what runsc passes on, whole. */
gboolean runsc_prepare_devices (RunscWork *work, GError **error);

/* runsc-prepare-gpu.c: whether a GPU is asked for; refuses those that runsc has no way for. */
gboolean runsc_find_gpu (RunscWork *work, GError **error);

/* Seccomp, sockets, hooks and the environment; then the flags. */
gboolean runsc_prepare_gpu (RunscWork *work, GPtrArray *flags, GError **error);

/* Hooks of NVIDIA's and createContainer hooks, whether or not a GPU is asked for. */
gboolean runsc_prepare_hooks (RunscWork *work, GError **error);

#endif /* B9_RUNSC_PREPARE_H */
