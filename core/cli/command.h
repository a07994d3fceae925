/* SPDX-License-Identifier: Apache-2.0
 *
 * command.h: what a command is, and all that it works with.
 */
#ifndef B9_COMMAND_H
#define B9_COMMAND_H

#include "core/capability/matrix.h"
#include "core/cli/arguments.h"
#include "core/config/config.h"
#include "core/container/index.h"
#include "core/plugin/registry.h"

G_BEGIN_DECLS

/* One run of b9run.  Made by main; what a command does not need is not made. */
typedef struct {
  B9Line *globals;        /* the options before the command */
  const char *invoked_as; /* the backend that argv[0] names ("b9run-runsc"), or NULL */
  const struct _B9Command *command;
  const B9Line *line;         /* what follows it; borrowed */
  B9Config *config;           /* b9_app_config */
  B9Registry *registry;       /* b9_app_registry */
  B9Index *index;             /* b9_app_index */
  B9Matrix *matrix;           /* b9_app_matrix */
  GPtrArray *backend_options; /* of B9RequestOption: global options that are not b9run's own; borrowed from
                                 globals */
  GPtrArray *runtimes;        /* of B9Runtime: b9_app_runtime */
  gboolean is_busy;           /* b9_app_settle: somebody is at work on the container all the while */
  char *said;                 /* what the runtime has put on standard error itself; or NULL */
} B9App;

/* Runs the command; its exit status, or -1 with @error set, for which main writes the log and finds the
 * status. */
typedef int (*B9CommandFunc) (B9App *app, const B9Line *line, GError **error);

typedef struct _B9Command {
  const char *name;
  const char *arguments; /* as the help shows them */
  const char *summary;
  const B9Option *options;
  guint min_arguments, max_arguments;
  gboolean ends_at_argument;
  B9CommandFunc run;
} B9Command;

/* The table, in the order of the help, ended by a NULL name (commands.c). */
extern const B9Command b9_commands[];

int b9_cmd_create (B9App *app, const B9Line *line, GError **error);
int b9_cmd_run (B9App *app, const B9Line *line, GError **error);
int b9_cmd_start (B9App *app, const B9Line *line, GError **error);
int b9_cmd_state (B9App *app, const B9Line *line, GError **error);
int b9_cmd_kill (B9App *app, const B9Line *line, GError **error);
int b9_cmd_delete (B9App *app, const B9Line *line, GError **error);
int b9_cmd_exec (B9App *app, const B9Line *line, GError **error);
int b9_cmd_list (B9App *app, const B9Line *line, GError **error);
int b9_cmd_ps (B9App *app, const B9Line *line, GError **error);
int b9_cmd_pause (B9App *app, const B9Line *line, GError **error);
int b9_cmd_resume (B9App *app, const B9Line *line, GError **error);
int b9_cmd_update (B9App *app, const B9Line *line, GError **error);
int b9_cmd_events (B9App *app, const B9Line *line, GError **error);
int b9_cmd_wait (B9App *app, const B9Line *line, GError **error);
int b9_cmd_spec (B9App *app, const B9Line *line, GError **error);
int b9_cmd_features (B9App *app, const B9Line *line, GError **error);
int b9_cmd_capabilities (B9App *app, const B9Line *line, GError **error);
int b9_cmd_checkpoint (B9App *app, const B9Line *line, GError **error);
int b9_cmd_recover (B9App *app, const B9Line *line, GError **error);
int b9_cmd_checkpoint_info (B9App *app, const B9Line *line, GError **error);
int b9_cmd_restore (B9App *app, const B9Line *line, GError **error);
int b9_cmd_cdi (B9App *app, const B9Line *line, GError **error);
int b9_cmd_doctor (B9App *app, const B9Line *line, GError **error);
int b9_cmd_explain (B9App *app, const B9Line *line, GError **error);
int b9_cmd_plugins (B9App *app, const B9Line *line, GError **error);
int b9_cmd_config (B9App *app, const B9Line *line, GError **error);
int b9_cmd_index (B9App *app, const B9Line *line, GError **error);

/* app.c: the parts of the run, each made when it is first asked for. */
B9Config *b9_app_config (B9App *app, GError **error);
B9Registry *b9_app_registry (B9App *app, GError **error);
B9Index *b9_app_index (B9App *app, GError **error);
B9Matrix *b9_app_matrix (B9App *app, GError **error);

/* Where the index is if nobody says otherwise.  Root has one place; others keep theirs in their runtime
 * directory, as runc does.  Owned. */
char *b9_app_default_state_directory (void);

void b9_app_clear (B9App *app);
const char *b9_app_global (const B9App *app, const char *name);

/* commands.c */
const B9Command *b9_command_find (const char *name, GError **error);
/* "run [OPTIONS] ID"; owned. */
char *b9_command_usage (const B9Command *command);
void b9_print_help (const B9Command *command); /* NULL: of b9run itself */
extern const B9Option b9_global_options[];

G_END_DECLS

#endif /* B9_COMMAND_H */
