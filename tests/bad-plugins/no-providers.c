/* SPDX-License-Identifier: Apache-2.0 */
/* No list of providers. */
#include "tests/bad-plugins/fixture.h"

FIXTURE (no_providers, .providers = NULL);
