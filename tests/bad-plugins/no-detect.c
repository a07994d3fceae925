/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bad-plugins/fixture-gpu.h"

FIXTURE_WITH_DETECTOR (no_detect, "flawed", .detect = NULL);
