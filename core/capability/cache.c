/* SPDX-License-Identifier: Apache-2.0
 *
 * cache.c: see cache.h.
 *
 * A file is lines of words with tabs between: what it rests on, the evidence, one line a cell, "end".  It is
 * read in that order and given up at the first line that does not hold.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-capability"

#include "core/capability/cache.h"

#include <string.h>
#include <unistd.h>

#include "core/plugin/host.h"
#include "core/sys/cache-file.h"

#define MAGIC "b9run-cells 1 " PACKAGE_VERSION " " B9_COMMIT
#define DRIVER "/proc/driver/nvidia/version"
#define MAX_FILES 256 /* of programs, roots and configurations; then all are forgotten */
#define MAX_LINES 4096
#define CELL_FIELDS 8

/* Words of the cell's line that stand for nothing. */
#define NOTHING "-"

/* All that the answers rest on besides the evidence, on one line. */
static char *
make_basis (const B9AnswersKey *key)
{
  g_autofree char *driver = b9_host_path (DRIVER);
  g_autofree char *b9run = b9_evidence_stamp ("/proc/self/exe");
  g_autofree char *module = key->module != NULL ? b9_evidence_stamp (key->module) : g_strdup (NOTHING);
  g_autofree char *loaded = b9_evidence_stamp (driver);
  g_autofree char *host_root = b9_host_path ("/");
  g_autofree char *settings = g_compute_checksum_for_string (G_CHECKSUM_SHA1, key->settings, -1);
  g_autofree char *whose = g_strdup_printf ("%u\n%s\n%s\n%s", (unsigned)geteuid (), host_root,
                                            key->program != NULL ? key->program : "",
                                            key->root != NULL ? key->root : "");
  g_autofree char *subject = g_compute_checksum_for_string (G_CHECKSUM_SHA1, whose, -1);

  return g_strdup_printf ("rests\t%s\t%s\t%s\t%s\t%s", subject, settings, b9run, module, loaded);
}

/* Pools and roots that take turns have a file each. */
static char *
file_name (const B9AnswersKey *key)
{
  g_autofree char *whose = g_strdup_printf ("%u\n%s\n%s\n%s", (unsigned)geteuid (), key->settings,
                                            key->program != NULL ? key->program : "",
                                            key->root != NULL ? key->root : "");
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA1, whose, -1);

  return g_strdup_printf ("cells_%s_%.16s", key->section, digest);
}

static guint32
number (const char *text, guint32 most)
{
  guint64 value = 0;

  return g_ascii_string_to_unsigned (text, 10, 1, most, &value, NULL) ? (guint32)value : 0;
}

/* "KIND:CAPABILITY" each. */
static gboolean
are_needs (char **needs)
{
  for (; *needs != NULL; needs++) {
    const char *colon = strchr (*needs, ':');

    if (colon == NULL || colon == *needs || colon[1] == '\0')
      return FALSE;
  }
  return TRUE;
}

/* cell, capability, state, kind, evidence, reason, remedy, needs */
static gboolean
read_cell (B9Answers *answers, const char *line)
{
  g_auto (GStrv) fields = g_strsplit (line, "\t", CELL_FIELDS + 1);
  g_auto (GStrv) needs = NULL;
  B9Cell cell = {.struct_size = sizeof cell};

  if (g_strv_length (fields) != CELL_FIELDS || strcmp (fields[0], "cell") != 0)
    return FALSE;
  needs = strcmp (fields[7], NOTHING) != 0 ? g_strsplit (fields[7], " ", -1) : g_new0 (char *, 1);
  cell.capability = fields[1];
  cell.state = number (fields[2], B9_CAPABILITY_UNSUPPORTED);
  cell.evidence_kind = number (fields[3], B9_EVIDENCE_DECLARED);
  cell.evidence = fields[4];
  cell.reason = strcmp (fields[5], NOTHING) != 0 ? fields[5] : NULL;
  cell.remedy = strcmp (fields[6], NOTHING) != 0 ? fields[6] : NULL;
  cell.needs = (const char *const *)needs;
  if (cell.state == 0 || cell.evidence_kind == 0 || *fields[1] == '\0' || *fields[4] == '\0' ||
      (cell.reason == NULL) != (cell.state == B9_CAPABILITY_SUPPORTED) || !are_needs (needs))
    return FALSE;
  b9_answers_add (answers, &cell);
  return TRUE;
}

