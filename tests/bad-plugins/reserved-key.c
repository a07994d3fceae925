/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration key that every backend has already. */
#include "tests/bad-plugins/fixture.h"

static const B9ConfigKey key = {
    .struct_size = sizeof (B9ConfigKey), .name = "root", .type = B9_CONFIG_PATH, .summary = "Is a test."};
static const B9ConfigKey *const keys[] = {&key, NULL};

FIXTURE_WITH_BACKEND (reserved_key, .config_keys = keys);
