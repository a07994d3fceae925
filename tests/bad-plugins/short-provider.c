/* SPDX-License-Identifier: Apache-2.0 */
/* A provider that ends before its vtable. */
#include "tests/bad-plugins/fixture.h"

FIXTURE_WITH_PROVIDER (short_provider, .struct_size = G_STRUCT_OFFSET (B9Provider, vtable));
