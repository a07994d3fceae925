/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cdi-files.c: the reading of CDI files that are odd or hostile, where no vector of the reference
 * implementation looks, and the cache of what was read.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-cache.h"
#include "plugins/gpu/cdi/cdi-document.h"
#include "plugins/gpu/cdi/cdi-scalars.h"
#include "tests/cdi-testing.h"

/* --- scalars --- */

typedef struct {
  const char *plain;
  const char *text; /* where text is wanted; NULL for null */
} Scalar;

static const Scalar scalars[] = {
    {"", NULL},
    {"~", NULL},
    {"Null", NULL},
    {"nULL", "nULL"},
    {"yes", "true"},
    {"Y", "true"},
    {"on", "true"},
    {"oFF", "oFF"},
    {"No", "false"},
    {"010", "8"},
    {"0o17", "15"},
    {"0x1B6", "438"},
    {"0b101", "5"},
    {"1_000", "1000"},
    {"08", "8"},
    {"-0", "0"},
    {"+7", "7"},
    {"0:1", "0:1"},
    {"12:30:45", "12:30:45"},
    {"1.50", "1.5"},
    {".5", "0.5"},
    {"1.", "1"},
    {"1e3", "1000"},
    {"1e7", "1e+07"},
    {"123456.5", "123456.5"},
    {"1234567.5", "1.2345675e+06"},
    {"0.00001", "1e-05"},
    {"0.0001", "0.0001"},
    {".inf", "+Inf"},
    {"-.INF", "-Inf"},
    {".nan", "NaN"},
    {"2001-12-14", "2001-12-14"},
    {"9223372036854775807", "9223372036854775807"},
    {"18446744073709551615", "18446744073709551615"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"0x", "0x"},
    {"0x0x1", "0x0x1"},
    {"+-1", "+-1"},
    {"GPU-4cf8db2d", "GPU-4cf8db2d"},
    {"1.2.3", "1.2.3"},
    {"-", "-"},
    {".", "."},
    {"1e", "1e"},
};

START_TEST (types_plain_words_as_yaml_1_1)
{
  const Scalar *expected = &scalars[_i];
  CdiScalar scalar = cdi_scalar_resolve (expected->plain, strlen (expected->plain));

  ck_assert_int_eq (scalar.kind == CDI_SCALAR_NULL,
                    cdi_scalar_is_null (expected->plain, strlen (expected->plain)));
  ck_assert_int_eq (scalar.kind == CDI_SCALAR_NULL, expected->text == NULL);
  if (expected->text == NULL)
    return;
  g_autofree char *typed = cdi_scalar_text (&scalar);
  ck_assert_str_eq (scalar.kind == CDI_SCALAR_STRING ? expected->plain : typed, expected->text);
}
END_TEST

/* --- documents --- */

