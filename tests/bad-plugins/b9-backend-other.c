/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: a second module, at home under its own name. */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_PROVIDER (b9_backend_other, .name = "other");
