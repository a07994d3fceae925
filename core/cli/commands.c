/* SPDX-License-Identifier: Apache-2.0
 *
 * commands.c: the table of commands and their options, which are runc's (runc(8)) and a few of ours; and the
 * help made of it.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/cli/command.h"
#include "core/sys/failure.h"
#include "core/sys/words.h"

#define FLAG(long_name, letter, text)                                                         \
  {                                                                                           \
    .name = (long_name), .short_name = (letter), .takes = B9_TAKES_NOTHING, .summary = (text) \
  }
#define VALUE(long_name, letter, kind, text)                                                                 \
  {                                                                                                          \
    .name = (long_name), .short_name = (letter), .takes = B9_TAKES_VALUE, .value = (kind), .summary = (text) \
  }
#define NUMBER(long_name, letter, kind, text)                                               \
  {                                                                                         \
    .name = (long_name), .short_name = (letter), .takes = B9_TAKES_NUMBER, .value = (kind), \
    .summary = (text)                                                                       \
  }
#define MANY(long_name, letter, kind, text)                                                                 \
  {                                                                                                         \
    .name = (long_name), .short_name = (letter), .takes = B9_TAKES_MANY, .value = (kind), .summary = (text) \
  }
#define END      \
  {              \
    .name = NULL \
  }

const B9Option b9_global_options[] = {
    VALUE ("backend", 0, "NAME", "the backend for new containers: runc, runsc, …"),
    VALUE ("root", 0, "DIR", "the backend's state directory"),
    VALUE ("pool", 0, "NAME", "the worker pool of the configuration to follow"),
    VALUE ("config", 0, "FILE", "the configuration instead of /etc/b9run/b9run.yaml"),
    VALUE ("state-directory", 0, "DIR", "where b9run keeps its index (default /run/b9run)"),
    VALUE ("log", 0, "FILE", "append the reason of a failure to FILE"),
    VALUE ("log-format", 0, "FORMAT", "text (default) or json, for --log"),
    FLAG ("debug", 0, "debug output of the backend and in b9run's own log"),
    FLAG ("systemd-cgroup", 0, "let systemd manage the cgroups"),
    VALUE ("rootless", 0, "VALUE", "ignore cgroup permission errors: true, false or auto"),
    VALUE ("cgroup-manager", 0, "NAME", "cgroupfs, systemd or disabled, as crun takes it"),
    VALUE ("criu", 0, "PATH", "accepted and ignored: criu is found in PATH"),
    FLAG ("help", 'h', "show this help"),
    FLAG ("version", 'v', "print the version"),
    END,
};

static const B9Option create_options[] = {
    VALUE ("bundle", 'b', "DIR", "the bundle (default: the working directory)"),
    VALUE ("console-socket", 0, "SOCKET", "the socket that is sent the terminal"),
    VALUE ("pid-file", 0, "FILE", "write the container's PID there"),
    FLAG ("no-pivot", 0, "do not use pivot_root"),
    FLAG ("no-new-keyring", 0, "keep the session keyring"),
    NUMBER ("preserve-fds", 0, "N", "pass N more descriptors to the container"),
    END,
};

static const B9Option run_options[] = {
    VALUE ("bundle", 'b', "DIR", "the bundle (default: the working directory)"),
    FLAG ("detach", 'd', "return once the container runs; a monitor stays for its exit status"),
    FLAG ("no-monitor", 0, "with --detach: leave nobody, so the exit status is lost"),
    VALUE ("console-socket", 0, "SOCKET", "the socket that is sent the terminal"),
    VALUE ("pid-file", 0, "FILE", "write the container's PID there"),
    FLAG ("keep", 0, "do not delete the container when it ends"),
    FLAG ("no-subreaper", 0, "do not make the backend a subreaper"),
    FLAG ("no-pivot", 0, "do not use pivot_root"),
    FLAG ("no-new-keyring", 0, "keep the session keyring"),
    NUMBER ("preserve-fds", 0, "N", "pass N more descriptors to the container"),
    END,
};

static const B9Option exec_options[] = {
    VALUE ("console-socket", 0, "SOCKET", "the socket that is sent the terminal"),
    VALUE ("cwd", 0, "DIR", "working directory in the container"),
    MANY ("env", 'e', "NAME=VALUE", "set a variable"),
    FLAG ("tty", 't', "allocate a terminal"),
    VALUE ("user", 'u', "UID[:GID]", "the user"),
    MANY ("additional-gids", 'g', "GID", "a further group"),
    VALUE ("process", 'p', "FILE", "the process as JSON"),
    FLAG ("detach", 'd', "do not wait for the process"),
    VALUE ("pid-file", 0, "FILE", "write the process's PID there"),
    VALUE ("process-label", 0, "LABEL", "SELinux label"),
    VALUE ("apparmor", 0, "PROFILE", "AppArmor profile"),
    FLAG ("no-new-privs", 0, "set no_new_privs"),
    MANY ("cap", 'c', "CAP", "add a capability"),
    NUMBER ("preserve-fds", 0, "N", "pass N more descriptors to the process"),
    MANY ("cgroup", 0, "PATH", "run in a sub-cgroup"),
    FLAG ("ignore-paused", 0, "allow a paused container"),
    END,
};

static const B9Option kill_options[] = {
    FLAG ("all", 'a', "signal every process of the container"),
    END,
};

static const B9Option delete_options[] = {
    FLAG ("force", 'f', "kill it first if it runs; no failure if there is none"),
    END,
};

static const B9Option list_options[] = {
    VALUE ("format", 'f', "FORMAT", "table (default) or json"),
    FLAG ("quiet", 'q', "ids alone"),
    END,
};

static const B9Option wait_options[] = {
    VALUE ("format", 'f', "FORMAT", "text (default; prints nothing) or json"),
    END,
};

static const B9Option ps_options[] = {
    VALUE ("format", 'f', "FORMAT", "table (default) or json"),
    END,
};

static const B9Option update_options[] = {
    VALUE ("resources", 'r', "FILE", "the resources as JSON; - is standard input"),
    VALUE ("blkio-weight", 0, "N", "block IO weight, 10 to 1000"),
    VALUE ("cpu-period", 0, "US", "CFS period"),
    VALUE ("cpu-quota", 0, "US", "CFS quota"),
    VALUE ("cpu-burst", 0, "US", "CFS burst"),
    VALUE ("cpu-share", 0, "N", "CPU shares"),
    VALUE ("cpu-rt-period", 0, "US", "realtime period"),
    VALUE ("cpu-rt-runtime", 0, "US", "realtime runtime"),
    VALUE ("cpu-idle", 0, "N", "SCHED_IDLE for the cgroup"),
    VALUE ("cpuset-cpus", 0, "LIST", "CPUs to use"),
    VALUE ("cpuset-mems", 0, "LIST", "memory nodes to use"),
    VALUE ("kernel-memory", 0, "BYTES", "kernel memory limit"),
    VALUE ("kernel-memory-tcp", 0, "BYTES", "kernel TCP memory limit"),
    VALUE ("memory", 0, "BYTES", "memory limit"),
    VALUE ("memory-reservation", 0, "BYTES", "soft memory limit"),
    VALUE ("memory-swap", 0, "BYTES", "memory and swap; -1 is unlimited"),
    VALUE ("pids-limit", 0, "N", "number of processes"),
    VALUE ("l3-cache-schema", 0, "SCHEMA", "Intel RDT/CAT"),
    VALUE ("mem-bw-schema", 0, "SCHEMA", "Intel RDT/MBA"),
    END,
};

static const B9Option events_options[] = {
    VALUE ("interval", 0, "DURATION", "between statistics (default 5s)"),
    FLAG ("stats", 0, "print the statistics once"),
    END,
};

static const B9Option spec_options[] = {
    VALUE ("bundle", 'b', "DIR", "where to write config.json"),
    FLAG ("rootless", 0, "for a rootless container"),
    END,
};

static const B9Option checkpoint_options[] = {
    VALUE ("image-path", 0, "DIR", "where the image goes (default ./checkpoint)"),
    VALUE ("work-path", 0, "DIR", "where the logs go (default: beside the image)"),
    VALUE ("parent-path", 0, "DIR", "an earlier pre-dump"),
    FLAG ("leave-running", 0, "go on after the checkpoint"),
    FLAG ("tcp-established", 0, "allow open TCP connections"),
    FLAG ("tcp-skip-in-flight", 0, "skip TCP connections that are being made"),
    FLAG ("link-remap", 0, "handle unlinked files"),
    FLAG ("ext-unix-sk", 0, "allow external unix sockets"),
    FLAG ("shell-job", 0, "allow shell jobs"),
    FLAG ("lazy-pages", 0, "leave memory for later"),
    VALUE ("status-fd", 0, "FD", "tell when ready"),
    VALUE ("page-server", 0, "ADDRESS:PORT", "send pages there"),
    FLAG ("file-locks", 0, "handle file locks"),
    FLAG ("pre-dump", 0, "dump memory only"),
    VALUE ("manage-cgroups-mode", 0, "MODE", "soft, full, strict or ignore"),
    MANY ("empty-ns", 0, "NS", "a namespace to leave empty"),
    FLAG ("auto-dedup", 0, "deduplicate memory images"),
    VALUE ("ghost-limit", 0, "SIZE", "the largest unlinked file that is saved, such as 64M"),
    VALUE ("timeout", 0, "SECONDS", "undo the checkpoint if it takes longer"),
    VALUE ("progress", 0, "KIND", "none, line (default on a terminal) or json, on standard error"),
    FLAG ("no-digests", 0, "write no SHA-256 of the image's files into its manifest"),
    VALUE ("strategy", 0, "NAME", "who moves device state: plugin, host or sandbox"),
    VALUE ("export", 0, "FILE", "put the image into the archive FILE too (.tar.zst)"),
    VALUE ("export-rootfs", 0, "WHAT", "files of the root file system for it: auto, upper, full or none"),
    END,
};

static const B9Option checkpoint_info_options[] = {
    FLAG ("json", 0, "the manifest as it is"),
    FLAG ("check-host", 0, "fail where this host cannot restore it"),
    FLAG ("verify-digests", 0, "fail where a file has another SHA-256 than when it was saved"),
    END,
};

static const B9Option restore_options[] = {
    VALUE ("bundle", 'b', "DIR", "the bundle (default: the working directory)"),
    FLAG ("detach", 'd', "return once the container runs"),
    VALUE ("console-socket", 0, "SOCKET", "the socket that is sent the terminal"),
    VALUE ("pid-file", 0, "FILE", "write the container's PID there"),
    FLAG ("no-subreaper", 0, "do not make the backend a subreaper"),
    FLAG ("no-pivot", 0, "do not use pivot_root"),
    FLAG ("no-new-keyring", 0, "keep the session keyring"),
    FLAG ("no-monitor", 0, "with --detach: leave nobody, so the exit status is lost"),
    VALUE ("image-path", 0, "DIR", "the image (default ./checkpoint)"),
    VALUE ("work-path", 0, "DIR", "where the logs go (default: beside the image)"),
    FLAG ("tcp-established", 0, "allow open TCP connections"),
    FLAG ("tcp-close", 0, "close TCP connections"),
    FLAG ("ext-unix-sk", 0, "allow external unix sockets"),
    FLAG ("shell-job", 0, "allow shell jobs"),
    FLAG ("link-remap", 0, "handle unlinked files"),
    FLAG ("file-locks", 0, "handle file locks"),
    VALUE ("manage-cgroups-mode", 0, "MODE", "soft, full, strict or ignore"),
    MANY ("empty-ns", 0, "NS", "a namespace to leave empty"),
    FLAG ("auto-dedup", 0, "deduplicate memory images"),
    FLAG ("lazy-pages", 0, "restore memory when it is needed"),
    VALUE ("lsm-profile", 0, "TYPE:NAME", "LSM profile"),
    VALUE ("lsm-mount-context", 0, "CONTEXT", "LSM mount context"),
    VALUE ("timeout", 0, "SECONDS", "end the restore if it takes longer"),
    VALUE ("progress", 0, "KIND", "none, line (default on a terminal) or json, on standard error"),
    FLAG ("verify-digests", 0, "compare the SHA-256 of every file of the image first"),
    VALUE ("import", 0, "FILE",
           "unpack the archive FILE first: the image, and files of the root file system"),
    FLAG ("ignore-rootfs", 0, "leave the bundle's root file system as it is"),
    END,
};

static const B9Option capabilities_options[] = {
    FLAG ("json", 0, "as JSON"),
    VALUE ("why", 0, "ID", "all that is known of one capability"),
    END,
};

static const B9Option cdi_options[] = {
    FLAG ("json", 0, "as JSON"),
    END,
};

static const B9Option doctor_options[] = {
    FLAG ("gpu", 0, "what is missing for GPUs is a problem"),
    FLAG ("json", 0, "as JSON"),
    END,
};

static const B9Option explain_options[] = {
    VALUE ("backend", 0, "NAME", "the backend to explain it for"),
    VALUE ("bundle", 'b', "DIR", "the bundle (default: the working directory)"),
    VALUE ("id", 0, "ID", "the container's id in the command line"),
    FLAG ("diff", 0, "what changes in the spec, as a unified diff"),
    FLAG ("json", 0, "as JSON"),
    END,
};

static const B9Option plugins_options[] = {
    FLAG ("json", 0, "as JSON"),
    END,
};

static const B9Option config_options[] = {
    FLAG ("origin", 0, "say where each value comes from"),
    END,
};

#define COMMAND(title, words, least, most, table, function, text)                             \
  {                                                                                           \
    .name = (title), .arguments = (words), .min_arguments = (least), .max_arguments = (most), \
    .options = (table), .run = (function), .summary = (text)                                  \
  }

const B9Command b9_commands[] = {
    COMMAND ("create", "ID", 1, 1, create_options, b9_cmd_create,
             "make a container from a bundle, without starting it"),
    COMMAND ("start", "ID", 1, 1, NULL, b9_cmd_start, "start a created container"),
    COMMAND ("run", "ID", 1, 1, run_options, b9_cmd_run, "make, start and wait for a container"),
    COMMAND ("wait", "ID", 1, 1, wait_options, b9_cmd_wait,
             "wait for a container and return its exit status"),
    COMMAND ("state", "ID", 1, 1, NULL, b9_cmd_state, "print a container's state as JSON"),
    COMMAND ("list", "", 0, 0, list_options, b9_cmd_list, "list the containers of every backend and root"),
    COMMAND ("kill", "ID [SIGNAL]", 1, 2, kill_options, b9_cmd_kill,
             "send a signal to a container (default TERM)"),
    COMMAND ("delete", "ID", 1, 1, delete_options, b9_cmd_delete, "delete a stopped container"),
    {.name = "exec",
     .arguments = "ID COMMAND [ARGUMENT…]",
     .min_arguments = 1,
     .max_arguments = G_MAXUINT,
     .options = exec_options,
     .ends_at_argument = TRUE,
     .run = b9_cmd_exec,
     .summary = "run a further process in a container"},
    {.name = "ps",
     .arguments = "ID [PS-OPTION…]",
     .min_arguments = 1,
     .max_arguments = G_MAXUINT,
     .options = ps_options,
     .ends_at_argument = TRUE,
     .run = b9_cmd_ps,
     .summary = "list the processes of a container"},
    COMMAND ("pause", "ID", 1, 1, NULL, b9_cmd_pause, "suspend all processes of a container"),
    COMMAND ("resume", "ID", 1, 1, NULL, b9_cmd_resume, "resume a paused container"),
    COMMAND ("update", "ID", 1, 1, update_options, b9_cmd_update, "change the resources of a container"),
    COMMAND ("events", "ID", 1, 1, events_options, b9_cmd_events,
             "print events and statistics of a container"),
    COMMAND ("checkpoint", "ID", 1, 1, checkpoint_options, b9_cmd_checkpoint, "save a running container"),
    COMMAND ("restore", "ID", 1, 1, restore_options, b9_cmd_restore, "restore a container from an image"),
    COMMAND ("checkpoint-info", "DIR", 1, 1, checkpoint_info_options, b9_cmd_checkpoint_info,
             "print what an image says about itself"),
    COMMAND ("recover", "[ID]", 0, 1, NULL, b9_cmd_recover, "bring checkpoints that were cut off to an end"),
    COMMAND ("spec", "", 0, 0, spec_options, b9_cmd_spec, "write an example config.json"),
    COMMAND ("features", "", 0, 0, NULL, b9_cmd_features, "print the backend's OCI features document"),
    COMMAND ("capabilities", "", 0, 0, capabilities_options, b9_cmd_capabilities,
             "show what each backend can do here, and why"),
    COMMAND ("cdi", "list|check", 1, 1, cdi_options, b9_cmd_cdi,
             "list the CDI devices of this host, or check what describes them"),
    COMMAND ("doctor", "", 0, 0, doctor_options, b9_cmd_doctor,
             "check this host, and say what to do about what is wrong"),
    COMMAND ("explain", "[create|run|restore]", 0, 1, explain_options, b9_cmd_explain,
             "say what would become of a bundle, and why; starts nothing"),
    COMMAND ("plugins", "", 0, 0, plugins_options, b9_cmd_plugins,
             "list the plugins, refused ones with the reason"),
    COMMAND ("config", "show|defaults|check [FILE]", 1, 2, config_options, b9_cmd_config,
             "show or check the configuration"),
    COMMAND ("index", "check|rebuild", 1, 1, NULL, b9_cmd_index,
             "check the index of containers, or make it anew"),
    {.name = NULL},
};

/* What other programs call a command that is here. */
static const char *
other_name (const char *name)
{
  static const struct {
    const char *theirs, *ours;
  } names[] = {{"ls", "list"},       {"rm", "delete"},      {"remove", "delete"}, {"stop", "kill"},
               {"inspect", "state"}, {"unpause", "resume"}, {"info", "doctor"},   {"version", "--version"}};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (strcmp (names[i].theirs, name) == 0)
      return names[i].ours;
  }
  return NULL;
}

