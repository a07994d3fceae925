/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: a fake of a checkpoint provider that says what a test wants it to. */
#include <b9run/b9-checkpoint.h>

#include "tests/bad-plugins/fixture-probe.h"

static void
probe (const B9Host *host)
{
  fixture_probe (host, "checkpoint");
}

static const B9CheckpointProvider vtable = {
    .struct_size = sizeof vtable, .roles = B9_CHECKPOINT_IMAGE, .probe = probe};
FIXTURE_WITH_PROVIDER (b9_checkpoint_asked, .kind = B9_PROVIDER_CHECKPOINT, .name = "asked",
                       .vtable = &vtable);
