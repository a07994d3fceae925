/* SPDX-License-Identifier: Apache-2.0 */
/* A backend that names its program by a path. */
#include "tests/bad-plugins/fixture.h"

static const char *const programs[] = {"bin/fixture", NULL};

FIXTURE_WITH_BACKEND (program_path, .programs = programs);
