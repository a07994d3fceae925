/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-features.c: see runsc-features.h.
 *
 * A runsc that has `features` (since release-20260511) answers itself.  For an older one the document is put
 * together: the versions and flags come from the program; the lists are what release-20240729 was seen to do,
 * one container each.  Only what it honours is named.  It takes mount options that it does not know (rro,
 * nosymfollow, idmap) without a word and without effect, and skips the hooks createContainer and
 * startContainer, so none of them is listed: a client would rely on them.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-features.h"

#include <string.h>

#include <b9run/b9-error.h>

#define OLDEST_SPEC "1.0.0"
#define VERSION_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-"

static const char *const hooks[] = {"prestart", "createRuntime", "poststart", "poststop", NULL};

/* Without shared and rshared, which it refuses, and remount, with which no container starts. */
static const char *const mount_options[] = {
    "acl",         "async",      "atime",    "bind",       "defaults",    "dev",        "diratime",
    "dirsync",     "exec",       "iversion", "loud",       "mand",        "noacl",      "noatime",
    "nodev",       "nodiratime", "noexec",   "noiversion", "nomand",      "norelatime", "nostrictatime",
    "nosuid",      "private",    "rbind",    "relatime",   "ro",          "rprivate",   "rslave",
    "runbindable", "rw",         "silent",   "slave",      "strictatime", "suid",       "sync",
    "unbindable",  NULL,
};

static const char *const namespaces[] = {"cgroup", "ipc", "mount", "network", "pid", "user", "uts", NULL};

static const char *const capabilities[] = {
    "CAP_AUDIT_CONTROL",   "CAP_AUDIT_READ",   "CAP_AUDIT_WRITE",
    "CAP_BLOCK_SUSPEND",   "CAP_BPF",          "CAP_CHECKPOINT_RESTORE",
    "CAP_CHOWN",           "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",          "CAP_FSETID",       "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",       "CAP_KILL",         "CAP_LEASE",
    "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN",    "CAP_MAC_OVERRIDE",
    "CAP_MKNOD",           "CAP_NET_ADMIN",    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",   "CAP_NET_RAW",      "CAP_PERFMON",
    "CAP_SETFCAP",         "CAP_SETGID",       "CAP_SETPCAP",
    "CAP_SETUID",          "CAP_SYSLOG",       "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",        "CAP_SYS_CHROOT",   "CAP_SYS_MODULE",
    "CAP_SYS_NICE",        "CAP_SYS_PACCT",    "CAP_SYS_PTRACE",
    "CAP_SYS_RAWIO",       "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",  "CAP_WAKE_ALARM",   NULL,
};

static const char *const seccomp_actions[] = {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL",
                                              "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",  NULL};
static const char *const seccomp_operators[] = {"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT",
                                                "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ",
                                                "SCMP_CMP_NE", NULL};
/* Filters are made for the machine's own architecture whatever the spec lists. */
static const char *const seccomp_archs[] = {
#if defined __x86_64__
    "SCMP_ARCH_X86_64",
#elif defined __aarch64__
    "SCMP_ARCH_AARCH64",
#endif
    NULL};

/* Runs it; *@output gets what it printed, on standard error where there is nothing else: `flags` writes
 * there. */
static gboolean
ask (const B9Host *host, const char *program, const char *word, const char *further, int *status,
     char **output, GError **error)
{
  const char *const argv[] = {program, word, further, NULL};
  const B9Run run = {.struct_size = sizeof run, .argv = argv};
  B9RunResult result = {.struct_size = sizeof result};

  if (!host->run (host, &run, &result, error))
    return FALSE;
  *status = result.exit_status;
  *output = g_strdup (*result.output != '\0' ? result.output : result.error_output);
  g_free (result.output);
  g_free (result.error_output);
  return TRUE;
}

/* What must not fail. */
static char *
answer (const B9Host *host, const char *program, const char *word, GError **error)
{
  g_autofree char *output = NULL;
  int status;

  if (!ask (host, program, word, NULL, &status, &output, error))
    return NULL;
  if (status != 0) {
    g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_FAILED, "%s %s failed with status %d", program, word,
                 status);
    return NULL;
  }
  return g_steal_pointer (&output);
}

