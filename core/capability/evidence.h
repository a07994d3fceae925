/* SPDX-License-Identifier: Apache-2.0
 *
 * evidence.h: what a probe looked at, so that its answers hold for as long as all of it is unchanged.
 *
 * A file is told by its links, device, inode, mode, owner, size and mtime; one of a kernel's file system
 * (/proc, /sys), which has no honest time, by its content.  What is not there is evidence too.  A program
 * that is a script counts with the programs that it names, and since it may decide by anything, such answers
 * are kept for a few minutes only.
 */
#ifndef B9_EVIDENCE_H
#define B9_EVIDENCE_H

#include <glib.h>

G_BEGIN_DECLS

#define B9_EVIDENCE_SCRIPT_SECONDS 300

typedef struct _B9Evidence B9Evidence;

B9Evidence *b9_evidence_new (void);
void b9_evidence_free (B9Evidence *evidence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Evidence, b9_evidence_free)

void b9_evidence_add_file (B9Evidence *evidence, const char *path);
void b9_evidence_add_program (B9Evidence *evidence, const char *path);
void b9_evidence_add_search (B9Evidence *evidence, const char *name, const char *found);

/* What a program would have said had it come to its end, nobody knows. */
void b9_evidence_add_cut_off (B9Evidence *evidence);

/* Whether all of it can be written down: a path with a control character cannot, nor what a program was cut
 * off in. */
gboolean b9_evidence_is_keepable (const B9Evidence *evidence);

/* Appends lines to @text, and reads one of them back: TRUE only where what it names is as it was.  @line is
 * without its newline and may hold anything. */
void b9_evidence_write (const B9Evidence *evidence, GString *text);
gboolean b9_evidence_line_holds (const char *line);

/* The state of one file as one word; owned. */
char *b9_evidence_stamp (const char *path);

G_END_DECLS

#endif /* B9_EVIDENCE_H */
