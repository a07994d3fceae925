/* SPDX-License-Identifier: Apache-2.0
 *
 * probe-testing.h: a fake B9Host for the probes of plugins.
 *
 * It runs nothing: a test says what each command line would print.  Files are looked up below a directory of
 * the test, and the cells and findings are kept as text, one a line, to be compared whole.
 */
#ifndef B9_PROBE_TESTING_H
#define B9_PROBE_TESTING_H

#include <b9run/b9-backend.h>
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct {
  char *root;           /* of the fake host's files */
  GHashTable *answers;  /* "flags" → what it prints; a leading '!' is a status other than 0 */
  GHashTable *settings; /* key → value */
  GPtrArray *flags;     /* backends.NAME.flags, NULL-ended */
  GHashTable *cells;    /* capability → "STATE KIND evidence | reason | remedy | needs" */
  GString *findings;    /* "LEVEL id message | remedy" */
  GString *log;
  guint starts; /* how many programs it was asked to run */
  B9Host host;
} FakeHost;

static const char *
fake_string (const B9Host *host, const char *key)
{
  const FakeHost *fake = host->data;

  return g_hash_table_lookup (fake->settings, key);
}

static gboolean
fake_boolean (const B9Host *host, const char *key)
{
  return g_strcmp0 (fake_string (host, key), "true") == 0;
}

static const char *const *
fake_list (const B9Host *host, const char *key)
{
  const FakeHost *fake = host->data;
  static const char *const nothing[] = {NULL};

  return strcmp (key, "flags") == 0 ? (const char *const *)fake->flags->pdata : nothing;
}

static void
fake_log (const B9Host *host, B9LogLevel level, const char *message)
{
  const FakeHost *fake = host->data;

  g_string_append_printf (fake->log, "%d %s\n", level, message);
}

static char *
fake_path (const B9Host *host, const char *path)
{
  const FakeHost *fake = host->data;

  return g_build_filename (fake->root, path, NULL);
}

static gboolean
fake_run (const B9Host *host, const B9Run *run, B9RunResult *result, GError **error)
{
  FakeHost *fake = host->data;
  g_autofree char *line = g_strjoinv (" ", (char **)run->argv + 1);
  const char *answer = g_hash_table_lookup (fake->answers, line);

  ck_assert (g_path_is_absolute (run->argv[0]));
  fake->starts++;
  if (answer == NULL) {
    g_set_error (error, B9_ERROR, B9_ERROR_TIMEOUT, "%s %s did not end within 10 s", run->argv[0], line);
    return FALSE;
  }
  result->exit_status = answer[0] == '!' ? 128 : 0;
  result->output = g_strdup (answer[0] == '!' ? "" : answer);
  result->error_output = g_strdup ("");
  return TRUE;
}

static char *
fake_read_file (const B9Host *host, const char *path, gsize max, gsize *length, GError **error)
{
  g_autofree char *real = fake_path (host, path);
  gsize size = 0;
  char *text = NULL;

  if (!g_file_get_contents (real, &text, &size, error))
    return NULL;
  if (size > max)
    text[size = max] = '\0';
  if (length != NULL)
    *length = size;
  return text;
}

static void
fake_depends_on (const B9Host *host G_GNUC_UNUSED, const char *path)
{
  ck_assert (g_path_is_absolute (path));
}

static const char *
state_name (guint32 state)
{
  static const char *const names[] = {"?", "supported", "conditional", "unknown", "unsupported"};

  return state < G_N_ELEMENTS (names) ? names[state] : "?";
}

static void
fake_report (const B9Host *host, const B9Cell *cell)
{
  static const char *const kinds[] = {"?", "probe", "version", "file", "declared"};
  FakeHost *fake = host->data;
  g_autofree char *needs = cell->needs != NULL ? g_strjoinv (" ", (char **)cell->needs) : NULL;

  ck_assert_uint_eq (cell->struct_size, sizeof *cell);
  ck_assert (cell->evidence != NULL && *cell->evidence != '\0');
  ck_assert_msg ((cell->state == B9_CAPABILITY_SUPPORTED) == (cell->reason == NULL), "%s: %s",
                 cell->capability, cell->reason);
  ck_assert_msg (!g_hash_table_contains (fake->cells, cell->capability), "%s twice", cell->capability);
  g_hash_table_insert (fake->cells, g_strdup (cell->capability),
                       g_strdup_printf ("%s %s %s | %s | %s | %s", state_name (cell->state),
                                        kinds[MIN (cell->evidence_kind, 4)], cell->evidence,
                                        cell->reason != NULL ? cell->reason : "-",
                                        cell->remedy != NULL ? cell->remedy : "-",
                                        needs != NULL ? needs : "-"));
}

static void
fake_finding (const B9Host *host, const B9Finding *finding)
{
  static const char *const levels[] = {"?", "ok", "warning", "problem"};
  FakeHost *fake = host->data;

  ck_assert_uint_eq (finding->struct_size, sizeof *finding);
  ck_assert_msg (finding->level != B9_FINDING_PROBLEM || finding->remedy != NULL, "%s", finding->message);
  g_string_append_printf (fake->findings, "%s %s %s | %s\n", levels[MIN (finding->level, 3)], finding->id,
                          finding->message, finding->remedy != NULL ? finding->remedy : "-");
}

