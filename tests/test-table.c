/* SPDX-License-Identifier: Apache-2.0
 *
 * test-table.c: the matrix as people read it, compared as a whole: in a pipe, on a terminal, on a narrow one.
 */
#include "config.h"

#include "core/capability/table.h"
#include "tests/suite-testing.h"

#define CELL(id, how, why)                                                                  \
  {                                                                                         \
    .capability = (char *)(id), .provider = (char *)"backend a", .state = (how),            \
    .evidence_kind = B9_EVIDENCE_PROBE, .evidence = (char *)"seen", .reason = (char *)(why) \
  }

static B9MatrixCell cells[] = {
    CELL ("exec", B9_CAPABILITY_SUPPORTED, NULL),
    CELL ("gpu.mig", B9_CAPABILITY_UNSUPPORTED, "nothing knows the device nodes of a part of a GPU"),
    CELL ("pause", B9_CAPABILITY_CONDITIONAL, "slow"),
    CELL ("zz", B9_CAPABILITY_UNKNOWN, "who knows"),
};

/* A column with the cells of @which, by their index. */
static void
add_column (GPtrArray *columns, const char *backend, const char *problem, const char *which)
{
  B9TableColumn *column = b9_table_column_new (backend);

  column->problem = g_strdup (problem);
  if (problem == NULL) {
    column->cells = g_ptr_array_new ();
    for (const char *p = which; *p != '\0'; p++)
      g_ptr_array_add (column->cells, &cells[*p - '0']);
  }
  g_ptr_array_add (columns, column);
}

static GPtrArray *
three_columns (void)
{
  GPtrArray *columns = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_table_column_free);

  add_column (columns, "runc", NULL, "012");
  add_column (columns, "gone", "its program is not there", "");
  add_column (columns, "longer-name", NULL, "13");
  return columns;
}

static void
assert_table (const GPtrArray *columns, B9TableStyle style, const char *expected)
{
  g_autofree char *text = b9_table (columns, &style);

  ck_assert_str_eq (text, expected);
}

START_TEST (a_pipe_gets_words)
{
  g_autoptr (GPtrArray) columns = three_columns ();

  assert_table (columns, (B9TableStyle){0},
                "CAPABILITY  runc         gone         longer-name\n"
                "exec        supported    -            -\n"
                "gpu.mig     unsupported  -            unsupported\n"
                "pause       conditional  -            -\n"
                "zz          -            -            unknown\n"
                "\n"
                "gone: its program is not there\n");
}
END_TEST

START_TEST (a_terminal_gets_symbols_and_colours)
{
  g_autoptr (GPtrArray) columns = three_columns ();

  assert_table (columns, (B9TableStyle){.colour = TRUE, .symbols = TRUE, .width = 80},
                "CAPABILITY  runc  gone  longer-name\n"
                "exec        \033[32m✓\033[0m     \033[2m·\033[0m     \033[2m·\033[0m\n"
                "gpu.mig     \033[31m✗\033[0m     \033[2m·\033[0m     \033[31m✗\033[0m\n"
                "pause       \033[33m◐\033[0m     \033[2m·\033[0m     \033[2m·\033[0m\n"
                "zz          \033[2m·\033[0m     \033[2m·\033[0m     \033[36m?\033[0m\n"
                "\n"
                "\033[32m✓\033[0m supported   \033[33m◐\033[0m conditional   \033[36m?\033[0m unknown   "
                "\033[31m✗\033[0m unsupported\n"
                "\n"
                "gone: its program is not there\n");
}
END_TEST

START_TEST (backends_that_do_not_fit_continue_below)
{
  g_autoptr (GPtrArray) columns = three_columns ();

  assert_table (columns, (B9TableStyle){.width = 40},
                "CAPABILITY  runc         gone\n"
                "exec        supported    -\n"
                "gpu.mig     unsupported  -\n"
                "pause       conditional  -\n"
                "zz          -            -\n"
                "\n"
                "CAPABILITY  longer-name\n"
                "exec        -\n"
                "gpu.mig     unsupported\n"
                "pause       -\n"
                "zz          unknown\n"
                "\n"
                "gone: its program is not there\n");
}
END_TEST

START_TEST (one_backend_has_its_reasons_beside_it)
{
  g_autoptr (GPtrArray) columns = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_table_column_free);

  add_column (columns, "runc", NULL, "0123");
  assert_table (columns, (B9TableStyle){0},
                "CAPABILITY  runc\n"
                "exec        supported\n"
                "gpu.mig     unsupported  nothing knows the device nodes of a part of a GPU\n"
                "pause       conditional  slow\n"
                "zz          unknown      who knows\n");
  assert_table (columns, (B9TableStyle){.symbols = TRUE, .width = 40},
                "CAPABILITY  runc\n"
                "exec        ✓\n"
                "gpu.mig     ✗  nothing knows the device\n"
                "               nodes of a part of a GPU\n"
                "pause       ◐  slow\n"
                "zz          ?  who knows\n"
                "\n"
                "✓ supported   ◐ conditional   ? unknown   ✗ unsupported\n");
}
END_TEST

START_TEST (a_terminal_too_narrow_for_reasons_gets_them_unwrapped)
{
  g_autoptr (GPtrArray) columns = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_table_column_free);

  add_column (columns, "runc", NULL, "1");
  assert_table (columns, (B9TableStyle){.width = 10},
                "CAPABILITY  runc\n"
                "gpu.mig     unsupported  nothing knows the device nodes of a part of a GPU\n");
}
END_TEST

START_TEST (a_missing_backend_alone_is_its_problem)
{
  g_autoptr (GPtrArray) columns = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_table_column_free);

  add_column (columns, "gone", "its program is not there", "");
  assert_table (columns, (B9TableStyle){.symbols = TRUE}, "gone: its program is not there\n");
}
END_TEST

int
main (void)
{
  TCase *tests = tcase_create ("table");

  tcase_add_test (tests, a_pipe_gets_words);
  tcase_add_test (tests, a_terminal_gets_symbols_and_colours);
  tcase_add_test (tests, backends_that_do_not_fit_continue_below);
  tcase_add_test (tests, one_backend_has_its_reasons_beside_it);
  tcase_add_test (tests, a_terminal_too_narrow_for_reasons_gets_them_unwrapped);
  tcase_add_test (tests, a_missing_backend_alone_is_its_problem);
  return run_cases ("table", (TCase *[]){tests, NULL});
}
