/* SPDX-License-Identifier: Apache-2.0 */
/* A backend without "default_root". */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_BACKEND (no_default_root, .default_root = NULL);
