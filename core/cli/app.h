/* SPDX-License-Identifier: Apache-2.0
 *
 * app.h: from what was asked for to the backend, the root and the container that it means.
 */
#ifndef B9_APP_H
#define B9_APP_H

#include "core/cli/command.h"
#include "core/container/bundle.h"
#include "core/gpu/preparation.h"
#include "core/run/query.h"
#include "core/run/runtime.h"

G_BEGIN_DECLS

/* The backend that the command line, then argv[0], names: the two that nothing may overrule.  NULL where
 * neither does. */
const char *b9_app_explicit_backend (const B9App *app);

/* The backend for a new container: the explicit one, an annotation of @bundle (or NULL) that the
 * configuration allows, the configuration, runc. Owned. */
char *b9_app_choose_backend (B9App *app, const B9Bundle *bundle, GError **error);

/* Opens a backend once; borrowed. */
const B9Runtime *b9_app_runtime (B9App *app, const char *name, GError **error);

/* The backends whose runtime is here: GPtrArray of const B9Runtime, each borrowed. */
GPtrArray *b9_app_runtimes_here (B9App *app);

/* The place for a new container of @bundle: backend, program, root and flags.  Claims nothing. */
gboolean b9_app_new_target (B9App *app, const B9Bundle *bundle, const char *id, B9Target *target,
                            GError **error);

/* Makes the spec of @bundle ready for the backend of @target (core/gpu/preparation.h), and adds to the
 * target's flags what it needs besides.  Before the claim, since the record keeps the flags. */
gboolean b9_app_prepare (B9App *app, const B9Bundle *bundle, B9Target *target, B9Operation operation,
                         B9Prepared *prepared, GError **error);

/* The container that @id and the global options mean, its record mended.  One without a record is looked for
 * in the chosen backend's root, and in the one below it that claim.h would have given it.  B9_ERROR_NOT_FOUND
 * in the contract's words. */
gboolean b9_app_find (B9App *app, const char *id, B9Target *target, GError **error);

/* What is to be done about the journal of @target: one that was cut off is recovered, and while somebody is
 * at work the command waits, goes on or is refused (B9_ERROR_BUSY).  at-work.c */
gboolean b9_app_settle (B9App *app, B9Target *target, GError **error);

/* Puts right what a runtime says of a container that a checkpoint holds still: CRIU thaws it, with each task
 * stopped. */
void b9_app_correct_state (const B9Record *record, B9State *state);

/* --root as an absolute path, or NULL; owned. */
char *b9_app_explicit_root (const B9App *app);

/* Whether the backend can do here what is needed; B9_ERROR_CAPABILITY where it cannot, before anything is
 * started, and a notice in b9run's own log where that is not certain.  @what: what needs it, for the message.
 * enforce.c */
gboolean b9_app_require (B9App *app, const B9Target *target, const char *capability, const char *what,
                         GError **error);
/* All that a new container of @spec needs, GPUs left out. */
gboolean b9_app_require_spec (B9App *app, const B9Target *target, const B9JsonText *spec, const B9Line *line,
                              GError **error);
/* What the options of a command need. */
gboolean b9_app_require_options (B9App *app, const B9Target *target, const B9Line *line, GError **error);
/* For an operation that the backend has said it does not have: the matrix's reason, where it has one. */
gboolean b9_app_require_operation (B9App *app, const B9Target *target, B9Operation operation, GError **error);

/* The request of a command: what @target says, and from the command line log, debug and options. */
typedef struct {
  B9Request request;
  char *log, *pid_file, *bundle;
  GPtrArray *options;
  GPtrArray *arguments;
} B9AppRequest;

void b9_app_request_clear (B9AppRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9AppRequest, b9_app_request_clear)

/* @skip: how many arguments the command has used up itself (the id). */
void b9_app_request_init (B9AppRequest *request, const B9App *app, const B9Target *target,
                          B9Operation operation, const B9Line *line, guint skip);

/* Does an operation on an existing container the way its backend wants it: hands over, or runs it and prints
 * its answer. */
int b9_app_perform (B9App *app, B9Operation operation, const B9Line *line, GError **error);

/* The same for a target that is known already. */
int b9_app_perform_on (B9App *app, const B9Target *target, B9Operation operation, const B9Line *line,
                       GError **error);

/* Sets the error of an operation that a backend does not have, in the backend's words where it has some; -1.
 */
int b9_app_unsupported (const B9Runtime *runtime, const B9Request *request, const char *operation,
                        GError **error);

G_END_DECLS

#endif /* B9_APP_H */
