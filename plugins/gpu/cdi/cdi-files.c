/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-files.c: lists and reads the files of CDI.
 *
 * A file of CDI names programs that the runtime runs as root, so one that others than root (or the caller)
 * can write is refused.  A link is followed: whoever may place it in the directory may place a file too.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/gpu/cdi/cdi-tree.h"

void
cdi_file_free (CdiFile *file)
{
  if (file == NULL)
    return;
  g_free (file->path);
  g_free (file->problem);
  g_free (file);
}

static void
problem_free (CdiProblem *problem)
{
  g_free (problem->path);
  g_free (problem->message);
  g_free (problem);
}

GPtrArray *
cdi_problems_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)problem_free);
}

void
cdi_problems_add (GPtrArray *problems, const char *path, const char *message)
{
  CdiProblem *problem = g_new0 (CdiProblem, 1);

  problem->path = g_strdup (path);
  problem->message = g_strdup (message);
  g_ptr_array_add (problems, problem);
}

const char *
cdi_errno_text (int number)
{
  switch (number) {
  case ENOENT:
    return "it does not exist";
  case EACCES:
  case EPERM:
    return "access is refused";
  default:
    return g_strerror (number);
  }
}

static guint64
nanoseconds (struct timespec time)
{
  return (guint64)time.tv_sec * 1000000000u + (guint64)time.tv_nsec;
}

static CdiIdentity
identity_of (const struct stat *status)
{
  return (CdiIdentity){.device = status->st_dev,
                       .inode = status->st_ino,
                       .size = (guint64)status->st_size,
                       .mtime = nanoseconds (status->st_mtim),
                       .ctime = nanoseconds (status->st_ctim),
                       .mode = status->st_mode,
                       .owner = status->st_uid};
}

static gint
compare_paths (gconstpointer a, gconstpointer b)
{
  const CdiFile *const *first = a;
  const CdiFile *const *second = b;

  return strcmp ((*first)->path, (*second)->path);
}

static void
list_entry (int descriptor, const char *directory, guint priority, const char *name, GPtrArray *files,
            GPtrArray *ignored)
{
  struct stat status;
  CdiFile *file;

  if (g_str_has_suffix (name, ".yml") && ignored != NULL)
    g_ptr_array_add (ignored, g_build_filename (directory, name, NULL));
  if (!g_str_has_suffix (name, ".json") && !g_str_has_suffix (name, ".yaml"))
    return;
  file = g_new0 (CdiFile, 1);
  file->directory = priority;
  file->path = g_build_filename (directory, name, NULL);
  if (fstatat (descriptor, name, &status, 0) == 0) {
    file->identity = identity_of (&status);
    file->is_known = TRUE;
  }
  if (file->is_known &&
      S_ISDIR (status.st_mode)) /* as a directory of that name is no file, and none is read */
    cdi_file_free (file);
  else
    g_ptr_array_add (files, file);
}

static void
list_directory (const B9Host *host, const char *directory, guint priority, GPtrArray *files,
                GPtrArray *problems, GPtrArray *ignored)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  g_autofree char *path = host->path (host, directory);
  int descriptor = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = descriptor >= 0 ? fdopendir (descriptor) : NULL;
  int number = errno;
  const struct dirent *entry;

  if (stream == NULL) {
    g_autofree char *message = g_strdup_printf ("%s: the directory cannot be read: %s", directory,
                                                cdi_errno_text (number));

    if (number != ENOENT)
      cdi_problems_add (problems, directory, message);
    if (descriptor >= 0)
      close (descriptor);
    return;
  }
  while ((entry = readdir (stream)) != NULL)
    list_entry (descriptor, directory, priority, entry->d_name, found, ignored);
  closedir (stream);
  g_ptr_array_sort (found, compare_paths);
  for (guint i = 0; i < found->len; i++)
    g_ptr_array_add (files, found->pdata[i]);
}

GPtrArray *
cdi_files_list (const B9Host *host, const char *const *directories, GPtrArray *problems, GPtrArray *ignored)
{
  GPtrArray *files = g_ptr_array_new_with_free_func ((GDestroyNotify)cdi_file_free);

  for (guint i = 0; directories[i] != NULL; i++) {
    g_autofree char *message = g_strdup_printf ("%s: the directory's path has to be absolute",
                                                directories[i]);

    if (g_path_is_absolute (directories[i]))
      list_directory (host, directories[i], i, files, problems, ignored);
    else
      cdi_problems_add (problems, directories[i], message);
  }
  return files;
}

static char *refuse (CdiFile *file, const char *format, ...) G_GNUC_PRINTF (2, 3);

static char *
refuse (CdiFile *file, const char *format, ...)
{
  va_list arguments;
  g_autofree char *reason = NULL;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  file->problem = g_strdup_printf ("%s: %s", file->path, reason);
  return NULL;
}

/* In a user namespace that does not map root, root's files show as the overflow user's, as "/" does. */
static gboolean
is_trusted (uid_t owner)
{
  struct stat top;

  return owner == 0 || owner == geteuid () || (stat ("/", &top) == 0 && owner == top.st_uid);
}

static gboolean
check_file (CdiFile *file, const struct stat *status)
{
  if (!S_ISREG (status->st_mode))
    refuse (file, "it is no regular file; remove it");
  else if (!is_trusted (status->st_uid))
    refuse (
        file,
        "it belongs to user %u, and what it names runs as root; check what is in it, then run: chown root "
        "%s",
        (unsigned)status->st_uid, file->path);
  else if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
    refuse (
        file,
        "others than its owner can write it (mode %04o), and what it names runs as root; check what is in "
        "it, then run: chmod go-w %s",
        (unsigned)status->st_mode & 07777, file->path);
  else if (status->st_size > CDI_MAX_BYTES)
    refuse (file, "it has %lld bytes, and a CDI file may have %d", (long long)status->st_size, CDI_MAX_BYTES);
  return file->problem == NULL;
}

/* The size is the one that was seen; what comes behind it was not there then. */
static char *
read_all (CdiFile *file, int descriptor, gsize size, gsize *length)
{
  g_autofree char *content = g_malloc (size + 1);
  gsize done = 0;

  while (done < size) {
    ssize_t got = read (descriptor, content + done, size - done);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return refuse (file, "it cannot be read: %s", cdi_errno_text (errno));
    if (got == 0)
      break;
    done += (gsize)got;
  }
  content[done] = '\0';
  *length = done;
  return g_steal_pointer (&content);
}

char *
cdi_file_read (const B9Host *host, CdiFile *file, gsize *length)
{
  g_autofree char *path = host->path (host, file->path);
  int descriptor = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  char *content = NULL;

  file->is_known = FALSE;
  if (descriptor < 0)
    return refuse (file, "it cannot be opened: %s", cdi_errno_text (errno));
  if (fstat (descriptor, &status) < 0)
    refuse (file, "it cannot be examined: %s", cdi_errno_text (errno));
  else if (check_file (file, &status)) {
    content = read_all (file, descriptor, (gsize)status.st_size, length);
    file->identity = identity_of (&status);
    file->is_known = content != NULL;
  }
  close (descriptor);
  return content;
}
