/* SPDX-License-Identifier: Apache-2.0
 *
 * criu.h: the parts of the criu provider, and what each gives to the others.
 */
#ifndef B9_CRIU_H
#define B9_CRIU_H

#include <b9run/b9-checkpoint.h>

G_BEGIN_DECLS

/* --- criu-find.c: a CRIU that works here --- */

typedef enum {
  CRIU_WORKS,
  CRIU_BROKEN,  /* its own check fails: `reason` says why */
  CRIU_MISSING, /* none was found: `reason` says where it was looked for */
  CRIU_UNTOLD,  /* its check needs more rights than this user has */
} CriuState;

typedef struct {
  CriuState state;
  char *path;    /* NULL where it is missing */
  char *version; /* "4.1.1"; NULL where it does not say */
  char *reason;  /* NULL where it works */
} CriuProgram;

void criu_program_clear (CriuProgram *program);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CriuProgram, criu_program_clear)

/* The first CRIU of this host that passes `criu check`, or else the first of all, with what it says. */
void criu_find (const B9Host *host, CriuProgram *program);

/* For the next criu_find_working(): @program works. */
void criu_remember (const B9Host *host, const CriuProgram *program);

/* Likewise, by what is remembered of an earlier look where that still holds. */
gboolean criu_find_working (const B9Host *host, CriuProgram *program, GError **error);

/* `criu ARGUMENTS…`, NULL-ended; -1 where it could not be run.  Both streams in *@output, g_free(). */
int criu_run (const B9Host *host, const char *program, char **output, ...) G_GNUC_NULL_TERMINATED;

/* "Version: 4.1.1" of its answer; g_free(), or NULL. */
char *criu_parse_version (const char *output);

/* Whether @version is @major.@minor or later. */
gboolean criu_version_reaches (const char *version, guint major, guint minor);

#define CRIU_REMEDY                                                                                       \
  "install CRIU 4 or later that passes `criu check` on this kernel, or name one by checkpoint.criu.path " \
  "in b9run.yaml"

/* --- criu-log.c: what a log means --- */

/* The first error of dump.log or restore.log that is a cause: its text, and where CRIU says it
 * ("criu/sk-unix.c: 351") in *@place; g_free(), or NULL where there is none. */
char *criu_first_error (const char *log, char **place);

/* What to do about an error's text, or NULL.  *@start_cold: whether it is the image or the host that will not
 * do, so that another try is of no use. */
const char *criu_hint (const char *text, gboolean *start_cold);

/* Whether CRIU can write its log: without it CRIU does nothing, and does not say why. */
gboolean criu_check_work_path (const B9CheckpointJob *job, GError **error);

void criu_explain_failure (const B9Host *host, const B9CheckpointJob *job, const char *message,
                           GError **error);

/* --- criu-image.c: an image before it is restored --- */

gboolean criu_check_image (const B9Host *host, const B9CheckpointJob *job, GError **error);

/* How many bytes of pages a pagemap image calls for, and of which file ("pages-ID.img"). */
gboolean criu_read_pagemap (const guint8 *content, gsize size, guint64 page_size, guint64 *pages_id,
                            guint64 *bytes, GError **error);

/* --- criu-before.c: what cannot be saved --- */

gboolean criu_check_before (const B9Host *host, const B9CheckpointJob *job, GError **error);

/* --- criu-equip.c: what the runtime's process needs --- */

gboolean criu_equip (const B9Host *host, const B9CheckpointJob *job, GPtrArray *environment,
                     GPtrArray *arguments, GError **error);

/* The lines of the configuration file for these options; "" for none.  g_free(), or NULL with @error. */
char *criu_config_lines (const char *ghost_limit, const B9RequestOption *const *options, GError **error);

/* Whether CRIU, of this version, is to leave the container's network alone while it saves. */
gboolean criu_skips_network_lock (const char *version, const B9CheckpointJob *job);

/* --- criu-probe.c, criu-doctor.c --- */

void criu_probe (const B9Host *host);
void criu_examine (const B9Host *host);

/* The value of a boolean or other option of the job, or NULL where it was not given. */
const char *criu_option (const B9RequestOption *const *options, const char *name);

G_END_DECLS

#endif /* B9_CRIU_H */
