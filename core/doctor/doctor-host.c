/* SPDX-License-Identifier: Apache-2.0
 *
 * doctor-host.c: kernel, cgroups, memory limits, user namespaces, security modules (doctor.h).
 *
 * Cgroups are taken from the mount table, where a read-only mount and a hierarchy in an unusual place are
 * seen too.
 */
#include "config.h"

#include "core/doctor/doctor.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FILE_MAX ((gsize)1024 * 1024)

static void G_GNUC_PRINTF (5, 6) say (const B9Host *host, B9FindingLevel level, const char *id,
                                      const char *remedy, const char *format, ...)
{
  B9Finding finding = {.struct_size = sizeof finding, .level = level, .id = id, .remedy = remedy};
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  finding.message = message;
  host->finding (host, &finding);
}

/* What a file holds without blanks around it, or NULL. */
static char *
text_of (const B9Host *host, const char *path)
{
  char *text = host->read_file (host, path, FILE_MAX, NULL, NULL);

  return text != NULL ? g_strstrip (text) : NULL;
}

static gboolean
is_there (const B9Host *host, const char *path)
{
  g_autofree char *real = host->path (host, path);

  return access (real, F_OK) == 0;
}

static gboolean
has_word (const char *text, const char *word)
{
  g_auto (GStrv) words = g_strsplit_set (text != NULL ? text : "", " \t\n,", -1);

  return g_strv_contains ((const char *const *)words, word);
}

/* --- kernel and caller --- */

static void
examine_kernel (const B9Host *host)
{
  g_autofree char *release = text_of (host, "/proc/sys/kernel/osrelease");
  struct utsname system;

  if (uname (&system) != 0)
    memset (&system, 0, sizeof system);
  say (host, B9_FINDING_OK, "host.kernel", NULL, "Linux %s, %s", release != NULL ? release : system.release,
       system.machine);
  if (geteuid () != 0)
    say (host, B9_FINDING_OK, "host.caller", NULL,
         "asked by uid %d: what only root may see was not looked at; sudo b9run doctor sees all",
         (int)geteuid ());
}

/* --- cgroups --- */

typedef struct {
  char *unified;           /* where version 2 is mounted, or NULL */
  GHashTable *hierarchies; /* controller of version 1 -> where it is mounted */
  char *read_only;         /* the first of them that is mounted read-only, or NULL */
} Cgroups;

static void
cgroups_clear (Cgroups *cgroups)
{
  g_free (cgroups->unified);
  g_free (cgroups->read_only);
  g_clear_pointer (&cgroups->hierarchies, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Cgroups, cgroups_clear)

static void
take_controllers (Cgroups *cgroups, const char *options, const char *place)
{
  g_auto (GStrv) words = g_strsplit (options, ",", -1);

  for (guint i = 0; words[i] != NULL; i++)
    g_hash_table_insert (cgroups->hierarchies, g_strdup (words[i]), g_strdup (place));
}

/* proc_pid_mountinfo(5): ID PARENT MAJ:MIN ROOT PLACE OPTIONS TAG... - TYPE SOURCE SUPEROPTIONS */
static void
take_mount (Cgroups *cgroups, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  guint length = g_strv_length (words);
  guint dash = 6;

  while (dash < length && strcmp (words[dash], "-") != 0)
    dash++;
  if (dash + 3 >= length || !g_str_has_prefix (words[dash + 1], "cgroup"))
    return;
  if (strcmp (words[dash + 1], "cgroup2") == 0) {
    g_free (cgroups->unified);
    cgroups->unified = g_strdup (words[4]);
  } else {
    take_controllers (cgroups, words[dash + 3], words[4]);
  }
  if (cgroups->read_only == NULL && has_word (words[5], "ro"))
    cgroups->read_only = g_strdup (words[4]);
}

static void
read_cgroups (const B9Host *host, Cgroups *cgroups)
{
  g_autofree char *table = text_of (host, "/proc/self/mountinfo");
  g_auto (GStrv) lines = g_strsplit (table != NULL ? table : "", "\n", -1);

  cgroups->hierarchies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; lines[i] != NULL; i++)
    take_mount (cgroups, lines[i]);
}

