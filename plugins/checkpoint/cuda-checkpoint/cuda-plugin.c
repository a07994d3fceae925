/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda-plugin.c: the descriptor of the checkpoint provider that moves CUDA state between GPU and memory.
 *
 * cuda-strategy.c decides who does it; cuda-session.c does it, through the program b9run-cuda (helper.h).
 */
#include "config.h"

#include "cuda.h"

#define KEY(identifier, ...) \
  static const B9ConfigKey identifier##_key = {.struct_size = sizeof (B9ConfigKey), __VA_ARGS__}

static const char *const strategies[] = {B9_STRATEGY_HOST, B9_STRATEGY_PLUGIN, B9_STRATEGY_SANDBOX, NULL};
static const char *const methods[] = {"auto", "api", "binary", NULL};

KEY (strategy, .name = "strategy", .type = B9_CONFIG_CHOICE, .choices = strategies,
     .summary =
         "Who moves CUDA state; without it sandbox for runsc, and else host, or plugin where host does "
         "not work.");
KEY (method, .name = "method", .type = B9_CONFIG_CHOICE, .fallback = "auto", .choices = methods,
     .summary = "How the strategy host does it: by libcuda's functions (api), the cuda-checkpoint program "
                "(binary), or what there is.");
KEY (path, .name = "path", .type = B9_CONFIG_PATH,
     .summary = "The cuda-checkpoint program; without it the first in PATH and the usual directories.");
KEY (library, .name = "library", .type = B9_CONFIG_PATH,
     .summary = "libcuda.so.1 of the loaded driver; without it the first in the usual directories.");
KEY (plugin_directory, .name = "plugin-directory", .type = B9_CONFIG_PATH,
     .summary = "The directory with CRIU's cuda_plugin.so; without it CRIU's own.");
KEY (sandbox_path, .name = "sandbox-path", .type = B9_CONFIG_PATH, .fallback = "/usr/bin/cuda-checkpoint",
     .summary = "Where the cuda-checkpoint program is in a container of runsc's.");

KEY (mount, .name = "mount", .type = B9_CONFIG_BOOLEAN, .fallback = "false",
     .summary =
         "Whether the program is mounted, read-only, at sandbox-path into containers of runsc's that ask "
         "for a GPU.");

static const B9ConfigKey *const keys[] = {
    &library_key,          &method_key,       &mount_key,    &path_key,
    &plugin_directory_key, &sandbox_path_key, &strategy_key, NULL,
};

static const B9CheckpointProvider cuda_checkpoint = {
    .struct_size = sizeof (B9CheckpointProvider),
    .roles = B9_CHECKPOINT_DEVICES,
    .config_keys = keys,
    .probe = cuda_probe,
    .examine = cuda_examine,
    .equip = cuda_equip,
    .check_image = cuda_check_image,
    .describe = cuda_describe,
    .applies = cuda_applies,
    .choose = cuda_choose,
    .open = cuda_open,
    .close = cuda_close,
    .look = cuda_look,
    .lock = cuda_lock,
    .suspend = cuda_suspend,
    .resume = cuda_resume,
    .prepare = cuda_prepare,
};

static const B9Provider provider = {
    .struct_size = sizeof (B9Provider),
    .kind = B9_PROVIDER_CHECKPOINT,
    .name = "cuda-checkpoint",
    .vtable = &cuda_checkpoint,
};

static const B9Provider *const providers[] = {&provider, NULL};

B9_PLUGIN_DEFINE (b9_checkpoint_cuda_checkpoint) = {
    B9_PLUGIN_PREFIX (0),
    .name = "cuda-checkpoint",
    .version = PACKAGE_VERSION,
    .license = "Apache-2.0",
    .summary = "Moves CUDA state off the GPU for a save, and back.",
    .url = "https://github.com/NVIDIA/cuda-checkpoint",
    .providers = providers,
};
