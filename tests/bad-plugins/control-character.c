/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata that would play with a terminal. */
#include "tests/bad-plugins/fixture.h"

FIXTURE (control_character, .version = "1.0\033[2J");
