/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-cache.c: the registry as bytes, by the tables of cdi-model.c.
 *
 * Lengths and counts are little 32-bit numbers in the machine's order, since the bytes never leave this boot
 * of this machine.  A checksum tells a torn file; beyond that nothing is believed: every length is compared
 * with what is left, every text must end in NUL and be UTF-8, and what was read passes the same checks as a
 * file does (cdi-validate.h).  Texts are not copied: they point into the bytes.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-cache.h"

#include <string.h>

#include <b9run/b9-plugin.h>

#include "plugins/gpu/cdi/cdi-validate.h"

#define MAGIC "b9cdi-2\n" PACKAGE_VERSION
#define NO_TEXT G_MAXUINT32
#define FIRST_ROOM ((gsize)16 * 1024)
#define MOST_BYTES ((gsize)32 * 1024 * 1024)
/* How long the clock of file times may stand still, and then some. */
#define FRESH_NS ((guint64)100 * 1000 * 1000)

/* Eight bytes a step: the whole of the cache is summed at every start. */
guint64
cdi_cache_checksum (const guint8 *bytes, gsize length)
{
  guint64 sum = 0x9e3779b97f4a7c15u ^ length;
  guint64 word = 0;

  for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word) {
    memcpy (&word, bytes, sizeof word);
    sum = (sum ^ word) * 0xff51afd7ed558ccdu;
    sum ^= sum >> 32;
  }
  word = 0;
  memcpy (&word, bytes, length);
  sum = (sum ^ word) * 0xc4ceb9fe1a85ec53u;
  return sum ^ (sum >> 29);
}

/* --- writing --- */

/* What is written, in a buffer that grows by halves: a field is a few bytes, and there are a hundred
 * thousand. */
typedef struct {
  guint8 *bytes;
  gsize length;
  gsize room;
} Output;

static void
put (Output *out, gconstpointer bytes, gsize size)
{
  if (out->room - out->length < size) {
    out->room += MAX (out->room / 2, size + FIRST_ROOM);
    out->bytes = g_realloc (out->bytes, out->room);
  }
  memcpy (out->bytes + out->length, bytes, size);
  out->length += size;
}

static void
put_number (Output *out, guint32 number)
{
  put (out, &number, sizeof number);
}

static void
put_large (Output *out, guint64 number)
{
  put (out, &number, sizeof number);
}

static void
put_flag (Output *out, gboolean flag)
{
  guint8 byte = flag ? 1 : 0;

  put (out, &byte, 1);
}

static void
put_text (Output *out, const char *text)
{
  gsize length = text != NULL ? strlen (text) : 0;

  put_number (out, text != NULL ? (guint32)length : NO_TEXT);
  if (text != NULL)
    put (out, text, length + 1);
}

static void put_struct (Output *out, const CdiType *type, gconstpointer object);

static void
put_list (Output *out, const CdiField *field, const CdiList *list)
{
  gsize size = cdi_item_size (field);

  put_flag (out, list->given);
  put_number (out, list->count);
  for (guint i = 0; i < list->count; i++) {
    const char *item = (const char *)list->items + i * size;

    if (field->kind == CDI_TEXTS) {
      put_text (out, *(const char *const *)item);
    } else if (field->kind == CDI_NUMBERS) {
      put_large (out, (guint64) * (const gint64 *)item);
    } else if (field->kind == CDI_PAIRS) {
      put_text (out, ((const CdiPair *)item)->key);
      put_text (out, ((const CdiPair *)item)->value);
    } else {
      put_struct (out, field->type, item);
    }
  }
}

static void
put_field (Output *out, const CdiField *field, gconstpointer object)
{
  const CdiNumber *number;
  gconstpointer optional;

  switch (field->kind) {
  case CDI_TEXT:
    put_text (out, *CDI_CONST_FIELD (object, field, const char *));
    break;
  case CDI_INTEGER:
  case CDI_UNSIGNED:
  case CDI_BOOLEAN:
    number = CDI_CONST_FIELD (object, field, CdiNumber);
    put_flag (out, number->given);
    put_large (out, (guint64)number->value);
    break;
  case CDI_STRUCT:
    put_struct (out, field->type, CDI_CONST_FIELD (object, field, char));
    break;
  case CDI_OPTIONAL:
    optional = *CDI_CONST_FIELD (object, field, gpointer);
    put_flag (out, optional != NULL);
    if (optional != NULL)
      put_struct (out, field->type, optional);
    break;
  default:
    put_list (out, field, CDI_CONST_FIELD (object, field, CdiList));
  }
}

