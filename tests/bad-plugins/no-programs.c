/* SPDX-License-Identifier: Apache-2.0 */
/* A backend without "programs". */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_BACKEND (no_programs, .programs = NULL);
