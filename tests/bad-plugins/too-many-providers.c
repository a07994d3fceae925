/* SPDX-License-Identifier: Apache-2.0 */
/* A list of providers that nobody ended. */
#include "tests/bad-plugins/fixture.h"

#define FOUR &unknown, &unknown, &unknown, &unknown
#define SIXTEEN FOUR, FOUR, FOUR, FOUR

static const B9Provider unknown = {FIXTURE_PROVIDER, .kind = 4711};
static const B9Provider *const many[] = {SIXTEEN, SIXTEEN, SIXTEEN, SIXTEEN, FOUR, NULL};

FIXTURE (too_many_providers, .providers = many);
