/* SPDX-License-Identifier: Apache-2.0 */
/* One name for two backends. */
#include "tests/bad-plugins/fixture.h"

static const B9Provider *const both[] = {&fixture_provider, &fixture_provider, NULL};

FIXTURE (twice, .providers = both);
