/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-options.c: what runsc has for each option of runc's commands, in one table.
 *
 * runsc ends with an error at an option that it does not have, so each has to be passed, translated, left out
 * or refused here.  One is left out only where leaving it out changes nothing for the container; a wish that
 * runsc cannot meet is an error, so that nobody gets less than was asked for.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-args.h"

#include <string.h>
#include <unistd.h>

#define ON(operation) (1U << B9_OPERATION_##operation)
#define BOTH (ON (CHECKPOINT) | ON (RESTORE))

/* runc counts its file descriptors in an int, and a process of ours has no more than this many. */
#define PRESERVE_MAX 1024

typedef enum {
  PASS,        /* --NAME=VALUE */
  IDS,         /* the same, where the value is NUMBER or NUMBER:NUMBER; nothing for an empty one */
  TERMINAL,    /* nothing; an error for a detached process without --console-socket */
  SWITCH,      /* --NAME */
  IGNORE,      /* nothing; the reason says why that is right */
  REFUSE,      /* an error with the reason */
  KEEP,        /* an error with the reason, but for a detached run, where it means nothing */
  NO_FDS,      /* an error with the reason, but for 0 */
  PASS_FDS,    /* --pass-fd=3:3 and so on */
  INTERVAL,    /* a duration to whole seconds */
  LIST_FORMAT, /* "table" is "text" */
} Treatment;

typedef struct {
  guint32 operations;
  const char *name;
  Treatment treatment;
  const char *reason;
} Rule;

