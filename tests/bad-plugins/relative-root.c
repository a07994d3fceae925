/* SPDX-License-Identifier: Apache-2.0 */
/* A backend whose state would lie wherever b9run was started. */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_BACKEND (relative_root, .default_root = "run/fixture");
