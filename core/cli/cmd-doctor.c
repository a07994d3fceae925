/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd-doctor.c: `doctor`: the host's checklist.
 *
 * It goes on whatever it finds: a wrong configuration, a refused plugin or a missing program is a line, not a
 * failure.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <b9run/b9-checkpoint.h>

#include "core/cli/app.h"
#include "core/doctor/doctor.h"
#include "core/formats/formats.h"
#include "core/plugin/provider.h"
#include "core/sys/failure.h"

static void
examine_host (const B9App *app, B9Checkup *checkup)
{
  const B9HostData data = {.config = app->config, .section = "doctor"};
  B9Examination examination;

  b9_checkup_begin (checkup, "host", "");
  b9_examination_init (&examination, &data, checkup);
  b9_doctor_host (&examination.host);
}

/* Who can change it can be whoever runs b9run. */
static void
check_program (B9Checkup *checkup, const char *program)
{
  struct stat info;

  if (stat (program, &info) != 0)
    return;
  if ((info.st_mode & S_IWOTH) != 0 || ((info.st_mode & S_IWGRP) != 0 && info.st_gid != 0))
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "backend.program", "run chmod go-w on it",
                    "%s can be changed by others than its owner (mode %04o)", program,
                    (unsigned)(info.st_mode & 07777));
  else if (info.st_uid != 0 && info.st_uid != geteuid ())
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "backend.program", "run chown root on it, or use another",
                    "%s belongs to uid %u, who can change it", program, (unsigned)info.st_uid);
}

static void
examine_runtime (const B9App *app, B9Checkup *checkup, const B9Runtime *runtime, const char *program)
{
  g_autofree char *asked = b9_app_explicit_root (app);
  g_autofree char *root = b9_runtime_root (runtime, asked);
  B9Examination examination;

  b9_examination_init (&examination, &runtime->data, checkup);
  check_program (checkup, program);
  if (B9_STRUCT_HAS (runtime->backend, examine))
    runtime->backend->examine (&examination.host, program, root);
  else
    b9_checkup_add (checkup, B9_FINDING_OK, "backend.program", NULL, "%s (its plugin examines nothing)",
                    program);
}

/* Whether a missing program was asked for: by name, or by its path in the configuration. */
static gboolean
is_wanted (const B9App *app, const B9Runtime *runtime, const char *chosen)
{
  g_autofree char *key = g_strdup_printf ("%s.path", runtime->section);

  return g_strcmp0 (runtime->name, chosen) == 0 || b9_config_set_string (app->config, key) != NULL;
}

static const char *
remedy_for (const GError *error)
{
  if (error->code == B9_ERROR_BACKEND_UNKNOWN)
    return "name one that is there, or install its plugin";
  if (error->code == B9_ERROR_USAGE)
    return "leave the option out, or name the backend that has it with --backend";
  return "correct it; b9run config show --origin says which line sets what";
}

static void
examine_program (const B9App *app, B9Checkup *checkup, const B9Runtime *runtime, const char *chosen)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *program = b9_runtime_program (runtime, &error);

  if (program != NULL)
    examine_runtime (app, checkup, runtime, program);
  else if (is_wanted (app, runtime, chosen))
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "backend.missing",
                    "install it, set its path, or choose another backend", "%s", error->message);
  else
    b9_checkup_add (checkup, B9_FINDING_OK, "backend.unused", NULL, "not installed, and not asked for");
}

/* Options of the command line are meant for the chosen backend; another need not know them. */
static void
examine_backend (const B9App *app, B9Checkup *checkup, const char *name, const char *chosen)
{
  const GPtrArray *options = g_strcmp0 (name, chosen) == 0 ? app->backend_options : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (B9Runtime) runtime = b9_runtime_open (app->registry, app->config, name, options, &error);

  b9_checkup_begin (checkup, "backend", name);
  if (runtime != NULL)
    examine_program (app, checkup, runtime, chosen);
  else
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "backend.config", remedy_for (error), "%s", error->message);
}

