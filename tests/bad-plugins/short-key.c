/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration key that is smaller than its required members. */
#include "tests/bad-plugins/fixture.h"

static const B9ConfigKey key = {.struct_size = sizeof (B9ConfigKey), .struct_size = 16, .name = "debug"};
static const B9ConfigKey *const keys[] = {&key, NULL};

FIXTURE_WITH_BACKEND (short_key, .config_keys = keys);
