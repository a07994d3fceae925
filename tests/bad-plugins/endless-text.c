/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata that never ends. */
#include "tests/bad-plugins/fixture.h"

#define TEN(x) x x x x x x x x x x

FIXTURE (endless_text, .license = TEN (TEN (TEN ("MIT or "))));
