/* SPDX-License-Identifier: Apache-2.0
 *
 * nvidia-smi.c: see nvidia-smi.h.
 *
 * Its answer is one line a GPU, "0, GPU-…, 00000000:3B:00.0, 570.124.06, Enabled, Disabled": comma and space
 * between, in the order of its indices, the bus with eight digits of domain where procfs has four.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-gpu"

#include "nvidia-smi.h"

#include <string.h>

#define QUERY "--query-gpu=index,uuid,pci.bus_id,driver_version,persistence_mode"
#define TIMEOUT_MS 30000

enum { INDEX, UUID, BUS, DRIVER, PERSISTENCE, FIELDS };

static void
say (const B9Host *host, B9FindingLevel level, const char *message, const char *remedy)
{
  const B9Finding finding = {.struct_size = sizeof finding,
                             .level = level,
                             .id = "nvidia.smi",
                             .message = message,
                             .remedy = remedy};

  host->finding (host, &finding);
}

/* The first line of what it said, wherever it said it. */
static char *
last_words (const B9RunResult *result)
{
  const char *text = result->error_output != NULL && *result->error_output != '\0' ? result->error_output
                                                                                   : result->output;
  char *line = text != NULL ? g_strndup (text, strcspn (text, "\n")) : NULL;

  return line != NULL && *g_strstrip (line) != '\0' ? line : (g_free (line), g_strdup ("it said nothing"));
}

/* Whether the driver that it sees is the one that is loaded, and the GPUs are as many. */
static gboolean
agrees (const B9Host *host, const NvidiaFacts *facts, char *const *lines, guint count)
{
  g_auto (GStrv) fields = count > 0 ? g_strsplit (lines[0], ", ", FIELDS) : NULL;
  guint usable = 0;
  g_autofree char *message = NULL;

  for (guint i = 0; i < facts->gpus->len; i++)
    usable += !((const NvidiaGpu *)g_ptr_array_index (facts->gpus, i))->excluded;
  if (fields != NULL && g_strv_length (fields) == FIELDS && facts->version != NULL &&
      strcmp (fields[DRIVER], facts->version) != 0) {
    message = g_strdup_printf ("nvidia-smi says driver %s, and %s is loaded", fields[DRIVER], facts->version);
    say (host, B9_FINDING_PROBLEM, message,
         "reboot, or unload all of the driver's modules and load them again");
    return FALSE;
  }
  if (count == usable)
    return TRUE;
  message = g_strdup_printf ("nvidia-smi sees %u GPU%s, and the driver has %u", count, count == 1 ? "" : "s",
                             usable);
  say (host, B9_FINDING_WARNING, message,
       "look for NVRM and Xid in the kernel's log (dmesg): a GPU may have fallen off the bus");
  return FALSE;
}

static void
examine_persistence (const B9Host *host, char *const *lines)
{
  guint without = 0;
  g_autofree char *message = NULL;

  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) fields = g_strsplit (lines[i], ", ", FIELDS);

    without += g_strv_length (fields) == FIELDS && strcmp (g_strstrip (fields[PERSISTENCE]), "Disabled") == 0;
  }
  if (without == 0)
    return;
  message = g_strdup_printf (
      "persistence mode is off for %u GPU%s: the driver starts it anew for each first user, "
      "which takes seconds, and a CUDA restore can fail",
      without, without == 1 ? "" : "s");
  say (host, B9_FINDING_WARNING, message,
       "run nvidia-persistenced (systemctl enable --now nvidia-persistenced)");
}

static void
judge (const B9Host *host, const NvidiaFacts *facts, const char *program, const B9RunResult *result)
{
  g_auto (GStrv) lines = NULL;
  g_autofree char *message = NULL;
  g_autofree char *words = NULL;
  guint count;

  if (result->exit_status != 0) {
    words = last_words (result);
    message = g_strdup_printf ("%s failed with status %d: %s", program, result->exit_status, words);
    say (host, B9_FINDING_PROBLEM, message,
         "\"Driver/library version mismatch\" needs a reboot; else look for NVRM in the kernel's log: dmesg");
    return;
  }
  lines = g_strsplit (g_strchomp (result->output), "\n", -1);
  count = g_strv_length (lines);
  if (count == 1 && *lines[0] == '\0')
    count = 0;
  if (agrees (host, facts, lines, count)) {
    message = g_strdup_printf ("%s answers for %u GPU%s", program, count, count == 1 ? "" : "s");
    say (host, B9_FINDING_OK, message, NULL);
  }
  examine_persistence (host, lines);
}

/* NVML is what asks in its place where it is not installed. */
static void
examine_without (const B9Host *host)
{
  g_autoptr (GPtrArray) versions = nvidia_library_versions (host, "libnvidia-ml");

  if (versions->len > 0)
    say (host, B9_FINDING_OK, "nvidia-smi is not installed; libnvidia-ml (NVML) is", NULL);
  else
    say (host, B9_FINDING_WARNING, "neither nvidia-smi nor libnvidia-ml (NVML) is installed",
         "install the driver's tools (Debian: nvidia-smi), or nothing can tell which processes use a GPU");
}

void
nvidia_examine_smi (const B9Host *host, const NvidiaFacts *facts)
{
  g_autofree char *program = host->find_program (host, "nvidia-smi");
  const char *const argv[] = {program, QUERY, "--format=csv,noheader,nounits", NULL};
  const B9Run run = {.struct_size = sizeof run, .argv = argv, .timeout_ms = TIMEOUT_MS};
  B9RunResult result = {.struct_size = sizeof result};
  g_autoptr (GError) error = NULL;

  if (program == NULL) {
    examine_without (host);
    return;
  }
  if (host->run (host, &run, &result, &error)) {
    judge (host, facts, program, &result);
  } else {
    g_autofree char *message = g_strdup_printf ("%s: %s", program, error->message);

    say (host, B9_FINDING_PROBLEM, message, "look for NVRM and Xid in the kernel's log: dmesg");
  }
  g_free (result.output);
  g_free (result.error_output);
}
