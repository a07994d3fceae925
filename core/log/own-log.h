/* SPDX-License-Identifier: Apache-2.0
 *
 * own-log.h: where g_debug, g_info, g_message and g_warning of b9run and its plugins go.
 *
 * To the file that the configuration names, else to the journal, else nowhere: standard error belongs to the
 * container, and the file of --log to the caller (client-log.h).
 */
#ifndef B9_OWN_LOG_H
#define B9_OWN_LOG_H

#include <glib.h>

G_BEGIN_DECLS

/* Installs the writer.  Until b9_own_log_configure the journal takes what is a warning or worse. */
void b9_own_log_install (void);

/* @file: an absolute path, or NULL for the journal.  @level: "error", "warning", "info" or "debug". */
void b9_own_log_configure (const char *file, const char *level);

G_END_DECLS

#endif /* B9_OWN_LOG_H */
