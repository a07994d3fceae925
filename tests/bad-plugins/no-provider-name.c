/* SPDX-License-Identifier: Apache-2.0 */
/* A provider without a name. */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_PROVIDER (no_provider_name, .name = NULL);
