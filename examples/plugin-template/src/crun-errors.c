/* SPDX-License-Identifier: Apache-2.0
 *
 * crun-errors.c: what crun's failures mean, by its own words (crun 1.8.1, each seen from a real container).
 *
 * b9run turns NOT_FOUND, EXISTS and NOT_RUNNING into the sentences that its callers look for; the other
 * messages are ours.
 */
#include "config.h"

#include <signal.h>
#include <string.h>

#include "crun-errors.h"

/* A text without operation is for all of them; without words of our own, crun's stand. */
typedef struct {
  guint32 operation;
  const char *text;
  B9Error code;
  const char *words;
} Meaning;

static const Meaning meanings[] = {
    {B9_OPERATION_START, "/exec.fifo`: No such file or directory", B9_ERROR_WRONG_STATE,
     "cannot start a container that was started already"},
    {B9_OPERATION_EXEC, "` is paused", B9_ERROR_WRONG_STATE,
     "cannot exec in a paused container; resume it first"},
    {B9_OPERATION_EXEC, "setns(pid=", B9_ERROR_NOT_RUNNING, NULL},
    {B9_OPERATION_KILL, "No such process", B9_ERROR_NOT_RUNNING, NULL},
    {B9_OPERATION_DELETE, "is not in `created` or `stopped` state", B9_ERROR_WRONG_STATE,
     "cannot delete a container that is not stopped; stop it first, or use delete --force"},
    {0, "/status`: No such file or directory", B9_ERROR_NOT_FOUND, NULL},
    {0, "` already exists", B9_ERROR_EXISTS, NULL},
    {0, "` is not running", B9_ERROR_NOT_RUNNING, NULL},
};

/* A hint is put behind crun's words. */
typedef struct {
  const char *text;
  const char *hint;
} Hint;

static const Hint hints[] = {
    {"unknown version specified",
     "this crun does not know the ociVersion of config.json; set it to 1.0.2, or install a newer crun"},
    {"cgroups in hybrid mode not supported", "crun needs either cgroup v1 or v2 alone; boot with "
                                             "systemd.unified_cgroup_hierarchy=1, or use another backend"},
};

static const Meaning *
find_meaning (guint32 operation, const char *message)
{
  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++) {
    if (meanings[i].operation != 0 && meanings[i].operation != operation)
      continue;
    if (strstr (message, meanings[i].text) != NULL)
      return &meanings[i];
  }
  return NULL;
}

static const char *
find_hint (const char *message)
{
  for (gsize i = 0; i < G_N_ELEMENTS (hints); i++) {
    if (strstr (message, hints[i].text) != NULL)
      return hints[i].hint;
  }
  return NULL;
}

static void
explain_unknown (int exit_status, const char *message, GError **error)
{
  const char *hint = find_hint (message);

  if (message[0] == '\0')
    g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_FAILED,
                 "crun failed with exit status %d and said nothing; try again with --debug", exit_status);
  else if (hint != NULL)
    g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_FAILED, "%s (%s)", message, hint);
  else
    g_set_error_literal (error, B9_ERROR, B9_ERROR_BACKEND_FAILED, message);
}

void
crun_explain_failure (const B9Host *host, const B9Request *request, int exit_status, const char *message,
                      GError **error)
{
  const Meaning *meaning = find_meaning (request->operation, message);

  (void)host;
  if (meaning != NULL)
    g_set_error_literal (error, B9_ERROR, (int)meaning->code,
                         meaning->words != NULL ? meaning->words : message);
  else if (request->operation == B9_OPERATION_PS && exit_status == 128 + SIGSEGV)
    /* crun 1.8.1 dies like that when there is no process to list. */
    g_set_error_literal (error, B9_ERROR, B9_ERROR_NOT_RUNNING, "container not running");
  else
    explain_unknown (exit_status, message, error);
}
