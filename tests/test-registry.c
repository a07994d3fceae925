/* SPDX-License-Identifier: Apache-2.0
 *
 * test-registry.c: which modules are found, opened, accepted and refused, and with which words.
 *
 * What is wrong with a file before it is opened is test-module-file.c's.
 */
#include "config.h"

#include "tests/plugin-testing.h"

typedef struct {
  const char *fixture;
  const char *sentence;
} Refusal;

static const Refusal refusals[] = {
    {"wrong-magic",
     "its descriptor begins with 0x12345678 and not with 0x31503942; begin it with B9_PLUGIN_PREFIX of "
     "<b9run/b9-plugin.h>"},
    {"other-major", "it is built for plugin ABI 2, and this b9run has 1; install its build for this b9run"},
    {"newer-minor",
     "it needs plugin ABI 1.7, and this b9run has 1.0; update b9run, or install an older version of it"},
    {"tiny-symbol", "its descriptor has only 4 bytes; declare it by B9_PLUGIN_DEFINE"},
    {"no-name", "the \"name\" in its descriptor is missing; correct it and build the plugin again"},
    {"no-version", "the \"version\" in its descriptor is missing; correct it and build the plugin again"},
    {"no-license", "the \"license\" in its descriptor is missing; correct it and build the plugin again"},
    {"no-summary", "the \"summary\" in its descriptor is missing; correct it and build the plugin again"},
    {"empty-name", "the \"name\" in its descriptor is missing; correct it and build the plugin again"},
    {"bad-utf8", "the \"summary\" in its descriptor is not UTF-8; correct it and build the plugin again"},
    {"control-character",
     "the \"version\" in its descriptor holds a control character; correct it and build the plugin again"},
    {"endless-text",
     "the \"license\" in its descriptor is longer than 1024 bytes; correct it and build the plugin again"},
    {"no-providers", "it provides nothing; list its providers in .providers of its descriptor"},
    {"empty-providers", "it provides nothing; list its providers in .providers of its descriptor"},
    {"too-many-providers", "it lists more than 64 providers; end the list by NULL, or split the plugin"},
    {"no-provider-name",
     "the name of its provider 1 (backend) is missing; correct it and build the plugin again"},
    {"bad-provider-name", "its provider 1 (backend) is called \"../evil\"; names are of a-z, 0-9 and \"-\", "
                          "and begin with a letter"},
    {"no-vtable", "its backend \"flawed\" has no vtable; set .vtable in its B9Provider"},
    {"twice", "it provides the backend \"flawed\" twice; give one of them another name"},
    {"no-programs",
     "its backend \"flawed\" lacks \"programs\", which every backend must have; set it in its B9Backend"},
    {"no-default-root",
     "its backend \"flawed\" lacks \"default_root\", which every backend must have; set it in its B9Backend"},
    {"no-find",
     "its backend \"flawed\" lacks \"find\", which every backend must have; set it in its B9Backend"},
    {"no-way",
     "its backend \"flawed\" lacks \"way\", which every backend must have; set it in its B9Backend"},
    {"no-build-argv",
     "its backend \"flawed\" lacks \"build_argv\", which every backend must have; set it in its B9Backend"},
    {"short-vtable",
     "its backend \"flawed\" lacks \"build_argv\", which every backend must have; set it in its B9Backend, "
     "and .struct_size = sizeof (B9Backend)"},
    {"empty-programs", "its backend \"flawed\" lists no program in \"programs\"; name at least one"},
    {"program-path",
     "its backend \"flawed\" has the program \"bin/fixture\"; give a name to look up in PATH, without "
     "\"/\""},
    {"relative-root",
     "its backend \"flawed\" has the \"default_root\" \"run/fixture\"; make it an absolute path"},
    {"short-key",
     "its backend \"flawed\" has a configuration key 1 that is too small; set .struct_size = sizeof "
     "(B9ConfigKey)"},
    {"bad-key-name",
     "its backend \"flawed\" has a configuration key called \"Debug Log\"; names are of a-z, 0-9 and "
     "\"-\", and begin with a letter"},
    {"reserved-key",
     "its backend \"flawed\" declares the key \"root\", which every backend has already; remove it"},
    {"unknown-key-type",
     "its backend \"flawed\" has the key \"debug\" of the unknown type 99; use one of B9ConfigType"},
    {"no-key-summary", "its backend \"flawed\" has the key \"debug\" whose summary is missing; correct it"},
    {"no-choices", "its backend \"flawed\" has the key \"debug\" with no choices; list them in .choices"},
    {"unresolved",
     "it needs the symbol \"b9_fixture_nowhere_to_be_found\", which no library that it links defines; link "
     "that library, and build with -Wl,-z,defs to find such a gap early"},
    {"no-symbol",
     "it exports no \"no_symbol_LTX_b9_plugin\"; if it is a plugin of b9run, declare its descriptor by "
     "B9_PLUGIN_DEFINE with that name, which comes from the name of the file"},
    {"unknown-kind",
     "it provides only what this b9run does not know (\"flawed\" of kind 4711); update b9run"},
};

