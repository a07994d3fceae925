/* SPDX-License-Identifier: Apache-2.0
 *
 * client-log.h: the file that a client names with --log, and the runtime's own log that we read back.
 *
 * The contract: on failure exactly one line, {"level":"error","msg":…,"time":…}, appended; nothing on
 * success.  podman parses the whole file as one object, containerd takes the last line whose level is error.
 */
#ifndef B9_CLIENT_LOG_H
#define B9_CLIENT_LOG_H

#include <glib.h>

G_BEGIN_DECLS

/* Appends the line.  @json: as JSON, else in the form of runc's text log.  @code: the stable name of the
 * reason.  @capability: the id of the one that is missing, or NULL.  A log that cannot be written is no
 * further failure. */
void b9_client_log_append (const char *file, gboolean json, const char *message, const char *code,
                           const char *capability);

/* The last error that a runtime wrote into its JSON log: the message of the last line with level error (or
 * fatal, panic), or NULL.  Lines that are no JSON are passed over, and of a long log only the end is read. */
char *b9_backend_log_error (const char *file);

/* Cuts from @message the stacks that a Go program adds to its last words, a hundred lines of them, and has
 * b9run's own log keep them.  Whether there were any. */
gboolean b9_cut_dump (char *message);

/* The last line of what a runtime wrote on standard error that says something; owned, NULL when there is
 * none.  A JSON or logrus line gives its message, and of a Go program that died of a panic it is the line
 * before the stacks, which b9run's own log keeps. */
char *b9_last_words (const char *output);

G_END_DECLS

#endif /* B9_CLIENT_LOG_H */
