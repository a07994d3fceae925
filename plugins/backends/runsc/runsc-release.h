/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-release.h: what this release of runsc can, by what it prints about itself.
 *
 * Each question starts runsc once at most, and only when somebody asks it.
 */
#ifndef B9_RUNSC_RELEASE_H
#define B9_RUNSC_RELEASE_H

#include <b9run/b9-host.h>

typedef enum {
  RUNSC_UNKNOWN = 0,
  RUNSC_NO,
  RUNSC_YES,
} RunscAnswer;

/* What is borrowed must outlive it. */
typedef struct {
  const B9Host *host;
  const char *program;
  GHashTable *replies;
} RunscRelease;

void runsc_release_init (RunscRelease *release, const B9Host *host, const char *program);
void runsc_release_clear (RunscRelease *release);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RunscRelease, runsc_release_clear)

/* What `runsc WORDS` printed, both streams, or NULL where it failed; borrowed. @words are parted by blanks.
 */
const char *runsc_release_ask (RunscRelease *release, const char *words);

/* Why runsc_release_ask() gave NULL; borrowed. */
const char *runsc_release_problem (RunscRelease *release, const char *words);

/* Whether it has the flag, of the command or (NULL) of its own. */
RunscAnswer runsc_release_has_flag (RunscRelease *release, const char *command, const char *flag);
RunscAnswer runsc_release_has_command (RunscRelease *release, const char *command);

/* The date of the release, 20240729; 0 where its version has none. */
guint runsc_release_date (RunscRelease *release);

/* Whether it runs the hooks createContainer of a bundle; *@evidence (g_free()) is what tells. */
RunscAnswer runsc_release_runs_hooks (RunscRelease *release, char **evidence);

/* Whether the root file system has an overlay of runsc's where no flag says so. */
gboolean runsc_release_has_overlay (RunscRelease *release);

/* The last of the configured flags (backends.runsc.flags) that is @name, "" for a bare one, or NULL. */
const char *runsc_flag_value (const char *const *flags, const char *name);

/* Whether the last of @flags that is @name means true, as Go has it. */
gboolean runsc_flag_is_set (const char *const *flags, const char *name);

#endif /* B9_RUNSC_RELEASE_H */
