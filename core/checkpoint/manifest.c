/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest.c: see manifest.h.  What the host is compared by is in manifest-host.c.
 */
#include "config.h"

#include "core/checkpoint/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/checkpoint/manifest-host.h"
#include "core/formats/formats.h"
#include "core/sys/clock.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"

static void
pair_free (gpointer data)
{
  B9ManifestPair *pair = data;

  g_free (pair->name);
  g_free (pair->value);
  g_free (pair);
}

static void
devices_free (gpointer data)
{
  B9ManifestDevices *devices = data;

  g_free (devices->provider);
  g_free (devices->strategy);
  g_free (devices);
}

static void
timing_free (gpointer data)
{
  g_free (((B9ManifestTiming *)data)->step);
  g_free (data);
}

static B9Manifest *
manifest_empty (void)
{
  B9Manifest *manifest = g_new0 (B9Manifest, 1);

  manifest->options = g_ptr_array_new_with_free_func (pair_free);
  manifest->mounts = g_ptr_array_new_with_free_func (pair_free);
  manifest->facts = g_ptr_array_new_with_free_func (pair_free);
  manifest->devices = g_ptr_array_new_with_free_func (devices_free);
  manifest->files = g_ptr_array_new_with_free_func ((GDestroyNotify)b9_image_file_free);
  manifest->timings = g_ptr_array_new_with_free_func (timing_free);
  return manifest;
}

B9Manifest *
b9_manifest_new (void)
{
  B9Manifest *manifest = manifest_empty ();
  struct utsname host;

  manifest->created = b9_timestamp ();
  manifest->b9run = g_strdup (PACKAGE_VERSION);
  uname (&host);
  manifest->kernel = g_strdup (host.release);
  manifest->architecture = g_strdup (host.machine);
  manifest->cpu_features = b9_cpu_features ();
  manifest->flags = g_new0 (char *, 1);
  return manifest;
}

void
b9_manifest_free (B9Manifest *manifest)
{
  if (manifest == NULL)
    return;
  g_free (manifest->created);
  g_free (manifest->b9run);
  g_free (manifest->backend);
  g_free (manifest->backend_version);
  g_free (manifest->image_provider);
  g_free (manifest->kernel);
  g_free (manifest->architecture);
  g_strfreev (manifest->cpu_features);
  g_free (manifest->id);
  g_free (manifest->bundle);
  g_free (manifest->parent);
  g_strfreev (manifest->flags);
  g_ptr_array_unref (manifest->options);
  g_ptr_array_unref (manifest->mounts);
  g_ptr_array_unref (manifest->devices);
  g_ptr_array_unref (manifest->facts);
  g_ptr_array_unref (manifest->files);
  g_ptr_array_unref (manifest->timings);
  b9_rootfs_layer_clear (&manifest->rootfs);
  g_free (manifest);
}

void
b9_manifest_add (GPtrArray *pairs, const char *name, const char *value)
{
  B9ManifestPair *pair = g_new0 (B9ManifestPair, 1);

  pair->name = g_utf8_make_valid (name, -1);
  pair->value = g_utf8_make_valid (value, -1);
  g_ptr_array_add (pairs, pair);
}

void
b9_manifest_add_devices (B9Manifest *manifest, const char *provider, const char *strategy, guint processes)
{
  B9ManifestDevices *devices = g_new0 (B9ManifestDevices, 1);

  devices->provider = g_strdup (provider);
  devices->strategy = g_strdup (strategy);
  devices->processes = processes;
  g_ptr_array_add (manifest->devices, devices);
}

void
b9_manifest_add_timing (B9Manifest *manifest, const char *step, gint64 microseconds)
{
  B9ManifestTiming *timing = g_new0 (B9ManifestTiming, 1);

  timing->step = g_strdup (step);
  timing->microseconds = microseconds;
  g_ptr_array_add (manifest->timings, timing);
}

