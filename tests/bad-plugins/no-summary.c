/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata without "summary". */
#include "tests/bad-plugins/fixture.h"

FIXTURE (no_summary, .summary = NULL);
