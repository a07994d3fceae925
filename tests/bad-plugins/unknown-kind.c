/* SPDX-License-Identifier: Apache-2.0 */
/* Provides only what this host does not know. */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_PROVIDER (unknown_kind, .kind = 4711);
