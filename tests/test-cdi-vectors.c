/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cdi-vectors.c: the CDI detector against what the reference implementation does, vector by vector.
 *
 * The vectors are in tests/data/cdi-vectors, or in the folder that B9_CDI_VECTORS names; the `about` of each
 * file says its format.  What is meant to be otherwise is in tests/cdi-differences.json, with its reason.
 * Every vector is named on standard output, and at the end stands a table.
 *
 * Messages: names and annotations have the reference implementation's own words, whole or at the end of ours;
 * in files and injections ours say more (file, line, device), and must hold the innermost part of its.
 */
#include "config.h"

#include <stdio.h>

#include "plugins/gpu/cdi/cdi-annotations.h"
#include "plugins/gpu/cdi/cdi-document.h"
#include "plugins/gpu/cdi/cdi-inject.h"
#include "plugins/gpu/cdi/cdi-names.h"
#include "plugins/gpu/cdi/cdi-validate.h"
#include "tests/cdi-testing.h"

/* One vector while it runs.  What is wrong with it is in `complaint`. */
typedef struct {
  const B9JsonText *file;
  B9JsonValue vector;
  const B9JsonText *expected_file; /* of the vector, or of its difference */
  B9JsonValue expect;
  char *complaint;
} Vector;

static void complain (Vector *vector, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
complain (Vector *vector, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (vector->complaint == NULL)
    vector->complaint = g_strdup_vprintf (format, arguments);
  va_end (arguments);
}

static void
check_text (Vector *vector, const char *what, const char *found, const char *wanted)
{
  if (g_strcmp0 (found, wanted) != 0)
    complain (vector, "%s is \"%s\", not \"%s\"", what, found != NULL ? found : "(none)",
              wanted != NULL ? wanted : "(none)");
}

static void
check_contains (Vector *vector, const GError *error, const char *wanted)
{
  if (error == NULL)
    complain (vector, "no error, and it should hold \"%s\"", wanted);
  else if (strstr (error->message, wanted) == NULL)
    complain (vector, "the error \"%s\" does not hold \"%s\"", error->message, wanted);
}

static char *
expected_error (const Vector *vector)
{
  return json_string (vector->expected_file, vector->expect, "error");
}

static char *
input (const Vector *vector, const char *name)
{
  return json_string (vector->file, vector->vector, name);
}

/* --- 01: names --- */

static void
run_name (Vector *vector)
{
  g_autofree char *text = input (vector, "input");
  g_autofree char *error_text = expected_error (vector);
  g_auto (CdiName) name = {0};
  g_autoptr (GError) error = NULL;
  gboolean valid = cdi_name_parse (text, &name, &error);

  if (valid != json_truth (vector->expected_file, vector->expect, "valid"))
    complain (vector, "it is %s", valid ? "valid" : error->message);
  if (valid) {
    g_autofree char *vendor = json_string (vector->expected_file, vector->expect, "vendor");
    g_autofree char *device_class = json_string (vector->expected_file, vector->expect, "class");
    g_autofree char *device = json_string (vector->expected_file, vector->expect, "device");

    check_text (vector, "the vendor", name.vendor, vendor);
    check_text (vector, "the class", name.device_class, device_class);
    check_text (vector, "the device", name.device, device);
  } else {
    check_text (vector, "the error", error->message, error_text);
  }
}

/* --- 02: annotations --- */

static gboolean
parse_annotations (const B9JsonText *json, B9JsonValue annotations, CdiRequests *requests, GPtrArray *keys,
                   GError **error)
{
  g_autoptr (GPtrArray) names = json_sorted_names (json, annotations);

  for (guint i = 0; i + 1 < names->len; i++) {
    const char *key = names->pdata[i];
    g_autofree char *value = json_string (json, annotations, key);

    if (!cdi_annotation_matches (key))
      continue;
    if (keys != NULL)
      g_ptr_array_add (keys, g_strdup (key));
    if (!cdi_annotation_parse (key, value, requests, error))
      return FALSE;
  }
  return TRUE;
}

static char *
joined (GPtrArray *texts)
{
  g_ptr_array_add (texts, NULL);
  return g_strjoinv (" ", (char **)texts->pdata);
}

static void
run_annotation_parse (Vector *vector)
{
  g_autofree char *error_text = expected_error (vector);
  g_autoptr (CdiRequests) requests = cdi_requests_new ();
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) devices = g_ptr_array_new ();
  g_autoptr (GPtrArray) wanted_keys = NULL, wanted_devices = NULL;
  g_autofree char *key_text = NULL, *device_text = NULL, *wanted_key_text = NULL, *wanted_device_text = NULL;
  g_autoptr (GError) error = NULL;
  gboolean parsed = parse_annotations (
      vector->file, json_member (vector->file, vector->vector, "annotations"), requests, keys, &error);

  if (error_text != NULL) {
    check_contains (vector, error, error_text);
    return;
  }
  if (!parsed) {
    complain (vector, "%s", error->message);
    return;
  }
  for (guint i = 0; i < requests->requests->len; i++)
    g_ptr_array_add (devices, ((CdiRequest *)requests->requests->pdata[i])->device);
  g_ptr_array_sort (devices, compare_texts);
  wanted_keys = json_texts (vector->file, json_member (vector->file, vector->expect, "keys"));
  wanted_devices = json_texts (vector->file, json_member (vector->file, vector->expect, "devices_sorted"));
  key_text = joined (keys);
  device_text = joined (devices);
  wanted_key_text = joined (wanted_keys);
  wanted_device_text = joined (wanted_devices);
  check_text (vector, "keys", key_text, wanted_key_text);
  check_text (vector, "devices", device_text, wanted_device_text);
}