/* What follows @start on its line, if it is a version; g_free(). */
static char *
version_after (const char *text, const char *start)
{
  const char *found = strstr (text, start);
  gsize length = found != NULL ? strspn (found + strlen (start), VERSION_CHARACTERS) : 0;

  return length > 0 ? g_strndup (found + strlen (start), length) : NULL;
}

/* `runsc flags` has a line "  -NAME" or "  -NAME VALUE" for each. */
static gboolean
has_flag (const char *flags, const char *name)
{
  g_autofree char *line = g_strdup_printf ("\n  -%s", name);
  const char *found = strstr (flags, line);

  return found != NULL && strchr (" \t\n", found[strlen (line)]) != NULL;
}

static void
add_list (GString *text, const char *name, const char *const *words)
{
  g_string_append_printf (text, "\"%s\": [", name);
  for (guint i = 0; words[i] != NULL; i++)
    g_string_append_printf (text, "%s\"%s\"", i > 0 ? ", " : "", words[i]);
  g_string_append (text, "]");
}

static void
add_seccomp (GString *text, gboolean enabled)
{
  g_string_append_printf (text, "    \"seccomp\": {\"enabled\": %s", enabled ? "true" : "false");
  if (enabled) {
    g_string_append (text, ", ");
    add_list (text, "actions", seccomp_actions);
    g_string_append (text, ", ");
    add_list (text, "operators", seccomp_operators);
    g_string_append (text, ", ");
    add_list (text, "archs", seccomp_archs);
  }
  g_string_append (text, "},\n");
}

static void
add_linux (GString *text, const B9Host *host, const char *flags)
{
  g_string_append (text, "  \"linux\": {\n    ");
  add_list (text, "namespaces", namespaces);
  g_string_append (text, ",\n    ");
  add_list (text, "capabilities", capabilities);
  g_string_append_printf (text,
                          ",\n    \"cgroup\": {\"v1\": true, \"v2\": true, \"systemd\": %s, "
                          "\"systemdUser\": false, \"rdma\": false},\n",
                          has_flag (flags, "systemd-cgroup") ? "true" : "false");
  add_seccomp (text, has_flag (flags, "oci-seccomp") && host->config_boolean (host, "oci-seccomp"));
  g_string_append (text, "    \"apparmor\": {\"enabled\": false},\n    \"selinux\": {\"enabled\": false},\n"
                         "    \"intelRdt\": {\"enabled\": false},\n"
                         "    \"mountExtensions\": {\"idmap\": {\"enabled\": false}}\n  },\n");
}

static char *
put_together (const B9Host *host, const char *program, GError **error)
{
  g_autofree char *versions = answer (host, program, "--version", error);
  g_autofree char *flags = versions != NULL ? answer (host, program, "flags", error) : NULL;
  g_autofree char *version = flags != NULL ? version_after (versions, "version ") : NULL;
  g_autofree char *spec = flags != NULL ? version_after (versions, "\nspec: ") : NULL;
  GString *text;

  if (flags == NULL)
    return NULL;
  if (version == NULL || spec == NULL) {
    g_set_error (error, B9_ERROR, B9_ERROR_BACKEND_FAILED,
                 "%s --version says no \"version\" or no \"spec\"; is it runsc?", program);
    return NULL;
  }
  text = g_string_new (NULL);
  g_string_append_printf (
      text, "{\n  \"ociVersionMin\": \"" OLDEST_SPEC "\",\n  \"ociVersionMax\": \"%s\",\n  ", spec);
  add_list (text, "hooks", hooks);
  g_string_append (text, ",\n  ");
  add_list (text, "mountOptions", mount_options);
  g_string_append (text, ",\n");
  add_linux (text, host, flags);
  g_string_append_printf (text,
                          "  \"annotations\": {\n    \"run.b9.runsc.version\": \"%s\"\n  },\n"
                          "  \"potentiallyUnsafeConfigAnnotations\": [\"dev.gvisor.\", \"run.b9.\"]\n}\n",
                          version);
  return g_string_free (text, FALSE);
}

char *
runsc_features (const B9Host *host, const char *program, const char *root, GError **error)
{
  g_autofree char *output = NULL;
  int status;

  (void)root;
  if (!ask (host, program, "help", "features", &status, &output, error))
    return NULL;
  return status == 0 ? answer (host, program, "features", error) : put_together (host, program, error);
}
