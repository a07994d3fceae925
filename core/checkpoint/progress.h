/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.h: shows long work as it goes on: a line on a terminal, or JSON lines for programs; and takes the
 * time of each step.
 */
#ifndef B9_PROGRESS_H
#define B9_PROGRESS_H

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  B9_PROGRESS_NONE,
  B9_PROGRESS_LINE, /* one line, written over */
  B9_PROGRESS_JSON, /* {"step":"save","bytes":1,"seconds":0.1} a line */
} B9ProgressKind;

typedef struct {
  const char *step;
  gint64 microseconds;
} B9ProgressStep;

typedef struct {
  B9ProgressKind kind;
  const char *step;
  gint64 step_started, shown; /* on the monotonic clock */
  guint64 bytes, total;       /* of this step; @total 0: not known */
  GArray *steps;              /* of B9ProgressStep: those that are over */
  gboolean line_is_open;
} B9Progress;

/* @word: "none", "line", "json", or NULL for a line where standard error is a terminal. */
gboolean b9_progress_init (B9Progress *progress, const char *word, GError **error);

/* The next step begins; the one before it is over.  @step is static. */
void b9_progress_step (B9Progress *progress, const char *step, guint64 total);

/* Whether it is time to show something again. */
gboolean b9_progress_is_due (const B9Progress *progress);

/* So many bytes of this step are done. */
void b9_progress_bytes (B9Progress *progress, guint64 bytes);

/* The last step is over; the line is ended. */
void b9_progress_end (B9Progress *progress);

void b9_progress_clear (B9Progress *progress);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9Progress, b9_progress_clear)

G_END_DECLS

#endif /* B9_PROGRESS_H */
