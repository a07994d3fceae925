/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-text.h: what runsc prints about itself, read strictly: lists of flags, of commands and of drivers,
 * and the date in its version.  Everything else is passed over; no length or depth of the text matters.
 */
#ifndef B9_RUNSC_TEXT_H
#define B9_RUNSC_TEXT_H

#include <glib.h>

/* Whether @text, of `runsc flags` or `runsc help COMMAND`, has a flag of this name. */
gboolean runsc_text_has_flag (const char *text, const char *name);

/* Whether @text has any flag at all. */
gboolean runsc_text_has_flags (const char *text);

/* Whether @text, of `runsc help`, has a command of this name. */
gboolean runsc_text_has_command (const char *text, const char *name);

/* "550.54.15" and "575.57.08.1", but not "550", "550.", "v550.1" or anything longer than a version is. */
gboolean runsc_is_driver_version (const char *text);

/* The versions in @text, of `runsc nvproxy list-supported-drivers`, in rising order; NULL-ended, of
 * g_strfreev(). */
char **runsc_text_drivers (const char *text);

/* Less than, equal to or greater than 0, as strcmp() has it, by the numbers. */
int runsc_compare_versions (const char *a, const char *b);

/* The release in @text, of `runsc --version` ("release-20240729.0", "0.0~20240729.0"): the date as a number,
 * 20240729, or 0. */
guint runsc_text_release (const char *text);

/* The first line of `runsc --version` without "runsc version "; g_free(), or NULL. */
char *runsc_text_version (const char *text);

/* The status in @state, a state file of runsc's: the member of that name of the outermost object, not one
 * that a spec or an annotation brings along; g_free(), or NULL. */
char *runsc_text_status (const char *state);

/* The same text with that member's word replaced; g_free(), or NULL where it has none. */
char *runsc_text_with_status (const char *state, const char *status);

/* Whether @state has a status and ends where its outermost object does. */
gboolean runsc_text_is_whole (const char *state);

typedef enum {
  RUNSC_NO_TASKS, /* none is in there */
  RUNSC_TASKS_RUN,
  RUNSC_TASKS_STOPPED, /* every one, as a pause does it; a job that waits for SIGCONT looks the same */
} RunscTasks;

/* What the goroutines of the sandbox's tasks do in @stacks, of `runsc debug --stacks`. */
RunscTasks runsc_text_tasks (const char *stacks);

#endif /* B9_RUNSC_TEXT_H */
