/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata without "name". */
#include "tests/bad-plugins/fixture.h"

FIXTURE (no_name, .name = NULL);
