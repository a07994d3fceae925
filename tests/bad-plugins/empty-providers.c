/* SPDX-License-Identifier: Apache-2.0 */
/* A list of no providers. */
#include "tests/bad-plugins/fixture.h"

static const B9Provider *const nothing[] = {NULL};

FIXTURE (empty_providers, .providers = nothing);
