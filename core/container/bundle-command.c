/* SPDX-License-Identifier: Apache-2.0
 *
 * bundle-command.c: see bundle-command.h.
 *
 * The kernel follows the path, with the root file system for its root (openat2(2), RESOLVE_IN_ROOT): for a
 * command that is there that is all.  A refusal has to be certain, so before one the path is followed again,
 * step by step, to see that no mount of the spec comes in its way; that is slower, and nobody waits for a
 * container then.
 */
#include "config.h"

#include "core/container/bundle-command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#define HAVE_OPENAT2 1
#endif

#include "core/sys/failure.h"
#include "core/sys/files.h"

#define MAX_LINKS 40 /* the kernel's own bound, path_resolution(7) */

typedef enum {
  LOOK_UNCERTAIN, /* it is there, or cannot be told */
  LOOK_MISSING,
  LOOK_NO_DIRECTORY, /* a part of the path is none */
  LOOK_NOT_EXECUTABLE,
} Look;

/* A path on its way through the root file system. */
typedef struct {
  int root;
  GString *at;       /* where it is: absolute, without links */
  char *rest;        /* owned */
  const char *ahead; /* what is left of rest */
  guint links;
  gboolean missing; /* nothing is at @at */
} Walk;

static int
open_below (int root, const char *path, int flags)
{
#ifdef HAVE_OPENAT2
  struct open_how how = {.flags = (guint64)(O_PATH | O_CLOEXEC | flags),
                         .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

  return (int)syscall (SYS_openat2, root, path, &how, sizeof how);
#else
  (void)root, (void)path, (void)flags;
  errno = ENOSYS;
  return -1;
#endif
}

static Look
look (int root, const char *path)
{
  b9_autofd fd = open_below (root, path, 0);
  struct stat info;

  if (fd < 0 && errno == ENOENT)
    return LOOK_MISSING;
  if (fd < 0 && errno == ENOTDIR)
    return LOOK_NO_DIRECTORY;
  if (fd < 0 || fstat (fd, &info) != 0)
    return LOOK_UNCERTAIN;
  if (S_ISDIR (info.st_mode) || (S_ISREG (info.st_mode) && (info.st_mode & 0111) == 0))
    return LOOK_NOT_EXECUTABLE;
  return LOOK_UNCERTAIN;
}

static void
step_back (GString *at)
{
  const char *slash = strrchr (at->str, '/');

  g_string_truncate (at, MAX (slash - at->str, 1));
}

/* If @at is a link, goes where it leads.  FALSE: it cannot be told. */
static gboolean
follow (Walk *walk)
{
  b9_autofd fd = open_below (walk->root, walk->at->str, O_NOFOLLOW);
  char target[PATH_MAX];
  struct stat info;
  ssize_t length;
  char *rest;

  if (fd < 0) {
    walk->missing = errno == ENOENT || errno == ENOTDIR;
    return walk->missing;
  }
  if (fstat (fd, &info) != 0)
    return FALSE;
  if (!S_ISLNK (info.st_mode))
    return TRUE;
  length = readlinkat (fd, "", target, sizeof target - 1);
  if (length < 0 || ++walk->links > MAX_LINKS)
    return FALSE;
  target[length] = '\0';
  if (target[0] == '/')
    g_string_assign (walk->at, "/");
  else
    step_back (walk->at);
  rest = g_strconcat (target, "/", walk->ahead, NULL);
  g_free (walk->rest);
  walk->ahead = walk->rest = rest;
  return TRUE;
}

/* One name of the path.  @stops are places where it must not come.  FALSE: it came there, or it cannot be
 * told. */
static gboolean
step (Walk *walk, GHashTable *stops)
{
  const char *name = walk->ahead + strspn (walk->ahead, "/");
  gsize length = strcspn (name, "/");

  walk->ahead = name + length;
  if (length == 0 || (length == 1 && name[0] == '.'))
    return TRUE;
  if (length == 2 && strncmp (name, "..", 2) == 0) {
    /* The runtime may make what is missing now (process.cwd, the place of a mount). */
    step_back (walk->at);
    return !walk->missing;
  }
  if (walk->at->len > 1)
    g_string_append_c (walk->at, '/');
  g_string_append_len (walk->at, name, (gssize)length);
  if (g_hash_table_contains (stops, walk->at->str))
    return FALSE;
  return walk->missing || follow (walk);
}

/* @path without links, in the root file system; NULL where that cannot be told or it comes by one of @stops.
 * Owned. */
static char *
resolve (int root, const char *path, GHashTable *stops)
{
  g_autoptr (GString) at = g_string_new ("/");
  Walk walk = {.root = root, .at = at, .rest = g_strdup (path)};
  gboolean known = TRUE;

  walk.ahead = walk.rest;
  while (known && *walk.ahead != '\0')
    known = step (&walk, stops);
  g_free (walk.rest);
  return known ? g_string_free (g_steal_pointer (&at), FALSE) : NULL;
}

/* The member of @object as a string; NULL where it is none.  Owned. */
static char *
member_string (const B9JsonText *config, B9JsonValue object, const char *name)
{
  char *value = NULL;

  b9_json_find_string (config, object, &value, NULL, name, NULL);
  return value;
}

/* Whether a fresh mount holds no links but its own: a later mount below it is then where its destination
 * says. */
static gboolean
is_plain (const B9JsonText *config, B9JsonValue mount)
{
  static const char *const types[] = {"cgroup", "cgroup2", "devpts", "mqueue", "sysfs", "tmpfs", NULL};
  g_autofree char *type = member_string (config, mount, "type");
  B9JsonValue options;

  if (type == NULL || !g_strv_contains (types, type) ||
      !b9_json_get (config, mount, "options", &options, NULL))
    return FALSE;
  if (options == B9_JSON_NONE)
    return TRUE;
  if (b9_json_kind (config, options) != B9_JSON_ARRAY)
    return FALSE;
  for (B9JsonValue at = b9_json_first (config, options); at != B9_JSON_NONE; at = b9_json_next (config, at)) {
    g_autofree char *option = b9_json_string (config, at, "options", NULL);

    if (option == NULL || g_str_equal (option, "bind") || g_str_equal (option, "rbind") ||
        g_str_equal (option, "tmpcopyup"))
      return FALSE;
  }
  return TRUE;
}

/* Adds the place of @mount to @covered, as it is written and as it is; @opaque are mounts that may hold any
 * link. */
static gboolean
cover (int root, const B9JsonText *config, B9JsonValue mount, GHashTable *covered, GHashTable *opaque)
{
  g_autofree char *destination = member_string (config, mount, "destination");
  char *written, *resolved;

  if (destination == NULL)
    return FALSE;
  resolved = resolve (root, destination, opaque);
  if (resolved == NULL)
    return FALSE;
  written = b9_absolute_path (destination, "/");
  if (!is_plain (config, mount)) {
    g_hash_table_add (opaque, g_strdup (written));
    g_hash_table_add (opaque, g_strdup (resolved));
  }
  g_hash_table_add (covered, written);
  g_hash_table_add (covered, resolved);
  return TRUE;
}

/* Where the container sees something else than the root file system; NULL where that cannot be told. */
static GHashTable *
covered_places (int root, const B9JsonText *config)
{
  /* A runtime may mount these whether the spec has them or not. */
  static const char *const always[] = {"/dev", "/proc", "/sys"};
  g_autoptr (GHashTable) covered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) opaque = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  B9JsonValue mounts;

  for (gsize i = 0; i < G_N_ELEMENTS (always); i++)
    g_hash_table_add (covered, g_strdup (always[i]));
  if (!b9_json_get (config, B9_JSON_ROOT, "mounts", &mounts, NULL))
    return NULL;
  if (mounts == B9_JSON_NONE)
    return g_steal_pointer (&covered);
  if (b9_json_kind (config, mounts) != B9_JSON_ARRAY)
    return NULL;
  for (B9JsonValue at = b9_json_first (config, mounts); at != B9_JSON_NONE; at = b9_json_next (config, at))
    if (!cover (root, config, at, covered, opaque))
      return NULL;
  return g_hash_table_contains (covered, "/") ? NULL : g_steal_pointer (&covered);
}

