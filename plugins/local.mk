# SPDX-License-Identifier: Apache-2.0
# Plugins see include/ alone: no folder of the core is on their path but by the tree's root, and tests/check-includes.sh
# refuses what would use it.
B9_PLUGIN_FLAGS = -module -avoid-version -no-undefined $(B9_NO_UNDEFINED) -Wl,-z,now -Wl,-z,relro \
	-export-symbols-regex '_LTX_b9_plugin$$' $(AM_LDFLAGS)
B9_PLUGIN_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden $(GLIB_CFLAGS)

plugin_LTLIBRARIES += b9-backend-runc.la b9-backend-runsc.la b9-checkpoint-criu.la \
	b9-checkpoint-cuda-checkpoint.la

b9_backend_runc_la_SOURCES = \
	plugins/backends/runc/runc-args.c \
	plugins/backends/runc/runc-args.h \
	plugins/backends/runc/runc-features.c \
	plugins/backends/runc/runc-features.h \
	plugins/backends/runc/runc-plugin.c \
	plugins/backends/runc/runc-probe.c \
	plugins/backends/runc/runc-probe.h \
	plugins/backends/runc/runc-state.c
b9_backend_runc_la_CFLAGS = $(B9_PLUGIN_CFLAGS)
b9_backend_runc_la_LDFLAGS = $(B9_PLUGIN_FLAGS)
b9_backend_runc_la_LIBADD = $(GLIB_LIBS)

b9_backend_runsc_la_SOURCES = \
	plugins/backends/runsc/runsc-args.c \
	plugins/backends/runsc/runsc-args.h \
	plugins/backends/runsc/runsc-checkpoint.c \
	plugins/backends/runsc/runsc-errors.c \
	plugins/backends/runsc/runsc-examine.c \
	plugins/backends/runsc/runsc-nvproxy.c \
	plugins/backends/runsc/runsc-features.c \
	plugins/backends/runsc/runsc-features.h \
	plugins/backends/runsc/runsc-options.c \
	plugins/backends/runsc/runsc-plugin.c \
	plugins/backends/runsc/runsc-prepare-devices.c \
	plugins/backends/runsc/runsc-prepare-gpu.c \
	plugins/backends/runsc/runsc-prepare.c \
	plugins/backends/runsc/runsc-prepare.h \
	plugins/backends/runsc/runsc-probe.c \
	plugins/backends/runsc/runsc-probe.h \
	plugins/backends/runsc/runsc-release.c \
	plugins/backends/runsc/runsc-release.h \
	plugins/backends/runsc/runsc-state.c \
	plugins/backends/runsc/runsc-status.c \
	plugins/backends/runsc/runsc-text.c \
	plugins/backends/runsc/runsc-text.h
b9_backend_runsc_la_CFLAGS = $(B9_PLUGIN_CFLAGS)
b9_backend_runsc_la_LDFLAGS = $(B9_PLUGIN_FLAGS)
b9_backend_runsc_la_LIBADD = $(GLIB_LIBS)

b9_checkpoint_criu_la_SOURCES = \
	plugins/checkpoint/criu/criu.h \
	plugins/checkpoint/criu/criu-before.c \
	plugins/checkpoint/criu/criu-doctor.c \
	plugins/checkpoint/criu/criu-equip.c \
	plugins/checkpoint/criu/criu-find.c \
	plugins/checkpoint/criu/criu-image.c \
	plugins/checkpoint/criu/criu-log.c \
	plugins/checkpoint/criu/criu-plugin.c \
	plugins/checkpoint/criu/criu-probe.c
b9_checkpoint_criu_la_CFLAGS = $(B9_PLUGIN_CFLAGS)
b9_checkpoint_criu_la_LDFLAGS = $(B9_PLUGIN_FLAGS)
b9_checkpoint_criu_la_LIBADD = $(GLIB_LIBS)

b9_checkpoint_cuda_checkpoint_la_SOURCES = \
	plugins/checkpoint/cuda-checkpoint/cuda.h \
	plugins/checkpoint/cuda-checkpoint/cuda-doctor.c \
	plugins/checkpoint/cuda-checkpoint/cuda-helper.c \
	plugins/checkpoint/cuda-checkpoint/cuda-host.c \
	plugins/checkpoint/cuda-checkpoint/cuda-plugin.c \
	plugins/checkpoint/cuda-checkpoint/cuda-probe.c \
	plugins/checkpoint/cuda-checkpoint/cuda-sandbox.c \
	plugins/checkpoint/cuda-checkpoint/cuda-session.c \
	plugins/checkpoint/cuda-checkpoint/cuda-strategy.c
b9_checkpoint_cuda_checkpoint_la_CFLAGS = $(B9_PLUGIN_CFLAGS)
b9_checkpoint_cuda_checkpoint_la_LDFLAGS = $(B9_PLUGIN_FLAGS)
b9_checkpoint_cuda_checkpoint_la_LIBADD = $(GLIB_LIBS)

