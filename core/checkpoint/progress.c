/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.c: see progress.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/sys/failure.h"

#define INTERVAL_US (200 * 1000)

gboolean
b9_progress_init (B9Progress *progress, const char *word, GError **error)
{
  progress->steps = g_array_new (FALSE, FALSE, sizeof (B9ProgressStep));
  if (word == NULL)
    progress->kind = isatty (STDERR_FILENO) ? B9_PROGRESS_LINE : B9_PROGRESS_NONE;
  else if (strcmp (word, "line") == 0)
    progress->kind = B9_PROGRESS_LINE;
  else if (strcmp (word, "json") == 0)
    progress->kind = B9_PROGRESS_JSON;
  else if (strcmp (word, "none") == 0)
    progress->kind = B9_PROGRESS_NONE;
  else
    return b9_fail (error, B9_ERROR_USAGE, "--progress knows none, line and json, not \"%s\"", word);
  return TRUE;
}

void
b9_progress_clear (B9Progress *progress)
{
  g_clear_pointer (&progress->steps, g_array_unref);
}

static void
show_json (const B9Progress *progress, double seconds, gboolean done)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (number, sizeof number, "%.3f", seconds);
  fprintf (stderr,
           "{\"step\":\"%s\",\"bytes\":%" G_GUINT64_FORMAT ",\"total\":%" G_GUINT64_FORMAT
           ",\"seconds\":%s,\"done\":%s}\n",
           progress->step, progress->bytes, progress->total, number, done ? "true" : "false");
}

static void
show_line (B9Progress *progress, double seconds)
{
  g_autofree char *bytes = g_format_size_full (progress->bytes, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *rate = g_format_size_full (seconds > 0 ? (guint64)((double)progress->bytes / seconds) : 0,
                                              G_FORMAT_SIZE_IEC_UNITS);
  guint percent = progress->total > 0 ? (guint)(progress->bytes * 100 / progress->total) : 0;

  fprintf (stderr, "\r\033[K%s", progress->step);
  if (progress->total > 0)
    fprintf (stderr, " %u%%", MIN (percent, 100));
  if (progress->bytes > 0)
    fprintf (stderr, " %s, %s/s", bytes, rate);
  fflush (stderr);
  progress->line_is_open = TRUE;
}

static void
show (B9Progress *progress, gboolean done)
{
  gint64 now = g_get_monotonic_time ();
  double seconds = (double)(now - progress->step_started) / G_USEC_PER_SEC;

  progress->shown = now;
  if (progress->kind == B9_PROGRESS_JSON)
    show_json (progress, seconds, done);
  else if (progress->kind == B9_PROGRESS_LINE && !done)
    show_line (progress, seconds);
}

static void
finish_step (B9Progress *progress)
{
  B9ProgressStep step = {.step = progress->step};

  if (progress->step == NULL)
    return;
  step.microseconds = g_get_monotonic_time () - progress->step_started;
  show (progress, TRUE);
  g_info ("%s took %.3f s", step.step, (double)step.microseconds / G_USEC_PER_SEC);
  g_array_append_val (progress->steps, step);
  progress->step = NULL;
}

void
b9_progress_step (B9Progress *progress, const char *step, guint64 total)
{
  finish_step (progress);
  progress->step = step;
  progress->step_started = g_get_monotonic_time ();
  progress->bytes = 0;
  progress->total = total;
  show (progress, FALSE);
}

gboolean
b9_progress_is_due (const B9Progress *progress)
{
  return progress->kind != B9_PROGRESS_NONE && g_get_monotonic_time () - progress->shown >= INTERVAL_US;
}

void
b9_progress_bytes (B9Progress *progress, guint64 bytes)
{
  progress->bytes = bytes;
  if (b9_progress_is_due (progress))
    show (progress, FALSE);
}

void
b9_progress_end (B9Progress *progress)
{
  finish_step (progress);
  if (progress->line_is_open)
    fputs ("\r\033[K", stderr);
  progress->line_is_open = FALSE;
}