static void
run_annotation_key (Vector *vector)
{
  g_autofree char *plugin = input (vector, "plugin");
  g_autofree char *id = input (vector, "device_id");
  g_autofree char *error_text = expected_error (vector);
  g_autofree char *wanted = json_string (vector->expected_file, vector->expect, "key");
  g_autoptr (GError) error = NULL;
  g_autofree char *key = cdi_annotation_key (plugin, id, &error);

  check_text (vector, "the key", key, wanted);
  check_text (vector, "the error", error != NULL ? error->message : NULL, error_text);
}

static GHashTable *
text_table (const B9JsonText *json, B9JsonValue object)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GPtrArray) names = json_sorted_names (json, object);

  for (guint i = 0; i + 1 < names->len; i++)
    g_hash_table_insert (table, g_strdup (names->pdata[i]), json_string (json, object, names->pdata[i]));
  return table;
}

static gboolean
tables_equal (GHashTable *a, GHashTable *b)
{
  GHashTableIter iterator;
  gpointer key, value;

  g_hash_table_iter_init (&iterator, a);
  while (g_hash_table_iter_next (&iterator, &key, &value))
    if (g_strcmp0 (value, g_hash_table_lookup (b, key)) != 0)
      return FALSE;
  return g_hash_table_size (a) == g_hash_table_size (b);
}

static void
run_annotation_update (Vector *vector)
{
  g_autofree char *plugin = input (vector, "plugin");
  g_autofree char *id = input (vector, "device_id");
  g_autofree char *error_text = expected_error (vector);
  g_autoptr (GPtrArray) devices = json_texts (vector->file,
                                              json_member (vector->file, vector->vector, "devices"));
  g_autoptr (GHashTable) annotations = text_table (vector->file,
                                                   json_member (vector->file, vector->vector, "existing"));
  g_autoptr (GHashTable) before = text_table (vector->file,
                                              json_member (vector->file, vector->vector, "existing"));
  g_autoptr (GHashTable) wanted = text_table (
      vector->expected_file, json_member (vector->expected_file, vector->expect, "annotations"));
  g_autoptr (GError) error = NULL;

  cdi_annotation_add (annotations, plugin, id, (const char *const *)devices->pdata, &error);
  check_text (vector, "the error", error != NULL ? error->message : NULL, error_text);
  if (!tables_equal (annotations, error != NULL ? before : wanted))
    complain (vector, "the annotations are not as they should be");
}

static void
run_annotation (Vector *vector)
{
  g_autofree char *op = input (vector, "op");

  if (strcmp (op, "annotation_key") == 0)
    run_annotation_key (vector);
  else if (strcmp (op, "annotation_parse") == 0)
    run_annotation_parse (vector);
  else if (strcmp (op, "annotation_update") == 0)
    run_annotation_update (vector);
  else
    complain (vector, "unknown op %s", op);
}

