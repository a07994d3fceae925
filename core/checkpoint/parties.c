/* SPDX-License-Identifier: Apache-2.0
 *
 * parties.c: see parties.h.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-checkpoint"

#include "core/checkpoint/parties.h"

#include <string.h>

#include "core/checkpoint/cancel.h"
#include "core/checkpoint/processes.h"
#include "core/sys/failure.h"

/* How often a container may grow new processes while those that are there are being locked. */
#define LOCK_ROUNDS 16

/* A device provider at work. */
typedef struct {
  B9OpenProvider *provider; /* borrowed */
  const B9CheckpointProvider *vtable;
  B9CheckpointJob job; /* with the strategy; the rest is the caller's */
  char *strategy;
  gpointer session;
  GArray *processes; /* of B9DeviceProcess */
  guint had_state;   /* how many had some when we first looked */
} Party;

struct _B9Parties {
  GPtrArray *providers;  /* of B9OpenProvider: all checkpoint providers */
  B9OpenProvider *image; /* one of them, or NULL */
  GPtrArray *joined;     /* of Party */
  char **cgroups;
};

static void
clear_process (gpointer data)
{
  g_clear_pointer (&((B9DeviceProcess *)data)->problem, g_free);
}

static void
party_free (gpointer data)
{
  Party *party = data;

  if (party->session != NULL)
    party->vtable->close (&party->provider->host, party->session);
  g_clear_pointer (&party->processes, g_array_unref);
  g_free (party->strategy);
  g_free (party);
}

void
b9_parties_free (B9Parties *parties)
{
  if (parties == NULL)
    return;
  g_ptr_array_unref (parties->joined);
  g_ptr_array_unref (parties->providers);
  g_strfreev (parties->cgroups);
  g_free (parties);
}

static const B9CheckpointProvider *
vtable_of (const B9OpenProvider *provider)
{
  return provider->vtable;
}

static gboolean
find_image_provider (B9Parties *parties, const char *name, GError **error)
{
  for (guint i = 0; i < parties->providers->len; i++) {
    B9OpenProvider *provider = g_ptr_array_index (parties->providers, i);

    if (strcmp (provider->name, name) == 0 && (vtable_of (provider)->roles & B9_CHECKPOINT_IMAGE) != 0)
      parties->image = provider;
  }
  return parties->image != NULL ||
         b9_fail (error, B9_ERROR_UNSUPPORTED,
                  "this backend saves and restores containers with the checkpoint provider %s, which is not "
                  "installed (b9run plugins lists what is)",
                  name);
}

B9Parties *
b9_parties_open (B9Registry *registry, const B9Config *config, const char *state_directory,
                 const B9Backend *backend, GError **error)
{
  g_autoptr (B9Parties) parties = g_new0 (B9Parties, 1);

  parties->joined = g_ptr_array_new_with_free_func (party_free);
  parties->providers = b9_provider_open_all (registry, config, state_directory, B9_PROVIDER_CHECKPOINT,
                                             error);
  if (parties->providers == NULL) {
    parties->providers = g_ptr_array_new ();
    return NULL;
  }
  for (guint i = 0; i < parties->providers->len; i++)
    ((B9OpenProvider *)g_ptr_array_index (parties->providers, i))->data.cancelled = b9_cancel_is_wanted;
  if (B9_STRUCT_HAS (backend, image_provider) &&
      !find_image_provider (parties, backend->image_provider, error))
    return NULL;
  return g_steal_pointer (&parties);
}

void
b9_parties_insist (B9Parties *parties)
{
  for (guint i = 0; i < parties->providers->len; i++)
    ((B9OpenProvider *)g_ptr_array_index (parties->providers, i))->data.cancelled = NULL;
}

const char *
b9_parties_image_provider (const B9Parties *parties)
{
  return parties->image != NULL ? parties->image->name : NULL;
}

static gboolean
equip_by (const B9OpenProvider *provider, const B9CheckpointJob *job, GPtrArray *environment,
          GPtrArray *arguments, GError **error)
{
  const B9CheckpointProvider *vtable = vtable_of (provider);

  return !B9_STRUCT_HAS (vtable, equip) ||
         vtable->equip (&provider->host, job, environment, arguments, error);
}