static const Rule rules[] = {
    {ON (CREATE) | ON (RUN) | ON (EXEC), "console-socket", PASS, NULL},
    {ON (CREATE) | ON (RUN), "no-pivot", IGNORE,
     "the container's root is the gofer's to serve; there is no pivot_root(2) on the host to do without"},
    {ON (CREATE) | ON (RUN), "no-new-keyring", IGNORE,
     "the sentry has keyrings of its own and never shows the host's"},
    {ON (CREATE), "preserve-fds", NO_FDS, "its create passes no file descriptors on, only run and exec do"},
    {ON (RUN) | ON (EXEC), "preserve-fds", PASS_FDS, NULL},
    {ON (RUN) | ON (EXEC), "detach", SWITCH, NULL},
    {ON (RUN), "keep", KEEP,
     "it deletes a container when an attached run of it returns; use create and start"},
    {ON (RUN), "no-subreaper", IGNORE, "its run never becomes a subreaper"},
    {ON (EXEC), "cwd", PASS, NULL},
    {ON (EXEC), "env", PASS, NULL},
    {ON (EXEC), "user", IDS, "UID or UID:GID"},
    {ON (EXEC), "additional-gids", IDS, "a GID"},
    {ON (EXEC), "cap", PASS, NULL},
    {ON (EXEC), "process", PASS, NULL},
    {ON (EXEC), "tty", TERMINAL,
     "it takes the terminal from the process file, from --console-socket or from standard input"},
    {ON (EXEC), "no-new-privs", IGNORE, "the sentry takes no_new_privs as set for every process"},
    {ON (EXEC), "ignore-paused", IGNORE, "exec in a paused container fails with a message of its own"},
    {ON (EXEC), "process-label", REFUSE, "there is no SELinux inside the sandbox"},
    {ON (EXEC), "apparmor", REFUSE, "there is no AppArmor inside the sandbox"},
    {ON (EXEC), "cgroup", REFUSE, "the processes of a sandbox have no cgroups of their own on the host"},
    {ON (EXEC), "internal-pid-file", PASS, NULL},
    {ON (KILL), "all", SWITCH, NULL},
    {ON (KILL), "pid", PASS, NULL},
    {ON (DELETE), "force", SWITCH, NULL},
    {ON (LIST), "format", LIST_FORMAT, NULL},
    {ON (LIST), "quiet", SWITCH, NULL},
    {ON (PS), "format", PASS, NULL},
    {ON (EVENTS), "interval", INTERVAL, NULL},
    {ON (EVENTS), "stats", SWITCH, NULL},
    {ON (UPDATE), "resources", PASS, NULL},
    {ON (UPDATE), "blkio-weight", PASS, NULL},
    {ON (UPDATE), "cpu-burst", PASS, NULL},
    {ON (UPDATE), "cpu-idle", PASS, NULL},
    {ON (UPDATE), "cpu-period", PASS, NULL},
    {ON (UPDATE), "cpu-quota", PASS, NULL},
    {ON (UPDATE), "cpu-share", PASS, NULL},
    {ON (UPDATE), "cpu-rt-period", PASS, NULL},
    {ON (UPDATE), "cpu-rt-runtime", PASS, NULL},
    {ON (UPDATE), "cpuset-cpus", PASS, NULL},
    {ON (UPDATE), "cpuset-mems", PASS, NULL},
    {ON (UPDATE), "memory", PASS, NULL},
    {ON (UPDATE), "memory-reservation", PASS, NULL},
    {ON (UPDATE), "memory-swap", PASS, NULL},
    {ON (UPDATE), "pids-limit", PASS, NULL},
    {ON (UPDATE), "l3-cache-schema", PASS, NULL},
    {ON (UPDATE), "mem-bw-schema", PASS, NULL},
    {BOTH, "image-path", PASS, NULL},
    {BOTH, "work-path", IGNORE, "it keeps no files of its own while it saves or restores"},
    {ON (CHECKPOINT), "leave-running", SWITCH, NULL},
    {BOTH, "tcp-established", IGNORE, "connections of its own network are part of the image"},
    {BOTH, "ext-unix-sk", IGNORE, "sockets to the outside are saved as far as --host-uds allows them"},
    {BOTH, "shell-job", IGNORE, "sessions are the sentry's own"},
    {BOTH, "file-locks", IGNORE, "locks are the sentry's own and part of the image"},
    {BOTH, "link-remap", IGNORE, "unlinked files are part of the image"},
    {BOTH, "ghost-limit", IGNORE, "unlinked files are part of the image, whatever their size"},
    {BOTH, "manage-cgroups-mode", IGNORE, "cgroups are made from the bundle"},
    {BOTH, "empty-ns", REFUSE, "its namespaces are the sentry's own"},
    {BOTH, "lazy-pages", REFUSE, "CRIU's lazy migration is not its own"},
    {BOTH, "auto-dedup", REFUSE, "it has no images that build on others"},
    {ON (CHECKPOINT), "tcp-skip-in-flight", REFUSE, "it saves all of its network"},
    {ON (CHECKPOINT), "parent-path", REFUSE, "it has no images that build on others"},
    {ON (CHECKPOINT), "pre-dump", REFUSE, "it saves memory in one go"},
    {ON (CHECKPOINT), "status-fd", REFUSE, "CRIU's lazy migration is not its own"},
    {ON (CHECKPOINT), "page-server", REFUSE, "it sends memory to no page server"},
    {ON (RESTORE), "console-socket", PASS, NULL},
    {ON (RESTORE), "detach", SWITCH, NULL},
    {ON (RESTORE), "no-subreaper", IGNORE, "its restore never becomes a subreaper"},
    {ON (RESTORE), "no-pivot", IGNORE,
     "the container's root is the gofer's to serve; there is no pivot_root(2) on the host to do without"},
    {ON (RESTORE), "no-new-keyring", IGNORE, "the sentry has keyrings of its own and never shows the host's"},
    {ON (RESTORE), "tcp-close", REFUSE, "it restores all of its network"},
    {ON (RESTORE), "lsm-profile", REFUSE, "there is no LSM inside the sandbox"},
    {ON (RESTORE), "lsm-mount-context", REFUSE, "there is no SELinux inside the sandbox"},
    {ON (SPEC), "rootless", REFUSE, "its spec makes the one kind only"},
};

static const Rule *
find_rule (guint32 operation, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++) {
    if ((rules[i].operations & (1U << operation)) != 0 && strcmp (rules[i].name, name) == 0)
      return &rules[i];
  }
  return NULL;
}

