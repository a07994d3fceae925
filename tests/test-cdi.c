/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cdi.c: the CDI detector where no vector of the reference implementation looks: files that are odd or
 * hostile, the cache, what an engine has injected before, refusals, and the check of a fake host.
 */
#include "config.h"

#include <fcntl.h>

#include "plugins/gpu/cdi/cdi-cache.h"
#include "plugins/gpu/cdi/cdi-check.h"
#include "plugins/gpu/cdi/cdi-document.h"
#include "plugins/gpu/cdi/cdi-kinds.h"
#include "plugins/gpu/cdi/cdi-request.h"
#include "plugins/gpu/cdi/cdi-scalars.h"
#include "tests/cdi-testing.h"

#define HEAD "cdiVersion: 0.7.0\nkind: nvidia.com/gpu\n"
#define NODE "deviceNodes: [{path: /dev/nvidia0, type: c, major: 195, fileMode: 0666}]"
#define ONE_GPU                                                                                             \
  HEAD "devices:\n- name: '0'\n  containerEdits:\n    " NODE "\n"                                           \
       "containerEdits:\n  env: [NVIDIA_VISIBLE_DEVICES=void]\n"                                            \
       "  mounts: [{hostPath: /lib/libcuda.so.570.172.08, containerPath: /lib/libcuda.so.1, options: [ro, " \
       "rbind]}]\n"                                                                                         \
       "  hooks: [{hookName: createContainer, path: /usr/bin/nvidia-cdi-hook, args: [nvidia-cdi-hook, "     \
       "update-ldcache]}]\n"

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

typedef struct {
  CdiWitness *witness;
  CdiRegistry *registry;
} Loaded;

static Loaded
load_with (CdiWitness *witness)
{
  Loaded loaded = {witness, NULL};

  loaded.registry = cdi_registry_load (&witness->host, (const char *const *)witness->directories->pdata);
  return loaded;
}

static CdiWitness *
one_directory (void)
{
  CdiWitness *witness = witness_new ("");
  g_autofree char *path = at_top ("cdi");

  make_directory ("cdi");
  witness_add_directory (witness, path);
  return witness;
}

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
  g_autoptr (CdiRegistry) registry = load_with (witness).registry;
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
  g_autoptr (CdiRegistry) registry = load_with (witness).registry;
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
  g_autoptr (CdiRegistry) registry = load_with (witness).registry;
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
  g_autoptr (CdiRegistry) registry = load_with (witness).registry;
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
    g_autoptr (CdiRegistry) registry = load_with (witness).registry;

    ck_assert (!registry->from_cache);
    g_usleep (10000);
  }
}

static gboolean
comes_from_cache (CdiWitness *witness)
{
  g_autoptr (CdiRegistry) registry = load_with (witness).registry;

  return registry->from_cache;
}

START_TEST (keeps_what_it_has_read)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  put_file ("cdi/b.yaml", "garbage: [\n");
  fill_cache (witness);
  g_autoptr (CdiRegistry) registry = load_with (witness).registry;
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
  g_autoptr (CdiRegistry) registry = load_with (witness).registry;
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
  registry = load_with ((CdiWitness *)witness).registry;
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

/* --- injection by annotations --- */

typedef struct {
  B9GpuRequests interface;
  GString *text;
} Requests;

static void
add_request (B9GpuRequests *interface, const B9GpuRequest *request)
{
  static const char *const classes[] = {"", "gpu", "control", "companion"};
  Requests *requests = interface->data;

  g_string_append_printf (requests->text, "%s %s %s %s\n", classes[request->gpu_class], request->vendor,
                          request->device, request->source);
}

typedef struct {
  B9JsonText *text;
  B9SpecCopy *copy;
  Requests requests;
  GError *error;
  gboolean done;
} Edit;

static Edit *
edit (CdiWitness *witness, const char *backend, const char *config)
{
  Edit *edit = g_new0 (Edit, 1);

  edit->text = json_parse (config);
  edit->copy = b9_spec_copy_new (edit->text);
  edit->requests = (Requests){.text = g_string_new (NULL)};
  edit->requests.interface = (B9GpuRequests){
      .struct_size = sizeof (B9GpuRequests), .data = &edit->requests, .add = add_request};
  edit->done = cdi_edit (&witness->host, backend, b9_spec_copy_interface (edit->copy),
                         &edit->requests.interface, &edit->error);
  ck_assert (edit->done == (edit->error == NULL));
  return edit;
}

