/* SPDX-License-Identifier: Apache-2.0
 *
 * backend-testing.h: what the tests of the backends share: requests from words, and whole command lines to
 * compare.
 */
#ifndef B9_BACKEND_TESTING_H
#define B9_BACKEND_TESTING_H

#include <string.h>

#include <b9run/b9-backend.h>

#include "tests/suite-testing.h"

#define TESTED_PROGRAM "/opt/bin/tested"
#define TESTED_ROOT "/run/tested"

/* A request without options and arguments, to be filled in. */
#define REQUEST(operation_name, ...)                                               \
  {                                                                                \
    .struct_size = sizeof (B9Request), .operation = B9_OPERATION_##operation_name, \
    .program = TESTED_PROGRAM, .root = TESTED_ROOT, __VA_ARGS__                    \
  }

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

#define OPTION(option_name, option_value) \
  (&(const B9RequestOption){              \
      .struct_size = sizeof (B9RequestOption), .name = option_name, .value = option_value})

#define OPTIONS(...) ((const B9RequestOption *const[]){__VA_ARGS__, NULL})

typedef char **(*BuildArgv) (const B9Host *host, const B9Request *request, GError **error);

/* The whole command line, its words joined by spaces; no word of these tests has one, but for those that say
 * so. */
static inline void
expect_argv (BuildArgv build, const B9Request *request, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = build (NULL, request, &error);
  g_autofree char *line = argv != NULL ? g_strjoinv (" ", argv) : NULL;

  ck_assert_msg (argv != NULL, "refused: %s", error != NULL ? error->message : "without an error");
  ck_assert_ptr_null (error);
  ck_assert_str_eq (line, expected);
}

static inline void
expect_refusal (BuildArgv build, const B9Request *request, B9Error code, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = build (NULL, request, &error);

  ck_assert_ptr_null (argv);
  assert_failure (error, code, message);
}

typedef void (*ExplainFailure) (const B9Host *host, const B9Request *request, int exit_status,
                                const char *message, GError **error);

static inline void
expect_meaning (ExplainFailure explain, B9Operation operation, const char *said, B9Error code,
                const char *message)
{
  const B9Request request = {.struct_size = sizeof (B9Request), .operation = operation, .id = "c1"};
  g_autoptr (GError) error = NULL;

  explain (NULL, &request, operation == B9_OPERATION_PAUSE ? 2 : 128, said, &error);
  assert_failure (error, code, message);
}

#endif /* B9_BACKEND_TESTING_H */
