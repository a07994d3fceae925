/* SPDX-License-Identifier: Apache-2.0
 *
 * b9-backend.h: the vtable of a backend, a plugin that drives one OCI runtime.
 *
 * The core has runc's command line and knows the life of a container; a backend knows one runtime: how its
 * command line is written, which of its answers can go to the caller as they are, what its errors mean, and
 * which of its habits need a cure. A backend starts no process: it says what to start, and the core does.
 */
#ifndef B9RUN_BACKEND_H
#define B9RUN_BACKEND_H

#include <b9run/b9-error.h>
#include <b9run/b9-gpu.h>
#include <b9run/b9-host.h>
#include <b9run/b9-plugin.h>
#include <b9run/b9-spec.h>

G_BEGIN_DECLS

/**
 * B9Operation:
 *
 * What is asked of the runtime; each is the runc command of that name (runc(8)).  New ones are added at the
 * end.
 *
 * Since: 0.1
 */
typedef enum {
  B9_OPERATION_CREATE = 1,
  B9_OPERATION_START,
  B9_OPERATION_RUN,
  B9_OPERATION_STATE,
  B9_OPERATION_KILL,
  B9_OPERATION_DELETE,
  B9_OPERATION_EXEC,
  B9_OPERATION_LIST,
  B9_OPERATION_PS,
  B9_OPERATION_PAUSE,
  B9_OPERATION_RESUME,
  B9_OPERATION_UPDATE,
  B9_OPERATION_EVENTS,
  B9_OPERATION_SPEC,
  B9_OPERATION_FEATURES,
  B9_OPERATION_VERSION,
  B9_OPERATION_CHECKPOINT,
  B9_OPERATION_RESTORE,
} B9Operation;

/**
 * B9RequestOption:
 * @struct_size: the host's size of this structure.
 * @name: runc's long name, without dashes ("preserve-fds").
 * @value: its value; "true" for a boolean option.
 *
 * One option of the command line, in runc's words.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  const char *name;
  const char *value;
} B9RequestOption;

/**
 * B9Request:
 * @struct_size: the host's size of this structure.
 * @operation: a #B9Operation.
 * @program: the absolute path of the runtime's program.
 * @root: the absolute path of the runtime's state directory.
 * @id: the container, or %NULL for the operations that have none.
 * @bundle: the absolute path of the bundle, or %NULL.
 * @pid_file: the absolute path of the file for the container's PID, or %NULL.
 * @log: the file for the runtime's own log, or %NULL for its standard error.
 * @log_format: "json" or "text", or %NULL for the runtime's default.
 * @debug: whether the caller asked for runc's --debug.
 * @systemd_cgroup: whether the caller asked for runc's --systemd-cgroup.
 * @rootless: runc's --rootless ("true", "false", "auto"), or %NULL.
 * @flags: global flags for the runtime, as given when the container was made (#B9Backend.new_flags),
 * %NULL-ended.
 * @options: the options of the command, but for bundle and pid-file, %NULL-ended.
 * @arguments: what follows the id on the command line, %NULL-ended.
 *
 * One thing to do, in runc's words.  All of it is the core's and lives as long as the call.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  guint32 operation;
  const char *program;
  const char *root;
  const char *id;
  const char *bundle;
  const char *pid_file;
  const char *log;
  const char *log_format;
  gboolean debug;
  gboolean systemd_cgroup;
  const char *rootless;
  const char *const *flags;
  const B9RequestOption *const *options;
  const char *const *arguments;
} B9Request;

/**
 * B9Way:
 * @B9_WAY_UNSUPPORTED: the runtime has no such operation.
 * @B9_WAY_HAND_OVER: the runtime's output, log and exit status are runc's own, so b9run may become it by
 * execve(2).
 * @B9_WAY_CHILD: the runtime runs as a child, and what it answers is translated.
 *
 * How an operation is done.
 *
 * Since: 0.1
 */
typedef enum {
  B9_WAY_UNSUPPORTED,
  B9_WAY_HAND_OVER,
  B9_WAY_CHILD,
} B9Way;

