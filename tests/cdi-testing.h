/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-testing.h: what the suites of CDI need: JSON documents compared by value, directories of CDI files
 * below `top`, a table in the place of the host's device nodes, and a B9Host.
 */
#ifndef B9_CDI_TESTING_H
#define B9_CDI_TESTING_H

#include <errno.h>
#include <sys/sysmacros.h>

#include <b9run/b9-gpu.h>

#include "core/json/json-text.h"
#include "core/spec/spec.h"
#include "plugins/gpu/cdi/cdi-devices.h"
#include "plugins/gpu/cdi/cdi-registry.h"
#include "tests/directory-testing.h"

/* --- JSON by value --- */

static inline B9JsonText *
json_parse (const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;
  B9JsonText *json = b9_json_text_new (bytes, "config.json", &error);

  ck_assert_msg (json != NULL, "%s\n%s", error != NULL ? error->message : "", text);
  return json;
}

static inline char *
json_raw (const B9JsonText *json, B9JsonValue value)
{
  gsize length;
  const char *raw = b9_json_raw (json, value, &length);

  return g_strndup (raw, length);
}

static inline B9JsonValue
json_member (const B9JsonText *json, B9JsonValue object, const char *name)
{
  return object == B9_JSON_NONE ? B9_JSON_NONE : b9_json_map_get (json, object, name);
}

/* NULL where it is absent. */
static inline char *
json_string (const B9JsonText *json, B9JsonValue object, const char *name)
{
  B9JsonValue value = json_member (json, object, name);

  return value != B9_JSON_NONE ? b9_json_string (json, value, NULL, NULL) : NULL;
}

static inline gint64
json_number (const B9JsonText *json, B9JsonValue object, const char *name)
{
  B9JsonValue value = json_member (json, object, name);
  gint64 number = 0;

  if (value != B9_JSON_NONE)
    ck_assert (b9_json_int64 (json, value, NULL, &number, NULL));
  return number;
}

static inline gboolean
json_truth (const B9JsonText *json, B9JsonValue object, const char *name)
{
  B9JsonValue value = json_member (json, object, name);
  gboolean truth = FALSE;

  return value != B9_JSON_NONE && b9_json_boolean (json, value, NULL, &truth, NULL) && truth;
}

static inline gboolean json_equal (const B9JsonText *a, B9JsonValue x, const B9JsonText *b, B9JsonValue y);

static inline gboolean
json_equal_objects (const B9JsonText *a, B9JsonValue x, const B9JsonText *b, B9JsonValue y)
{
  for (B9JsonValue member = b9_json_first (a, x); member != B9_JSON_NONE; member = b9_json_next (a, member)) {
    g_autofree char *name = b9_json_member_name (a, member);
    B9JsonValue other = b9_json_map_get (b, y, name);

    if (other == B9_JSON_NONE || !json_equal (a, member, b, other))
      return FALSE;
  }
  return TRUE;
}

/* Members in any order, elements in theirs. */
static inline gboolean
json_equal (const B9JsonText *a, B9JsonValue x, const B9JsonText *b, B9JsonValue y)
{
  B9JsonKind kind = b9_json_kind (a, x);

  if (kind != b9_json_kind (b, y))
    return FALSE;
  if (kind == B9_JSON_OBJECT)
    return b9_json_length (a, x) == b9_json_length (b, y) && json_equal_objects (a, x, b, y);
  if (kind == B9_JSON_ARRAY) {
    B9JsonValue first = b9_json_first (a, x), second = b9_json_first (b, y);

    while (first != B9_JSON_NONE && second != B9_JSON_NONE && json_equal (a, first, b, second)) {
      first = b9_json_next (a, first);
      second = b9_json_next (b, second);
    }
    return first == B9_JSON_NONE && second == B9_JSON_NONE;
  }
  if (kind == B9_JSON_STRING) {
    g_autofree char *one = b9_json_string (a, x, NULL, NULL);
    g_autofree char *two = b9_json_string (b, y, NULL, NULL);

    return g_strcmp0 (one, two) == 0;
  }
  g_autofree char *one = json_raw (a, x);
  g_autofree char *two = json_raw (b, y);
  return strcmp (one, two) == 0;
}

