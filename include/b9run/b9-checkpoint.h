/* SPDX-License-Identifier: Apache-2.0
 *
 * b9-checkpoint.h: the vtable of a checkpoint provider.
 *
 * A runtime saves and restores containers itself.  An *image* provider knows the program that it needs for
 * that (runc needs CRIU): where it is, what it must find in its environment, what its log means.  A *device*
 * provider takes the state of devices off them before the save and puts it back afterwards (CUDA).  The core
 * pauses, saves, verifies, stops and writes the journal and the manifest; a provider does its own part alone
 * and leaves no state that the core could not find again by asking it.
 *
 * The order of a save: @check_before, @open, @look, @lock (again while new processes appear), @suspend, the
 * backend's save, and @resume if the container goes on or anything has failed.  Of a restore: @check_image,
 * the backend's restore, @open, @look, @resume, @look.  Of a recovery after a crash: @open, @look, @resume.
 */
#ifndef B9RUN_CHECKPOINT_H
#define B9RUN_CHECKPOINT_H

#include <b9run/b9-backend.h>
#include <b9run/b9-error.h>
#include <b9run/b9-host.h>
#include <b9run/b9-plugin.h>

G_BEGIN_DECLS

/**
 * B9CheckpointRole:
 * @B9_CHECKPOINT_IMAGE: serves a backend that names it (#B9Backend.image_provider).
 * @B9_CHECKPOINT_DEVICES: takes part in every save and restore of a container that it applies to.
 *
 * Or-ed together.
 *
 * Since: 0.1
 */
typedef enum {
  B9_CHECKPOINT_IMAGE = 1 << 0,
  B9_CHECKPOINT_DEVICES = 1 << 1,
} B9CheckpointRole;

/**
 * B9CheckpointFact:
 * @struct_size: the maker's size of this structure.
 * @name: lower-case words joined by dots, the provider's name first ("criu.version", "nvidia.driver").
 * @value: one line of text.
 *
 * Something about the host or the container that a later restore may want to compare; kept in the image's
 * manifest.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  const char *name;
  const char *value;
} B9CheckpointFact;

typedef struct _B9CheckpointFacts B9CheckpointFacts;

/**
 * B9CheckpointFacts:
 * @struct_size: the host's size of this structure.
 * @data: the host's own.
 * @add: adds one, copied; a name that is there already gets a further value.
 *
 * Since: 0.1
 */
struct _B9CheckpointFacts {
  gsize struct_size;
  void *data;
  void (*add) (B9CheckpointFacts *facts, const char *name, const char *value);
};

/**
 * B9CheckpointJob:
 * @struct_size: the host's size of this structure.
 * @operation: #B9_OPERATION_CHECKPOINT or #B9_OPERATION_RESTORE.
 * @backend: the backend's name.
 * @program: the absolute path of the runtime's program.
 * @root: the absolute path of the runtime's state directory.
 * @id: the container, as the runtime knows it; %NULL where an image is looked at for no container.
 * @flags: the runtime's global flags for this container, %NULL-ended.
 * @bundle: the absolute path of the bundle, or %NULL.
 * @image_path: the absolute path of the image directory.  While a save runs this is not yet the directory
 * that the caller named.
 * @work_path: the absolute path of the directory for dump.log and restore.log.
 * @directory: a directory of mode 0700 of this container's own, where the provider may write files that live
 * as long as the container ("criu.conf"); or %NULL.
 * @init_pid: the container's first process as the host sees it; 0 where there is none.
 * @options: the options of the command in runc's words, also those that the runtime lacks, %NULL-ended.
 * @strategy: on a save what the caller asked for, or %NULL; on a restore what the manifest records.
 * @facts: on a restore those of the manifest, %NULL-ended; %NULL where the image has none.
 * @spec: the container's spec as its runtime has it, for reading; %NULL where it is not known.
 *
 * One save or one restore.  All of it is the core's and lives as long as the call, but for @open, whose job
 * lives until @close.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  guint32 operation;
  const char *backend;
  const char *program;
  const char *root;
  const char *id;
  const char *const *flags;
  const char *bundle;
  const char *image_path;
  const char *work_path;
  const char *directory;
  gint32 init_pid;
  const B9RequestOption *const *options;
  const char *strategy;
  const B9CheckpointFact *const *facts;
  const B9Spec *spec;
} B9CheckpointJob;

/**
 * B9DeviceState:
 * @B9_DEVICE_NONE: the process has no state on a device, or is gone.
 * @B9_DEVICE_RUNNING: it has, and works.
 * @B9_DEVICE_LOCKED: it waits before its next call to the device.
 * @B9_DEVICE_SUSPENDED: its state is in its own memory, and the device is released.
 * @B9_DEVICE_FAILED: the driver has given it up.
 * @B9_DEVICE_UNKNOWN: the driver did not say.
 *
 * Since: 0.1
 */
typedef enum {
  B9_DEVICE_NONE = 0,
  B9_DEVICE_RUNNING,
  B9_DEVICE_LOCKED,
  B9_DEVICE_SUSPENDED,
  B9_DEVICE_FAILED,
  B9_DEVICE_UNKNOWN,
} B9DeviceState;

/**
 * B9DeviceProcess:
 * @struct_size: the host's size of this structure.
 * @pid: the process as the host sees it; a thread group's leader.
 * @start_time: field 22 of /proc/PID/stat; a process of that PID with another time is gone.
 * @device_state: a #B9DeviceState; set by each operation.
 * @device_bytes: how much device memory it uses, where that is known, or 0; set by @look.
 * @problem: why the last operation failed for this process, or %NULL; set by it (g_strdup()), freed by the
 * core.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  gint32 pid;
  guint64 start_time;
  guint32 device_state;
  guint64 device_bytes;
  char *problem;
} B9DeviceProcess;

/**
 * B9_STRATEGY_PLUGIN:
 *
 * The image provider's program moves the device state itself (CRIU's CUDA plugin): no @lock and no @suspend;
 * the core asks @look afterwards, since such programs call a restore without the device a success.
 *
 * Since: 0.1
 */
