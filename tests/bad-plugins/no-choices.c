/* SPDX-License-Identifier: Apache-2.0 */
/* A choice without choices. */
#include "tests/bad-plugins/fixture.h"

static const B9ConfigKey key = {
    .struct_size = sizeof (B9ConfigKey), .name = "debug", .type = B9_CONFIG_CHOICE, .summary = "Is a test."};
static const B9ConfigKey *const keys[] = {&key, NULL};

FIXTURE_WITH_BACKEND (no_choices, .config_keys = keys);