/* How often @module was opened, by its constructor's account. */
static guint
times_opened (const char *module)
{
  g_autofree char *content = NULL;
  g_auto (GStrv) lines = NULL;
  guint count = 0;

  if (!g_file_get_contents (witness, &content, NULL, NULL))
    return 0;
  lines = g_strsplit (content, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    count += g_str_equal (lines[i], module);
  return count;
}

static const B9Provider *
find (B9Registry *registry, const char *name)
{
  g_autoptr (GError) error = NULL;
  const B9Provider *provider = b9_registry_find (registry, B9_PROVIDER_BACKEND, name, &error);

  ck_assert_msg (provider != NULL, "%s", error != NULL ? error->message : "no error");
  ck_assert_ptr_null (error);
  ck_assert_str_eq (provider->name, name);
  return provider;
}

static char *
find_nothing (B9Registry *registry, const char *name)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (b9_registry_find (registry, B9_PROVIDER_BACKEND, name, &error));
  ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_BACKEND_UNKNOWN));
  return g_strdup (error->message);
}

START_TEST (refuses_each_flawed_module_with_its_sentence)
{
  const Refusal *refusal = &refusals[_i];
  g_autoptr (B9Registry) registry = b9_registry_new (directories);

  install (refusal->fixture);
  assert_refused (find_module (b9_registry_load_all (registry), refusal->fixture), refusal->sentence);
}
END_TEST

/* The sizes are this machine's. */
START_TEST (refuses_structures_of_the_wrong_size)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  g_autofree char *too_small = g_strdup_printf ("its descriptor says that it has %zu bytes, too few for the "
                                                "%zu of the required members; begin it with B9_PLUGIN_PREFIX",
                                                G_STRUCT_OFFSET (B9PluginDescriptor, license),
                                                sizeof (B9PluginDescriptor));
  g_autofree char *provider = g_strdup_printf (
      "its provider 1 says that it has %zu bytes, too few for the required members; "
      "set .struct_size = sizeof (B9Provider)",
      G_STRUCT_OFFSET (B9Provider, vtable));

  install ("short-descriptor");
  install ("lying-size");
  install ("short-provider");
  assert_refused (find_module (b9_registry_load_all (registry), "short-descriptor"), too_small);
  assert_refused (
      find_module (b9_registry_load_all (registry), "lying-size"),
      "its descriptor says that it has 4096 bytes, more than there are; begin it with B9_PLUGIN_PREFIX");
  assert_refused (find_module (b9_registry_load_all (registry), "short-provider"), provider);
}
END_TEST

