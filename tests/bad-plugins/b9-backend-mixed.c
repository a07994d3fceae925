/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: a backend, and something for a newer host. */
#include "tests/bad-plugins/fixture.h"

static const B9Provider backend = {FIXTURE_PROVIDER, .name = "mixed"};
static const B9Provider future = {FIXTURE_PROVIDER, .kind = 4711, .name = "future"};
static const B9Provider *const providers[] = {&future, &backend, NULL};

FIXTURE (b9_backend_mixed, .providers = providers);
