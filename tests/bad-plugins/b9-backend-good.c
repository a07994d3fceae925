/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: what the others are measured against. */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_PROVIDER (b9_backend_good, .name = "good");
