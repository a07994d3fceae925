/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-plugin.c: the descriptor of the backend for runsc, gVisor's runtime, its configuration keys and its
 * habits.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-args.h"
#include "runsc-features.h"

#include <unistd.h>

#include "runsc-prepare.h"
#include "runsc-probe.h"

static char *
runsc_user_root (const B9Host *host)
{
  const char *directory = g_getenv ("XDG_RUNTIME_DIR");

  (void)host;
  if (geteuid () == 0 || directory == NULL || directory[0] == '\0')
    return NULL;
  return g_build_filename (directory, "gvisor", NULL);
}

#define KEY(key_name, ...)                                             \
  {                                                                    \
    .struct_size = sizeof (B9ConfigKey), .name = key_name, __VA_ARGS__ \
  }

static const char *const platforms[] = {"systrap", "kvm", "ptrace", NULL};
static const char *const networks[] = {"none", "host", "sandbox", NULL};
static const char *const file_accesses[] = {"exclusive", "shared", NULL};
static const char *const host_uds_modes[] = {"none", "open", "create", "all", NULL};

static const B9ConfigKey key_platform = KEY (
    "platform", .type = B9_CONFIG_CHOICE, .choices = platforms,
    .summary = "How system calls are caught; runsc's own choice where unset.");
static const B9ConfigKey key_network = KEY (
    "network", .type = B9_CONFIG_CHOICE, .choices = networks,
    .summary = "The container's network; runsc's own choice where unset.");
static const B9ConfigKey key_overlay2 = KEY (
    "overlay2", .type = B9_CONFIG_STRING, .summary = "Where writes to mounts go, as MOUNT:MEDIUM, or none.");
static const B9ConfigKey key_file_access = KEY (
    "file-access", .type = B9_CONFIG_CHOICE, .choices = file_accesses,
    .summary = "Whether somebody else changes the root file system while the container runs.");
static const B9ConfigKey key_host_uds = KEY (
    "host-uds", .type = B9_CONFIG_CHOICE, .choices = host_uds_modes,
    .summary = "What the container may do with the host's Unix sockets.");
static const B9ConfigKey key_ignore_cgroups = KEY (
    "ignore-cgroups", .type = B9_CONFIG_BOOLEAN,
    .summary = "Whether containers go without cgroups of their own.");
static const B9ConfigKey key_oci_seccomp = KEY (
    "oci-seccomp", .type = B9_CONFIG_BOOLEAN,
    .summary = "Whether the spec's seccomp filter is loaded in the sandbox.");
static const B9ConfigKey key_debug = KEY (
    "debug", .type = B9_CONFIG_BOOLEAN,
    .summary = "Whether runsc writes debug logs, below its root if debug-log is unset.");
static const B9ConfigKey key_debug_log = KEY (
    "debug-log", .type = B9_CONFIG_PATH,
    .summary = "The file for debug logs, or with / at its end their directory.");

static const B9ConfigKey key_nvproxy_driver_version = KEY (
    "nvproxy-driver-version", .type = B9_CONFIG_STRING,
    .summary = "The driver version that nvproxy takes the host's for, or latest; found out where unset.");

static const B9ConfigKey *const config_keys[] = {&key_platform,
                                                 &key_network,
                                                 &key_overlay2,
                                                 &key_file_access,
                                                 &key_host_uds,
                                                 &key_ignore_cgroups,
                                                 &key_oci_seccomp,
                                                 &key_debug,
                                                 &key_debug_log,
                                                 &key_nvproxy_driver_version,
                                                 NULL};

static const char *const programs[] = {"runsc", NULL};

static const B9Backend runsc_backend = {
    .struct_size = sizeof (B9Backend),
    .programs = programs,
    .default_root = "/run/gvisor",
    .user_root = runsc_user_root,
    .failure_status = 128,
    .traits = B9_BACKEND_WRITES_FROM_START | B9_BACKEND_SIGNAL_INIT | B9_BACKEND_OWN_GROUP |
              B9_BACKEND_DELETES_AFTER_RUN | B9_BACKEND_TRUSTS_PIDS | B9_BACKEND_CHECKS_COMMAND_LATE |
              B9_BACKEND_EXEC_KEEPS_SIGNALS,
    .config_keys = config_keys,
    .new_flags = runsc_new_flags,
    .check_id = runsc_check_id,
    .find = runsc_find,
    .colliding_id = runsc_colliding_id,
    .way = runsc_way,
    .build_argv = runsc_build_argv,
    .explain_failure = runsc_explain_failure,
    .leftovers = runsc_leftovers,
    .ids_collide = runsc_ids_collide,
    .owns_process = runsc_owns_process,
    .probe = runsc_probe,
    .examine = runsc_examine,
    .features = runsc_features,
    .prepare = runsc_prepare,
    .checkpoint_traits = B9_CHECKPOINT_FAILED_SAVE_KILLS | B9_CHECKPOINT_PAUSED_REFUSES_KILL |
                         B9_CHECKPOINT_SANDBOX | B9_CHECKPOINT_SAME_VERSION | B9_CHECKPOINT_SAME_FLAGS,
    .image_file = RUNSC_IMAGE_FILE,
    .image_patterns = runsc_image_patterns,
    .speed_up = runsc_speed_up,
    .peek_status = runsc_peek_status,
    .holds_rootfs = runsc_holds_rootfs,
    .keep_status = runsc_keep_status,
    .amend_status = runsc_amend_status,
};

static const B9Provider runsc_provider = {
    .struct_size = sizeof (B9Provider),
    .kind = B9_PROVIDER_BACKEND,
    .name = "runsc",
    .vtable = &runsc_backend,
};

static const B9Provider *const providers[] = {&runsc_provider, NULL};

B9_PLUGIN_DEFINE (b9_backend_runsc) = {
    B9_PLUGIN_PREFIX (0),
    .name = "runsc",
    .version = PACKAGE_VERSION,
    .license = "Apache-2.0",
    .summary = "Runs containers in gVisor's sandbox, with runsc.",
    .providers = providers,
};