static gboolean
is_version_1 (const Cgroups *cgroups, const char *controller)
{
  return g_hash_table_contains (cgroups->hierarchies, controller);
}

/* What version 2 has at its top; "" where it is not mounted. */
static char *
file_of_unified (const B9Host *host, const Cgroups *cgroups, const char *name)
{
  g_autofree char *path = cgroups->unified != NULL ? g_build_filename (cgroups->unified, name, NULL) : NULL;
  char *text = path != NULL ? text_of (host, path) : NULL;

  return text != NULL ? text : g_strdup ("");
}

static void
examine_controllers (const B9Host *host, const Cgroups *cgroups)
{
  static const char *const wanted[] = {"cpu", "cpuset", "memory", "pids"};
  g_autofree char *of_version_2 = file_of_unified (host, cgroups, "cgroup.controllers");
  g_autoptr (GString) present = g_string_new (NULL);
  g_autoptr (GString) missing = g_string_new (NULL);
  gboolean any_v1 = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    gboolean v1 = is_version_1 (cgroups, wanted[i]);
    GString *list = v1 || has_word (of_version_2, wanted[i]) ? present : missing;

    any_v1 = any_v1 || v1;
    g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", wanted[i]);
  }
  say (host, B9_FINDING_OK, "host.cgroup", NULL, "cgroups of version %s, with %s",
       !any_v1                    ? "2"
       : cgroups->unified != NULL ? "1 and 2 side by side (hybrid)"
                                  : "1",
       present->len > 0 ? present->str : "no controller");
  if (missing->len > 0)
    say (host, B9_FINDING_WARNING, "host.cgroup.controllers",
         "mount the hierarchy; for memory, boot without cgroup_disable=memory",
         "the cgroups have no %s: such limits of containers fail or are not enforced", missing->str);
}

static void
examine_cgroups (const B9Host *host, const Cgroups *cgroups)
{
  if (cgroups->unified == NULL && g_hash_table_size (cgroups->hierarchies) == 0) {
    say (host, B9_FINDING_PROBLEM, "host.cgroup",
         "let systemd mount them, or: mount -t cgroup2 none /sys/fs/cgroup", "no cgroups are mounted");
    return;
  }
  examine_controllers (host, cgroups);
  if (cgroups->read_only != NULL)
    say (host, B9_FINDING_PROBLEM, "host.cgroup.read-only",
         "mount it writable; inside a container, start that one with its cgroups writable",
         "the cgroups at %s are mounted read-only", cgroups->read_only);
}

/* --- memory limits --- */

static gboolean
swap_is_on (const B9Host *host)
{
  g_autofree char *swaps = text_of (host, "/proc/swaps");

  return swaps != NULL && strchr (swaps, '\n') != NULL;
}

static void
warn_of_swap (const B9Host *host)
{
  say (host, B9_FINDING_WARNING, "host.memory.swap",
       "boot with swapaccount=1, or do without swap (swapoff -a)",
       "swap is on and is not counted: a container can use more than its limit, in swap");
}

static void
examine_memory_v1 (const B9Host *host, const char *place)
{
  g_autofree char *limit = g_build_filename (place, "memory.limit_in_bytes", NULL);
  g_autofree char *with_swap = g_build_filename (place, "memory.memsw.limit_in_bytes", NULL);

  if (!is_there (host, limit)) {
    say (host, B9_FINDING_PROBLEM, "host.memory", "boot without cgroup_disable=memory",
         "memory limits are not enforced: %s is not there", limit);
    return;
  }
  say (host, B9_FINDING_OK, "host.memory", NULL, "memory limits are enforced (%s)", place);
  if (!is_there (host, with_swap) && swap_is_on (host))
    warn_of_swap (host);
}

