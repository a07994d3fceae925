/* SPDX-License-Identifier: Apache-2.0
 *
 * shadow.c: see shadow.h.
 */
#include "config.h"

#include "core/container/shadow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/failure.h"
#include "core/sys/files.h"

#define NAME "bundle"
#define RELATIVE "b9run: relative to the bundle, which the runtime gets from another place"
#define HOOK "b9run: tells the hook of the caller's bundle"

static gboolean
set_text (B9Spec *spec, const char *pointer, const char *text, const char *cause, GError **error)
{
  g_autofree char *quoted = b9_json_quote (text);

  return spec->set (spec, pointer, quoted, cause, error);
}

static gboolean
make_absolute (B9Spec *spec, const char *pointer, const char *bundle, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *absolute = NULL;

  if (!spec->string (spec, pointer, &path, error))
    return FALSE;
  if (path == NULL || *path == '\0' || g_path_is_absolute (path))
    return TRUE;
  absolute = b9_absolute_path (path, bundle);
  return set_text (spec, pointer, absolute, RELATIVE, error);
}

/* config.md: the source of a bind mount is relative to the bundle; of others it is no path. */
static gboolean
is_bind (const B9Spec *spec, guint index)
{
  g_autofree char *pointer = g_strdup_printf ("/mounts/%u/type", index);
  g_autofree char *type = NULL;
  guint count;

  if (spec->string (spec, pointer, &type, NULL) && g_strcmp0 (type, "bind") == 0)
    return TRUE;
  g_free (pointer);
  pointer = g_strdup_printf ("/mounts/%u/options", index);
  count = spec->length (spec, pointer);
  for (guint i = 0; i < count; i++) {
    g_autofree char *place = g_strdup_printf ("%s/%u", pointer, i);
    g_autofree char *option = NULL;

    if (spec->string (spec, place, &option, NULL) &&
        (g_strcmp0 (option, "bind") == 0 || g_strcmp0 (option, "rbind") == 0))
      return TRUE;
  }
  return FALSE;
}

static gboolean
settle_paths (B9Spec *spec, const char *bundle, GError **error)
{
  guint count = spec->length (spec, "/mounts");

  if (!make_absolute (spec, "/root/path", bundle, error) ||
      !make_absolute (spec, "/linux/seccomp/listenerPath", bundle, error))
    return FALSE;
  for (guint i = 0; i < count; i++) {
    g_autofree char *source = g_strdup_printf ("/mounts/%u/source", i);

    if (is_bind (spec, i) && !make_absolute (spec, source, bundle, error))
      return FALSE;
  }
  return TRUE;
}

/* The program that stands between a runtime and the caller's hooks; NULL where it is not installed. */
static char *
find_hook_program (void)
{
  const char *directory = secure_getenv ("B9RUN_LIBEXEC_DIR");
  g_autofree char *program = g_build_filename (directory != NULL ? directory : B9_LIBEXECDIR, "b9run-hook",
                                               NULL);

  return access (program, X_OK) == 0 ? g_steal_pointer (&program) : NULL;
}

/* Whether the caller's spec has this very hook; what was added meanwhile is meant for the edited spec. */
static gboolean
is_callers (const B9JsonText *text, const char *stage, const char *hook)
{
  B9JsonValue hooks;

  if (!b9_json_find (text, B9_JSON_ROOT, &hooks, NULL, "hooks", stage, NULL) || hooks == B9_JSON_NONE ||
      b9_json_kind (text, hooks) != B9_JSON_ARRAY)
    return FALSE;
  for (B9JsonValue element = b9_json_first (text, hooks); element != B9_JSON_NONE;
       element = b9_json_next (text, element)) {
    gsize length;
    const char *raw = b9_json_raw (text, element, &length);

    if (strlen (hook) == length && memcmp (raw, hook, length) == 0)
      return TRUE;
  }
  return FALSE;
}

/* The hooks of NVIDIA's toolkit: they read the bundle's config.json for its root, which is right in ours, and
 * runtimes know them by their path. */
static gboolean
is_known_by_its_path (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);

  return g_str_has_prefix (name, "nvidia-");
}

