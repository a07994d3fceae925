/* SPDX-License-Identifier: Apache-2.0
 *
 * config.h: the values of b9run's configuration, where each came from, and the checks on them.
 *
 * /etc/b9run/b9run.yaml, then /etc/b9run/conf.d/?*.yaml by name, later ones overriding key by key; --config
 * FILE (or B9RUN_CONFIG) replaces them all.  One table, config-schema.c, names every key, its type, default
 * and meaning; it validates, prints the defaults and makes the man page.  A plugin's own keys stand below
 * backends.NAME, gpu.NAME or checkpoint.NAME and are declared in its vtable.  Files that others than root (or
 * the caller) can write are refused: they name programs that root runs.
 */
#ifndef B9_CONFIG_H
#define B9_CONFIG_H

#include <glib.h>
#include <b9run/b9-plugin.h>

G_BEGIN_DECLS

typedef struct _B9Config B9Config;

/* Reads the files.  Without any file it costs one failed open and loads no YAML.  @explicit_file: --config,
 * or NULL. The environment variable B9RUN_CONFIG names the file, B9RUN_CONFIG_DIR the directory in place of
 * /etc/b9run; a program with raised privileges ignores both. */
B9Config *b9_config_load (const char *explicit_file, GError **error);
/* The files that it would read, in order, whether or not they can be read; GPtrArray of char *, owned. */
GPtrArray *b9_config_files (const char *explicit_file, GError **error);
/* The defaults alone. */
B9Config *b9_config_built_in (void);
void b9_config_free (B9Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Config, b9_config_free)

/* Whether @file alone is a good configuration.  Keys below backends.NAME that a plugin would have to declare
 * pass. */
gboolean b9_config_check_file (const char *file, GError **error);

/* Validates the section of one plugin ("backends.runsc") against the keys that it declares, a NULL-ended
 * array or NULL: called once the plugin is loaded, after b9_config_use_pool. */
gboolean b9_config_check_plugin (const B9Config *config, const char *section, const B9ConfigKey *const *keys,
                                 GError **error);

/* @value is what @path has where no file sets it, in place of the schema's default. */
void b9_config_set_default (B9Config *config, const char *path, const char *value);

/* All that is set in a section, one line each, whatever set it: for telling whether it has changed.  Owned.
 */
char *b9_config_section (const B9Config *config, const char *section);

/* Values by their dotted path ("backends.runsc.path"); the schema's default where no file sets them, NULL
 * where there is none.  A plugin's default is not known here: its B9ConfigKey.fallback.  Borrowed. */
const char *b9_config_string (const B9Config *config, const char *path);
const char *const *b9_config_list (const B9Config *config, const char *path); /* never NULL */
gboolean b9_config_boolean (const B9Config *config, const char *path);
/* The same, NULL unless a file, or the pool in use, sets it. */
const char *b9_config_set_string (const B9Config *config, const char *path);
/* "/etc/b9run/b9run.yaml:12", "pool gpu (…:7)" or "built-in"; owned. */
char *b9_config_origin (const B9Config *config, const char *path);

/* Lays pool @name over the file's values: worker.pools.NAME.containerRuntime becomes backend,
 * containerRuntimeConfig's members the keys of backends.runsc (the pool's flags come after the file's).  What
 * has no key of its own can be asked for as "pool.name", "pool.gpu-type" and "pool.runtime" (the pod's
 * RuntimeClass).  An unknown pool is an error that lists those there are; a second pool is one too. */
gboolean b9_config_use_pool (B9Config *config, const char *name, GError **error);

/* All values in force, one line each: "log.level: info", with @origin "log.level: info    # built-in".
 * Owned. */
char *b9_config_show (const B9Config *config, gboolean origin);
/* A commented file of all keys with their defaults; those without one are commented out.  What is installed
 * as b9run.yaml.  Owned. */
char *b9_config_defaults (void);
/* The keys as the man page's list (.TP items in roff).  Owned. */
char *b9_config_keys_roff (void);

G_END_DECLS

#endif /* B9_CONFIG_H */