static void
edit_free (Edit *edit)
{
  b9_spec_copy_free (edit->copy);
  b9_json_text_free (edit->text);
  g_string_free (edit->requests.text, TRUE);
  g_clear_error (&edit->error);
  g_free (edit);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Edit, edit_free)

static char *
edited (const Edit *edit)
{
  return json_raw (b9_spec_copy_text (edit->copy), B9_JSON_ROOT);
}

#define ASKS "\"annotations\":{\"cdi.k8s.io/nvidia-gpu\":\"nvidia.com/gpu=0\"}"
#define INJECTED                                                                                             \
  "\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=void\"]},\"linux\":{\"devices\":[{\"path\":\"/dev/"        \
  "nvidia0\","                                                                                               \
  "\"type\":\"c\",\"major\":195,\"minor\":0,\"fileMode\":438}],\"resources\":{\"devices\":[{\"allow\":true," \
  "\"type\":\"c\",\"major\":195,\"minor\":0,\"access\":\"rwm\"}]}},\"mounts\":[{\"destination\":"            \
  "\"/lib/libcuda.so.1\",\"source\":\"/lib/"                                                                 \
  "libcuda.so.570.172.08\",\"options\":[\"ro\",\"rbind\"]}],\"hooks\":"                                      \
  "{\"createContainer\":[{\"path\":\"/usr/bin/nvidia-cdi-hook\",\"args\":[\"nvidia-cdi-hook\","              \
  "\"update-ldcache\"]}]}"
#define MARK "\"run.b9.cdi-injected\":\"nvidia.com/gpu=0\""

static void
assert_edited (const Edit *edit, const char *expected)
{
  g_autoptr (B9JsonText) wanted = json_parse (expected);
  g_autofree char *raw = edited (edit);

  ck_assert_msg (edit->error == NULL, "%s", edit->error != NULL ? edit->error->message : "");
  ck_assert_msg (json_equal (b9_spec_copy_text (edit->copy), B9_JSON_ROOT, wanted, B9_JSON_ROOT),
                 "%s\nis not\n%s", raw, expected);
}

START_TEST (injects_what_an_annotation_asks_for)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  g_autoptr (Edit) made = edit (witness, "runc", "{" ASKS "}");
  assert_edited (made,
                 "{\"annotations\":{\"cdi.k8s.io/nvidia-gpu\":\"nvidia.com/gpu=0\"," MARK "}," INJECTED "}");
  ck_assert_str_eq (made->requests.text->str,
                    "gpu nvidia nvidia.com/gpu=0 annotations[\"cdi.k8s.io/nvidia-gpu\"]\n");
  ck_assert_ptr_nonnull (strstr (witness->log->str, "asked for by annotations[\"cdi.k8s.io/nvidia-gpu\"]"));
}
END_TEST

START_TEST (answers_for_every_annotation)
{
  static const char *const pointers[] = {"/annotations/cdi.k8s.io~1a", "/annotations/cdi.k8s.io~1b",
                                         "/annotations/cdi.k8s.io~1c"};
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  put_file ("cdi/b.yaml", "cdiVersion: 0.7.0\nkind: acme.com/fpga\ndevices: [{name: x, containerEdits: {env: "
                          "[A=1]}}]\n");
  g_autoptr (Edit) made = edit (witness, "runc",
                                "{\"annotations\":{\"cdi.k8s.io/b\":\"nvidia.com/gpu=0\",\"cdi.k8s.io/a\":"
                                "\"nvidia.com/gpu=0\",\"cdi.k8s.io/c\":\"acme.com/fpga=x\"}}");
  ck_assert (made->done);
  ck_assert_str_eq (made->requests.text->str, "gpu nvidia nvidia.com/gpu=0 annotations[\"cdi.k8s.io/a\"]\n");
  for (guint i = 0; i < G_N_ELEMENTS (pointers); i++) {
    const GPtrArray *changes = b9_spec_copy_changes (made->copy);
    guint found = 0;

    for (guint j = 0; j < changes->len; j++) {
      const B9SpecChange *change = changes->pdata[j];

      found += strcmp (change->pointer, pointers[i]) == 0 && g_str_has_prefix (change->action, "resolved: ")
                   ? 1
                   : 0;
    }
    ck_assert_uint_eq (found, 1);
  }
}
END_TEST

