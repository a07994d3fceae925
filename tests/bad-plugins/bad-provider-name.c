/* SPDX-License-Identifier: Apache-2.0 */
/* A provider whose name would be a path. */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_PROVIDER (bad_provider_name, .name = "../evil");