# The program that talks to NVIDIA's driver for it.
pkglibexec_PROGRAMS += b9run-cuda
b9run_cuda_SOURCES = \
	plugins/checkpoint/cuda-checkpoint/helper.h \
	plugins/checkpoint/cuda-checkpoint/helper-api.c \
	plugins/checkpoint/cuda-checkpoint/helper-binary.c \
	plugins/checkpoint/cuda-checkpoint/helper-main.c \
	plugins/checkpoint/cuda-checkpoint/helper-memory.c
b9run_cuda_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
b9run_cuda_LDFLAGS = $(AM_LDFLAGS) $(B9_HARDEN_LINK)
b9run_cuda_LDADD = $(GLIB_LIBS) -ldl

# What the kernel tells of NVIDIA's driver, for the detector's probe and examination.
B9_NVIDIA_HOST = \
	plugins/gpu/device-path/nvidia-facts.c \
	plugins/gpu/device-path/nvidia-facts.h \
	plugins/gpu/device-path/nvidia-host.c \
	plugins/gpu/device-path/nvidia-host.h \
	plugins/gpu/device-path/nvidia-smi.c \
	plugins/gpu/device-path/nvidia-smi.h

plugin_LTLIBRARIES += b9-gpu-device-path.la
b9_gpu_device_path_la_SOURCES = \
	plugins/gpu/device-path/device-inventory.c \
	plugins/gpu/device-path/device-inventory.h \
	plugins/gpu/device-path/device-path-plugin.c \
	$(B9_NVIDIA_HOST)
b9_gpu_device_path_la_CFLAGS = $(B9_PLUGIN_CFLAGS)
b9_gpu_device_path_la_LDFLAGS = $(B9_PLUGIN_FLAGS)
b9_gpu_device_path_la_LIBADD = $(GLIB_LIBS)

plugin_LTLIBRARIES += b9-gpu-cdi.la
b9_gpu_cdi_la_SOURCES = \
	plugins/gpu/cdi/cdi-annotations.c plugins/gpu/cdi/cdi-annotations.h \
	plugins/gpu/cdi/cdi-arena.c plugins/gpu/cdi/cdi-arena.h \
	plugins/gpu/cdi/cdi-array.c plugins/gpu/cdi/cdi-array.h \
	plugins/gpu/cdi/cdi-cache.c plugins/gpu/cdi/cdi-cache.h \
	plugins/gpu/cdi/cdi-check.c plugins/gpu/cdi/cdi-check.h \
	plugins/gpu/cdi/cdi-devices.c plugins/gpu/cdi/cdi-devices.h \
	plugins/gpu/cdi/cdi-document.c plugins/gpu/cdi/cdi-document.h \
	plugins/gpu/cdi/cdi-driver.c plugins/gpu/cdi/cdi-driver.h \
	plugins/gpu/cdi/cdi-files.c plugins/gpu/cdi/cdi-files.h \
	plugins/gpu/cdi/cdi-findings.c plugins/gpu/cdi/cdi-findings.h \
	plugins/gpu/cdi/cdi-inject.c plugins/gpu/cdi/cdi-inject.h \
	plugins/gpu/cdi/cdi-inject-devices.c \
	plugins/gpu/cdi/cdi-inject-hooks.c \
	plugins/gpu/cdi/cdi-inject-mounts.c \
	plugins/gpu/cdi/cdi-inject-process.c \
	plugins/gpu/cdi/cdi-json.c plugins/gpu/cdi/cdi-json.h \
	plugins/gpu/cdi/cdi-kinds.c plugins/gpu/cdi/cdi-kinds.h \
	plugins/gpu/cdi/cdi-list.c plugins/gpu/cdi/cdi-list.h \
	plugins/gpu/cdi/cdi-model.c plugins/gpu/cdi/cdi-model.h \
	plugins/gpu/cdi/cdi-names.c plugins/gpu/cdi/cdi-names.h \
	plugins/gpu/cdi/cdi-plan.h \
	plugins/gpu/cdi/cdi-plugin.c \
	plugins/gpu/cdi/cdi-registry.c plugins/gpu/cdi/cdi-registry.h \
	plugins/gpu/cdi/cdi-request.c plugins/gpu/cdi/cdi-request.h \
	plugins/gpu/cdi/cdi-scalars.c plugins/gpu/cdi/cdi-scalars.h \
	plugins/gpu/cdi/cdi-tree.c plugins/gpu/cdi/cdi-tree.h \
	plugins/gpu/cdi/cdi-validate.c plugins/gpu/cdi/cdi-validate.h
b9_gpu_cdi_la_CFLAGS = $(B9_PLUGIN_CFLAGS) $(YAML_CFLAGS)
b9_gpu_cdi_la_LDFLAGS = $(B9_PLUGIN_FLAGS)
b9_gpu_cdi_la_LIBADD = $(GLIB_LIBS) $(YAML_LIBS) -lm

EXTRA_DIST += plugins/backends/runc/README.md plugins/backends/runsc/README.md
EXTRA_DIST += plugins/gpu/cdi/README.md plugins/gpu/device-path/README.md
EXTRA_DIST += plugins/checkpoint/criu/README.md plugins/checkpoint/cuda-checkpoint/README.md