START_TEST (touches_nothing_without_an_annotation)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  g_autoptr (Edit) made = edit (witness, "runc",
                                "{\"annotations\":{\"nvidia.cdi.k8s.io/x\":\"nvidia.com/gpu=0\"}}");
  ck_assert (!b9_spec_copy_is_edited (made->copy));
  ck_assert_str_eq (made->requests.text->str, "");
  ck_assert_uint_eq (witness->cache_reads, 0);
}
END_TEST

START_TEST (injects_nothing_twice)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  g_autoptr (Edit) first = edit (witness, "runc", "{" ASKS "}");
  g_autofree char *once = edited (first);
  g_autoptr (Edit) second = edit (witness, "runc", once);
  ck_assert (!b9_spec_copy_is_edited (second->copy));
  ck_assert_str_eq (second->requests.text->str, first->requests.text->str);
}
END_TEST

START_TEST (believes_no_mark_without_its_gpu)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  g_autoptr (Edit) made = edit (
      witness, "runc", "{\"annotations\":{\"cdi.k8s.io/nvidia-gpu\":\"nvidia.com/gpu=0\"," MARK "}}");
  assert_edited (made,
                 "{\"annotations\":{\"cdi.k8s.io/nvidia-gpu\":\"nvidia.com/gpu=0\"," MARK "}," INJECTED "}");
}
END_TEST

START_TEST (sees_what_an_engine_has_injected)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  g_autoptr (Edit) made = edit (witness, "runc", "{" ASKS "," INJECTED "}");
  assert_edited (made,
                 "{\"annotations\":{\"cdi.k8s.io/nvidia-gpu\":\"nvidia.com/gpu=0\"," MARK "}," INJECTED "}");
}
END_TEST

START_TEST (grants_again_what_a_later_rule_denies)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", HEAD "devices: [{name: '0', containerEdits: {" NODE "}}]\n");
  g_autoptr (Edit) made = edit (
      witness, "runc",
      "{" ASKS
      ",\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":195,\"minor\":0,"
      "\"access\":\"rwm\"},{\"allow\":false,\"access\":\"rwm\"}]}}}");
  g_autofree char *raw = edited (made);
  ck_assert_ptr_nonnull (strstr (raw, "{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\""));
}
END_TEST

START_TEST (leaves_one_variable_of_a_name)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", HEAD "devices: [{name: '0', containerEdits: {env: [A=new]}}]\n");
  g_autoptr (Edit) made = edit (witness, "runc",
                                "{" ASKS ",\"process\":{\"env\":[\"A=1\",\"AB=2\",\"A=3\"]}}");
  g_autofree char *raw = edited (made);
  ck_assert_ptr_nonnull (strstr (raw, "\"env\":[\"A=new\",\"AB=2\"]"));
}
END_TEST

START_TEST (says_all_that_is_wrong_where_a_device_is_unknown)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  put_file ("cdi/b.yaml", "kind: [\n");
  g_autoptr (Edit) made = edit (
      witness, "runc",
      "{\"annotations\":{\"cdi.k8s.io/x\":\"nvidia.com/gpu=7,a.com/b=c,nvidia.com/gpu=0\"}}");
  assert_failure_at_top (
      made->error, B9_ERROR_UNSUPPORTED,
      "unresolvable CDI devices nvidia.com/gpu=7, a.com/b=c: no file in TOP/cdi has them; known are "
      "nvidia.com/gpu=0; TOP/cdi/b.yaml:2: no valid YAML: did not find expected node content while parsing a "
      "flow node; see: b9run cdi check");
  ck_assert (!b9_spec_copy_is_edited (made->copy));
}
END_TEST

START_TEST (says_where_a_wrong_annotation_stands)
{
  g_autoptr (CdiWitness) witness = one_directory ();
  g_autoptr (Edit) made = edit (witness, "runc",
                                "{\"annotations\":{\"cdi.k8s.io/x\":\"nvidia.com/gpu=0, a\"}}");

  assert_failure (
      made->error, B9_ERROR_BAD_INPUT,
      "annotations[\"cdi.k8s.io/x\"]: invalid CDI device name \" a\": unqualified device \" a\", missing "
      "vendor; write VENDOR/CLASS=NAME, several with commas and no blanks between them");
}
END_TEST

