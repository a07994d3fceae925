/* SPDX-License-Identifier: Apache-2.0
 *
 * criu-image.c: whether an image is whole, as far as its own files tell.
 *
 * CRIU itself does not look: where a pages file is cut off it reads in an endless loop and writes a log
 * without end.  So the lengths that the maps call for are compared with those of the pages files.  An image
 * file is two words of magic, then entries of a length (32 bits) and a protobuf message
 * (criu/images/pagemap.proto).
 */
#include "config.h"

#include "criu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PAGEMAP (256 * 1024 * 1024)
#define MAGIC_SIZE 8
#define COMMON_MAGIC 0x54564319u
#define PAGEMAP_MAGIC 0x56084025u

/* Flags of a PagemapEntry. */
#define PAGE_IN_PARENT 1
#define PAGE_PRESENT 4

static gboolean fail_image (GError **error, const char *reason, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail_image (GError **error, const char *reason, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, B9_ERROR, B9_ERROR_START_COLD, "%s: %s", reason, text);
  return FALSE;
}

/* --- protobuf --- */

typedef struct {
  const guint8 *at, *end;
} Message;

static gboolean
read_varint (Message *message, guint64 *value)
{
  *value = 0;
  for (guint shift = 0; shift < 64 && message->at < message->end; shift += 7) {
    guint8 byte = *message->at++;

    *value |= (guint64)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0)
      return TRUE;
  }
  return FALSE;
}

/* The next field: its number, and its value where it is a number (0 for what is passed over). */
static gboolean
read_field (Message *message, guint *number, guint64 *value)
{
  guint64 key, length = 0;

  if (!read_varint (message, &key))
    return FALSE;
  *number = (guint)MIN (key >> 3, G_MAXUINT);
  *value = 0;
  switch (key & 7) {
  case 0:
    return read_varint (message, value);
  case 1:
    length = 8;
    break;
  case 2:
    if (!read_varint (message, &length))
      return FALSE;
    break;
  case 5:
    length = 4;
    break;
  default:
    return FALSE;
  }
  if (length > (guint64)(message->end - message->at))
    return FALSE;
  message->at += length;
  return TRUE;
}

typedef struct {
  guint64 pages;
  guint64 flags;
  gboolean has_flags, in_parent;
} Entry;

static gboolean
read_entry (Message message, Entry *entry)
{
  guint number;
  guint64 value;

  *entry = (Entry){0};
  while (message.at < message.end) {
    if (!read_field (&message, &number, &value))
      return FALSE;
    if (number == 2 || number == 5) /* nr_pages, of 32 bits and, later, of 64 */
      entry->pages = MAX (entry->pages, value);
    else if (number == 3)
      entry->in_parent = value != 0;
    else if (number == 4) {
      entry->has_flags = TRUE;
      entry->flags = value;
    }
  }
  return TRUE;
}

/* Whether the entry's pages stand in this image's pages file. */
static gboolean
is_held (const Entry *entry)
{
  if (entry->has_flags)
    return (entry->flags & PAGE_PRESENT) != 0 && (entry->flags & PAGE_IN_PARENT) == 0;
  return !entry->in_parent;
}

static guint32
read_word (const guint8 *at)
{
  return (guint32)at[0] | (guint32)at[1] << 8 | (guint32)at[2] << 16 | (guint32)at[3] << 24;
}

/* The next entry of an image file. */
static gboolean
next_message (Message *file, Message *message)
{
  guint32 length;

  if (file->end - file->at < 4)
    return FALSE;
  length = read_word (file->at);
  file->at += 4;
  if (length > (gsize)(file->end - file->at))
    return FALSE;
  *message = (Message){file->at, file->at + length};
  file->at += length;
  return TRUE;
}