START_TEST (one_flawed_module_never_stops_the_rest)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  const GPtrArray *modules = NULL;
  guint accepted = 0;

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    install (refusals[i].fixture);
  install ("b9-backend-good");
  modules = b9_registry_load_all (registry);
  ck_assert_uint_eq (modules->len, G_N_ELEMENTS (refusals) + 1);
  for (guint i = 0; i < modules->len; i++)
    accepted += ((const B9Module *)modules->pdata[i])->refusal == NULL;
  ck_assert_uint_eq (accepted, 1);
  assert_accepted (find_module (modules, "b9-backend-good"));
  find (registry, "good");
}
END_TEST

START_TEST (names_the_library_that_a_module_misses)
{
  gsize size = 0;
  g_autofree char *content = read_fixture ("b9-backend-good", &size);
  char *needed = memmem (content, size, "libc.so.6", sizeof "libc.so.6");
  g_autoptr (B9Registry) registry = b9_registry_new (directories);

  ck_assert_ptr_nonnull (needed);
  memcpy (needed, "lib9.so.9", strlen ("lib9.so.9"));
  g_free (put_module (plugins, "b9-backend-good", content, size));
  assert_refused (find_module (b9_registry_load_all (registry), "b9-backend-good"),
                  "it needs the library \"lib9.so.9\", which is not installed; install it");
}
END_TEST

START_TEST (refuses_a_name_that_another_module_has)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  g_autofree char *good = install_in (plugins, "b9-backend-good");
  g_autofree char *sentence = g_strdup_printf (
      "its backend \"good\" is provided by %s already; remove one of the two files", good);

  install ("duplicate");
  assert_refused (find_module (b9_registry_load_all (registry), "duplicate"), sentence);
  assert_accepted (find_module (b9_registry_load_all (registry), "b9-backend-good"));
}
END_TEST

START_TEST (a_name_belongs_to_the_file_that_is_called_like_it)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  g_autofree char *other = install_in (plugins, "b9-backend-other");
  g_autofree char *sentence = g_strdup_printf (
      "its backend \"other\" is provided by %s already; remove one of the two files", other);

  install ("a-squatter");
  assert_refused (find_module (b9_registry_load_all (registry), "a-squatter"), sentence);
  assert_accepted (find_module (b9_registry_load_all (registry), "b9-backend-other"));
}
END_TEST

START_TEST (finds_a_backend_in_a_file_of_another_name)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);

  install ("a-squatter");
  find (registry, "other");
}
END_TEST

START_TEST (the_first_directory_wins)
{
  g_autofree char *second = below (top, "second");
  g_autoptr (B9Registry) registry = NULL;
  g_autofree char *first_file = install_in (plugins, "b9-backend-good");
  g_autofree char *second_file = NULL;
  const GPtrArray *modules = NULL;

  ck_assert_int_eq (g_mkdir (second, 0755), 0);
  second_file = install_in (second, "b9-backend-good");
  directories[1] = second;
  registry = b9_registry_new (directories);
  find (registry, "good");
  ck_assert_uint_eq (times_opened ("b9_backend_good"), 1);
  modules = b9_registry_load_all (registry);
  ck_assert_uint_eq (modules->len, 2);
  ck_assert_str_eq (((const B9Module *)modules->pdata[0])->path, first_file);
  ck_assert_str_eq (((const B9Module *)modules->pdata[1])->path, second_file);
  assert_accepted (modules->pdata[0]);
  ck_assert (strstr (((const B9Module *)modules->pdata[1])->refusal, first_file) != NULL);
}
END_TEST

START_TEST (a_refused_module_leaves_its_name_to_the_next_directory)
{
  g_autofree char *second = below (top, "second");
  g_autoptr (B9Registry) registry = NULL;

  ck_assert_int_eq (g_mkdir (second, 0755), 0);
  g_free (put_module (plugins, "b9-backend-good", "junk", 4));
  g_free (install_in (second, "b9-backend-good"));
  directories[1] = second;
  registry = b9_registry_new (directories);
  find (registry, "good");
}
END_TEST