/* --- 03: files --- */

/* Drops @prefix where @text begins with it, and what stands to the next ": ". */
static const char *
skip_clause (const char *text, const char *prefix)
{
  const char *colon = strstr (text, ": ");

  return g_str_has_prefix (text, prefix) && colon != NULL ? colon + 2 : text;
}

/* What our message must hold of the reference implementation's. */
static char *
innermost (const char *error)
{
  const char *text = strstr (error, "json: unknown field");
  const char *type, *field;

  if (text != NULL)
    return g_strdup (text + strlen ("json: "));
  if (strstr (error, "Go value of type specs.Spec") != NULL)
    return g_strdup ("the document has to be a mapping");
  type = strstr (error, " of type ");
  if (type != NULL && strstr (error, "json: cannot unmarshal") != NULL) {
    g_autofree char *before = g_strndup (error, (gsize)(type - error));

    field = strrchr (before, '.');
    return g_strdup (field != NULL ? field + 1 : "");
  }
  text = strstr (error, "key \"");
  if (text != NULL)
    return g_strndup (text, strcspn (text + 5, "\"") + 6);
  if (strstr (error, "no Spec data") != NULL)
    return g_strdup ("no CDI data");
  if (g_str_has_prefix (error, "(upstream crashes"))
    return g_strdup ("null");
  text = skip_clause (error, "invalid CDI Spec: ");
  text = skip_clause (text, "failed add device ");
  text = skip_clause (text, "invalid device \"");
  text = skip_clause (text, "invalid container edits: ");
  return g_strdup (skip_clause (text, "device \""));
}

static void dump_struct (GString *out, const CdiType *type, gconstpointer object);

static void
dump_text (GString *out, const char *text)
{
  g_autofree char *quoted = b9_json_quote (text);

  g_string_append (out, quoted);
}

static void
dump_list (GString *out, const CdiField *field, const CdiList *list)
{
  gsize size = cdi_item_size (field);

  g_string_append_c (out, field->kind == CDI_PAIRS ? '{' : '[');
  for (guint i = 0; i < list->count; i++) {
    const char *item = (const char *)list->items + i * size;

    if (i > 0)
      g_string_append_c (out, ',');
    if (field->kind == CDI_TEXTS) {
      dump_text (out, *(const char *const *)item);
    } else if (field->kind == CDI_NUMBERS) {
      g_string_append_printf (out, "%" G_GINT64_FORMAT, *(const gint64 *)item);
    } else if (field->kind == CDI_PAIRS) {
      dump_text (out, ((const CdiPair *)item)->key);
      g_string_append_c (out, ':');
      dump_text (out, ((const CdiPair *)item)->value);
    } else {
      dump_struct (out, field->type, item);
    }
  }
  g_string_append_c (out, field->kind == CDI_PAIRS ? '}' : ']');
}

static gboolean
is_shown (const CdiField *field, gconstpointer object)
{
  const char *text;

  switch (field->kind) {
  case CDI_TEXT:
    text = *CDI_CONST_FIELD (object, field, const char *);
    return text != NULL && *text != '\0';
  case CDI_INTEGER:
  case CDI_UNSIGNED:
  case CDI_BOOLEAN:
    return CDI_CONST_FIELD (object, field, CdiNumber)->given;
  case CDI_STRUCT:
    return TRUE;
  case CDI_OPTIONAL:
    return *CDI_CONST_FIELD (object, field, gpointer) != NULL;
  default:
    return CDI_CONST_FIELD (object, field, CdiList)->count > 0;
  }
}

static void
dump_field (GString *out, const CdiField *field, gconstpointer object)
{
  switch (field->kind) {
  case CDI_TEXT:
    dump_text (out, *CDI_CONST_FIELD (object, field, const char *));
    break;
  case CDI_INTEGER:
  case CDI_UNSIGNED:
    g_string_append_printf (out, "%" G_GINT64_FORMAT, CDI_CONST_FIELD (object, field, CdiNumber)->value);
    break;
  case CDI_BOOLEAN:
    g_string_append (out, CDI_CONST_FIELD (object, field, CdiNumber)->value != 0 ? "true" : "false");
    break;
  case CDI_STRUCT:
    dump_struct (out, field->type, CDI_CONST_FIELD (object, field, char));
    break;
  case CDI_OPTIONAL:
    dump_struct (out, field->type, *CDI_CONST_FIELD (object, field, gpointer));
    break;
  default:
    dump_list (out, field, CDI_CONST_FIELD (object, field, CdiList));
  }
}

