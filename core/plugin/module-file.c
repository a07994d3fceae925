/* SPDX-License-Identifier: Apache-2.0
 *
 * module-file.c: whether the file of a module may be opened at all: who can write it, and is it a whole ELF
 * file.
 *
 * A plugin's code runs as root, so nobody but root (or the caller, for the caller's own) may be able to write
 * the file or to put another in its place.  Links are resolved first, and from there on only the resolved
 * path is used: whoever controls a link on the way chooses between files that passed this check, and can
 * bring in none of his own.
 *
 * Between this check and dlopen(3) somebody could still exchange the file; what prevents it is that every
 * directory from the file up to the root was found to be writable by nobody else.  Loading the checked
 * descriptor by way of /proc/self/fd/N would close the gap a second time, but take from the module its name
 * (libltdl derives the symbol from it), its $ORIGIN, and its place in a debugger's and an auditor's view of
 * the process.
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/plugin/module-private.h"
#include "core/sys/files.h"
#include "core/sys/failure.h"
#include "core/sys/trust.h"

/* Real modules have about ten. */
#define MAX_PROGRAM_HEADERS 128

/* Our own ELF header, by the linker: what a module for this machine has to look like. */
extern const ElfW (Ehdr) __ehdr_start __attribute__ ((visibility ("hidden")));

static gboolean
refuse_untrusted (B9Trust trust, const char *what, const char *path, const struct stat *status,
                  GError **error)
{
  g_autofree char *quoted = g_shell_quote (path);

  if (trust == B9_OWNED_BY_ANOTHER)
    return b9_module_refuse (
        error,
        "%s belongs to user %u, and plugins run as root; check where it comes from, then run: chown root %s",
        what, (unsigned)status->st_uid, quoted);
  if (trust == B9_WRITABLE_BY_OTHERS)
    return b9_module_refuse (error,
                             "%s can be written by others than its owner (mode %04o), and plugins run as "
                             "root; check what is in it, "
                             "then run: chmod go-w %s",
                             what, (unsigned)status->st_mode & 07777, quoted);
  return b9_module_refuse (error, "%s cannot be examined: %s", what, b9_errno_text (errno));
}

/* @directory (resolved) must be its owner's alone, and nobody else may exchange it from above. */
static gboolean
check_directories (const char *directory, GError **error)
{
  g_autofree char *culprit = NULL;
  g_autofree char *what = NULL;
  struct stat status;
  B9Trust trust = b9_trust_directories (directory, FALSE, &culprit, &status);

  if (trust == B9_TRUSTED)
    return TRUE;
  what = g_strdup_printf ("the folder %s%s", culprit, g_str_equal (culprit, directory) ? "" : ", above it,");
  return refuse_untrusted (trust, what, culprit, &status, error);
}

static char *
resolve (const char *path, GError **error)
{
  char *resolved = realpath (path, NULL);
  int saved = errno;
  g_autofree char *target = NULL;

  if (resolved != NULL)
    return resolved; /* from malloc, which is what g_free() frees since GLib 2.46 */
  target = g_file_read_link (path, NULL);
  if (target != NULL && saved == ENOENT)
    b9_module_refuse (
        error, "it is a link to %s, where nothing is; install what it should lead to, or remove the link",
        target);
  else
    b9_module_refuse (error, "it cannot be found: %s", b9_errno_text (saved));
  return NULL;
}