/* Whether a hook that runs before the command may put something into the root file system, as those for GPUs
 * do. */
static gboolean
has_early_hooks (const B9JsonText *config)
{
  static const char *const names[] = {"prestart", "createRuntime", "createContainer", "startContainer"};
  B9JsonValue hooks;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    if (!b9_json_find (config, B9_JSON_ROOT, &hooks, NULL, "hooks", names[i], NULL))
      return TRUE;
    if (hooks != B9_JSON_NONE &&
        (b9_json_kind (config, hooks) != B9_JSON_ARRAY || b9_json_first (config, hooks) != B9_JSON_NONE))
      return TRUE;
  }
  return FALSE;
}

/* Whether an annotation says something of the root file system: runsc's dev.gvisor.spec.rootfs.… replace it
 * by an image. */
static gboolean
has_other_rootfs (const B9JsonText *config)
{
  B9JsonValue annotations;

  if (!b9_json_get (config, B9_JSON_ROOT, "annotations", &annotations, NULL))
    return TRUE;
  if (annotations == B9_JSON_NONE)
    return FALSE;
  if (b9_json_kind (config, annotations) != B9_JSON_OBJECT)
    return TRUE;
  for (B9JsonValue at = b9_json_first (config, annotations); at != B9_JSON_NONE;
       at = b9_json_next (config, at)) {
    g_autofree char *name = b9_json_member_name (config, at);

    if (name == NULL || strstr (name, "rootfs") != NULL)
      return TRUE;
  }
  return FALSE;
}

