/* SPDX-License-Identifier: Apache-2.0
 *
 * helper-api.c: libcuda's checkpoint functions (cuda.h of CUDA 12.8 and later, "Process checkpointing").
 *
 * The declarations stand here, so that no CUDA toolkit is needed for the build: every argument structure has
 * 64 bytes, and all of them are zeroed.
 */
#include "config.h"

#include <dlfcn.h>
#include <string.h>

#include "helper.h"

#define CUDA_SUCCESS 0
#define CUDA_ERROR_INVALID_VALUE 1
#define CUDA_ERROR_NOT_INITIALIZED 3

typedef struct {
  unsigned char bytes[16];
} CudaUuid;

typedef struct {
  CudaUuid old_uuid, new_uuid;
} GpuPair;
G_STATIC_ASSERT (sizeof (GpuPair) == 32);

typedef struct {
  unsigned timeout_ms;
  unsigned reserved0;
  guint64 reserved1[7];
} LockArguments;
G_STATIC_ASSERT (sizeof (LockArguments) == 64);

typedef struct {
  GpuPair *pairs;
  unsigned n_pairs;
  char reserved0[44];
  guint64 reserved1;
} RestoreArguments;
G_STATIC_ASSERT (sizeof (RestoreArguments) == 64);

typedef struct {
  guint64 reserved[8];
} PlainArguments;

typedef struct {
  CudaDriver driver;
  int (*init) (unsigned flags);
  int (*driver_version) (int *version);
  int (*error_name) (int code, const char **name);
  int (*get_state) (int pid, int *state);
  int (*get_thread) (int pid, int *tid);
  int (*lock) (int pid, LockArguments *arguments);
  int (*checkpoint) (int pid, PlainArguments *arguments);
  int (*restore) (int pid, RestoreArguments *arguments);
  int (*unlock) (int pid, PlainArguments *arguments);
} Api;

static int
digit (char character)
{
  return g_ascii_xdigit_value (character);
}

/* "GPU-8c6e…-…", with its dashes anywhere. */
static gboolean
parse_uuid (const char *text, CudaUuid *uuid)
{
  guint n = 0;

  if (g_str_has_prefix (text, "GPU-"))
    text += strlen ("GPU-");
  while (*text != '\0' && n < sizeof uuid->bytes) {
    if (*text == '-') {
      text++;
      continue;
    }
    if (digit (text[0]) < 0 || digit (text[1]) < 0)
      return FALSE;
    uuid->bytes[n++] = (unsigned char)(digit (text[0]) * 16 + digit (text[1]));
    text += 2;
  }
  return n == sizeof uuid->bytes && *text == '\0';
}

/* The pairs of "OLD=NEW,…"; NULL for a map that is none. */
static GArray *
parse_map (const char *map)
{
  g_autoptr (GArray) pairs = g_array_new (FALSE, TRUE, sizeof (GpuPair));
  g_auto (GStrv) words = g_strsplit (map, ",", -1);

  for (guint i = 0; words[i] != NULL; i++) {
    g_auto (GStrv) sides = g_strsplit (words[i], "=", 2);
    GpuPair pair;

    if (g_strv_length (sides) != 2 || !parse_uuid (sides[0], &pair.old_uuid) ||
        !parse_uuid (sides[1], &pair.new_uuid))
      return NULL;
    g_array_append_val (pairs, pair);
  }
  return g_steal_pointer (&pairs);
}

static int
restore (Api *api, pid_t pid)
{
  RestoreArguments arguments = {0};
  g_autoptr (GArray) pairs = api->driver.map != NULL ? parse_map (api->driver.map) : NULL;

  if (api->driver.map != NULL && pairs == NULL)
    return CUDA_ERROR_INVALID_VALUE;
  if (pairs != NULL) {
    arguments.pairs = (GpuPair *)(void *)pairs->data;
    arguments.n_pairs = pairs->len;
  }
  return api->restore (pid, &arguments);
}

static CudaState
to_state (int state)
{
  static const CudaState states[] = {CUDA_RUNNING, CUDA_LOCKED, CUDA_CHECKPOINTED, CUDA_FAILED};

  return state >= 0 && state < (int)G_N_ELEMENTS (states) ? states[state] : CUDA_OTHER;
}