static gboolean
has_switch (const B9Request *request, const char *name)
{
  for (guint i = 0; request->options[i] != NULL; i++) {
    if (strcmp (request->options[i]->name, name) == 0)
      return g_strcmp0 (request->options[i]->value, "true") == 0;
  }
  return FALSE;
}

static void
add_value (GPtrArray *argv, const char *name, const char *value)
{
  g_ptr_array_add (argv, g_strdup_printf ("--%s=%s", name, value));
}

static gboolean
refuse (const B9RequestOption *option, const char *reason, GError **error)
{
  g_set_error (error, B9_ERROR, B9_ERROR_UNSUPPORTED, "runsc cannot honour --%s: %s", option->name, reason);
  return FALSE;
}

/* runsc answers a name with its whole usage and the status of a container, and makes another user of a number
 * that is too large or negative. */
static gboolean
add_ids (GPtrArray *argv, const B9RequestOption *option, const char *form, GError **error)
{
  gboolean pair = strcmp (option->name, "user") == 0;
  g_auto (GStrv) ids = g_strsplit (option->value, ":", pair ? 2 : 1);

  for (guint i = 0; ids[i] != NULL; i++) {
    if (g_ascii_string_to_unsigned (ids[i], 10, 0, G_MAXINT32, NULL, NULL))
      continue;
    g_set_error (error, B9_ERROR, B9_ERROR_USAGE,
                 "--%s=%s: runsc takes numbers from 0 to %d and no names, as %s", option->name, option->value,
                 G_MAXINT32, form);
    return FALSE;
  }
  if (ids[0] != NULL)
    add_value (argv, option->name, option->value);
  return TRUE;
}

/* A process file says itself whether it wants one. */
static gboolean
check_terminal (const B9Request *request, GError **error)
{
  for (guint i = 0; request->options[i] != NULL; i++) {
    if (strcmp (request->options[i]->name, "console-socket") == 0 ||
        strcmp (request->options[i]->name, "process") == 0)
      return TRUE;
  }
  if (!has_switch (request, "detach"))
    return TRUE;
  g_set_error_literal (error, B9_ERROR, B9_ERROR_USAGE,
                       "--tty with --detach needs --console-socket, to send the terminal to");
  return FALSE;
}

static gboolean
parse_count (const B9RequestOption *option, guint64 *count, GError **error)
{
  if (g_ascii_string_to_unsigned (option->value, 10, 0, PRESERVE_MAX, count, NULL))
    return TRUE;
  g_set_error (error, B9_ERROR, B9_ERROR_USAGE, "--%s=%s is no number from 0 to %d", option->name,
               option->value, PRESERVE_MAX);
  return FALSE;
}

guint
runsc_listen_fds (void)
{
  const char *pid = g_getenv ("LISTEN_PID");
  const char *fds = g_getenv ("LISTEN_FDS");
  guint64 number = 0;

  if (pid == NULL || fds == NULL || !g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT32, &number, NULL) ||
      (pid_t)number != getpid () || !g_ascii_string_to_unsigned (fds, 10, 1, PRESERVE_MAX, &number, NULL))
    return 0;
  return (guint)number;
}

