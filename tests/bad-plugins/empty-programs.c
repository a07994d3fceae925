/* SPDX-License-Identifier: Apache-2.0 */
/* A backend that no program belongs to. */
#include "tests/bad-plugins/fixture.h"

static const char *const nothing[] = {NULL};

FIXTURE_WITH_BACKEND (empty_programs, .programs = nothing);
