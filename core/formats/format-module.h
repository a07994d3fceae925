/* SPDX-License-Identifier: Apache-2.0
 *
 * format-module.h: what b9run-json.so, b9run-yaml.so and b9run-archive.so export to formats.c and
 * core/checkpoint/archive.c; private to these.
 */
#ifndef B9_FORMAT_MODULE_H
#define B9_FORMAT_MODULE_H

#include <sys/types.h>
#include <time.h>

#include "core/formats/formats.h"

/* Below this directory an archive has the files of the container's root file system; they come before the
 * image. */
#define B9_ARCHIVE_LAYER "rootfs"

typedef struct {
  const char *name;
  const void *value;
  gsize size;
} B9ArchiveXattr;

/* Where a sparse file has data. */
typedef struct {
  guint64 offset, length;
} B9ArchiveRange;

/* One file of a root file system, as it is in an archive.  All borrowed, for the length of a call. */
typedef struct {
  const char *name; /* its path below the root, without "/" at either end; "" is the root itself */
  mode_t mode;      /* with its kind */
  uid_t uid;
  gid_t gid;
  guint64 size; /* of a regular file's content */
  struct timespec mtime;
  dev_t device;          /* of a device node */
  const char *symlink;   /* what it points to, or NULL */
  const char *hard_link; /* the name of the earlier entry that it is, or NULL */
  const B9ArchiveXattr *xattrs;
  guint n_xattrs;
  const B9ArchiveRange *ranges; /* of a sparse file that is written, or NULL */
  guint n_ranges;
} B9ArchiveEntry;

/* The content of an entry that is read. */
typedef struct _B9ArchiveContent B9ArchiveContent;
struct _B9ArchiveContent {
  /* Its next block: 1, 0 at the end, or -1 with @error.  What no block holds is a hole. */
  int (*next) (B9ArchiveContent *content, const void **block, gsize *length, guint64 *offset, GError **error);
};

typedef gboolean (*B9ArchiveTake) (const B9ArchiveEntry *entry, B9ArchiveContent *content, gpointer data,
                                   GError **error);

typedef struct _B9ArchiveStream B9ArchiveStream; /* one that is being written */

/* What is written into an archive, or read from one. */
typedef struct {
  int directory;                /* a descriptor: its content is what the archive holds */
  int file;                     /* the archive itself */
  const char *what;             /* the archive's name for messages */
  guint64 max_bytes, max_files; /* of an archive that is read */
  gboolean (*accept) (const char *name, guint64 size, gpointer data, GError **error); /* or NULL */
  gboolean (*progress) (guint64 done, gpointer data);                                 /* or NULL */
  gpointer data;
  B9ArchiveTake layer; /* gets each file of the root file system; NULL: an archive with such is refused */
  gpointer layer_data;
  gboolean layer_alone; /* nothing is read but these */
} B9ArchiveJob;

/* The module and b9run come from one build; the size and the version tell when they do not. */
typedef struct {
  gsize struct_size;
  const char *version; /* PACKAGE_VERSION */
  char *(*json) (GVariant *document, gboolean pretty, GError **error);
  B9YamlNode *(*yaml) (const char *text, gsize length, const char *what, GError **error);
  /* @file and @what as in B9ArchiveJob. */
  B9ArchiveStream *(*archive_open) (int file, const char *what, GError **error);
  /* A file of the root file system; what it holds follows, holes as zeros. */
  gboolean (*archive_entry) (B9ArchiveStream *stream, const B9ArchiveEntry *entry, GError **error);
  gboolean (*archive_data) (B9ArchiveStream *stream, const void *data, gsize size, GError **error);
  /* @names: the files and, with a "/" at the end, the directories below job->directory, in their order. */
  gboolean (*archive_write) (B9ArchiveStream *stream, const B9ArchiveJob *job, const char *const *names,
                             GError **error);
  gboolean (*archive_finish) (B9ArchiveStream *stream, GError **error);
  void (*archive_close) (B9ArchiveStream *stream); /* in every case */
  gboolean (*archive_read) (const B9ArchiveJob *job, GError **error);
} B9FormatModule;

#define B9_FORMAT_MODULE_SYMBOL "b9_format_module"

/* Opens DIRECTORY/b9run-FORMAT.so, for good: nothing closes it.  A second call returns the same module. */
const B9FormatModule *b9_format_module_open (const char *directory, const char *format, GError **error);

/* The same from where b9run's modules are; remembers it in *@once. */
const B9FormatModule *b9_format_module_once (const B9FormatModule **once, const char *format, GError **error);

/* Whether @module, read from @file, is of this build and has the function for @format. */
gboolean b9_format_module_check (const B9FormatModule *module, const char *file, const char *format,
                                 GError **error);

#endif /* B9_FORMAT_MODULE_H */
