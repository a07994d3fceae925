/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: a fake of a backend that says what a test wants it to. */
#include "tests/bad-plugins/fixture-probe.h"

static const B9ConfigKey colour = {
    .struct_size = sizeof colour, .name = "colour", .type = B9_CONFIG_STRING, .summary = "A key."};
static const B9ConfigKey *const keys[] = {&colour, NULL};

static void
probe (const B9Host *host, const char *program, const char *root)
{
  if (program != NULL && root != NULL)
    fixture_probe (host, "backend");
}

static const B9Backend vtable = {FIXTURE_BACKEND, .config_keys = keys, .probe = probe};
FIXTURE_WITH_PROVIDER (b9_backend_asked, .name = "asked", .vtable = &vtable);
