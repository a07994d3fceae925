/* SPDX-License-Identifier: Apache-2.0
 *
 * test-arguments.c: how command lines are read.
 */
#include "config.h"

#include "core/cli/arguments.h"
#include "tests/suite-testing.h"

static const B9Option options[] = {
    {.name = "bundle", .short_name = 'b', .takes = B9_TAKES_VALUE, .value = "DIR", .summary = "the bundle"},
    {.name = "detach", .short_name = 'd', .takes = B9_TAKES_NOTHING, .summary = "do not wait"},
    {.name = "env", .short_name = 'e', .takes = B9_TAKES_MANY, .value = "N=V", .summary = "a variable"},
    {.name = "preserve-fds", .takes = B9_TAKES_NUMBER, .value = "N", .summary = "more descriptors"},
    {.name = "no-new-keyring", .takes = B9_TAKES_NOTHING, .summary = "keep the keyring"},
    {.name = NULL},
};

/* "name=value name=value | argument argument @position" */
static char *
describe (const B9Line *line, guint position)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < line->options->len; i++) {
    const B9RequestOption *option = g_ptr_array_index (line->options, i);

    ck_assert_uint_eq (option->struct_size, sizeof (B9RequestOption));
    g_string_append_printf (text, "%s=%s ", option->name, option->value);
  }
  g_string_append_c (text, '|');
  for (guint i = 0; i < line->arguments->len; i++)
    g_string_append_printf (text, " %s", (const char *)g_ptr_array_index (line->arguments, i));
  g_string_append_printf (text, " @%u", position);
  return g_string_free (text, FALSE);
}

static B9Line *
parse (const B9Grammar *grammar, const char *words, guint *position, GError **error)
{
  g_auto (GStrv) list = g_strsplit (words, " ", -1);

  *position = 0;
  return b9_parse_line (grammar, (const char *const *)list, position, error);
}

typedef struct {
  const char *words;
  const char *expected;
} Row;

static const Row command_rows[] = {
    {"c1", "| c1 @1"},
    {"--bundle /b c1", "bundle=/b | c1 @3"},
    {"--bundle=/b c1", "bundle=/b | c1 @2"},
    {"-bundle /b c1", "bundle=/b | c1 @3"},
    {"-bundle=/b c1", "bundle=/b | c1 @2"},
    {"-b /b c1", "bundle=/b | c1 @3"},
    {"-b=/b c1", "bundle=/b | c1 @2"},
    {"--b /b c1", "bundle=/b | c1 @3"},
    {"--bundle= c1", "bundle= | c1 @2"},
    {"--bundle --detach c1", "bundle=--detach | c1 @3"},
    {"--bundle -- c1", "bundle=-- | c1 @3"},
    {"--detach c1", "detach=true | c1 @2"},
    {"-no-new-keyring c1", "no-new-keyring=true | c1 @2"},
    {"--detach=true c1", "detach=true | c1 @2"},
    {"--detach=T c1", "detach=true | c1 @2"},
    {"--detach=1 c1", "detach=true | c1 @2"},
    {"--detach=0 c1", "detach=false | c1 @2"},
    {"--detach=FALSE c1", "detach=false | c1 @2"},
    {"--detach false", "detach=true | false @2"},
    {"-e A=1 --env=B=2 --env C= c1", "env=A=1 env=B=2 env=C= | c1 @6"},
    {"c1 -d", "detach=true | c1 @2"},
    {"c1 - x", "| c1 - x @3"},
    {"c1 -- -d --bundle", "| c1 -d --bundle @4"},
    {"-- --", "| -- @2"},
    {"--bundle /a --bundle /b", "bundle=/a bundle=/b | @4"},
};

START_TEST (reads_options_as_go_does)
{
  const B9Grammar grammar = {.options = options, .where = "b9run run"};
  g_autoptr (GError) error = NULL;
  guint position;
  g_autoptr (B9Line) line = parse (&grammar, command_rows[_i].words, &position, &error);

  ck_assert_msg (line != NULL, "%s: %s", command_rows[_i].words, error != NULL ? error->message : "no error");
  ck_assert_ptr_null (error);
  g_autofree char *described = describe (line, position);
  ck_assert_str_eq (described, command_rows[_i].expected);
}
END_TEST

static const Row exec_rows[] = {
    {"-d c1 sh -d --bundle x", "detach=true | c1 sh -d --bundle x @6"},
    {"c1 -- sh", "| c1 -- sh @3"},
    {"-- c1 -d", "| c1 -d @3"},
};

START_TEST (options_end_at_the_first_argument_of_exec)
{
  const B9Grammar grammar = {.options = options, .ends_at_argument = TRUE, .where = "b9run exec"};
  guint position;
  g_autoptr (B9Line) line = parse (&grammar, exec_rows[_i].words, &position, NULL);

  ck_assert_ptr_nonnull (line);
  g_autofree char *described = describe (line, position);
  ck_assert_str_eq (described, exec_rows[_i].expected);
}
END_TEST

