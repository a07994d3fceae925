/* SPDX-License-Identifier: Apache-2.0
 *
 * parties.h: the checkpoint providers that take part in one save, restore or recovery.
 */
#ifndef B9_PARTIES_H
#define B9_PARTIES_H

#include <b9run/b9-checkpoint.h>

#include "core/checkpoint/journal.h"
#include "core/checkpoint/manifest.h"
#include "core/plugin/provider.h"
#include "core/run/runtime.h"

G_BEGIN_DECLS

typedef struct _B9Parties B9Parties;

/* Opens the provider that the backend's images need, and all device providers.  @registry, @config and
 * @state_directory are borrowed. */
B9Parties *b9_parties_open (B9Registry *registry, const B9Config *config, const char *state_directory,
                            const B9Backend *backend, GError **error);
void b9_parties_free (B9Parties *parties); /* ends what is open */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Parties, b9_parties_free)

/* The work must be finished now, whatever the user wants: for a way back. */
void b9_parties_insist (B9Parties *parties);

const char *b9_parties_image_provider (const B9Parties *parties); /* or NULL */

/* What the backend's process needs.  GPtrArrays of char *, without a NULL at the end. */
gboolean b9_parties_equip (B9Parties *parties, const B9CheckpointJob *job, GPtrArray *environment,
                           GPtrArray *arguments, GError **error);

gboolean b9_parties_check_before (B9Parties *parties, const B9CheckpointJob *job, GError **error);
gboolean b9_parties_check_image (B9Parties *parties, const B9CheckpointJob *job, GError **error);

/* Sets @error to what the image provider makes of @message, if it knows better. */
gboolean b9_parties_explain (B9Parties *parties, const B9CheckpointJob *job, const char *message,
                             GError **error);

/* Finds the device providers that the container concerns, chooses their strategies and opens them.
 * @cgroups: of the container.  @only: the names of those that are meant (a recovery), or NULL for all. */
gboolean b9_parties_join (B9Parties *parties, const B9CheckpointJob *job, const char *const *cgroups,
                          const char *const *only, GError **error);

/* Whether a provider has to work while the container runs, before it is paused. */
gboolean b9_parties_want_suspend (const B9Parties *parties);
guint64 b9_parties_device_bytes (const B9Parties *parties);

/* The names of those, for the journal; g_strfreev(). */
char **b9_parties_names (const B9Parties *parties);

/* Locks all processes with device state, also those that come while this is done, then suspends them. */
gboolean b9_parties_suspend (B9Parties *parties, guint timeout_ms, GError **error);

/* Brings every process to work on its devices again, and looks whether it does. */
gboolean b9_parties_resume (B9Parties *parties, GError **error);

/* Facts, strategies and numbers of processes. */
void b9_parties_describe (B9Parties *parties, const B9CheckpointJob *job, B9Manifest *manifest);

/* After a restore: whether each device provider of the manifest is here, and as many processes as were saved
 * have their devices again. */
gboolean b9_parties_verify (B9Parties *parties, const B9CheckpointJob *job, const B9Manifest *manifest,
                            const char *const *cgroups, GError **error);

G_END_DECLS

#endif /* B9_PARTIES_H */
