/* SPDX-License-Identifier: Apache-2.0 */
/* A descriptor that claims to be larger than it is. */
#include "tests/bad-plugins/fixture.h"

FIXTURE (lying_size, .struct_size = 4096);