START_TEST (opens_nothing_until_something_is_wanted)
{
  g_autoptr (B9Registry) registry = NULL;
  g_autoptr (GPtrArray) providers = NULL;

  install ("b9-backend-good");
  registry = b9_registry_new (directories);
  providers = b9_registry_providers (registry, B9_PROVIDER_BACKEND);
  ck_assert_uint_eq (providers->len, 0);
  ck_assert_uint_eq (times_opened ("b9_backend_good"), 0);
}
END_TEST

START_TEST (opens_one_module_for_one_backend)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);

  install ("b9-backend-good");
  install ("b9-backend-other");
  install ("a-squatter");
  find (registry, "other");
  find (registry, "other");
  ck_assert_uint_eq (times_opened ("b9_backend_other"), 1);
  ck_assert_uint_eq (times_opened ("b9_backend_good"), 0);
  ck_assert_uint_eq (times_opened ("a_squatter"), 0);
}
END_TEST

START_TEST (opens_each_module_once_when_all_are_wanted_later)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  const GPtrArray *modules = NULL;

  install ("b9-backend-good");
  install ("b9-backend-other");
  find (registry, "other");
  modules = b9_registry_load_all (registry);
  ck_assert_uint_eq (modules->len, 2);
  ck_assert_ptr_eq (modules, b9_registry_load_all (registry));
  ck_assert_ptr_eq (modules->pdata[0], find_module (modules, "b9-backend-good"));
  ck_assert_ptr_eq (modules->pdata[1], find_module (modules, "b9-backend-other"));
  ck_assert_uint_eq (times_opened ("b9_backend_good"), 1);
  ck_assert_uint_eq (times_opened ("b9_backend_other"), 1);
}
END_TEST

START_TEST (an_unknown_backend_lists_those_there_are_and_those_refused)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  g_autofree char *junk = put_module (plugins, "b9-backend-junk", "junk", 4);
  g_autofree char *message = NULL;
  g_autofree char *expected = NULL;

  install ("b9-backend-good");
  install ("b9-backend-other");
  message = find_nothing (registry, "junk");
  expected = g_strdup_printf (
      "no plugin provides the backend \"junk\"; there is: good, other; refused: %s: it is no ELF "
      "file; remove it, or build it again if it should be a plugin; looked in: %s",
      junk, plugins);
  ck_assert_str_eq (message, expected);
}
END_TEST

START_TEST (without_plugins_the_error_says_where_it_looked)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  g_autofree char *message = find_nothing (registry, "runc");
  g_autofree char *expected = g_strdup_printf (
      "no plugin provides the backend \"runc\"; there is none; looked in: %s", plugins);

  ck_assert_str_eq (message, expected);
}
END_TEST

START_TEST (without_a_directory_the_error_says_so)
{
  const char *const missing[] = {"/nonexistent/b9run/plugins", NULL};
  g_autoptr (B9Registry) registry = b9_registry_new (missing);
  g_autofree char *message = find_nothing (registry, "runc");

  ck_assert_str_eq (message,
                    "no plugin provides the backend \"runc\"; there is none; no plugin directory exists");
  ck_assert_uint_eq (b9_registry_load_all (registry)->len, 0);
}
END_TEST

START_TEST (another_kind_has_its_own_error)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  g_autoptr (GError) error = NULL;

  install ("b9-backend-good");
  ck_assert_ptr_null (b9_registry_find (registry, B9_PROVIDER_GPU, "good", &error));
  ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_PLUGIN));
  ck_assert (g_str_has_prefix (error->message, "no plugin provides the gpu \"good\"; there is none"));
}
END_TEST

START_TEST (a_wanted_name_never_becomes_a_path)
{
  static const char *const names[] = {"../good", "x/../../good", "", "Good", "good.so", "b\ne"};
  g_autoptr (B9Registry) registry = b9_registry_new (directories);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *message = find_nothing (registry, names[i]);
    ck_assert_ptr_null (strchr (message, '\n'));
  }
}
END_TEST