gboolean
b9_parties_equip (B9Parties *parties, const B9CheckpointJob *job, GPtrArray *environment,
                  GPtrArray *arguments, GError **error)
{
  if (parties->image != NULL && !equip_by (parties->image, job, environment, arguments, error))
    return FALSE;
  for (guint i = 0; i < parties->joined->len; i++) {
    const Party *party = g_ptr_array_index (parties->joined, i);

    if (!equip_by (party->provider, &party->job, environment, arguments, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
b9_parties_check_before (B9Parties *parties, const B9CheckpointJob *job, GError **error)
{
  if (parties->image != NULL && B9_STRUCT_HAS (vtable_of (parties->image), check_before) &&
      !vtable_of (parties->image)->check_before (&parties->image->host, job, error))
    return FALSE;
  for (guint i = 0; i < parties->joined->len; i++) {
    const Party *party = g_ptr_array_index (parties->joined, i);

    if (B9_STRUCT_HAS (party->vtable, check_before) &&
        !party->vtable->check_before (&party->provider->host, &party->job, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
b9_parties_check_image (B9Parties *parties, const B9CheckpointJob *job, GError **error)
{
  for (guint i = 0; i < parties->providers->len; i++) {
    const B9OpenProvider *provider = g_ptr_array_index (parties->providers, i);
    const B9CheckpointProvider *vtable = vtable_of (provider);
    gboolean serves = provider == parties->image || (vtable->roles & B9_CHECKPOINT_DEVICES) != 0;

    if (serves && B9_STRUCT_HAS (vtable, check_image) && !vtable->check_image (&provider->host, job, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
b9_parties_explain (B9Parties *parties, const B9CheckpointJob *job, const char *message, GError **error)
{
  g_autoptr (GError) better = NULL;

  if (parties->image != NULL && B9_STRUCT_HAS (vtable_of (parties->image), explain_failure))
    vtable_of (parties->image)->explain_failure (&parties->image->host, job, message, &better);
  if (better == NULL)
    return FALSE;
  g_propagate_error (error, g_steal_pointer (&better));
  return TRUE;
}

/* The container's processes as they are now; states that are known stay. */
static void
list_processes (const B9Parties *parties, Party *party)
{
  g_autoptr (GArray) found = b9_container_processes ((const char *const *)parties->cgroups,
                                                     party->job.init_pid);

  g_clear_pointer (&party->processes, g_array_unref);
  party->processes = g_array_new (FALSE, TRUE, sizeof (B9DeviceProcess));
  g_array_set_clear_func (party->processes, clear_process);
  for (guint i = 0; i < found->len; i++) {
    const B9ContainerProcess *process = &g_array_index (found, B9ContainerProcess, i);
    const B9DeviceProcess entry = {
        .struct_size = sizeof entry, .pid = process->pid, .start_time = process->start_time};

    g_array_append_val (party->processes, entry);
  }
}

static B9DeviceProcess *
processes_of (const Party *party)
{
  return (B9DeviceProcess *)(void *)party->processes->data;
}

static guint
count_with_state (const Party *party)
{
  guint count = 0;

  for (guint i = 0; i < party->processes->len; i++)
    count += processes_of (party)[i].device_state != B9_DEVICE_NONE;
  return count;
}

static gboolean
look (const B9Parties *parties, Party *party, GError **error)
{
  list_processes (parties, party);
  if (party->vtable->look (&party->provider->host, party->session, processes_of (party),
                           party->processes->len, error))
    return TRUE;
  g_prefix_error (error, "%s cannot tell which processes use the device: ", party->provider->name);
  return FALSE;
}

static gboolean
choose (Party *party, GError **error)
{
  if (party->job.strategy != NULL)
    party->strategy = g_strdup (party->job.strategy);
  else
    party->strategy = party->vtable->choose (&party->provider->host, &party->job, error);
  party->job.strategy = party->strategy;
  return party->strategy != NULL;
}

/* FALSE with @error; one that has nothing to do does not join. */
static gboolean
join_one (B9Parties *parties, B9OpenProvider *provider, const B9CheckpointJob *job, gboolean for_certain,
          GError **error)
{
  Party *party = g_new0 (Party, 1);
  gboolean concerns;

  party->provider = provider;
  party->vtable = vtable_of (provider);
  party->job = *job;
  list_processes (parties, party);
  concerns = for_certain || party->vtable->applies (&provider->host, &party->job, processes_of (party),
                                                    party->processes->len);
  if (!concerns) {
    party_free (party);
    return TRUE;
  }
  party->session = party->vtable->open (&provider->host, &party->job, error);
  if (party->session == NULL || !look (parties, party, error)) {
    party_free (party);
    return FALSE;
  }
  party->had_state = count_with_state (party);
  if (party->had_state == 0 && !for_certain) {
    party_free (party);
    return TRUE;
  }
  g_ptr_array_add (parties->joined, party);
  return for_certain || choose (party, error);
}

gboolean
b9_parties_join (B9Parties *parties, const B9CheckpointJob *job, const char *const *cgroups,
                 const char *const *only, GError **error)
{
  g_strfreev (parties->cgroups);
  parties->cgroups = g_strdupv ((char **)cgroups);
  for (guint i = 0; i < parties->providers->len; i++) {
    B9OpenProvider *provider = g_ptr_array_index (parties->providers, i);

    if ((vtable_of (provider)->roles & B9_CHECKPOINT_DEVICES) == 0 ||
        (only != NULL && !g_strv_contains (only, provider->name)))
      continue;
    if (!join_one (parties, provider, job, only != NULL, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_ours_to_move (const Party *party)
{
  return g_strcmp0 (party->strategy, B9_STRATEGY_HOST) == 0;
}

gboolean
b9_parties_want_suspend (const B9Parties *parties)
{
  for (guint i = 0; i < parties->joined->len; i++) {
    if (is_ours_to_move (g_ptr_array_index (parties->joined, i)))
      return TRUE;
  }
  return FALSE;
}

guint64
b9_parties_device_bytes (const B9Parties *parties)
{
  guint64 bytes = 0;

  for (guint i = 0; i < parties->joined->len; i++) {
    const Party *party = g_ptr_array_index (parties->joined, i);

    for (guint j = 0; j < party->processes->len; j++)
      bytes += processes_of (party)[j].device_bytes;
  }
  return bytes;
}

char **
b9_parties_names (const B9Parties *parties)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < parties->joined->len; i++)
    g_ptr_array_add (names,
                     g_strdup (((const Party *)g_ptr_array_index (parties->joined, i))->provider->name));
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (names, FALSE);
}

static guint
count_in_state (const Party *party, guint32 state)
{
  guint count = 0;

  for (guint i = 0; i < party->processes->len; i++)
    count += processes_of (party)[i].device_state == state;
  return count;
}

/* What is wrong with single processes goes to the error's end. */
static void
name_problems (const Party *party, GError **error)
{
  g_autoptr (GString) problems = g_string_new (NULL);

  for (guint i = 0; i < party->processes->len; i++) {
    const B9DeviceProcess *process = &processes_of (party)[i];

    if (process->problem != NULL)
      g_string_append_printf (problems, "%sprocess %d: %s", problems->len > 0 ? "; " : "", process->pid,
                              process->problem);
  }
  if (problems->len > 0 && error != NULL && *error != NULL &&
      strstr ((*error)->message, problems->str) == NULL) {
    g_autofree char *message = g_strdup_printf ("%s (%s)", (*error)->message, problems->str);

    g_free ((*error)->message);
    (*error)->message = g_steal_pointer (&message);
  }
}

/* Until a look finds nobody who still runs on the device. */
static gboolean
lock_all (const B9Parties *parties, Party *party, guint timeout_ms, GError **error)
{
  for (guint round = 0; round < LOCK_ROUNDS; round++) {
    if (!party->vtable->lock (&party->provider->host, party->session, processes_of (party),
                              party->processes->len, timeout_ms, error)) {
      name_problems (party, error);
      g_prefix_error (error, "%s could not lock every process: ", party->provider->name);
      return FALSE;
    }
    if (!look (parties, party, error))
      return FALSE;
    if (count_in_state (party, B9_DEVICE_RUNNING) == 0)
      return TRUE;
  }
  return b9_fail (error, B9_ERROR_FAILED,
                  "%s: the container makes new processes faster than they can be locked",
                  party->provider->name);
}

gboolean
b9_parties_suspend (B9Parties *parties, guint timeout_ms, GError **error)
{
  for (guint i = 0; i < parties->joined->len; i++) {
    Party *party = g_ptr_array_index (parties->joined, i);

    if (!is_ours_to_move (party))
      continue;
    if (!lock_all (parties, party, timeout_ms, error))
      return FALSE;
    party->had_state = count_with_state (party);
    if (!party->vtable->suspend (&party->provider->host, party->session, processes_of (party),
                                 party->processes->len, error)) {
      name_problems (party, error);
      g_prefix_error (error, "%s could not suspend every process: ", party->provider->name);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
resume_one (const B9Parties *parties, Party *party, GError **error)
{
  guint bad;

  if (!look (parties, party, error))
    return FALSE;
  if (!party->vtable->resume (&party->provider->host, party->session, processes_of (party),
                              party->processes->len, error)) {
    name_problems (party, error);
    g_prefix_error (error, "%s could not bring every process back to its device: ", party->provider->name);
    return FALSE;
  }
  if (!look (parties, party, error))
    return FALSE;
  bad = count_with_state (party) - count_in_state (party, B9_DEVICE_RUNNING);
  return bad == 0 || b9_fail (error, B9_ERROR_FAILED,
                              "%s says that all is resumed, but %u processes do not work on their device",
                              party->provider->name, bad);
}

gboolean
b9_parties_resume (B9Parties *parties, GError **error)
{
  gboolean done = TRUE;

  for (guint i = 0; i < parties->joined->len; i++) {
    g_autoptr (GError) problem = NULL;

    if (resume_one (parties, g_ptr_array_index (parties->joined, i), &problem))
      continue;
    if (done)
      g_propagate_error (error, g_steal_pointer (&problem));
    else
      g_warning ("%s", problem->message);
    done = FALSE;
  }
  return done;
}

static void
add_fact (B9CheckpointFacts *facts, const char *name, const char *value)
{
  b9_manifest_add (facts->data, name, value);
}

static void
describe_by (const B9OpenProvider *provider, const B9CheckpointJob *job, gpointer session, GPtrArray *pairs)
{
  B9CheckpointFacts facts = {.struct_size = sizeof facts, .data = pairs, .add = add_fact};
  const B9CheckpointProvider *vtable = vtable_of (provider);

  if (B9_STRUCT_HAS (vtable, describe))
    vtable->describe (&provider->host, job, session, &facts);
}

void
b9_parties_describe (B9Parties *parties, const B9CheckpointJob *job, B9Manifest *manifest)
{
  if (parties->image != NULL)
    describe_by (parties->image, job, NULL, manifest->facts);
  for (guint i = 0; i < parties->joined->len; i++) {
    const Party *party = g_ptr_array_index (parties->joined, i);

    describe_by (party->provider, &party->job, party->session, manifest->facts);
    b9_manifest_add_devices (manifest, party->provider->name, party->strategy, party->had_state);
  }
}

static B9OpenProvider *
find_provider (const B9Parties *parties, const char *name)
{
  for (guint i = 0; i < parties->providers->len; i++) {
    B9OpenProvider *provider = g_ptr_array_index (parties->providers, i);

    if (strcmp (provider->name, name) == 0 && (vtable_of (provider)->roles & B9_CHECKPOINT_DEVICES) != 0)
      return provider;
  }
  return NULL;
}

static gboolean
verify_one (B9Parties *parties, const B9CheckpointJob *job, const B9ManifestDevices *devices, GError **error)
{
  B9OpenProvider *provider = find_provider (parties, devices->provider);
  B9CheckpointJob own = *job;
  Party *party;

  if (provider == NULL)
    return b9_fail (error, B9_ERROR_START_COLD,
                    "provider-missing: the image needs the checkpoint provider %s, which is not installed",
                    devices->provider);
  own.strategy = devices->strategy;
  if (!join_one (parties, provider, &own, TRUE, error))
    return FALSE;
  party = g_ptr_array_index (parties->joined, parties->joined->len - 1);
  if (!resume_one (parties, party, error))
    return FALSE;
  return count_with_state (party) >= devices->processes ||
         b9_fail (error, B9_ERROR_FAILED, "%s finds %u processes on the device, and %u were saved",
                  provider->name, count_with_state (party), devices->processes);
}

gboolean
b9_parties_verify (B9Parties *parties, const B9CheckpointJob *job, const B9Manifest *manifest,
                   const char *const *cgroups, GError **error)
{
  g_strfreev (parties->cgroups);
  parties->cgroups = g_strdupv ((char **)cgroups);
  for (guint i = 0; manifest != NULL && i < manifest->devices->len; i++) {
    if (!verify_one (parties, job, g_ptr_array_index (manifest->devices, i), error))
      return FALSE;
  }
  return TRUE;
}
