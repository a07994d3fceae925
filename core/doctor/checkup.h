/* SPDX-License-Identifier: Apache-2.0
 *
 * checkup.h: the lines of `b9run doctor`: collected by section, judged, and printed for a person or a
 * program.
 */
#ifndef B9_CHECKUP_H
#define B9_CHECKUP_H

#include <b9run/b9-capability.h>

G_BEGIN_DECLS

typedef struct {
  guint32 level;               /* B9FindingLevel */
  char *id, *message, *remedy; /* the last is NULL where nothing is to be done */
} B9CheckupLine;

typedef struct {
  char *kind;       /* "b9run", "host", "backend", "gpu", "checkpoint" */
  char *name;       /* the provider's, or what of b9run's it is */
  GPtrArray *lines; /* of B9CheckupLine */
} B9CheckupSection;

typedef struct {
  GPtrArray *sections; /* of B9CheckupSection */
  gboolean gpu;        /* the host is to have GPUs: what is absent of them is a problem */
} B9Checkup;

B9Checkup *b9_checkup_new (gboolean gpu);
void b9_checkup_free (B9Checkup *checkup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Checkup, b9_checkup_free)

/* What follows belongs to this section. */
void b9_checkup_begin (B9Checkup *checkup, const char *kind, const char *name);

/* One line; @remedy may be NULL for what is no problem. */
void b9_checkup_add (B9Checkup *checkup, B9FindingLevel level, const char *id, const char *remedy,
                     const char *format, ...) G_GNUC_PRINTF (5, 6);

/* The same, as a provider reports it (B9HostWatch.finding). */
void b9_checkup_take (gpointer checkup, const B9Finding *finding);

/* How many lines have that level. */
guint b9_checkup_count (const B9Checkup *checkup, B9FindingLevel level);

/* 0, with warnings 1, with problems 2. */
int b9_checkup_status (const B9Checkup *checkup);

/* For people, sections without a line left out; owned. */
char *b9_checkup_text (const B9Checkup *checkup, gboolean colour);

/* For programs: the document of b9run(8), floating. */
GVariant *b9_checkup_variant (const B9Checkup *checkup);

G_END_DECLS

#endif /* B9_CHECKUP_H */