static inline FakeHost *
fake_host_new (void)
{
  FakeHost *fake = g_new0 (FakeHost, 1);

  fake->root = g_dir_make_tmp ("b9-probe-XXXXXX", NULL);
  ck_assert_ptr_nonnull (fake->root);
  fake->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  fake->settings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  fake->cells = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  fake->flags = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (fake->flags, NULL);
  fake->findings = g_string_new (NULL);
  fake->log = g_string_new (NULL);
  fake->host = (B9Host){.struct_size = sizeof (B9Host),
                        .data = fake,
                        .config_string = fake_string,
                        .config_boolean = fake_boolean,
                        .config_list = fake_list,
                        .log = fake_log,
                        .path = fake_path,
                        .run = fake_run,
                        .read_file = fake_read_file,
                        .depends_on = fake_depends_on,
                        .report = fake_report,
                        .finding = fake_finding};
  return fake;
}

static inline void
fake_host_free (FakeHost *fake)
{
  const char *const argv[] = {"rm", "-rf", fake->root, NULL};

  ck_assert (
      g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_hash_table_unref (fake->answers);
  g_hash_table_unref (fake->settings);
  g_hash_table_unref (fake->cells);
  g_ptr_array_unref (fake->flags);
  g_string_free (fake->findings, TRUE);
  g_string_free (fake->log, TRUE);
  g_free (fake->root);
  g_free (fake);
}

static inline void
answer (FakeHost *fake, const char *words, const char *text)
{
  g_hash_table_insert (fake->answers, g_strdup (words), g_strdup (text));
}

/* What the real program printed once. */
static inline void
answer_from_file (FakeHost *fake, const char *words, const char *file)
{
  g_autofree char *path = g_build_filename (B9_TEST_DATA, file, NULL);
  char *text = NULL;

  ck_assert_msg (g_file_get_contents (path, &text, NULL, NULL), "%s is missing", path);
  g_hash_table_insert (fake->answers, g_strdup (words), text);
}

static inline void
set (FakeHost *fake, const char *key, const char *value)
{
  g_hash_table_insert (fake->settings, g_strdup (key), g_strdup (value));
}

static inline void
add_flag (FakeHost *fake, const char *flag)
{
  g_ptr_array_insert (fake->flags, (int)fake->flags->len - 1, g_strdup (flag));
}

static inline void
put_file (FakeHost *fake, const char *path, const char *text)
{
  g_autofree char *real = fake_path (&fake->host, path);
  g_autofree char *directory = g_path_get_dirname (real);

  ck_assert_int_eq (g_mkdir_with_parents (directory, 0755), 0);
  ck_assert (g_file_set_contents (real, text, -1, NULL));
}

static inline void
expect_cell (FakeHost *fake, const char *capability, const char *expected)
{
  const char *cell = g_hash_table_lookup (fake->cells, capability);

  ck_assert_msg (cell != NULL, "nothing was said of %s", capability);
  ck_assert_str_eq (cell, expected);
}

/* Only "unsupported", "conditional" and so on. */
static inline void
expect_state (FakeHost *fake, const char *capability, const char *expected)
{
  const char *cell = g_hash_table_lookup (fake->cells, capability);

  ck_assert_msg (cell != NULL, "nothing was said of %s", capability);
  ck_assert_msg (g_str_has_prefix (cell, expected) && cell[strlen (expected)] == ' ', "%s: %s", capability,
                 cell);
}

/* Each capability of the catalogue has an answer. */
static inline void
expect_whole_catalogue (FakeHost *fake)
{
  static const char *const ids[] = {"gpu.passthrough",
                                    "gpu.nvproxy",
                                    "gpu.mig",
                                    "cdi.inject",
                                    "cdi.hooks",
                                    "checkpoint",
                                    "restore",
                                    "checkpoint.leave-running",
                                    "checkpoint.tcp",
                                    "checkpoint.pre-dump",
                                    "checkpoint.lazy-pages",
                                    "checkpoint.cuda",
                                    "checkpoint.cuda.remap",
                                    "oom.events",
                                    "events.stats",
                                    "update",
                                    "pause",
                                    "ps",
                                    "exec",
                                    "console",
                                    "preserve-fds",
                                    "netns.join",
                                    "netns.none",
                                    "rootfs.overlay",
                                    "rootless",
                                    "systemd-cgroup",
                                    "seccomp",
                                    "apparmor",
                                    "selinux",
                                    "hooks.createContainer",
                                    "idmap",
                                    "cgroup.v1",
                                    "cgroup.hybrid",
                                    "cgroup.v2"};

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    ck_assert_msg (g_hash_table_contains (fake->cells, ids[i]), "nothing was said of %s", ids[i]);
  ck_assert_uint_eq (g_hash_table_size (fake->cells), G_N_ELEMENTS (ids));
}

#endif /* B9_PROBE_TESTING_H */