static int
call (Api *api, CudaAction action, pid_t pid, guint timeout_ms, CudaOutcome *outcome)
{
  LockArguments lock = {.timeout_ms = timeout_ms};
  PlainArguments plain = {{0}};
  int value = 0, code;

  switch (action) {
  case ACTION_THREAD:
    return api->get_thread (pid, &value);
  case ACTION_STATE:
    code = api->get_state (pid, &value);
    outcome->state = to_state (value);
    return code;
  case ACTION_LOCK:
    return api->lock (pid, &lock);
  case ACTION_CHECKPOINT:
    return api->checkpoint (pid, &plain);
  case ACTION_RESTORE:
    return restore (api, pid);
  case ACTION_UNLOCK:
    return api->unlock (pid, &plain);
  }
  return CUDA_ERROR_INVALID_VALUE;
}

static void
perform (CudaDriver *driver, CudaAction action, pid_t pid, guint timeout_ms, gint64 deadline G_GNUC_UNUSED,
         CudaOutcome *outcome)
{
  Api *api = (Api *)driver;
  int code = call (api, action, pid, timeout_ms, outcome);
  const char *name = NULL;

  outcome->kind = OUTCOME_DONE;
  if (code == CUDA_SUCCESS)
    return;
  if (api->error_name == NULL || api->error_name (code, &name) != CUDA_SUCCESS || name == NULL)
    name = "an error without a name";
  outcome->text = g_strdup_printf ("%s (%d)", name, code);
  outcome->kind = OUTCOME_REFUSED;
  if (action == ACTION_THREAD)
    outcome->kind = code == CUDA_ERROR_INVALID_VALUE || code == CUDA_ERROR_NOT_INITIALIZED ? OUTCOME_NOT_CUDA
                                                                                           : OUTCOME_UNTOLD;
}

/* dlsym() of functions: ISO C knows no cast from a pointer to data. */
static gboolean
find_functions (void *handle, Api *api, const char **missing)
{
  const struct {
    const char *name;
    void *place;
    gboolean optional;
  } functions[] = {
      {"cuInit", &api->init, FALSE},
      {"cuDriverGetVersion", &api->driver_version, FALSE},
      {"cuGetErrorName", &api->error_name, TRUE},
      {"cuCheckpointProcessGetState", &api->get_state, FALSE},
      {"cuCheckpointProcessGetRestoreThreadId", &api->get_thread, FALSE},
      {"cuCheckpointProcessLock", &api->lock, FALSE},
      {"cuCheckpointProcessCheckpoint", &api->checkpoint, FALSE},
      {"cuCheckpointProcessRestore", &api->restore, FALSE},
      {"cuCheckpointProcessUnlock", &api->unlock, FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++) {
    void *function = dlsym (handle, functions[i].name);

    if (function == NULL && !functions[i].optional) {
      *missing = functions[i].name;
      return FALSE;
    }
    memcpy (functions[i].place, &function, sizeof function);
  }
  return TRUE;
}

CudaDriver *
cuda_open_api (const char *library, char **reason)
{
  g_autofree Api *api = g_new0 (Api, 1);
  void *handle = dlopen (library, RTLD_NOW | RTLD_LOCAL);
  const char *missing = NULL;
  int code, version = 0;

  if (handle == NULL) {
    *reason = g_strdup (dlerror ());
    return NULL;
  }
  if (!find_functions (handle, api, &missing)) {
    *reason = g_strdup_printf ("%s has no %s: the driver is older than 570", library, missing);
    return NULL;
  }
  code = api->init (0);
  if (code == CUDA_SUCCESS)
    code = api->driver_version (&version);
  if (code != CUDA_SUCCESS) {
    const char *name = NULL;

    if (api->error_name == NULL || api->error_name (code, &name) != CUDA_SUCCESS || name == NULL)
      name = "an error without a name";
    *reason = g_strdup_printf ("cuInit of %s failed: %s (%d)", library, name, code);
    return NULL;
  }
  api->driver.perform = perform;
  return (CudaDriver *)g_steal_pointer (&api);
}