/**
 * B9BackendTrait:
 * @B9_BACKEND_WRITES_FROM_START: the runtime writes a plain file on standard output or error from offset 0
 * and clobbers what it holds, unless the file is opened for appending.
 * @B9_BACKEND_SIGNAL_INIT: an attached run does not pass signals on; they go to the process of the PID file
 * instead.
 * @B9_BACKEND_OWN_GROUP: an attached run without a terminal works in a process group of its own, so that a
 * Ctrl-C reaches the container once, by way of b9run.
 * @B9_BACKEND_DELETES_AFTER_RUN: an attached run deletes the container when it returns.
 * @B9_BACKEND_CHECKS_COMMAND_LATE: a command that is missing or cannot be executed makes `start` fail, where
 * with runc it is `create`.  So the core looks for it before `create` and `run`, and refuses in runc's words
 * what certainly cannot start.
 * @B9_BACKEND_TRUSTS_PIDS: the runtime kills the PID in its state file without a look at which process has it
 * now.
 * @B9_BACKEND_EXEC_KEEPS_SIGNALS: an attached exec passes no signals on.  It writes the PID inside the
 * container into the file of its option "internal-pid-file" before it writes its PID file, and kill has an
 * option "pid" for it.
 *
 * Habits of a runtime that the core has to know of, or-ed together.
 *
 * Since: 0.1
 */
typedef enum {
  B9_BACKEND_WRITES_FROM_START = 1 << 0,
  B9_BACKEND_SIGNAL_INIT = 1 << 1,
  B9_BACKEND_OWN_GROUP = 1 << 2,
  B9_BACKEND_DELETES_AFTER_RUN = 1 << 3,
  B9_BACKEND_TRUSTS_PIDS = 1 << 8,
  B9_BACKEND_CHECKS_COMMAND_LATE = 1 << 4,
  B9_BACKEND_EXEC_KEEPS_SIGNALS = 1 << 9,
} B9BackendTrait;

/**
 * B9CheckpointTrait:
 * @B9_CHECKPOINT_FAILED_SAVE_KILLS: a save that fails ends the container, unless it is asked to leave it
 * running.
 * @B9_CHECKPOINT_PAUSED_REFUSES_KILL: the runtime neither signals nor deletes a paused container, and calls
 * it paused even after its death: it is ended by its process.
 * @B9_CHECKPOINT_SAVE_DELETES: a save that ends the container deletes it too.
 * @B9_CHECKPOINT_SAME_VERSION: an image is restored by the version that saved it alone.
 * @B9_CHECKPOINT_SAME_FLAGS: an image is restored under the global flags alone that it was saved under.
 * @B9_CHECKPOINT_RAW_MEMORY: an image takes as much room as the container has memory.
 * @B9_CHECKPOINT_SANDBOX: the container's first process is the runtime's own, which works while the container
 * is paused; what runs of the container is below it.
 *
 * Habits of a runtime in saving and restoring, or-ed together.
 *
 * Since: 0.1
 */
typedef enum {
  B9_CHECKPOINT_FAILED_SAVE_KILLS = 1 << 0,
  B9_CHECKPOINT_PAUSED_REFUSES_KILL = 1 << 1,
  B9_CHECKPOINT_SAVE_DELETES = 1 << 2,
  B9_CHECKPOINT_SAME_VERSION = 1 << 3,
  B9_CHECKPOINT_SAME_FLAGS = 1 << 4,
  B9_CHECKPOINT_RAW_MEMORY = 1 << 5,
  B9_CHECKPOINT_SANDBOX = 1 << 6,
} B9CheckpointTrait;