/* O_NONBLOCK: a FIFO must not make b9run wait. */
static int
open_regular_file (const char *resolved, struct stat *status, GError **error)
{
  b9_autofd fd = open (resolved, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  int opened = fd;

  if (fd < 0 || fstat (fd, status) < 0) {
    b9_module_refuse (error, "it cannot be opened: %s", b9_errno_text (errno));
    return -1;
  }
  if (!S_ISREG (status->st_mode)) {
    b9_module_refuse (error, "it is %s and no file; remove it",
                      S_ISDIR (status->st_mode)    ? "a folder"
                      : S_ISFIFO (status->st_mode) ? "a FIFO"
                                                   : "a device or a socket");
    return -1;
  }
  fd = -1;
  return opened;
}

/* dlopen(3) believes the program headers, and a process that touches a page behind the end of a truncated
 * file dies of SIGBUS; so they are compared with the file's size first. */
static gboolean
check_segments (int fd, const ElfW (Ehdr) * header, off_t size, GError **error)
{
  ElfW (Phdr) segments[MAX_PROGRAM_HEADERS];
  size_t length = header->e_phnum * sizeof *segments;

  if (header->e_phnum == 0 || header->e_phnum > MAX_PROGRAM_HEADERS ||
      header->e_phentsize != sizeof *segments)
    return b9_module_refuse (error, "its ELF header makes no sense; build or install it again");
  if (header->e_phoff > (guint64)size ||
      pread (fd, segments, length, (off_t)header->e_phoff) != (ssize_t)length)
    return b9_module_refuse (
        error, "it is cut off in its headers, after %" G_GINT64_FORMAT " bytes; install it again",
        (gint64)size);
  for (guint i = 0; i < header->e_phnum; i++) {
    if (segments[i].p_offset > (guint64)size || segments[i].p_filesz > (guint64)size - segments[i].p_offset)
      return b9_module_refuse (error, "it is cut off after %" G_GINT64_FORMAT " bytes; install it again",
                               (gint64)size);
  }
  return TRUE;
}

static gboolean
check_elf (int fd, off_t size, GError **error)
{
  ElfW (Ehdr) header = {0};
  ssize_t length = pread (fd, &header, sizeof header, 0);

  if (length < 0)
    return b9_module_refuse (error, "it cannot be read: %s", b9_errno_text (errno));
  if (length < SELFMAG || memcmp (header.e_ident, ELFMAG, SELFMAG) != 0)
    return b9_module_refuse (error,
                             "it is no ELF file; remove it, or build it again if it should be a plugin");
  if ((size_t)length < sizeof header)
    return b9_module_refuse (
        error, "it is cut off in its headers, after %" G_GINT64_FORMAT " bytes; install it again",
        (gint64)size);
  if (header.e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
      header.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] || header.e_machine != __ehdr_start.e_machine)
    return b9_module_refuse (
        error, "it is built for another machine (ELF machine %u, this is %u); install the build for this one",
        header.e_machine, __ehdr_start.e_machine);
  if (header.e_type != ET_DYN)
    return b9_module_refuse (error,
                             "it is no shared object; link it with -shared, or with libtool's -module");
  return check_segments (fd, &header, size, error);
}

static gboolean
check_opened (const char *resolved, const char *what, GError **error)
{
  struct stat status;
  b9_autofd fd = open_regular_file (resolved, &status, error);
  B9Trust trust = fd >= 0 ? b9_trust (&status) : B9_TRUSTED;

  if (trust != B9_TRUSTED)
    return refuse_untrusted (trust, what, resolved, &status, error);
  return fd >= 0 && check_elf (fd, status.st_size, error);
}

char *
b9_module_check_file (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *real_folder = resolve (folder, error);
  g_autofree char *resolved = NULL;
  g_autofree char *target_folder = NULL;
  g_autofree char *what = NULL;

  if (real_folder == NULL || !check_directories (real_folder, error))
    return NULL;
  resolved = resolve (path, error);
  if (resolved == NULL)
    return NULL;
  target_folder = g_path_get_dirname (resolved);
  if (!g_str_equal (target_folder, real_folder) && !check_directories (target_folder, error))
    return NULL;
  what = g_str_equal (target_folder, real_folder) ? g_strdup ("it")
                                                  : g_strdup_printf ("%s, to which it leads,", resolved);
  return check_opened (resolved, what, error) ? g_steal_pointer (&resolved) : NULL;
}
