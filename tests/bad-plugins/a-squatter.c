/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the name of b9-backend-other.so, and comes before it. */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_PROVIDER (a_squatter, .name = "other");