/* Puts @program before the hook at @pointer: PROGRAM CALLER'S-BUNDLE OUR-BUNDLE PATH ARGUMENTS... */
static gboolean
wrap_hook (B9Spec *spec, const char *pointer, const char *path, const char *program,
           const char *const *bundles, GError **error)
{
  g_autofree char *path_pointer = g_strconcat (pointer, "/path", NULL);
  g_autofree char *args_pointer = g_strconcat (pointer, "/args", NULL);
  const char *const first[] = {program, bundles[0], bundles[1], path};
  g_autoptr (GString) args = g_string_new ("[");
  guint count = spec->length (spec, args_pointer);

  for (guint i = 0; i < G_N_ELEMENTS (first); i++) {
    g_autofree char *quoted = b9_json_quote (first[i]);

    g_string_append_printf (args, "%s%s", i > 0 ? ", " : "", quoted);
  }
  for (guint i = 0; i < count; i++) {
    g_autofree char *place = g_strdup_printf ("%s/%u", args_pointer, i);
    g_autofree char *json = spec->json (spec, place);

    g_string_append_printf (args, ", %s", json != NULL ? json : "\"\"");
  }
  g_string_append_c (args, ']');
  return spec->set (spec, args_pointer, args->str, HOOK, error) &&
         set_text (spec, path_pointer, program, HOOK, error);
}

static gboolean
settle_hooks (B9Spec *spec, const B9Bundle *bundle, const char *stage, const char *shadow,
              const char *program, GError **error)
{
  const char *const bundles[] = {bundle->path, shadow};
  g_autofree char *hooks = g_strconcat ("/hooks/", stage, NULL);
  guint count = spec->length (spec, hooks);

  for (guint i = 0; i < count; i++) {
    g_autofree char *pointer = g_strdup_printf ("%s/%u", hooks, i);
    g_autofree char *path_pointer = g_strconcat (pointer, "/path", NULL);
    g_autofree char *hook = spec->json (spec, pointer);
    g_autofree char *path = NULL;

    if (hook == NULL || !is_callers (bundle->config, stage, hook))
      continue;
    if (!spec->string (spec, path_pointer, &path, error))
      return FALSE;
    if (path == NULL || is_known_by_its_path (path))
      continue;
    if (!wrap_hook (spec, pointer, path, program, bundles, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
b9_shadow_settle (const B9Bundle *bundle, const char *path, B9SpecCopy *copy, GError **error)
{
  /* Not startContainer: it runs inside the container, where our program is not. */
  static const char *const stages[] = {"prestart", "createRuntime", "createContainer", "poststart",
                                       "poststop"};
  B9Spec *spec = b9_spec_copy_interface (copy);
  g_autofree char *program = find_hook_program ();

  /* JSON has no other bytes, and a replaced one would name another place. */
  if (!g_utf8_validate (bundle->path, -1, NULL))
    return b9_fail (
        error, B9_ERROR_UNSUPPORTED,
        "the spec has to be edited, and the path of the bundle, %s, is not UTF-8, so it cannot be "
        "written into it: rename the directory",
        bundle->path);
  if (!settle_paths (spec, bundle->path, error))
    return FALSE;
  for (guint i = 0; program != NULL && i < G_N_ELEMENTS (stages); i++) {
    if (!settle_hooks (spec, bundle, stages[i], path, program, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
write_config (const char *path, const B9Bundle *bundle, const B9SpecCopy *copy, GError **error)
{
  GBytes *bytes = b9_json_text_bytes (b9_spec_copy_text (copy));
  g_autofree char *original = g_build_filename (bundle->path, "config.json", NULL);
  b9_autofd directory = -1;
  struct stat info;
  gsize size;
  const char *content = g_bytes_get_data (bytes, &size);

  if (stat (original, &info) != 0)
    return b9_fail_errno (error, errno, "cannot look at %s", original);
  directory = b9_open_directory (path, error);
  if (directory < 0 || !b9_replace_file (directory, "config.json", content, size, info.st_mode & 0777, error))
    return FALSE;
  if (geteuid () == 0 &&
      fchownat (directory, "config.json", info.st_uid, info.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
    return b9_fail_errno (error, errno, "cannot give %s/config.json to its owner", path);
  return TRUE;
}

char *
b9_shadow_use (const B9Record *record, const B9Bundle *bundle, B9SpecCopy *copy, GError **error)
{
  g_autofree char *path = NULL;

  if (!b9_spec_copy_is_edited (copy))
    return g_strdup (bundle->path);
  path = b9_record_file (record, NAME);
  if (!b9_shadow_settle (bundle, path, copy, error) || !b9_make_private_directory (path, error) ||
      !write_config (path, bundle, copy, error)) {
    g_prefix_error (error, "cannot make the edited copy of the bundle: ");
    return NULL;
  }
  return g_steal_pointer (&path);
}

gboolean
b9_shadow_is_used (const B9Record *record)
{
  g_autofree char *path = record != NULL ? b9_record_file (record, NAME) : NULL;
  struct stat info;

  return path != NULL && lstat (path, &info) == 0 && S_ISDIR (info.st_mode);
}