START_TEST (edits_nothing_where_a_node_is_missing)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", HEAD "devices: [{name: '0', containerEdits: {env: [A=1], deviceNodes: [{path: "
                               "/dev/no-such-node}]}}]\n");
  g_autoptr (Edit) made = edit (witness, "runc", "{" ASKS "}");
  assert_failure_at_top (
      made->error, B9_ERROR_UNSUPPORTED,
      "CDI devices cannot be injected: cdi: TOP/cdi/a.yaml, device nvidia.com/gpu=0: failed to "
      "stat CDI host device \"/dev/no-such-node\": it does not exist; load the device's driver, "
      "or generate the CDI file anew");
  ck_assert (!b9_spec_copy_is_edited (made->copy));
}
END_TEST

#define ELSEWHERE                                                                                            \
  HEAD "devices: [{name: '0', containerEdits: {deviceNodes: [{path: /dev/here, hostPath: /dev/there, type: " \
       "c, "                                                                                                 \
       "major: 195}]}}]\n"

START_TEST (refuses_a_node_of_another_path_where_it_would_be_bound)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ELSEWHERE);
  g_autoptr (Edit) made = edit (witness, "runsc", "{" ASKS "}");
  assert_failure (
      made->error, B9_ERROR_UNSUPPORTED,
      "CDI devices cannot be injected: device node /dev/here is /dev/there on the host, and runsc takes "
      "nodes from the host by the container's path, where /dev/here is not the same; make the node "
      "/dev/here on the host, or change hostPath in the CDI file");
  g_autoptr (Edit) made_by_runc = edit (witness, "runc", "{" ASKS "}");
  ck_assert (made_by_runc->done);
  g_autoptr (Edit) in_user_namespace = edit (witness, "runc",
                                             "{" ASKS ",\"linux\":{\"namespaces\":[{\"type\":\"user\"}]}}");
  ck_assert (!in_user_namespace->done);
}
END_TEST

START_TEST (warns_of_a_stale_major)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml",
            HEAD "devices: [{name: '0', containerEdits: {deviceNodes: [{path: /dev/null, type: c, "
                 "major: 511, minor: 1}]}}]\n");
  g_autoptr (Edit) made = edit (witness, "runc", "{" ASKS "}");
  ck_assert (made->done);
  ck_assert_ptr_nonnull (strstr (
      witness->log->str, "device node /dev/null is 511:1 in the CDI file and 1:3 on this host (/dev/null): "
                         "the file is stale, generate it anew"));
}
END_TEST

START_TEST (finds_what_no_edit_has_resolved)
{
  g_autoptr (CdiWitness) witness = one_directory ();
  g_autoptr (Edit) made = edit (witness, "runc", "{}");
  g_autoptr (B9JsonText) text = json_parse (
      "{\"annotations\":{\"cdi.k8s.io/b\":\"nvidia.com/gds=all\",\"cdi.k8s.io/a\":"
      "\"acme.com/fpga=1,amd.com/gpu=0\"}}");
  g_autoptr (B9SpecCopy) copy = b9_spec_copy_new (text);

  ck_assert (cdi_detect (&witness->host, b9_spec_copy_interface (copy), &made->requests.interface, NULL));
  ck_assert_str_eq (made->requests.text->str,
                    "gpu amd amd.com/gpu=0 annotations[\"cdi.k8s.io/a\"]\n"
                    "companion nvidia nvidia.com/gds=all annotations[\"cdi.k8s.io/b\"]\n");
}
END_TEST

/* --- kinds --- */

