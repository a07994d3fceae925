/* SPDX-License-Identifier: Apache-2.0
 *
 * rootfs.h: what a container has written into its root file system, taken along in an archive.
 *
 * An image holds memory and processes.  What the container has changed on the disk is in none, unless the
 * runtime keeps it in an overlay of its own; elsewhere, in a bundle made anew from the same container image,
 * those files would be missing.  So an archive has them besides, as a layer in the form of OCI's images
 * (image-spec, layer.md: ".wh.NAME" is a file that was deleted, ".wh..wh..opq" a directory of which nothing
 * below shows through).
 *
 * rootfs-plan.c finds what there is to take, rootfs-pack.c packs it while the container is paused,
 * rootfs-layer.c says what a layer may hold and computes its digest, rootfs-apply.c writes one into a root
 * file system.
 */
#ifndef B9_ROOTFS_H
#define B9_ROOTFS_H

#include "core/checkpoint/archive.h"
#include "core/checkpoint/digest.h"
#include "core/json/json-text.h"

G_BEGIN_DECLS

typedef enum {
  B9_ROOTFS_NONE,
  B9_ROOTFS_UPPER, /* what an overlay's upper directory holds */
  B9_ROOTFS_FULL,  /* everything, in the place of what the other root file system has */
} B9RootfsKind;

/* "none", "upper", "full". */
const char *b9_rootfs_word (B9RootfsKind kind);

/* A layer as the manifest has it. */
typedef struct {
  char *kind; /* NULL: the archive has none */
  guint64 entries;
  guint64 bytes; /* of what the files hold */
  char *sha256;  /* rootfs-layer.c */
} B9RootfsLayer;

void b9_rootfs_layer_clear (B9RootfsLayer *layer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9RootfsLayer, b9_rootfs_layer_clear)

/* --- rootfs-plan.c --- */

typedef struct {
  B9RootfsKind kind;
  char *rootfs;
  char *upper;          /* with B9_ROOTFS_UPPER */
  gboolean user_xattrs; /* the overlay keeps its marks in user.overlay.* */
  char **passed_over;   /* paths below rootfs that the runtime keeps there for itself */
  char *notice;         /* what the caller has to know, or NULL */
} B9RootfsPlan;

void b9_rootfs_plan_clear (B9RootfsPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (B9RootfsPlan, b9_rootfs_plan_clear)

/* What is known of the container. */
typedef struct {
  const char *rootfs;           /* absolute */
  gboolean read_only;           /* root.readonly */
  gboolean held;                /* the runtime's image has what was written */
  const char *const *leftovers; /* the runtime's own files, NULL-ended; or NULL */
} B9RootfsFacts;

/* @word: "auto", "upper", "full" or "none".  Refuses what cannot be done, before anything is touched. */
gboolean b9_rootfs_plan (const B9RootfsFacts *facts, const char *word, B9RootfsPlan *plan, GError **error);

/* --- rootfs-pack.c --- */

/* The container is paused, or has ended. */
gboolean b9_rootfs_pack (const B9RootfsPlan *plan, B9ArchiveWriter *writer, B9DigestProgress progress,
                         gpointer data, B9RootfsLayer *layer, GError **error);

/* --- rootfs-layer.c --- */

#define B9_WHITEOUT ".wh."
#define B9_OPAQUE ".wh..wh..opq"
#define B9_ROOTFS_MAX_DEPTH 500

/* A layer on its way: each directory comes before what is in it, and what is in it in the order of its bytes,
 * so that no name can come twice or below anything but a directory. */
typedef struct _B9RootfsCheck B9RootfsCheck;

B9RootfsCheck *b9_rootfs_check_new (void);
void b9_rootfs_check_free (B9RootfsCheck *check);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9RootfsCheck, b9_rootfs_check_free)

/* The next entry; refused with its name. */
gboolean b9_rootfs_check_entry (B9RootfsCheck *check, const B9ArchiveEntry *entry, GError **error);
void b9_rootfs_check_data (B9RootfsCheck *check, const void *data, gsize size, guint64 offset);

/* In how many directories of the layer the last entry is; its own name in the last of them. */
guint b9_rootfs_check_depth (const B9RootfsCheck *check);

/* What has come, at its end. */
gboolean b9_rootfs_check_end (B9RootfsCheck *check, B9RootfsLayer *layer, GError **error);
guint64 b9_rootfs_check_entries (const B9RootfsCheck *check);

/* The part of an entry's name behind the last "/". */
const char *b9_rootfs_base (const char *name);

/* Whether an extended attribute is the container's, and goes along: not those of overlays and of the host's
 * labels. */
gboolean b9_rootfs_keeps_xattr (const char *name);

/* --- rootfs-apply.c --- */

/* A root file system into which the layer of an archive goes. */
typedef struct _B9RootfsTarget B9RootfsTarget;

/* @config: of the bundle, whose linux.devices say which device nodes a layer may have besides those that
 * every container has. */
B9RootfsTarget *b9_rootfs_target_new (const char *rootfs, const B9JsonText *config, GError **error);
void b9_rootfs_target_free (B9RootfsTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9RootfsTarget, b9_rootfs_target_free)

/* B9ArchiveTake: looks at everything and writes nothing.  @data is a B9RootfsTarget. */
gboolean b9_rootfs_examine (const B9ArchiveEntry *entry, B9ArchiveContent *content, gpointer data,
                            GError **error);

/* After that, whether what came is what the manifest says, and there is room for it. */
gboolean b9_rootfs_examined (B9RootfsTarget *target, const B9RootfsLayer *expected, GError **error);

/* Writes the layer of @file that was examined.  @error says how much was written before it failed. */
gboolean b9_rootfs_apply (B9RootfsTarget *target, const char *file, const B9RootfsLayer *expected,
                          const B9ArchiveOptions *options, GError **error);

G_END_DECLS

#endif /* B9_ROOTFS_H */
