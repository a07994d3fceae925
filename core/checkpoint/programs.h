/* SPDX-License-Identifier: Apache-2.0
 *
 * programs.h: the programs that work for one save or restore: the runtime, and what it has started.
 *
 * A CRIU whose runtime was killed goes on alone and holds the container's tasks; nothing but its environment
 * tells whose it is.
 */
#ifndef B9_PROGRAMS_H
#define B9_PROGRAMS_H

#include <signal.h>

#include "core/checkpoint/progress.h"

G_BEGIN_DECLS

/* From here on every program that we start has @token as its B9_OPERATION_VARIABLE; NULL: none has. */
void b9_programs_mark (const char *token);

/* In the environment of a program that lets the container go on or stand still, beside its mark. */
#define B9_CHANGE_VARIABLE "B9RUN_CHANGES_STATE"

/* Whether the programs that we start from here on do that.  b9_programs_end gives such a one five seconds:
 * cut off half-way, it leaves nobody able to tell what it has done, and a sandbox that is resumed twice
 * panics (seen with runsc 20240729). */
void b9_programs_mark_change (gboolean changes);

typedef enum {
  B9_ENDING_SAVE,    /* the container is to go on */
  B9_ENDING_RESTORE, /* what there is of the container goes too */
} B9Ending;

/* Ends every program that has that mark, or is a CRIU at work in the directory @image (NULL: none), and waits
 * until they are gone; FALSE where one stays.
 *
 * A CRIU that saves is not killed while it moves, for five minutes: where it was just putting its code into a
 * task, that task dies of it, and the container with it (seen in 1 of 11 kills, CRIU 4.1.1).  Its runtime is
 * killed, so it finds nobody to answer to, gives up and lets the tasks go.  One that moves device state is
 * waited for and never killed, but for our own helper, whose session ends it. */
gboolean b9_programs_end (const char *token, const char *image, B9Ending ending);

/* A number that changes while these programs read, write or calculate. */
guint64 b9_programs_activity (const char *token, const char *image);

/* A runtime's command that is watched. */
typedef struct {
  char **argv;
  const sigset_t *mask; /* to start it with */
  const char *token;    /* its mark, to end it by */
  gboolean outlives_us; /* it does not die with us, nor of our terminal's signals */
  char **environment;   /* "NAME=VALUE" besides; or NULL */
  const char *image;    /* whose growth is shown; or NULL */
  const char *const *patterns;
  B9Progress *progress; /* or NULL */
  int wait_status;      /* out */
  char *output;         /* out, owned: the end of what it said on standard output and error */
} B9Watch;

/* Runs it to its end.  Where the user cancels (cancel.h) all its programs are ended: B9_ERROR_TIMEOUT or
 * B9_ERROR_FAILED. */
gboolean b9_watch_run (B9Watch *watch, GError **error);

/* Puts "NAME=VALUE" entries into our own environment, which every program gets that we start. */
void b9_set_environment (char **entries);

G_END_DECLS

#endif /* B9_PROGRAMS_H */
