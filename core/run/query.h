/* SPDX-License-Identifier: Apache-2.0
 *
 * query.h: ask a backend for the state of its containers, and believe the kernel where the two disagree.
 *
 * runsc calls a sandbox running while nobody has reaped it, and a paused one paused after its death.
 */
#ifndef B9_QUERY_H
#define B9_QUERY_H

#include "core/json/json-text.h"
#include "core/run/runtime.h"

G_BEGIN_DECLS

/* How long a runtime may take for a question. */
#define B9_QUERY_SECONDS 60

/* And for a delete: runsc waits up to two minutes for a sandbox that nobody reaps. */
#define B9_DELETE_SECONDS 150

/* One container as runtime-spec's `state` has it, corrected. */
typedef struct {
  char *id;
  char *status; /* creating, created, running, paused or stopped */
  pid_t pid;    /* 0 when stopped */
  char *bundle;
  char *created;           /* NULL where the runtime does not say */
  char *rootfs, *owner;    /* likewise; runc's additions */
  GHashTable *annotations; /* char * to char *; or NULL */
} B9State;

void b9_state_free (B9State *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9State, b9_state_free)

/* From one object of the runtime's `state` or `list`.  NULL with B9_ERROR_BACKEND_FAILED for what is no
 * state. */
B9State *b9_state_parse (const B9JsonText *text, B9JsonValue object, GError **error);

/* Runs the runtime's `state`.  @text gets its whole answer, or is NULL. */
B9State *b9_query_state (const B9Target *target, B9JsonText **text, GError **error);

/* What the runtime's `state` would tell of a container whose process @pid lives, told by the backend without
 * starting it; owned, or NULL where it cannot be told so. */
char *b9_peek_status (const B9Target *target, pid_t pid);

/* The same as b9_query_state, but id, status and PID alone, and without starting the runtime where its files
 * tell: runsc takes 25 ms to start, and a checkpoint asks often. */
B9State *b9_look_at_state (const B9Target *target, GError **error);

/* Runs the runtime's `delete --force`; what it printed, owned, or NULL. */
char *b9_delete_by_force (const B9Target *target, GError **error);

/* Whether the container has ended, whatever its runtime still says: asked after a failure, which then means
 * just that. */
gboolean b9_has_ended (const B9Target *target);

/* Runs the runtime's `list` for one root: GPtrArray of B9State. */
GPtrArray *b9_query_list (const B9Runtime *runtime, const char *program, const char *root, GError **error);

/* Runs any request whose answer is on standard output.  NULL with the error explained. */
char *b9_query (const B9Runtime *runtime, const B9Request *request, guint timeout_seconds, GError **error);

G_END_DECLS

#endif /* B9_QUERY_H */
