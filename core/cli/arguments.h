/* SPDX-License-Identifier: Apache-2.0
 *
 * arguments.h: command lines as runc takes them, which is as Go's flag package does.
 *
 * `--name value`, `--name=value`, `-name value` (long names with one dash), `-n value`; a boolean takes a
 * value only behind
 * "=".  Options end at "--" or, where the command says so, at the first argument.
 */
#ifndef B9_ARGUMENTS_H
#define B9_ARGUMENTS_H

#include <glib.h>
#include <b9run/b9-backend.h>

G_BEGIN_DECLS

typedef enum {
  B9_TAKES_NOTHING, /* a boolean */
  B9_TAKES_VALUE,
  B9_TAKES_NUMBER, /* a decimal one, 0 or more */
  B9_TAKES_MANY,   /* a value, and may be given again */
} B9Takes;

typedef struct {
  const char *name; /* long, without dashes */
  char short_name;  /* or 0 */
  B9Takes takes;
  const char *value; /* what the help calls the value */
  const char *summary;
} B9Option;

/* What was given: options in their order, then the arguments. */
typedef struct {
  GPtrArray *options;   /* of B9RequestOption */
  GPtrArray *arguments; /* of char * */
} B9Line;

void b9_line_free (B9Line *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (B9Line, b9_line_free)

/* The last value of an option, NULL when it was not given. */
const char *b9_line_value (const B9Line *line, const char *name);
gboolean b9_line_flag (const B9Line *line, const char *name);
const char *b9_line_argument (const B9Line *line, guint position); /* or NULL */

/* How to read one part of a command line. */
typedef struct {
  const B9Option *options;   /* ended by a NULL name */
  gboolean ends_at_argument; /* what follows the first argument is no option */
  gboolean keeps_unknown;    /* `--name[=value]` that is not in the table becomes an option too */
  const char *where;         /* "b9run run", for messages */
  const B9Option *before;    /* options that belong before @where, for messages; or NULL */
  const char *usage;         /* of the command @where, for messages; or NULL */
} B9Grammar;

/* Reads @words from *@position; stops behind the last one or, with ends_at_argument, before the first
 * argument, and sets
 * *@position to where it stopped.  NULL with B9_ERROR_USAGE. */
B9Line *b9_parse_line (const B9Grammar *grammar, const char *const *words, guint *position, GError **error);

/* The help text of a table of options. */
void b9_print_options (GString *text, const B9Option *options);

G_END_DECLS

#endif /* B9_ARGUMENTS_H */
