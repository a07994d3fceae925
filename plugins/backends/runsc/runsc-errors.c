/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-errors.c: what runsc's error texts mean in runc's terms.
 *
 * runsc ends with 128 whatever went wrong, so that only the text tells.  Ends of texts are compared where a
 * command's own words may stand in front of them.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-args.h"

#include <string.h>

#define ON(operation) (1U << B9_OPERATION_##operation)
#define ON_EXISTING                                                                                     \
  (ON (START) | ON (STATE) | ON (KILL) | ON (DELETE) | ON (EXEC) | ON (PS) | ON (PAUSE) | ON (RESUME) | \
   ON (EVENTS) | ON (UPDATE))

typedef struct {
  guint32 operations;
  const char *ending;
  int code;
  const char *text; /* runc's words where it has some for this */
} Meaning;

static const Meaning meanings[] = {
    {ON_EXISTING, "file does not exist", B9_ERROR_NOT_FOUND, "container does not exist"},
    {ON (CREATE) | ON (RUN), "container already exists", B9_ERROR_EXISTS,
     "container with given ID already exists"},
    {ON_EXISTING, "sandbox is not running", B9_ERROR_NOT_RUNNING, "container not running"},
    {ON (START), " in state running", B9_ERROR_WRONG_STATE, "cannot start an already running container"},
    {ON (START), " in state paused", B9_ERROR_WRONG_STATE, "cannot start a container in the paused state"},
    {ON (START), " in state stopped", B9_ERROR_WRONG_STATE, "cannot start a container that has stopped"},
    {ON (EXEC), " in state paused", B9_ERROR_WRONG_STATE, "cannot exec in a paused container"},
    {ON (EXEC), " in state stopped", B9_ERROR_WRONG_STATE, "cannot exec in a stopped container"},
    {ON (EXEC), " in state created", B9_ERROR_WRONG_STATE,
     "cannot exec in a container that has not been started"},
    {ON (EXEC), "\" not started", B9_ERROR_WRONG_STATE,
     "cannot exec in a container that has not been started"},
    {ON (PAUSE), " in state created", B9_ERROR_WRONG_STATE,
     "cannot pause a container that has not been started"},
    {ON (PAUSE), " in state paused", B9_ERROR_NOT_RUNNING, "container not running"},
    {ON (PAUSE), " in state stopped", B9_ERROR_NOT_RUNNING, "container not running"},
    {ON (RESUME), " in state created", B9_ERROR_WRONG_STATE, "container not paused"},
    {ON (RESUME), " in state running", B9_ERROR_WRONG_STATE, "container not paused"},
    {ON (RESUME), " in state stopped", B9_ERROR_WRONG_STATE, "container not paused"},
    {ON (KILL), " in state created", B9_ERROR_WRONG_STATE,
     "cannot signal a container that has not been started"},
    {ON (KILL), " in state paused", B9_ERROR_WRONG_STATE,
     "cannot signal a paused container: resume it first, or delete it with --force"},
    {ON (KILL), " in state stopped", B9_ERROR_NOT_RUNNING, "container not running"},
    {ON (PS), " in state created", B9_ERROR_WRONG_STATE,
     "cannot list the processes of a container that has not been started"},
    {ON (PS), " in state stopped", B9_ERROR_NOT_RUNNING, "container not running"},
    {ON (PS), "connection refused", B9_ERROR_NOT_RUNNING, "container not running"},
    {ON (UPDATE), "Use \"runsc flags\" for a list of top-level flags", B9_ERROR_UNSUPPORTED,
     "update: this release of runsc cannot change the resources of a container, which came with release "
     "20260202: give the limits when the container is made"},
    {ON (EVENTS), " in state stopped", B9_ERROR_NOT_RUNNING, "container not running"},
};

/* Kept clear of the words that callers take for "command not found" and the like (podman, docker: "no such
 * file or directory", "permission denied"). */
static const struct {
  const char *part;
  const char *hint;
} hints[] = {
    {"cannot run with network enabled in root network namespace",
     "give the container a network namespace of its own, or use --network=none or --network=host "
     "(backends.runsc.network in "
     "the configuration); on recent kernels releases before 20240807 need the latter in any case"},
    {"waiting for sandbox to start: EOF", "the sandbox died while it started: see that the source of each "
                                          "mount in the bundle's config.json exists; --debug=true "
                                          "says more"},
    {"failed to create control socket", "the container's id is too long for the path of a socket"},
    {"failed to get Nvidia driver version",
     "the NVIDIA driver of this host is not loaded or its device nodes are not there"},
    {"unknown signal", "runsc knows no realtime signals and no signal 0"},
    {" is ambiguous ",
     "runsc takes an id for each longer one that begins with it: keep the containers in different roots"},
    {"flag provided but not defined", "this release of runsc does not have the option"},
    {"mount source already has a filestore file at",
     "if no container of this id uses the root file system, remove the file that a killed runsc left"},
    {"cannot load sandbox",
     "the bundle says that it belongs to the sandbox of another container (io.kubernetes.cri.sandbox-id "
     "or the like), which is not there"},
    {"cannot set up cgroup", "--ignore-cgroups=true (backends.runsc.ignore-cgroups) does without cgroups"},
};

static gboolean
explain_by_ending (guint32 operation, const char *message, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++) {
    if ((meanings[i].operations & (1U << operation)) == 0 || !g_str_has_suffix (message, meanings[i].ending))
      continue;
    g_set_error_literal (error, B9_ERROR, meanings[i].code, meanings[i].text);
    return TRUE;
  }
  return FALSE;
}

/* Failures that a text's end does not tell. */
static gboolean
explain_by_operation (const B9Request *request, int exit_status, const char *message, GError **error)
{
  /* Releases of 2024 panic here, with a stack trace for a message and Go's exit status for it, which wrong
   * flags share. */
  if (request->operation == B9_OPERATION_PAUSE && exit_status == 2 &&
      strstr (message, "flag provided") == NULL) {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_WRONG_STATE,
                         "cannot pause a container that has not been started");
    return TRUE;
  }
  if (request->operation == B9_OPERATION_DELETE &&
      g_str_has_suffix (message, "not stopped without --force flag")) {
    g_set_error (error, B9_ERROR, B9_ERROR_WRONG_STATE,
                 "cannot delete container %s that is not stopped: it takes --force", request->id);
    return TRUE;
  }
  /* The reason is for the debug log alone. */
  if (request->operation == B9_OPERATION_EVENTS && message[0] == '\0') {
    g_set_error_literal (error, B9_ERROR, B9_ERROR_NOT_RUNNING, "container not running");
    return TRUE;
  }
  return FALSE;
}

static const char *
find_hint (const char *message)
{
  for (gsize i = 0; i < G_N_ELEMENTS (hints); i++) {
    if (strstr (message, hints[i].part) != NULL)
      return hints[i].hint;
  }
  return NULL;
}

void
runsc_explain_failure (const B9Host *host, const B9Request *request, int exit_status, const char *message,
                       GError **error)
{
  const char *hint = find_hint (message);

  (void)host;
  if (explain_by_ending (request->operation, message, error) ||
      explain_by_operation (request, exit_status, message, error))
    return;
  if (message[0] == '\0')
    g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_FAILED,
                 "runsc failed with exit status %d and said nothing", exit_status);
  else if (hint != NULL)
    g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_FAILED, "%s; %s", message, hint);
  else
    g_set_error_literal (error, B9_ERROR, B9_ERROR_BACKEND_FAILED, message);
}
