/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata whose "name" is there and empty. */
#include "tests/bad-plugins/fixture.h"

FIXTURE (empty_name, .name = "");