/* As the reference implementation writes a file: what says nothing is left out. */
static void
dump_struct (GString *out, const CdiType *type, gconstpointer object)
{
  gboolean first = TRUE;

  g_string_append_c (out, '{');
  for (const CdiField *field = type->fields; field->name != NULL; field++) {
    if (!is_shown (field, object))
      continue;
    g_string_append_printf (out, "%s\"%s\":", first ? "" : ",", field->name);
    dump_field (out, field, object);
    first = FALSE;
  }
  g_string_append_c (out, '}');
}

static void
check_parsed (Vector *vector, const CdiSpec *spec)
{
  g_autofree char *minimum = json_string (vector->expected_file, vector->expect, "min_version");
  g_autoptr (GString) dump = g_string_new (NULL);
  g_autoptr (B9JsonText) parsed = NULL;

  check_text (vector, "the minimum version", cdi_version_name (cdi_minimum_version (spec)), minimum);
  dump_struct (dump, &cdi_spec_type, spec);
  parsed = json_parse (dump->str);
  if (!json_equal (parsed, B9_JSON_ROOT, vector->expected_file,
                   json_member (vector->expected_file, vector->expect, "parsed")))
    complain (vector, "it was read as %s", dump->str);
}

static void
run_spec (Vector *vector)
{
  g_autofree char *name = input (vector, "file");
  g_autofree char *content = input (vector, "content");
  g_autofree char *error_text = expected_error (vector);
  g_autoptr (CdiArena) arena = cdi_arena_new ();
  g_autoptr (GError) error = NULL;
  const CdiSpec *spec = cdi_document_parse (content, strlen (content), name, arena, &error);

  if ((spec != NULL) != json_truth (vector->expected_file, vector->expect, "valid")) {
    complain (vector, "it is %s", spec != NULL ? "valid" : error->message);
  } else if (spec != NULL) {
    check_parsed (vector, spec);
  } else {
    g_autofree char *wanted = innermost (error_text);

    check_contains (vector, error, wanted);
    check_contains (vector, error, name);
  }
}

/* --- directories, for 04 to 06 --- */

/* @text with every $HOSTDEV made /hostdev. */
static char *
settle (char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "$HOSTDEV", -1);

  g_free (text);
  return g_strjoinv ("/hostdev", parts);
}

static void
write_directory (Vector *vector, B9JsonValue directory, CdiWitness *witness)
{
  g_autofree char *name = json_string (vector->file, directory, "name");
  g_autofree char *path = at_top (name);
  B9JsonValue files = json_member (vector->file, directory, "files");
  g_autoptr (GPtrArray) names = json_sorted_names (vector->file, files);

  witness_add_directory (witness, path);
  if (!json_truth (vector->file, directory, "exists"))
    return;
  make_directory (name);
  for (guint i = 0; i + 1 < names->len; i++) {
    g_autofree char *place = g_build_filename (name, names->pdata[i], NULL);
    g_autofree char *content = settle (json_string (vector->file, files, names->pdata[i]));

    ck_assert (!g_str_has_prefix (content, "SYMLINK:"));
    put_file (place, content);
  }
}

static CdiRegistry *
load_directories (Vector *vector, CdiWitness *witness)
{
  B9JsonValue directories = json_member (vector->file, vector->vector, "dirs");
  B9JsonValue directory = b9_json_first (vector->file, directories);

  for (; directory != B9_JSON_NONE; directory = b9_json_next (vector->file, directory))
    write_directory (vector, directory, witness);
  return cdi_registry_load (&witness->host, (const char *const *)witness->directories->pdata);
}

/* --- 04: the registry --- */

static const char *
below_top (const char *path)
{
  return g_str_has_prefix (path, top) ? path + strlen (top) + 1 : path;
}