START_TEST (tells_gpus_by_kind_and_edits)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml",
            HEAD "devices: [{name: none, containerEdits: {env: [NVCT_EMPTY_DEVICE=]}}, {name: all, "
                 "containerEdits: {" NODE "}}]\n");
  put_file ("cdi/b.yaml",
            "cdiVersion: 0.7.0\nkind: acme.com/card\ndevices: [{name: a, containerEdits: {deviceNodes: "
            "[{path: /dev/dri/renderD128}]}}, {name: b, containerEdits: {deviceNodes: [{path: "
            "/dev/nvram}]}}]\n");
  put_file ("cdi/c.yaml", "cdiVersion: 0.7.0\nkind: nvidia.com/gds\ndevices: [{name: all, containerEdits: "
                          "{deviceNodes: [{path: /dev/nvidia-fs0}]}}]\n");
  g_autoptr (CdiRegistry) registry = load_with (witness).registry;
  const struct {
    const char *name;
    guint32 gpu_class;
  } expected[] = {{"nvidia.com/gpu=none", B9_GPU_COMPANION},
                  {"nvidia.com/gpu=all", B9_GPU_DEVICE},
                  {"acme.com/card=a", B9_GPU_DEVICE},
                  {"acme.com/card=b", 0},
                  {"nvidia.com/gds=all", B9_GPU_COMPANION}};
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    const CdiEntry *entry = cdi_registry_find (registry, expected[i].name);

    ck_assert_ptr_nonnull (entry);
    ck_assert_uint_eq (cdi_gpu_class (expected[i].name, entry), expected[i].gpu_class);
  }
  ck_assert_uint_eq (cdi_gpu_class ("runtime.nvidia.com/gpu=0", NULL), B9_GPU_DEVICE);
  ck_assert_uint_eq (cdi_gpu_class ("notnvidia.com/gpu=0", NULL), 0);
}
END_TEST

START_TEST (names_a_vendor_whatever_its_dots)
{
  static const char *const names[][2] = {
      {"runtime.nvidia.com/gpu=0", "nvidia"}, {"a/b=c", "a"}, {"a..com/b=c", "a..com"}};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *vendor = cdi_vendor (names[i][0]);

    ck_assert_str_eq (vendor, names[i][1]);
  }
}
END_TEST

/* --- the check --- */

static CdiWitness *
fake_host (void)
{
  CdiWitness *witness = witness_new (top);

  witness_add_directory (witness, "/etc/cdi");
  make_directory ("etc/cdi");
  make_directory ("proc/driver/nvidia");
  make_directory ("usr/bin");
  make_directory ("lib");
  put_file ("proc/devices",
            "Character devices:\n  1 mem\n195 nvidia\n508 nvidia-uvm\n\nBlock devices:\n  8 sd\n");
  put_file ("proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (x)\n");
  return witness;
}

START_TEST (checks_files_against_the_host)
{
  g_autoptr (CdiWitness) witness = fake_host ();
  g_autofree char *hook = at_top ("usr/bin/nvidia-cdi-hook");

  put_file ("etc/cdi/nvidia.yaml", HEAD
            "devices:\n- name: '0'\n  containerEdits:\n    " NODE
            "\n- name: uvm\n  containerEdits: {deviceNodes: "
            "[{path: /dev/nvidia-uvm, type: c, major: 511}]}\ncontainerEdits:\n"
            "  mounts: [{hostPath: /lib/libcuda.so.570.172.08, containerPath: /lib/a}, {hostPath: /lib/b, "
            "containerPath: /lib/b}]\n"
            "  hooks: [{hookName: createContainer, path: /usr/bin/nvidia-cdi-hook}]\n");
  put_file ("etc/cdi/old.yml", ONE_GPU);
  put_file ("etc/cdi/bad.json", "{");
  put_file ("lib/b", "");
  put_file ("usr/bin/nvidia-cdi-hook", "");
  ck_assert_int_eq (g_chmod (hook, 0644), 0);
  cdi_check (&witness->host);
#define ANEW " -> generate the CDI file anew: nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml\n"
  ck_assert_str_eq (witness->told->str,
                    "ok cdi.devices 2 CDI devices, 2 of them GPUs, in 2 files of /etc/cdi\n"
                    "problem cdi.file /etc/cdi/bad.json:2: no valid YAML: did not find expected node content "
                    "while parsing a flow "
                    "node -> correct the file, or generate it anew with the tool that made it\n"
                    "warning cdi.ignored /etc/cdi/old.yml: nobody reads it: CDI files end in .yaml or .json "
                    "-> rename it: mv "
                    "/etc/cdi/old.yml /etc/cdi/old.yaml\n"
                    "problem cdi.mount /etc/cdi/nvidia.yaml: the mount's source /lib/libcuda.so.570.172.08 "
                    "does not exist" ANEW "problem cdi.driver /etc/cdi/nvidia.yaml: it was made for the "
                    "driver 570.172.08, and 580.65.06 is loaded" ANEW
                    "problem cdi.hook /etc/cdi/nvidia.yaml: the hook's program /usr/bin/nvidia-cdi-hook is "
                    "not executable -> run: "
                    "chmod +x on it\n"
                    "problem cdi.major /etc/cdi/nvidia.yaml: /dev/nvidia-uvm has the major 511, and in "
                    "/proc/devices nvidia-uvm has "
                    "508" ANEW);
}
END_TEST

