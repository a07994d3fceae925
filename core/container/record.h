/* SPDX-License-Identifier: Apache-2.0
 *
 * record.h: what b9run remembers of one container, so that a later command that names only its id does right
 * by it.
 *
 * A record is a directory STATE/containers/ID/KEY, where KEY stands for backend and root:
 *   record       this structure, a GKeyFile with a version
 *   pid          the container's PID, written by the runtime
 *   process      a symbolic link to PID@START-TIME of the container, from the moment it is made: no second
 *                write of the record, and a link is there whole or not at all
 *   exit         how the container ended, written by its monitor or by the command that saw it
 *                (exit-status.h)
 *   monitor      the PID and start time of the b9run-monitor that will write exit; only where there is one
 *   backend.log  the runtime's own log of the last command
 */
#ifndef B9_RECORD_H
#define B9_RECORD_H

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

#define B9_RECORD_VERSION 1

typedef enum {
  B9_PHASE_CREATING, /* a b9run is at it, or died at it */
  B9_PHASE_CREATED,  /* the runtime has made it */
} B9Phase;

typedef struct {
  char *directory; /* of the record */
  char *id;
  char *backend;
  char *root;                /* as the user names it */
  char *runtime_root;        /* what the runtime is given: root, or a sub-root where ids would collide */
  char *program;             /* absolute */
  char *bundle;              /* absolute, the caller's */
  char *rootfs;              /* absolute; NULL when unknown */
  char *cgroups_path;        /* linux.cgroupsPath as written; NULL: the runtime chose */
  char **cgroup_directories; /* as they were resolved when the container was made */
  gboolean leftovers_ours;   /* nothing was there of what a killed runtime would leave */
  gboolean cgroups_ours;     /* the cgroups did not exist before, so they may be emptied after a crash */
  char **flags;              /* global flags of the runtime */
  char *rootless;            /* runc's --rootless; NULL: not given */
  gboolean systemd_cgroup;
  char *created; /* RFC 3339, UTC */
  B9Phase phase;
  pid_t creator; /* the b9run that makes or runs it */
  guint64 creator_start;
  pid_t pid; /* the container's; 0: not known yet */
  guint64 pid_start;
  guint64 pid_namespace; /* in which these PIDs mean something */
  char *boot_id;
} B9Record;

/* A record with this process as its creator, in this PID namespace and boot, made now. */
B9Record *b9_record_new (const char *id, const char *backend, const char *root);
void b9_record_free (B9Record *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Record, b9_record_free)

/* Reads the record in @directory.  NULL: B9_ERROR_NOT_FOUND where there is none, else what is wrong with the
 * file. */
B9Record *b9_record_load (const char *directory, GError **error);
gboolean b9_record_save (const B9Record *record, GError **error);

char *b9_record_file (const B9Record *record, const char *name); /* owned path */

/* Whether the PIDs of the record mean in this process what they meant when it was written. */
gboolean b9_record_is_ours (const B9Record *record);
gboolean b9_record_is_of_this_boot (const B9Record *record);

/* Notes the container's PID and when that process started. */
void b9_record_set_pid (B9Record *record, pid_t pid);

/* The container is made: sets phase and PID, and writes both down.  @pid may be 0, where nobody knows it. */
gboolean b9_record_note_pid (B9Record *record, pid_t pid, GError **error);

/* Whether what stands in the record's place is still this one, and not gone or the next container's. */
gboolean b9_record_stands (const B9Record *record);

/* The PID that a runtime wrote into the file "pid" below @directory; 0 while there is none. */
pid_t b9_read_pid_file (const char *directory);

G_END_DECLS

#endif /* B9_RECORD_H */