static void
check_sources (Vector *vector, const CdiRegistry *registry)
{
  B9JsonValue wanted = json_member (vector->expected_file, vector->expect, "device_source");
  g_autoptr (GPtrArray) entries = cdi_registry_sorted (registry);

  if (entries->len != b9_json_length (vector->expected_file, wanted))
    complain (vector, "%u devices, not %u", entries->len, b9_json_length (vector->expected_file, wanted));
  for (guint i = 0; i < entries->len; i++) {
    const CdiEntry *entry = entries->pdata[i];
    g_autofree char *source = json_string (vector->expected_file, wanted, entry->name);

    check_text (vector, entry->name, below_top (entry->file->path), source);
  }
}

/* Every file that should have an error, and no other; conflicts in the reference implementation's words. */
static void
check_file_errors (Vector *vector, const CdiRegistry *registry)
{
  B9JsonValue wanted = json_member (vector->expected_file, vector->expect, "spec_errors");
  g_autoptr (GPtrArray) paths = json_sorted_names (vector->expected_file, wanted);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < registry->problems->len; i++) {
    const CdiProblem *problem = registry->problems->pdata[i];
    B9JsonValue list = json_member (vector->expected_file, wanted, below_top (problem->path));
    g_autoptr (GPtrArray) texts = json_texts (vector->expected_file, list);
    g_auto (GStrv) parts = g_strsplit (problem->message, top, -1);
    g_autofree char *short_message = g_strjoinv ("", parts);
    g_auto (GStrv) slashes = g_strsplit (short_message, "\"/", -1);
    g_autofree char *message = g_strjoinv ("\"", slashes);

    g_hash_table_add (seen, g_strdup (below_top (problem->path)));
    if (texts->len < 2)
      complain (vector, "unexpected: %s", problem->message);
    else if (g_str_has_prefix (texts->pdata[0], "conflicting") && strstr (message, texts->pdata[0]) == NULL)
      complain (vector, "\"%s\" does not hold \"%s\"", message, (char *)texts->pdata[0]);
  }
  for (guint i = 0; i + 1 < paths->len; i++)
    if (!g_hash_table_contains (seen, paths->pdata[i]))
      complain (vector, "%s has no error", (char *)paths->pdata[i]);
}

static void
check_names (Vector *vector, const CdiRegistry *registry, const char *member)
{
  gboolean vendors = strcmp (member, "vendors") == 0;
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) wanted = json_texts (vector->expected_file,
                                             json_member (vector->expected_file, vector->expect, member));

  for (guint i = 0; i < registry->files->len; i++) {
    const CdiFile *file = registry->files->pdata[i];
    const char *kind = file->spec != NULL ? file->spec->kind : NULL;
    gsize slash = kind != NULL ? strcspn (kind, "/") : 0;

    if (kind != NULL)
      g_hash_table_add (found, vendors ? g_strndup (kind, slash) : g_strdup (kind + slash + 1));
  }
  if (g_hash_table_size (found) != wanted->len - 1)
    complain (vector, "%u %s, not %u", g_hash_table_size (found), member, wanted->len - 1);
  for (guint i = 0; i + 1 < wanted->len; i++)
    if (!g_hash_table_contains (found, wanted->pdata[i]))
      complain (vector, "%s is not among the %s", (char *)wanted->pdata[i], member);
}

static void
run_registry (Vector *vector)
{
  g_autoptr (CdiWitness) witness = witness_new ("");
  g_autoptr (CdiRegistry) registry = load_directories (vector, witness);

  check_sources (vector, registry);
  check_file_errors (vector, registry);
  check_names (vector, registry, "vendors");
  check_names (vector, registry, "classes");
}

/* --- 05 and 06: injection --- */

#define MOST_NODES 16

static mode_t
mode_of (const char *type, const char *mode)
{
  mode_t bits = (mode_t)g_ascii_strtoull (mode != NULL ? mode : "0", NULL, 8);

  return bits | (*type == 'b' ? S_IFBLK : *type == 'p' ? S_IFIFO : S_IFCHR);
}

