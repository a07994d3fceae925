/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata without "version". */
#include "tests/bad-plugins/fixture.h"

FIXTURE (no_version, .version = NULL);
