/* SPDX-License-Identifier: Apache-2.0
 *
 * criu-plugin.c: the descriptor of the checkpoint provider for CRIU, which runc saves and restores through.
 *
 * criu-find.c finds a CRIU that works, criu-equip.c makes the runtime use it, criu-before.c and criu-image.c
 * refuse what would fail, criu-log.c says why something failed.
 */
#include "config.h"

#include "criu.h"

static const B9ConfigKey path_key = {
    .struct_size = sizeof (B9ConfigKey),
    .name = "path",
    .type = B9_CONFIG_PATH,
    .summary = "The criu program; without it the first in PATH and the usual directories that passes its own "
               "check.",
};

static const B9ConfigKey ghost_limit_key = {
    .struct_size = sizeof (B9ConfigKey),
    .name = "ghost-limit",
    .type = B9_CONFIG_STRING,
    .summary =
        "How large a deleted file that is still open may be to go into an image, such as 64M; CRIU's own "
        "limit is 1M.",
};

static const B9ConfigKey *const keys[] = {&path_key, &ghost_limit_key, NULL};

static void
describe (const B9Host *host, const B9CheckpointJob *job G_GNUC_UNUSED, gpointer session G_GNUC_UNUSED,
          B9CheckpointFacts *facts)
{
  g_auto (CriuProgram) program = {0};

  if (!criu_find_working (host, &program, NULL))
    return;
  facts->add (facts, "criu.path", program.path);
  if (program.version != NULL)
    facts->add (facts, "criu.version", program.version);
}

static const B9CheckpointProvider criu = {
    .struct_size = sizeof (B9CheckpointProvider),
    .roles = B9_CHECKPOINT_IMAGE,
    .config_keys = keys,
    .probe = criu_probe,
    .examine = criu_examine,
    .equip = criu_equip,
    .check_before = criu_check_before,
    .check_image = criu_check_image,
    .explain_failure = criu_explain_failure,
    .describe = describe,
};

static const B9Provider provider = {
    .struct_size = sizeof (B9Provider),
    .kind = B9_PROVIDER_CHECKPOINT,
    .name = "criu",
    .vtable = &criu,
};

static const B9Provider *const providers[] = {&provider, NULL};

B9_PLUGIN_DEFINE (b9_checkpoint_criu) = {
    B9_PLUGIN_PREFIX (0),
    .name = "criu",
    .version = PACKAGE_VERSION,
    .license = "Apache-2.0",
    .summary = "Saves and restores runc's containers with CRIU.",
    .url = "https://criu.org",
    .providers = providers,
};
