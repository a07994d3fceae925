/* SPDX-License-Identifier: Apache-2.0
 *
 * module-private.h: the steps between a file name and an accepted module; private to this room.
 *
 * Every step reports what is wrong as B9_ERROR_PLUGIN, in the words that follow "it was refused because":
 * what, where where that is not the module itself, and what to do.
 */
#ifndef B9_MODULE_PRIVATE_H
#define B9_MODULE_PRIVATE_H

#include <b9run/b9-backend.h>

G_BEGIN_DECLS

/* No honest plugin comes near these; a descriptor that lies must not make b9run read on for ever or print a
 * book. */
#define B9_MAX_PROVIDERS 64
#define B9_MAX_LIST 256
#define B9_MAX_NAME 64
#define B9_MAX_TEXT 1024

/* Sets @error to B9_ERROR_PLUGIN; returns FALSE. */
gboolean b9_module_refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* module-file.c: whether root may run what is in the file at @path (absolute).  The path of the file itself,
 * free of links, or NULL. */
char *b9_module_check_file (const char *path, GError **error);

/* module-open.c: opens @resolved with every symbol bound and finds its descriptor, unchecked.  @size: of the
 * object that the module exports, 0 when unknown.  @probe: for dlclose(), which for a kept module changes
 * nothing. */
const B9PluginDescriptor *b9_module_probe (const char *resolved, gsize *size, void **probe, GError **error);

/* Opens it again through libltdl and keeps it until the process ends. */
gboolean b9_module_keep (const char *resolved, const B9PluginDescriptor *descriptor, GError **error);

/* module-check.c: fills @providers (const B9Provider) with those that this host can use, and @note with a
 * sentence about the others, or NULL.  @size as from b9_module_probe(). */
gboolean b9_module_check (const B9PluginDescriptor *descriptor, gsize size, GPtrArray *providers, char **note,
                          GError **error);

/* What is wrong with a text of a plugin ("is missing", "is longer than 64 bytes", …), or NULL; g_free(). */
char *b9_module_text_flaw (const char *text, gsize limit);
gboolean b9_module_name_is_good (const char *name); /* [a-z][a-z0-9-]*, of at most B9_MAX_NAME bytes */

/* module-vtable.c: a member that is a pointer, to data or to a function. */
typedef struct {
  const char *name;
  gsize offset;
} B9ModuleMember;

#define B9_MODULE_MEMBER(type, field)    \
  {                                      \
#field, G_STRUCT_OFFSET(type, field) \
  }

/* Begins with the provider: "its backend "x" …".  Returns FALSE. */
gboolean b9_module_refuse_provider (GError **error, const B9Provider *provider, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* Whether the vtable, a @type, sets all of @members. */
gboolean b9_module_check_members (const B9Provider *provider, const char *type, const B9ModuleMember *members,
                                  guint n_members, GError **error);

/* Whether the configuration keys make sense.  @own_keys: those that b9run gives to every provider of the
 * kind; or NULL. */
gboolean b9_module_check_keys (const B9Provider *provider, const B9ConfigKey *const *keys,
                               const char *const *own_keys, GError **error);

/* module-checkpoint.c: whether the vtable of the checkpoint provider @provider has all that its roles need.
 */
gboolean b9_module_check_checkpoint (const B9Provider *provider, GError **error);

/* module-backend.c: whether the vtable of the backend @provider has all it needs. */
gboolean b9_module_check_backend (const B9Provider *provider, GError **error);

/* module-gpu.c: the same for a GPU detector. */
gboolean b9_module_check_gpu (const B9Provider *provider, GError **error);

G_END_DECLS

#endif /* B9_MODULE_PRIVATE_H */
