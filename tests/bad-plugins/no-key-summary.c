/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration key that nobody explains. */
#include "tests/bad-plugins/fixture.h"

static const B9ConfigKey key = {
    .struct_size = sizeof (B9ConfigKey), .name = "debug", .type = B9_CONFIG_STRING};
static const B9ConfigKey *const keys[] = {&key, NULL};

FIXTURE_WITH_BACKEND (no_key_summary, .config_keys = keys);
