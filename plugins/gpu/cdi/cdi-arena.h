/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-arena.h: memory of a registry, which is given back all at once.
 *
 * A file of CDI holds ten thousand small texts; one malloc and one free for each would cost more than
 * reading them.
 */
#ifndef CDI_ARENA_H
#define CDI_ARENA_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CdiArena CdiArena;

CdiArena *cdi_arena_new (void);
void cdi_arena_free (CdiArena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CdiArena, cdi_arena_free)

/* @size bytes, zeroed and aligned for anything; never NULL. */
gpointer cdi_arena_alloc (CdiArena *arena, gsize size);

/* A copy of @length bytes, or with @text NULL room for them, with a NUL behind it. */
char *cdi_arena_text (CdiArena *arena, const char *text, gsize length);

G_END_DECLS

#endif /* CDI_ARENA_H */