/* The vector's host; /dev/stdin is a link, as inj-38 says. */
static void
read_nodes (Vector *vector, FakeNode nodes[MOST_NODES + 2], GPtrArray *owned)
{
  B9JsonValue host = json_member (vector->file, vector->vector, "host");
  g_autoptr (GPtrArray) paths = json_sorted_names (vector->file, host);
  guint count = 0;

  nodes[count++] = (FakeNode){.path = "/dev/stdin", .mode = S_IFLNK | 0777};
  for (guint i = 0; i + 1 < paths->len && count <= MOST_NODES; i++) {
    B9JsonValue node = json_member (vector->file, host, paths->pdata[i]);
    g_autofree char *type = json_string (vector->file, node, "type");
    g_autofree char *mode = json_string (vector->file, node, "mode");
    char *path = settle (g_strdup (paths->pdata[i]));

    g_ptr_array_add (owned, path);
    nodes[count++] = (FakeNode){.path = path,
                                .mode = mode_of (type, mode),
                                .major = (unsigned)json_number (vector->file, node, "major"),
                                .minor = (unsigned)json_number (vector->file, node, "minor")};
  }
  nodes[count] = (FakeNode){0};
}

static gboolean
read_vector_requests (Vector *vector, CdiRequests *requests, GError **error)
{
  B9JsonValue request = json_member (vector->file, vector->vector, "request");
  g_autoptr (GPtrArray) devices = json_texts (vector->file, json_member (vector->file, request, "devices"));

  for (guint i = 0; i + 1 < devices->len; i++)
    cdi_requests_add (requests, devices->pdata[i], NULL);
  return parse_annotations (vector->file, json_member (vector->file, request, "annotations"), requests, NULL,
                            error);
}

/* The innermost words of an injection's error.  Ours say of a missing node that it does not exist: engines
 * take "no such file or directory" for the container's own failure. */
static char *
injection_words (const char *error)
{
  const char *text = skip_clause (error, "failed to inject devices: ");
  const char *end = strstr (text, ": no such file or directory");

  return g_strndup (text, end != NULL ? (gsize)(end - text) : strlen (text));
}

static void
check_injected (Vector *vector, const B9SpecCopy *copy, const B9JsonText *before, const GError *error)
{
  g_autofree char *error_text = expected_error (vector);
  const B9JsonText *after = b9_spec_copy_text (copy);
  gboolean unchanged = json_equal (before, B9_JSON_ROOT, after, B9_JSON_ROOT);
  B9JsonValue wanted = json_member (vector->expected_file, vector->expect, "oci");

  if (error_text != NULL) {
    g_autofree char *words = injection_words (error_text);

    check_contains (vector, error, words);
    if (unchanged != json_truth (vector->expected_file, vector->expect, "oci_unchanged"))
      complain (vector, "the spec is %s", unchanged ? "unchanged" : "changed");
  } else if (error != NULL) {
    complain (vector, "%s", error->message);
  } else if (!json_equal (after, B9_JSON_ROOT, vector->expected_file, wanted)) {
    g_autofree char *raw = json_raw (after, B9_JSON_ROOT);

    complain (vector, "the spec is %s", raw);
  }
}

static gboolean
inject_as_asked (Vector *vector, const CdiInjector *injector, B9SpecCopy *copy, GError **error)
{
  gint64 times = MAX (json_number (vector->file, vector->vector, "repeat"), 1);
  g_autoptr (CdiRequests) requests = cdi_requests_new ();
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);

  if (!read_vector_requests (vector, requests, error))
    return FALSE;
  for (gint64 i = 0; i < times; i++)
    if (!cdi_inject (injector, requests, b9_spec_copy_interface (copy), warnings, error))
      return FALSE;
  return TRUE;
}

static void
run_injection (Vector *vector)
{
  g_autoptr (CdiWitness) witness = witness_new ("");
  g_autoptr (CdiRegistry) registry = load_directories (vector, witness);
  g_autoptr (GPtrArray) owned = g_ptr_array_new_with_free_func (g_free);
  FakeNode nodes[MOST_NODES + 2];
  FakeNodes table = {nodes};
  const CdiHostNodes host = {look_in_table, &table};
  const CdiInjector injector = {.registry = registry,
                                .directories = (const char *const *)witness->directories->pdata,
                                .nodes = &host,
                                .backend = "runc"};
  B9JsonValue spec = json_member (vector->file, vector->vector, "oci_in");
  g_autofree char *raw = json_raw (vector->file, spec);
  g_autoptr (B9JsonText) before = json_parse (raw);
  g_autoptr (B9SpecCopy) copy = b9_spec_copy_new (before);
  g_autoptr (GError) error = NULL;

  read_nodes (vector, nodes, owned);
  inject_as_asked (vector, &injector, copy, &error);
  check_injected (vector, copy, before, error);
}

