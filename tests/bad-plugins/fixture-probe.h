/* SPDX-License-Identifier: Apache-2.0
 *
 * fixture-probe.h: a fake of a provider that answers what a test wants: the file NAME in the directory that
 * B9_TEST_CELLS names, one cell a line: capability|state|evidence|reason|remedy|needs.
 *
 * Each time it is asked it adds a line to the file NAME.asked there.  The program NAME.run, where there is
 * one, is run and its first word becomes the evidence of each cell whose evidence is "RUN".
 */
#ifndef B9_FIXTURE_PROBE_H
#define B9_FIXTURE_PROBE_H

#include "tests/bad-plugins/fixture-gpu.h"

static inline char *
fixture_run (const B9Host *host, const char *program)
{
  const char *const argv[] = {program, NULL};
  const B9Run run = {.struct_size = sizeof run, .argv = argv};
  B9RunResult result = {.struct_size = sizeof result};

  if (!host->run (host, &run, &result, NULL))
    return g_strdup ("it did not run");
  g_free (result.error_output);
  return g_strstrip (result.output);
}

static inline void
fixture_report (const B9Host *host, const char *line, const char *ran)
{
  char **fields = g_strsplit (line, "|", 6);
  char **needs = g_strv_length (fields) == 6 ? g_strsplit (fields[5], " ", -1) : NULL;

  if (needs != NULL) {
    const B9Cell cell = {.struct_size = sizeof cell,
                         .capability = fields[0],
                         .state = (guint32)atoi (fields[1]),
                         .evidence_kind = B9_EVIDENCE_PROBE,
                         .evidence = strcmp (fields[2], "RUN") == 0 ? ran : fields[2],
                         .reason = *fields[3] != '\0' ? fields[3] : NULL,
                         .remedy = *fields[4] != '\0' ? fields[4] : NULL,
                         .needs = needs[0] != NULL ? (const char *const *)needs : NULL};
    host->report (host, &cell);
  }
  g_strfreev (needs);
  g_strfreev (fields);
}

static inline void
fixture_count (const char *directory, const char *name)
{
  char *path = g_strdup_printf ("%s/%s.asked", directory, name);
  int fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0 || write (fd, "asked\n", 6) < 0)
    _exit (98);
  close (fd);
  g_free (path);
}

static inline void
fixture_probe (const B9Host *host, const char *name)
{
  const char *directory = getenv ("B9_TEST_CELLS");
  char *path = g_build_filename (directory != NULL ? directory : "/nonexistent", name, NULL);
  char *program = g_strconcat (path, ".run", NULL);
  char *text = host->read_file (host, path, 65536, NULL, NULL);
  char **lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  char *ran = g_file_test (program, G_FILE_TEST_EXISTS) ? fixture_run (host, program) : NULL;

  if (directory != NULL)
    fixture_count (directory, name);
  for (guint i = 0; lines[i] != NULL; i++)
    fixture_report (host, lines[i], ran);
  g_strfreev (lines);
  g_free (ran);
  g_free (text);
  g_free (program);
  g_free (path);
}

#endif /* B9_FIXTURE_PROBE_H */