/* Whether the container will see at each of @paths what the root file system holds now. */
static gboolean
is_certain (int root, const B9JsonText *config, const GPtrArray *paths)
{
  g_autoptr (GHashTable) covered = NULL;

  if (has_early_hooks (config) || has_other_rootfs (config))
    return FALSE;
  covered = covered_places (root, config);
  if (covered == NULL)
    return FALSE;
  for (guint i = 0; i < paths->len; i++) {
    g_autofree char *resolved = resolve (root, g_ptr_array_index (paths, i), covered);

    if (resolved == NULL)
      return FALSE;
  }
  return TRUE;
}

/* Absent, null or empty. */
static gboolean
is_missing (const B9JsonText *config, const char *object, const char *member)
{
  B9JsonValue value;
  B9JsonKind kind;

  if (!b9_json_find (config, B9_JSON_ROOT, &value, NULL, object, member, NULL))
    return FALSE;
  kind = value != B9_JSON_NONE ? b9_json_kind (config, value) : B9_JSON_NULL;
  return kind == B9_JSON_NULL || (kind == B9_JSON_ARRAY && b9_json_length (config, value) == 0);
}

/* runsc refuses these too, and puts all that it has read of the spec behind its words. */
static gboolean
check_whole (const B9JsonText *config, GError **error)
{
  if (is_missing (config, "process", NULL))
    return b9_fail (error, B9_ERROR_BAD_INPUT,
                    "process property must not be empty: config.json has no process");
  if (is_missing (config, "process", "args"))
    return b9_fail (error, B9_ERROR_BAD_INPUT,
                    "args must not be empty: process.args of config.json has no command");
  if (is_missing (config, "root", NULL))
    return b9_fail (error, B9_ERROR_BAD_INPUT,
                    "root must be specified: config.json has no root, and so no root.path");
  return TRUE;
}

/* The name of the command; NULL where the spec has none.  Owned. */
static char *
command_name (const B9JsonText *config)
{
  B9JsonValue arguments, first;

  if (!b9_json_find (config, B9_JSON_ROOT, &arguments, NULL, "process", "args", NULL) ||
      arguments == B9_JSON_NONE || b9_json_kind (config, arguments) != B9_JSON_ARRAY)
    return NULL;
  first = b9_json_first (config, arguments);
  return first != B9_JSON_NONE ? b9_json_string (config, first, "process.args", NULL) : NULL;
}

/* The last PATH of the environment, "" where it has none: runc and runsc have no other.  NULL: the
 * environment is wrong. */
