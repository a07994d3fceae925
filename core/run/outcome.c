/* SPDX-License-Identifier: Apache-2.0
 *
 * outcome.c: see outcome.h.
 *
 * containerd, CRI-O and podman find out what happened by searching for runc's phrases, so every backend's
 * failures end in them.
 */
#include "config.h"

#include "core/run/outcome.h"

#include <string.h>
#include <sys/wait.h>

#include "core/sys/failure.h"
#include "core/sys/process.h"

const char *
b9_contract_text (int code)
{
  switch (code) {
  case B9_ERROR_NOT_FOUND:
    return "container does not exist";
  case B9_ERROR_EXISTS:
    return "container with given ID already exists";
  case B9_ERROR_NOT_RUNNING:
    return "container not running";
  default:
    return NULL;
  }
}

/* What to say of a runtime that said nothing. */
static char *
describe_end (const B9Request *request, int wait_status)
{
  if (WIFSIGNALED (wait_status))
    return g_strdup_printf ("%s was killed by signal %d (%s) and gave no reason", request->program,
                            WTERMSIG (wait_status), strsignal (WTERMSIG (wait_status)));
  return g_strdup_printf ("%s ended with status %d and gave no reason", request->program,
                          WEXITSTATUS (wait_status));
}

gboolean
b9_outcome_failed (const B9Runtime *runtime, const B9Request *request, int wait_status, const char *message,
                   GError **error)
{
  const B9Backend *backend = runtime->backend;
  g_autofree char *described = message == NULL ? describe_end (request, wait_status) : NULL;
  const char *words = message != NULL ? message : described;
  g_autoptr (GError) meaning = NULL;
  const char *contract;

  if (B9_STRUCT_HAS (backend, explain_failure))
    backend->explain_failure (&runtime->host, request, b9_shell_status (wait_status), words, &meaning);
  if (meaning == NULL || meaning->domain != B9_ERROR)
    return b9_fail (error, B9_ERROR_BACKEND_FAILED, "%s", words);
  contract = b9_contract_text (meaning->code);
  if (contract != NULL && strstr (meaning->message, contract) == NULL)
    return b9_fail (error, (B9Error)meaning->code, "%s: %s", contract,
                    request->id != NULL ? request->id : words);
  g_propagate_error (error, g_steal_pointer (&meaning));
  return FALSE;
}
