/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-prepare.c: what runsc would choke on, refused first and with a remedy, and the order of the edits.
 *
 * runsc itself fails late here, and where the sandbox is up already only with "EOF".
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-prepare.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "runsc-args.h"

gboolean
runsc_refuse (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, B9_ERROR, B9_ERROR_UNSUPPORTED, message);
  return FALSE;
}

static gboolean
check_label (const RunscWork *work, GError **error)
{
  g_autofree char *label = NULL;

  if (!work->spec->string (work->spec, "/process/selinuxLabel", &label, error))
    return FALSE;
  return label == NULL || *label == '\0' ||
         runsc_refuse (error,
                       "runsc has no SELinux, and the bundle has process.selinuxLabel: make the container "
                       "without a label (podman: --security-opt label=disable)");
}

static gboolean
check_propagation (const RunscWork *work, GError **error)
{
  static const char *const allowed[] = {"", "private", "rprivate", "slave", "rslave", NULL};
  g_autofree char *propagation = NULL;

  if (!work->spec->string (work->spec, "/linux/rootfsPropagation", &propagation, error))
    return FALSE;
  return propagation == NULL || g_strv_contains (allowed, propagation) ||
         runsc_refuse (error,
                       "runsc shares no mounts with the host, and linux.rootfsPropagation is \"%s\": make it "
                       "rslave or rprivate",
                       propagation);
}

/* --- mounts --- */

/* What check_mount() looks at. */
typedef struct {
  char *source;
  gboolean bind;
  char *shared; /* the option, or NULL */
} Mount;

static void
mount_clear (Mount *mount)
{
  g_free (mount->source);
  g_free (mount->shared);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Mount, mount_clear)

static gboolean
read_options (const B9Spec *spec, guint index, Mount *mount, GError **error)
{
  g_autofree char *list = g_strdup_printf ("/mounts/%u/options", index);
  guint count = spec->length (spec, list);

  for (guint i = 0; i < count; i++) {
    g_autofree char *pointer = g_strdup_printf ("%s/%u", list, i);
    g_autofree char *option = NULL;

    if (!spec->string (spec, pointer, &option, error))
      return FALSE;
    mount->bind = mount->bind || g_strcmp0 (option, "bind") == 0 || g_strcmp0 (option, "rbind") == 0;
    if (mount->shared == NULL && (g_strcmp0 (option, "shared") == 0 || g_strcmp0 (option, "rshared") == 0))
      mount->shared = g_steal_pointer (&option);
  }
  return TRUE;
}

static gboolean
read_mount (const B9Spec *spec, guint index, Mount *mount, GError **error)
{
  g_autofree char *source = g_strdup_printf ("/mounts/%u/source", index);
  g_autofree char *kind = g_strdup_printf ("/mounts/%u/type", index);
  g_autofree char *type = NULL;

  if (!spec->string (spec, source, &mount->source, error) || !spec->string (spec, kind, &type, error))
    return FALSE;
  mount->bind = g_strcmp0 (type, "bind") == 0;
  return read_options (spec, index, mount, error);
}

/* runsc starts the sandbox, finds the source missing there, and says "EOF". */
static gboolean
check_mount (const RunscWork *work, guint index, GError **error)
{
  g_auto (Mount) mount = {0};
  g_autofree char *path = NULL;
  struct stat info;

  if (!read_mount (work->spec, index, &mount, error))
    return FALSE;
  if (!mount.bind)
    return TRUE;
  if (mount.shared != NULL)
    return runsc_refuse (error,
                         "runsc shares no mounts with the host, and mounts[%u] has the option %s: make it "
                         "rslave or rprivate",
                         index, mount.shared);
  if (mount.source == NULL || *mount.source == '\0')
    return TRUE;
  path = g_canonicalize_filename (mount.source, work->preparation->bundle);
  if (lstat (path, &info) == 0 || (errno != ENOENT && errno != ENOTDIR))
    return TRUE;
  g_set_error (error, B9_ERROR, B9_ERROR_BAD_INPUT,
               "mounts[%u].source: %s is not there; runsc cannot mount it", index, path);
  return FALSE;
}

