/* SPDX-License-Identifier: Apache-2.0
 *
 * journal.h: how far a save or a restore has come, or a pause or resume, on the disk before each step, so
 * that whoever comes after a crash can bring the container back.
 *
 * It is the file `journal` in the container's record.  Who is at work holds a lock on `journal.lock` beside
 * it, which the kernel lets go when that process dies, and has its name in there.
 */
#ifndef B9_JOURNAL_H
#define B9_JOURNAL_H

#include "core/sys/files.h"

G_BEGIN_DECLS

/* The variable in the environment of each program of the operation that names it: a CRIU whose runtime was
 * killed is found by it. */
#define B9_OPERATION_VARIABLE "B9RUN_OPERATION"

/* A file beside the journal that goes with it (status.h). */
#define B9_JOURNAL_STATUS_NAME "journal.status"

typedef enum {
  B9_STEP_BEGUN,    /* nothing has been touched yet */
  B9_STEP_SUSPEND,  /* state is taken off devices */
  B9_STEP_PAUSE,    /* the container is being paused */
  B9_STEP_SAVE,     /* the runtime writes the image */
  B9_STEP_VERIFY,   /* the image is flushed, listed and its manifest written */
  B9_STEP_STOP,     /* the image is whole; the container ends */
  B9_STEP_CONTINUE, /* the image is whole; the container goes on */
  B9_STEP_RESTORE,  /* the runtime restores */
  B9_STEP_CHECK,    /* the restored container is looked at */
  B9_STEP_CHANGE,   /* its owner pauses or resumes it (change.h) */
} B9Step;

typedef enum {
  B9_WORK_CHECKPOINT,
  B9_WORK_RESTORE,
  B9_WORK_RECOVERY, /* of one that was cut off */
  B9_WORK_CHANGE,
} B9Work;

typedef struct {
  char *directory; /* the record's */
  B9Fd lock;       /* -1 once it has ended */
  pid_t guardian;  /* guardian.h; 0: none */
  char *token;     /* what B9_OPERATION_VARIABLE is set to */
  B9Step step;
  gboolean was_paused; /* by its owner, before we came */
  char *image;         /* absolute path; NULL before it is touched */
  char *aside;         /* where an earlier image of the same directory waits; or NULL */
  char **patterns;     /* what the files of the new image are called; NULL while there are none */
  char **devices;      /* the device providers that have been asked to suspend */
} B9Journal;

const char *b9_work_name (B9Work work); /* "checkpoint" */

/* Whether it is worth while to wait for its end: a recovery, a pause or a resume. */
gboolean b9_work_is_short (B9Work work);

/* Begins one, after a recovery, pause or resume that is at work.  B9_ERROR_BUSY where another process is at
 * it, or one that was cut off left its journal. */
B9Journal *b9_journal_begin (const char *directory, B9Work work, GError **error);

/* Notes on the disk what comes next; where that fails, @journal stays at the step before. */
gboolean b9_journal_step (B9Journal *journal, B9Step step, GError **error);

/* The operation is over, and nothing is left to do; others may begin. */
void b9_journal_end (B9Journal *journal);

void b9_journal_free (B9Journal *journal); /* leaves the file */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Journal, b9_journal_free)

/* Whether an operation is under way or was cut off; cheap. */
gboolean b9_journal_exists (const char *directory);

/* The journal of one that was cut off, locked.  NULL without an error where there is none or somebody is at
 * work (*@busy). */
B9Journal *b9_journal_take_over (const char *directory, gboolean *busy, GError **error);

/* Who is at work. */
typedef struct {
  pid_t pid;
  guint64 start; /* with it the PID names one process for good (process.h) */
  B9Work work;
} B9Worker;

/* FALSE, and *@worker as it was, where nobody alive is known to be: whoever has taken the lock a moment ago
 * may not have said so yet. */
gboolean b9_journal_worker (const char *directory, B9Worker *worker);

/* What it does with the container @id, and by which PID where that is known (not 0), as part of a sentence;
 * g_free(). */
char *b9_worker_describe (const B9Worker *worker, const char *id);

const char *b9_step_name (B9Step step); /* "save" */

G_END_DECLS

#endif /* B9_JOURNAL_H */