guint64
b9_manifest_bytes (const B9Manifest *manifest)
{
  guint64 bytes = 0;

  for (guint i = 0; i < manifest->files->len; i++)
    bytes += ((const B9ImageFile *)g_ptr_array_index (manifest->files, i))->size;
  return bytes;
}

static void
add_text (GVariantBuilder *object, const char *name, const char *text)
{
  if (text != NULL)
    g_variant_builder_add (object, "{sv}", name, g_variant_new_take_string (g_utf8_make_valid (text, -1)));
}

static void
add_list (GVariantBuilder *object, const char *name, char **list)
{
  GVariantBuilder array;

  g_variant_builder_init (&array, G_VARIANT_TYPE ("as"));
  for (guint i = 0; list != NULL && list[i] != NULL; i++)
    g_variant_builder_add (&array, "s", list[i]);
  g_variant_builder_add (object, "{sv}", name, g_variant_builder_end (&array));
}

static void
add_pairs (GVariantBuilder *object, const char *name, const GPtrArray *pairs)
{
  GVariantBuilder array;

  g_variant_builder_init (&array, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < pairs->len; i++) {
    const B9ManifestPair *pair = g_ptr_array_index (pairs, i);

    g_variant_builder_open (&array, G_VARIANT_TYPE_VARDICT);
    add_text (&array, "name", pair->name);
    add_text (&array, "value", pair->value);
    g_variant_builder_close (&array);
  }
  g_variant_builder_add (object, "{sv}", name, g_variant_builder_end (&array));
}

static void
add_devices (GVariantBuilder *object, const GPtrArray *devices)
{
  GVariantBuilder array;

  g_variant_builder_init (&array, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < devices->len; i++) {
    const B9ManifestDevices *entry = g_ptr_array_index (devices, i);

    g_variant_builder_open (&array, G_VARIANT_TYPE_VARDICT);
    add_text (&array, "provider", entry->provider);
    add_text (&array, "strategy", entry->strategy);
    g_variant_builder_add (&array, "{sv}", "processes", g_variant_new_uint32 (entry->processes));
    g_variant_builder_close (&array);
  }
  g_variant_builder_add (object, "{sv}", "devices", g_variant_builder_end (&array));
}

static void
add_files (GVariantBuilder *object, const GPtrArray *files)
{
  GVariantBuilder array;

  g_variant_builder_init (&array, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < files->len; i++) {
    const B9ImageFile *file = g_ptr_array_index (files, i);

    g_variant_builder_open (&array, G_VARIANT_TYPE_VARDICT);
    add_text (&array, "name", file->name);
    g_variant_builder_add (&array, "{sv}", "size", g_variant_new_uint64 (file->size));
    add_text (&array, "sha256", file->sha256);
    g_variant_builder_close (&array);
  }
  g_variant_builder_add (object, "{sv}", "files", g_variant_builder_end (&array));
}

static void
add_timings (GVariantBuilder *object, const GPtrArray *timings)
{
  GVariantBuilder array;

  g_variant_builder_init (&array, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < timings->len; i++) {
    const B9ManifestTiming *timing = g_ptr_array_index (timings, i);

    g_variant_builder_open (&array, G_VARIANT_TYPE_VARDICT);
    add_text (&array, "step", timing->step);
    g_variant_builder_add (&array, "{sv}", "microseconds", g_variant_new_int64 (timing->microseconds));
    g_variant_builder_close (&array);
  }
  g_variant_builder_add (object, "{sv}", "timings", g_variant_builder_end (&array));
}

static void
add_rootfs (GVariantBuilder *document, const B9RootfsLayer *layer)
{
  GVariantBuilder object;

  if (layer->kind == NULL)
    return;
  g_variant_builder_init (&object, G_VARIANT_TYPE_VARDICT);
  add_text (&object, "kind", layer->kind);
  g_variant_builder_add (&object, "{sv}", "entries", g_variant_new_uint64 (layer->entries));
  g_variant_builder_add (&object, "{sv}", "bytes", g_variant_new_uint64 (layer->bytes));
  add_text (&object, "sha256", layer->sha256);
  g_variant_builder_add (document, "{sv}", "rootfs", g_variant_builder_end (&object));
}