START_TEST (sums_up_for_the_doctor)
{
  g_autoptr (CdiWitness) witness = fake_host ();

  put_file (
      "etc/cdi/nvidia.yaml", HEAD
      "devices: [{name: '0', containerEdits: {mounts: [{hostPath: /lib/a, containerPath: /a}, {hostPath: "
      "/lib/b, containerPath: /b}, {hostPath: /lib/c, containerPath: /c}]}}]\n");
  cdi_examine (&witness->host);
  ck_assert_str_eq (
      witness->told->str,
      "ok cdi.devices 1 CDI device, 0 of them GPUs, in 1 file of /etc/cdi\n"
      "problem cdi.mount /etc/cdi/nvidia.yaml: the mount's source /lib/a does not exist (and 2 more: "
      "b9run cdi check)" ANEW);
}
END_TEST

START_TEST (probes_injection)
{
  g_autoptr (CdiWitness) witness = fake_host ();

  cdi_probe (&witness->host);
  put_file ("etc/cdi/nvidia.yaml", ONE_GPU);
  cdi_probe (&witness->host);
  put_file ("etc/cdi/x.yaml", "{");
  cdi_probe (&witness->host);
  ck_assert_str_eq (witness->told->str,
                    "cdi.inject CONDITIONAL [no CDI file in /etc/cdi] this host describes no CDI device -> "
                    "for NVIDIA: nvidia-ctk cdi "
                    "generate --output=/var/run/cdi/nvidia.yaml\n"
                    "cdi.inject SUPPORTED [1 CDI device, 1 of them GPUs, in 1 file of /etc/cdi]\n"
                    "cdi.inject CONDITIONAL [1 CDI device, 1 of them GPUs, in 2 files of /etc/cdi] "
                    "/etc/cdi/x.yaml:2: no valid YAML: "
                    "did not find expected node content while parsing a flow node -> see all that is wrong: "
                    "b9run cdi check\n");
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

static TCase *
injection_case (void)
{
  TCase *injection = directory_case ("injection");

  tcase_add_test (injection, injects_what_an_annotation_asks_for);
  tcase_add_test (injection, answers_for_every_annotation);
  tcase_add_test (injection, touches_nothing_without_an_annotation);
  tcase_add_test (injection, injects_nothing_twice);
  tcase_add_test (injection, believes_no_mark_without_its_gpu);
  tcase_add_test (injection, sees_what_an_engine_has_injected);
  tcase_add_test (injection, grants_again_what_a_later_rule_denies);
  tcase_add_test (injection, leaves_one_variable_of_a_name);
  tcase_add_test (injection, says_all_that_is_wrong_where_a_device_is_unknown);
  tcase_add_test (injection, says_where_a_wrong_annotation_stands);
  tcase_add_test (injection, edits_nothing_where_a_node_is_missing);
  tcase_add_test (injection, refuses_a_node_of_another_path_where_it_would_be_bound);
  tcase_add_test (injection, warns_of_a_stale_major);
  tcase_add_test (injection, finds_what_no_edit_has_resolved);
  tcase_add_test (injection, tells_gpus_by_kind_and_edits);
  tcase_add_test (injection, names_a_vendor_whatever_its_dots);
  tcase_add_test (injection, checks_files_against_the_host);
  tcase_add_test (injection, sums_up_for_the_doctor);
  tcase_add_test (injection, probes_injection);
  return injection;
}

int
main (void)
{
  TCase *const cases[] = {document_case (), file_case (), injection_case (), NULL};

  return run_cases ("cdi", cases);
}