START_TEST (passes_over_unknown_kinds_with_a_note)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  const B9Module *module = NULL;

  install ("b9-backend-mixed");
  find (registry, "mixed");
  module = find_module (b9_registry_load_all (registry), "b9-backend-mixed");
  assert_accepted (module);
  ck_assert_uint_eq (module->providers->len, 1);
  ck_assert_str_eq (
      module->note,
      "passed over what this b9run does not know: \"future\" of kind 4711; update b9run to use it");
}
END_TEST

START_TEST (accepts_larger_structures_of_newer_headers)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);

  install ("b9-backend-newer");
  ck_assert_uint_gt (((const B9Backend *)find (registry, "newer")->vtable)->struct_size, sizeof (B9Backend));
}
END_TEST

START_TEST (accepts_smaller_structures_of_older_headers)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  const B9Backend *backend = NULL;

  install ("b9-backend-older");
  backend = find (registry, "older")->vtable;
  ck_assert (B9_STRUCT_HAS (backend, build_argv));
  ck_assert (!B9_STRUCT_HAS (backend, explain_failure));
}
END_TEST

START_TEST (an_accepted_module_stays_when_the_registry_goes)
{
  B9Registry *registry = b9_registry_new (directories);
  const B9Backend *backend = NULL;

  install ("b9-backend-good");
  backend = find (registry, "good")->vtable;
  b9_registry_free (registry);
  ck_assert_int_eq (backend->way (NULL, B9_OPERATION_RUN, NULL), B9_WAY_CHILD);
}
END_TEST

START_TEST (looks_at_files_that_end_in_so_only)
{
  static const char *const names[] = {"README", "b9-backend-x.la", "libx.so.1", ".hidden.so"};
  g_autoptr (B9Registry) registry = b9_registry_new (directories);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = below (plugins, names[i]);
    ck_assert (g_file_set_contents (path, "junk", -1, NULL));
  }
  ck_assert_uint_eq (b9_registry_load_all (registry)->len, 0);
}
END_TEST

START_TEST (lists_a_module_with_a_strange_name_printably)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  const B9Module *module = NULL;

  g_free (put_module (plugins, "b9-a\nb\xff", "junk", 4));
  module = b9_registry_load_all (registry)->pdata[0];
  ck_assert (g_str_has_suffix (module->path, "/b9-a?b\357\277\275.so"));
  ck_assert_str_eq (module->refusal,
                    "it is no ELF file; remove it, or build it again if it should be a plugin");
}
END_TEST

START_TEST (a_directory_that_is_there_twice_counts_once)
{
  g_autofree char *link = below (top, "link");
  g_autoptr (B9Registry) registry = NULL;

  install ("b9-backend-good");
  ck_assert_int_eq (symlink (plugins, link), 0);
  directories[1] = link;
  registry = b9_registry_new (directories);
  ck_assert_uint_eq (b9_registry_load_all (registry)->len, 1);
}
END_TEST

START_TEST (a_directory_that_cannot_be_read_is_listed)
{
  g_autofree char *file = below (top, "file");
  g_autoptr (B9Registry) registry = NULL;
  const B9Module *module = NULL;

  ck_assert (g_file_set_contents (file, "", -1, NULL));
  directories[1] = file;
  registry = b9_registry_new (directories);
  ck_assert_uint_eq (b9_registry_load_all (registry)->len, 1);
  module = b9_registry_load_all (registry)->pdata[0];
  ck_assert_str_eq (module->path, file);
  ck_assert (strstr (module->refusal, "Not a directory") != NULL);
}
END_TEST

START_TEST (directories_come_from_environment_configuration_and_build)
{
  const char *const configured[] = {"/configured", "relative", NULL};
  g_auto (GStrv) found = NULL;
  g_autofree char *joined = NULL;

  g_setenv ("B9RUN_PLUGIN_PATH", "/first:here::/second", TRUE);
  found = b9_plugin_directories (configured);
  joined = g_strjoinv (":", found);
  ck_assert_str_eq (joined, "/first:/second:/configured:" B9_PLUGINDIR);
}
END_TEST

