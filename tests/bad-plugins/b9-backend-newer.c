/* SPDX-License-Identifier: Apache-2.0 */
/* No flaw: built with the headers of a newer minor version, and can do without what they add. */
#include "tests/bad-plugins/fixture.h"

typedef struct {
  B9Backend backend;
  void (*added_later) (void);
} NewerBackend;

typedef struct {
  B9PluginDescriptor descriptor;
  const char *added_later;
} NewerDescriptor;

static const NewerBackend backend = {{FIXTURE_BACKEND, .struct_size = sizeof (NewerBackend)}, NULL};
static const B9Provider provider = {FIXTURE_PROVIDER, .name = "newer", .vtable = &backend};
static const B9Provider *const providers[] = {&provider, NULL};

extern B9_EXPORT const NewerDescriptor b9_backend_newer_LTX_b9_plugin;
const NewerDescriptor b9_backend_newer_LTX_b9_plugin = {
    {FIXTURE_DESCRIPTOR, .struct_size = sizeof (NewerDescriptor), .providers = providers},
    "later",
};
