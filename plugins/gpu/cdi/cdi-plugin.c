/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-plugin.c: the descriptor of the GPU detector for CDI, the Container Device Interface, and its
 * configuration key.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-check.h"
#include "plugins/gpu/cdi/cdi-list.h"
#include "plugins/gpu/cdi/cdi-request.h"

static const B9ConfigKey spec_dirs_key = {
    .struct_size = sizeof (B9ConfigKey),
    .name = "spec-dirs",
    .type = B9_CONFIG_LIST,
    .fallback = "[/etc/cdi, /var/run/cdi]",
    .summary = "The directories with CDI files; a device of a later one takes the place of an earlier one's.",
};

static const B9ConfigKey *const config_keys[] = {&spec_dirs_key, NULL};

static const B9GpuDetector cdi_detector = {
    .struct_size = sizeof (B9GpuDetector),
    .config_keys = config_keys,
    .edit = cdi_edit,
    .detect = cdi_detect,
    .probe = cdi_probe,
    .examine = cdi_examine,
    .list = cdi_list,
    .check = cdi_check,
};

static const B9Provider cdi_provider = {
    .struct_size = sizeof (B9Provider),
    .kind = B9_PROVIDER_GPU,
    .name = "cdi",
    .vtable = &cdi_detector,
};

static const B9Provider *const providers[] = {&cdi_provider, NULL};

B9_PLUGIN_DEFINE (b9_gpu_cdi) = {
    B9_PLUGIN_PREFIX (0),
    .name = "cdi",
    .version = PACKAGE_VERSION,
    .license = "Apache-2.0",
    .summary = "Injects the CDI devices that a container's annotations ask for.",
    .providers = providers,
};
