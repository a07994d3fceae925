/* SPDX-License-Identifier: Apache-2.0 */
/* Calls a function that does not exist. */
#include "tests/bad-plugins/fixture.h"

extern void b9_fixture_nowhere_to_be_found (void);

static char **
unresolved_build_argv (const B9Host *host, const B9Request *request, GError **error)
{
  b9_fixture_nowhere_to_be_found ();
  return fixture_build_argv (host, request, error);
}

FIXTURE_WITH_BACKEND (unresolved, .build_argv = unresolved_build_argv);
