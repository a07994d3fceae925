/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bad-plugins/fixture-gpu.h"

static const B9ConfigKey colour = {
    .struct_size = sizeof colour, .name = "Colour", .type = B9_CONFIG_STRING, .summary = "A key."};
static const B9ConfigKey *const keys[] = {&colour, NULL};

FIXTURE_WITH_DETECTOR (bad_gpu_key, "flawed", .config_keys = keys);