static char *
manifest_text (const B9Manifest *manifest, GError **error)
{
  GVariantBuilder document;

  g_variant_builder_init (&document, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&document, "{sv}", "version", g_variant_new_int32 (B9_MANIFEST_VERSION));
  add_text (&document, "created", manifest->created);
  add_text (&document, "b9run", manifest->b9run);
  add_text (&document, "backend", manifest->backend);
  add_text (&document, "backendVersion", manifest->backend_version);
  add_text (&document, "imageProvider", manifest->image_provider);
  add_text (&document, "kernel", manifest->kernel);
  add_text (&document, "architecture", manifest->architecture);
  add_list (&document, "cpuFeatures", manifest->cpu_features);
  add_text (&document, "id", manifest->id);
  add_text (&document, "bundle", manifest->bundle);
  add_text (&document, "parent", manifest->parent);
  add_list (&document, "flags", manifest->flags);
  g_variant_builder_add (&document, "{sv}", "terminal", g_variant_new_boolean (manifest->terminal));
  add_pairs (&document, "options", manifest->options);
  add_pairs (&document, "mounts", manifest->mounts);
  add_devices (&document, manifest->devices);
  add_pairs (&document, "facts", manifest->facts);
  add_timings (&document, manifest->timings);
  add_rootfs (&document, &manifest->rootfs);
  add_files (&document, manifest->files);
  return b9_format_json (g_variant_builder_end (&document), TRUE, error);
}

gboolean
b9_manifest_write (const B9Manifest *manifest, const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, B9_MANIFEST_NAME, NULL);
  g_autofree char *text = manifest_text (manifest, error);
  g_autofree char *line = text != NULL ? g_strconcat (text, "\n", NULL) : NULL;

  return line != NULL && b9_replace_file_durably (AT_FDCWD, path, line, strlen (line), 0600, error);
}

static gboolean
read_text (const B9JsonText *text, const char *name, char **value, GError **error)
{
  return b9_json_find_string (text, B9_JSON_ROOT, value, error, name, NULL);
}