const B9Command *
b9_command_find (const char *name, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *nearest;

  for (const B9Command *command = b9_commands; command->name != NULL; command++) {
    if (strcmp (command->name, name) == 0)
      return command;
    g_ptr_array_add (names, (gpointer)command->name);
  }
  g_ptr_array_add (names, NULL);
  nearest = other_name (name);
  if (nearest == NULL)
    nearest = b9_nearest (name, (const char *const *)names->pdata);
  if (nearest != NULL)
    b9_fail (error, B9_ERROR_USAGE, "unknown command \"%s\"; did you mean %s?", name, nearest);
  else
    b9_fail (error, B9_ERROR_USAGE, "unknown command \"%s\"; see b9run --help", name);
  return NULL;
}

char *
b9_command_usage (const B9Command *command)
{
  return g_strdup_printf ("%s%s%s%s", command->name, command->options != NULL ? " [OPTIONS]" : "",
                          *command->arguments != '\0' ? " " : "", command->arguments);
}

static void
print_command_help (const B9Command *command)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *usage = b9_command_usage (command);

  g_string_append_printf (text, "usage: b9run [GLOBAL OPTIONS] %s\n\n%s\n", usage, command->summary);
  if (command->options != NULL) {
    g_string_append (text, "\noptions:\n");
    b9_print_options (text, command->options);
  }
  fputs (text->str, stdout);
}

void
b9_print_help (const B9Command *command)
{
  g_autoptr (GString) text = g_string_new (
      "usage: b9run [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n\n"
      "Runs OCI containers under a backend of your choice, with runc's command line.\n"
      "\ncommands:\n");

  if (command != NULL) {
    print_command_help (command);
    return;
  }
  for (command = b9_commands; command->name != NULL; command++)
    g_string_append_printf (text, "  %-16s %s\n", command->name, command->summary);
  g_string_append (text, "\nglobal options:\n");
  b9_print_options (text, b9_global_options);
  g_string_append (text,
                   "  --KEY=VALUE                      an option of the backend, such as --platform=systrap\n"
                   "\nb9run COMMAND --help shows a command's options.\n");
  fputs (text->str, stdout);
}