/* A list of texts, NULL-ended. */
static inline GPtrArray *
json_texts (const B9JsonText *json, B9JsonValue list)
{
  GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);
  B9JsonValue item = list != B9_JSON_NONE ? b9_json_first (json, list) : B9_JSON_NONE;

  for (; item != B9_JSON_NONE; item = b9_json_next (json, item))
    g_ptr_array_add (texts, b9_json_string (json, item, NULL, NULL));
  g_ptr_array_add (texts, NULL);
  return texts;
}

static inline gint
compare_texts (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *)a, *(const char *const *)b);
}

/* The names of an object's members, sorted, NULL-ended. */
static inline GPtrArray *
json_sorted_names (const B9JsonText *json, B9JsonValue object)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  B9JsonValue member = object != B9_JSON_NONE ? b9_json_first (json, object) : B9_JSON_NONE;

  for (; member != B9_JSON_NONE; member = b9_json_next (json, member))
    g_ptr_array_add (names, b9_json_member_name (json, member));
  g_ptr_array_sort (names, compare_texts);
  g_ptr_array_add (names, NULL);
  return names;
}

/* --- the host --- */

typedef struct {
  const char *path;
  mode_t mode; /* with its type */
  unsigned major, minor;
} FakeNode;

/* A table in the place of the host's device nodes: making real ones needs root. */
typedef struct {
  const FakeNode *nodes; /* ended by a NULL path */
} FakeNodes;

static inline int
look_in_table (gpointer data, const char *path, struct stat *status)
{
  const FakeNodes *table = data;

  for (const FakeNode *node = table->nodes; node->path != NULL; node++)
    if (strcmp (node->path, path) == 0) {
      memset (status, 0, sizeof *status);
      status->st_mode = node->mode;
      status->st_rdev = makedev (node->major, node->minor);
      return 0;
    }
  return ENOENT;
}

/* What the plugin is given: paths below `root` ("" for the host itself), a cache in memory. */
typedef struct {
  B9Host host;
  const char *root;
  GPtrArray *directories; /* of char *, NULL-ended when it is asked for */
  GString *log;           /* "LEVEL LINE\n" */
  GString *told;          /* findings and cells, one a line */
  GHashTable *cache;      /* name -> GBytes */
  guint cache_reads, cache_writes;
} CdiWitness;

static inline char *
witness_place (const B9Host *host, const char *path)
{
  const CdiWitness *witness = host->data;

  return *witness->root != '\0' ? g_build_filename (witness->root, path, NULL) : g_strdup (path);
}

static inline const char *const *
witness_list (const B9Host *host, const char *key)
{
  const CdiWitness *witness = host->data;

  ck_assert_str_eq (key, "spec-dirs");
  return (const char *const *)witness->directories->pdata;
}

static inline void
witness_log (const B9Host *host, B9LogLevel level, const char *message)
{
  g_string_append_printf (((CdiWitness *)host->data)->log, "%d %s\n", level, message);
}

static inline char *
witness_read (const B9Host *host, const char *path, gsize max, gsize *length, GError **error)
{
  g_autofree char *place = witness_place (host, path);
  char *content = NULL;

  ck_assert_ptr_null (length);
  ck_assert_ptr_null (error);
  if (!g_file_get_contents (place, &content, NULL, NULL))
    return NULL;
  if (strlen (content) > max)
    content[max] = '\0';
  return content;
}

static inline void
witness_depends (const B9Host *host G_GNUC_UNUSED, const char *path)
{
  ck_assert (g_path_is_absolute (path));
}

static inline void
witness_report (const B9Host *host, const B9Cell *cell)
{
  static const char *const states[] = {"", "SUPPORTED", "CONDITIONAL", "UNKNOWN", "UNSUPPORTED"};

  g_string_append_printf (((CdiWitness *)host->data)->told, "%s %s [%s]%s%s%s%s\n", cell->capability,
                          states[cell->state], cell->evidence, cell->reason != NULL ? " " : "",
                          cell->reason != NULL ? cell->reason : "", cell->remedy != NULL ? " -> " : "",
                          cell->remedy != NULL ? cell->remedy : "");
}

