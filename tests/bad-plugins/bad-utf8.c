/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata in Latin-1. */
#include "tests/bad-plugins/fixture.h"

FIXTURE (bad_utf8, .summary = "Fr\374hst\374ck.");
