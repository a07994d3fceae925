/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-files.h: which files the directories of CDI hold, and what is in one.
 */
#ifndef CDI_FILES_H
#define CDI_FILES_H

#include <b9run/b9-host.h>

#include "plugins/gpu/cdi/cdi-model.h"

G_BEGIN_DECLS

/* What tells one state of a file from another. */
typedef struct {
  guint64 device;
  guint64 inode;
  guint64 size;
  guint64 mtime; /* ns */
  guint64 ctime; /* ns */
  guint64 mode;
  guint64 owner;
} CdiIdentity;

typedef struct {
  guint directory; /* its place in the list of directories: a later one wins */
  char *path;      /* as messages show it: below the directory as it is configured */
  CdiIdentity identity;
  gboolean is_known; /* identity is that of what was read */
  const CdiSpec *spec;
  char *problem; /* one line that begins with the path; NULL where spec is set */
} CdiFile;

void cdi_file_free (CdiFile *file);

/* Something wrong with one file, or with a directory. */
typedef struct {
  char *path;
  char *message; /* begins with a path */
} CdiProblem;

GPtrArray *cdi_problems_new (void); /* of CdiProblem */
void cdi_problems_add (GPtrArray *problems, const char *path, const char *message);

/* The .json and .yaml files of @directories (shown paths, ascending priority), each directory by name, not
 * read yet; of CdiFile.  A directory that is missing has none.  One that cannot be read adds a sentence to
 * @problems and hides nothing else; .yml files, which nobody reads, go to @ignored (of char *, or
 * NULL). */
GPtrArray *cdi_files_list (const B9Host *host, const char *const *directories, GPtrArray *problems,
                           GPtrArray *ignored);

/* What @file holds, NUL-ended; its identity is then of what was read.  NULL: file->problem says why. */
char *cdi_file_read (const B9Host *host, CdiFile *file, gsize *length);

/* As strerror(3), but in words that no engine takes for the container's own failure. */
const char *cdi_errno_text (int number);

G_END_DECLS

#endif /* CDI_FILES_H */
