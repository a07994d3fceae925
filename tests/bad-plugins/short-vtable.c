/* SPDX-License-Identifier: Apache-2.0 */
/* A backend whose vtable ends before "build_argv". */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_BACKEND (short_vtable, .struct_size = G_STRUCT_OFFSET (B9Backend, build_argv));
