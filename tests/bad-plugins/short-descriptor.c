/* SPDX-License-Identifier: Apache-2.0 */
/* A descriptor that ends before its required members. */
#include "tests/bad-plugins/fixture.h"

FIXTURE (short_descriptor, .struct_size = G_STRUCT_OFFSET (B9PluginDescriptor, license));