START_TEST (without_environment_and_configuration_the_built_in_directory_is_left)
{
  g_auto (GStrv) found = NULL;

  g_unsetenv ("B9RUN_PLUGIN_PATH");
  found = b9_plugin_directories (NULL);
  ck_assert_uint_eq (g_strv_length (found), 1);
  ck_assert_str_eq (found[0], B9_PLUGINDIR);
}
END_TEST

START_TEST (kinds_have_names)
{
  ck_assert_str_eq (b9_provider_kind_name (B9_PROVIDER_BACKEND), "backend");
  ck_assert_str_eq (b9_provider_kind_name (B9_PROVIDER_GPU), "gpu");
  ck_assert_str_eq (b9_provider_kind_name (B9_PROVIDER_CHECKPOINT), "checkpoint");
  ck_assert_ptr_null (b9_provider_kind_name (4711));
}
END_TEST

static TCase *
modules_case (void)
{
  TCase *modules = tcase_create ("modules");

  tcase_add_checked_fixture (modules, make_directories, remove_directories);
  tcase_add_loop_test (modules, refuses_each_flawed_module_with_its_sentence, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (modules, refuses_structures_of_the_wrong_size);
  tcase_add_test (modules, one_flawed_module_never_stops_the_rest);
  tcase_add_test (modules, names_the_library_that_a_module_misses);
  tcase_add_test (modules, passes_over_unknown_kinds_with_a_note);
  tcase_add_test (modules, accepts_larger_structures_of_newer_headers);
  tcase_add_test (modules, accepts_smaller_structures_of_older_headers);
  tcase_add_test (modules, an_accepted_module_stays_when_the_registry_goes);
  tcase_add_test (modules, lists_a_module_with_a_strange_name_printably);
  return modules;
}

static TCase *
names_case (void)
{
  TCase *names = tcase_create ("names");

  tcase_add_checked_fixture (names, make_directories, remove_directories);
  tcase_add_test (names, refuses_a_name_that_another_module_has);
  tcase_add_test (names, a_name_belongs_to_the_file_that_is_called_like_it);
  tcase_add_test (names, finds_a_backend_in_a_file_of_another_name);
  tcase_add_test (names, opens_nothing_until_something_is_wanted);
  tcase_add_test (names, opens_one_module_for_one_backend);
  tcase_add_test (names, opens_each_module_once_when_all_are_wanted_later);
  tcase_add_test (names, an_unknown_backend_lists_those_there_are_and_those_refused);
  tcase_add_test (names, without_plugins_the_error_says_where_it_looked);
  tcase_add_test (names, another_kind_has_its_own_error);
  tcase_add_test (names, a_wanted_name_never_becomes_a_path);
  tcase_add_test (names, kinds_have_names);
  return names;
}

static TCase *
directories_case (void)
{
  TCase *places = tcase_create ("directories");

  tcase_add_checked_fixture (places, make_directories, remove_directories);
  tcase_add_test (places, the_first_directory_wins);
  tcase_add_test (places, a_refused_module_leaves_its_name_to_the_next_directory);
  tcase_add_test (places, without_a_directory_the_error_says_so);
  tcase_add_test (places, looks_at_files_that_end_in_so_only);
  tcase_add_test (places, a_directory_that_is_there_twice_counts_once);
  tcase_add_test (places, a_directory_that_cannot_be_read_is_listed);
  tcase_add_test (places, directories_come_from_environment_configuration_and_build);
  tcase_add_test (places, without_environment_and_configuration_the_built_in_directory_is_left);
  return places;
}

int
main (void)
{
  TCase *const cases[] = {modules_case (), names_case (), directories_case (), NULL};

  return run_cases ("registry", cases);
}