gboolean
criu_read_pagemap (const guint8 *content, gsize size, guint64 page_size, guint64 *pages_id, guint64 *bytes,
                   GError **error)
{
  Message file = {content + MAGIC_SIZE, content + size}, message;
  guint64 pages = 0;
  guint number;
  Entry entry;

  if (size < MAGIC_SIZE || read_word (content) != COMMON_MAGIC || read_word (content + 4) != PAGEMAP_MAGIC)
    return fail_image (error, "image-damaged", "it is no pagemap of CRIU");
  if (!next_message (&file, &message) || !read_field (&message, &number, pages_id) || number != 1)
    return fail_image (error, "image-damaged", "it does not name its pages file");
  while (file.at < file.end) {
    if (!next_message (&file, &message) || !read_entry (message, &entry))
      return fail_image (error, "image-damaged", "it ends within an entry");
    if (is_held (&entry) && entry.pages > G_MAXUINT64 / page_size - pages)
      return fail_image (error, "image-damaged", "it calls for more memory than there can be");
    if (is_held (&entry))
      pages += entry.pages;
  }
  *bytes = pages * page_size;
  return TRUE;
}

/* --- files --- */

/* The whole of a plain file below @directory; NULL with errno. */
static guint8 *
read_whole (int directory, const char *name, gsize *size)
{
  int fd = openat (directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  g_autofree guint8 *content = NULL;
  struct stat info;
  gsize have = 0;
  ssize_t got = 1;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode) && info.st_size <= MAX_PAGEMAP) {
    content = g_malloc ((gsize)info.st_size + 1);
    while (have < (gsize)info.st_size && (got > 0 || (got < 0 && errno == EINTR))) {
      got = read (fd, content + have, (gsize)info.st_size - have);
      have += got > 0 ? (gsize)got : 0;
    }
  } else {
    errno = EINVAL;
  }
  close (fd);
  *size = have;
  return g_steal_pointer (&content);
}

static gboolean
check_pagemap (int directory, const char *name, GError **error)
{
  guint64 page_size = (guint64)sysconf (_SC_PAGESIZE), pages_id = 0, bytes = 0;
  g_autofree guint8 *content = NULL;
  g_autofree char *pages = NULL;
  struct stat info;
  gsize size = 0;

  content = read_whole (directory, name, &size);
  if (content == NULL)
    return fail_image (error, "image-damaged", "%s cannot be read: %s", name, g_strerror (errno));
  if (!criu_read_pagemap (content, size, page_size, &pages_id, &bytes, error)) {
    g_autofree char *prefix = g_strdup_printf ("image-damaged: %s: ", name);
    g_autofree char *text = g_strconcat (prefix, (*error)->message + strlen ("image-damaged: "), NULL);

    g_clear_error (error);
    g_set_error_literal (error, B9_ERROR, B9_ERROR_START_COLD, text);
    return FALSE;
  }
  if (bytes == 0)
    return TRUE;
  pages = g_strdup_printf ("pages-%" G_GUINT64_FORMAT ".img", pages_id);
  if (fstatat (directory, pages, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG (info.st_mode))
    return fail_image (error, "image-incomplete", "%s is missing, and %s calls for it", pages, name);
  if ((guint64)info.st_size < bytes)
    return fail_image (error, "image-truncated",
                       "%s has %" G_GINT64_FORMAT " bytes, and %s calls for %" G_GUINT64_FORMAT, pages,
                       (gint64)info.st_size, name, bytes);
  return TRUE;
}

static gboolean
check_files (int directory, const char *path, GError **error)
{
  g_autoptr (GDir) entries = g_dir_open (path, 0, NULL);
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL) {
    if (g_str_has_prefix (name, "pagemap-") && g_str_has_suffix (name, ".img") &&
        !check_pagemap (directory, name, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
criu_check_image (const B9Host *host G_GNUC_UNUSED, const B9CheckpointJob *job, GError **error)
{
  int directory = open (job->image_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat info;
  gboolean good;

  if (directory < 0)
    return fail_image (error, "image-missing", "the image's directory %s cannot be opened: %s",
                       job->image_path, g_strerror (errno));
  if (fstatat (directory, "inventory.img", &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG (info.st_mode) ||
      info.st_size <= MAGIC_SIZE)
    good = fail_image (error, "image-incomplete",
                       "%s/inventory.img is missing or empty: the save did not come to its end",
                       job->image_path);
  else
    good = check_files (directory, job->image_path, error) &&
           (job->id == NULL || criu_check_work_path (job, error));
  close (directory);
  return good;
}
