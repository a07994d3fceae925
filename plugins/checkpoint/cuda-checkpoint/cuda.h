/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda.h: the parts of the cuda-checkpoint provider, and what each gives to the others.
 */
#ifndef B9_CUDA_H
#define B9_CUDA_H

#include <b9run/b9-checkpoint.h>

G_BEGIN_DECLS

/* The first drivers that can toggle a process, take actions for it, and have the functions in libcuda. */
#define CUDA_DRIVER_TOGGLE 550
#define CUDA_DRIVER_ACTIONS 555
#define CUDA_DRIVER_API 570
#define CUDA_DRIVER_REMAP 580

/* --- cuda-host.c: what this host has --- */

typedef struct {
  char *driver;       /* "570.86.10", of the loaded module; NULL where none is */
  guint driver_major; /* 570; 0 where none is */
  char *library;      /* libcuda.so.1, by path; NULL where none was found */
  char *program;      /* cuda-checkpoint; NULL where none was found */
  char *plugin;       /* cuda_plugin.so of CRIU; NULL where none was found */
} CudaHost;

void cuda_host_clear (CudaHost *cuda);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CudaHost, cuda_host_clear)

void cuda_host_look (const B9Host *host, CudaHost *cuda);

/* "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.10  Wed …"; g_free(), or NULL. */
char *cuda_parse_driver (const char *text);

typedef enum {
  CUDA_METHOD_NONE,
  CUDA_METHOD_API,    /* libcuda's functions */
  CUDA_METHOD_BINARY, /* the cuda-checkpoint program */
} CudaMethod;

/* How the host strategy would be done here; with CUDA_METHOD_NONE *@reason says why not (g_free()). */
CudaMethod cuda_choose_method (const B9Host *host, const CudaHost *cuda, char **reason);

/* Whether CRIU's plugin would do it here; else *@reason. */
gboolean cuda_plugin_works (const CudaHost *cuda, char **reason);

/* The GPUs of the host, "UUID MODEL (PCI)" each, by PCI address; owned strings. */
GPtrArray *cuda_list_gpus (const B9Host *host);

/* --- cuda-strategy.c: which strategy, and what it takes --- */

char *cuda_choose (const B9Host *host, const B9CheckpointJob *job, GError **error);
gboolean cuda_applies (const B9Host *host, const B9CheckpointJob *job, const B9DeviceProcess *processes,
                       guint n_processes);
gboolean cuda_equip (const B9Host *host, const B9CheckpointJob *job, GPtrArray *environment,
                     GPtrArray *arguments, GError **error);
gboolean cuda_check_image (const B9Host *host, const B9CheckpointJob *job, GError **error);
void cuda_describe (const B9Host *host, const B9CheckpointJob *job, gpointer session,
                    B9CheckpointFacts *facts);

/* The map for a restore onto other GPUs of the same kind, "OLD=NEW,…"; NULL without @error where none is
 * needed. @recorded and @present are "UUID MODEL (PCI)" texts, NULL-ended. */
char *cuda_make_map (const char *const *recorded, const char *const *present, guint driver_major,
                     GError **error);

/* Whether the process has a device of NVIDIA's open, or libcuda in its memory. */
gboolean cuda_process_uses_gpu (pid_t pid);

/* --- cuda-sandbox.c: the program inside a container of runsc's --- */

#define CUDA_SANDBOX_RUNTIME "runsc"

const char *cuda_sandbox_path (const B9Host *host); /* where it is in there */

/* Whether the runtime at @program has --cuda-checkpoint-path; `runsc help checkpoint` lists its flags. */
gboolean cuda_runtime_moves_cuda (const B9Host *host, const char *program);

/* Whether a container of this spec has a file at @path, from a mount or in its root file system.  @bundle:
 * what relative paths begin with. */
gboolean cuda_sandbox_has (const B9Spec *spec, const char *bundle, const char *path);

gboolean cuda_prepare (const B9Host *host, const char *backend, const B9Preparation *preparation,
                       B9Spec *spec, GError **error);

/* --- cuda-session.c: the helper process --- */

gpointer cuda_open (const B9Host *host, const B9CheckpointJob *job, GError **error);
void cuda_close (const B9Host *host, gpointer session);
gboolean cuda_look (const B9Host *host, gpointer session, B9DeviceProcess *processes, guint n_processes,
                    GError **error);
gboolean cuda_lock (const B9Host *host, gpointer session, B9DeviceProcess *processes, guint n_processes,
                    guint timeout_ms, GError **error);
gboolean cuda_suspend (const B9Host *host, gpointer session, B9DeviceProcess *processes, guint n_processes,
                       GError **error);
gboolean cuda_resume (const B9Host *host, gpointer session, B9DeviceProcess *processes, guint n_processes,
                      GError **error);

/* How long moving @bytes between device and memory may take; @bytes 0: not known. */
guint cuda_bound_ms (guint64 bytes);

/* A line of the helper's answer into the process that it is about; FALSE where it is about none. */
gboolean cuda_read_answer (const char *line, B9DeviceProcess *processes, guint n_processes);

/* --- cuda-helper.c: the pipe to it --- */

typedef struct _CudaHelper CudaHelper;

/* @method and @target are its arguments.  Waits until it is ready, at most a minute. */
CudaHelper *cuda_helper_start (CudaMethod method, const char *target, GError **error);

/* Ends it: it is let come to the end of what it does, or killed with @now. */
void cuda_helper_end (CudaHelper *helper, gboolean now);

/* Writes @request and passes each line of the answer to @line, until the one that ends it or @bound_ms. */
gboolean cuda_helper_ask (CudaHelper *helper, const char *request, guint64 bound_ms,
                          void (*line) (const char *text, gpointer data), gpointer data, GError **error);

/* --- cuda-probe.c, cuda-doctor.c --- */

void cuda_probe (const B9Host *host);
void cuda_examine (const B9Host *host);

G_END_DECLS

#endif /* B9_CUDA_H */
