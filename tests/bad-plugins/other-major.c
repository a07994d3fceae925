/* SPDX-License-Identifier: Apache-2.0 */
/* Built for the plugin ABI of another major version. */
#include "tests/bad-plugins/fixture.h"

FIXTURE (other_major, .abi_major = B9_ABI_MAJOR + 1);
