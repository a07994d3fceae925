/* SPDX-License-Identifier: Apache-2.0
 *
 * save.h: a running container becomes an image, and then stops or goes on.
 *
 * The container is paused, saved while it is paused, and ended only when the image is on the disk and its
 * manifest is written; whatever goes wrong before that, it is brought back.  So nothing that it does falls
 * between the save and its end, and no failure costs it its life.
 */
#ifndef B9_SAVE_H
#define B9_SAVE_H

#include "core/checkpoint/parties.h"
#include "core/checkpoint/progress.h"
#include "core/container/index.h"

G_BEGIN_DECLS

typedef struct {
  B9Index *index;
  B9Target *target; /* with a record */
  B9Registry *registry;
  const B9Config *config;
  GPtrArray *options;       /* of B9RequestOption: for the runtime, paths absolute */
  const char *image, *work; /* absolute */
  const char *parent;       /* --parent-path, or NULL */
  const char *strategy;     /* asked for, or NULL */
  char **recover;           /* the command line that undoes it when we are killed (guardian.h) */
  gboolean leave_running;
  gboolean digests;      /* compute them for the manifest */
  guint timeout_seconds; /* 0: none */
  B9Progress *progress;
  /* Called when the image is on the disk, before its manifest is and while the container is paused (or has
   * ended by the save): for what else is to be taken of it.  May be NULL. */
  gboolean (*take_more) (gpointer data, B9Manifest *manifest, GError **error);
  gpointer data;
} B9Save;

/* Saves it.  Where @error is set the container is as it was, unless the message says something else. */
gboolean b9_save (B9Save *save, GError **error);

G_END_DECLS

#endif /* B9_SAVE_H */