/**
 * B9Preparation:
 * @struct_size: the host's size of this structure.
 * @operation: #B9_OPERATION_CREATE, #B9_OPERATION_RUN or #B9_OPERATION_RESTORE.
 * @program: the absolute path of the runtime's program.
 * @bundle: the absolute path of the caller's bundle.
 * @flags: the global flags that the container will have (#B9Backend.new_flags), %NULL-ended.
 * @gpus: what the detectors found, %NULL-ended.
 * @id: the container's, for messages.
 *
 * What a spec is prepared for.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  guint32 operation;
  const char *program;
  const char *bundle;
  const char *const *flags;
  const B9GpuRequest *const *gpus;
  const char *id;
} B9Preparation;

/**
 * B9Backend:
 * @struct_size: `sizeof (B9Backend)` of the plugin's build.
 * @programs: the names under which the runtime is looked for in PATH, %NULL-ended; required.
 * @default_root: the runtime's state directory where nobody names one; required.
 * @user_root: the state directory in the place of @default_root for the user and environment of this call
 * (below $XDG_RUNTIME_DIR); g_free(), or %NULL for @default_root.  Optional.
 * @traits: #B9BackendTrait flags.
 * @failure_status: the exit status of the runtime's own failures (runc 1, runsc 128): an attached run that
 * ends with another one is the container's end, whatever the runtime's log says.  0: not known, so the log
 * decides.
 * @config_keys: the keys that stand below `backends.NAME` besides path, root and flags, %NULL-ended, or
 * %NULL.  Each is a global option of the command line too (`--KEY=VALUE`).
 * @new_flags: the global flags for a container that is being made, from the configuration.  They are recorded
 * and passed on every later call for that container.  Returns a %NULL-ended array for g_strfreev(), or %NULL
 * with @error set.  Optional.
 * @check_id: whether @id can be used in @root (length, characters); sets #B9_ERROR_BAD_INPUT.  Optional.
 * @find: whether the container is in @root, by its exact id and without starting the runtime; required.
 * @colliding_id: another container in @root that the runtime would mistake for @id or @id for it; g_free(),
 * or %NULL.  The core then gives the new container a root of its own.  Optional.
 * @way: how @operation is done; @options as in #B9Request, or %NULL; required.
 * @build_argv: the runtime's whole command line; starts nothing and reads nothing.  Returns a %NULL-ended
 * array for g_strfreev(), or %NULL with @error set (#B9_ERROR_UNSUPPORTED names an option that the runtime
 * cannot honour); required.
 * @explain_failure: what a failed operation means.  @exit_status is the program's, @message its last error
 * line (never %NULL).  Sets @error, always: #B9_ERROR_NOT_FOUND, #B9_ERROR_EXISTS and #B9_ERROR_NOT_RUNNING
 * get the contract's own words from the core, #B9_ERROR_WRONG_STATE keeps the plugin's ("cannot exec in a
 * paused container"), and for #B9_ERROR_BACKEND_FAILED the message is @message, with a hint behind it where
 * the plugin knows one.  Optional: without it every failure is #B9_ERROR_BACKEND_FAILED.
 * @leftovers: the files that a killed runtime leaves behind for this container, given its root file system
 * (or %NULL); paths that may not exist, %NULL-ended, g_strfreev().  Optional.
 * @ids_collide: whether the runtime would mistake one of two different ids for the other in one root: asked
 * for containers that are being made, which @colliding_id cannot see yet.  Optional.
 * @owns_process: whether a process of the host with this command line (%NULL-ended, from /proc/PID/cmdline)
 * is one of the container's.  Asked when a killed runtime may have left processes that are in no cgroup of
 * the container's.  Optional.
 *
 * @probe: reports cells (B9Host.report) for the runtime at @program, its state in @root.  Optional.
 * @examine: reports lines for `b9run doctor` (B9Host.finding).  Optional.
 * @prepare: makes @spec, a copy that the detectors have edited, fit for the runtime, and refuses what it
 * would choke on.  Adds to @flags (of g_strdup() strings) the global flags that the container needs besides,
 * which are recorded with the others ("--nvproxy=true").  A spec that is fit is left alone.  Optional.
 * @checkpoint_traits: #B9CheckpointTrait flags.
 * @image_provider: the checkpoint provider that the runtime's save and restore need ("criu"), or %NULL.
 * @image_file: the file without which an image of this runtime is none ("inventory.img").  Required where
 * the runtime can save.
 * @image_patterns: what the runtime calls the files of an image ("*.img"), %NULL-ended: where a directory is
 * used again, those of the earlier image go.
 * @features: the OCI features document (runtime-spec, features.md) of the runtime, for one that has no
 * command for it, or one whose answer misleads: JSON for g_free(), or %NULL with @error set.  What it does
 * not know it leaves out.  The core adds the annotations run.b9.backend and run.b9.version.  Optional:
 * without it #B9_OPERATION_FEATURES is handed over.
 * @speed_up: adds to @arguments (g_strdup() strings) the further arguments of a save or restore that the
 * program of @request knows and that make it faster, whatever the caller asked for; may run the program.
 * Optional.
 * @peek_status: the status that the runtime's `state` would tell of a container whose process @pid lives,
 * read from what `state` itself reads (the runtime's files, the freezer among @cgroups, the container's
 * directories, %NULL-ended) without starting the runtime.  A word of runtime-spec for g_free(), or %NULL
 * where they do not tell for certain: then the runtime is asked.  Optional.
 * @holds_rootfs: whether an image of the container of @request, with its flags, holds what the container has
 * written into its root file system (an overlay of the runtime's own).  Optional: without it that is on the
 * host, and is taken along by `checkpoint --export`.
 * @keep_status: for a runtime that writes down whether a container is paused after it has done it: what the
 * runtime's files say now, which @amend_status is given; for g_free(), or %NULL.  Optional.
 * @amend_status: asked where a pause or resume may have been killed half-way, so that the runtime's files may
 * be wrong: finds out by the container itself whether it is paused, and makes the files say so.  @wanted is
 * what the files say once that command has ended, "paused" or "running"; @kept is of @keep_status, from
 * before it, or %NULL; @pid is the container's first process, or 0 where it has ended.  %FALSE with @error
 * where the container lives and does not tell, or the files cannot be mended.  Optional.
 *
 * Later minors add members at the end only.  What stands before @build_argv is in every vtable that passes
 * the host's check; what follows it is looked at with B9_STRUCT_HAS().
 *
 * Functions get the #B9Host of their provider; they keep nothing of their arguments, and return strings that
 * the core frees.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  const char *const *programs;
  const char *default_root;
  char *(*user_root) (const B9Host *host);
  guint32 traits;
  gint32 failure_status;
  const B9ConfigKey *const *config_keys;
  char **(*new_flags) (const B9Host *host, GError **error);
  gboolean (*check_id) (const B9Host *host, const char *root, const char *id, GError **error);
  gboolean (*find) (const B9Host *host, const char *root, const char *id);
  char *(*colliding_id) (const B9Host *host, const char *root, const char *id);
  B9Way (*way) (const B9Host *host, B9Operation operation, const B9RequestOption *const *options);
  char **(*build_argv) (const B9Host *host, const B9Request *request, GError **error);
  void (*explain_failure) (const B9Host *host, const B9Request *request, int exit_status, const char *message,
                           GError **error);
  char **(*leftovers) (const B9Host *host, const B9Request *request, const char *rootfs);
  gboolean (*ids_collide) (const B9Host *host, const char *a, const char *b);
  gboolean (*owns_process) (const B9Host *host, const B9Request *request, const char *const *command_line);
  void (*probe) (const B9Host *host, const char *program, const char *root);
  void (*examine) (const B9Host *host, const char *program, const char *root);
  gboolean (*prepare) (const B9Host *host, const B9Preparation *preparation, B9Spec *spec, GPtrArray *flags,
                       GError **error);
  guint32 checkpoint_traits;
  const char *image_provider;
  const char *image_file;
  const char *const *image_patterns;
  char *(*features) (const B9Host *host, const char *program, const char *root, GError **error);
  void (*speed_up) (const B9Host *host, const B9Request *request, GPtrArray *arguments);
  char *(*peek_status) (const B9Host *host, const B9Request *request, int pid, const char *const *cgroups);
  gboolean (*holds_rootfs) (const B9Host *host, const B9Request *request);
  char *(*keep_status) (const B9Host *host, const B9Request *request);
  gboolean (*amend_status) (const B9Host *host, const B9Request *request, int pid, const char *wanted,
                            const char *kept, GError **error);
} B9Backend;

G_END_DECLS

#endif /* B9RUN_BACKEND_H */
