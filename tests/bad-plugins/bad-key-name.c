/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration key that could not be written in the file. */
#include "tests/bad-plugins/fixture.h"

static const B9ConfigKey key = {.struct_size = sizeof (B9ConfigKey),
                                .name = "Debug Log",
                                .type = B9_CONFIG_STRING,
                                .summary = "Is a test."};
static const B9ConfigKey *const keys[] = {&key, NULL};

FIXTURE_WITH_BACKEND (bad_key_name, .config_keys = keys);
