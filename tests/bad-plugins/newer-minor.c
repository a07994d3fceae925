/* SPDX-License-Identifier: Apache-2.0 */
/* Cannot do without an addition that this host does not have. */
#include "tests/bad-plugins/fixture.h"

FIXTURE (newer_minor, .abi_minor_required = B9_ABI_MINOR + 7);