#define B9_STRATEGY_PLUGIN "plugin"

/**
 * B9_STRATEGY_HOST:
 *
 * The provider moves it from the host, around the backend's save and restore.
 *
 * Since: 0.1
 */
#define B9_STRATEGY_HOST "host"

/**
 * B9_STRATEGY_SANDBOX:
 *
 * The runtime moves it inside its sandbox, by arguments that the provider adds (@equip).
 *
 * Since: 0.1
 */
#define B9_STRATEGY_SANDBOX "sandbox"

/**
 * B9CheckpointProvider:
 * @struct_size: `sizeof (B9CheckpointProvider)` of the plugin's build.
 * @roles: #B9CheckpointRole flags; at least one.
 * @config_keys: the keys below `checkpoint.NAME`, %NULL-ended, or %NULL.
 * @probe: reports cells (B9Host.report).  Optional.
 * @examine: reports lines for `b9run doctor` (B9Host.finding).  Optional.
 * @equip: what the backend's process needs: adds "NAME=VALUE" to @environment and further arguments of the
 * command to @arguments (both of g_strdup() strings; a variable replaces that of the same name).  May write
 * files into the job's directory.  Fails before anything is touched where its program is missing.  Optional.
 * @check_before: refuses what cannot be saved, before anything is touched.  Optional.
 * @check_image: refuses an image that cannot be restored here: #B9_ERROR_START_COLD, the message beginning
 * with a reason of lower-case letters and dashes and a colon ("driver-differs: …").  Optional.
 * @explain_failure: what a failed save or restore means, where the provider's own log tells more than
 * @message, the runtime's last error line (never %NULL).  Sets @error, or leaves it alone where it knows
 * nothing better.  Optional.
 * @describe: the facts for the manifest; called after @open where there is one.  Optional.
 *
 * @applies: of a device provider, whether the container may have state on its devices: a quick look that is
 * taken for every container.  On a restore also whether the image may.  Required of a device provider.
 * @choose: the strategy, by what works here: g_strdup() of one of the `B9_STRATEGY_` texts, or %NULL with
 * @error.  Required of a device provider.
 * @open: begins a batch of the operations below; what is returned is handed to each and to @close, at the end
 * in every case.  A helper process that it starts ends of its own accord when b9run dies, after the operation
 * it is at.  Required of a device provider.
 * @close: ends it.  Required of a device provider.
 * @look: sets the state of each of the @n_processes @processes, which are all those of the container.
 * Required of a device provider.
 * @lock: locks those that are RUNNING, all at once, within @timeout_ms.  %FALSE where one did not: the core
 * then resumes all.  Required of a device provider.
 * @suspend: suspends those that are LOCKED, all at once, within a bound of its own that grows with their
 * device memory.  None of them is frozen meanwhile.  %FALSE as in @lock.  Required of a device provider.
 * @resume: brings each process to RUNNING, whatever its state is now: a RUNNING one is left alone, a LOCKED
 * one unlocked, a SUSPENDED one restored and unlocked.  %FALSE where one could not be: its state and problem
 * say so.  Needs no other call before it but @open, and may be repeated.  Required of a device provider.
 *
 * @prepare: adds to @spec, a copy that the detectors have edited, what a later save or restore needs in the
 * container, for the backend of that name; before #B9Backend.prepare, and for containers that ask for a GPU
 * alone.  What cannot be added is noted and left out.  Optional.
 *
 * Later minors add members at the end only.  Functions get the #B9Host of their provider and keep nothing of
 * their arguments, but for @open and its job.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  guint32 roles;
  const B9ConfigKey *const *config_keys;
  void (*probe) (const B9Host *host);
  void (*examine) (const B9Host *host);
  gboolean (*equip) (const B9Host *host, const B9CheckpointJob *job, GPtrArray *environment,
                     GPtrArray *arguments, GError **error);
  gboolean (*check_before) (const B9Host *host, const B9CheckpointJob *job, GError **error);
  gboolean (*check_image) (const B9Host *host, const B9CheckpointJob *job, GError **error);
  void (*explain_failure) (const B9Host *host, const B9CheckpointJob *job, const char *message,
                           GError **error);
  void (*describe) (const B9Host *host, const B9CheckpointJob *job, gpointer session,
                    B9CheckpointFacts *facts);
  gboolean (*applies) (const B9Host *host, const B9CheckpointJob *job, const B9DeviceProcess *processes,
                       guint n_processes);
  char *(*choose) (const B9Host *host, const B9CheckpointJob *job, GError **error);
  gpointer (*open) (const B9Host *host, const B9CheckpointJob *job, GError **error);
  void (*close) (const B9Host *host, gpointer session);
  gboolean (*look) (const B9Host *host, gpointer session, B9DeviceProcess *processes, guint n_processes,
                    GError **error);
  gboolean (*lock) (const B9Host *host, gpointer session, B9DeviceProcess *processes, guint n_processes,
                    guint timeout_ms, GError **error);
  gboolean (*suspend) (const B9Host *host, gpointer session, B9DeviceProcess *processes, guint n_processes,
                       GError **error);
  gboolean (*resume) (const B9Host *host, gpointer session, B9DeviceProcess *processes, guint n_processes,
                      GError **error);
  gboolean (*prepare) (const B9Host *host, const char *backend, const B9Preparation *preparation,
                       B9Spec *spec, GError **error);
} B9CheckpointProvider;

G_END_DECLS

#endif /* B9RUN_CHECKPOINT_H */
