/* SPDX-License-Identifier: Apache-2.0
 *
 * config-private.h: what the files of this room share: the store of values, the schema's table, reading files
 * safely.
 */
#ifndef B9_CONFIG_PRIVATE_H
#define B9_CONFIG_PRIVATE_H

#include <sys/types.h>

#include "core/config/config.h"
#include "core/formats/formats.h"

G_BEGIN_DECLS

/* One value that a file sets: a text or a list of texts. */
typedef struct {
  char *path; /* dotted */
  char *file;
  guint line;
  char *pool;      /* the pool that laid it over the files' values, or NULL */
  char *text;      /* NULL for a list */
  gboolean quoted; /* a text in quotes is never a boolean */
  char **list;     /* NULL for a text */
} B9ConfigValue;

struct _B9Config {
  GPtrArray *order;   /* of B9ConfigValue, as first set */
  GHashTable *values; /* path -> B9ConfigValue, borrowed from order */
  GPtrArray *pools;   /* of B9ConfigValue "pool.name", one a pool, also those without keys */
  char *pool;         /* the one in use */
};

B9Config *b9_config_new (void);
B9ConfigValue *b9_config_value_new (const char *path, const char *file, guint line);
void b9_config_value_free (B9ConfigValue *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9ConfigValue, b9_config_value_free)
B9ConfigValue *b9_config_lookup (const B9Config *config, const char *path); /* borrowed; NULL if not set */
void b9_config_set (B9Config *config, B9ConfigValue *value); /* takes @value, which replaces an earlier */

B9ConfigValue *b9_config_pool (const B9Config *config,
                               const char *name); /* borrowed; NULL if there is none */

/* Checks the text of one file and takes its values.  @file names it in messages and origins. */
gboolean b9_config_add_text (B9Config *config, const char *text, gsize length, const char *file,
                             GError **error);

/* One key that the core knows; a segment "*" of the path stands for any name. */
typedef struct {
  const char *path;
  B9ConfigType type;
  gboolean paths; /* the members of a list are absolute paths */
  const char *fallback;
  const char *const *list;    /* of a list: the same as fallback */
  const char *const *choices; /* of a choice, or of a list's members */
  const char *example;
  const char *summary;
} B9ConfigRow;

const B9ConfigRow *b9_config_rows (void);            /* ended by a path of NULL */
const B9ConfigRow *b9_config_row (const char *path); /* the one for a value's path, or NULL */
gboolean b9_config_path_matches (const char *pattern, const char *path);

/* The keys of the table right below "backends.*"; owned. */
GPtrArray *b9_config_keys_below (const char *pattern);

/* Takes the tree of one file into @config, every key checked against the table. */
gboolean b9_config_take_tree (B9Config *config, const B9YamlNode *root, const char *file, GError **error);
gboolean b9_config_check_value (const B9ConfigValue *value, const B9ConfigRow *row, GError **error);

/* "an absolute path", "one of a, b" …; owned. */
char *b9_config_expected (const B9ConfigRow *row);
/* The member of @known nearest to @word, or NULL where none is near. */
const char *b9_config_nearest (const char *word, GPtrArray *known);
/* Sets "FILE:LINE: unknown key …" with the nearest key of @known, or all of them. */
void b9_config_unknown_key (const char *file, guint line, const char *section, const char *key,
                            GPtrArray *known, GError **error);
char *b9_config_words (GPtrArray *words); /* "a, b, c"; owned */
/* @text in double quotes, fit for a message: one line, cut when long; owned. */
char *b9_config_quote (const char *text);

/* Reads @path if it is a regular file of bounded size that only root and the caller can change. */
char *b9_config_read_file (const char *path, gsize *length, GError **error);

G_END_DECLS

#endif /* B9_CONFIG_PRIVATE_H */
