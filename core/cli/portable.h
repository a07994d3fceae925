/* SPDX-License-Identifier: Apache-2.0
 *
 * portable.h: checkpoint --export and restore --import: an image, and what of the root file system goes with
 * it, as one file.
 */
#ifndef B9_PORTABLE_H
#define B9_PORTABLE_H

#include "core/checkpoint/save.h"
#include "core/cli/app.h"
#include "core/cli/launching.h"

G_BEGIN_DECLS

/* An export at work; none where @writer is NULL. */
typedef struct {
  B9ArchiveWriter *writer;
  B9RootfsPlan plan;
  B9Progress *progress;
} B9Export;

void b9_export_clear (B9Export *export);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9Export, b9_export_clear)

/* Before anything is touched: opens the archive that @line asks for, if it asks for one, and has @save pack
 * the files of the root file system while the container is paused. */
gboolean b9_export_begin (B9Export *export, const B9Line *line, B9Save *save, GError **error);

/* After the save: the image, and the archive gets its name. */
gboolean b9_export_finish (B9Export *export, const char *image, GError **error);

/* An import at work; none where @file is NULL. */
typedef struct {
  char *file;
  B9RootfsTarget *target; /* NULL: the root file system is left as it is */
  B9RootfsLayer layer;
  B9Progress *progress;
} B9Import;

void b9_import_clear (B9Import *import);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9Import, b9_import_clear)

/* Unpacks the archive that @line names, if it names one, into @image, and looks at all that it has for the
 * root file system of @launching; nothing of that is written yet. */
gboolean b9_import_begin (B9Import *import, const B9Line *line, const B9Launching *launching,
                          const char *image, GError **error);

/* Once the container's id is claimed: writes it into the root file system. */
gboolean b9_import_apply (B9Import *import, const B9Index *index, const B9Target *target, GError **error);

/* Has the @error of a restore that failed afterwards say what is in the root file system now. */
void b9_import_mention (const B9Import *import, const B9Target *target, GError **error);

G_END_DECLS

#endif /* B9_PORTABLE_H */