static void
put_struct (Output *out, const CdiType *type, gconstpointer object)
{
  for (const CdiField *field = type->fields; field->name != NULL; field++)
    put_field (out, field, object);
}

GBytes *
cdi_cache_encode (const CdiRegistry *registry)
{
  Output out = {0};
  guint64 sum = 0;

  put_large (&out, sum);
  put_text (&out, MAGIC);
  put_number (&out, registry->files->len);
  for (guint i = 0; i < registry->files->len; i++) {
    const CdiFile *file = registry->files->pdata[i];

    put_number (&out, file->directory);
    put_text (&out, file->path);
    put (&out, &file->identity, sizeof file->identity);
    put_text (&out, file->problem);
    if (file->spec != NULL)
      put_struct (&out, &cdi_spec_type, file->spec);
  }
  sum = cdi_cache_checksum (out.bytes + sizeof sum, out.length - sizeof sum);
  memcpy (out.bytes, &sum, sizeof sum);
  return g_bytes_new_take (out.bytes, out.length);
}

/* --- reading --- */

typedef struct {
  const guint8 *next;
  gsize left;
  CdiArena *arena;
} Input;

static gboolean
take (Input *in, gpointer value, gsize size)
{
  if (in->left < size)
    return FALSE;
  memcpy (value, in->next, size);
  in->next += size;
  in->left -= size;
  return TRUE;
}

static gboolean
take_number (Input *in, guint32 *number)
{
  return take (in, number, sizeof *number);
}

static gboolean
take_flag (Input *in, gboolean *flag)
{
  guint8 byte = 0;

  if (!take (in, &byte, 1) || byte > 1)
    return FALSE;
  *flag = byte;
  return TRUE;
}

static gboolean
take_text (Input *in, const char **text)
{
  guint32 length;

  if (!take_number (in, &length))
    return FALSE;
  *text = NULL;
  if (length == NO_TEXT)
    return TRUE;
  if (length >= in->left || in->next[length] != '\0' ||
      !g_utf8_validate_len ((const char *)in->next, length, NULL))
    return FALSE;
  *text = (const char *)in->next;
  in->next += length + 1;
  in->left -= length + 1;
  return TRUE;
}

static gboolean
take_required_text (Input *in, const char **text)
{
  return take_text (in, text) && *text != NULL;
}

static gboolean take_struct (Input *in, const CdiType *type, gpointer object);

static gboolean
take_item (Input *in, const CdiField *field, char *item)
{
  switch (field->kind) {
  case CDI_TEXTS:
    return take_required_text (in, (const char **)(gpointer)item);
  case CDI_NUMBERS:
    return take (in, item, sizeof (gint64));
  case CDI_PAIRS:
    return take_required_text (in, &((CdiPair *)(gpointer)item)->key) &&
           take_required_text (in, &((CdiPair *)(gpointer)item)->value);
  default:
    return take_struct (in, field->type, item);
  }
}

/* No element takes less than four bytes, so a count cannot ask for much more memory than there are bytes. */
static gboolean
take_list (Input *in, const CdiField *field, CdiList *list)
{
  gsize size = cdi_item_size (field);

  if (!take_flag (in, &list->given) || !take_number (in, &list->count) || list->count > in->left / 4)
    return FALSE;
  list->items = list->count > 0 ? cdi_arena_alloc (in->arena, list->count * size) : NULL;
  for (guint i = 0; i < list->count; i++)
    if (!take_item (in, field, (char *)list->items + i * size))
      return FALSE;
  return TRUE;
}

static gboolean
take_field (Input *in, const CdiField *field, gpointer object)
{
  CdiNumber *number;
  gpointer *optional;
  gboolean given;

  switch (field->kind) {
  case CDI_TEXT:
    return take_text (in, CDI_FIELD (object, field, const char *));
  case CDI_INTEGER:
  case CDI_UNSIGNED:
  case CDI_BOOLEAN:
    number = CDI_FIELD (object, field, CdiNumber);
    return take_flag (in, &number->given) && take (in, &number->value, sizeof number->value);
  case CDI_STRUCT:
    return take_struct (in, field->type, CDI_FIELD (object, field, char));
  case CDI_OPTIONAL:
    if (!take_flag (in, &given))
      return FALSE;
    optional = CDI_FIELD (object, field, gpointer);
    *optional = given ? cdi_arena_alloc (in->arena, field->type->size) : NULL;
    return !given || take_struct (in, field->type, *optional);
  default:
    return take_list (in, field, CDI_FIELD (object, field, CdiList));
  }
}

