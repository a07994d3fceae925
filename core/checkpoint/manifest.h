/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest.h: what an image says about itself: the file manifest.json, written last, so that an image
 * that has one is whole.
 *
 * The container's final spec lies beside it, in spec.json, and is one of the listed files.
 */
#ifndef B9_MANIFEST_H
#define B9_MANIFEST_H

#include "core/checkpoint/digest.h"
#include "core/checkpoint/image.h"
#include "core/checkpoint/rootfs.h"
#include "core/json/json-text.h"

G_BEGIN_DECLS

#define B9_MANIFEST_NAME "manifest.json"
#define B9_MANIFEST_SPEC_NAME "spec.json"
#define B9_MANIFEST_VERSION 1

typedef struct {
  char *name;
  char *value;
} B9ManifestPair;

/* Who took the state off devices, and how. */
typedef struct {
  char *provider;
  char *strategy;
  guint processes; /* how many had such state */
} B9ManifestDevices;

typedef struct {
  char *step;
  gint64 microseconds;
} B9ManifestTiming;

typedef struct {
  char *created;         /* RFC 3339 */
  char *b9run;           /* version */
  char *backend;         /* its name */
  char *backend_version; /* the first line that its program says */
  char *image_provider;  /* or NULL */
  char *kernel;          /* uname(2), release */
  char *architecture;    /* and machine */
  char **cpu_features;   /* sorted: what a process may have found and used */
  char *id, *bundle;     /* of the container */
  char *parent;          /* --parent-path, relative to the image; or NULL */
  char **flags;          /* the backend's global flags */
  gboolean terminal;     /* process.terminal */
  GPtrArray *options;    /* B9ManifestPair: those of the command */
  GPtrArray *mounts;     /* B9ManifestPair: destination and source */
  GPtrArray *devices;    /* B9ManifestDevices */
  GPtrArray *facts;      /* B9ManifestPair: the providers' */
  GPtrArray *files;      /* B9ImageFile */
  GPtrArray *timings;    /* B9ManifestTiming */
  B9RootfsLayer rootfs;  /* what the archive has of the root file system besides the image */
} B9Manifest;

/* With this host's kernel and processor, made now. */
B9Manifest *b9_manifest_new (void);
void b9_manifest_free (B9Manifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Manifest, b9_manifest_free)

void b9_manifest_add (GPtrArray *pairs, const char *name, const char *value);
void b9_manifest_add_devices (B9Manifest *manifest, const char *provider, const char *strategy,
                              guint processes);
void b9_manifest_add_timing (B9Manifest *manifest, const char *step, gint64 microseconds);

/* Writes it to the disk: the image is whole from then on. */
gboolean b9_manifest_write (const B9Manifest *manifest, const char *directory, GError **error);

/* The text of the manifest of the image in @directory.  NULL: as of b9_manifest_read(). */
B9JsonText *b9_manifest_load (const char *directory, GError **error);

/* The manifest of the image in @directory.  NULL: B9_ERROR_NOT_FOUND where it has none, else what is wrong
 * with it. */
B9Manifest *b9_manifest_read (const char *directory, GError **error);

/* Whether the listed files are there with their sizes and, with @digests, their content: B9_ERROR_START_COLD
 * ("image-damaged: …"). */
gboolean b9_manifest_check_files (const B9Manifest *manifest, const char *directory, gboolean digests,
                                  B9DigestProgress progress, gpointer data, GError **error);

/* Whether @directory has nothing that is called like a file of an image (@patterns) and is not listed:
 * likewise.
 */
gboolean b9_manifest_check_others (const B9Manifest *manifest, const char *directory,
                                   const char *const *patterns, GError **error);

/* Whether this processor and this kernel's architecture can run what was saved: B9_ERROR_START_COLD
 * ("cpu-features-missing: …"). */
gboolean b9_manifest_check_host (const B9Manifest *manifest, GError **error);

/* The same for people and, as it is, for programs; g_free(). */
char *b9_manifest_describe (const B9Manifest *manifest);

guint64 b9_manifest_bytes (const B9Manifest *manifest);

G_END_DECLS

#endif /* B9_MANIFEST_H */
