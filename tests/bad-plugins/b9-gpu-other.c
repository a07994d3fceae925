/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: a fake of a GPU detector that says what a test wants it to. */
#include "tests/bad-plugins/fixture-probe.h"

static void
probe (const B9Host *host)
{
  fixture_probe (host, "gpu-other");
}

FIXTURE_WITH_DETECTOR (b9_gpu_other, "other", .probe = probe);
