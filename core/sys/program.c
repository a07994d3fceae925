/* SPDX-License-Identifier: Apache-2.0
 *
 * program.c: see program.h.
 */
#include "config.h"

#include "core/sys/program.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
is_b9run_itself (const struct stat *info)
{
  struct stat self;

  return stat ("/proc/self/exe", &self) == 0 && self.st_dev == info->st_dev && self.st_ino == info->st_ino;
}

gboolean
b9_is_program (const char *path)
{
  struct stat info;

  return stat (path, &info) == 0 && S_ISREG (info.st_mode) && access (path, X_OK) == 0 &&
         !is_b9run_itself (&info);
}

static char *
search_in (const char *directories, const char *name)
{
  g_auto (GStrv) list = g_strsplit (directories, ":", -1);

  for (guint i = 0; list[i] != NULL; i++) {
    g_autofree char *path = g_build_filename (list[i], name, NULL);

    if (g_path_is_absolute (list[i]) && b9_is_program (path))
      return g_steal_pointer (&path);
  }
  return NULL;
}

char *
b9_find_program (const char *name)
{
  const char *path = g_getenv ("PATH");
  char *found = path != NULL ? search_in (path, name) : NULL;

  return found != NULL ? found : search_in (B9_USUAL_DIRECTORIES, name);
}
