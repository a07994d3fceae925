/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata without "license". */
#include "tests/bad-plugins/fixture.h"

FIXTURE (no_license, .license = NULL);
