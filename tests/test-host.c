/* SPDX-License-Identifier: Apache-2.0
 *
 * test-host.c: what a provider is told by its host: the command line before the configuration before its own
 * fallback.
 */
#include "config.h"

#include "core/plugin/host.h"
#include "tests/directory-testing.h"

#define KEY(key_name, ...)                                             \
  {                                                                    \
    .struct_size = sizeof (B9ConfigKey), .name = key_name, __VA_ARGS__ \
  }

static const char *const platforms[] = {"systrap", "kvm", NULL};
static const B9ConfigKey platform = KEY ("platform", .type = B9_CONFIG_CHOICE, .choices = platforms,
                                         .fallback = "systrap");
static const B9ConfigKey debug = KEY ("debug", .type = B9_CONFIG_BOOLEAN);
static const B9ConfigKey network = KEY ("network", .type = B9_CONFIG_STRING);
static const B9ConfigKey *const keys[] = {&platform, &debug, &network, NULL};

static const char *config_text; /* of the next host */
static B9Config *config;
static GPtrArray *options;
static B9HostData data;
static B9Host host;

static void
open_host (void)
{
  g_autofree char *path = at_top ("b9run.yaml");
  g_autoptr (GError) error = NULL;

  put_file ("b9run.yaml", config_text != NULL ? config_text : "{}");
  config = b9_config_load (path, &error);
  ck_assert_msg (config != NULL, "%s", error != NULL ? error->message : "no error");
  options = g_ptr_array_new_with_free_func (g_free);
  data = (B9HostData){.config = config, .section = "backends.runsc", .keys = keys, .options = options};
  b9_host_init (&host, &data);
}

static void
close_host (void)
{
  g_clear_pointer (&config, b9_config_free);
  g_clear_pointer (&options, g_ptr_array_unref);
  config_text = NULL;
}

static void
give (const char *name, const char *value)
{
  B9RequestOption *option = g_new0 (B9RequestOption, 1);

  *option = (B9RequestOption){.struct_size = sizeof *option, .name = name, .value = value};
  g_ptr_array_add (options, option);
}

START_TEST (the_command_line_counts_before_the_configuration)
{
  config_text =
      "backends:\n  runsc:\n    platform: kvm\n    network: none\n    debug: true\n    flags: [--a, --b]\n";
  open_host ();
  give ("network", "host");
  give ("network", "sandbox");
  give ("debug", "false");
  ck_assert_uint_eq (host.struct_size, sizeof (B9Host));
  ck_assert_uint_eq (host.abi_minor, B9_ABI_MINOR);
  ck_assert_str_eq (host.config_string (&host, "platform"), "kvm");
  ck_assert_str_eq (host.config_string (&host, "network"), "sandbox");
  ck_assert (!host.config_boolean (&host, "debug"));
  ck_assert_str_eq (host.config_list (&host, "flags")[1], "--b");
  close_host ();
}
END_TEST

START_TEST (the_fallback_counts_last)
{
  open_host ();
  ck_assert_str_eq (host.config_string (&host, "platform"), "systrap");
  ck_assert_ptr_null (host.config_string (&host, "network"));
  ck_assert_ptr_null (host.config_string (&host, "undeclared"));
  ck_assert (!host.config_boolean (&host, "debug"));
  ck_assert_ptr_null (host.config_list (&host, "flags")[0]);
  close_host ();
}
END_TEST

START_TEST (does_without_keys_and_options)
{
  open_host ();
  data.keys = NULL;
  data.options = NULL;
  ck_assert_ptr_null (host.config_string (&host, "platform"));
  ck_assert (b9_host_check_options (&data, "runsc", NULL));
  close_host ();
}
END_TEST

START_TEST (a_path_is_itself)
{
  open_host ();
  g_autofree char *path = host.path (&host, "/proc/self");
  ck_assert_str_eq (path, "/proc/self");
  close_host ();
}
END_TEST

static GLogWriterOutput
note_level (GLogLevelFlags level, const GLogField *fields, gsize count, gpointer seen)
{
  for (gsize i = 0; i < count; i++) {
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      g_string_append_printf (seen, "%d %s\n", (int)(level & G_LOG_LEVEL_MASK),
                              (const char *)fields[i].value);
  }
  return G_LOG_WRITER_HANDLED;
}

static GString *seen; /* by note_level, which stays for the life of the process */

START_TEST (a_plugins_lines_go_to_the_log)
{
  g_autofree char *expected = g_strdup_printf (
      "%d backends.runsc: e\n%d backends.runsc: w\n%d backends.runsc: i\n"
      "%d backends.runsc: d\n",
      G_LOG_LEVEL_WARNING, G_LOG_LEVEL_WARNING, G_LOG_LEVEL_INFO, G_LOG_LEVEL_DEBUG);

  seen = g_string_new (NULL);
  g_log_set_writer_func (note_level, seen, NULL);
  open_host ();
  host.log (&host, B9_LOG_ERROR, "e");
  host.log (&host, B9_LOG_WARNING, "w");
  host.log (&host, B9_LOG_INFO, "i");
  host.log (&host, B9_LOG_DEBUG, "d");
  close_host ();
  ck_assert_str_eq (seen->str, expected);
}
END_TEST

static const struct {
  const char *name, *value, *message;
} refusals[] = {
    {"platfrom", "kvm", "unknown global option --platfrom; did you mean --platform?"},
    {"rooot", "/r", "unknown global option --rooot; did you mean --root?"},
    {"frobnicate", "1",
     "unknown global option --frobnicate; backend runsc has --platform, --debug, --network (see b9run --help "
     "for those of b9run; a command's own go behind it)"},
    {"debug", "yes", "--debug takes true or false, not \"yes\""},
    {"platform", "vm", "--platform=vm: runsc knows systrap, kvm (the value follows a \"=\")"},
};

START_TEST (refuses_options_that_the_provider_does_not_declare)
{
  g_autoptr (GError) error = NULL;

  open_host ();
  give (refusals[_i].name, refusals[_i].value);
  ck_assert (!b9_host_check_options (&data, "runsc", &error));
  assert_failure (error, B9_ERROR_USAGE, refusals[_i].message);
  close_host ();
}
END_TEST

START_TEST (takes_options_of_the_right_type)
{
  open_host ();
  give ("platform", "kvm");
  give ("debug", "true");
  give ("network", "anything");
  ck_assert (b9_host_check_options (&data, "runsc", NULL));
  close_host ();
}
END_TEST

START_TEST (says_that_a_provider_has_no_options)
{
  static const B9ConfigKey *const none[] = {NULL};
  g_autoptr (GError) error = NULL;

  open_host ();
  data.keys = none;
  give ("frobnicate", "1");
  ck_assert (!b9_host_check_options (&data, "runc", &error));
  assert_failure (error, B9_ERROR_USAGE,
                  "unknown global option --frobnicate; backend runc has none of its own (see b9run --help "
                  "for those of b9run; a command's own go behind it)");
  close_host ();
}
END_TEST

int
main (void)
{
  TCase *tests = directory_case ("host");

  tcase_add_test (tests, the_command_line_counts_before_the_configuration);
  tcase_add_test (tests, the_fallback_counts_last);
  tcase_add_test (tests, does_without_keys_and_options);
  tcase_add_test (tests, a_path_is_itself);
  tcase_add_test (tests, a_plugins_lines_go_to_the_log);
  tcase_add_loop_test (tests, refuses_options_that_the_provider_does_not_declare, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (tests, takes_options_of_the_right_type);
  tcase_add_test (tests, says_that_a_provider_has_no_options);
  return run_cases ("host", (TCase *[]){tests, NULL});
}
