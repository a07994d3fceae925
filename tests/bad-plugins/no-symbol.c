/* SPDX-License-Identifier: Apache-2.0 */
/* A shared object that is no plugin. */
#include "tests/bad-plugins/fixture.h"

extern B9_EXPORT int an_ordinary_library;
int an_ordinary_library = 42;
