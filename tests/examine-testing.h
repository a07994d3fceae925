/* SPDX-License-Identifier: Apache-2.0
 *
 * examine-testing.h: a B9Host for a plugin's probe and examination: its files stand below `top`, and what is
 * reported is kept as text, one line a cell or finding.
 *
 * Cells are "gpu.mig UNSUPPORTED [evidence] reason -> remedy", findings "warning nvidia.smi message ->
 * remedy".
 */
#ifndef B9_EXAMINE_TESTING_H
#define B9_EXAMINE_TESTING_H

#include <b9run/b9-host.h>

#include "tests/directory-testing.h"

typedef struct {
  B9Host host;
  GString *text;
  const char *program;       /* what find_program answers, or NULL */
  const char *program_error; /* run fails with it */
  int program_status;
  const char *program_output;
  char *program_argv;
  const char *(*answer) (const char *argv, int *status); /* in the place of status and output, or NULL */
  gboolean config;                                       /* of every boolean key */
} Witness;

static inline char *
witness_path (const B9Host *host G_GNUC_UNUSED, const char *path)
{
  return g_build_filename (top, path, NULL);
}

static inline char *
witness_read_file (const B9Host *host, const char *path, gsize max, gsize *length, GError **error)
{
  g_autofree char *real = witness_path (host, path);
  char *content = NULL;
  gsize size;

  if (!g_file_get_contents (real, &content, &size, NULL)) {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_IO, "it cannot be read");
    return NULL;
  }
  content[MIN (size, max)] = '\0';
  if (length != NULL)
    *length = MIN (size, max);
  return content;
}

static inline void
witness_report (const B9Host *host, const B9Cell *cell)
{
  static const char *const states[] = {"", "SUPPORTED", "CONDITIONAL", "UNKNOWN", "UNSUPPORTED"};
  Witness *witness = host->data;

  ck_assert (cell->state >= B9_CAPABILITY_SUPPORTED && cell->state <= B9_CAPABILITY_UNSUPPORTED);
  ck_assert_ptr_nonnull (cell->evidence);
  ck_assert (cell->state == B9_CAPABILITY_SUPPORTED || cell->reason != NULL);
  g_string_append_printf (witness->text, "%s %s [%s]%s%s%s%s\n", cell->capability, states[cell->state],
                          cell->evidence, cell->reason != NULL ? " " : "",
                          cell->reason != NULL ? cell->reason : "", cell->remedy != NULL ? " -> " : "",
                          cell->remedy != NULL ? cell->remedy : "");
}

static inline void
witness_finding (const B9Host *host, const B9Finding *finding)
{
  static const char *const levels[] = {"", "ok", "warning", "problem"};
  Witness *witness = host->data;

  ck_assert (finding->level >= B9_FINDING_OK && finding->level <= B9_FINDING_PROBLEM);
  ck_assert (finding->level != B9_FINDING_PROBLEM || finding->remedy != NULL);
  g_string_append_printf (witness->text, "%s %s %s%s%s\n", levels[finding->level], finding->id,
                          finding->message, finding->remedy != NULL ? " -> " : "",
                          finding->remedy != NULL ? finding->remedy : "");
}

static inline void
witness_depends_on (const B9Host *host G_GNUC_UNUSED, const char *path)
{
  ck_assert (g_path_is_absolute (path));
}

static inline char *
witness_find_program (const B9Host *host, const char *name G_GNUC_UNUSED)
{
  return g_strdup (((const Witness *)host->data)->program);
}

static inline gboolean
witness_run (const B9Host *host, const B9Run *run, B9RunResult *result, GError **error)
{
  Witness *witness = host->data;

  g_free (witness->program_argv);
  witness->program_argv = g_strjoinv (" ", (char **)run->argv);
  if (witness->program_error != NULL) {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_TIMEOUT, witness->program_error);
    return FALSE;
  }
  result->exit_status = witness->program_status;
  if (witness->answer != NULL)
    witness->program_output = witness->answer (witness->program_argv, &result->exit_status);
  result->output = g_strdup (witness->program_output != NULL ? witness->program_output : "");
  result->error_output = g_strdup ("");
  return TRUE;
}

static inline gboolean
witness_boolean (const B9Host *host, const char *key G_GNUC_UNUSED)
{
  return ((const Witness *)host->data)->config;
}

static inline Witness *
witness_new (void)
{
  Witness *witness = g_new0 (Witness, 1);

  witness->text = g_string_new (NULL);
  witness->host = (B9Host){
      .struct_size = sizeof (B9Host),
      .data = witness,
      .config_boolean = witness_boolean,
      .path = witness_path,
      .read_file = witness_read_file,
      .report = witness_report,
      .finding = witness_finding,
      .depends_on = witness_depends_on,
      .find_program = witness_find_program,
      .run = witness_run,
  };
  return witness;
}

static inline void
witness_free (Witness *witness)
{
  g_string_free (witness->text, TRUE);
  g_free (witness->program_argv);
  g_free (witness);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Witness, witness_free)

/* Runs a fake of tests/fakes for `top`, with the options in @line. */
static inline void
make_fake_host (const char *script, const char *line)
{
  const char *source = g_getenv ("srcdir");
  g_autofree char *path = g_build_filename (source != NULL ? source : ".", "tests/fakes", script, NULL);
  g_autofree char *whole = g_strdup_printf ("%s %s %s", path, top, line);
  g_auto (GStrv) argv = NULL;
  int status = -1;

  ck_assert (g_shell_parse_argv (whole, NULL, &argv, NULL));
  ck_assert (g_spawn_sync (NULL, argv, NULL, 0, NULL, NULL, NULL, NULL, &status, NULL));
  ck_assert_msg (status == 0, "%s failed", whole);
}

#endif /* B9_EXAMINE_TESTING_H */