/* The top of the hierarchy itself has no limits; a child has them once the controller is handed down. */
static void
examine_memory_v2 (const B9Host *host, const Cgroups *cgroups)
{
  g_autofree char *controllers = file_of_unified (host, cgroups, "cgroup.controllers");
  g_autofree char *handed_down = file_of_unified (host, cgroups, "cgroup.subtree_control");

  if (!has_word (controllers, "memory"))
    say (host, B9_FINDING_PROBLEM, "host.memory",
         "boot without cgroup_disable=memory; in a container or for a user, have the controller delegated "
         "(Delegate=yes)",
         "memory limits are not enforced: %s/cgroup.controllers has no memory", cgroups->unified);
  else if (!has_word (handed_down, "memory"))
    say (host, B9_FINDING_WARNING, "host.memory",
         "the runtime hands it down where it may write there; else echo +memory to that file as root",
         "memory limits may not be enforced: %s/cgroup.subtree_control has no memory", cgroups->unified);
  else
    say (host, B9_FINDING_OK, "host.memory", NULL, "memory limits are enforced (%s)", cgroups->unified);
}

static void
examine_memory (const B9Host *host, const Cgroups *cgroups)
{
  const char *place = g_hash_table_lookup (cgroups->hierarchies, "memory");

  if (place != NULL)
    examine_memory_v1 (host, place);
  else if (cgroups->unified != NULL)
    examine_memory_v2 (host, cgroups);
  else
    say (host, B9_FINDING_PROBLEM, "host.memory", "mount the cgroups with the memory controller",
         "memory limits are not enforced: no hierarchy has the memory controller");
}

/* --- user namespaces, system call filters, security modules --- */

typedef struct {
  const char *path, *value, *remedy;
} Switch;

static const Switch userns_switches[] = {
    {"/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"},
    {"/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"},
    {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
     "give the runtime an AppArmor profile that allows them, or sysctl -w "
     "kernel.apparmor_restrict_unprivileged_userns=0"},
};

/* Root does without; a user has no containers then. */
static void
examine_user_namespaces (const B9Host *host)
{
  for (guint i = 0; i < G_N_ELEMENTS (userns_switches); i++) {
    const Switch *the_switch = &userns_switches[i];
    g_autofree char *value = text_of (host, the_switch->path);

    if (g_strcmp0 (value, the_switch->value) != 0)
      continue;
    say (host, geteuid () == 0 ? B9_FINDING_OK : B9_FINDING_PROBLEM, "host.userns", the_switch->remedy,
         "users cannot make user namespaces, so rootless containers fail (%s is %s)", the_switch->path,
         value);
    return;
  }
  if (is_there (host, "/proc/self/ns/user"))
    say (host, B9_FINDING_OK, "host.userns", NULL, "users can make user namespaces");
  else
    say (host, B9_FINDING_WARNING, "host.userns", "use a kernel with CONFIG_USER_NS",
         "this kernel has no user namespaces");
}

static void
examine_security (const B9Host *host)
{
  g_autofree char *apparmor = text_of (host, "/sys/module/apparmor/parameters/enabled");
  g_autofree char *selinux = text_of (host, "/sys/fs/selinux/enforce");
  const char *module = g_strcmp0 (apparmor, "Y") == 0  ? "AppArmor"
                       : g_strcmp0 (selinux, "1") == 0 ? "SELinux, enforcing"
                       : selinux != NULL               ? "SELinux, permissive"
                                                       : "neither AppArmor nor SELinux";

  if (is_there (host, "/proc/sys/kernel/seccomp/actions_avail"))
    say (host, B9_FINDING_OK, "host.security", NULL, "seccomp; %s", module);
  else
    say (host, B9_FINDING_WARNING, "host.security", "use a kernel with CONFIG_SECCOMP_FILTER",
         "this kernel has no seccomp filters, which most bundles ask for; %s", module);
}

void
b9_doctor_host (const B9Host *host)
{
  g_auto (Cgroups) cgroups = {0};

  examine_kernel (host);
  read_cgroups (host, &cgroups);
  examine_cgroups (host, &cgroups);
  examine_memory (host, &cgroups);
  examine_user_namespaces (host);
  examine_security (host);
}

void
b9_examination_init (B9Examination *examination, const B9HostData *data, B9Checkup *checkup)
{
  *examination = (B9Examination){.data = *data, .watch = {.data = checkup, .finding = b9_checkup_take}};
  examination->data.watch = &examination->watch;
  examination->data.state_directory = NULL;
  b9_host_init (&examination->host, &examination->data);
}