static char *
search_path (const B9JsonText *config)
{
  g_autofree char *path = g_strdup ("");
  B9JsonValue environment;

  if (!b9_json_find (config, B9_JSON_ROOT, &environment, NULL, "process", "env", NULL))
    return NULL;
  if (environment == B9_JSON_NONE)
    return g_steal_pointer (&path);
  if (b9_json_kind (config, environment) != B9_JSON_ARRAY)
    return NULL;
  for (B9JsonValue at = b9_json_first (config, environment); at != B9_JSON_NONE;
       at = b9_json_next (config, at)) {
    g_autofree char *variable = b9_json_string (config, at, "process.env", NULL);

    if (variable == NULL)
      return NULL;
    if (g_str_has_prefix (variable, "PATH=")) {
      g_free (path);
      path = g_strdup (variable + strlen ("PATH="));
    }
  }
  return g_steal_pointer (&path);
}

/* Adds @directory/@name to @paths, a relative one below process.cwd.  FALSE where that cannot be told: runsc
 * removes ".." before it looks, and the container after. */
static gboolean
add_path (const B9JsonText *config, const char *directory, const char *name, GPtrArray *paths)
{
  g_autofree char *path = directory != NULL ? g_strconcat (directory, "/", name, NULL) : g_strdup (name);
  g_autofree char *cwd = NULL;

  if (path[0] == '/' && (directory == NULL || directory[0] == '/')) {
    g_ptr_array_add (paths, g_steal_pointer (&path));
    return TRUE;
  }
  b9_json_find_string (config, B9_JSON_ROOT, &cwd, NULL, "process", "cwd", NULL);
  if (cwd == NULL || cwd[0] != '/' || strstr (cwd, "..") != NULL || strstr (path, "..") != NULL)
    return FALSE;
  g_ptr_array_add (paths, g_strconcat (cwd, "/", path, NULL));
  return TRUE;
}

/* The places where the container will look for @name; NULL where that cannot be told. */
static GPtrArray *
candidates (const B9JsonText *config, const char *name)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = NULL;
  g_auto (GStrv) directories = NULL;

  if (strchr (name, '/') != NULL)
    return add_path (config, NULL, name, paths) ? g_steal_pointer (&paths) : NULL;
  path = search_path (config);
  if (path == NULL)
    return NULL;
  directories = g_strsplit (path, ":", -1);
  for (guint i = 0; directories[i] != NULL; i++)
    if (!add_path (config, directories[i], name, paths))
      return NULL;
  return g_steal_pointer (&paths);
}

/* In runc's words, which podman and docker look for. */
static gboolean
refuse (const char *name, Look found, GError **error)
{
  g_autofree char *quoted = b9_json_quote (name);
  g_autofree char *plain = g_strndup (quoted + 1, strlen (quoted) - 2);
  g_autofree char *start = g_strconcat ("unable to start container process: exec: ", quoted, NULL);

  if (strchr (name, '/') == NULL)
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: executable file not found in $PATH", start);
  if (found == LOOK_NOT_EXECUTABLE)
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: permission denied", start);
  return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: stat %s: %s", start, plain,
                  found == LOOK_MISSING ? "no such file or directory" : "not a directory");
}

/* The root file system could not be opened, with @number.  In runc's words again. */
static gboolean
check_rootfs (const B9Bundle *bundle, int number, GError **error)
{
  if ((number != ENOENT && number != ENOTDIR) || has_early_hooks (bundle->config) ||
      has_other_rootfs (bundle->config))
    return TRUE;
  return b9_fail (error, B9_ERROR_BAD_INPUT, "invalid rootfs: stat %s: %s", bundle->rootfs,
                  number == ENOENT ? "no such file or directory" : "not a directory");
}

gboolean
b9_bundle_check_command (const B9Bundle *bundle, GError **error)
{
  g_autofree char *name = command_name (bundle->config);
  g_autoptr (GPtrArray) paths = NULL;
  Look found = LOOK_MISSING;
  b9_autofd root = -1;

  if (!check_whole (bundle->config, error))
    return FALSE;
  if (name == NULL || bundle->rootfs == NULL)
    return TRUE;
  root = open (bundle->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0)
    return check_rootfs (bundle, errno, error);
  paths = candidates (bundle->config, name);
  if (paths == NULL)
    return TRUE;
  for (guint i = 0; i < paths->len; i++) {
    found = look (root, g_ptr_array_index (paths, i));
    if (found == LOOK_UNCERTAIN)
      return TRUE;
  }
  return is_certain (root, bundle->config, paths) ? refuse (name, found, error) : TRUE;
}
