/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest-host.c: an image compared with this host and with its own files, and shown to people.
 */
#include "config.h"

#include "core/checkpoint/manifest-host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "core/checkpoint/manifest.h"
#include "core/plugin/host.h"
#include "core/sys/failure.h"
#include "core/sys/files.h"
#include "core/sys/words.h"

/* /proc/cpuinfo also lists what only the kernel uses, which differs between kernels on one machine.  These
 * are the x86 names that programs choose their code by; elsewhere all are. */
static const char *const x86_prefixes[] = {
    "sse",      "ssse3", "avx",     "amx",   "fma",  "f16c",   "aes", "vaes",   "sha",    "bmi",
    "adx",      "gfni",  "pclmul",  "vpclm", "movb", "popcnt", "abm", "rdrand", "rdseed", "xsave",
    "fsgsbase", "clwb",  "clflush", "erms",  "rtm",  "hle",    "pku", "cx16",   "lahf_lm"};

static gboolean
is_for_programs (const char *name)
{
#if defined(__x86_64__) || defined(__i386__)
  for (guint i = 0; i < G_N_ELEMENTS (x86_prefixes); i++) {
    if (g_str_has_prefix (name, x86_prefixes[i]))
      return TRUE;
  }
  return FALSE;
#else
  (void)x86_prefixes;
  return *name != '\0';
#endif
}

/* The line "flags : fpu vme …" (x86) or "Features : fp asimd …" (ARM) of the first processor. */
static const char *
feature_line (char *cpuinfo)
{
  static const char *const names[] = {"flags", "Features"};

  for (char *line = strtok (cpuinfo, "\n"); line != NULL; line = strtok (NULL, "\n")) {
    const char *colon = strchr (line, ':');

    for (guint i = 0; colon != NULL && i < G_N_ELEMENTS (names); i++) {
      if (g_str_has_prefix (line, names[i]) &&
          strspn (line + strlen (names[i]), " \t") == (gsize)(colon - line) - strlen (names[i]))
        return colon + 1;
    }
  }
  return NULL;
}

char **
b9_cpu_features (void)
{
  g_autofree char *path = b9_host_path ("/proc/cpuinfo");
  g_autofree char *cpuinfo = NULL;
  GPtrArray *features = g_ptr_array_new ();
  const char *line = NULL;
  g_auto (GStrv) words = NULL;

  if (g_file_get_contents (path, &cpuinfo, NULL, NULL))
    line = feature_line (cpuinfo);
  words = g_strsplit (line != NULL ? line : "", " ", -1);
  for (guint i = 0; words[i] != NULL; i++) {
    if (is_for_programs (words[i]) &&
        !g_ptr_array_find_with_equal_func (features, words[i], g_str_equal, NULL))
      g_ptr_array_add (features, g_strdup (words[i]));
  }
  g_ptr_array_sort (features, b9_compare_words);
  g_ptr_array_add (features, NULL);
  return (char **)g_ptr_array_free (features, FALSE);
}

gboolean
b9_manifest_check_host (const B9Manifest *manifest, GError **error)
{
  g_auto (GStrv) here = b9_cpu_features ();
  g_autoptr (GString) missing = g_string_new (NULL);
  struct utsname host;

  uname (&host);
  if (strcmp (manifest->architecture, host.machine) != 0)
    return b9_fail (error, B9_ERROR_START_COLD,
                    "architecture-differs: the image was saved on %s, and this host is %s; restore it there, "
                    "or start the container cold",
                    manifest->architecture, host.machine);
  for (guint i = 0; manifest->cpu_features[i] != NULL; i++) {
    if (!g_strv_contains ((const char *const *)here, manifest->cpu_features[i]))
      g_string_append_printf (missing, " %s", manifest->cpu_features[i]);
  }
  if (missing->len > 0)
    return b9_fail (error, B9_ERROR_START_COLD,
                    "cpu-features-missing: this processor lacks%s, which the image's programs may use; "
                    "restore it on a host that has them, or start the container cold",
                    missing->str);
  return TRUE;
}

static gboolean
fail_damaged (const char *directory, const char *name, GError **error, const char *what)
{
  return b9_fail (error, B9_ERROR_START_COLD,
                  "image-damaged: %s/%s %s; take another copy of the image, or start the container cold",
                  directory, name, what);
}