static B9Answers *
parse (const B9AnswersKey *key, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", MAX_LINES);
  g_autofree char *basis = NULL;
  g_autoptr (B9Answers) answers = b9_answers_new ();
  guint i = 2;

  if (g_strv_length (lines) < 4 || strcmp (lines[0], MAGIC) != 0)
    return NULL;
  basis = make_basis (key);
  if (strcmp (lines[1], basis) != 0)
    return NULL;
  for (; lines[i] != NULL && !g_str_has_prefix (lines[i], "cell\t") && strcmp (lines[i], "end") != 0; i++) {
    if (!b9_evidence_line_holds (lines[i]))
      return NULL;
  }
  for (; lines[i] != NULL && strcmp (lines[i], "end") != 0; i++) {
    if (!read_cell (answers, lines[i]))
      return NULL;
  }
  if (lines[i] == NULL || g_strcmp0 (lines[i + 1], "") != 0 || lines[i + 2] != NULL)
    return NULL;
  return g_steal_pointer (&answers);
}

B9Answers *
b9_answers_load (const B9AnswersKey *key)
{
  g_autofree char *name = key->state_directory != NULL ? file_name (key) : NULL;
  g_autoptr (GBytes) content = name != NULL ? b9_cache_file_read (key->state_directory, name) : NULL;
  g_autofree char *text = NULL;
  gsize size = 0;
  const char *bytes = content != NULL ? g_bytes_get_data (content, &size) : NULL;

  if (bytes == NULL || memchr (bytes, '\0', size) != NULL || !g_utf8_validate (bytes, (gssize)size, NULL))
    return NULL;
  text = g_strndup (bytes, size);
  return parse (key, text);
}

/* A file for all settings of a provider, so that there are few. */
int
b9_answers_turn (const B9AnswersKey *key)
{
  g_autofree char *name = g_strconcat ("turn_", key->section, NULL);

  return key->state_directory != NULL ? b9_cache_file_turn (key->state_directory, name) : -1;
}

static void
append_cell (GString *text, const B9Answered *cell)
{
  g_autofree char *needs = g_strjoinv (" ", cell->needs);

  g_string_append_printf (text, "cell\t%s\t%u\t%u\t%s\t%s\t%s\t%s\n", cell->capability, cell->state,
                          cell->evidence_kind, cell->evidence, cell->reason != NULL ? cell->reason : NOTHING,
                          cell->remedy != NULL ? cell->remedy : NOTHING, *needs != '\0' ? needs : NOTHING);
}

/* Whoever asks with ever new roots must not fill the memory that /run is. */
static void
forget_all_where_many (const char *state_directory)
{
  g_autofree char *path = g_build_filename (state_directory, "cache", NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    if (g_str_has_prefix (name, "cells_"))
      g_ptr_array_add (names, g_build_filename (path, name, NULL));
  }
  for (guint i = 0; names->len > MAX_FILES && i < names->len; i++)
    unlink (g_ptr_array_index (names, i));
}

void
b9_answers_keep (const B9AnswersKey *key, const B9Answers *answers, const B9Evidence *evidence)
{
  g_autoptr (GString) text = g_string_new (MAGIC "\n");
  g_autofree char *basis = make_basis (key);
  g_autofree char *name = file_name (key);
  g_autoptr (GError) problem = NULL;

  if (key->state_directory == NULL || !b9_evidence_is_keepable (evidence))
    return;
  g_string_append_printf (text, "%s\n", basis);
  b9_evidence_write (evidence, text);
  for (guint i = 0; i < answers->cells->len; i++)
    append_cell (text, g_ptr_array_index (answers->cells, i));
  g_string_append (text, "end\n");
  if (access (key->state_directory, F_OK) == 0)
    forget_all_where_many (key->state_directory);
  if (!b9_cache_file_write (key->state_directory, name, text->str, text->len, &problem))
    g_debug ("the answers of %s are not cached: %s", key->section, problem->message);
}
