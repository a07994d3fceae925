/* SPDX-License-Identifier: Apache-2.0
 *
 * shadow.h: a bundle of b9run's own in the place of the caller's, where and only where its spec was edited.
 *
 * It is the directory "bundle" of the container's record and lives as long as that: hooks read it, and `runc
 * exec` without --process.  It holds config.json alone, so what the spec says relative to the bundle is made
 * absolute, and the caller's hooks are told of the caller's bundle (core/hook/hook.c).
 */
#ifndef B9_SHADOW_H
#define B9_SHADOW_H

#include "core/container/bundle.h"
#include "core/container/record.h"
#include "core/spec/spec.h"

G_BEGIN_DECLS

/* Makes an edited @copy of the spec of @bundle fit to stand in the directory @path. */
gboolean b9_shadow_settle (const B9Bundle *bundle, const char *path, B9SpecCopy *copy, GError **error);

/* What the backend is given as the bundle, owned: the caller's where @copy is not edited; else the record's
 * own, which is written, with mode and owner of the caller's config.json. */
char *b9_shadow_use (const B9Record *record, const B9Bundle *bundle, B9SpecCopy *copy, GError **error);

/* Whether the container of @record (or NULL) has a bundle of our own, so that its runtime names that one. */
gboolean b9_shadow_is_used (const B9Record *record);

G_END_DECLS

#endif /* B9_SHADOW_H */