/* What a member holds, an array or nothing; each element is handed to @take. */
static gboolean
read_array (const B9JsonText *text, const char *name, B9Manifest *manifest,
            gboolean (*take) (const B9JsonText *text, B9JsonValue element, const char *name,
                              B9Manifest *manifest, GError **error),
            GError **error)
{
  B9JsonValue array = B9_JSON_NONE;

  if (!b9_json_get (text, B9_JSON_ROOT, name, &array, error))
    return FALSE;
  if (array == B9_JSON_NONE)
    return TRUE;
  if (b9_json_kind (text, array) != B9_JSON_ARRAY)
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: %s is no array (line %u)", b9_json_text_what (text), name,
                    b9_json_line (text, array));
  for (B9JsonValue element = b9_json_first (text, array); element != B9_JSON_NONE;
       element = b9_json_next (text, element)) {
    if (!take (text, element, name, manifest, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
fail_incomplete (const B9JsonText *text, B9JsonValue element, GError **error)
{
  g_autofree char *place = b9_json_place (text, element);

  return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: %s is incomplete (line %u)", b9_json_text_what (text),
                  place, b9_json_line (text, element));
}

static gboolean
take_pair (const B9JsonText *text, B9JsonValue element, const char *name, B9Manifest *manifest,
           GError **error)
{
  GPtrArray *pairs = strcmp (name, "options") == 0  ? manifest->options
                     : strcmp (name, "mounts") == 0 ? manifest->mounts
                                                    : manifest->facts;
  g_autofree char *key = NULL;
  g_autofree char *value = NULL;

  if (!b9_json_find_string (text, element, &key, error, "name", NULL) ||
      !b9_json_find_string (text, element, &value, error, "value", NULL))
    return FALSE;
  if (key == NULL || value == NULL)
    return fail_incomplete (text, element, error);
  b9_manifest_add (pairs, key, value);
  return TRUE;
}

/* The value of a member that has to be a number of at least 0. */
static gboolean
read_number (const B9JsonText *text, B9JsonValue object, const char *name, gint64 *number, GError **error)
{
  B9JsonValue member = B9_JSON_NONE;

  *number = -1;
  if (!b9_json_get (text, object, name, &member, error) ||
      (member != B9_JSON_NONE && !b9_json_int64 (text, member, NULL, number, error)))
    return FALSE;
  return *number >= 0 || fail_incomplete (text, object, error);
}

static gboolean
take_devices (const B9JsonText *text, B9JsonValue element, const char *name G_GNUC_UNUSED,
              B9Manifest *manifest, GError **error)
{
  g_autofree char *provider = NULL;
  g_autofree char *strategy = NULL;
  gint64 processes;

  if (!b9_json_find_string (text, element, &provider, error, "provider", NULL) ||
      !b9_json_find_string (text, element, &strategy, error, "strategy", NULL) ||
      !read_number (text, element, "processes", &processes, error))
    return FALSE;
  if (provider == NULL || strategy == NULL)
    return fail_incomplete (text, element, error);
  b9_manifest_add_devices (manifest, provider, strategy, (guint)MIN (processes, G_MAXINT));
  return TRUE;
}

static gboolean
take_timing (const B9JsonText *text, B9JsonValue element, const char *name G_GNUC_UNUSED,
             B9Manifest *manifest, GError **error)
{
  g_autofree char *step = NULL;
  gint64 microseconds;

  if (!b9_json_find_string (text, element, &step, error, "step", NULL) ||
      !read_number (text, element, "microseconds", &microseconds, error))
    return FALSE;
  if (step == NULL)
    return fail_incomplete (text, element, error);
  b9_manifest_add_timing (manifest, step, microseconds);
  return TRUE;
}

/* A name that leads out of the directory would have b9run read something else. */
static gboolean
take_file (const B9JsonText *text, B9JsonValue element, const char *name G_GNUC_UNUSED, B9Manifest *manifest,
           GError **error)
{
  B9ImageFile *file = g_new0 (B9ImageFile, 1);
  gint64 size = 0;

  g_ptr_array_add (manifest->files, file);
  if (!b9_json_find_string (text, element, &file->name, error, "name", NULL) ||
      !b9_json_find_string (text, element, &file->sha256, error, "sha256", NULL) ||
      !read_number (text, element, "size", &size, error))
    return FALSE;
  file->size = (guint64)size;
  if (file->name == NULL)
    return fail_incomplete (text, element, error);
  if (file->name[0] == '\0' || strchr (file->name, '/') != NULL || strcmp (file->name, "..") == 0)
    return b9_fail (error, B9_ERROR_BAD_INPUT, "%s: \"%s\" is no name of a file (line %u)",
                    b9_json_text_what (text), file->name, b9_json_line (text, element));
  return TRUE;
}

static gboolean
take_word (const B9JsonText *text, B9JsonValue element, const char *name, B9Manifest *manifest,
           GError **error)
{
  char ***list = strcmp (name, "flags") == 0 ? &manifest->flags : &manifest->cpu_features;
  guint length = *list != NULL ? g_strv_length (*list) : 0;
  char *word = b9_json_string (text, element, NULL, error);

  if (word == NULL)
    return FALSE;
  *list = g_renew (char *, *list, length + 2);
  (*list)[length] = word;
  (*list)[length + 1] = NULL;
  return TRUE;
}

static gboolean
read_rootfs (const B9JsonText *text, B9RootfsLayer *layer, GError **error)
{
  B9JsonValue object = B9_JSON_NONE;
  gint64 entries, bytes;

  if (!b9_json_get (text, B9_JSON_ROOT, "rootfs", &object, error))
    return FALSE;
  if (object == B9_JSON_NONE)
    return TRUE;
  if (!b9_json_find_string (text, object, &layer->kind, error, "kind", NULL) ||
      !b9_json_find_string (text, object, &layer->sha256, error, "sha256", NULL) ||
      !read_number (text, object, "entries", &entries, error) ||
      !read_number (text, object, "bytes", &bytes, error))
    return FALSE;
  layer->entries = (guint64)entries;
  layer->bytes = (guint64)bytes;
  return (layer->kind != NULL && layer->sha256 != NULL) || fail_incomplete (text, object, error);
}

static gboolean
check_version (const B9JsonText *text, GError **error)
{
  gint64 version;

  if (!read_number (text, B9_JSON_ROOT, "version", &version, error))
    return FALSE;
  if (version != B9_MANIFEST_VERSION)
    return b9_fail (error, B9_ERROR_START_COLD,
                    "manifest-newer: %s has version %" G_GINT64_FORMAT
                    ", and this b9run understands %d; update b9run, or start the container cold",
                    b9_json_text_what (text), version, B9_MANIFEST_VERSION);
  return TRUE;
}

static gboolean
read_members (const B9JsonText *text, B9Manifest *manifest, GError **error)
{
  return check_version (text, error) && read_text (text, "created", &manifest->created, error) &&
         read_text (text, "b9run", &manifest->b9run, error) &&
         read_text (text, "backend", &manifest->backend, error) &&
         read_text (text, "backendVersion", &manifest->backend_version, error) &&
         read_text (text, "imageProvider", &manifest->image_provider, error) &&
         read_text (text, "kernel", &manifest->kernel, error) &&
         read_text (text, "architecture", &manifest->architecture, error) &&
         read_array (text, "cpuFeatures", manifest, take_word, error) &&
         read_text (text, "id", &manifest->id, error) &&
         read_text (text, "bundle", &manifest->bundle, error) &&
         read_text (text, "parent", &manifest->parent, error) &&
         read_array (text, "flags", manifest, take_word, error) &&
         b9_json_find_boolean (text, B9_JSON_ROOT, &manifest->terminal, error, "terminal", NULL) &&
         read_array (text, "options", manifest, take_pair, error) &&
         read_array (text, "mounts", manifest, take_pair, error) &&
         read_array (text, "devices", manifest, take_devices, error) &&
         read_array (text, "facts", manifest, take_pair, error) &&
         read_array (text, "timings", manifest, take_timing, error) &&
         read_rootfs (text, &manifest->rootfs, error) &&
         read_array (text, "files", manifest, take_file, error);
}

/* An image may come from anybody, and a link would have b9run read what the image does not hold. */
B9JsonText *
b9_manifest_load (const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, B9_MANIFEST_NAME, NULL);
  struct stat info;

  if (lstat (path, &info) == 0)
    return b9_json_text_load_no_link (path, error);
  if (errno != ENOENT)
    b9_fail_errno (error, errno, "the image %s cannot be read", directory);
  else if (access (directory, F_OK) != 0)
    b9_fail (error, B9_ERROR_NOT_FOUND, "there is no image %s", directory);
  else
    b9_fail (error, B9_ERROR_NOT_FOUND, "%s has no %s", directory, B9_MANIFEST_NAME);
  return NULL;
}

B9Manifest *
b9_manifest_read (const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, B9_MANIFEST_NAME, NULL);
  g_autoptr (B9Manifest) manifest = NULL;
  g_autoptr (B9JsonText) text = b9_manifest_load (directory, error);

  if (text == NULL)
    return NULL;
  manifest = manifest_empty ();
  if (!read_members (text, manifest, error))
    return NULL;
  if (manifest->flags == NULL)
    manifest->flags = g_new0 (char *, 1);
  if (manifest->cpu_features == NULL)
    manifest->cpu_features = g_new0 (char *, 1);
  if (manifest->backend == NULL || manifest->architecture == NULL || manifest->files->len == 0) {
    b9_fail (error, B9_ERROR_BAD_INPUT, "%s lacks its backend, its architecture or its files", path);
    return NULL;
  }
  return g_steal_pointer (&manifest);
}