static gboolean
check_mounts (const RunscWork *work, GError **error)
{
  guint count = work->spec->length (work->spec, "/mounts");

  for (guint i = 0; i < count; i++) {
    if (!check_mount (work, i, error))
      return FALSE;
  }
  return TRUE;
}

/* --- a service manager's sockets --- */

/* Where process.env sets the variable @name, the last time; *pointer stays where it does not. */
static gboolean
find_variable (const B9Spec *spec, const char *name, char **pointer, GError **error)
{
  g_autofree char *beginning = g_strconcat (name, "=", NULL);
  guint count = spec->length (spec, "/process/env");

  for (guint i = 0; i < count; i++) {
    g_autofree char *place = g_strdup_printf ("/process/env/%u", i);
    g_autofree char *entry = NULL;

    if (!spec->string (spec, place, &entry, error))
      return FALSE;
    if (entry == NULL || !g_str_has_prefix (entry, beginning))
      continue;
    g_free (*pointer);
    *pointer = g_steal_pointer (&place);
  }
  return TRUE;
}

/* In the place of the entry of that name, or behind the others. */
static gboolean
set_variable (RunscWork *work, const char *name, guint value, GError **error)
{
  g_autofree char *json = g_strdup_printf ("\"%s=%u\"", name, value);
  g_autofree char *place = g_strdup ("/process/env/-");

  return find_variable (work->spec, name, &place, error) &&
         work->spec->set (work->spec, place, json,
                          "runsc: the descriptors of LISTEN_FDS, as runc passes them on", error);
}

/* runc tells the container of them by itself. */
static gboolean
pass_sockets (RunscWork *work, GError **error)
{
  guint count = runsc_listen_fds ();

  if (count == 0 || work->preparation->operation == B9_OPERATION_RESTORE)
    return TRUE;
  if (work->preparation->operation == B9_OPERATION_CREATE)
    return runsc_refuse (error,
                         "preserve-fds: a service manager gives %u sockets (LISTEN_FDS), and runsc's create "
                         "passes none on: use run, or unset LISTEN_FDS",
                         count);
  return set_variable (work, "LISTEN_FDS", count, error) && set_variable (work, "LISTEN_PID", 1, error);
}

/* runc mounts a socket and passes its READY=1 on.  For runsc a socket of the host has to be opened to the
 * sandbox by --host-uds, which opens all of them, so that is for the user to decide. */
static void
report_notify_socket (RunscWork *work)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  g_autofree char *place = NULL;

  if (path == NULL || *path == '\0' || work->preparation->operation == B9_OPERATION_RESTORE)
    return;
  find_variable (work->spec, "NOTIFY_SOCKET", &place, NULL);
  if (place != NULL)
    return;
  work->host->log (
      work->host, B9_LOG_WARNING,
      "runsc passes NOTIFY_SOCKET into no container, so whoever waits for its READY=1 waits in vain: "
      "start it as a service that does not notify (Type=exec), or mount the socket and set the variable "
      "in the bundle, with --host-uds=open");
  work->spec->note (work->spec, "/process/env", "left without NOTIFY_SOCKET",
                    "runsc passes it into no container");
}

gboolean
runsc_prepare (const B9Host *host, const B9Preparation *preparation, B9Spec *spec, GPtrArray *flags,
               GError **error)
{
  RunscWork work = {.host = host, .preparation = preparation, .spec = spec};

  report_notify_socket (&work);
  return check_label (&work, error) && check_propagation (&work, error) && runsc_find_gpu (&work, error) &&
         runsc_prepare_devices (&work, error) && runsc_prepare_hooks (&work, error) &&
         (!work.gpu || runsc_prepare_gpu (&work, flags, error)) && check_mounts (&work, error) &&
         pass_sockets (&work, error);
}
