/* SPDX-License-Identifier: Apache-2.0
 *
 * process.h: which process a PID means, whether it still lives, and how it ended.
 *
 * A PID alone names whatever process has it today.  With its start time (proc_pid_stat(5), field 22) and the
 * PID namespace it names one process for good.
 */
#ifndef B9_PROCESS_H
#define B9_PROCESS_H

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* The start time of @pid in clock ticks since boot, and its state letter; FALSE when there is no such
 * process. */
gboolean b9_process_look (pid_t pid, guint64 *start_time, char *state);

/* Whether @pid is alive (a zombie is not) and, unless @start_time is 0, the process that started then. */
gboolean b9_process_alive (pid_t pid, guint64 start_time);

/* Whether @pid is the first process of a PID namespace right below ours. */
gboolean b9_process_heads_child_namespace (pid_t pid);

/* How a zombie ended, as waitpid(2) will tell its parent (proc_pid_stat(5), field 52). */
gboolean b9_process_zombie_status (pid_t pid, int *wait_status);

/* Whether @pid has a child whose command is @name, that has ended, and that it has not waited for. */
gboolean b9_process_has_zombie (pid_t pid, const char *name);

/* The inode of our PID namespace, and an identifier of this boot.  0 and "" where /proc does not tell. */
guint64 b9_pid_namespace (void);
char *b9_boot_id (void);

/* pidfd_open(2); -1 with errno. */
int b9_pidfd_open (pid_t pid);
gboolean b9_pidfd_signal (int pidfd, int signal_number);

/* How the process behind @pidfd ended, as waitpid(2) tells it: PIDFD_GET_INFO with PIDFD_INFO_EXIT,
 * Linux 6.15.  FALSE where the process has not been reaped (errno EAGAIN), or the kernel is older (ENOTTY,
 * EINVAL). */
gboolean b9_pidfd_exit_status (int pidfd, int *wait_status);

/* 128 + n for a signal, else the exit status. */
int b9_shell_status (int wait_status);

/* "KILL", "SIGKILL" or "9" as a number; -1 for none.  0 is a signal here: it only asks. */
int b9_signal_number (const char *text);

G_END_DECLS

#endif /* B9_PROCESS_H */
