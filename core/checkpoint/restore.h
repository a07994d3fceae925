/* SPDX-License-Identifier: Apache-2.0
 *
 * restore.h: an image becomes a running container, and is looked at before anybody is told.
 *
 * The launcher (core/run/launch.h) does what it does for a new container; this is what a restore needs
 * besides: the image compared with this host first, the runtime watched meanwhile, and the container verified
 * before its PID is published.
 */
#ifndef B9_RESTORE_H
#define B9_RESTORE_H

#include "core/checkpoint/job.h"
#include "core/checkpoint/progress.h"
#include "core/checkpoint/watchdog.h"
#include "core/container/index.h"
#include "core/run/launch.h"

G_BEGIN_DECLS

typedef struct {
  B9Index *index;
  B9Registry *registry;
  const B9Config *config;
  const char *image, *work; /* absolute */
  char **recover;           /* owned: the command line that undoes it when we are killed (guardian.h) */
  gboolean verify_digests;
  gboolean detached;
  guint timeout_seconds; /* 0: none */
  B9Progress *progress;
  /* The restore's own: */
  B9Manifest *manifest; /* NULL: the image was made without b9run */
  B9Parties *parties;
  B9Journal *journal;
  B9Watchdog *watchdog;
  char *bitten; /* why the watchdog has ended the programs; or NULL */
  B9Job job;
  GPtrArray *arguments; /* of char * */
  char **environment;
  sigset_t mask;
  gboolean is_armed;
  gboolean is_ready;
} B9Restore;

/* Reads the manifest and compares image and host, before anything is claimed: B9_ERROR_START_COLD where it
 * cannot be restored here.  @target: where the container will be; not claimed yet. */
gboolean b9_restore_look (B9Restore *restore, const B9Target *target, GError **error);

/* After the claim: the journal, the providers and the watchdog; fills in what @launch needs. */
gboolean b9_restore_begin (B9Restore *restore, B9Target *target, const GPtrArray *options, B9Launch *launch,
                           GError **error);

/* After the launch, whatever came of it.  @error: of the launch; gets the reason of whoever ended it. */
void b9_restore_end (B9Restore *restore, GError **error);

void b9_restore_clear (B9Restore *restore);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9Restore, b9_restore_clear)

G_END_DECLS

#endif /* B9_RESTORE_H */
