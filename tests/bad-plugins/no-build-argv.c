/* SPDX-License-Identifier: Apache-2.0 */
/* A backend without "build_argv". */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_BACKEND (no_build_argv, .build_argv = NULL);
