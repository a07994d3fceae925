/* SPDX-License-Identifier: Apache-2.0 */
/* A provider without a vtable. */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_PROVIDER (no_vtable, .vtable = NULL);