static inline void
witness_finding (const B9Host *host, const B9Finding *finding)
{
  static const char *const levels[] = {"", "ok", "warning", "problem"};

  ck_assert (finding->level != B9_FINDING_PROBLEM || finding->remedy != NULL);
  g_string_append_printf (((CdiWitness *)host->data)->told, "%s %s %s%s%s\n", levels[finding->level],
                          finding->id, finding->message, finding->remedy != NULL ? " -> " : "",
                          finding->remedy != NULL ? finding->remedy : "");
}

static inline GBytes *
witness_cache_read (const B9Host *host, const char *name)
{
  CdiWitness *witness = host->data;
  GBytes *kept = g_hash_table_lookup (witness->cache, name);

  witness->cache_reads++;
  return kept != NULL ? g_bytes_ref (kept) : NULL;
}

static inline gboolean
witness_cache_write (const B9Host *host, const char *name, GBytes *content)
{
  CdiWitness *witness = host->data;

  witness->cache_writes++;
  g_hash_table_replace (witness->cache, g_strdup (name), g_bytes_ref (content));
  return TRUE;
}

static inline CdiWitness *
witness_new (const char *root)
{
  CdiWitness *witness = g_new0 (CdiWitness, 1);

  witness->root = root;
  witness->directories = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (witness->directories, NULL);
  witness->log = g_string_new (NULL);
  witness->told = g_string_new (NULL);
  witness->cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  witness->host = (B9Host){
      .struct_size = sizeof (B9Host),
      .data = witness,
      .config_list = witness_list,
      .log = witness_log,
      .path = witness_place,
      .read_file = witness_read,
      .depends_on = witness_depends,
      .report = witness_report,
      .finding = witness_finding,
      .cache_read = witness_cache_read,
      .cache_write = witness_cache_write,
  };
  return witness;
}

static inline void
witness_add_directory (CdiWitness *witness, const char *path)
{
  g_ptr_array_insert (witness->directories, (gint)witness->directories->len - 1, g_strdup (path));
}

static inline void
witness_free (CdiWitness *witness)
{
  g_ptr_array_unref (witness->directories);
  g_string_free (witness->log, TRUE);
  g_string_free (witness->told, TRUE);
  g_hash_table_unref (witness->cache);
  g_free (witness);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CdiWitness, witness_free)

/* --- directories of CDI files --- */

#define HEAD "cdiVersion: 0.7.0\nkind: nvidia.com/gpu\n"
#define NODE "deviceNodes: [{path: /dev/nvidia0, type: c, major: 195, fileMode: 0666}]"
#define ONE_GPU                                                                                             \
  HEAD "devices:\n- name: '0'\n  containerEdits:\n    " NODE "\n"                                           \
       "containerEdits:\n  env: [NVIDIA_VISIBLE_DEVICES=void]\n"                                            \
       "  mounts: [{hostPath: /lib/libcuda.so.570.172.08, containerPath: /lib/libcuda.so.1, options: [ro, " \
       "rbind]}]\n"                                                                                         \
       "  hooks: [{hookName: createContainer, path: /usr/bin/nvidia-cdi-hook, args: [nvidia-cdi-hook, "     \
       "update-ldcache]}]\n"

/* What the directories of @witness hold. */
static inline CdiRegistry *
load_registry (CdiWitness *witness)
{
  return cdi_registry_load (&witness->host, (const char *const *)witness->directories->pdata);
}

/* With the one directory `cdi` of the test's. */
static inline CdiWitness *
one_directory (void)
{
  CdiWitness *witness = witness_new ("");
  g_autofree char *path = at_top ("cdi");

  make_directory ("cdi");
  witness_add_directory (witness, path);
  return witness;
}

#endif /* B9_CDI_TESTING_H */
