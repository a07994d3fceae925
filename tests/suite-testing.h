/* SPDX-License-Identifier: Apache-2.0
 *
 * suite-testing.h: what nearly every suite needs: errors compared by code and whole message, and the run of
 * its cases.
 */
#ifndef B9_SUITE_TESTING_H
#define B9_SUITE_TESTING_H

#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include <b9run/b9-error.h>

static inline void
assert_failure (const GError *error, B9Error code, const char *message)
{
  ck_assert_ptr_nonnull (error);
  ck_assert_str_eq (error->message, message);
  ck_assert (error->domain == B9_ERROR);
  ck_assert_int_eq (error->code, (int)code);
}

/* @cases end with NULL. */
static inline int
run_cases (const char *name, TCase *const *cases)
{
  Suite *suite = suite_create (name);
  SRunner *runner;
  int failed;

  for (; *cases != NULL; cases++)
    suite_add_tcase (suite, *cases);
  runner = srunner_create (suite);
  srunner_run_all (runner, CK_ENV);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif /* B9_SUITE_TESTING_H */
