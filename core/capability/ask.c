/* SPDX-License-Identifier: Apache-2.0
 *
 * ask.c: see ask.h.
 */
#include "config.h"

#include "core/capability/ask.h"

#include <string.h>

#include <b9run/b9-checkpoint.h>

#include "core/capability/cache.h"
#include "core/capability/host-cells.h"
#include "core/sys/files.h"

/* A probe on its way: what it says and what it looks at. */
typedef struct {
  B9Answers *answers;
  B9Evidence *evidence;
  B9HostWatch watch;
  B9HostData data;
  B9Host host;
} Probe;

static void
on_cell (gpointer data, const B9Cell *cell)
{
  b9_answers_add (((Probe *)data)->answers, cell);
}

static void
on_file (gpointer data, const char *path)
{
  b9_evidence_add_file (((Probe *)data)->evidence, path);
}

static void
on_program (gpointer data, const char *path)
{
  b9_evidence_add_program (((Probe *)data)->evidence, path);
}

static void
on_search (gpointer data, const char *name, const char *found)
{
  b9_evidence_add_search (((Probe *)data)->evidence, name, found);
}

static void
on_cut_off (gpointer data)
{
  b9_evidence_add_cut_off (((Probe *)data)->evidence);
}

static void
probe_init (Probe *probe, const B9HostData *data)
{
  *probe = (Probe){.answers = b9_answers_new (), .evidence = b9_evidence_new (), .data = *data};
  probe->watch = (B9HostWatch){.data = probe,
                               .cell = on_cell,
                               .file = on_file,
                               .program = on_program,
                               .search = on_search,
                               .cut_off = on_cut_off};
  probe->data.watch = &probe->watch;
  b9_host_init (&probe->host, &probe->data);
}

/* The cells, kept for the next time. */
static B9Answers *
probe_finish (Probe *probe, const B9AnswersKey *key)
{
  b9_answers_keep (key, probe->answers, probe->evidence);
  g_clear_pointer (&probe->evidence, b9_evidence_free);
  return g_steal_pointer (&probe->answers);
}

/* What is kept; or NULL, and then it is our turn to ask until *@turn is closed. */
static B9Answers *
load (const B9AnswersKey *key, B9Fd *turn)
{
  B9Answers *answers = b9_answers_load (key);

  if (answers != NULL)
    return answers;
  *turn = b9_answers_turn (key);
  return b9_answers_load (key);
}

void
b9_asked_free (B9Asked *asked)
{
  if (asked == NULL)
    return;
  b9_answers_free (asked->answers);
  g_free (asked->provider);
  g_free (asked);
}

static B9Asked *
asked_new (char *provider, B9Answers *answers)
{
  B9Asked *asked = g_new0 (B9Asked, 1);

  asked->provider = provider;
  asked->answers = answers;
  return asked;
}

/* The provider's part of the configuration, and of the command line. */
static char *
settings_of (const B9HostData *data)
{
  g_autofree char *section = b9_config_section (data->config, data->section);
  GString *text = g_string_new (section);

  for (guint i = 0; data->options != NULL && i < data->options->len; i++) {
    const B9RequestOption *option = g_ptr_array_index (data->options, i);

    g_string_append_printf (text, "--%s=%s\n", option->name, option->value);
  }
  return g_string_free (text, FALSE);
}

B9Asked *
b9_ask_backend (B9Registry *registry, const B9Runtime *runtime, const char *program, const char *root,
                const char *state_directory)
{
  const B9Provider *provider = b9_registry_find (registry, B9_PROVIDER_BACKEND, runtime->name, NULL);
  g_autofree char *settings = settings_of (&runtime->data);
  const B9AnswersKey key = {.state_directory = state_directory,
                            .section = runtime->section,
                            .module = provider != NULL ? b9_registry_module_path (registry, provider) : NULL,
                            .settings = settings,
                            .program = program,
                            .root = root};
  char *name = g_strdup_printf ("backend %s", runtime->name);
  b9_autofd turn = -1;
  B9Answers *answers = load (&key, &turn);
  Probe probe;

  if (answers != NULL)
    return asked_new (name, answers);
  probe_init (&probe, &runtime->data);
  b9_evidence_add_program (probe.evidence, program);
  if (B9_STRUCT_HAS (runtime->backend, probe))
    runtime->backend->probe (&probe.host, program, root);
  return asked_new (name, probe_finish (&probe, &key));
}

static void (*probe_function (const B9OpenProvider *provider)) (const B9Host *host)
{
  const B9GpuDetector *detector = provider->vtable;
  const B9CheckpointProvider *checkpoint = provider->vtable;

  if (provider->kind == B9_PROVIDER_GPU)
    return B9_STRUCT_HAS (detector, probe) ? detector->probe : NULL;
  return B9_STRUCT_HAS (checkpoint, probe) ? checkpoint->probe : NULL;
}

B9Asked *
b9_ask_provider (const B9OpenProvider *provider)
{
  g_autofree char *settings = settings_of (&provider->data);
  const B9AnswersKey key = {.state_directory = provider->data.state_directory,
                            .section = provider->section,
                            .module = provider->module,
                            .settings = settings};
  char *name = g_strdup_printf ("%s %s", b9_provider_kind_name (provider->kind), provider->name);
  void (*function) (const B9Host *host) = probe_function (provider);
  b9_autofd turn = -1;
  B9Answers *answers = function != NULL ? load (&key, &turn) : b9_answers_new ();
  Probe probe;

  if (answers != NULL)
    return asked_new (name, answers);
  probe_init (&probe, &provider->data);
  function (&probe.host);
  return asked_new (name, probe_finish (&probe, &key));
}

B9Asked *
b9_ask_host (const B9Config *config, const char *state_directory)
{
  const B9HostData data = {.config = config, .section = "host", .state_directory = state_directory};
  const B9AnswersKey key = {.state_directory = state_directory, .section = "host", .settings = ""};
  b9_autofd turn = -1;
  B9Answers *answers = load (&key, &turn);
  Probe probe;

  if (answers != NULL)
    return asked_new (g_strdup ("host"), answers);
  probe_init (&probe, &data);
  b9_host_cells (&probe.host);
  return asked_new (g_strdup ("host"), probe_finish (&probe, &key));
}
