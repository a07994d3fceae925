/* SPDX-License-Identifier: Apache-2.0
 *
 * job.h: one save or restore as the backend and the providers are told of it.
 */
#ifndef B9_JOB_H
#define B9_JOB_H

#include "core/checkpoint/parties.h"
#include "core/container/bundle.h"
#include "core/spec/spec.h"

G_BEGIN_DECLS

typedef struct {
  const B9Target *target;
  B9CheckpointJob job;
  B9Request request;
  GPtrArray *options; /* of B9RequestOption, NULL-ended; the pointers are the caller's */
  GPtrArray *facts;   /* of B9CheckpointFact, NULL-ended */
  B9RequestOption leave_running;
  B9Bundle *bundle; /* as the runtime has it: with the final spec; NULL where it is gone */
  B9SpecCopy *spec;
  char *version; /* of the runtime's program; NULL: not asked yet */
} B9Job;

/* @options: of B9RequestOption; borrowed, as is everything else. */
void b9_job_init (B9Job *job, const B9Target *target, B9Operation operation, const GPtrArray *options,
                  const char *image, const char *work, const char *strategy);
void b9_job_clear (B9Job *job);

/* What a restore knows from the image. */
void b9_job_set_manifest (B9Job *job, const B9Manifest *manifest);

/* The runtime's command line and environment, with what providers and the backend's own speed-ups add.
 * @leave_running: whatever the options say. */
gboolean b9_job_command (B9Job *job, B9Parties *parties, gboolean leave_running, char ***argv,
                         char ***environment, GError **error);

/* Whether the caller, or we for ourselves, gave this option of the runtime's. */
gboolean b9_job_has_option (const B9Job *job, const char *name);

/* Backend, container and options for the manifest. */
void b9_job_describe (const B9Job *job, B9Manifest *manifest);
void b9_job_add_mounts (B9Manifest *manifest, const B9JsonText *spec);

/* The first line of what the runtime's program says about its version. */
char *b9_job_version (const B9Target *target, GError **error);

G_END_DECLS

#endif /* B9_JOB_H */
