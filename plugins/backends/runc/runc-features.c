/* SPDX-License-Identifier: Apache-2.0
 *
 * runc-features.c: see runc-features.h.
 *
 * Plugins link GLib alone, and GLib reads no JSON.  This reader is for one document of known shape, so it
 * keeps no tree: it walks once and notes what it passes.  Texts are kept as they are written, since none that
 * is asked for has an escape.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runc"

#include "runc-features.h"

#include <string.h>

#define SIZE_MAX_KEPT (256 * 1024)
#define DEPTH_MAX 16
#define PLACE_MAX 512

typedef struct {
  const char *at;
  GString *place;
  GHashTable *found;
  guint depth;
} Reader;

static gboolean read_value (Reader *reader, gboolean in_array);

static void
skip_blanks (Reader *reader)
{
  reader->at += strspn (reader->at, " \t\r\n");
}

static gboolean
take (Reader *reader, char wanted)
{
  skip_blanks (reader);
  if (*reader->at != wanted)
    return FALSE;
  reader->at++;
  return TRUE;
}

/* What stands between the quotation marks; g_free(), or NULL. */
static char *
read_text (Reader *reader)
{
  const char *begin;

  if (!take (reader, '"'))
    return NULL;
  for (begin = reader->at; *reader->at != '"'; reader->at++) {
    if (*reader->at == '\\')
      reader->at++;
    if ((guchar)*reader->at < 0x20)
      return NULL;
  }
  return g_strndup (begin, (gsize)(reader->at++ - begin));
}

static void
note (Reader *reader, gboolean in_array, const char *value)
{
  if (in_array)
    g_hash_table_insert (reader->found, g_strconcat (reader->place->str, "=", value, NULL),
                         g_strdup ("true"));
  else
    g_hash_table_insert (reader->found, g_strdup (reader->place->str), g_strdup (value));
}

static gboolean
read_member (Reader *reader)
{
  g_autofree char *name = read_text (reader);
  gsize length = reader->place->len;
  gboolean done;

  if (name == NULL || !take (reader, ':'))
    return FALSE;
  g_string_append_printf (reader->place, "/%s", name);
  done = reader->place->len <= PLACE_MAX && read_value (reader, FALSE);
  g_string_truncate (reader->place, length);
  return done;
}

/* Members or elements up to @end; the opening bracket is behind us. */
static gboolean
read_all (Reader *reader, char end)
{
  if (take (reader, end))
    return TRUE;
  do {
    if (!(end == '}' ? read_member (reader) : read_value (reader, TRUE)))
      return FALSE;
  } while (take (reader, ','));
  return take (reader, end);
}

/* true, false, null or a number. */
static gboolean
read_word (Reader *reader, gboolean in_array)
{
  gsize length = strspn (reader->at, "abcdefghijklmnopqrstuvwxyz0123456789+-.E");
  g_autofree char *word = g_strndup (reader->at, length);

  if (length == 0)
    return FALSE;
  reader->at += length;
  note (reader, in_array, word);
  return TRUE;
}

static gboolean
read_nested (Reader *reader, char end)
{
  gboolean done;

  if (++reader->depth > DEPTH_MAX)
    return FALSE;
  done = read_all (reader, end);
  reader->depth--;
  return done;
}

static gboolean
read_value (Reader *reader, gboolean in_array)
{
  g_autofree char *text = NULL;

  if (take (reader, '{'))
    return read_nested (reader, '}');
  if (take (reader, '['))
    return read_nested (reader, ']');
  if (*reader->at != '"')
    return read_word (reader, in_array);
  text = read_text (reader);
  if (text != NULL)
    note (reader, in_array, text);
  return text != NULL;
}

GHashTable *
runc_features_parse (const char *text)
{
  g_autoptr (GString) place = g_string_new (NULL);
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Reader reader = {.at = text, .place = place, .found = found};

  if (strlen (text) > SIZE_MAX_KEPT || !take (&reader, '{') || !read_nested (&reader, '}'))
    return NULL;
  skip_blanks (&reader);
  return *reader.at == '\0' ? g_steal_pointer (&found) : NULL;
}