static gboolean
take_struct (Input *in, const CdiType *type, gpointer object)
{
  for (const CdiField *field = type->fields; field->name != NULL; field++)
    if (!take_field (in, field, object))
      return FALSE;
  return TRUE;
}

/* Of the file at the same place in the listing; another one means that the listing has changed. */
static gboolean
take_file (Input *in, const CdiFile *file, const CdiSpec **spec, const char **problem)
{
  guint32 directory;
  const char *path;
  CdiIdentity identity;
  CdiSpec *taken;

  if (!take_number (in, &directory) || !take_required_text (in, &path) ||
      !take (in, &identity, sizeof identity) || !take_text (in, problem))
    return FALSE;
  if (!file->is_known || directory != file->directory || strcmp (path, file->path) != 0 ||
      memcmp (&identity, &file->identity, sizeof identity) != 0)
    return FALSE;
  *spec = NULL;
  if (*problem != NULL)
    return TRUE;
  *spec = taken = cdi_arena_alloc (in->arena, sizeof *taken);
  return take_struct (in, &cdi_spec_type, taken) && cdi_validate (taken, path, NULL);
}

static gboolean
take_header (Input *in, guint count)
{
  const char *magic;
  guint64 sum;
  guint32 files;

  return take (in, &sum, sizeof sum) && sum == cdi_cache_checksum (in->next, in->left) &&
         take_required_text (in, &magic) && strcmp (magic, MAGIC) == 0 && take_number (in, &files) &&
         files == count;
}

gboolean
cdi_cache_decode (GBytes *kept, CdiRegistry *registry)
{
  Input in = {.arena = registry->arena};
  guint count = registry->files->len;
  g_autofree const CdiSpec **specs = g_new0 (const CdiSpec *, count + 1);
  g_autofree const char **problems = g_new0 (const char *, count + 1);

  in.next = g_bytes_get_data (kept, &in.left);
  if (!take_header (&in, count))
    return FALSE;
  for (guint i = 0; i < count; i++)
    if (!take_file (&in, registry->files->pdata[i], &specs[i], &problems[i]))
      return FALSE;
  if (in.left > 0)
    return FALSE;
  for (guint i = 0; i < count; i++) {
    CdiFile *file = registry->files->pdata[i];

    file->spec = specs[i];
    file->problem = g_strdup (problems[i]);
  }
  registry->kept = g_bytes_ref (kept);
  return TRUE;
}

/* --- the host's side --- */

/* One for each set of files, so that two sets of directories do not take each other's place all the time. */
static char *
cache_name (const CdiRegistry *registry)
{
  guint hash = 5381;

  for (guint i = 0; i < registry->files->len; i++) {
    const CdiFile *file = registry->files->pdata[i];

    hash = hash * 33 + g_str_hash (file->path);
  }
  return g_strdup_printf ("registry-%08x", hash);
}

gboolean
cdi_cache_read (const B9Host *host, CdiRegistry *registry)
{
  g_autofree char *name = cache_name (registry);
  g_autoptr (GBytes) kept = NULL;

  if (registry->files->len == 0 || !B9_STRUCT_HAS (host, cache_read))
    return FALSE;
  kept = host->cache_read (host, name);
  return kept != NULL && g_bytes_get_size (kept) <= MOST_BYTES && cdi_cache_decode (kept, registry);
}

static gboolean
is_settled (const CdiRegistry *registry)
{
  guint64 now = (guint64)g_get_real_time () * 1000;

  for (guint i = 0; i < registry->files->len; i++) {
    const CdiFile *file = registry->files->pdata[i];

    if (!file->is_known || file->identity.ctime + FRESH_NS > now)
      return FALSE;
  }
  return TRUE;
}

void
cdi_cache_write (const B9Host *host, const CdiRegistry *registry)
{
  g_autofree char *name = cache_name (registry);
  g_autoptr (GBytes) bytes = NULL;

  if (registry->files->len == 0 || !B9_STRUCT_HAS (host, cache_write) || !is_settled (registry))
    return;
  bytes = cdi_cache_encode (registry);
  if (g_bytes_get_size (bytes) <= MOST_BYTES)
    host->cache_write (host, name, bytes);
}
