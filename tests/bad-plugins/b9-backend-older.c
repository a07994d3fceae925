/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: built when a backend ended with "build_argv". */
#include "tests/bad-plugins/fixture.h"

static const B9Backend backend = {
    FIXTURE_BACKEND,
    .struct_size = G_STRUCT_OFFSET (B9Backend, explain_failure),
};

FIXTURE_WITH_PROVIDER (b9_backend_older, .name = "older", .vtable = &backend);
