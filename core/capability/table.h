/* SPDX-License-Identifier: Apache-2.0
 *
 * table.h: the matrix as people read it: capabilities down, backends across.
 */
#ifndef B9_TABLE_H
#define B9_TABLE_H

#include "core/capability/matrix.h"

G_BEGIN_DECLS

/* One backend. */
typedef struct {
  char *backend;
  char *problem;    /* why it cannot be asked ("its program …"), or NULL */
  GPtrArray *cells; /* of borrowed B9MatrixCell, by id; NULL where there is a problem */
} B9TableColumn;

B9TableColumn *b9_table_column_new (const char *backend);
void b9_table_column_free (B9TableColumn *column);

typedef struct {
  gboolean colour;
  gboolean symbols; /* one character instead of a word; needs UTF-8 */
  guint width;      /* of the terminal; 0: any */
} B9TableStyle;

/* @columns: GPtrArray of B9TableColumn.  One backend has its reasons beside its states; more than fit beside
 * each other continue below.  Owned. */
char *b9_table (const GPtrArray *columns, const B9TableStyle *style);

/* A state as the table shows it, padded to @width; owned. */
char *b9_table_state (guint32 state, const B9TableStyle *style, guint width);

G_END_DECLS

#endif /* B9_TABLE_H */