static gboolean
check_file (const char *directory, const B9ImageFile *file, gboolean digests, B9DigestProgress progress,
            gpointer data, GError **error)
{
  g_autofree char *path = g_build_filename (directory, file->name, NULL);
  g_autofree char *what = NULL;
  g_autofree char *digest = NULL;
  struct stat info;
  guint64 size;

  if (lstat (path, &info) != 0)
    return fail_damaged (directory, file->name, error, "is missing");
  if (!S_ISREG (info.st_mode))
    return fail_damaged (directory, file->name, error, "is no plain file");
  what = g_strdup_printf ("has %" G_GINT64_FORMAT " bytes, and %" G_GUINT64_FORMAT " were saved",
                          (gint64)info.st_size, file->size);
  if ((guint64)info.st_size != file->size)
    return fail_damaged (directory, file->name, error, what);
  if (!digests || file->sha256 == NULL)
    return TRUE;
  digest = b9_digest_file (path, &size, progress, data, error);
  if (digest == NULL)
    return FALSE;
  return strcmp (digest, file->sha256) == 0 ||
         fail_damaged (directory, file->name, error, "has another SHA-256 than when it was saved");
}

gboolean
b9_manifest_check_files (const B9Manifest *manifest, const char *directory, gboolean digests,
                         B9DigestProgress progress, gpointer data, GError **error)
{
  for (guint i = 0; i < manifest->files->len; i++) {
    if (!check_file (directory, g_ptr_array_index (manifest->files, i), digests, progress, data, error))
      return FALSE;
  }
  return TRUE;
}

/* CRIU looks for files by their names, so what nobody has compared would be read. */
gboolean
b9_manifest_check_others (const B9Manifest *manifest, const char *directory, const char *const *patterns,
                          GError **error)
{
  g_autoptr (GHashTable) listed = b9_image_listed (manifest->files);
  g_autofree char *other = b9_image_find_unlisted (directory, patterns, listed);

  return other == NULL ||
         fail_damaged (directory, other, error,
                       "is called like a file of the image, and the manifest does not list it");
}

static void
describe_pairs (GString *text, const char *title, const GPtrArray *pairs)
{
  for (guint i = 0; i < pairs->len; i++) {
    const B9ManifestPair *pair = g_ptr_array_index (pairs, i);

    g_string_append_printf (text, "%-12s%s %s\n", i == 0 ? title : "", pair->name, pair->value);
  }
}

static void
describe_rootfs (GString *text, const B9RootfsLayer *layer)
{
  g_autofree char *size = g_format_size_full (layer->bytes, G_FORMAT_SIZE_IEC_UNITS);

  if (layer->kind != NULL)
    g_string_append_printf (text,
                            "rootfs      %s, %" G_GUINT64_FORMAT
                            " entries, %s, in the archive alone\n            sha256 %s\n",
                            layer->kind, layer->entries, size, layer->sha256);
}

static void
describe_timings (GString *text, const GPtrArray *timings)
{
  for (guint i = 0; i < timings->len; i++) {
    const B9ManifestTiming *timing = g_ptr_array_index (timings, i);

    g_string_append_printf (text, "%-12s%s %.3f s\n", i == 0 ? "timings" : "", timing->step,
                            (double)timing->microseconds / G_USEC_PER_SEC);
  }
}

char *
b9_manifest_describe (const B9Manifest *manifest)
{
  GString *text = g_string_new (NULL);
  g_autofree char *size = g_format_size_full (b9_manifest_bytes (manifest), G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *flags = g_strjoinv (" ", manifest->flags);

  g_string_append_printf (
      text, "container   %s\nbundle      %s\nsaved       %s by b9run %s\n",
      manifest->id != NULL ? manifest->id : "-", manifest->bundle != NULL ? manifest->bundle : "-",
      manifest->created != NULL ? manifest->created : "-", manifest->b9run != NULL ? manifest->b9run : "-");
  g_string_append_printf (text, "backend     %s%s%s%s%s\n", manifest->backend, *flags != '\0' ? " " : "",
                          flags, manifest->backend_version != NULL ? ", " : "",
                          manifest->backend_version != NULL ? manifest->backend_version : "");
  for (guint i = 0; i < manifest->devices->len; i++) {
    const B9ManifestDevices *devices = g_ptr_array_index (manifest->devices, i);

    g_string_append_printf (text, "devices     %s, strategy %s, %u processes\n", devices->provider,
                            devices->strategy, devices->processes);
  }
  g_string_append_printf (text, "host        %s, kernel %s\n", manifest->architecture,
                          manifest->kernel != NULL ? manifest->kernel : "-");
  g_string_append_printf (text, "files       %u, %s\n", manifest->files->len, size);
  describe_rootfs (text, &manifest->rootfs);
  describe_pairs (text, "facts", manifest->facts);
  describe_pairs (text, "options", manifest->options);
  describe_timings (text, manifest->timings);
  return g_string_free (text, FALSE);
}
