/* SPDX-License-Identifier: Apache-2.0 */
/* Something else that happens to export the symbol. */
#include "tests/bad-plugins/fixture.h"

FIXTURE (wrong_magic, .magic = 0x12345678u);
