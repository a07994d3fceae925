/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the name of b9-backend-good.so. */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_PROVIDER (duplicate, .name = "good");
