/* SPDX-License-Identifier: Apache-2.0
 *
 * runc-features.h: the answer of `runc features`, a JSON document, as far as the probe asks.
 */
#ifndef B9_RUNC_FEATURES_H
#define B9_RUNC_FEATURES_H

#include <glib.h>

/* The scalars of the document by their place: "/linux/cgroup/v1" is "true", "/annotations/NAME" its text, and
 * each text of an array has an entry of its own, "/hooks=createContainer" with "true".  NULL where it is no
 * JSON object of sensible size and depth. */
GHashTable *runc_features_parse (const char *text);

#endif /* B9_RUNC_FEATURES_H */