/* --- the table --- */

typedef struct {
  const char *file;
  void (*run) (Vector *vector);
  guint count; /* so that none gets lost */
} Table;

static const Table tables[] = {
    {"01-qualified-names.json", run_name, 27}, {"02-annotations.json", run_annotation, 23},
    {"03-spec-validation.json", run_spec, 86}, {"04-cache.json", run_registry, 9},
    {"05-injection.json", run_injection, 42},  {"06-nvidia.json", run_injection, 5},
};

static B9JsonText *
load_json (const char *path)
{
  g_autoptr (GError) error = NULL;
  B9JsonText *json = b9_json_text_load (path, &error);

  ck_assert_msg (json != NULL, "%s", error != NULL ? error->message : "");
  return json;
}

static void
empty_top (void)
{
  remove_top ();
  make_top ();
}

/* NULL, or what is wrong. */
static char *
run_vector (const Table *table, const B9JsonText *file, B9JsonValue value, const B9JsonText *expected_file,
            B9JsonValue holder)
{
  Vector vector = {.file = file,
                   .vector = value,
                   .expected_file = expected_file,
                   .expect = json_member (expected_file, holder, "expect")};

  empty_top ();
  table->run (&vector);
  return vector.complaint;
}

/* A difference must be one: the vector fails as it is, and passes as we want it. */
static char *
run_difference (const Table *table, const B9JsonText *file, B9JsonValue value, const B9JsonText *differences,
                B9JsonValue difference)
{
  g_autofree char *as_it_is = run_vector (table, file, value, file, value);

  if (as_it_is == NULL)
    return g_strdup ("it passes, and is listed as a difference");
  return run_vector (table, file, value, differences, difference);
}

START_TEST (answers_as_the_reference_implementation)
{
  const Table *table = &tables[_i];
  const char *directory = g_getenv ("B9_CDI_VECTORS");
  g_autofree char *path = g_build_filename (directory != NULL ? directory : B9_TEST_DATA "/cdi-vectors",
                                            table->file, NULL);
  g_autoptr (B9JsonText) file = load_json (path);
  g_autoptr (B9JsonText) differences = load_json (B9_TOP_SRCDIR "/tests/cdi-differences.json");
  B9JsonValue vectors = json_member (file, B9_JSON_ROOT, "vectors");
  guint passed = 0, different = 0, failed = 0;

  for (B9JsonValue value = b9_json_first (file, vectors); value != B9_JSON_NONE;
       value = b9_json_next (file, value)) {
    g_autofree char *id = json_string (file, value, "id");
    g_autofree char *origin = json_string (file, value, "origin");
    B9JsonValue difference = json_member (differences, B9_JSON_ROOT, id);
    g_autofree char *complaint = difference != B9_JSON_NONE
                                     ? run_difference (table, file, value, differences, difference)
                                     : run_vector (table, file, value, file, value);
    g_autofree char *reason = difference != B9_JSON_NONE ? json_string (differences, difference, "reason")
                                                         : NULL;

    if (complaint != NULL)
      printf ("FAILED    %s (%s): %s\n", id, origin, complaint);
    else if (reason != NULL)
      printf ("different %s (%s): %s\n", id, origin, reason);
    else
      printf ("passed    %s (%s)\n", id, origin);
    failed += complaint != NULL ? 1 : 0;
    different += complaint == NULL && reason != NULL ? 1 : 0;
    passed += complaint == NULL && reason == NULL ? 1 : 0;
  }
  printf ("%-26s %3u passed, %u different on purpose, %u failed\n", table->file, passed, different, failed);
  fflush (stdout);
  ck_assert_uint_eq (failed, 0);
  ck_assert_uint_eq (passed + different, table->count);
}
END_TEST

int
main (void)
{
  TCase *vectors = directory_case ("vectors");
  TCase *const cases[] = {vectors, NULL};

  tcase_add_loop_test (vectors, answers_as_the_reference_implementation, 0, (int)G_N_ELEMENTS (tables));
  return run_cases ("cdi-vectors", cases);
}