static const Row global_rows[] = {
    {"--bundle x state c1", "bundle=x | @2"},
    {"--platform=kvm state --detach", "platform=kvm | @1"},
    {"--net-raw state", "net-raw=true | @1"},
    {"-platform=kvm state", "platform=kvm | @1"},
    {"--platform= state", "platform= | @1"},
    {"state --bundle", "| @0"},
    {"-d", "detach=true | @1"},
    {"-- state", "| @1"},
};

START_TEST (global_options_end_before_the_command)
{
  const B9Grammar grammar = {.options = options, .keeps_unknown = TRUE, .where = "b9run"};
  guint position;
  g_autoptr (B9Line) line = parse (&grammar, global_rows[_i].words, &position, NULL);

  ck_assert_ptr_nonnull (line);
  g_autofree char *described = describe (line, position);
  ck_assert_str_eq (described, global_rows[_i].expected);
}
END_TEST

static const Row refusals[] = {
    {"--bundle", "b9run run: flag needs an argument: --bundle"},
    {"-b", "b9run run: flag needs an argument: --bundle"},
    {"--detach=yes", "b9run run: invalid boolean value \"yes\" for --detach: write true or false"},
    {"-d=", "b9run run: invalid boolean value \"\" for --detach: write true or false"},
    {"--preserve-fds x", "b9run run: --preserve-fds takes a number, not \"x\""},
    {"--preserve-fds=-1", "b9run run: --preserve-fds takes a number, not \"-1\""},
    {"--preserve-fds=", "b9run run: --preserve-fds takes a number, not \"\""},
    {"--dettach c1", "b9run run: unknown option --dettach; did you mean --detach?"},
    {"--new-keyring", "b9run run: unknown option --new-keyring; did you mean --no-new-keyring?"},
    {"--frobnicate=1", "b9run run: unknown option --frobnicate=1; see --help"},
    {"-x", "b9run run: unknown option -x; see --help"},
    {"---detach", "b9run run: unknown option ---detach; did you mean --detach?"},
    {"--=x", "b9run run: unknown option --=x; see --help"},
    {"-=", "b9run run: unknown option -=; see --help"},
};

START_TEST (refuses_what_it_does_not_know)
{
  const B9Grammar grammar = {.options = options, .where = "b9run run"};
  g_autoptr (GError) error = NULL;
  guint position;

  ck_assert_ptr_null (parse (&grammar, refusals[_i].words, &position, &error));
  assert_failure (error, B9_ERROR_USAGE, refusals[_i].expected);
}
END_TEST

START_TEST (the_last_value_of_an_option_counts)
{
  const B9Grammar grammar = {.options = options, .where = "b9run run"};
  guint position;
  g_autoptr (B9Line) line = parse (&grammar, "--bundle /a c1 -d --bundle=/b --detach=false c2", &position,
                                   NULL);

  ck_assert_str_eq (b9_line_value (line, "bundle"), "/b");
  ck_assert (!b9_line_flag (line, "detach"));
  ck_assert_ptr_null (b9_line_value (line, "env"));
  ck_assert (!b9_line_flag (line, "env"));
  ck_assert_str_eq (b9_line_argument (line, 1), "c2");
  ck_assert_ptr_null (b9_line_argument (line, 2));
  b9_line_free (NULL);
}
END_TEST

START_TEST (knows_no_option_without_a_table)
{
  const B9Grammar grammar = {.where = "b9run start"};
  g_autoptr (GError) error = NULL;
  guint position;

  ck_assert_ptr_null (parse (&grammar, "--detach", &position, &error));
  assert_failure (error, B9_ERROR_USAGE, "b9run start: unknown option --detach; see --help");
}
END_TEST

START_TEST (prints_a_table_of_options)
{
  g_autoptr (GString) text = g_string_new (NULL);

  b9_print_options (text, options);
  ck_assert_str_eq (text->str, "  -b, --bundle DIR               the bundle\n"
                               "  -d, --detach                   do not wait\n"
                               "  -e, --env N=V                  a variable\n"
                               "  --preserve-fds N               more descriptors\n"
                               "  --no-new-keyring               keep the keyring\n");
}
END_TEST

int
main (void)
{
  TCase *reading = tcase_create ("reading");

  tcase_add_loop_test (reading, reads_options_as_go_does, 0, G_N_ELEMENTS (command_rows));
  tcase_add_loop_test (reading, options_end_at_the_first_argument_of_exec, 0, G_N_ELEMENTS (exec_rows));
  tcase_add_loop_test (reading, global_options_end_before_the_command, 0, G_N_ELEMENTS (global_rows));
  tcase_add_loop_test (reading, refuses_what_it_does_not_know, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (reading, the_last_value_of_an_option_counts);
  tcase_add_test (reading, knows_no_option_without_a_table);
  tcase_add_test (reading, prints_a_table_of_options);
  return run_cases ("arguments", (TCase *[]){reading, NULL});
}