static void
refuse (const char *text, const char *message)
{
  g_autoptr (CdiArena) arena = cdi_arena_new ();
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (cdi_document_parse (text, strlen (text), "f.yaml", arena, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
}

static const CdiSpec *
accept (const char *text, CdiArena *arena)
{
  g_autoptr (GError) error = NULL;
  const CdiSpec *spec = cdi_document_parse (text, strlen (text), "f.yaml", arena, &error);

  ck_assert_msg (spec != NULL, "%s", error != NULL ? error->message : "");
  return spec;
}

START_TEST (refuses_a_key_twice_in_two_spellings)
{
  refuse (HEAD "Kind: a/b\n", "f.yaml:3: the key \"kind\" stands here twice");
}
END_TEST

START_TEST (says_what_an_unknown_key_may_be)
{
  refuse (HEAD "devices:\n- name: a\n  containerEdits:\n    mounts:\n    - hostpath: /a\n      source: /b\n",
          "f.yaml:8: unknown field \"source\": a mount has hostPath, containerPath, options, type");
}
END_TEST

/* A character of three bytes that stands across the cut. */
START_TEST (cuts_long_names_between_characters)
{
  g_autofree char *name = g_strnfill (59, 'a');
  g_autofree char *text = g_strdup_printf ("\"%s\\u9dad\\nb\": 1\n", name);
  g_autofree char *message = g_strdup_printf (
      "f.yaml:1: unknown field \"%s\xe9\xb6\xad…\": a CDI file has cdiVersion, kind, annotations, devices, "
      "containerEdits",
      name);

  refuse (text, message);
}
END_TEST

START_TEST (shows_no_line_ends_and_no_endless_text)
{
  g_autofree char *value = g_strnfill (5000, 'a');
  g_autofree char *text = g_strdup_printf (HEAD "devices: [{name: d, containerEdits: {env: [\"x\\n%s\"]}}]\n",
                                           value);
  g_autoptr (CdiArena) arena = cdi_arena_new ();
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (cdi_document_parse (text, strlen (text), "f.yaml", arena, &error));
  ck_assert (
      g_str_has_prefix (error->message, "f.yaml:3: device \"d\": invalid environment variable \"x?aaa"));
  ck_assert_uint_lt (strlen (error->message), 1010);
}
END_TEST

START_TEST (refuses_a_null_hook)
{
  refuse (HEAD "devices:\n- name: a\n  containerEdits:\n    hooks: [~]\n",
          "f.yaml:6: hooks holds a null where a hook has to be");
}
END_TEST

START_TEST (refuses_quoted_numbers)
{
  refuse (HEAD "devices:\n- name: a\n  containerEdits:\n    deviceNodes: [{path: /d, fileMode: '0666'}]\n",
          "f.yaml:6: fileMode has to be a number without quotes, and is text");
}
END_TEST

START_TEST (names_the_device_that_is_wrong)
{
  refuse (HEAD
          "devices:\n- name: a\n  containerEdits:\n    env: [A=1]\n- name: b\n  containerEdits: {env: [B]}\n",
          "f.yaml:8: device \"b\": invalid environment variable \"B\"; it has to be NAME=VALUE");
}
END_TEST

START_TEST (says_which_version_it_knows)
{
  refuse ("cdiVersion: 1.2.0\nkind: a/b\n",
          "f.yaml:1: invalid version \"1.2.0\"; b9run knows the releases of CDI up to 1.1.0");
}
END_TEST

START_TEST (refuses_an_unknown_tag)
{
  refuse ("cdiVersion: !!python/object x\n",
          "f.yaml:1: the tag \"tag:yaml.org,2002:python/object\" is not supported: leave it out");
}
END_TEST

START_TEST (refuses_a_nul_in_a_text)
{
  refuse ("kind: \"a\\0b\"\n", "f.yaml:1: a text holds a NUL character");
}
END_TEST

START_TEST (refuses_an_empty_file)
{
  refuse ("# nothing\n", "f.yaml: it is empty: no CDI data");
}
END_TEST

START_TEST (refuses_a_merge_key_that_leads_to_itself)
{
  refuse ("&a\n<<: *a\n", "f.yaml:1: merge keys (\"<<\") are nested deeper than 16 levels");
}
END_TEST

START_TEST (refuses_an_alias_without_an_anchor)
{
  refuse ("kind: *nobody\n", "f.yaml:1: the alias \"*nobody\" has no anchor before it");
}
END_TEST

START_TEST (refuses_deep_nesting)
{
  g_autofree char *deep = g_strnfill (100, '[');

  refuse (deep, "f.yaml:1: the document is nested deeper than 64 levels");
}
END_TEST

/* 2000 devices that share 2000 variables are four million values out of 20 KB. */
START_TEST (refuses_aliases_that_explode)
{
  g_autoptr (GString) text = g_string_new (HEAD "devices:\n- name: d\n  containerEdits: &e\n    env: [");

  for (guint i = 0; i < 2000; i++)
    g_string_append (text, "A=1,");
  g_string_append (text, "]\n");
  for (guint i = 0; i < 2000; i++)
    g_string_append_printf (text, "- {name: d%u, containerEdits: *e}\n", i);
  g_autoptr (CdiArena) arena = cdi_arena_new ();
  g_autoptr (GError) error = NULL;
  ck_assert_ptr_null (cdi_document_parse (text->str, text->len, "f.yaml", arena, &error));
  ck_assert_str_eq (error->message,
                    "f.yaml:6: with its aliases written out the file has more than 1048576 values");
}
END_TEST

START_TEST (merges_mappings_and_follows_aliases)
{
  g_autoptr (CdiArena) arena = cdi_arena_new ();
  const CdiSpec *spec = accept (HEAD "devices:\n- name: a\n  containerEdits: &e\n    env: [A=1]\n- name: b\n"
                                     "  containerEdits:\n    <<: *e\n    additionalGids: [7]\n---\nkind: [\n",
                                arena);
  const CdiEdits *edits = &CDI_ITEM (spec->devices, CdiDevice, 1)->edits;

  ck_assert_uint_eq (spec->devices.count, 2);
  ck_assert_str_eq (CDI_TEXT_ITEM (edits->env, 0), "A=1");
  ck_assert_int_eq (*CDI_ITEM (edits->gids, gint64, 0), 7);
}
END_TEST

/* --- files --- */

static void
assert_problem (const CdiRegistry *registry, guint index, const char *message)
{
  const CdiProblem *problem;
  g_auto (GStrv) parts = g_strsplit (message, "TOP", -1);
  g_autofree char *expected = g_strjoinv (top, parts);

  ck_assert_uint_lt (index, registry->problems->len);
  problem = registry->problems->pdata[index];
  ck_assert_str_eq (problem->message, expected);
}

START_TEST (refuses_a_file_that_others_can_write)
{
  g_autoptr (CdiWitness) witness = one_directory ();
  g_autofree char *path = at_top ("cdi/a.yaml");

  put_file ("cdi/a.yaml", ONE_GPU);
  put_file ("cdi/b.yaml",
            "cdiVersion: 0.7.0\nkind: a/b\ndevices: [{name: x, containerEdits: {env: [A=1]}}]\n");
  ck_assert_int_eq (g_chmod (path, 0666), 0);
  g_autoptr (CdiRegistry) registry = load_registry (witness);
  ck_assert_uint_eq (registry->problems->len, 1);
  assert_problem (registry, 0,
                  "TOP/cdi/a.yaml: others than its owner can write it (mode 0666), and what it names runs as "
                  "root; check what is in it, then run: chmod go-w TOP/cdi/a.yaml");
  ck_assert_ptr_nonnull (cdi_registry_find (registry, "a/b=x"));
  ck_assert_ptr_null (cdi_registry_find (registry, "nvidia.com/gpu=0"));
}
END_TEST

START_TEST (never_waits_for_a_fifo)
{
  g_autoptr (CdiWitness) witness = one_directory ();
  g_autofree char *path = at_top ("cdi/a.yaml");

  ck_assert_int_eq (mkfifo (path, 0600), 0);
  g_autoptr (CdiRegistry) registry = load_registry (witness);
  assert_problem (registry, 0, "TOP/cdi/a.yaml: it is no regular file; remove it");
}
END_TEST

START_TEST (reads_on_behind_a_directory_that_cannot_be_read)
{
  g_autoptr (CdiWitness) witness = witness_new ("");
  g_autofree char *file = at_top ("file");
  g_autofree char *directory = at_top ("cdi");

  put_file ("file", "");
  make_directory ("cdi");
  put_file ("cdi/a.yaml", ONE_GPU);
  witness_add_directory (witness, "relative");
  witness_add_directory (witness, file);
  witness_add_directory (witness, directory);
  g_autoptr (CdiRegistry) registry = load_registry (witness);
  ck_assert_uint_eq (registry->problems->len, 2);
  assert_problem (registry, 0, "relative: the directory's path has to be absolute");
  assert_problem (registry, 1, "TOP/file: the directory cannot be read: Not a directory");
  ck_assert_ptr_nonnull (cdi_registry_find (registry, "nvidia.com/gpu=0"));
}
END_TEST

START_TEST (reads_links_and_dotfiles_and_no_folders)
{
  g_autoptr (CdiWitness) witness = one_directory ();
  g_autofree char *link = at_top ("cdi/.a.json");

  put_file ("real", ONE_GPU);
  ck_assert_int_eq (symlink ("../real", link), 0);
  make_directory ("cdi/folder.yaml");
  g_autoptr (CdiRegistry) registry = load_registry (witness);
  ck_assert_uint_eq (registry->problems->len, 0);
  ck_assert_ptr_nonnull (cdi_registry_find (registry, "nvidia.com/gpu=0"));
}
END_TEST

/* --- the cache --- */

/* Loads until the files are old enough to be kept. */
static void
fill_cache (CdiWitness *witness)
{
  while (witness->cache_writes == 0) {
    g_autoptr (CdiRegistry) registry = load_registry (witness);

    ck_assert (!registry->from_cache);
    g_usleep (10000);
  }
}

static gboolean
comes_from_cache (CdiWitness *witness)
{
  g_autoptr (CdiRegistry) registry = load_registry (witness);

  return registry->from_cache;
}

START_TEST (keeps_what_it_has_read)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  put_file ("cdi/b.yaml", "garbage: [\n");
  fill_cache (witness);
  g_autoptr (CdiRegistry) registry = load_registry (witness);
  const CdiEntry *entry = cdi_registry_find (registry, "nvidia.com/gpu=0");
  ck_assert (registry->from_cache);
  ck_assert_ptr_nonnull (entry);
  ck_assert_str_eq (CDI_ITEM (entry->device->edits.nodes, CdiDeviceNode, 0)->path, "/dev/nvidia0");
  ck_assert_int_eq (CDI_ITEM (entry->device->edits.nodes, CdiDeviceNode, 0)->file_mode.value, 0666);
  ck_assert_str_eq (CDI_ITEM (entry->file->spec->edits.mounts, CdiMount, 0)->container_path,
                    "/lib/libcuda.so.1");
  ck_assert_uint_eq (registry->problems->len, 1);
  assert_problem (
      registry, 0,
      "TOP/cdi/b.yaml:2: no valid YAML: did not find expected node content while parsing a flow node");
}
END_TEST

START_TEST (reads_anew_what_has_changed)
{
  g_autoptr (CdiWitness) witness = one_directory ();
  g_autofree char *path = at_top ("cdi/a.yaml");
  g_autofree char *other = at_top ("cdi/b.yaml");

  put_file ("cdi/a.yaml", ONE_GPU);
  fill_cache (witness);
  ck_assert (comes_from_cache (witness));

  ck_assert_int_eq (g_chmod (path, 0600), 0);
  ck_assert (!comes_from_cache (witness));
  witness->cache_writes = 0;
  fill_cache (witness);

  put_file ("cdi/b.yaml", "x");
  ck_assert (!comes_from_cache (witness));
  witness->cache_writes = 0;
  fill_cache (witness);

  /* What was kept of the first file alone is right again. */
  ck_assert_int_eq (g_unlink (other), 0);
  g_autoptr (CdiRegistry) registry = load_registry (witness);
  ck_assert_uint_eq (registry->problems->len, 0);
}
END_TEST

START_TEST (keeps_nothing_of_a_file_that_has_just_changed)
{
  g_autoptr (CdiWitness) witness = one_directory ();
  g_autofree char *path = at_top ("cdi/a.yaml");
  guint tries = 0;

  put_file ("cdi/a.yaml", ONE_GPU);
  /* On a slow machine 100 ms can pass between the change and the load: then once more. */
  for (gboolean fresh = FALSE; !fresh; tries++) {
    ck_assert_uint_lt (tries, 1000);
    ck_assert_int_eq (g_chmod (path, 0644), 0);
    gint64 start = g_get_monotonic_time ();
    witness->cache_writes = 0;
    comes_from_cache (witness);
    fresh = g_get_monotonic_time () - start < 50000;
  }
  ck_assert_uint_eq (witness->cache_writes, 0);
}
END_TEST

static GBytes *
only_cache (const CdiWitness *witness)
{
  GHashTableIter iterator;
  gpointer kept;

  g_hash_table_iter_init (&iterator, witness->cache);
  ck_assert (g_hash_table_iter_next (&iterator, NULL, &kept));
  return kept;
}

static gboolean
decodes (const CdiWitness *witness, const guint8 *bytes, gsize length)
{
  g_autoptr (GBytes) kept = g_bytes_new (bytes, length);
  g_autoptr (CdiRegistry) registry = NULL;
  gboolean taken;

  ((CdiWitness *)witness)->host.cache_read = NULL;
  ((CdiWitness *)witness)->host.cache_write = NULL;
  registry = load_registry ((CdiWitness *)witness);
  taken = cdi_cache_decode (kept, registry);
  ck_assert (taken || registry->kept == NULL);
  return taken;
}

START_TEST (believes_no_torn_cache)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  fill_cache (witness);
  gsize length;
  const guint8 *kept = g_bytes_get_data (only_cache (witness), &length);
  ck_assert (decodes (witness, kept, length));
  for (gsize cut = 0; cut < length; cut++)
    ck_assert (!decodes (witness, kept, cut));
}
END_TEST

