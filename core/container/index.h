/* SPDX-License-Identifier: Apache-2.0
 *
 * index.h: the records of all containers, found by id and, where two roots hold one id, by root.
 */
#ifndef B9_INDEX_H
#define B9_INDEX_H

#include "core/container/record.h"

G_BEGIN_DECLS

typedef struct _B9Index B9Index;

/* Which container is meant. */
typedef struct {
  const char *id;
  const char *backend;      /* as explicitly asked for, or NULL */
  const char *root;         /* as explicitly asked for, or NULL */
  const char *default_root; /* preferred where several match and no root was asked for; or NULL */
} B9Query;

/* The index below @state_directory, which need not exist. */
B9Index *b9_index_new (const char *state_directory);
void b9_index_free (B9Index *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Index, b9_index_free)

const char *b9_index_directory (const B9Index *index);

/* One lock for the whole index, held for the microseconds in which an id is looked up and claimed; makes the
 * state directory.  Released by b9_index_unlock, or by the end of the process. */
gboolean b9_index_lock (B9Index *index, GError **error);
void b9_index_unlock (B9Index *index);

/* The record that @query means.  An explicit root is exact; without one the default root, then a unique
 * match. *record is NULL where there is none.  FALSE: B9_ERROR_AMBIGUOUS lists the roots, B9_ERROR_CONFLICT
 * names the backend that a record has instead of the one asked for, and a damaged record is reported. */
gboolean b9_index_find (const B9Index *index, const B9Query *query, B9Record **record, GError **error);

/* Every record, sorted by id; damaged ones are left out and described in @problems (GPtrArray of char *, or
 * NULL). */
GPtrArray *b9_index_all (const B9Index *index, GPtrArray *problems);

/* Every id in the index, g_strfreev(). */
char **b9_index_ids (const B9Index *index);

/* Tells @record the directory that it has, or would have; makes nothing. */
void b9_index_place (const B9Index *index, B9Record *record);

/* Gives @record its directory and writes it.  The caller holds the lock. */
gboolean b9_index_add (B9Index *index, B9Record *record, GError **error);

/* Forgets the container.  Missing is no failure. */
gboolean b9_index_remove (B9Index *index, const B9Record *record, GError **error);

/* Whether @id can be a container's: 1 to 255 of A-Z a-z 0-9 _ + - . and neither "." nor "..". */
gboolean b9_check_id (const char *id, GError **error);

G_END_DECLS

#endif /* B9_INDEX_H */
