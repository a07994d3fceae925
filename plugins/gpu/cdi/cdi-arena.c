/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-arena.c: blocks of memory, filled from front to back and freed together.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-arena.h"

#include <string.h>

#define BLOCK ((gsize)64 * 1024)
#define ALIGNMENT ((gsize)16)

struct _CdiArena {
  GPtrArray *blocks;
  char *free; /* the rest of the last block */
  gsize left;
};

CdiArena *
cdi_arena_new (void)
{
  CdiArena *arena = g_new0 (CdiArena, 1);

  arena->blocks = g_ptr_array_new_with_free_func (g_free);
  return arena;
}

void
cdi_arena_free (CdiArena *arena)
{
  if (arena == NULL)
    return;
  g_ptr_array_unref (arena->blocks);
  g_free (arena);
}

/* What does not fit the rest of a block gets one of its own; a large piece leaves the rest in use. */
static char *
take (CdiArena *arena, gsize size)
{
  char *taken;

  if (size > BLOCK / 4) {
    taken = g_malloc (size);
    g_ptr_array_add (arena->blocks, taken);
    return taken;
  }
  if (size > arena->left) {
    arena->free = g_malloc (BLOCK);
    arena->left = BLOCK;
    g_ptr_array_add (arena->blocks, arena->free);
  }
  taken = arena->free;
  arena->free += size;
  arena->left -= size;
  return taken;
}

gpointer
cdi_arena_alloc (CdiArena *arena, gsize size)
{
  gsize whole = (MAX (size, 1) + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  gsize skipped = -(guintptr)arena->free & (ALIGNMENT - 1);

  /* Texts leave the front anywhere. */
  if (arena->free != NULL && skipped <= arena->left) {
    arena->free += skipped;
    arena->left -= skipped;
  } else {
    arena->left = 0;
  }
  return memset (take (arena, whole), 0, size);
}

char *
cdi_arena_text (CdiArena *arena, const char *text, gsize length)
{
  char *copy = take (arena, length + 1);

  if (text != NULL)
    memcpy (copy, text, length);
  copy[length] = '\0';
  return copy;
}
