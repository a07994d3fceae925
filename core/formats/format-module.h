/* SPDX-License-Identifier: Apache-2.0
 *
 * format-module.h: what b9run-json.so, b9run-yaml.so and b9run-archive.so export to formats.c and
 * core/checkpoint/archive.c; private to these.
 */
#ifndef B9_FORMAT_MODULE_H
#define B9_FORMAT_MODULE_H

#include "core/formats/formats.h"

/* What is written into an archive, or read from one. */
typedef struct {
  int directory;                /* a descriptor: its content is what the archive holds */
  int file;                     /* the archive itself */
  const char *what;             /* the archive's name for messages */
  guint64 max_bytes, max_files; /* of an archive that is read */
  gboolean (*accept) (const char *name, guint64 size, gpointer data, GError **error); /* or NULL */
  gboolean (*progress) (guint64 done, gpointer data);                                 /* or NULL */
  gpointer data;
} B9ArchiveJob;

/* The module and b9run come from one build; the size and the version tell when they do not. */
typedef struct {
  gsize struct_size;
  const char *version; /* PACKAGE_VERSION */
  char *(*json) (GVariant *document, gboolean pretty, GError **error);
  B9YamlNode *(*yaml) (const char *text, gsize length, const char *what, GError **error);
  /* @names: the files and, with a "/" at the end, the directories below job->directory, in their order. */
  gboolean (*archive_write) (const B9ArchiveJob *job, const char *const *names, GError **error);
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