static void
examine_backends (B9App *app, B9Checkup *checkup)
{
  g_autofree char *chosen = b9_app_choose_backend (app, NULL, NULL);
  g_autoptr (GPtrArray) found = b9_registry_providers (app->registry, B9_PROVIDER_BACKEND);
  const char *only = b9_app_explicit_backend (app);
  gboolean seen = FALSE;

  g_ptr_array_sort (found, b9_compare_providers);
  for (guint i = 0; i < found->len; i++) {
    const char *name = ((const B9Provider *)g_ptr_array_index (found, i))->name;

    seen = seen || g_strcmp0 (name, chosen) == 0;
    if (only == NULL || strcmp (name, only) == 0)
      examine_backend (app, checkup, name, chosen);
  }
  if (!seen && chosen != NULL && found->len > 0)
    examine_backend (app, checkup, chosen, chosen);
}

static void
run_examination (B9Checkup *checkup, B9ProviderKind kind, const B9OpenProvider *provider)
{
  const B9GpuDetector *detector = provider->vtable;
  const B9CheckpointProvider *checkpoint = provider->vtable;
  B9Examination examination;

  b9_examination_init (&examination, &provider->data, checkup);
  if (kind == B9_PROVIDER_GPU && B9_STRUCT_HAS (detector, examine))
    detector->examine (&examination.host);
  else if (kind == B9_PROVIDER_CHECKPOINT && B9_STRUCT_HAS (checkpoint, examine))
    checkpoint->examine (&examination.host);
  else
    b9_checkup_add (checkup, B9_FINDING_OK, "provider.silent", NULL, "its plugin examines nothing");
}

static void
examine_provider (const B9App *app, B9Checkup *checkup, B9ProviderKind kind, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (B9OpenProvider) provider = b9_provider_open (app->registry, app->config, NULL, kind, name,
                                                          &error);

  b9_checkup_begin (checkup, b9_provider_kind_name (kind), name);
  if (provider != NULL)
    run_examination (checkup, kind, provider);
  else
    b9_checkup_add (checkup, B9_FINDING_PROBLEM, "provider.config",
                    "correct it; b9run config show --origin says which line sets what", "%s", error->message);
}

static void
examine_providers (const B9App *app, B9Checkup *checkup, B9ProviderKind kind)
{
  g_autoptr (GPtrArray) found = b9_registry_providers (app->registry, kind);

  g_ptr_array_sort (found, b9_compare_providers);
  for (guint i = 0; i < found->len; i++)
    examine_provider (app, checkup, kind, ((const B9Provider *)g_ptr_array_index (found, i))->name);
  if (found->len > 0)
    return;
  b9_checkup_begin (checkup, b9_provider_kind_name (kind), "");
  if (kind == B9_PROVIDER_GPU)
    b9_checkup_add (checkup, B9_FINDING_OK, "gpu.detector.absent", "install b9run's GPU detectors",
                    "no plugin detects GPUs");
  else
    b9_checkup_add (checkup, B9_FINDING_OK, "checkpoint.provider.absent", NULL,
                    "no plugin provides checkpoints");
}

/* Colour is for a terminal, and only where nobody minds (https://no-color.org). */
static gboolean
wants_colour (void)
{
  const char *no_colour = g_getenv ("NO_COLOR");

  return (no_colour == NULL || *no_colour == '\0') && isatty (STDOUT_FILENO) &&
         g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

static int
print (const B9Checkup *checkup, gboolean json, GError **error)
{
  g_autofree char *text = json ? b9_format_json (b9_checkup_variant (checkup), TRUE, error)
                               : b9_checkup_text (checkup, wants_colour ());

  if (text == NULL)
    return -1;
  fputs (text, stdout);
  if (json)
    putchar ('\n');
  return b9_checkup_status (checkup);
}

int
b9_cmd_doctor (B9App *app, const B9Line *line, GError **error)
{
  g_autoptr (B9Checkup) checkup = b9_checkup_new (b9_line_flag (line, "gpu"));
  g_auto (GStrv) directories = NULL;

  app->config = b9_doctor_config (checkup, b9_app_global (app, "config"), b9_app_global (app, "pool"));
  directories = b9_plugin_directories (b9_config_list (app->config, "plugin-directories"));
  if (b9_app_registry (app, error) == NULL || b9_app_index (app, error) == NULL)
    return -1;
  b9_doctor_plugins (checkup, app->registry, (const char *const *)directories);
  b9_doctor_state (checkup, app->index);
  examine_host (app, checkup);
  examine_backends (app, checkup);
  examine_providers (app, checkup, B9_PROVIDER_GPU);
  examine_providers (app, checkup, B9_PROVIDER_CHECKPOINT);
  return print (checkup, b9_line_flag (line, "json"), error);
}
