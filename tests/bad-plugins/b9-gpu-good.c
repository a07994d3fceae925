/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: a GPU detector with a key. */
#include "tests/bad-plugins/fixture-gpu.h"

static const B9ConfigKey colour = {.struct_size = sizeof colour,
                                   .name = "colour",
                                   .type = B9_CONFIG_STRING,
                                   .fallback = "grey",
                                   .summary = "A key."};
static const B9ConfigKey *const keys[] = {&colour, NULL};

FIXTURE_WITH_DETECTOR (b9_gpu_good, "good", .config_keys = keys);
