/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration key of a type that this host does not know. */
#include "tests/bad-plugins/fixture.h"

static const B9ConfigKey key = {
    .struct_size = sizeof (B9ConfigKey), .name = "debug", .type = 99, .summary = "Is a test."};
static const B9ConfigKey *const keys[] = {&key, NULL};

FIXTURE_WITH_BACKEND (unknown_key_type, .config_keys = keys);