/* With a good checksum, so that only the bounds are left: whatever it holds, no byte outside is read (the
 * sanitizers look), and what is taken has passed the rules. */
START_TEST (stays_within_a_hostile_cache)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  fill_cache (witness);
  gsize length;
  const guint8 *kept = g_bytes_get_data (only_cache (witness), &length);
  guint refused = 0;
  for (gsize i = sizeof (guint64); i < length; i++) {
    g_autofree guint8 *changed = g_memdup2 (kept, length);
    guint64 sum;

    changed[i] ^= i % 2 == 0 ? 0xff : 0x80;
    sum = cdi_cache_checksum (changed + sizeof sum, length - sizeof sum);
    memcpy (changed, &sum, sizeof sum);
    refused += decodes (witness, changed, length) ? 0 : 1;
  }
  ck_assert_uint_gt (refused, length / 3);
}
END_TEST

static TCase *
document_case (void)
{
  TCase *documents = tcase_create ("documents");

  tcase_add_loop_test (documents, types_plain_words_as_yaml_1_1, 0, (int)G_N_ELEMENTS (scalars));
  tcase_add_test (documents, refuses_a_key_twice_in_two_spellings);
  tcase_add_test (documents, says_what_an_unknown_key_may_be);
  tcase_add_test (documents, cuts_long_names_between_characters);
  tcase_add_test (documents, shows_no_line_ends_and_no_endless_text);
  tcase_add_test (documents, refuses_a_null_hook);
  tcase_add_test (documents, refuses_quoted_numbers);
  tcase_add_test (documents, names_the_device_that_is_wrong);
  tcase_add_test (documents, says_which_version_it_knows);
  tcase_add_test (documents, refuses_an_unknown_tag);
  tcase_add_test (documents, refuses_a_nul_in_a_text);
  tcase_add_test (documents, refuses_an_empty_file);
  tcase_add_test (documents, refuses_a_merge_key_that_leads_to_itself);
  tcase_add_test (documents, refuses_an_alias_without_an_anchor);
  tcase_add_test (documents, refuses_deep_nesting);
  tcase_add_test (documents, refuses_aliases_that_explode);
  tcase_add_test (documents, merges_mappings_and_follows_aliases);
  return documents;
}

static TCase *
file_case (void)
{
  TCase *files = directory_case ("files");

  tcase_add_test (files, refuses_a_file_that_others_can_write);
  tcase_add_test (files, never_waits_for_a_fifo);
  tcase_add_test (files, reads_on_behind_a_directory_that_cannot_be_read);
  tcase_add_test (files, reads_links_and_dotfiles_and_no_folders);
  tcase_add_test (files, keeps_what_it_has_read);
  tcase_add_test (files, reads_anew_what_has_changed);
  tcase_add_test (files, keeps_nothing_of_a_file_that_has_just_changed);
  tcase_add_test (files, believes_no_torn_cache);
  tcase_add_test (files, stays_within_a_hostile_cache);
  return files;
}

int
main (void)
{
  TCase *const cases[] = {document_case (), file_case (), NULL};

  return run_cases ("cdi-files", cases);
}
