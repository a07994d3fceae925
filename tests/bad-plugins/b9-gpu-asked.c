/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: a fake of a GPU detector that says what a test wants it to. */
#include "tests/bad-plugins/fixture-probe.h"

static void
probe (const B9Host *host)
{
  fixture_probe (host, "gpu-asked");
}

FIXTURE_WITH_DETECTOR (b9_gpu_asked, "asked", .probe = probe);