/* runc hands on the descriptors from 3 upwards under the same numbers, a service manager's first. */
static void
pass_fds (GPtrArray *argv, guint first, guint64 count)
{
  for (guint64 fd = first; fd < first + count; fd++)
    g_ptr_array_add (argv, g_strdup_printf ("--pass-fd=%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, fd, fd));
}

static gboolean
add_fds (GPtrArray *argv, const B9Request *request, const B9RequestOption *option, GError **error)
{
  guint first = request->operation == B9_OPERATION_RUN ? 3 + runsc_listen_fds () : 3;
  guint64 count = 0;

  if (!parse_count (option, &count, error))
    return FALSE;
  pass_fds (argv, first, count);
  return TRUE;
}

static gboolean
refuse_fds (const B9RequestOption *option, const char *reason, GError **error)
{
  guint64 count = 0;

  if (!parse_count (option, &count, error))
    return FALSE;
  return count == 0 || refuse (option, reason, error);
}

static gboolean
add_interval (GPtrArray *argv, const B9RequestOption *option, GError **error)
{
  guint64 seconds = runsc_interval_seconds (option->value);

  if (seconds == 0) {
    g_set_error (error, B9_ERROR, B9_ERROR_USAGE, "--interval=%s is no duration such as 5s or 1m30s",
                 option->value);
    return FALSE;
  }
  g_ptr_array_add (argv, g_strdup_printf ("--interval=%" G_GUINT64_FORMAT, seconds));
  return TRUE;
}

static gboolean
add_option (GPtrArray *argv, const B9Request *request, const B9RequestOption *option, const Rule *rule,
            GError **error)
{
  gboolean set = g_strcmp0 (option->value, "false") != 0;

  switch (rule->treatment) {
  case PASS:
    add_value (argv, option->name, option->value);
    return TRUE;
  case IDS:
    return add_ids (argv, option, rule->reason, error);
  case TERMINAL:
    return !set || check_terminal (request, error);
  case SWITCH:
    if (set)
      g_ptr_array_add (argv, g_strconcat ("--", option->name, NULL));
    return TRUE;
  case IGNORE:
    return TRUE;
  case REFUSE:
    return !set || refuse (option, rule->reason, error);
  case KEEP:
    return !set || has_switch (request, "detach") || refuse (option, rule->reason, error);
  case NO_FDS:
    return refuse_fds (option, rule->reason, error);
  case PASS_FDS:
    return add_fds (argv, request, option, error);
  case INTERVAL:
    return add_interval (argv, option, error);
  case LIST_FORMAT:
    add_value (argv, option->name, strcmp (option->value, "table") == 0 ? "text" : option->value);
    return TRUE;
  }
  return refuse (option, "no rule says what to do with it", error);
}

gboolean
runsc_add_options (GPtrArray *argv, const B9Request *request, GError **error)
{
  for (guint i = 0; request->options != NULL && request->options[i] != NULL; i++) {
    const B9RequestOption *option = request->options[i];
    const Rule *rule = find_rule (request->operation, option->name);

    if (rule == NULL)
      return refuse (option, "this command of it has no such option", error);
    if (!add_option (argv, request, option, rule, error))
      return FALSE;
  }
  if (request->operation == B9_OPERATION_RUN)
    pass_fds (argv, 3, runsc_listen_fds ());
  return TRUE;
}

/* The seconds in one @unit of Go's durations, 0 for none; *@length is how much of the text it takes. */
static double
unit_seconds (const char *text, gsize *length)
{
  static const struct {
    const char *name;
    double seconds;
  } units[] = {
      {"ns", 1e-9}, {"us", 1e-6}, {"\302\265s", 1e-6}, {"\316\274s", 1e-6},
      {"ms", 1e-3}, {"s", 1},     {"m", 60},           {"h", 3600},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (units); i++) {
    *length = strlen (units[i].name);
    if (strncmp (text, units[i].name, *length) == 0)
      return units[i].seconds;
  }
  return 0;
}

guint64
runsc_interval_seconds (const char *duration)
{
  double seconds = 0;
  gsize length;

  if (strcmp (duration, "0") == 0)
    return 1;
  if (duration[0] == '\0')
    return 0;
  while (*duration != '\0') {
    char *unit;
    double number = g_ascii_strtod (duration, &unit);
    double size = unit_seconds (unit, &length);

    if (!(g_ascii_isdigit (*duration) || *duration == '.') || unit == duration || size <= 0)
      return 0;
    seconds += number * size;
    duration = unit + length;
  }
  /* The bound is a year: Go's int holds it everywhere, and no longer interval is meant. */
  seconds = CLAMP (seconds, 1, 31536000);
  return (guint64)seconds + ((double)(guint64)seconds < seconds);
}
