/* SPDX-License-Identifier: Apache-2.0 */
/* A backend without "find". */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_BACKEND (no_find, .find = NULL);
