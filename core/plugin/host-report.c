/* SPDX-License-Identifier: Apache-2.0
 *
 * host-report.c: takes the cells and findings of a provider, and passes on those that are complete, of one
 * line and of bounded length.
 *
 * A plugin may be older than this host, or wrong; nothing that it says may break a table, a log or a cache.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-plugin"

#include "core/plugin/host-private.h"

#include <string.h>

#define MAX_ID 64
#define MAX_TEXT 2000
#define MAX_NEEDS 16

static gboolean
is_id (const char *text)
{
  gsize length = text != NULL ? strnlen (text, MAX_ID + 1) : 0;

  return length > 0 && length <= MAX_ID && g_ascii_islower (text[0]) &&
         strspn (text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS ".-_") == length;
}

/* "KIND:CAPABILITY" */
static gboolean
is_need (const char *text)
{
  const char *colon = text != NULL ? strchr (text, ':') : NULL;

  return colon != NULL && is_id (colon + 1) &&
         (g_str_has_prefix (text, "host:") || g_str_has_prefix (text, "gpu:") ||
          g_str_has_prefix (text, "checkpoint:"));
}

/* One line of valid UTF-8 without control characters; NULL for nothing. */
static char *
one_line (const char *text)
{
  g_autofree char *cut = text != NULL ? g_strndup (text, MAX_TEXT) : NULL;
  g_autofree char *valid = cut != NULL ? g_utf8_make_valid (cut, -1) : NULL;
  GString *line = NULL;

  if (valid == NULL || *g_strstrip (valid) == '\0')
    return NULL;
  line = g_string_sized_new (strlen (valid));
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar character = g_utf8_get_char (p);

    g_string_append_unichar (line, g_unichar_iscntrl (character) ? ' ' : character);
  }
  return g_string_free (line, FALSE);
}

static const char *
cell_flaw (const B9Cell *cell)
{
  if (!B9_STRUCT_HAS (cell, capability) || !is_id (cell->capability))
    return "its capability is no id";
  if (!B9_STRUCT_HAS (cell, state) || cell->state > B9_CAPABILITY_UNSUPPORTED)
    return "its state is none of B9CapabilityState";
  if (!B9_STRUCT_HAS (cell, evidence_kind) || cell->evidence_kind > B9_EVIDENCE_DECLARED)
    return "its kind of evidence is none of B9EvidenceKind";
  if (!B9_STRUCT_HAS (cell, evidence))
    return "it has no evidence";
  if (cell->state != B9_CAPABILITY_SUPPORTED && !B9_STRUCT_HAS (cell, reason))
    return "it is not supported and gives no reason";
  if (!B9_STRUCT_HAS (cell, needs))
    return NULL;
  for (guint i = 0; cell->needs[i] != NULL; i++) {
    if (i == MAX_NEEDS || !is_need (cell->needs[i]))
      return i == MAX_NEEDS ? "it needs too much" : "what it needs is not of the form KIND:CAPABILITY";
  }
  return NULL;
}

void
b9_host_service_report (const B9Host *host, const B9Cell *cell)
{
  const B9HostData *data = host->data;
  const char *flaw = cell_flaw (cell);
  g_autofree char *evidence = NULL;
  g_autofree char *reason = NULL;
  g_autofree char *remedy = NULL;
  B9Cell clean;

  if (data->watch == NULL || data->watch->cell == NULL) {
    g_debug ("%s: a cell is reported where no probe is; passed over", data->section);
    return;
  }
  evidence = flaw == NULL ? one_line (cell->evidence) : NULL;
  reason = flaw == NULL && B9_STRUCT_HAS (cell, reason) ? one_line (cell->reason) : NULL;
  remedy = flaw == NULL && B9_STRUCT_HAS (cell, remedy) ? one_line (cell->remedy) : NULL;
  if (flaw == NULL && (evidence == NULL || (reason == NULL && cell->state != B9_CAPABILITY_SUPPORTED)))
    flaw = "its evidence or its reason is empty";
  if (flaw != NULL) {
    g_warning ("%s: a cell (%.64s) is passed over: %s", data->section,
               B9_STRUCT_HAS (cell, capability) && is_id (cell->capability) ? cell->capability : "?", flaw);
    return;
  }
  clean = (B9Cell){.struct_size = sizeof clean,
                   .capability = cell->capability,
                   .state = cell->state,
                   .evidence_kind = cell->evidence_kind,
                   .evidence = evidence,
                   .reason = cell->state == B9_CAPABILITY_SUPPORTED ? NULL : reason,
                   .remedy = remedy,
                   .needs = B9_STRUCT_HAS (cell, needs) ? cell->needs : NULL};
  data->watch->cell (data->watch->data, &clean);
}

static const char *
finding_flaw (const B9Finding *finding)
{
  if (!B9_STRUCT_HAS (finding, level) || finding->level > B9_FINDING_PROBLEM)
    return "its level is none of B9FindingLevel";
  if (!B9_STRUCT_HAS (finding, id) || !is_id (finding->id))
    return "its id is none";
  if (!B9_STRUCT_HAS (finding, message))
    return "it has no message";
  if (finding->level == B9_FINDING_PROBLEM && !B9_STRUCT_HAS (finding, remedy))
    return "it is a problem and gives no remedy";
  return NULL;
}

void
b9_host_service_finding (const B9Host *host, const B9Finding *finding)
{
  const B9HostData *data = host->data;
  const char *flaw = finding_flaw (finding);
  g_autofree char *message = NULL;
  g_autofree char *remedy = NULL;
  B9Finding clean;

  if (data->watch == NULL || data->watch->finding == NULL) {
    g_debug ("%s: a finding is reported where no examination is; passed over", data->section);
    return;
  }
  message = flaw == NULL ? one_line (finding->message) : NULL;
  remedy = flaw == NULL && B9_STRUCT_HAS (finding, remedy) ? one_line (finding->remedy) : NULL;
  if (flaw == NULL && (message == NULL || (remedy == NULL && finding->level == B9_FINDING_PROBLEM)))
    flaw = "its message or its remedy is empty";
  if (flaw != NULL) {
    g_warning ("%s: a finding (%.64s) is passed over: %s", data->section,
               B9_STRUCT_HAS (finding, id) && is_id (finding->id) ? finding->id : "?", flaw);
    return;
  }
  clean = (B9Finding){.struct_size = sizeof clean,
                      .level = finding->level,
                      .id = finding->id,
                      .message = message,
                      .remedy = remedy};
  data->watch->finding (data->watch->data, &clean);
}
