/* SPDX-License-Identifier: Apache-2.0
 *
 * b9-error.h: the one error domain of b9run, shared by the core and every plugin.
 */
#ifndef B9RUN_ERROR_H
#define B9RUN_ERROR_H

#include <glib.h>

G_BEGIN_DECLS

/**
 * B9_ERROR:
 *
 * The domain of every #GError that b9run reports.  A macro over a static string, so that a plugin needs
 * nothing from the host to raise one.
 *
 * Since: 0.1
 */
#define B9_ERROR (g_quark_from_static_string ("b9-error-quark"))

/**
 * B9Error:
 * @B9_ERROR_FAILED: anything without a code of its own.
 * @B9_ERROR_USAGE: the command line is wrong.
 * @B9_ERROR_BAD_INPUT: a bundle, a document, an id or a file holds what it must not.
 * @B9_ERROR_NOT_FOUND: the container does not exist.
 * @B9_ERROR_EXISTS: a container with this id exists already.
 * @B9_ERROR_AMBIGUOUS: several roots hold this id.
 * @B9_ERROR_NOT_RUNNING: the container is not running.
 * @B9_ERROR_WRONG_STATE: the container is in a state that the command cannot be used in.
 * @B9_ERROR_CONFLICT: two explicit requests contradict each other.
 * @B9_ERROR_BACKEND_UNKNOWN: no plugin provides the backend that was asked for.
 * @B9_ERROR_BACKEND_MISSING: the backend's program is missing or cannot be executed.
 * @B9_ERROR_BACKEND_FAILED: the backend's program failed; the message holds its own last words.
 * @B9_ERROR_UNSUPPORTED: the backend, or this host, cannot do what was asked.
 * @B9_ERROR_PLUGIN: a plugin was refused.
 * @B9_ERROR_CONFIG: the configuration is wrong.
 * @B9_ERROR_PERMISSION: b9run lacks a right that it needs.
 * @B9_ERROR_TIMEOUT: something did not answer in time.
 * @B9_ERROR_IO: reading or writing failed.
 * @B9_ERROR_UNOBSERVED: nobody saw how the container ended.
 * @B9_ERROR_CAPABILITY: the capability matrix has what is needed as UNSUPPORTED.
 * @B9_ERROR_START_COLD: an image cannot be restored on this host or at all; the container can be started
 * cold.
 * @B9_ERROR_BUSY: a checkpoint, restore or recovery of the container is at work; try again when it has ended.
 *
 * Codes are only ever added, at the end.  Each has a stable name that the JSON log carries as
 * `"code"`; see b9run(8), EXIT STATUS.
 *
 * Since: 0.1
 */
typedef enum {
  B9_ERROR_FAILED,
  B9_ERROR_USAGE,
  B9_ERROR_BAD_INPUT,
  B9_ERROR_NOT_FOUND,
  B9_ERROR_EXISTS,
  B9_ERROR_AMBIGUOUS,
  B9_ERROR_NOT_RUNNING,
  B9_ERROR_WRONG_STATE,
  B9_ERROR_CONFLICT,
  B9_ERROR_BACKEND_UNKNOWN,
  B9_ERROR_BACKEND_MISSING,
  B9_ERROR_BACKEND_FAILED,
  B9_ERROR_UNSUPPORTED,
  B9_ERROR_PLUGIN,
  B9_ERROR_CONFIG,
  B9_ERROR_PERMISSION,
  B9_ERROR_TIMEOUT,
  B9_ERROR_IO,
  B9_ERROR_UNOBSERVED,
  B9_ERROR_CAPABILITY,
  B9_ERROR_START_COLD,
  B9_ERROR_BUSY,
} B9Error;

G_END_DECLS

#endif /* B9RUN_ERROR_H */
